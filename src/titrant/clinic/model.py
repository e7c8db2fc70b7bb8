"""The response model at the desk: a reviewed course as the model weighs it, and what it says beside the rules.

The rules decide first. The model is asked only where they keep or raise a dose, or offer a trial of less; its opinion
goes back to them and may only take away. Where it cannot be relied on the rules decide alone, and it is said why.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from math import nan
from typing import Any

from msgspec import Struct

from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, Opinion
from titrant.pathway.diary import Day, pain_by_day
from titrant.pathway.next_dose import lowered, raised, share_kept
from titrant.pathway.plan import Outcome
from titrant.pathway.reconciling import taken_on
from titrant.pathway.review import Review
from titrant.pathway.supplying import level_on, pieces_of_level, supply_of_level
from titrant.terms.reason import Facts, Reason, Status
from titrant.terms.regimen import Regimen

_ONE_DAY = timedelta(days=1)
_WEEK = 7
# What the rules may have decided for the model to be heard at all; on anything safer it has nothing to add.
ASKED = (Action.HOLD, Action.RAISE, Action.STEP_DOWN_TRIAL)
# Codes of the model that mean the same to a reader.
_SAME = {
    "diagnostics_pain": "diagnostics", "diagnostics_harm": "diagnostics", "outside_usual_pain": "outside_usual",
    "outside_usual_harm": "outside_usual", "pain_out_of_range": "out_of_range", "grade_out_of_range": "out_of_range",
    "dose_out_of_range": "out_of_range", "too_long": "out_of_range",
}  # fmt: skip


class ModelSays(Struct, frozen=True):
    """What the model says of one course on one day.

    ``outcome``: ``answered``, ``rules_only`` (asked, and it can give no number), ``not_asked`` (the rules are on the
    safer side already, or give no dose) or ``left_out`` (by choice). ``found`` is the review of ``pkpd.response``, and
    ``advice`` its opinion on what the rules allow; both are None without an answer.
    """

    outcome: str
    why: Reason | None = None
    opinion: Opinion = Opinion()
    found: Any = None
    advice: Any = None


LEFT_OUT = ModelSays("left_out", Reason("model_left_out", "response/desk"))


def model_on(found: Review, by_rules: Adjustment | None = None) -> ModelSays:
    """What the model says of ``found``, and, beside ``by_rules``, of what the rules decided.

    Whatever goes wrong in it ends as ``rules_only`` with the reason: a model that fails never holds up the rules.
    """
    if by_rules is not None and not (by_rules.outcome is Outcome.PROPOSED and by_rules.action in ASKED):
        return ModelSays("not_asked", _why("not_asked"))
    try:
        return _asked(found, by_rules)
    except ImportError as error:
        return _rules_only("not_installed", {"what": error.name or "a part of it"})
    except Exception as error:
        return _rules_only("failed", {"fault": type(error).__name__})


def _asked(found: Review, by_rules: Adjustment | None) -> ModelSays:
    # Imported here: what is not asked for costs no start-up time.
    from titrant.pkpd.response.opinion import opinion
    from titrant.pkpd.response.review import review, seeded
    from titrant.pkpd.shipped import response, tree

    chosen = response()
    outside = _outside(found, int(chosen["data", "least_days_since_session"]))
    if not found.on <= date.fromisoformat(tree("response.yaml", "response")["next_review"]):
        outside = "past_review"
    if outside:
        return _rules_only(outside)
    diary, levels = weighed(found)
    seen = review(diary, levels, chosen, seeded(diary, levels, chosen))
    if seen.answers is None:
        unknown = sum(dose != dose for dose in diary.doses_mg)
        facts = {"days": str(unknown), "beyond": ", ".join(seen.posterior.beyond)}
        return ModelSays("rules_only", _why(_SAME.get(seen.stopped, seen.stopped), facts), found=seen)
    if by_rules is None or by_rules.action is None:
        return ModelSays("answered", found=seen)
    advice = opinion(seen.posterior, by_rules.action.value, levels)
    return ModelSays("answered", None, _joined(advice, chosen), seen, advice)


def _outside(found: Review, least_days: int) -> str:
    """Why this course is none that the model was made for, as a code, or ""."""
    first = first_day(found)
    if found.span.last < found.levels[0].since:
        return "too_few_days_on_drug"  # the course begins today: there is no day to weigh
    if any((first - one.on).days < least_days for one in found.case.given.parenteral if one.on <= found.on):
        return "clinic_session"
    loads = found.loads
    if loads.new or loads.undated or loads.stopped_inducers or loads.stopped_inhibitors or loads.lasting:
        return "drugs_changed"
    return "" if found.level.regimen.days_per_week == _WEEK else "not_daily"


# The course in plain numbers


def first_day(found: Review) -> date:
    """The first day with a pain score written in time, or that of the first dose."""
    written = (day.on for day in found.diary.days if not day.late and day.average_pain is not None)
    return min(next(written, date.max), found.levels[0].since)  # a diary is in order


def weighed(found: Review) -> tuple[Any, Any]:
    """The days and levels for the model. A late entry counts for harm; its pain was not written on its day."""
    from titrant.pkpd.response.diary import Diary, Levels

    first = first_day(found)
    days = [first + _ONE_DAY * place for place in range((found.span.last - first).days + 1)]
    entries: dict[date, list[Day]] = {}
    for one in found.diary.days:
        entries.setdefault(one.on, []).append(one)
    pains = pain_by_day(found.diary.days, late_too=False)
    diary = Diary(
        pain_points=[float(pains[day]) if day in pains else nan for day in days],
        doses_mg=[_dose_on(day, tuple(entries.get(day, ())), found) for day in days],
        worst_grade=[_grade_on(entries.get(day, [])) for day in days],
    )
    ladder = sorted(set(_ladder(found)))
    here, held = ladder.index(float(found.level.regimen.daily.mg)), (found.on - found.level.since).days
    return diary, Levels(ladder, here, held_days=held)


def _dose_on(day: date, entries: tuple[Day, ...], found: Review) -> float:
    """Milligrams taken in all; not a number where nobody says."""
    level = level_on(found.levels, day)
    taken = taken_on(entries, found.levels, day, found.supply)
    if taken is None:
        return nan if pieces_of_level(level, day) else 0.0
    return float(supply_of_level(level, found.supply).dose_of(taken).mg)


def _grade_on(entries: list[Day]) -> float:
    grades = [grade for one in entries if (grade := one.worst()) is not None]
    return float(max(grades)) if grades else nan


def _ladder(found: Review) -> Iterator[float]:
    """Daily doses: those signed up to the present one, what a trial of less would give, and the next step."""
    present = found.level.regimen.daily
    yield from (float(one.regimen.daily.mg) for one in found.levels if one.regimen.daily <= present)
    for other in (lowered(found, share_kept(found)), next_step(found)):
        if other is not None:
            yield float(other.daily.mg)


def next_step(found: Review) -> Regimen | None:
    """The step that the rules' arithmetic allows, whether or not a rule asks for it."""
    return raised(found)[1]


# Its words for the rules


def _joined(advice: Any, chosen: Any) -> Opinion:
    """The opinion in the form that the rules take; each reason with its numbers."""
    most = {"lower": Action.STEP_DOWN_TRIAL, "hold": Action.HOLD, "none": None}[advice.say.value]
    if most is None:
        return Opinion()
    facts = _facts(advice, chosen)
    first, *others = (_why(code, facts) for code in advice.reasons)
    return Opinion(most, first, tuple(others))


def _facts(advice: Any, chosen: Any) -> Facts:
    """The numbers behind an opinion, and the bounds they are held against, as text."""
    seen = {name: f"{value:g}" if name in _WHOLE else f"{value:.2f}" for name, value in advice.numbers.items()}
    bounds = {f"bound_{name}": f"{chosen[section, name]:g}" for section, names in _BOUNDS for name in names}
    return {**seen, **bounds}


_WHOLE = ("next_level_mg", "lowest_dose_mg", "days_at_present")
_BOUNDS = (
    ("questions", ("chance_no", "benefit_kept", "harm_grade", "harm_window_days")),
    ("opinion", ("least_gain_points", "least_gain_chance", "most_added_harm_days", "most_severe_chance",
                 "most_harm_days", "most_severe_chance_now")),
)  # fmt: skip


def _rules_only(code: str, facts: Facts | None = None) -> ModelSays:
    return ModelSays("rules_only", _why(code, facts))


def _why(code: str, facts: Facts | None = None) -> Reason:
    given = {name: value for name, value in (facts or {}).items() if value}
    return Reason(f"model_{code}", "response/response.yaml", given, "titrant-proposal", Status.PROPOSAL)
