"""Which days of the diary still count as harm: those of the last days, and those that nobody has signed after.

A harm counts until a prescriber has signed after it. An entry is taken as seen by the signature of a later day than
the one on which it was made; one that was made on the day of the signature, or nobody knows when, is not. Where the
record tells the instants, what it had only after the signature is not seen either, whatever days the two carry.
"""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.following import Following
from titrant.pathway.diary import URINARY, Day, Diary
from titrant.pathway.supplying import SignedLevel, first_of_signature, regimens


class Since(Struct, frozen=True):
    """What decides whether a day still counts: the newest signature, the last lowering, the first of the last days."""

    begun: date  # the first level of the course
    signed: date  # the first day of the present level
    looked: date  # the same of the signature that it is a step of: later steps begin by themselves
    lowered: date | None  # the day on which the present dose was lowered to
    first: date
    severe_from: Decimal  # the grade from which a side effect is severe
    signed_at: datetime | None = None  # the instants of the two signatures, where the record has them
    lowered_at: datetime | None = None

    def unseen(self, day: Day) -> bool:
        """Whether no signature is known to have come after the entry."""
        if day.entered is None:
            # What was written before the course began was seen when its first level was signed.
            return self.begun <= day.on or _after(day.received, self.signed_at)
        return self.not_seen(day.entered, day.received)

    def not_seen(self, on: date, written: datetime | None) -> bool:
        """Whether no signature is known to have come after what is of ``on`` and was written down at ``written``."""
        return self.signed <= on or _after(written, self.signed_at)

    def newly_told(self, on: date | None, written: datetime | None) -> bool:
        """Whether a drug or a session of ``on`` came, or was told, after a prescriber last signed.

        A step of a taper that begins by itself is no look at it.
        """
        return (on is not None and self.looked <= on) or _after(written, self.signed_at)

    def counts(self, day: Day) -> bool:
        """Whether a severe harm of ``day`` still counts."""
        return self.first <= day.on or self.unseen(day)

    def acted_on(self, day: Day) -> bool:
        """Whether a moderate effect of ``day`` is taken as what the dose was lowered for."""
        if self.lowered is None or day.entered is None or _after(day.received, self.lowered_at):
            return False
        return max(day.on, day.entered) <= self.lowered

    def severe(self, name: str, grade: int) -> bool:
        """A severe side effect; every sign from the bladder is one."""
        return self.severe_from <= grade or (name in URINARY and grade > 0)

    def effect_counts(self, day: Day, name: str, grade: int) -> bool:
        if self.severe(name, grade):
            return self.counts(day)
        return self.first <= day.on and not self.acted_on(day)


def _after(written: datetime | None, signed: datetime | None) -> bool:
    """Whether both instants are known, and what was written was not there when it was signed."""
    return written is not None and signed is not None and signed <= written


class Worst(Struct, frozen=True):
    """The worst grade of a side effect, and the newest day on which it was as bad."""

    grade: int
    on: date


def since_signed(levels: tuple[SignedLevel, ...], following: Following, first: date) -> Since:
    """``levels`` with every signature; a repeated one is none of a new dose, but somebody looked."""
    doses = regimens(levels)
    lowered = len(doses) > 1 and doses[-1].regimen.weekly < doses[-2].regimen.weekly
    return Since(
        levels[0].since,
        levels[-1].since,
        first_of_signature(levels).since,
        doses[-1].since if lowered else None,
        first,
        following.severe_effect_from.value.value,
        levels[-1].signed,
        doses[-1].signed if lowered else None,
    )


def counting_days(diary: Diary, since: Since) -> tuple[Day, ...]:
    """The days whose severe harm still counts."""
    return tuple(day for day in diary.days if since.counts(day))


def counting_effects(diary: Diary, since: Since) -> dict[str, Worst] | None:
    """The worst of every side effect that still counts; None where none does and none was asked in the last days."""
    found: dict[str, Worst] = {}
    asked = False
    for day in diary.days:
        if day.entry.effects is not None:
            asked = asked or (since.first <= day.on and not (since.lowered and day.on <= since.lowered))
            for name, grade in day.entry.effects.items():
                counted = grade if since.effect_counts(day, name, grade) else 0
                if name not in found or found[name].grade <= counted:
                    found[name] = Worst(counted, day.on)
    harm = any(one.grade for one in found.values())
    return {name: found[name] for name in sorted(found)} if asked or harm else None


def counting_flags(diary: Diary, since: Since) -> dict[str, date]:
    """The red flags that still count, each with its newest day."""
    return {flag: day.on for day in counting_days(diary, since) for flag in sorted(day.entry.flags)}
