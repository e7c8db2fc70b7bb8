"""Step 7 of 10, diary: from entries as they were written to days, each with what is known and when it was entered.

Takes a case and its protocol. Gives the days in order, and the case with what the diary measured laid beside the other
readings, so that every threshold of the knowledge sees it. It judges nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import msgspec
from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Sourced
from titrant.pathway.case import Answer, Case, QuestionnaireAnswers
from titrant.pathway.entries import SAME_DAY, Entry, entered_between, parse_instant
from titrant.pathway.readings import Reading, parse_reading
from titrant.terms.calendar import whole_days
from titrant.terms.errors import CaseFileError
from titrant.terms.quantity import Quantity

URINARY = ("urinary_frequency", "urinary_urgency", "urinary_pain", "urinary_blood")
SEDATION = ("drowsiness",)
DISSOCIATION = ("dissociation",)
LONGEST_SPAN = 400  # days of one entry with ``through``: a guard against a slip in the year
_ONE_DAY = timedelta(days=1)


class Day(Struct, frozen=True, gc=False):
    """One day of the diary: its entry, whether and when it was made (None: not known), and its blood pressures."""

    on: date
    entry: Entry
    late: bool
    pressures: tuple[Reading, ...] = ()
    entered: date | None = None
    received: datetime | None = None  # the instant at which the record had it, where that is kept

    @property
    def average_pain(self) -> Decimal | None:
        pain = self.entry.pain.average if self.entry.pain else None
        return None if pain is None else Decimal(pain)

    def worst(self, names: tuple[str, ...] = ()) -> int | None:
        """The worst grade of these side effects (of any, without names); None where they were not asked."""
        if self.entry.effects is None:
            return None
        return max((grade for name, grade in self.entry.effects.items() if not names or name in names), default=0)


def _day_of(one: Day) -> date:
    return one.on


class Diary(Struct, frozen=True):
    """All days with an entry, oldest first. A day may have several entries; harm is the worst of them."""

    days: tuple[Day, ...]

    def between(self, first: date, last: date) -> tuple[Day, ...]:
        # Asked for each day of a course: with a diary of years it matters that nothing is walked through.
        lo = bisect_left(self.days, first, key=_day_of)
        return self.days[lo : bisect_right(self.days, last, lo=lo, key=_day_of)]

    @property
    def newest(self) -> date | None:
        return self.days[-1].on if self.days else None


def read_diary(case: Case, library: Library, on: date, late_after: Sourced[Quantity] | None) -> Diary:
    """The days of the diary. Raises CaseFileError for what cannot be: the future, one id for two entries."""
    _check_ids(case.given.diary)
    late = whole_days(late_after.value) if late_after else 0
    days = [
        _day(place, day, entry, library, on, late)
        for place, entry in _unlike(case.given.diary)
        for day in _days_of(place, entry)
    ]
    return Diary(tuple(_in_order(days)))


def _in_order(days: list[Day]) -> Iterator[Day]:
    """By day, those in time first. What is sorted by content as well does not depend on the order of writing."""
    days.sort(key=lambda one: (one.on, one.late))
    for _, alike in groupby(days, key=lambda one: (one.on, one.late)):
        several = list(alike)
        yield from several if len(several) == 1 else sorted(several, key=lambda one: repr(one.entry))


NotSeen = Callable[[date, datetime | None], bool]


def with_diary(case: Case, diary: Diary, library: Library, not_seen: NotSeen) -> Case:
    """``case`` with what the diary measured and answered among its readings, so that every check sees it.

    ``not_seen``: whether no signature came after a day and an instant of writing; a bladder symptom on record that
    nobody has signed after is not undone by the diary.
    """
    pressures = [
        f"{one.value}/{one.second} mmHg on {day.on}{_received(day)} from diary"
        for day in diary.days
        for one in day.pressures
    ]
    pains = [
        f"{pain} points on {day.on}{_received(day)} from diary"
        for day in diary.days
        if (pain := day.average_pain) is not None
    ]
    readings = dict(case.given.readings)
    for name, own in (("blood_pressure", pressures), ("pain", pains)):
        if own:
            readings[name] = (*_listed(readings.get(name, ())), *own)
    given = msgspec.structs.replace(
        case.given,
        readings=readings,
        questionnaires=_with_peg(case, diary),
        answers=_with_urinary(case, diary, library, not_seen),
    )
    return msgspec.structs.replace(case, given=given)


def _received(day: Day) -> str:
    return f" entered {day.entry.received}" if day.entry.received else ""


def _listed(written: str | tuple[str, ...]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else written


def _with_peg(case: Case, diary: Diary) -> dict[str, QuestionnaireAnswers | tuple[QuestionnaireAnswers, ...]]:
    forms = dict(case.given.questionnaires)
    held = forms.get("peg", ())
    own = (held,) if isinstance(held, QuestionnaireAnswers) else held
    found = tuple(
        QuestionnaireAnswers(
            on=day.on,
            answers={name: getattr(day.entry.peg, name) for name in ("pain", "enjoyment", "activity")},
            entered=day.entry.received,
        )
        for day in diary.days
        if day.entry.peg is not None
    )
    return {**forms, "peg": (*own, *found)} if found else forms


def _with_urinary(case: Case, diary: Diary, library: Library, not_seen: NotSeen) -> dict[str, str | Answer]:
    """The bladder questions of the diary, where they are newer than the answer on record. Symptoms always count."""
    answers = dict(case.given.answers)
    asked = [day for day in diary.days if day.worst(URINARY) is not None]
    if not asked or "urinary_symptoms" not in library.facts:
        return answers
    newest = asked[-1].on
    word = "some" if any(day.worst(URINARY) for day in asked if day.on == newest) else "none"
    held, held_on, entered = urinary_answer(case)
    if held_on is not None and newest < held_on:
        return answers
    if held not in ("", "none") and (held_on is None or held_on == newest or not_seen(held_on, entered)):
        return answers
    return {**answers, "urinary_symptoms": Answer(answer=word, on=newest, by="diary")}


def urinary_answer(case: Case) -> tuple[str, date | None, datetime | None]:
    """What the clinic recorded of the bladder, of when, and when written; an empty word where nothing is recorded."""
    held = case.given.answers.get("urinary_symptoms", "")
    given = Answer(answer=held) if isinstance(held, str) else held
    entered = parse_instant(given.entered) if given.entered else None
    return given.answer, (given.on or case.given.answered_on) if given.answer else None, entered


def waits(entry: Entry, on: date) -> bool:
    """Whether an entry is of a day, or written on a day, that ``on`` has not reached: from east of the clinic."""
    written = entered_between(entry.entered)[0] if entry.entered not in ("", SAME_DAY) else entry.day
    return on < max(entry.through or entry.day, written)


# Reading the entries


def _unlike(entries: tuple[Entry, ...]) -> Iterator[tuple[int, Entry]]:
    """Each entry once by the id of its device. Entries without an id are all kept: alike is not the same."""
    seen = set()
    for place, entry in enumerate(entries):
        if not entry.id or entry.id not in seen:
            yield place, entry
        seen.add(entry.id)


def _check_ids(entries: tuple[Entry, ...]) -> None:
    """The device's id is the only key for sameness: twice the same is one, the same id for two things is refused."""
    seen: dict[str, Entry] = {}
    for place, entry in enumerate(entries):
        # The same entry, whether or not a record has kept when it came.
        said = msgspec.structs.replace(entry, received="") if entry.received else entry
        if entry.id and seen.setdefault(entry.id, said) != said:
            raise CaseFileError(
                f"given.diary[{place}].id",
                f"The id {entry.id[:40]!r} stands on two different entries.",
                "Nobody can know which of them is meant.",
                "Correct the id, or take the entries from the diary again.",
            )


def _days_of(place: int, entry: Entry) -> Iterator[date]:
    last = entry.through or entry.day
    if not (last - entry.day).days < LONGEST_SPAN:
        raise CaseFileError(
            f"given.diary[{place}].through",
            f"One entry speaks of {(last - entry.day).days + 1} days.",
            "That is taken for a slip in the date.",
            "Correct the days.",
        )
    day = entry.day
    while day <= last:
        yield day
        day += _ONE_DAY


def _day(place: int, day: date, entry: Entry, library: Library, on: date, late_after: int) -> Day:
    entered = _entered(day, entry, on)
    newest = max(day, entered or day)
    if not newest <= on or (entered is not None and not day <= entered):
        raise CaseFileError(
            f"given.diary[{place}]",
            f"The day is {day}, it was entered on {entered or 'a day that is not given'}; the decision is for {on}.",
            "What has not happened yet cannot be relied on.",
            "Correct the days, or the day given with --on.",
        )
    late = entered is None or not (entered - day).days <= late_after
    pressures = tuple(_pressure(place, text, day, library) for text in entry.blood_pressure)
    received = parse_instant(entry.received) if entry.received else None
    return Day(day, entry, late, pressures, entered, received)


def _entered(day: date, entry: Entry, on: date) -> date | None:
    """The day of writing. Where several are possible the last of them, but none after the decision is looked at."""
    if not entry.entered or entry.entered == SAME_DAY:
        return day if entry.entered else None
    first, last = entered_between(entry.entered)
    return max(first, min(last, on))


def _pressure(place: int, text: str, day: date, library: Library) -> Reading:
    try:
        return parse_reading(f"{text} on {day}", library.facts["blood_pressure"])
    except ValueError as error:
        raise CaseFileError(
            f"given.diary[{place}].blood_pressure",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "A misread pressure can hide a reason to stop.",
            "Write it as 126/78 mmHg, or leave it out.",
        ) from None


# What is counted


def mean(values: list[Decimal]) -> Decimal | None:
    """The mean to a hundredth, or None of nothing."""
    return (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.01")) if values else None


def pain_by_day(days: tuple[Day, ...], *, late_too: bool, lowest: bool = False) -> dict[date, Decimal]:
    """Average pain of each day that has one. Of several entries of a day the worse counts, or the ``lowest``."""
    pick = min if lowest else max
    found: dict[date, Decimal] = {}
    for day in days:
        if (late_too or not day.late) and (pain := day.average_pain) is not None:
            found[day.on] = pick(pain, found.get(day.on, pain))
    return found


def complete_days(days: tuple[Day, ...]) -> tuple[date, ...]:
    """Days whose entries made in time say pain, side effects and what was taken: days that count for a raise.

    A dose that was logged in the morning and scores of the evening complete a day together.
    """
    said: dict[date, list[bool]] = {}
    for day in days:
        if not day.late:
            parts = (day.average_pain is not None, day.entry.effects is not None, took(day.entry))
            said[day.on] = [a or b for a, b in zip(said.get(day.on, parts), parts, strict=True)]
    return tuple(on for on, parts in said.items() if all(parts))


def took(entry: Entry) -> bool:
    """Whether the entry says what was taken."""
    return bool(entry.taken in ("all", "none") or entry.doses)
