"""Monitoring: what is due, overdue and done with its sources; entry of results, answers, drugs and allergies."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from titrant.clinic.acts import recording
from titrant.clinic.acts.recording import Strange, Typed, Unfit
from titrant.clinic.asked_facts import asked_facts
from titrant.clinic.calendar_file import due_calendar
from titrant.clinic.office import Office
from titrant.clinic.standing import Standing
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import Kind
from titrant.knowledge.shapes.monitoring import Check
from titrant.knowledge.shapes.questionnaires import Scoring
from titrant.pathway.assess import Assessment
from titrant.pathway.checks_due import DueCheck, baseline
from titrant.record.events import Actor
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.web.access import CLINICAL, Reach, Route, belongs_to_the_team
from titrant.web.errors import refused
from titrant.web.staff import patient_page
from titrant.web.staff.fields import Filled
from titrant.web.staff.posted import day_of, digits_of, number_of, version_of
from titrant.web.wired import office

_STATES = {"overdue": "now", "due": "note", "done": "ok"}
_ORDER = ("overdue", "due", "done")


def checks(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    if request.method == "POST":
        return _entered(request, here, case)
    return _page(request, here, case, QueryDict(), {}, 200)


def _page(
    request: HttpRequest, here: Office, case: UUID, posted: Mapping[str, str], faults: Mapping[str, TitrantError],
    status: int,
) -> HttpResponse:  # fmt: skip
    standing = patient_page.standing_now(here, case)
    given = standing.record.tree["given"]
    library = here.library
    groups = [
        (row.id, row.title, [Filled(one, posted, faults) for one in asked_facts(row.facts, library, given)])
        for row in library.checks.values()
    ]
    grouped = {name for row in library.checks.values() for name in row.facts}
    others = [name for name, kind in library.facts.items() if name not in grouped and kind.kind is not Kind.DERIVED]
    context = {
        **patient_page.head(here, standing, "checks"),
        "rows": _rows(here, standing),
        "groups": [group for group in groups if group[2]],
        "others": [Filled(one, posted, faults) for one in asked_facts(others, library, given)],
        "conditions": [Filled(one, posted, faults) for one in asked_facts(library.conditions, library, given)],
        "forms": _questionnaires(library, given),
        "drugs": _drugs(standing, here),
        "medications_on": (given.get("medications") or {}).get("reviewed_on", ""),
        "classes": sorted({name for one in library.interactions.values() for name in one.classes}),
        "entered_on": posted.get("on") or here.today.isoformat(),
        "open_fact": request.GET.get("fact", ""),
        "what": posted.get("what", ""),
        "fault": next(iter(faults.values()), None),
        "unplaced": [one for key, one in faults.items() if not _is_placed(key)],
        "strange": any(isinstance(one, Strange) and key == "readings.weight" for key, one in faults.items()),
    }
    return render(request, "titrant/checks.html", context, status=status)


def _is_placed(key: str) -> bool:
    return key.partition(".")[0] in ("readings", "answers", "conditions")


# What is due


def _rows(here: Office, standing: Standing) -> list[dict[str, Any]]:
    found, assessment = _found(here, standing)
    rows = [_row(one, here.library.checks[one.what], assessment) for one in found]
    return sorted(rows, key=lambda row: (_ORDER.index(row["state"]), row["due"], row["title"]))


def _found(here: Office, standing: Standing) -> tuple[Iterable[DueCheck], Assessment | None]:
    """The checks of a running course, or those that are needed before a start."""
    if standing.review is not None:
        return standing.review.checks, standing.review.assessment
    if standing.case is None:
        return (), None
    try:
        assessment, screening = here.desk.assess(standing.case)
    except TitrantError:
        return (), None
    return baseline(assessment, here.library, screening.values), assessment


def _row(one: DueCheck, row: Check, assessment: Assessment | None) -> dict[str, Any]:
    known = assessment.facts if assessment else {}
    last = [f"{known[name].value} on {known[name].on}" for name in row.facts if name in known]
    return {
        "what": one.what, "title": one.title, "due": one.due, "state": one.state.value,
        "badge": _STATES[one.state.value],
        "blocks_raise": one.blocks_raise, "source": one.source, "status": one.status.value, "last": last,
        "phase": one.phase.replace("_", " "), "after_dose": one.after_dose,
    }  # fmt: skip


def calendar_file(request: HttpRequest, case: UUID) -> HttpResponse:
    """Due dates for a calendar: what and when, and neither a name nor a number of anybody."""
    del request
    here = office()
    found, _ = _found(here, patient_page.standing_now(here, case))
    text = due_calendar(found, here.now())
    return HttpResponse(
        text, content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="checks-due.ics"'},
    )  # fmt: skip


# What may be entered


def _questionnaires(library: Library, given: Json) -> list[dict[str, Any]]:
    held = given.get("questionnaires") or {}
    return [
        {"form": form, "last": _last_on(held.get(form.id)), "items": [_item(item) for item in form.items]}
        for form in library.questionnaires.values()
        if form.scoring is not Scoring.SCORE_ONLY
    ]


def _item(item: Any) -> dict[str, Any]:
    words = {anchor.value: anchor.text for anchor in item.anchors}
    choices = [
        (value, f"{value} {words[value]}" if value in words else str(value)) for value in range(item.lo, item.hi + 1)
    ]
    return {"id": item.id, "text": item.text, "choices": choices}


def _last_on(held: Any) -> str:
    forms = held if isinstance(held, list) else [held] if isinstance(held, dict) else []
    return max((str(one.get("on", "")) for one in forms), default="")


def _drugs(standing: Standing, here: Office) -> list[dict[str, Any]]:
    """The list with what each drug was recognised as; one that is not is not checked."""
    listed = (standing.record.tree["given"].get("medications") or {}).get("list") or []
    table = here.library.drugs
    found = []
    for place, drug in enumerate(listed):
        match = table.resolve(drug.get("name", ""), drug.get("rxnorm", ""), drug.get("atc", ""))
        found.append({"place": place, **drug, "recognised": match.drug.name if match else ""})
    return found


# What was entered


def _entered(request: HttpRequest, here: Office, case: UUID) -> HttpResponse:
    posted, actor = request.POST, request.visitor.actor  # type: ignore[attr-defined]
    act = _ACTS.get(posted.get("what", ""))
    if request.in_emergency and not _only_adds(posted):  # type: ignore[attr-defined]
        return refused(request, belongs_to_the_team())
    try:
        if act is None:
            raise CaseFileError("entry", "It is not known what was entered.", "", "Load the page again.")
        act(here, actor, str(case), posted)
    except Unfit as error:
        return _page(request, here, case, posted, error.faults, 422)
    except CaseFileError as error:
        return _page(request, here, case, posted, {_key_of(error, posted): error}, 422)
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, "Recorded.", extra_tags="ok")
    return redirect(posted.get("back") if posted.get("back") == "patient" else "checks", case=case)


_ADDING = ("typed", "questionnaire", "drug", "allergy")


def _only_adds(posted: QueryDict) -> bool:
    """Whether it can take nothing back that the care team found: what was measured, a new drug, an active disease.

    An answer can be turned into its opposite, and a supply that it held back would be free.
    """
    answers = [value for key, value in posted.items() if key.startswith("answers.") and str(value).strip()]
    states = [value for key, value in posted.items() if key.startswith("conditions.") and str(value).strip()]
    return posted.get("what", "") in _ADDING and not answers and set(states) <= {ConditionState.ACTIVE.value}


def _key_of(error: CaseFileError, posted: Mapping[str, str]) -> str:
    """The field that a fault of the whole record speaks of, where one of those that were filled in is named."""
    return next((key for key in posted if "." in key and posted[key] and key in error.place), "record")


def _typed(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    typed = [
        Typed(
            name=name, place=place, value=value.strip(), upper=posted.get(f"upper.{key}", ""),
            again=posted.get(f"again.{key}", ""), grade=posted.get(f"grade.{key}", ""),
            since=posted.get(f"since.{key}", ""),
        )
        for key, value in posted.items()
        for place, _, name in [key.partition(".")]
        if place in ("readings", "answers", "conditions") and str(value).strip()
    ]  # fmt: skip
    recording.record_typed(
        here, by, case, typed, expected=version_of(posted), on=day_of(posted, "on", here.today),
        weighed_again=posted.get("weighed_again", ""),
    )  # fmt: skip


def _questionnaire(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    name = posted.get("form", "")
    form = here.library.questionnaires.get(name)
    items = [item.id for item in form.items] if form else []
    answers = {item: found for item in items if (found := digits_of(posted.get(f"item.{item}", ""))) is not None}
    on = day_of(posted, "on", here.today)
    recording.record_questionnaire(here, by, case, name, answers, expected=version_of(posted), on=on)


def _drug(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    fields = ("name", "dose", "times_per_day", "since", "route")
    drug = {name: posted[name].strip() for name in fields if posted.get(name, "").strip()}
    recording.add_drug(here, by, case, drug, expected=version_of(posted))


def _drug_end(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    until = day_of(posted, "until", here.today)
    recording.end_drug(here, by, case, number_of(posted, "place"), until, expected=version_of(posted))


def _hand_check(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    treat_as = [one for one in posted.getlist("treat_as") if one]
    recording.check_by_hand(here, by, case, number_of(posted, "place"), treat_as, expected=version_of(posted))


def _medications_reviewed(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    recording.reviewed_list(here, by, case, "medications", expected=version_of(posted))


def _allergies_reviewed(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    recording.reviewed_list(here, by, case, "allergies", expected=version_of(posted))


def _allergy(here: Office, by: Actor, case: str, posted: QueryDict) -> None:
    substance, reaction = posted.get("substance", "").strip(), posted.get("reaction", "").strip()
    recording.add_allergy(here, by, case, substance, reaction, expected=version_of(posted))


_ACTS: dict[str, Callable[[Office, Actor, str, QueryDict], None]] = {
    "typed": _typed,
    "questionnaire": _questionnaire,
    "drug": _drug,
    "drug_end": _drug_end,
    "hand_check": _hand_check,
    "medications_reviewed": _medications_reviewed,
    "allergy": _allergy,
    "allergies_reviewed": _allergies_reviewed,
}


ROUTES: tuple[Route, ...] = (
    Route(
        "patients/<uuid:case>/checks/",
        checks,
        "checks",
        CLINICAL,
        Reach.TEAM,
        ("GET", "POST"),
        in_emergency=("GET", "POST"),
    ),
    Route("patients/<uuid:case>/checks/due.ics", calendar_file, "checks_calendar", CLINICAL, Reach.TEAM),
)
