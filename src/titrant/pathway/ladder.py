"""The ladder: the levels above a start, each with the earliest day on which it may be considered."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.deliver import Supply
from titrant.terms.calendar import days_later
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Reason, Status
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
    most = min(one.most for one in _tops(protocol, supply, start.times_per_day, share))
    held = start
    while True:
        by_percent = held.dose.times(1 + Fraction(protocol.step.percent.value.value) / 100)
        wanted = min(Dose(held.dose.mg + step.mg), by_percent, most)
        higher = supply.regimen(wanted, start.times_per_day, start.days_per_week)
        if higher is None or not held.dose < higher.dose:
            return
        yield higher
        held = higher


class _Top(Struct, frozen=True):
    """A bound of the ladder: ``most`` is what it allows to this person in one dose."""

    code: str
    most: Dose
    bound: str
    source: str
    status: Status


def _tops(protocol: Protocol, supply: Supply, times_per_day: int, share: Fraction) -> tuple[_Top, ...]:
    single, daily, pieces = protocol.bounds.single, protocol.bounds.daily.usual, supply.product.most_pieces
    by_day = Dose(daily.value.value).times(Fraction(1, times_per_day))
    return (
        _top("ladder_ends_at_single_bound", Dose.of(single.usual.value), share, single.usual),
        _top("ladder_ends_at_home_bound", Dose.of(single.hard_home.value), share, single.hard_home),
        _top("ladder_ends_at_daily_bound", by_day, share, daily),
        _Top("ladder_ends_at_most_pieces", supply.largest_dose, str(pieces.value), pieces.source, pieces.status),
    )


def _top(code: str, usual: Dose, share: Fraction, bound: Sourced[Quantity]) -> _Top:
    most = usual if share == 1 else usual.times(share)
    return _Top(code, most, str(bound.value), bound.source, bound.status)


def ladder_end(
    levels: tuple[Level, ...], protocol: Protocol, supply: Supply, share: Fraction, *, reduced: bool
) -> Reason:
    """Why there is no level above the last of ``levels``: its bound, the pieces, or the time that is left."""
    last, rule = levels[-1].regimen, f"{protocol.id}@{protocol.version}"
    top = min(_tops(protocol, supply, last.times_per_day, share), key=lambda one: one.most)
    highest = supply.regimen(top.most, last.times_per_day, last.days_per_week)
    if highest is None or not last.dose < highest.dose:
        facts = {"bound": top.bound, "most": str(top.most)}
        return Reason(top.code, f"{rule}/bounds", facts, top.source, top.status)
    if next(_rising(last, protocol, supply, share, reduced=reduced), None) is None:
        part = supply.product.smallest_part
        facts = {"product": supply.name, "part": part.value}
        return Reason("ladder_ends_between_pieces", f"products/{supply.product.id}", facts, part.source, part.status)
    length, ends = protocol.trial.length, protocol.trial.plan_ends_after
    facts = {"length": str(length.value), "ends_after": str(ends.value)}
    return Reason("ladder_ends_with_the_plan", f"{rule}/trial", facts, ends.source, ends.status)


def _needs(regimen: Regimen, protocol: Protocol) -> tuple[str, ...]:
    if regimen.daily <= Dose(protocol.bounds.daily.second_prescriber_above.value.value):
        return ()
    return ("second_prescriber",)
