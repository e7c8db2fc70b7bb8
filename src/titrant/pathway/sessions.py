"""Clinic sessions and home doses of one day, judged together: the session as a dose by mouth, and the sum.

The session counts by the largest published share of its 24-hour dose, because a sum that is too small would hide a day
that was too much. It converts daily doses as clinics did; it says nothing of the level of the blood, which is higher
after an injection than after the same amount by mouth.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct, structs

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.protocols import Conversion
from titrant.pathway.case import Case
from titrant.pathway.deliver import Supply
from titrant.pathway.diary import Diary
from titrant.pathway.reconciling import taken_on
from titrant.pathway.supplying import SignedLevel, pieces_on, supply_on
from titrant.terms.dose import NO_DOSE, Dose


class SessionDay(Struct, frozen=True):
    """A day with ketamine at the clinic during the course.

    ``session``: all that was given there in 24 hours. ``took``: whether a home dose was taken, None where nobody says.
    ``home``: how much, None where that is not known. ``by``: the conversion; None where no protocol has one.
    ``entered``: when the session, or that a dose was taken beside it, was told, where later than the day itself says.
    """

    on: date
    session: Dose
    took: bool | None
    home: Dose | None
    by: Conversion | None
    entered: datetime | None = None

    @property
    def equivalent(self) -> Dose | None:
        """The session as a daily dose by mouth."""
        return None if self.by is None else self.session.times(Fraction(self.by.share_to.value) / 100)

    @property
    def together(self) -> Dose | None:
        if self.home is None or self.equivalent is None:
            return None
        return Dose(self.home.mg + self.equivalent.mg)


def session_days(
    case: Case, library: Library, diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply, on: date
) -> tuple[SessionDay, ...]:
    """The days with a session from the first home dose up to ``on``, oldest first."""
    given: dict[date, Decimal] = {}
    for one in case.given.parenteral:
        if levels[0].since <= one.on <= on:
            given[one.on] = given.get(one.on, Decimal(0)) + Dose.of(one.dose_24h).mg
    by = max(_conversions(library), key=lambda one: (one.share_to.value, one.id), default=None)
    days = (_day(day, Dose(given[day]), by, diary, levels, supply) for day in sorted(given))
    return tuple(structs.replace(one, entered=_told(one, case, diary)) for one in days)


def _told(day: SessionDay, case: Case, diary: Diary) -> datetime | None:
    """When the newest part of what happened on ``day`` was told: a session, or a home dose that was taken beside it."""
    told = [one.entered_at for one in case.given.parenteral if one.on == day.on]
    told += [one.received for one in diary.between(day.on, day.on)] if day.took else []
    return max((one for one in told if one is not None), default=None)


def _conversions(library: Library) -> Iterator[Conversion]:
    for protocol in library.protocols.values():
        yield from protocol.conversions


def _day(
    day: date, session: Dose, by: Conversion | None, diary: Diary, levels: tuple[SignedLevel, ...], supply: Supply
) -> SessionDay:
    entries, signed = diary.between(day, day), pieces_on(levels, day)
    taken = taken_on(entries, levels, day, supply)
    if taken is not None:
        home = supply_on(levels, day, supply).dose_of(taken)
        return SessionDay(day, session, home > NO_DOSE, home, by)
    some = any(one.entry.taken == "some" or any(dose.what != "missed" for dose in one.entry.doses) for one in entries)
    if not signed and not some:
        return SessionDay(day, session, False, NO_DOSE, by)
    return SessionDay(day, session, True if some else None, None, by)
