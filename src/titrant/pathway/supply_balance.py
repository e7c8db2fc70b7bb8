"""Supplies against need and the diary: more taken than was ever supplied, or far more supplied than is needed."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import Supplied
from titrant.pathway.deliver import Supply
from titrant.pathway.diary import Diary
from titrant.pathway.reconciling import lasts, taken_on
from titrant.pathway.supplying import SignedLevel, in_the_house
from titrant.terms.calendar import whole_days
from titrant.terms.numbers import parse_decimal


class Balance(Struct, frozen=True):
    """All supplies of the course. ``ahead_days``: the longest that any supply looked at would last, with its day."""

    supplied: Decimal  # pieces
    taken: Decimal  # pieces since the first supply, as far as is known
    ahead_on: date | None
    ahead_days: int
    longest: int  # days that the longest supply allows, with room for the next one

    @property
    def state(self) -> str:
        if self.supplied < self.taken:
            return "beyond"
        return "ahead" if self.longest < self.ahead_days else "in_line"


def balance(
    supplies: tuple[Supplied, ...], diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply,
    protocol: Protocol, since: date, on: date,
) -> Balance | None:  # fmt: skip
    """What was supplied up to ``on``, and since ``since`` how far ahead; None without supplies on record."""
    begun = tuple(one for one in supplies if one.on <= on)
    if not begun:
        return None
    supplied = sum((parse_decimal(one.pieces) for one in begun), Decimal(0))
    first = min(one.on for one in begun)
    days = sorted({day.on for day in diary.days if first <= day.on})
    taken = [taken_on(diary.between(day, day), levels, day, supply) for day in days]
    known = sum((one for one in taken if one is not None), Decimal(0))
    rules = protocol.supply
    longest = max(whole_days(rules.maintenance.value), whole_days(rules.titration.value))
    ahead = [(_ahead(begun, levels, day), day) for day in sorted({one.on for one in begun if since <= one.on})]
    most, ahead_on = max(ahead, default=(0, None))
    return Balance(supplied, known, ahead_on, most, longest + whole_days(rules.early_refill.value))


def _ahead(begun: tuple[Supplied, ...], levels: tuple[SignedLevel, ...], day: date) -> int:
    """For how many days lasts what is in the house on the day of a supply, that supply included."""
    of_day = sum((parse_decimal(one.pieces) for one in begun if one.on == day), Decimal(0))
    before = tuple(one for one in begun if one.on < day)
    return lasts(levels, day, in_the_house(levels, before, day) + of_day)
