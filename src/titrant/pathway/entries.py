"""What a person writes into the diary, as it is given: doses, scores, side effects, home readings, when it was entered.

One entry is one day (or, with ``through``, the same words for every day of a stretch). Nothing is judged here.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from titrant.terms.numbers import parse_decimal
from titrant.terms.persons import names_nobody
from titrant.terms.quantity import Quantity

YesOrNo = Literal["yes", "no", ""]
Effect = Literal[
    "dizziness", "nausea", "drowsiness", "dissociation", "confusion", "headache", "palpitations", "fatigue",
    "urinary_frequency", "urinary_urgency", "urinary_pain", "urinary_blood",
]  # fmt: skip
# What is acted on at once, whatever else the diary says.
Flag = Literal[
    "cannot_be_woken", "chest_pain", "severe_headache", "suicidal_thoughts", "hears_or_sees_things", "yellow_eyes",
    "pregnant", "took_extra",
]  # fmt: skip
SAME_DAY = "same day"
GRADES = (0, 4)  # none, mild, moderate, severe, emergency: the diary's own scale, not a clinical limit
SCORES = (0, 10)


class Written(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Base of everything that stands in a diary: unknown fields are refused, values do not change.

    None of it can be part of a circle. Of a diary of years thousands live at once, and a search for circles among them
    (``gc``) would hold an answer up; the same is said of days, readings and events.
    """


def _within(value: int | None, bounds: tuple[int, int], name: str) -> None:
    lo, hi = bounds
    if value is not None and not lo <= value <= hi:
        raise ValueError(f"{name} is {value}; it is from {lo} to {hi}")


# Most of a diary is well: one look at several answers spares the closer one, made some ten times for each entry.
_SCORES_OR_NONE = frozenset((None, *range(SCORES[0], SCORES[1] + 1)))
_GRADES = frozenset(range(GRADES[0], GRADES[1] + 1))


class DoseTaken(Written, frozen=True, kw_only=True):
    """One dose: taken, missed with a reason, or unplanned. Amount in mg, in pieces, or both."""

    what: Literal["taken", "missed", "unplanned"]
    at: str = ""  # local time, 21:00
    dose: Quantity | None = None  # mg
    pieces: str = ""  # exact decimal, pieces or mL
    reason: str = ""  # why it was missed
    hold_minutes: int | None = None  # how long a troche was held in the mouth
    then: Literal["swallowed", "spat", ""] = ""

    def __post_init__(self) -> None:
        if self.dose is not None and not self.dose.to("mg").value > 0:
            raise ValueError(f"a dose is {self.dose}; it must be more than nothing")
        if self.pieces and not parse_decimal(self.pieces) > 0:
            raise ValueError(f"pieces is {self.pieces}; it must be more than nothing")
        if self.hold_minutes is not None:
            _within(self.hold_minutes, (0, 240), "hold_minutes")


class PainScores(Written, frozen=True, kw_only=True):
    """Pain from 0 to 10. Only ``average`` is averaged over days; the others are shown."""

    average: int | None = None
    now: int | None = None
    worst: int | None = None

    def __post_init__(self) -> None:
        if _SCORES_OR_NONE.issuperset((self.average, self.now, self.worst)):
            return
        for name in ("average", "now", "worst"):
            _within(getattr(self, name), SCORES, f"pain.{name}")


class PegAnswers(Written, frozen=True, kw_only=True):
    """The three questions of the PEG, once a week."""

    pain: int
    enjoyment: int
    activity: int

    def __post_init__(self) -> None:
        for name in ("pain", "enjoyment", "activity"):
            _within(getattr(self, name), SCORES, f"peg.{name}")


class Rescue(Written, frozen=True, kw_only=True):
    """A further medicine taken when needed."""

    drug: str
    times: int = 1
    dose: Quantity | None = None


class Entry(Written, frozen=True, kw_only=True):
    """One day of the diary. What is left out was not asked or not answered; it is never taken for "none"."""

    day: date
    through: date | None = None  # the same for every day up to this one
    entered: str = ""  # "same day", a day, or a day and time; empty: not known, and then it counts as late
    received: str = ""  # the instant at which the clinic's record had it; kept where a signature may have come before
    id: str = ""  # made by the device on which it was written
    taken: Literal["all", "some", "none", ""] = ""  # of the planned doses, where they are not listed
    reason: str = ""  # why doses were missed
    doses: tuple[DoseTaken, ...] = ()
    pain: PainScores | None = None
    activity: Literal["done", "partly", "no", ""] = ""
    sleep: int | None = None
    mood: int | None = None
    peg: PegAnswers | None = None
    effects: dict[Effect, int] | None = None  # {} says: asked, and none
    flags: tuple[Flag, ...] = ()
    blood_pressure: tuple[str, ...] = ()  # 126/78 mmHg
    rescue: tuple[Rescue, ...] = ()
    bad_day: YesOrNo = ""  # the short form for a day on which no more could be written

    def __post_init__(self) -> None:
        if self.through is not None and not self.day <= self.through:
            raise ValueError(f"through, {self.through}, is before day, {self.day}")
        if not _SCORES_OR_NONE.issuperset((self.sleep, self.mood)):
            for name in ("sleep", "mood"):
                _within(getattr(self, name), SCORES, name)
        if self.effects and not _GRADES.issuperset(self.effects.values()):
            for effect, grade in self.effects.items():
                _within(grade, GRADES, f"the grade of {effect}")
        if self.entered not in ("", SAME_DAY):
            entered_between(self.entered)
        if self.received:
            parse_instant(self.received)


# How far the clocks of the world are from UTC: a fact of calendars, not a clinical limit.
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


@lru_cache(maxsize=4096)  # asked more than once for each entry of a diary
def entered_between(text: str) -> tuple[date, date]:
    """The first and the last day that ``text`` can mean where it was written. Raises ValueError.

    ``2026-11-20`` and ``2026-11-20T21:05+01:00`` say their day. An instant in UTC does not say the place of the writer.
    """
    try:
        if len(text) == len("2026-11-20"):
            return date.fromisoformat(text), date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
        offset = instant.utcoffset()
        if offset == timedelta(0):
            return (instant + _WEST).date(), (instant + _EAST).date()
    except (ValueError, OverflowError):
        raise ValueError(f"entered is {text[:40]!r}; write same day, a day, or a day and time") from None
    if offset is not None and not _WEST <= offset <= _EAST:
        raise ValueError(f"entered is {text[:40]!r}; no clock is so far from UTC")
    return instant.date(), instant.date()


def parse_instant(text: str) -> datetime:
    """The instant written in ``text``, which must name its zone. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None or abs(found.utcoffset() or timedelta()) > _EAST:
        raise ValueError(f"{text[:40]!r} is not an instant: write a day and time with its zone, 2026-11-23T16:00Z")
    return found


class Suspension(Written, frozen=True, kw_only=True):
    """The course is suspended: by whom and why, and the prescriber who lifted it."""

    since: date
    by: Literal["provider", "patient", "programme"]
    reason: str = ""
    lifted_on: date | None = None
    lifted_by: str = ""
    lifted_as: Literal["prescriber", ""] = ""

    def __post_init__(self) -> None:
        if self.lifted_on is not None and not (self.lifted_by and self.lifted_as and self.since <= self.lifted_on):
            raise ValueError("a suspension is lifted by a named prescriber, not before it began")
        if self.lifted_on is None and (self.lifted_by or self.lifted_as):
            raise ValueError("lifted_on is missing: the day on which the prescriber lifted the suspension")
        if self.lifted_on is not None and names_nobody(self.lifted_by):
            raise ValueError(f"lifted_by is {self.lifted_by[:40]!r}; write the name of the prescriber who lifted it")
