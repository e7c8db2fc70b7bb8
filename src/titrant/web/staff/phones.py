"""The phones of one patient: invite one, see which are connected, let one out that was lost."""

from io import BytesIO
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from titrant.clinic.acts.enrolling import Invited, invite, revoke
from titrant.clinic.acts.phones import Phone, phones_in
from titrant.clinic.office import Office
from titrant.record.events import instant_text
from titrant.storage.devices import Devices
from titrant.storage.people import people_by_id
from titrant.terms.errors import TitrantError
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.errors import refused
from titrant.web.staff.patient_page import head, standing_now
from titrant.web.wired import office


def phones(request: HttpRequest, case: UUID) -> HttpResponse:
    """GET shows the phones. POST makes an invitation and shows it, once: only its hashes are kept."""
    here, devices = office(), Devices()
    made: Invited | None = None
    if request.method == "POST":
        try:
            others = request.POST.get("others", "")
            made = invite(here, devices, str(case), request.visitor.actor, others)  # type: ignore[attr-defined]
        except TitrantError as error:
            return refused(request, error)
    standing = standing_now(here, case)
    link = request.build_absolute_uri(reverse("phone_enrol", args=[made.link])) if made else ""
    context = {
        **head(here, standing, "phones"), "phones": _listed(here, devices, str(case)), "made": made,
        "link": link, "qr": qr(link) if link else "",
        "code": f"{made.code[:4]} {made.code[4:]}" if made else "",
        "open_until": devices.open_until(str(case), instant_text(here.now())),
    }  # fmt: skip
    return render(request, "titrant/phones.html", context)


def _listed(here: Office, devices: Devices, case: str) -> list[tuple[Phone, str]]:
    """Each phone that is in, and what has become of who invited it."""
    found, teams = phones_in(here, devices, case), set(here.store.summary(case).teams)
    staff = people_by_id([one.invited_by.id for one in found if one.invited_by])
    return [(one, _standing_of(one, staff, teams)) for one in found]


def _standing_of(phone: Phone, staff: dict[str, tuple[bool, frozenset[str]]], teams: set[str]) -> str:
    known = staff.get(phone.invited_by.id) if phone.invited_by else None
    if known is None:
        return ""
    active, own = known
    return "may not sign in any more" if not active else "" if own & teams else "is not of the care team"


def lost(request: HttpRequest, case: UUID, device: UUID) -> HttpResponse:
    try:
        revoke(office(), Devices(), str(case), str(device), request.visitor.actor, "phone lost or given back")  # type: ignore[attr-defined]
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, "This phone is let out. It shows no dose any more as soon as it is online.")
    return redirect("phones", case=case)


def qr(text: str) -> SafeString:
    """``text`` as a QR code in SVG, made here; nothing of it comes from a person."""
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", scale=4, border=2, xmldecl=False, omitsize=True)
    return mark_safe(out.getvalue().decode())  # noqa: S308 - drawn by segno from our own address


ROUTES = (
    Route("patients/<uuid:case>/phone/", phones, "phones", CLINICAL, Reach.TEAM, ("GET", "POST")),
    Route("patients/<uuid:case>/phone/<uuid:device>/lost/", lost, "phone_lost", CLINICAL, Reach.TEAM, ("POST",)),
)
