"""Harm of a running course: side effects, red flags and pressures that still count, and whether they rise."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.following import Following
from titrant.pathway.checks_following import last_raise
from titrant.pathway.diary import DISSOCIATION, SEDATION, URINARY, Diary, mean
from titrant.pathway.readings import Reading
from titrant.pathway.supplying import SignedLevel, regimens
from titrant.pathway.unseen import Since, Worst, counting_effects, counting_flags

_ONE_DAY = timedelta(days=1)
GROUPS = {"urinary": URINARY, "sedation": SEDATION, "dissociation": DISSOCIATION}


class Harm(Struct, frozen=True):
    """Worst grades, by name; None where side effects were not asked on any day of the stretch."""

    counting: dict[str, Worst] | None  # what still counts: of the last days, and severe ones that nobody signed after
    since_step: dict[str, int] | None
    week: dict[str, int] | None  # the last days, whatever was done about them
    mean_now: Decimal | None
    mean_before: Decimal | None  # at the level before
    rising: bool | None
    systolic: Decimal | None
    diastolic: Decimal | None
    flag_days: dict[str, date]  # red flags that still count, with their newest day

    @property
    def recent(self) -> dict[str, int] | None:
        return None if self.counting is None else {name: one.grade for name, one in self.counting.items()}

    @property
    def flags(self) -> tuple[str, ...]:
        return tuple(sorted(self.flag_days))

    def days_of(self, names: tuple[str, ...] = ()) -> tuple[date, ...]:
        """The days of the worst grades among ``names`` (among all, without names), oldest first."""
        worst = worst_of(self.recent, names)
        return tuple(sorted({one.on for name, one in self._among(names) if worst and one.grade == worst}))

    def _among(self, names: tuple[str, ...]) -> Iterator[tuple[str, Worst]]:
        return ((name, one) for name, one in (self.counting or {}).items() if not names or name in names)


def harm_of(
    diary: Diary, measured: tuple[Reading, ...], levels: tuple[SignedLevel, ...], following: Following, since: Since,
    on: date,
) -> Harm:  # fmt: skip
    doses, step = regimens(levels), last_raise(levels)
    now = _mean_grade(diary, max(doses[-1].since, since.first), on)
    before = _mean_grade(diary, doses[-2].since, doses[-1].since - _ONE_DAY) if len(doses) > 1 else None
    # Every pressure since the step, from the diary and from the clinic: a normal one later does not undo a high one.
    pressures = [one for one in measured if step <= one.on]
    rise = following.effect_rise.value.value
    return Harm(
        counting=counting_effects(diary, since),
        since_step=_worst(diary, step, on),
        week=_worst(diary, since.first, on),
        mean_now=now,
        mean_before=before,
        rising=None if now is None or before is None else before + rise <= now,
        systolic=max((one.value for one in pressures), default=None),
        diastolic=max((one.second for one in pressures if one.second is not None), default=None),
        flag_days=counting_flags(diary, since),
    )


def _worst(diary: Diary, first: date, last: date) -> dict[str, int] | None:
    """The worst grade of each side effect in a stretch; an empty answer says: asked, and none."""
    asked = [day.entry.effects for day in diary.between(first, last) if day.entry.effects is not None]
    if not asked:
        return None
    names = sorted({name for one in asked for name in one})
    return {name: max(one.get(name, 0) for one in asked) for name in names}


def _mean_grade(diary: Diary, first: date, last: date) -> Decimal | None:
    """The mean over days of the worst grade of each: a day told in several entries is still one day."""
    worst: dict[date, int] = {}
    for day in diary.between(first, last):
        if (grade := day.worst()) is not None:
            worst[day.on] = max(grade, worst.get(day.on, grade))
    return mean([Decimal(grade) for grade in worst.values()])


def worst_of(found: dict[str, int] | None, names: tuple[str, ...] = ()) -> int | None:
    """The worst grade among ``names`` (among all, without names)."""
    if found is None:
        return None
    return max((grade for name, grade in found.items() if not names or name in names), default=0)
