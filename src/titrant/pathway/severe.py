"""Severe harm of the whole course, whatever was signed since: no raise by rule reaches the dose at which it happened.

A signature says that somebody looked; it does not make the dose harmless. So what is gathered here never goes by.
"""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from titrant.knowledge.shapes.following import Following
from titrant.pathway.diary import Day, Diary
from titrant.pathway.standing import Judged
from titrant.pathway.supplying import SignedLevel
from titrant.terms.dose import Dose
from titrant.terms.reason import Finding, Severity
from titrant.terms.regimen import Regimen

_NO_SIDE_EFFECT = "took_extra"  # a red flag of the diary that is about the amount, and has rules of its own


class SevereHarm(Struct, frozen=True):
    """A day with severe harm, what it was, and the dose that was signed for it."""

    on: date
    what: tuple[str, ...]
    regimen: Regimen

    @property
    def text(self) -> str:
        return f"{', '.join(self.what)} at {self.regimen.dose} on {self.on}"

    def reached_by(self, other: Regimen) -> bool:
        """Whether ``other`` is as much or more in one dose, in a day, or in a week."""
        own = self.regimen
        return own.dose <= other.dose or own.daily <= other.daily or own.weekly <= other.weekly


def severe_harm(
    diary: Diary, judged: tuple[Judged, ...], levels: tuple[SignedLevel, ...], following: Following
) -> tuple[SevereHarm, ...]:
    """Each day since the first level with a red flag, a severe effect, or a reading that stops; oldest first."""
    severe_from = int(following.severe_effect_from.value.value)
    found: dict[date, dict[str, None]] = {}
    for day in diary.days:
        found.setdefault(day.on, {}).update(dict.fromkeys(_in_entry(day, severe_from)))
    for one in judged:
        stops = (_in_reading(grave) for grave in one.findings if grave.severity is Severity.STOP)
        found.setdefault(one.on, {}).update(dict.fromkeys(stops))
    return tuple(
        SevereHarm(on, tuple(what), _regimen_on(levels, on))
        for on, what in sorted(found.items())
        if what and levels[0].since <= on
    )


def _in_entry(day: Day, severe_from: int) -> Iterator[str]:
    yield from (flag.replace("_", " ") for flag in sorted(day.entry.flags) if flag != _NO_SIDE_EFFECT)
    for name, grade in sorted((day.entry.effects or {}).items()):
        if severe_from <= grade:
            yield f"{name.replace('_', ' ')} {grade}"


def _in_reading(one: Finding) -> str:
    told = {name.rpartition(".")[2].replace("_", " "): value for name, value in one.facts.items() if name != "on"}
    values = ", ".join(f"{name} {value}" for name, value in told.items())
    return f"{one.code.replace('_', ' ')}{f' ({values})' if values else ''}"


def _regimen_on(levels: tuple[SignedLevel, ...], on: date) -> Regimen:
    """The regimen of the day; on the day of a change the lower one, because nobody can tell which came first."""
    begun = [level for level in levels if level.since <= on]
    held = [begun[-1], *(level for level in begun[-2:-1] if begun[-1].since == on)]
    return min((level.regimen for level in held), key=lambda one: (one.weekly, one.dose))


def named(several: tuple[SevereHarm, ...]) -> str:
    """What happened at which dose and on which days: alike days share a part."""
    days: dict[tuple[str, Dose], list[date]] = {}
    for one in several:
        days.setdefault((", ".join(one.what), one.regimen.dose), []).append(one.on)
    return "; ".join(f"{what} at {dose} on {', '.join(map(str, on))}" for (what, dose), on in days.items())
