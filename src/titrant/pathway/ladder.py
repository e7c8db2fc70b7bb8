"""The ladder: the levels above a start, each with the earliest day on which it may be considered."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.deliver import Supply
from titrant.terms.calendar import days_later
from titrant.terms.dose import Dose
from titrant.terms.regimen import Regimen


class Level(Struct, frozen=True):
    """One level. ``needs`` says what it takes beyond a good diary, if anything."""

    number: int
    regimen: Regimen
    earliest: date
    needs: tuple[str, ...] = ()


def ladder(
    start: Regimen, on: date, protocol: Protocol, supply: Supply, share: Fraction, *, reduced: bool
) -> tuple[Level, ...]:
    """Levels from ``start`` up to the usual bounds, as long as each leaves room for a trial before the plan ends.

    ``share`` is by how much other drugs and the liver raise exposure: steps and usual bounds shrink with it.
    """
    ends = days_later(on, protocol.trial.plan_ends_after.value)
    levels = [Level(1, start, on)]
    day = on
    for regimen in _rising(start, protocol, supply, share, reduced=reduced):
        day = days_later(day, protocol.step.interval.value)
        if not days_later(day, protocol.trial.length.value) <= ends:
            break
        levels.append(Level(len(levels) + 1, regimen, day, _needs(regimen, protocol)))
    return tuple(levels)


def _rising(start: Regimen, protocol: Protocol, supply: Supply, share: Fraction, *, reduced: bool) -> Iterator[Regimen]:
    step = Dose.of(protocol.step.by.value).times(share)  # a step raises exposure as the start does
    if reduced:
        step = min(step, Dose.of(protocol.step.by_when_reduced.value))
    most = min(_usual_most(protocol, start.times_per_day).times(share), supply.largest_dose)
    held = start
    while True:
        by_percent = held.dose.times(1 + Fraction(protocol.step.percent.value.value) / 100)
        wanted = min(Dose(held.dose.mg + step.mg), by_percent, most)
        higher = supply.regimen(wanted, start.times_per_day, start.days_per_week)
        if higher is None or not held.dose < higher.dose:
            return
        yield higher
        held = higher


def _usual_most(protocol: Protocol, times_per_day: int) -> Dose:
    bounds = protocol.bounds
    by_day = Dose(bounds.daily.usual.value.value).times(Fraction(1, times_per_day))
    return min(Dose.of(bounds.single.usual.value), Dose.of(bounds.single.hard_home.value), by_day)


def _needs(regimen: Regimen, protocol: Protocol) -> tuple[str, ...]:
    if regimen.daily <= Dose(protocol.bounds.daily.second_prescriber_above.value.value):
        return ()
    return ("second_prescriber",)
