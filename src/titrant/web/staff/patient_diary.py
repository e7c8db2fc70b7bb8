"""The diary as staff read it, and the typing in of a diary that was kept on paper."""

import uuid
from datetime import date, timedelta
from typing import Any, get_args
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.diary_pages import diary_lines
from titrant.pathway.entries import Effect, Flag
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.staff import patient_page
from titrant.web.staff.posted import day_of, digits_of
from titrant.web.wired import office

EFFECTS: tuple[str, ...] = get_args(Effect)
FLAGS: tuple[str, ...] = get_args(Flag)
GRADES = ((0, "none"), (1, "mild"), (2, "moderate"), (3, "severe"), (4, "emergency"))
_MOST_DAYS = 7


def diary(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    standing = patient_page.standing_now(here, case)
    lines, older = diary_lines(here, standing, _before(request.GET.get("before", "")))
    context = {**patient_page.head(here, standing, "diary"), "lines": lines, "older": older}
    return render(request, "titrant/patient_diary.html", context)


def _before(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def paper(request: HttpRequest, case: UUID) -> HttpResponse:
    """One form for a day or a week of paper. Each day is one entry with an id of its own: sent twice it counts once."""
    here = office()
    posted, faults = request.POST, {}
    if request.method == "POST":
        kept, faults = _keep(request, case)
        if not faults:
            messages.success(request, f"{kept} day{'' if kept == 1 else 's'} of the paper diary kept.", extra_tags="ok")
            return redirect("diary", case=case)
    count = _MOST_DAYS if request.GET.get("days") == "7" else 1
    days = [_blank(place, here.today - timedelta(days=place + 1), posted, faults) for place in range(count)]
    context = {
        **patient_page.head(here, patient_page.standing_now(here, case), "diary"),
        "days": days, "count": count,
        "effects": [(name, name.replace("_", " ")) for name in EFFECTS], "grades": GRADES,
        "flags": [(name, name.replace("_", " ")) for name in FLAGS], "scores": range(11), "faults": faults,
    }  # fmt: skip
    return render(request, "titrant/paper_diary.html", context, status=422 if faults else 200)


def _blank(place: int, day: date, posted: QueryDict, faults: dict[int, TitrantError]) -> dict[str, Any]:
    own = {key.partition(".")[2]: value for key, value in posted.items() if key.startswith(f"{place}.")}
    return {
        "place": place, "day": own.get("day") or day.isoformat(), "id": own.get("id") or uuid.uuid4().hex,
        "own": own, "effects": {name: own.get(f"effect-{name}", "") for name in EFFECTS},
        "flags": posted.getlist(f"{place}.flags"), "fault": faults.get(place),
    }  # fmt: skip


def _keep(request: HttpRequest, case: UUID) -> tuple[int, dict[int, TitrantError]]:
    """Keep each day that says anything. A day at fault is shown again; those that were kept stay kept."""
    here, posted = office(), request.POST
    kept, faults = 0, {}
    for place in range(_MOST_DAYS):
        try:
            tree = _entry(posted, place, here.today)
            if tree is None:
                continue
            client_id = posted.get(f"{place}.id", "")
            keep_entry(here, str(case), tree, client_id, request.visitor.actor, received_at=here.now())  # type: ignore[attr-defined]
            kept += 1
        except TitrantError as error:
            faults[place] = error
    if not kept and not faults:
        fault = CaseFileError("diary", "Nothing was entered.", "An empty day is no entry.", "Fill in a day.")
        faults[0] = fault
    return kept, faults


def _entry(posted: QueryDict, place: int, today: date) -> Json | None:
    """One day as the case file has it; None where nothing was filled in. What is left empty was not asked."""

    def told(name: str) -> str:
        return posted.get(f"{place}.{name}", "").strip()

    entry: Json = {name: told(name) for name in ("taken", "activity", "reason") if told(name)}
    asked = ("average", "worst")
    pain = {name: found for name in asked if (found := digits_of(told(f"pain-{name}"))) is not None}
    entry |= {"pain": pain} if pain else {}
    entry |= {name: found for name in ("sleep", "mood") if (found := digits_of(told(name))) is not None}
    effects = {name: found for name in EFFECTS if (found := digits_of(told(f"effect-{name}"))) is not None}
    if effects or told("no-effects"):
        entry["effects"] = {name: grade for name, grade in effects.items() if grade}
    entry |= {"flags": flags} if (flags := [one for one in posted.getlist(f"{place}.flags") if one in FLAGS]) else {}
    pressure = told("blood_pressure")
    if pressure:
        entry["blood_pressure"] = [pressure if pressure.endswith("mmHg") else f"{pressure} mmHg"]
    if not entry:
        return None
    # When it was written on paper nobody can know: what counts is the day on which it came to the clinic.
    return {"day": day_of(posted, f"{place}.day", today).isoformat(), "entered": today.isoformat(), **entry}


ROUTES: tuple[Route, ...] = (
    Route("patients/<uuid:case>/diary/", diary, "diary", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
    Route("patients/<uuid:case>/diary/paper/", paper, "paper_diary", CLINICAL, Reach.TEAM, ("GET", "POST")),
)
