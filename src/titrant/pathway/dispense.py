"""Step 6 of 10, dispense: how much may be supplied, for how long, from when, and what should be left.

Takes the signed levels (the one now, and any that follow) and what was supplied before. Gives the quantity day by day,
across changing levels, as a line of numbers that a pharmacist can check by hand.
"""

from collections.abc import Iterator
from datetime import date

from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply
from titrant.pathway.supplying import LONGEST_DAYS, Dispensing, SignedLevel, interrupted, supply_for
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.reason import Reason, Status
from titrant.terms.regimen import Regimen


def dispense_case(
    case: Case, protocol: Protocol, supply: Supply, planned: Regimen | None, on: date, ends: date | None
) -> Dispensing | None:
    """The supply that a case asks for: of its signed levels, or of the start that is planned; None without either."""
    levels = signed_levels(case, supply) or ((SignedLevel(on, planned),) if planned else ())
    if not levels:
        return None
    asked = case.dispense
    starts = asked.starts if asked and asked.starts else max(on, levels[0].since)
    titrating = not case.given.course.levels or _still_titrating(levels, protocol, starts)
    if case.given.course.levels:
        begun = case.given.course.plan_from or levels[0].since  # a renewed plan runs from its own day
        ends = case.given.course.ends or days_later(begun, protocol.trial.plan_ends_after.value)
        ends = min(ends, days_later(on, protocol.trial.plan_ends_after.value))
    phase = protocol.supply.titration if titrating else protocol.supply.maintenance
    days = asked.days if asked and asked.days is not None else whole_days(phase.value)
    if not starts <= days_later(on, protocol.supply.maintenance.value):
        raise CaseFileError(
            "dispense.starts",
            f"A supply from {starts} is too far ahead to be decided on {on}.",
            "What is known today says too little about then.",
            "Ask again when the day is near.",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise CaseFileError(
            "dispense.days",
            f"{days} is not a number of days from 1 to {LONGEST_DAYS}.",
            "The quantity is counted from it.",
            "Give the days that the supply is for.",
        )
    before = case.given.course.supplies
    return supply_for(levels, protocol, starts, days, titrating=titrating, ends=ends, before=before)


def level_faults(levels: tuple[SignedLevel, ...], protocol: Protocol) -> Iterator[Reason]:
    """Why signed levels cannot be supplied: beyond the hard bounds, or a jump that no ladder makes."""
    bounds, place = protocol.bounds, f"{protocol.id}@{protocol.version}/bounds"
    factor = bounds.typing_error_factor
    for before, level in zip((None, *levels), levels, strict=False):
        held = level.regimen
        facts = {"since": level.since.isoformat(), "dose": str(held.dose), "times_per_day": str(held.times_per_day)}
        if not _within(held, protocol):
            hard = bounds.daily.hard
            yield Reason("level_beyond_bounds", place, facts, hard.source, hard.status)
        if before is not None and not held.dose.mg < before.regimen.dose.mg * factor.value:
            facts = {**facts, "factor": str(factor.value)}
            yield Reason("level_looks_like_a_slip", f"{place}/typing_error_factor", facts, factor.source, factor.status)


def product_faults(case: Case, supply: Supply, on: date) -> Iterator[Reason]:
    """Why a signed level cannot be supplied as another product: strength and form are part of what was signed."""
    levels = sorted(case.given.course.levels, key=lambda one: one.since)
    begun = [one for one in levels if one.since <= on]
    for level in (*begun[-1:], *(one for one in levels if on < one.since)):
        if level.product and level.product != supply.name:
            facts = {"signed": level.product, "chosen": supply.name, "since": level.since.isoformat()}
            rule = f"products/{supply.product.id}"
            yield Reason("signed_for_other_product", rule, facts, "titrant-proposal", Status.PROPOSAL)


def _within(held: Regimen, protocol: Protocol) -> bool:
    bounds = protocol.bounds
    return (
        held.dose.mg <= bounds.single.hard_home.value.value
        and held.daily.mg <= bounds.daily.hard.value.value
        and held.weekly.mg <= bounds.weekly.hard.value.value
        and held.times_per_day <= bounds.times_per_day.value
    )


def signed_levels(case: Case, supply: Supply) -> tuple[SignedLevel, ...]:
    """The signed levels of a course, in order of their days, without the days on which it was suspended."""
    levels = tuple(sorted(_signed(case, supply), key=lambda one: one.since))
    return interrupted(levels, case.given.course.suspensions)


def _still_titrating(levels: tuple[SignedLevel, ...], protocol: Protocol, on: date) -> bool:
    """Until the last level has been held for as long as a trial takes, the person counts as titrating."""
    return (on - levels[-1].since).days < whole_days(protocol.trial.length.value)


def _signed(case: Case, supply: Supply) -> Iterator[SignedLevel]:
    for place, level in enumerate(case.given.course.levels):
        dose = Dose.of(level.dose)
        regimen = supply.regimen(dose, level.times_per_day, level.days_per_week)
        if regimen is None or regimen.dose != dose:
            raise CaseFileError(
                f"given.course.levels[{place}].dose",
                f"{dose} cannot be made from {supply.name}.",
                "A supply that does not fit the signed dose would change the dose.",
                "Give the product that the level was signed for.",
            )
        yield SignedLevel(level.since, regimen, week_from=min(one.since for one in case.given.course.levels))
