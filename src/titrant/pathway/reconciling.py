"""Planned against taken: what the signed levels asked for, what the diary says was taken, what should be left.

Days without a word are neither taken nor missed; the ladder of missed doses is judged twice, without and with them.
"""

from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from msgspec import Struct

from titrant.knowledge.shapes.protocols import Protocol, Rung
from titrant.pathway.case import Supplied
from titrant.pathway.deliver import Supply
from titrant.pathway.diary import Day, Diary
from titrant.pathway.entries import DoseTaken, Entry
from titrant.pathway.supplying import (
    LONGEST_DAYS,
    SignedLevel,
    level_on,
    pieces_of_level,
    pieces_on,
    supply_of_level,
)
from titrant.terms.calendar import whole_days
from titrant.terms.numbers import parse_decimal

_ONE_DAY = timedelta(days=1)
_TEN_THOUSANDTH = Decimal("0.0001")


class Taken(Struct, frozen=True):
    """Pieces of a stretch of days: signed, taken as far as is known, and the days that nobody spoke of."""

    first: date
    last: date
    planned: Decimal  # on the days of which something is known
    taken: Decimal
    known_days: int
    unknown_days: int
    extra_days: tuple[date, ...]  # more was taken than was signed

    @property
    def share(self) -> Decimal | None:
        """Per cent of what was signed, to a tenth; None where nothing is known."""
        return (self.taken * 100 / self.planned).quantize(Decimal("0.1")) if self.planned else None


class Missed(Struct, frozen=True):
    """Dosing days in a row without a dose."""

    longest: int  # since the dose was signed, certain
    certain: int  # up to the day of the decision, certain
    possible: int  # up to the day of the decision, with the days of which nobody spoke
    gap: int = 0  # the longest since the dose was signed, with the days of which nobody spoke


class Counted(Struct, frozen=True):
    """A count of pieces against what should be left."""

    on: date
    left: Decimal
    expected: Decimal
    days_short: int  # how much sooner the supply runs out than signed; negative where it lasts longer
    state: str  # as_planned, short, left_over


def taken_between(diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply, first: date, last: date) -> Taken:
    """What was taken from ``first`` to ``last``, both included."""
    planned = taken = Decimal(0)
    known = unknown = 0
    extra = []
    for offset in range((last - first).days + 1):
        day = first + _ONE_DAY * offset
        signed = pieces_on(levels, day)
        swallowed = taken_on(diary.between(day, day), levels, day, supply)
        if swallowed is None:
            unknown += 1 if signed else 0
            continue
        known += 1 if signed else 0
        planned += signed
        # What was taken beyond the signed amount is no sign that the level was tried on another day.
        taken += min(swallowed, signed)
        if signed < swallowed:
            extra.append(day)
    return Taken(first, last, planned, taken, known, unknown, tuple(extra))


def taken_on(days: tuple[Day, ...], levels: tuple[SignedLevel, ...], on: date, supply: Supply) -> Decimal | None:
    """Pieces taken on the day ``on``, whose entries are ``days``; None where no entry says so.

    Of several entries each counts once, by its doses.
    """
    if contradict(days):
        return None
    level = level_on(levels, on)
    signed, supply = pieces_of_level(level, on), supply_of_level(level, supply)
    listed = [dose for day in days for dose in day.entry.doses]
    if listed:
        return _listed(days, listed, level.regimen.times_per_day if level else 1, signed, supply)
    said = [_said(day.entry, signed) for day in days]
    known = [one for one in said if one is not None]
    return min(known) if known else None


def _listed(
    days: tuple[Day, ...], listed: list[DoseTaken], times: int, signed: Decimal, supply: Supply
) -> Decimal | None:
    """The sum of the doses that are listed; None where the list cannot be all that was taken."""
    words = {day.entry.taken for day in days}
    amounts = [pieces_of(dose, supply) for dose in listed if dose.what != "missed"]
    if not amounts:
        # Who lists one dose as missed does not say that the others were missed as well.
        return Decimal(0) if "none" in words or times <= len(listed) else None
    known = [one for one in amounts if one is not None]
    # "All" beside doses that come to less: either not all was taken, or these came on top.
    unclear = len(known) < len(amounts) or ("all" in words and sum(known) < signed)
    return None if unclear else sum(known, Decimal(0))


def contradict(days: tuple[Day, ...]) -> bool:
    """Whether entries of one day say both that nothing and that something was taken."""
    none = any(day.entry.taken == "none" for day in days)
    doses = any(dose.what != "missed" for day in days for dose in day.entry.doses)
    return none and (doses or any(day.entry.taken in ("all", "some") for day in days))


def _said(entry: Entry, signed: Decimal) -> Decimal | None:
    return {"all": signed, "none": Decimal(0)}.get(entry.taken)


def pieces_of(dose: DoseTaken, supply: Supply) -> Decimal | None:
    """The pieces of one dose, or None where no amount is written. Of mg and pieces the larger."""
    written = parse_decimal(dose.pieces) if dose.pieces else None
    if dose.dose is None:
        return written
    base = supply.base_mg
    in_mg = _pieces_in(dose.dose.to("mg").value, base.numerator, base.denominator)
    return in_mg if written is None else max(written, in_mg)


@lru_cache(maxsize=4096)
def _pieces_in(mg: Decimal, numerator: int, denominator: int) -> Decimal:
    """The pieces that hold ``mg``, cut down; a diary of years says the same few doses a thousand times."""
    return (mg / (Decimal(numerator) / Decimal(denominator))).quantize(_TEN_THOUSANDTH, ROUND_DOWN)


def missed_run(diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply, since: date, on: date) -> Missed:
    """Runs of dosing days without a dose from ``since`` up to ``on``.

    A silent day may have been missed, until a later day says that a dose was taken: then the return has been made,
    and only ``gap`` still tells how long it may have been.
    """
    certain = possible = longest = gap = 0
    day = since
    while day < on:
        signed = pieces_on(levels, day)
        if signed:
            entries = diary.between(day, day)
            swallowed = taken_on(entries, levels, day, supply)
            some = bool(swallowed) or any(one.entry.taken == "some" for one in entries)
            certain = certain + 1 if swallowed == 0 and not some else 0
            possible = 0 if some else possible + 1
            longest, gap = max(longest, certain), max(gap, possible)
        day += _ONE_DAY
    return Missed(longest, certain, possible, gap)


def rung_of(protocol: Protocol, days: int) -> Rung | None:
    """The rung of the ladder for so many missed days; None for none."""
    return next((rung for rung in protocol.missed_doses if rung.days_missed[0] <= days <= rung.days_missed[1]), None)


def rung_now(protocol: Protocol, missed: Missed, days: int) -> Rung | None:
    """The rung of ``days`` up to now; a longer run that went by without a prescriber still waits for one."""
    now, longest = rung_of(protocol, days), rung_of(protocol, missed.longest)
    return longest if longest is not None and longest.do in _FOR_PRESCRIBERS and days < missed.longest else now


_FOR_PRESCRIBERS = ("prescriber", "restart")


def rung_perhaps(protocol: Protocol, missed: Missed, tolerated: int) -> Rung | None:
    """The rung if every day of which nobody spoke was missed; short silences that went by are as good as spoken of."""
    now = rung_now(protocol, missed, missed.possible)
    gap = rung_of(protocol, missed.gap) if max(tolerated, missed.longest) < missed.gap else None
    return max((one for one in (now, gap) if one), key=lambda one: one.days_missed, default=None)


def is_new_start(protocol: Protocol, days: int) -> bool:
    """Whether after so many days without a dose the ladder asks for a new start: the old dose is not resumed."""
    rung = rung_of(protocol, days)
    return rung is not None and rung.do == "restart"


def went_by(protocol: Protocol, missed: Missed) -> bool:
    """Whether, since the dose was signed, so many days were missed that going on as before was not for the person."""
    rung = rung_of(protocol, missed.longest)
    return rung is not None and rung.do != "continue"


def counted(
    supplies: tuple[Supplied, ...],
    diary: Diary,
    levels: tuple[SignedLevel, ...],
    supply: Supply,
    protocol: Protocol,
    since: date,
    on: date,
) -> Counted | None:
    """The gravest count of pieces from ``since`` to ``on``, of equal ones the newest; None where nothing was counted.

    Each is set against the signed plan and against the diary: what is gone was taken as signed, or as written, or not.
    """
    room = whole_days(protocol.supply.early_refill.value)
    found = [
        _count(one, one.counted_on, diary, levels, supply, room)
        for one in supplies
        if one.left and one.counted_on is not None and since <= one.counted_on <= on
    ]
    return max(found, key=lambda one: (_GRAVITY[one.state], one.on, one.days_short), default=None)


_GRAVITY = {"as_planned": 0, "left_over": 1, "short": 2}


def _count(
    one: Supplied, on: date, diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply, room: int
) -> Counted:
    left, by_plan, by_diary = parse_decimal(one.left), parse_decimal(one.pieces), parse_decimal(one.pieces)
    day = one.on
    while day < on:
        signed = pieces_on(levels, day)
        taken = taken_on(diary.between(day, day), levels, day, supply)
        by_plan -= signed
        by_diary -= signed if taken is None else taken
        day += _ONE_DAY
    planned, most = max(by_plan, Decimal(0)), max(by_plan, by_diary, Decimal(0))
    lasts_for = lasts(levels, on, left)
    short = lasts(levels, on, most) - lasts_for
    if room < short:
        return Counted(on, left, most, short, "short")
    over = lasts(levels, on, planned) - lasts_for
    return Counted(on, left, planned, over, "left_over" if over < -room else "as_planned")


def should_be_left(supplies: tuple[Supplied, ...], levels: tuple[SignedLevel, ...], on: date) -> Decimal | None:
    """Pieces that should be there at the start of the day: from the newest count, else from the newest supply."""
    begun = [one for one in supplies if one.on <= on]
    if not begun:
        return None
    newest = max(begun, key=lambda one: one.on)
    is_count = bool(newest.left) and newest.counted_on is not None and newest.counted_on <= on
    left = parse_decimal(newest.left if is_count else newest.pieces)
    day = newest.counted_on if is_count and newest.counted_on is not None else newest.on
    while day < on:
        left -= pieces_on(levels, day)
        day += _ONE_DAY
    return max(left, Decimal(0))


def lasts(levels: tuple[SignedLevel, ...], start: date, pieces: Decimal) -> int:
    """For how many days the pieces last from ``start``."""
    for days in range(LONGEST_DAYS):
        pieces -= pieces_on(levels, start + _ONE_DAY * days)
        if pieces < 0:
            return days
    return LONGEST_DAYS
