"""From a review to the facts that the rules of following read, and the numbers that their sentences show.

A fact that cannot be told is left out: the rule that reads it is not judged, and no dose is kept or raised past it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod

from titrant.knowledge.judging import Value
from titrant.pathway.case import Medication
from titrant.pathway.checks_following import last_raise
from titrant.pathway.diary import urinary_answer
from titrant.pathway.entries import GRADES
from titrant.pathway.harm import GROUPS, worst_of
from titrant.pathway.next_dose import raised, step_room, suspended
from titrant.pathway.reconciling import missed_run, went_by
from titrant.pathway.review import Review, tolerated_days
from titrant.pathway.sessions import SessionDay
from titrant.pathway.severe import SevereHarm, named
from titrant.pathway.supplying import regimens
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.dose import Dose
from titrant.terms.numbers import plain
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Facts

_FLAGS = {
    "flag_cannot_be_woken": ("cannot_be_woken",),
    "flag_pressure_symptoms": ("chest_pain", "severe_headache"),
    "flag_suicidal_thoughts": ("suicidal_thoughts",),
    "flag_hears_or_sees_things": ("hears_or_sees_things",),
    "flag_yellow_eyes": ("yellow_eyes",),
    "flag_pregnant": ("pregnant",),
}


def course_facts(review: Review) -> dict[str, Value]:
    """The facts of ``facts/`` that a review works out; what is not known is not there."""
    told = (
        *_flags(review), *_harm(review), *_missed(review), *_course(review), *_benefit(review), *_drugs(review),
        *_sessions(review), *_adherence(review), *_data(review),
    )  # fmt: skip
    return {name: value for name, value in told if value is not None}


_MILDEST = GRADES[0] + 1
Told = Iterator[tuple[str, Value | None]]


def _yes(whether: bool | None) -> str | None:
    return None if whether is None else "yes" if whether else "no"


def _flags(review: Review) -> Told:
    for name, flags in _FLAGS.items():
        yield name, _yes(bool(set(flags) & set(review.harm.flags)))


def _harm(review: Review) -> Told:
    harm = review.harm
    yield "worst_effect", _grade(worst_of(harm.recent))
    yield "worst_dissociation", _grade(worst_of(harm.recent, GROUPS["dissociation"]))
    yield "worst_urinary", _grade(worst_of(harm.recent, GROUPS["urinary"]))
    for group, names in GROUPS.items():
        worst = worst_of(harm.since_step, names)
        if group == "urinary" and _bladder_recorded_since_step(review):
            worst = max(worst or 0, _MILDEST)
        yield f"{group}_since_step", _grade(worst)
    yield "systolic_since_step", _pressure(harm.systolic)
    yield "diastolic_since_step", _pressure(harm.diastolic)
    # Without a level before there is nothing to rise from.
    rising = harm.rising if len(regimens(review.levels)) > 1 else False
    yield "severe_before", _yes(bool(severe_reached(review)))
    yield "effects_trend", None if rising is None else "rising" if rising else "steady"


def severe_reached(review: Review) -> tuple[SevereHarm, ...]:
    """Severe harm of this course at a dose that the next step would reach or pass."""
    reach = raised(review)[1] or review.level.regimen
    return tuple(one for one in review.severe if one.reached_by(reach))


def _bladder_recorded_since_step(review: Review) -> bool:
    """Whether the clinic recorded a bladder symptom since the last step, whose grade nobody asked."""
    word, on, _ = urinary_answer(review.case)
    return word not in ("", "none") and (on is None or last_raise(review.levels) <= on)


def _grade(grade: int | None) -> Quantity | None:
    return None if grade is None else Quantity(Decimal(grade), "points")


def _pressure(highest: Decimal | None) -> Quantity | None:
    return None if highest is None else Quantity(highest, "mmHg")


def _missed(review: Review) -> Told:
    certain, possible = (rung.do if rung else "none" for rung in (review.rung, review.rung_possible))
    # The days of which nobody knows may have been missed; where that would change what follows, it is not known.
    harmless = {"none", "continue"}
    same = certain == possible or {certain, possible} <= harmless
    yield "missed_rung", certain if same else None
    yield "missed_before", _yes(went_by(review.protocol, review.missed))


def _course(review: Review) -> Told:
    protocol, on = review.protocol, review.on
    held = (on - review.regimen_since).days
    yield "plan_over", _yes(review.plan_ends <= on)
    yield "trial_over", _yes(whole_days(protocol.trial.length.value) <= held)
    yield "interval", "over" if earliest_change(review) <= on else "running"
    yield "change_signed", "none" if review.change_signed is None else "later"
    yield "review_day", "closed" if next_step_review(review) in review.case.given.course.closed_days else "open"
    suspensions = review.case.given.course.suspensions
    begun = [one for one in suspensions if one.since <= on]
    yield "suspended", _yes(suspended(review))
    yield "taken_while_suspended", _yes(bool(review.taken_suspended))
    lifted = [one.lifted_on for one in begun if one.lifted_on is not None and one.lifted_on <= on]
    yield "resumed", _yes(any(review.level.since < day for day in lifted))
    yield "step_room", "some" if Dose(Decimal(0)) < step_room(review) else "none"


def earliest_change(review: Review) -> date:
    """The first day on which the dose may change for more: true days since the last change of any kind."""
    step, course = review.protocol.step, review.case.given.course
    interval = step.interval_with_daily_contact if course.daily_contact == "yes" else step.interval
    return days_later(_last_change(review), interval.value)


def _last_change(review: Review) -> date:
    """The first day of the present regimen. A signature that only repeats it is no change.

    One that went on after a suspension, after missed days, beside another drug, or after a reading that stops or bars
    is: from it on the same dose is borne anew.
    """
    since, on = review.regimen_since, review.on
    if since == review.level.since:
        return since
    days = [one.lifted_on for one in review.case.given.course.suspensions]
    days += [day for one in review.assessment.drugs for day in (one.medication.since, one.medication.until)]
    days += [one.on for one in review.standing.days if one.findings]
    run = missed_run(review.diary, review.levels, review.supply, since, on)
    anew = any(day is not None and since <= day <= on for day in days) or went_by(review.protocol, run)
    return review.level.since if anew else since


def next_step_review(review: Review) -> date:
    return days_later(review.on, review.protocol.step.interval.value)


def _met(whether: bool | None) -> str | None:
    return None if whether is None else "met" if whether else "not_met"


def _benefit(review: Review) -> Told:
    met = review.benefit.met
    yield "benefit", _met(met)
    yield "benefit_for_a_raise", _met(review.benefit.met_for_a_raise)
    raises = [step for step in review.steps if step.raised][-2:]
    last = review.steps[-len(raises) :] if raises else ()
    flat: bool | None = False
    if len(raises) > 1 and tuple(last) == tuple(raises):
        clear = [True if step.too_short else step.change.clear if step.change else None for step in raises]
        # One step with a clear effect settles it; a step that cannot be told leaves it open.
        flat = False if True in clear else None if None in clear else True
    yield "two_steps_flat", _yes(flat)
    yield "tolerance_watch", _yes(review.tolerance)
    yield "step_down", "ready" if ready_to_step_down(review) else "no"


def ready_to_step_down(review: Review) -> bool:
    """The aim is met, the dose has not changed for the stable time, and no flare lies in it."""
    stable = whole_days(review.protocol.trial.stable_before_step_down.value)
    held = (review.on - review.regimen_since).days
    calm = review.flare is None or stable <= (review.on - review.flare).days
    return review.benefit.met is True and stable <= held and calm


def _drugs(review: Review) -> Told:
    loads = review.loads
    yield "new_interaction", "yes" if loads.new else None if loads.undated else "no"
    share = new_exposure_share(review)
    yield "exposure_rise", "yes" if share < 1 else None if undated_exposure(review) else "no"
    stopped = "inducer" if loads.stopped_inducers else "inhibitor" if loads.stopped_inhibitors else None
    yield "stopped_drug", stopped or ("either" if loads.lasting else "none")


def new_exposure_share(review: Review) -> Fraction:
    """By how much drugs that were started or told since the dose was signed cut a start; their shares multiply.

    Beside a new one those count of which nobody says since when: whether it may have been taken before is not asked.
    """
    shares = tuple(_shares(review))
    new = prod((share for share, drugs in shares if _newly_told(review, drugs)), start=Fraction(1))
    undated = (share for share, drugs in shares if not _newly_told(review, drugs) and _undated(drugs))
    return prod(undated, start=new) if new < 1 else new


def _newly_told(review: Review, drugs: tuple[Medication, ...]) -> bool:
    """Whether a drug of several rows is new: by the day of the last of them, or because any was told since."""
    last = drugs[-1].since if drugs else None
    told = (one.entered_at for one in drugs)
    return review.since.newly_told(last, None) or any(review.since.newly_told(None, one) for one in told)


def undated_exposure(review: Review) -> bool:
    return any(_undated(drugs) for _, drugs in _shares(review))


def _undated(drugs: tuple[Medication, ...]) -> bool:
    return not drugs or drugs[-1].since is None


def _shares(review: Review) -> Iterator[tuple[Fraction, tuple[Medication, ...]]]:
    """Each share by which a drug cuts a start, with the rows of the list that are this drug."""
    rows: dict[str, tuple[Medication, ...]] = {}
    for drug in review.assessment.drugs:
        rows[drug.name] = (*rows.get(drug.name, ()), drug.medication)
    for one in review.screening.limits:
        if one.limit.share and "drug" in one.facts:
            yield min(Fraction(one.limit.share), Fraction(1)), rows.get(one.facts["drug"], ())


def _sessions(review: Review) -> Told:
    window = whole_days(review.protocol.raise_needs.diary_window.value)
    days = [one.on for one in review.case.given.parenteral if one.on <= review.on]
    newest = max(days, default=None)
    recent = newest is not None and (review.on - newest).days <= window and review.levels[0].since <= newest
    yield "clinic_session", "today" if newest == review.on else "recent" if recent else "none"
    stacked = {one.took for one in sessions_to_judge(review)}
    # Nobody says whether a home dose was taken on the day of a session: that is not known, and no "no".
    yield "session_stacked", "yes" if True in stacked else None if None in stacked else "no"


def sessions_to_judge(review: Review) -> tuple[SessionDay, ...]:
    """Sessions after which no prescriber has signed, however long ago; what was signed after has been looked at."""
    told = (one for one in review.sessions if one.on < review.on)
    return tuple(one for one in told if review.since.newly_told(one.on, one.entered))


def _adherence(review: Review) -> Told:
    yield "adherence", _adhered(review)
    extra = bool(review.extra) or "took_extra" in review.harm.flags or bool(review.unplanned)
    yield "took_extra", _yes(extra or bool(review.taken_suspended))
    yield "supply_count", review.counted.state if review.counted else "not_counted"
    yield "supply_balance", review.balance.state if review.balance else "not_known"


def _adhered(review: Review) -> str | None:
    """Poor where what is known is too little; good only where few days are unknown."""
    share, enough = review.taken.share, review.protocol.raise_needs.taken_share.value.value
    if share is not None and not enough <= share:
        return "poor"
    return None if share is None or tolerated_days(review.protocol) < review.taken.unknown_days else "good"


def _data(review: Review) -> Told:
    data = review.data
    yield "silent", _yes(data.silent)
    yield "diary", "enough" if data.days_needed <= data.days_in_time else "thin"
    yield "checks", "overdue" if review.overdue else "in_date"


# What the sentences of the rules show


def shown(review: Review) -> Facts:
    """Every number that a rule's sentence may name."""
    harm, benefit, loads, data = review.harm, review.benefit, review.loads, review.data
    recent = harm.recent or {}
    urinary = {name: grade for name, grade in recent.items() if name in GROUPS["urinary"] and grade}
    sessions = [one for one in sessions_to_judge(review) if one.took]
    days = [one.on for one in review.case.given.parenteral if one.on <= review.on]
    facts: dict[str, object] = {
        "worst_effect": worst_of(recent),
        "worst_dissociation": worst_of(recent, GROUPS["dissociation"]),
        "worst_urinary": worst_of(recent, GROUPS["urinary"]),
        "effect_names": ", ".join(f"{name} {grade}" for name, grade in recent.items() if grade == worst_of(recent)),
        "urinary_names": ", ".join(name.replace("_", " ") for name in urinary),
        "effect_days": _days(harm.days_of()),
        "dissociation_days": _days(harm.days_of(GROUPS["dissociation"])),
        "urinary_days": _days(harm.days_of(GROUPS["urinary"])),
        **{f"{name}_days": _days(_flag_days(review, flags)) for name, flags in _FLAGS.items()},
        "extra_days": _days(_extra_days(review)),
        "suspended_days": _days(review.taken_suspended),
        "change_on": review.change_signed,
        "days_missed": _count(max(review.missed.certain, review.missed.longest), "day"),
        "plan_ends": review.plan_ends,
        "days_at_level": _count((review.on - review.regimen_since).days, "day"),
        "pain_fall": None if benefit.fall_percent is None else f"{plain(benefit.fall_percent)} %",
        "suspended_by": ", ".join(one.by for one in review.case.given.course.suspensions if one.lifted_on is None),
        "session_on": sessions[0].on if sessions else max(days, default=None),
        "session_dose": sessions[0].session if sessions else None,
        "home_dose": (sessions[0].home or "home doses") if sessions else None,
        "exposure_drugs": ", ".join(loads.new),
        "new_drugs": ", ".join(loads.new),
        "stopped_drugs": ", ".join(dict.fromkeys((*loads.stopped_inducers, *loads.stopped_inhibitors, *loads.lasting))),
        "taken_share": None if review.taken.share is None else f"{plain(review.taken.share)} %",
        "last_entry": data.last_entry or "the start",
        "days_on_time": _count(data.days_in_time, "day"),
        "days_needed": data.days_needed,
        "last_change": _last_change(review),
        "earliest": earliest_change(review),
        "overdue": ", ".join(one.title for one in review.overdue),
        "systolic_since_step": None if harm.systolic is None else plain(harm.systolic),
        "severe_before": named(severe_reached(review)),
        "effects_before": harm.mean_before,
        "effects_now": harm.mean_now,
        "lifted_on": max(
            (one.lifted_on for one in review.case.given.course.suspensions if one.lifted_on), default=None
        ),
        "review_on": next_step_review(review),
        "steps_within": review.following.steps_within.value,
        "risen": review.following.steps_at_most.value,
        **_counted(review),
        **_balanced(review),
    }
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}


def _extra_days(review: Review) -> Iterator[date]:
    yield from (*review.extra, *review.taken_suspended, *review.unplanned_days)
    yield from _flag_days(review, ("took_extra",))


def _flag_days(review: Review, flags: tuple[str, ...]) -> Iterator[date]:
    return (review.harm.flag_days[one] for one in flags if one in review.harm.flag_days)


def _days(days: Iterable[date]) -> str:
    return ", ".join(str(day) for day in sorted(set(days)))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _counted(review: Review) -> dict[str, object]:
    found, unit = review.counted, review.level.regimen.piece_unit
    if found is None:
        return {}
    return {
        "pieces_left": f"{plain(found.left)} {unit}",
        "pieces_expected": f"{plain(found.expected)} {unit}",
        "days_early": _count(found.days_short, "day"),
    }


def _balanced(review: Review) -> dict[str, object]:
    found, unit = review.balance, review.level.regimen.piece_unit
    if found is None:
        return {}
    return {
        "supplied": f"{plain(found.supplied)} {unit}",
        "supplied_taken": f"{plain(found.taken)} {unit}",
        "ahead_days": _count(found.ahead_days, "day"),
        "ahead_on": found.ahead_on,
        "ahead_most": _count(found.longest, "day"),
    }
