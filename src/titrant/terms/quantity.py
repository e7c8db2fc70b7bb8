"""Quantities: a number is never without its unit.

A unit has a print name, the UCUM code under which FHIR carries it, a dimension, and a factor to the first unit of its
dimension. Conversion happens only inside one dimension; what depends on the substance (µmol/L to mg/dL) is knowledge,
not vocabulary.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NoReturn

from msgspec import Struct

from titrant.terms.numbers import NUMBER, parse_decimal, plain
from titrant.terms.phrases import did_you_mean, with_article


class Unit(Struct, frozen=True):
    """A unit of measurement. ``factor`` times a value in this unit is the value in the dimension's first unit."""

    name: str
    ucum: str
    dimension: str
    factor: Decimal


def _units(*rows: tuple[str, str, str, str]) -> dict[str, Unit]:
    return {name: Unit(name, ucum, dimension, Decimal(factor)) for name, ucum, dimension, factor in rows}


UNITS = _units(
    ("mg", "mg", "drug mass", "1"),
    ("g", "g", "drug mass", "1000"),
    ("µg", "ug", "drug mass", "0.001"),
    ("kg", "kg", "body mass", "1"),
    # The international avoirdupois pound is exactly 0.45359237 kg.
    ("lb", "[lb_av]", "body mass", "0.45359237"),
    ("cm", "cm", "length", "1"),
    ("m", "m", "length", "100"),
    ("in", "[in_i]", "length", "2.54"),
    ("mL", "mL", "volume", "1"),
    ("L", "L", "volume", "1000"),
    ("mg/mL", "mg/mL", "strength", "1"),
    ("mg/kg", "mg/kg", "dose by weight", "1"),
    ("mg/day", "mg/d", "daily dose", "1"),
    ("mg/week", "mg/wk", "weekly dose", "1"),
    ("µg/h", "ug/h", "release rate", "1"),
    ("mg/h", "mg/h", "release rate", "1000"),
    ("kg/m2", "kg/m2", "body mass index", "1"),
    ("mmHg", "mm[Hg]", "pressure", "1"),
    ("/min", "/min", "rate", "1"),
    ("/day", "/d", "times a day", "1"),
    ("U/L", "U/L", "enzyme activity", "1"),
    # 1 katal is 1 mol/s, 1 unit is 1 µmol/min, hence 1 µkat/L = 60 U/L.
    ("µkat/L", "ukat/L", "enzyme activity", "60"),
    ("xULN", "{xULN}", "times upper limit", "1"),
    ("mg/dL", "mg/dL", "mass concentration", "1"),
    ("µmol/L", "umol/L", "molar concentration", "1"),
    ("mIU/L", "m[IU]/L", "hormone activity", "1"),
    ("mL/min/1.73m2", "mL/min/{1.73_m2}", "filtration", "1"),
    ("ms", "ms", "interval", "1"),
    ("%", "%", "share", "1"),
    ("points", "{score}", "score", "1"),
    ("minutes", "min", "time", "1"),
    ("hours", "h", "time", "60"),
    ("days", "d", "time", "1440"),
    ("weeks", "wk", "time", "10080"),
    # A month or a year has no fixed length; as knowledge they are calendar terms, counted by the calendar.
    ("months", "mo", "calendar", "1"),
    ("years", "a", "calendar", "12"),
    ("times", "{times}", "count", "1"),
)
BY_UCUM = {unit.ucum: unit for unit in UNITS.values()}
# Spellings that people write for the same unit. "mcg" is left out on purpose: it is misread as mg (ISMP).
_SPELLINGS = {
    "ug": "µg", "μg": "µg", "mm[Hg]": "mmHg", "ukat/L": "µkat/L", "μkat/L": "µkat/L", "umol/L": "µmol/L",
    "μmol/L": "µmol/L", "[lb_av]": "lb", "year": "years", "month": "months", "week": "weeks", "day": "days",
    "hour": "hours", "minute": "minutes", "point": "points", "time": "times",
}  # fmt: skip
_QUANTITY = re.compile(rf"({NUMBER})([^\s\d.,_eE].*)")  # written together, such as 70kg


class Quantity:
    """An exact decimal and its unit. Immutable; equal only if value and unit are.

    A plain class, because a quantity is written as text (``70 kg``) wherever it is read or stored.
    """

    __slots__ = ("unit", "value")
    value: Decimal
    unit: str

    def __init__(self, value: Decimal, unit: str) -> None:
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "unit", unit)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a quantity does not change; {name} cannot be set")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and (self.value, self.unit) == (other.value, other.unit)

    def __hash__(self) -> int:
        return hash((self.value, self.unit))

    def __repr__(self) -> str:
        return f"Quantity({self})"

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """Read ``"70 kg"`` or ``"30 %"``. Raises ValueError saying what is missing or unknown."""
        return _parsed(text)

    @property
    def dimension(self) -> str:
        return UNITS[self.unit].dimension

    def to(self, unit: str) -> "Quantity":
        """The same quantity in another unit of its dimension. Raises ValueError across dimensions."""
        if unit == self.unit:
            return self
        here, there = UNITS[self.unit], UNITS[unit]
        if here.dimension != there.dimension:
            raise ValueError(
                f"{self} is {with_article(here.dimension)}; it cannot be read as {unit} ({there.dimension})"
            )
        return Quantity(self.value * here.factor / there.factor, unit)

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


def unit_named(text: str) -> str:
    """The print name of the unit that ``text`` names, by name, spelling or UCUM code. ValueError if unknown."""
    name = _SPELLINGS.get(text, text)
    if name in UNITS:
        return name
    if text in BY_UCUM:
        return BY_UCUM[text].name
    if "mcg" in text:
        meant = text.replace("mcg", "µg")
        micro, milli = (meant, text.replace("mcg", "mg")) if meant in UNITS else ("µg", "mg")
        raise ValueError(
            f"'mcg' is not accepted because it is misread as mg: write {micro}, or {milli} if milligrams are meant"
        )
    near = did_you_mean(text, (*UNITS, *_SPELLINGS))
    raise ValueError(f"{text[:40]!r} is not a unit that Titrant knows.{near} Known units: {', '.join(UNITS)}")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Quantity:
    number, space, unit = text.partition(" ")
    if space:
        return Quantity(parse_decimal(number), unit_named(unit))
    together = _QUANTITY.fullmatch(text)
    if not together:
        parse_decimal(number)  # says what is wrong with the number, if it is the number
        raise ValueError(f"{text!r} has no unit: write the number, a space and the unit, such as 70 kg")
    return Quantity(parse_decimal(together[1]), unit_named(together[2]))
