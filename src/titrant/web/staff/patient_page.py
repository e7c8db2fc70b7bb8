"""The patient page: the course on one axis of time, and beside it what is proposed, why, and what would change it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe

from titrant.clinic.acts.offers import reasons_to_choose
from titrant.clinic.acts.signing import refuse, suspend
from titrant.clinic.asked_facts import asked_facts
from titrant.clinic.course_lanes import RANGES, course_of, effect_text
from titrant.clinic.dose_now import dose_now
from titrant.clinic.listing import title_of
from titrant.clinic.numbers_used import numbers_used
from titrant.clinic.office import Office, waiting_entries
from titrant.clinic.packs import device_line
from titrant.clinic.saying_following import also_against
from titrant.clinic.saying_model import model_lines
from titrant.clinic.standing import Standing, StandingsKept, doses_to_offer
from titrant.clinic.telling_following import headline, not_chosen_lines
from titrant.explain.amounts import regimen_text
from titrant.explain.course_chart import HEADINGS, columns, course_svg
from titrant.pathway.review import StepChange
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.terms.reason import Severity
from titrant.web.access import CLINICAL, PRESCRIBERS, Reach, Route
from titrant.web.errors import refused
from titrant.web.staff.fields import Filled
from titrant.web.staff.posted import version_of
from titrant.web.wired import office

SPANS = (("4w", "4 weeks"), ("12w", "12 weeks"), ("all", "Whole course"))
_KEPT = StandingsKept()


def standing_now(here: Office, case: UUID) -> Standing:
    return _KEPT.of(here, str(case))


def head(here: Office, standing: Standing, tab: str) -> dict[str, Any]:
    """What stands on top of every page of one patient."""
    summary, given = standing.record.summary, standing.record.tree["given"]
    weight, weighed_on = standing.weight
    allergies = given.get("allergies") or {}
    return {
        "case": summary.case,
        "summary": summary,
        "person": summary.person,
        "standing": standing,
        "protocol_title": title_of(here.library, (standing.case.protocol if standing.case else "") or summary.protocol),
        "today": here.today,
        "today_iso": here.today.isoformat(),
        "tab": tab,
        "weight": weight,
        "weighed_on": weighed_on,
        "dose_now": dose_line(standing),
        "allergies": [one for one in allergies.get("list") or [] if isinstance(one, dict)],
        "allergies_on": allergies.get("reviewed_on", ""),
        "tasks": sorted(summary.tasks.values(), key=lambda one: (one.grade, one.since)),
        "waiting": waiting_entries(standing.record, here.today),
        "engine_on": not here.no_proposals,
        "no_proposals": here.no_proposals,
        "device": device_line(here.settings),
        "version": standing.record.version,
    }


def dose_line(standing: Standing) -> str:
    """The signed dose of today; what a record without a signature in the clinic says of its levels."""
    found = dose_now(standing.record.summary, standing.on)
    if found.dose:
        return found.line
    return regimen_text(standing.review.level.regimen) if standing.review else ""


def patient(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    standing = standing_now(here, case)
    span = request.GET.get("range", "12w")
    span = span if span in RANGES else "12w"
    context = {
        **head(here, standing, "course"),
        "span": span,
        "spans": SPANS,
        **_answer(here, standing),
    }
    if here.settings.engine_on and (standing.followed or standing.plan):
        context["exposure_url"] = reverse("exposure", args=[case])
    if standing.review is not None:
        course = course_of(standing.review, here.library, span)
        context |= {
            # Made by our own drawing alone, which escapes every word that it is given.
            "chart": mark_safe(course_svg(course, _said_of(standing, course.first.isoformat()))),  # noqa: S308
            "steps": [_step(one) for one in standing.review.steps],
            "headings": HEADINGS,
            "columns": columns(course)[::-1],
        }
    return render(request, "titrant/patient.html", context)


def _said_of(standing: Standing, first: str) -> str:
    """What a reader who sees no picture needs first; every day is in the table below it."""
    assert standing.review is not None
    benefit, level = standing.review.benefit, standing.review.level
    now = "not known" if benefit.week_mean_all is None else f"{benefit.week_mean_all:.1f}"
    return (
        f"Course from {first} to {standing.on}: now {level.regimen.daily} a day, mean pain of the last days {now}. "
        "The same as a table below."
    )


# The right side: the answer


def _answer(here: Office, standing: Standing) -> dict[str, Any]:
    if standing.fault is not None:
        return {"fault": standing.fault}
    if standing.followed is not None:
        return _proposal(here, standing)
    if standing.plan is not None:
        data = standing.data or {}
        return {
            "plan": data, "plan_findings": _weighty(data["findings"]), "plan_notes": _notes(data["findings"]),
            **_questions(here, standing, data["missing"]),
        }  # fmt: skip
    return {}


def _questions(here: Office, standing: Standing, missing: list[dict[str, Any]]) -> dict[str, Any]:
    """What is open as fields to answer at once, and what needs a list or a form of its own."""
    given = standing.record.tree["given"]
    asked = asked_facts([one["fact"] for one in missing], here.library, given)
    names = {one.name for one in asked}
    return {
        "questions": [Filled(one, {}, {}) for one in asked],
        "other_missing": _missing(here, standing, [one for one in missing if one["fact"] not in names]),
    }


def _proposal(here: Office, standing: Standing) -> dict[str, Any]:
    followed, words, data = standing.followed, here.desk.words, standing.data
    assert followed is not None
    assert data is not None
    decided = followed.decided
    also = also_against(decided, words)
    return {
        "proposal": data,
        "headline": headline(decided),
        "also": also,
        "comes": data["review"]["change_signed"] if data["action"] == "hold" else None,
        "numbers": numbers_used(decided, words),
        "findings": _unsaid(data, also),
        "notes_found": _notes(data["findings"]),
        "model_lines": _plain(model_lines(followed.model, words, followed.by_rules)),
        "missing": _missing(here, standing, data["missing"]),
        "model_outcome": followed.model.outcome,
        "offers": doses_to_offer(decided.review),
        "times_now": decided.review.level.regimen.times_per_day,
        "dose_mg_now": data["current"]["dose_mg"],
        "sign_reasons": reasons_to_choose(here),
        "not_chosen": not_chosen_lines(decided, words),
        "sign_links": _sign_links(data),
    }


def _plain(lines: Iterable[str]) -> list[str]:
    """Lines of a page in plain text as paragraphs, without its heading and its marks."""
    return [" ".join(line.split()).lstrip("-! ") for line in lines][1:]


def _missing(here: Office, standing: Standing, missing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is missing, by its name for people, with the place to enter it where there is one."""
    given, case = standing.record.tree["given"], standing.record.summary.case
    asked = {one.name: one.key for one in asked_facts([one["fact"] for one in missing], here.library, given)}
    place = reverse("checks", args=[case])
    return [
        one
        | {
            "label": _label(here.desk.words.label(one["fact"], one.get("facts") or {})),
            "url": f"{place}?fact={one['fact']}#f-{asked[one['fact']]}" if one["fact"] in asked else "",
        }
        for one in missing
    ]


def _step(one: StepChange) -> dict[str, Any]:
    told = "not yet" if one.change is None else "yes" if one.change.clear else "no: within the own swing"
    return {"on": one.on, "before": one.before.dose, "after": one.after.dose, "effect": effect_text(one), "told": told}


def _sign_links(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Where each alternative is signed: nothing is chosen by a link; the page behind it shows what would be signed."""
    wanted = [one["action"] for one in data["alternatives"]]
    return [(name, urlencode({"action": name})) for name in wanted if name in ("hold", "lower")]


def _weighty(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in findings if one["severity"] != Severity.NOTE.value]


def _unsaid(data: dict[str, Any], also: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Weighty findings that do not stand among the reasons already."""
    said = {one["facts"].get("finding") for one in (*data["reasons"], *also)}
    return [one for one in _weighty(data["findings"]) if one["code"] not in said]


def _notes(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in findings if one["severity"] == Severity.NOTE.value]


def _label(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def refuse_proposal(request: HttpRequest, case: UUID) -> HttpResponse:
    """A prescriber says no to what is proposed, and why: the dose stays as it is."""
    here, visitor, posted = office(), request.visitor, request.POST  # type: ignore[attr-defined]
    try:
        refuse(
            here, str(case), visitor.actor, expected=version_of(posted), reason=posted.get("reason", ""),
            words=posted.get("words", "").strip()[:500],
        )  # fmt: skip
    except TitrantError as error:
        return refused(request, error)
    return redirect("patient", case=case)


def suspend_plan(request: HttpRequest, case: UUID) -> HttpResponse:
    """No dose from today on, by anybody who cares for the person; going on again is a prescriber's signature."""
    here, visitor, reason = office(), request.visitor, request.POST.get("reason", "").strip()[:300]  # type: ignore[attr-defined]
    who = "patient" if request.POST.get("who") == "patient" else "provider"
    try:
        if not reason:
            raise CaseFileError(
                "suspend", "A reason is needed.", "Whoever lifts it must know why it rests.", "Write the reason."
            )
        suspend(here, str(case), reason, visitor.actor, who=who)
    except TitrantError as error:
        return refused(request, error)
    return redirect("patient", case=case)


ROUTES: tuple[Route, ...] = (
    Route("patients/<uuid:case>/", patient, "patient", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
    Route("patients/<uuid:case>/refuse/", refuse_proposal, "refuse", PRESCRIBERS, Reach.TEAM, ("POST",)),
    Route(
        "patients/<uuid:case>/suspend/",
        suspend_plan,
        "suspend",
        CLINICAL,
        Reach.TEAM,
        ("POST",),
        in_emergency=("POST",),
    ),
)
