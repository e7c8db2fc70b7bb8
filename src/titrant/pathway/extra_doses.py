"""More than was signed: on which days too much was taken, in a day or at one time, or anything while suspended."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply
from titrant.pathway.diary import Day, Diary
from titrant.pathway.entries import DoseTaken, Suspension
from titrant.pathway.reconciling import pieces_of
from titrant.pathway.supplying import SignedLevel, level_on, pieces_of_level, supply_of_level, supply_on
from titrant.pathway.unseen import Since, counting_days
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError


def extra_days(diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply, since: Since) -> tuple[date, ...]:
    """Days, of those that still count, with more than was signed: the sum, or a single dose. Today is one of them."""
    days = dict.fromkeys(day.on for day in counting_days(diary, since))
    return tuple(day for day in days if _too_much(diary.between(day, day), levels, supply, day))


def _too_much(entries: tuple[Day, ...], levels: tuple[SignedLevel, ...], supply: Supply, day: date) -> bool:
    level, swallowed = level_on(levels, day), tuple(_swallowed(entries))
    supply = supply_of_level(level, supply)
    amounts = [pieces_of(one, supply) for one in swallowed]
    known = [pieces for pieces in amounts if pieces is not None]
    if level is None:
        return bool(known)
    above = any(one.dose is not None and level.regimen.dose < Dose.of(one.dose) for one in swallowed)
    often = level.regimen.times_per_day < len(swallowed)
    at_once = level.regimen.pieces < max(_at_one_time(swallowed, amounts), default=Decimal(0))
    signed = pieces_of_level(level, day)
    # Doses that are listed beside "all" and come to less may have been taken on top of it.
    on_top = 0 < sum(known) < signed and any(one.entry.taken == "all" for one in entries)
    return above or often or at_once or on_top or signed < sum(known)


def _at_one_time(swallowed: tuple[DoseTaken, ...], amounts: list[Decimal | None]) -> Iterable[Decimal]:
    """The pieces of each time of the day; a dose without a time stands alone."""
    sums: dict[str, Decimal] = {}
    for number, (one, pieces) in enumerate(zip(swallowed, amounts, strict=True)):
        at = one.at or f"dose {number}"
        sums[at] = sums.get(at, Decimal(0)) + (pieces or Decimal(0))
    return sums.values()


def _swallowed(entries: tuple[Day, ...]) -> Iterator[DoseTaken]:
    return (dose for day in entries for dose in day.entry.doses if dose.what != "missed")


def days_taken_while_suspended(case: Case, diary: Diary, since: Since) -> tuple[date, ...]:
    """Days with a dose while the course was suspended, until a level is signed later than the lifting."""
    found = {
        day.on
        for one in case.given.course.suspensions
        for day in diary.days
        if _while(one, day.on) and (since.counts(day) or _not_signed_after(one, since)) and _took(day)
    }
    return tuple(sorted(found))


def _while(one: Suspension, day: date) -> bool:
    return one.since <= day and (one.lifted_on is None or day < one.lifted_on)


def _not_signed_after(one: Suspension, since: Since) -> bool:
    return one.lifted_on is None or since.signed <= one.lifted_on


def _took(day: Day) -> bool:
    return day.entry.taken in ("all", "some") or any(True for _ in _swallowed((day,)))


def check_amounts(case: Case, levels: tuple[SignedLevel, ...], otherwise: Supply) -> None:
    """Refuse a dose whose mg and pieces contradict each other. Raises CaseFileError with its place."""
    for place, entry in enumerate(case.given.diary):
        for number, dose in enumerate(entry.doses):
            if dose.dose is None or not dose.pieces:
                continue
            supply = supply_on(levels, entry.day, otherwise)
            if not _agree(dose, supply):
                raise CaseFileError(
                    f"given.diary[{place}].doses[{number}]",
                    f"{dose.dose} and {dose.pieces} {supply.piece_unit} of {supply.name} do not agree.",
                    "One of the two is wrong, and the larger may be what was taken.",
                    "Correct the dose: in mg, in pieces, or both where they agree.",
                )


def _agree(dose: DoseTaken, supply: Supply) -> bool:
    """Within half of the smallest part that the product gives: what is written in mg is often rounded."""
    by_pieces, by_mg = (pieces_of(one, supply) for one in _each_way(dose))
    return by_pieces is not None and by_mg is not None and abs(by_pieces - by_mg) * 2 < supply.smallest_part


def _each_way(dose: DoseTaken) -> tuple[DoseTaken, DoseTaken]:
    return DoseTaken(what=dose.what, pieces=dose.pieces), DoseTaken(what=dose.what, dose=dose.dose)
