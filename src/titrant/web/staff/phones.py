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
from titrant.record.events import instant_text
from titrant.storage.devices import Devices
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
            made = invite(here, devices, str(case), request.visitor.actor)  # type: ignore[attr-defined]
        except TitrantError as error:
            return refused(request, error)
    standing = standing_now(here, case)
    link = request.build_absolute_uri(reverse("phone_enrol", args=[made.link])) if made else ""
    context = {
        **head(here, standing, "phones"), "phones": devices.of(str(case)), "made": made,
        "link": link, "qr": qr(link) if link else "",
        "code": f"{made.code[:4]} {made.code[4:]}" if made else "",
        "open_until": devices.open_until(str(case), instant_text(here.now())),
    }  # fmt: skip
    return render(request, "titrant/phones.html", context)


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
