"""Blood pressure: two parts of one observation, or two observations of one moment, make one reading."""

from collections.abc import Callable, Iterable
from datetime import date

from msgspec import Struct

from titrant.fhir.mapping import Mapping
from titrant.fhir.readings import Readings, believable, pressure
from titrant.fhir.unused import Unused
from titrant.terms.quantity import Quantity


class Part(Struct, frozen=True):
    """A systolic or a diastolic value."""

    fact: str  # such as blood_pressure.systolic
    value: Quantity
    on: date
    instant: str
    what: str
    alone: bool  # an observation of its own, not one of several parts

    @property
    def systolic(self) -> bool:
        return self.fact.endswith(".systolic")


class Pressures:
    """Collects parts until all observations are read, then pairs what certainly belongs together."""

    def __init__(self, mapping: Mapping, readings: Readings, unused: Unused) -> None:
        self._mapping, self._readings, self._unused = mapping, readings, unused
        self._of_observation: dict[tuple[str, int], list[Part]] = {}

    def take(self, part: Part, observation: int) -> None:
        """One part; ``observation`` tells parts of the same observation from others."""
        kind = self._mapping.library.facts[part.fact]
        if not believable(part.value.to(kind.unit).value, kind):
            self._unused.say(part.what, f"{part.value} lies outside what is believable", part.on)
            self._readings.unusable(part.fact, part.on)
            return
        whole = self._mapping.pressure_part(part.fact)
        self._of_observation.setdefault((whole, observation), []).append(part)

    def finish(self) -> None:
        """Pair within an observation, then by the same instant, then by the day if it has only one pair."""
        for whole in sorted({whole for whole, _ in self._of_observation}):
            single: list[Part] = []
            for (fact, _), parts in self._of_observation.items():
                if fact == whole:
                    single += self._paired(whole, {"": parts})
            # The rest of an observation that lost its other part must not be joined to somebody else's half.
            free = [part for part in single if part.alone]
            left = self._paired(whole, _grouped(free, lambda part: part.instant))
            left = self._paired(whole, _grouped(left, lambda part: part.on.isoformat()))
            for part in (*left, *(part for part in single if not part.alone)):
                self._unused.say(part.what, "the other part of this blood pressure cannot be told", part.on)
                self._readings.unusable(part.fact, part.on)

    def _paired(self, whole: str, groups: dict[str, list[Part]]) -> list[Part]:
        """Write each group of exactly one systolic and one diastolic; give back the parts of all other groups."""
        left = []
        for parts in groups.values():
            uppers = {part.value: part for part in parts if part.systolic}
            lowers = {part.value: part for part in parts if not part.systolic}
            if len(uppers) == len(lowers) == 1:
                self._write(whole, next(iter(uppers.values())), next(iter(lowers.values())))
            else:
                left += parts
        return left

    def _write(self, whole: str, upper: Part, lower: Part) -> None:
        what = "Blood pressure"
        if not lower.value.value < upper.value.value:
            self._unused.say(
                what, f"{pressure(upper.value, lower.value)}: systolic must be the higher; they may be swapped"
            )
            self._readings.unusable(whole, upper.on)
            return
        self._readings.add(whole, pressure(upper.value, lower.value), upper.on, what)


def _grouped(parts: Iterable[Part], key: Callable[[Part], str]) -> dict[str, list[Part]]:
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(key(part), []).append(part)
    return groups
