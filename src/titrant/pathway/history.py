"""Every reading of a fact over time, oldest first: what a change is measured from."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from titrant.pathway.readings import Reading

Readings = Mapping[str, tuple[Reading, ...]]  # by fact, oldest first


def oldest_first(taken: Mapping[str, list[Reading]]) -> Readings:
    return {name: tuple(sorted(one, key=lambda each: (each.on, each.value))) for name, one in taken.items()}


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
