"""What a reading would have stopped on its own day: a grave finding stands until a prescriber has signed after it.

A normal reading later does not undo it. For every day with a reading since the newest signature the facts are put
together as they stood then, and the bands of the knowledge are judged on them. A result about an earlier day that
was entered only after the signature was not there when it was signed: it is judged as of its own day, and stands too.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache

from msgspec import Struct, structs

from titrant.knowledge.judging import Value, judge
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Band
from titrant.knowledge.shapes.facts import FactKind
from titrant.pathway.assess import Assessment, Known, derived, newest_known
from titrant.pathway.history import Readings
from titrant.pathway.readings import Reading
from titrant.pathway.screen import Found, Screening, judge_bands, review_of
from titrant.pathway.unseen import Since
from titrant.terms.reason import Bar, Finding, Missing, Severity

Facts = dict[str, Known]
When = tuple[date, datetime | None]  # of which day, and when it was entered where that was later than the day tells


class Judged(Struct, frozen=True, gc=False):
    """A day with readings: what they stopped or barred on it, what they asked, and the checks that failed."""

    on: date
    findings: tuple[Finding, ...]
    asked: tuple[Missing, ...]
    failed: tuple[str, ...]
    entered: datetime | None = None  # of readings that were entered later than their day tells


class Standing(Struct, frozen=True):
    """Grave findings of earlier readings, and questions that one of them put and that nobody has answered since."""

    findings: tuple[Finding, ...]
    missing: tuple[Missing, ...]
    failed: tuple[str, ...] = ()  # checks that could not be made; then nothing is proposed
    days: tuple[Judged, ...] = ()  # every day of the course with readings, seen or not


class _Bands(Struct, frozen=True):
    """What is judged on every day: rows with a band that stops or bars, required facts, and the facts they read."""

    rows: tuple[tuple[str, tuple[Band, ...], frozenset[str]], ...]
    required: tuple[tuple[str, FactKind, frozenset[str]], ...]

    @property
    def facts(self) -> frozenset[str]:
        return frozenset().union(*(one[2] for one in (*self.rows, *self.required)))

    def speaking_of(self, changed: frozenset[str]) -> "_Bands":
        """Those that read one of these facts."""
        return _Bands(
            tuple(one for one in self.rows if changed & one[2]), tuple(one for one in self.required if changed & one[2])
        )


def judged_days(
    now: Assessment, seen: Screening, readings: Readings, library: Library, since: Since
) -> tuple[Judged, ...]:
    """Every day of the course with a reading, and those entered later, judged on the facts as they stood then."""
    judged = _judged(library)
    concerned = cache(judged.speaking_of)  # most days bring the same few facts
    own = {name: _own(name, several, now, library) for name, several in readings.items()}
    read = {name: several for name, several in readings.items() if own[name] & judged.facts}
    measured = frozenset[str]().union(*own.values())
    others = {name: value for name, value in seen.values.items() if name not in measured}
    found = []
    for (day, entered), facts, changed in _days(now, read, library, since, own):
        then = structs.replace(now, on=day, facts=facts)
        values = {**others, **then.values}
        failed: list[str] = []
        grave = tuple(_grave(then, values, concerned(changed), failed))
        found.append(Judged(day, grave, tuple(_asked(day, values, now, concerned(changed))), tuple(failed), entered))
    return tuple(found)


def standing_since(
    now: Assessment, seen: Screening, judged: tuple[Judged, ...], library: Library, since: Since
) -> Standing:
    """What readings that nobody has signed after found, and the newest ones do not find any more."""
    present = {(one.code, one.rule) for one in seen.findings}
    unseen = [day for day in judged if since.not_seen(day.on, day.entered)]
    found = {
        (one.code, one.rule): one
        for day in unseen
        for one in day.findings
        if (one.code, one.rule) not in present and not _settled(one, now, library)
    }
    asked = {one.fact: one for day in unseen for one in day.asked}
    failed = dict.fromkeys(one for day in judged for one in day.failed)
    return Standing(tuple(found.values()), tuple(asked.values()), tuple(failed), judged)


def _judged(library: Library) -> _Bands:
    rows = [(f"conditions/{name}", one.bands) for name, one in library.conditions.items()]
    rows += [(f"monitoring/{name}", row.thresholds) for name, row in library.checks.items()]
    return _Bands(
        tuple(
            (place, bands, frozenset(name for band in bands for name in band.when.facts()))
            for place, bands in rows
            if any(band.severity is Severity.STOP or band.bars is not Bar.NONE for band in bands)
        ),
        tuple(
            (name, kind, frozenset(kind.required_when.facts()))
            for name, kind in library.facts.items()
            if kind.required_when is not None
        ),
    )


def _own(name: str, several: tuple[Reading, ...], now: Assessment, library: Library) -> frozenset[str]:
    """Every fact that rests on readings of ``name``, also one that is worked out from them."""
    known = newest_known(name, list(several), library.facts[name], now.on) if several else {}
    without = derived(now.case, {}, now.on, library)
    return frozenset({*known, *derived(now.case, known, now.on, library)} - set(without))


def _days(
    now: Assessment, readings: Readings, library: Library, since: Since, own: Mapping[str, frozenset[str]]
) -> Iterator[tuple[When, Facts, frozenset[str]]]:
    """Each day with a reading that may count: the facts as they stood then, and those that were new on it.

    ``own``: by fact all that rests on its readings.
    """
    measured = frozenset[str]().union(*own.values())
    facts: Facts = {name: one for name, one in now.facts.items() if name not in measured}
    resting = frozenset[str]()
    for (day, entered), new in sorted(_by_day(readings).items(), key=lambda one: (one[0][0], str(one[0][1] or ""))):
        known: Facts = {}
        for name, several in new.items():
            # The first reading of all is what a change is measured from.
            known |= newest_known(name, [readings[name][0], *several], library.facts[name], day)
        facts = {**facts, **known}
        if any(own[name] - known.keys() for name in new):
            worked_out = derived(now.case, facts, day, library)
            resting = frozenset(worked_out.keys() & measured)
            facts |= {name: worked_out[name] for name in resting}
        if since.begun <= day or since.not_seen(day, entered):
            # What is worked out stands on each day until it is measured anew, also from a reading before the course.
            yield (day, entered), facts, frozenset((*known, *resting))


def _by_day(readings: Readings) -> dict[When, dict[str, list[Reading]]]:
    """The readings of each day; what was entered later stands by itself, for it alone may not have been seen."""
    found: dict[When, dict[str, list[Reading]]] = {}
    for name, several in readings.items():
        for one in several:
            found.setdefault((one.on, one.entered), {}).setdefault(name, []).append(one)
    return found


def _grave(then: Assessment, values: dict[str, Value], judged: _Bands, failed: list[str]) -> Iterator[Finding]:
    """Findings that stop or bar, by the bands that speak of what was new on the day."""
    found = Found([], [], [])
    for place, bands, _ in judged.rows:
        try:
            judge_bands(place, bands, then, values, found)
        except Exception as error:  # noqa: BLE001 - as in the screen: what goes wrong in a check ends in a refusal
            failed.append(f"{place} as of {then.on}: {type(error).__name__}")
    return (one for one in found.findings if one.severity is Severity.STOP or one.bar is not Bar.NONE)


def _asked(day: date, values: dict[str, Value], now: Assessment, judged: _Bands) -> Iterator[Missing]:
    """Facts that are required because of what was new on the day, and were not given on it or later."""
    for name, kind, _ in judged.required:
        if kind.required_when is None or judge(kind.required_when, values) is not True:
            continue
        known = now.facts.get(name)
        if known is None or known.on is None or known.on < day:
            yield Missing(name, "fact_missing", {"label": kind.label, "ask": kind.ask, "why": kind.why})


def _settled(one: Finding, now: Assessment, library: Library) -> bool:
    """A colleague who was asked has said that it may go on; no one settles what forbids."""
    review = review_of(one, now, library, alone=True) if one.bar is Bar.UNTIL_SETTLED else None
    return review is not None and review.says == "may_start"
