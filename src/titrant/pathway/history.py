"""Every reading of a fact over time, oldest first: what a change is measured from."""

from datetime import date
from decimal import Decimal

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import Kind
from titrant.pathway.case import Case
from titrant.pathway.questionnaires import scored_readings
from titrant.pathway.readings import Reading, parse_reading


def history(case: Case, library: Library) -> dict[str, tuple[Reading, ...]]:
    """Readings by fact. The case has been assessed before, so whatever cannot be read was refused there."""
    found = scored_readings(case, library)
    for name, written in case.given.readings.items():
        kind = library.facts[name]
        if kind.kind in (Kind.QUANTITY, Kind.PRESSURE):
            texts = (written,) if isinstance(written, str) else written
            found.setdefault(name, []).extend(parse_reading(text, kind) for text in texts)
    return {name: tuple(sorted(one, key=lambda each: (each.on, each.value))) for name, one in found.items()}


def newest_before(readings: tuple[Reading, ...], day: date) -> Decimal | None:
    """The value nearest before or on ``day``; of several on one day the lower, which promises the smaller benefit."""
    before = [one for one in readings if one.on <= day]
    if not before:
        return None
    last = max(one.on for one in before)
    return min(one.value for one in before if one.on == last)


def newest(readings: tuple[Reading, ...], since: date) -> Decimal | None:
    """The newest value after ``since``; of several on one day the higher."""
    after = [one for one in readings if since < one.on]
    if not after:
        return None
    last = max(one.on for one in after)
    return max(one.value for one in after if one.on == last)
