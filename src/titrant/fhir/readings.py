"""Readings on their way into a case: written in the case's own form, checked by the case's own reader, newest first."""

from datetime import date
from decimal import Decimal

from titrant.fhir.mapping import Mapping
from titrant.fhir.unused import Unused
from titrant.knowledge.shapes.facts import FactKind
from titrant.pathway.readings import parse_reading
from titrant.terms.numbers import plain
from titrant.terms.quantity import Quantity


class Readings:
    """Collects readings by fact. What the case's reader would refuse is not taken over."""

    def __init__(self, mapping: Mapping, unused: Unused) -> None:
        self._mapping, self._unused = mapping, unused
        self._found: dict[str, set[tuple[date, str]]] = {}
        self._unusable: dict[str, date] = {}

    def add(self, fact: str, value: str, on: date, what: str) -> None:
        """One reading, ``value`` as case files write it without its day."""
        written = f"{value} on {on} from record"
        try:
            parse_reading(written, self._mapping.library.facts[fact])
        except ValueError as error:
            self._unused.say(what, f"{error}", on)
            self.unusable(fact, on)
            return
        self._found.setdefault(fact, set()).add((on, written))

    def unusable(self, fact: str, on: date | None) -> None:
        """A value of that day could not be used. Without a day it may be the newest of all."""
        whole = self._mapping.pressure_part(fact) or fact
        self._unusable[whole] = max(self._unusable.get(whole, date.min), on or date.max)

    def newest(self) -> dict[str, tuple[str, ...]]:
        """For each fact the readings of its newest days, newest first; none where a value as new could not be used."""
        days = int(self._mapping.bounds["days_read_per_fact"])
        kept = {}
        for fact, found in sorted(self._found.items()):
            newest = sorted({on for on, _ in found}, reverse=True)[:days]
            lost = self._unusable.get(fact)
            if lost is not None and lost >= newest[0]:
                told = "without a full day" if lost == date.max else f"of {lost}"
                self._unused.say(f"Readings of {fact}", f"a value {told} could not be used, so no older one stands in")
                continue
            kept[fact] = tuple(written for day in newest for on, written in sorted(found) if on == day)
        return kept


def believable(value: Decimal, kind: FactKind) -> bool:
    bounds = kind.plausible
    return bounds is None or bounds.lo.to(kind.unit).value <= value <= bounds.hi.to(kind.unit).value


def with_limit(value: Quantity, limit: Quantity | None) -> str:
    return str(value) if limit is None else f"{value} (upper limit {limit})"


def pressure(systolic: Quantity, diastolic: Quantity) -> str:
    return f"{plain(systolic.value)}/{plain(diastolic.value)} {systolic.unit}"
