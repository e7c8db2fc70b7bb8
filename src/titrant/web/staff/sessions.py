"""Clinic sessions and home doses on one record, with what both come to together."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from titrant.clinic.acts.sessions import DISSOCIATION, SessionGiven, give_session
from titrant.clinic.acts.sessions import ROUTES as WAYS
from titrant.clinic.office import Office
from titrant.clinic.saying import finding_data
from titrant.clinic.saying_following import review_data
from titrant.clinic.standing import Standing
from titrant.record.events import Kind, Role
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.web.access import CARING, CLINICAL, Reach, Route
from titrant.web.errors import refused
from titrant.web.staff import patient_page
from titrant.web.staff.posted import day_of, version_of
from titrant.web.wired import office

_FIELDS = (
    "dose_mg", "dose_again", "route", "time", "strength", "lot", "waste_mg", "witness", "before", "after",
    "dissociation", "tolerated", "note", "looked",
)  # fmt: skip


def sessions(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    if request.method == "POST":
        return _given(request, here, case)
    return _page(request, here, case, QueryDict(), None, 200)


def _page(
    request: HttpRequest, here: Office, case: UUID, posted: Mapping[str, str], fault: TitrantError | None, status: int
) -> HttpResponse:
    standing = patient_page.standing_now(here, case)
    role = request.visitor.actor.role  # type: ignore[attr-defined]
    context = {
        **patient_page.head(here, standing, "sessions"),
        "given": _listed(standing),
        "findings": _findings(here, standing),
        "ways": WAYS.items(),
        "amounts": _amounts(here),
        "dissociations": DISSOCIATION,
        "posted": posted,
        "fault": fault,
        "at_fault": fault.place.partition(".")[2] if fault else "",
        "may_give": role in CARING and role is not Role.PHARMACIST,
    }
    return render(request, "titrant/sessions.html", context, status=status)


def _amounts(here: Office) -> dict[str, Any]:
    """The usual and the believable range of a dose, each bound with where it comes from."""
    amounts = here.library.sessions
    return {
        "usual": [amounts.usual_from, amounts.usual_to],
        "believable": [amounts.believable_from, amounts.believable_to],
    }  # fmt: skip


def _listed(standing: Standing) -> list[dict[str, Any]]:
    """Every session of the record, newest first; of those written down here also how, and by whom."""
    days = {one["on"]: one for one in (review_data(standing.review)["sessions"] if standing.review else ())}
    told = {_key(event.body["add"]["parenteral"][0]): event for event in standing.record.of(Kind.SESSION_GIVEN)}
    listed = standing.record.tree["given"].get("parenteral") or []
    rows = [{**one, "event": told.get(_key(one)), "together": days.get(one["on"])} for one in listed]
    return sorted(rows, key=lambda row: row["on"], reverse=True)


def _key(one: Mapping[str, str]) -> tuple[str, str, str]:
    return one["on"], one["dose_24h"], one["route"]


def _findings(here: Office, standing: Standing) -> list[dict[str, Any]]:
    """What the combined exposure check says, and what an intolerance or a session today means for a home dose."""
    found = (
        standing.followed.decided.findings
        if standing.followed
        else standing.plan.findings if standing.plan else ()
    )  # fmt: skip
    return [finding_data(one, here.desk.words) for one in found if "session" in one.code]


def _given(request: HttpRequest, here: Office, case: UUID) -> HttpResponse:
    posted, actor = request.POST, request.visitor.actor  # type: ignore[attr-defined]
    try:
        given = SessionGiven(
            on=day_of(posted, "on", here.today), **{name: posted.get(name, "").strip() for name in _FIELDS}
        )
        give_session(here, actor, str(case), given, expected=version_of(posted))
    except CaseFileError as error:
        return _page(request, here, case, posted, error, 422)
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, "Session recorded. What it comes to with the home doses stands below.", extra_tags="ok")
    return redirect("sessions", case=case)


ROUTES: tuple[Route, ...] = (
    Route(
        "patients/<uuid:case>/sessions/",
        sessions,
        "sessions",
        CLINICAL,
        Reach.TEAM,
        ("GET", "POST"),
        in_emergency=("GET", "POST"),
    ),
)
