"""What a reading would have stopped on its own day: a grave finding stands until a prescriber has signed after it.

A normal reading later does not undo it. For every day with a reading since the newest signature the facts are put
together as they stood then, and the bands of the knowledge are judged on them.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct, structs

from titrant.knowledge.judging import Value, judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Band
from titrant.pathway.assess import Assessment, Known, derived, newest_known
from titrant.pathway.readings import Reading
from titrant.pathway.screen import Found, Screening, judge_bands, review_of
from titrant.terms.reason import Bar, Finding, Missing, Severity

Readings = Mapping[str, tuple[Reading, ...]]
Facts = dict[str, Known]


class Standing(Struct, frozen=True):
    """Grave findings of earlier readings, and questions that one of them put and that nobody has answered since."""

    findings: tuple[Finding, ...]
    missing: tuple[Missing, ...]


def standing_since(now: Assessment, seen: Screening, readings: Readings, library: Library, signed: date) -> Standing:
    """What readings since ``signed`` found that the newest ones do not find any more."""
    present = {(one.code, one.rule) for one in seen.findings}
    measured = _measured(now, readings, library)
    others = {name: value for name, value in seen.values.items() if name not in measured}
    found: dict[tuple[str, str], Finding] = {}
    asked: dict[str, Missing] = {}
    for day, facts, changed in _days(now, readings, library, signed, measured):
        then = structs.replace(now, on=day, facts=facts)
        values = {**others, **then.values}
        for one in _grave(then, values, changed, library):
            if (one.code, one.rule) not in present and not _settled(one, now, library):
                found[one.code, one.rule] = one
        asked |= {one.fact: one for one in _asked(day, values, changed, now, library)}
    return Standing(tuple(found.values()), tuple(asked.values()))


def _days(
    now: Assessment, readings: Readings, library: Library, signed: date, measured: frozenset[str]
) -> Iterator[tuple[date, Facts, frozenset[str]]]:
    """Each day with a reading since ``signed``: the facts as they stood then, and those that were new on it."""
    days = sorted({one.on for several in readings.values() for one in several if signed <= one.on})
    others = {name: one for name, one in now.facts.items() if name not in measured}
    facts: Facts = {**others, **_known(readings, library, signed, before=True)}
    for day in days:
        new = _known(readings, library, day)
        facts = {**facts, **new}
        worked_out = derived(now.case, facts, day, library)
        more = {name: one for name, one in worked_out.items() if name in measured}
        yield day, {**facts, **more}, frozenset({*new, *more})


def _known(readings: Readings, library: Library, day: date, *, before: bool = False) -> Facts:
    """Facts of the readings of ``day``; ``before``: of the newest ones before it."""
    found: Facts = {}
    for name, several in readings.items():
        until = [one for one in several if one.on < day or (one.on == day and not before)]
        if until and (before or until[-1].on == day):
            found |= newest_known(name, until, library.facts[name], day)
    return found


def _measured(now: Assessment, readings: Readings, library: Library) -> frozenset[str]:
    """Every fact that rests on a reading, also one that is worked out from readings."""
    known = {**_known(readings, library, now.on, before=True), **_known(readings, library, now.on)}
    without = derived(now.case, {}, now.on, library)
    return frozenset({*known, *derived(now.case, known, now.on, library)} - set(without))


def _grave(then: Assessment, values: dict[str, Value], changed: frozenset[str], library: Library) -> Iterator[Finding]:
    """Findings that stop or bar, by the bands that speak of what was new on the day."""
    found = Found([], [], [])
    for place, bands in _bands(library):
        if any(changed.intersection(band.when.facts()) for band in bands):
            judge_bands(place, bands, then, values, found)
    return (one for one in found.findings if one.severity is Severity.STOP or one.bar is not Bar.NONE)


def _asked(
    day: date, values: dict[str, Value], changed: frozenset[str], now: Assessment, library: Library
) -> Iterator[Missing]:
    """Facts that are required because of what was new on the day, and were not given on it or later."""
    for name, kind in library.facts.items():
        needed = kind.required_when
        if needed is None or not changed.intersection(needed.facts()) or judge(needed, values) is not True:
            continue
        known = now.facts.get(name)
        if known is None or known.on is None or known.on < day:
            yield Missing(name, "fact_missing", {"label": kind.label, "ask": kind.ask, "why": kind.why})


def _bands(library: Library) -> Iterator[tuple[str, tuple[Band, ...]]]:
    yield from ((f"conditions/{name}", one.bands) for name, one in library.conditions.items() if one.bands)
    yield from ((f"monitoring/{name}", row.thresholds) for name, row in library.checks.items() if row.thresholds)


def _settled(one: Finding, now: Assessment, library: Library) -> bool:
    """A colleague who was asked has said that it may go on; no one settles what forbids."""
    review = review_of(one, now, library) if one.bar is Bar.UNTIL_SETTLED else None
    return review is not None and review.says == "may_start"
