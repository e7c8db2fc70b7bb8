"""One page for a visit, for the doctor or for the patient to take along: the dose, the course, the numbers."""

from collections.abc import Iterator
from decimal import Decimal

from titrant.clinic.course_lanes import RANGES, course_of
from titrant.clinic.following import review_at
from titrant.clinic.office import case_in
from titrant.documents.course_lanes import lanes_of
from titrant.documents.paper import Desk, envelope, put, whose
from titrant.documents.plan_paper import dose_today
from titrant.documents.shown import line, shown
from titrant.documents.speech import Speech
from titrant.explain.course_chart import Course
from titrant.pathway.review import Review
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.numbers import plain

_MOST = 8  # lines of one list
_LINES_TO_ASK = 4


def visit_report(desk: Desk) -> bytes:
    return put(desk, "visit", visit_data(desk))


def visit_data(desk: Desk) -> Json:
    speech, plan = desk.speech, desk.plan
    found, failed = _reviewed(desk)
    course = course_of(found, desk.office.library, _span(found)) if found else None
    follows = plan is not None and plan.standing in ("in_force", "suspended")
    dose = dose_today(desk) if follows else None
    told = [f"{dose['each']}. {dose['often']}", *dose["lines"]] if dose else [speech.say("v-no-plan")]
    numbers = list(numbers_of(found, speech)) if found else []
    return {
        **envelope(desk, speech.say("visit-title")), "who": [*whose(desk), ("", speech.day(desk.today.isoformat()))],
        "dose_word": speech.say("v-now"), "dose": told, "course_word": speech.say("v-course"),
        "chart": lanes_of(course, speech) if course else None, "shown": _shown(course, speech),
        "key": speech.say("v-key"), "numbers_word": speech.say("v-numbers"), "numbers": numbers,
        "failed": speech.say("v-failed", why=shown(failed, 300)) if failed else "",
        "lists": [
            {"heading": speech.say("v-overdue"), "lines": _overdue(found, speech)},
            {"heading": speech.say("v-medicines"), "lines": _medicines(desk, speech)},
        ],
        "ask_word": speech.say("v-ask"), "ask": _LINES_TO_ASK, "notes": speech.notes,
    }  # fmt: skip


def _span(found: Review) -> str:
    """A young course is not lost in twelve empty weeks."""
    return "4w" if (found.on - found.levels[0].since).days <= RANGES["4w"] else "12w"


def _reviewed(desk: Desk) -> tuple[Review | None, str]:
    """The review of the day, or why there is none: an empty page would read as "nothing happened"."""
    try:
        case = case_in(desk.record, desk.today)
        if not case.given.course.levels:
            return None, desk.speech.say("v-no-plan")
        return review_at(desk.office.desk, case), ""
    except TitrantError as error:
        return None, str(error)


def _shown(course: Course | None, speech: Speech) -> str:
    if course is None or not course.days:
        return speech.say("v-no-diary")
    entries = len({one.on for one in course.days})
    first, last = speech.day(course.first.isoformat()), speech.day(course.last.isoformat())
    return speech.say("v-shown", first=first, last=last, entries=str(entries))


def numbers_of(found: Review, speech: Speech) -> Iterator[tuple[str, str]]:
    """What the review says, as label and value; what is not known says so."""
    benefit, data = found.benefit, found.data
    unknown = speech.say("v-unknown")

    def told(value: Decimal | None) -> str:
        return unknown if value is None else plain(value)

    yield speech.say("v-pain-before"), told(benefit.baseline)
    yield speech.say("v-pain-week"), told(benefit.week_mean_all)
    yield speech.say("v-fall"), _fall(found, speech)
    done = speech.say("v-activity-said", done=str(benefit.activity_done), days=str(benefit.activity_days))
    yield speech.say("v-activity"), done if benefit.activity_days else unknown
    peg = benefit.peg_percent
    yield speech.say("v-peg"), unknown if peg is None else speech.say("v-peg-said", percent=plain(peg))
    yield speech.say("v-worst"), _worst(found, speech)
    said = {"in_time": data.days_in_time, "late": data.days_late, "needed": data.days_needed}
    yield speech.say("v-entries"), speech.say("v-entries-said", **{name: str(one) for name, one in said.items()})


def _fall(found: Review, speech: Speech) -> str:
    fall, percent = found.benefit.fall, found.benefit.fall_percent
    if fall is None:
        return speech.say("v-unknown")
    if fall < 0:
        return speech.say("v-rise-said", points=plain(-fall))
    return speech.say("v-fall-said", points=plain(fall), percent="—" if percent is None else plain(percent))


def _worst(found: Review, speech: Speech) -> str:
    """The gravest side effect that still counts, with its day."""
    counting = found.harm.counting
    if counting is None:
        return speech.say("v-unknown")
    if not any(one.grade for one in counting.values()):
        return speech.say("v-grade-none")
    name, worst = max(counting.items(), key=lambda pair: (pair[1].grade, pair[1].on))
    said = speech.effect(name)
    return speech.say("v-worst-said", effect=said, grade=str(worst.grade), day=speech.day(worst.on.isoformat()))


def _overdue(found: Review | None, speech: Speech) -> list[str]:
    if found is None:
        return [speech.say("v-unknown")]
    late = [speech.read(speech.say("checks"), line(one.title)) for one in found.overdue]
    return _some([*dict.fromkeys(late)]) or [speech.say("v-no-overdue")]


def _medicines(desk: Desk, speech: Speech) -> list[str]:
    given = desk.record.tree["given"].get("medications")
    if not isinstance(given, dict):
        return [speech.say("v-unknown")]
    drugs = [one for one in given.get("list") or [] if isinstance(one, dict)]
    listed = [line(f"{one.get('name', '')} {one.get('dose', '') or ''}".strip(), 100) for one in drugs]
    return _some(listed) or [speech.say("v-none")]


def _some(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"+ {len(lines) - _MOST} … (continued in the record)"]
