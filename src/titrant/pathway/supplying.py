"""The arithmetic of a supply: pieces day by day across changing levels, days' supply, refill dates, what is left."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct, structs

from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import Supplied
from titrant.pathway.deliver import Supply
from titrant.pathway.entries import Suspension
from titrant.terms.calendar import whole_days
from titrant.terms.dose import Dose
from titrant.terms.numbers import parse_decimal
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Reason
from titrant.terms.regimen import Regimen

_ONE_DAY = timedelta(days=1)


# The longest stretch of days that anybody could mean.
LONGEST_DAYS = 366


class SignedLevel(Struct, frozen=True):
    """From this day on, this regimen; with ``until`` no longer than to the day before it.

    ``week_from``: the first day of the course, from which the dosing days of each week are counted; else ``since``.
    """

    since: date
    regimen: Regimen
    until: date | None = None
    week_from: date | None = None
    signed: datetime | None = None  # the instant of its signature, where the record has it
    supply: Supply | None = None  # the product it was signed for, where the record has it


class Stretch(Struct, frozen=True):
    """Days in a row on one level: their number, the dosing days among them, and the pieces they take."""

    regimen: Regimen
    first: date
    days: int
    dosing_days: int
    pieces: Decimal


class Dispensing(Struct, frozen=True):
    """What may be supplied. ``quantity`` is whole pieces, or mL."""

    starts: date
    days: int
    asked_days: int
    stretches: tuple[Stretch, ...]
    needed: Decimal  # pieces or mL that the days take
    quantity: Decimal  # what is handed out: whole pieces, because a pharmacy does not cut them
    unit: str
    earliest: date  # first day on which it may be handed out
    next_earliest: date | None  # first day for the supply after it; none where there is no supply
    should_be_left: tuple[tuple[date, Decimal], ...]
    limits: tuple[Reason, ...]
    mg: Dose


def first_supply(level: SignedLevel, protocol: Protocol, on: date, ends: date | None) -> Dispensing:
    """The first supply of a new plan, for as long as the titration phase allows."""
    days = whole_days(protocol.supply.titration.value)
    return supply_for((level,), protocol, on, days, titrating=True, ends=ends)


def supply_for(
    levels: tuple[SignedLevel, ...],
    protocol: Protocol,
    starts: date,
    days: int,
    *,
    titrating: bool,
    ends: date | None = None,
    before: tuple[Supplied, ...] = (),
) -> Dispensing:
    """The supply for ``days`` from ``starts``. Days beyond a limit are cut off, and the limit says so."""
    allowed, limits = _allowed_days(levels, protocol, starts, days, titrating, ends)
    until = _lasts_until(levels, before)
    early = timedelta(days=whole_days(protocol.supply.early_refill.value))
    earliest = starts if until is None else max(starts - early, until - early)
    if until is not None and starts < until - early:
        facts = {"until": until.isoformat(), "earliest": (until - early).isoformat()}
        limits = (*limits, _reason(protocol.supply.early_refill, "too_early_for_supply", protocol, facts))
        allowed = 0
    stretches = tuple(_stretches(levels, starts, allowed))
    needed = sum((one.pieces for one in stretches), Decimal(0))
    unit = levels[-1].regimen.piece_unit
    quantity = needed if unit == "mL" else needed.to_integral_value(rounding="ROUND_CEILING")
    last = _lasts_until(levels, before, (starts, needed)) or starts + timedelta(days=allowed)
    mg = sum((one.regimen.daily.mg * one.dosing_days for one in stretches), Decimal(0))
    return Dispensing(
        starts, allowed, days, stretches, needed, quantity, unit, earliest, last - early if needed else None,
        tuple(_left(levels, starts, allowed, quantity + in_the_house(levels, before, starts))), limits, Dose(mg),
    )  # fmt: skip


def _allowed_days(
    levels: tuple[SignedLevel, ...], protocol: Protocol, starts: date, days: int, titrating: bool, ends: date | None
) -> tuple[int, tuple[Reason, ...]]:
    phase = protocol.supply.titration if titrating else protocol.supply.maintenance
    limits: tuple[Reason, ...] = ()
    longest = whole_days(phase.value)
    if not days <= longest:
        facts = {"asked": str(days), "limit": str(longest)}
        limits = (*limits, _reason(phase, "supply_limited", protocol, facts))
    allowed = min(days, longest)
    if ends is not None and not starts + timedelta(days=allowed) <= ends:
        facts = {"ends": ends.isoformat()}
        limits = (*limits, _reason(protocol.trial.plan_ends_after, "supply_beyond_plan", protocol, facts))
        allowed = max((ends - starts).days, 0)
    first = min(level.since for level in levels)
    if not first <= starts:
        facts = {"starts": first.isoformat()}
        return 0, (*limits, _reason(phase, "supply_before_plan", protocol, facts))
    return allowed, limits


def _reason(value: Sourced[Quantity], code: str, protocol: Protocol, facts: dict[str, str]) -> Reason:
    return Reason(code, f"{protocol.id}@{protocol.version}/supply", facts, value.source, value.status)


def regimens(levels: tuple[SignedLevel, ...]) -> tuple[SignedLevel, ...]:
    """The levels without repeated signatures of the same regimen: each from the first day on which it held.

    The same dose of another product is the same regimen.
    """
    found: list[SignedLevel] = []
    for level in levels:
        if not found or _pattern(found[-1].regimen) != _pattern(level.regimen):
            found.append(level)
    return tuple(found)


def first_of_signature(levels: tuple[SignedLevel, ...]) -> SignedLevel:
    """The level with which the newest signature began: steps of a taper begin by themselves, and nobody looks again.

    Where the instants are not known, each level is taken as signed by itself.
    """
    signed = levels[-1].signed
    return levels[-1] if signed is None else next(level for level in levels if level.signed == signed)


def _pattern(one: Regimen) -> tuple[Dose, int, int]:
    return one.dose, one.times_per_day, one.days_per_week


def level_on(levels: tuple[SignedLevel, ...], day: date) -> SignedLevel | None:
    """The newest level that had begun by ``day``; None before the first, and where it had ended."""
    # Asked several times for each day of a diary, so without a list of its own. Of two of one day the first counts.
    newest = None
    for level in levels:
        if level.since <= day and (newest is None or newest.since < level.since):
            newest = level
    return None if newest is None or (newest.until is not None and newest.until <= day) else newest


def supply_on(levels: tuple[SignedLevel, ...], day: date, otherwise: Supply) -> Supply:
    """The product that was signed for ``day``; pieces of a day are pieces of that one."""
    return supply_of_level(level_on(levels, day), otherwise)


def supply_of_level(level: SignedLevel | None, otherwise: Supply) -> Supply:
    """The product of the level that holds on a day."""
    return level.supply if level is not None and level.supply is not None else otherwise


# The days of a week in the order in which they become dosing days: evenly spread, and so that more days a week hold the
# same days and others. Whenever the number changes, no seven days in a row then hold more than the larger one.
_WEEK = (0, 4, 2, 5, 1, 3, 6)


def is_dosing_day(level: SignedLevel, day: date) -> bool:
    """Whether a dose falls on ``day``: dosing days are spread evenly over each week of the course.

    Counted from the newest signature, each one would begin a week of its own and add doses to the one before.
    """
    return falls_on(level.week_from or level.since, level.regimen.days_per_week, day)


def falls_on(week_from: date, days_per_week: int, day: date) -> bool:
    """``is_dosing_day`` by the day from which weeks are counted and the days a week alone."""
    return (day - week_from).days % 7 in _WEEK[:days_per_week]


def pieces_on(levels: tuple[SignedLevel, ...], day: date) -> Decimal:
    """The pieces that were signed for ``day``."""
    return pieces_of_level(level_on(levels, day), day)


def pieces_of_level(level: SignedLevel | None, day: date) -> Decimal:
    """The pieces of ``day`` by the level that holds on it."""
    if level is None or not is_dosing_day(level, day):
        return Decimal(0)
    return level.regimen.pieces * level.regimen.times_per_day


def interrupted(levels: tuple[SignedLevel, ...], suspensions: tuple[Suspension, ...]) -> tuple[SignedLevel, ...]:
    """The levels, oldest first, without the days of a suspension and that of its lifting: no dose falls on them."""
    if not suspensions:
        return levels
    ends = [*(level.since for level in levels[1:]), None]
    return tuple(part for level, end in zip(levels, ends, strict=True) for part in _parts(level, end, suspensions))


def _parts(level: SignedLevel, end: date | None, suspensions: tuple[Suspension, ...]) -> Iterator[SignedLevel]:
    since: date | None = level.since
    for one in sorted(suspensions, key=lambda one: one.since):
        over = one.lifted_on is not None and since is not None and one.lifted_on <= since
        if since is None or over or (end is not None and end <= one.since):
            continue
        if since < one.since:
            yield structs.replace(level, since=since, until=one.since)
        since = None if one.lifted_on is None else one.lifted_on + _ONE_DAY
    if since is not None and (end is None or since < end):
        yield structs.replace(level, since=since, until=end)


def _stretches(levels: tuple[SignedLevel, ...], starts: date, days: int) -> Iterator[Stretch]:
    begun: date | None = None
    held: SignedLevel | None = None
    for day in (starts + _ONE_DAY * offset for offset in range(days + 1)):
        level = level_on(levels, day) if day < starts + _ONE_DAY * days else None
        if level is held:
            continue
        if held is not None and begun is not None:
            yield _stretch(levels, held, begun, (day - begun).days)
        held, begun = level, day


def _stretch(levels: tuple[SignedLevel, ...], level: SignedLevel, first: date, days: int) -> Stretch:
    all_days = [first + _ONE_DAY * offset for offset in range(days)]
    dosing = sum(is_dosing_day(level, day) for day in all_days)
    pieces = sum((pieces_on(levels, day) for day in all_days), Decimal(0))
    return Stretch(level.regimen, first, days, dosing, pieces)


def _left(
    levels: tuple[SignedLevel, ...], starts: date, days: int, quantity: Decimal
) -> Iterator[tuple[date, Decimal]]:
    """What should be left at the start of each day, the day after the last included."""
    left = quantity
    for offset in range(days + 1):
        day = starts + _ONE_DAY * offset
        yield day, left
        left -= pieces_on(levels, day)


def in_the_house(levels: tuple[SignedLevel, ...], before: tuple[Supplied, ...], on: date) -> Decimal:
    """What should be left of earlier supplies at the start of ``on``, a count having put it right."""
    if not before:
        return Decimal(0)
    day, left = min(one.on for one in before), Decimal(0)
    while day < on:
        left = max(on_hand(before, day, left) - pieces_on(levels, day), Decimal(0))
        day += _ONE_DAY
    return left


def on_hand(lines: tuple[Supplied, ...], day: date, left: Decimal) -> Decimal:
    """What is there for ``day`` of the ``left`` from the day before: with what was supplied, or as it was counted.

    A count stands in the line of the newest supply at that time, so it speaks of that line and all before it.
    """
    counts = [place for place, one in enumerate(lines) if one.left and one.counted_on == day]
    if counts:
        left, lines = parse_decimal(lines[counts[-1]].left), lines[counts[-1] + 1 :]
    return left + sum((parse_decimal(one.pieces) for one in lines if one.on == day), Decimal(0))


def _lasts_until(
    levels: tuple[SignedLevel, ...], before: tuple[Supplied, ...], more: tuple[date, Decimal] | None = None
) -> date | None:
    """The day on which what is in the house runs out: every supply added, every dose taken off, a count put right."""
    if not before and more is None:
        return None
    days = [one.on for one in before] + ([more[0]] if more else [])
    day, last = min(days), max(days)
    left = Decimal(0)
    while (day - last).days < LONGEST_DAYS:
        left = on_hand(before, day, left) + (more[1] if more and more[0] == day else 0)
        taken = pieces_on(levels, day)
        if day >= last and not taken <= left:
            break
        left = max(left - taken, Decimal(0))
        day += _ONE_DAY
    return day
