"""FHIR quantities to ours: the unit is read strictly, and what is not certain is not used (H01, H03).

A code in the UCUM system must be a UCUM code: ``mcg``, ``lb`` and ``mmHg`` are not, and people misread them. Unit text
counts only where there is no code. A code and a text that name different units contradict each other.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from titrant.fhir.elements import UCUM, Tree, code, number, text
from titrant.fhir.mapping import Mapping
from titrant.terms.quantity import UNITS, Quantity, unit_named

_GRAMS_IN_KG = Decimal(1000)
_SIX_PLACES = Decimal("0.000001")
_LARGEST = Decimal(10) ** 9
# How people write units; used only to notice that the text beside a code says something else.
_SPOKEN = {
    "lbs": "lb", "pound": "lb", "pounds": "lb", "kgs": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg",
    "kilograms": "kg", "gram": "g", "grams": "g", "gm": "g", "milligram": "mg", "milligrams": "mg", "mcg": "µg",
    "microgram": "µg", "micrograms": "µg", "inch": "in", "inches": "in", "percent": "%", "beats/minute": "/min",
    "bpm": "/min", "beats/min": "/min", "mm hg": "mmHg", "iu/l": "U/L",
}  # fmt: skip


class Unclear(ValueError):  # noqa: N818 - an outcome, not a failure
    """A value that is not used, with the reason as the end of a sentence."""


def measured(tree: Tree, fact: str, unit: str, loinc: str, mapping: Mapping) -> Quantity:
    """The Quantity element ``tree`` as a value that the case form accepts for ``fact``, measured in ``unit``."""
    given = plain_quantity(tree, loinc, mapping)
    return short(_fitting(given, fact, unit, mapping))


def plain_quantity(tree: Tree, loinc: str, mapping: Mapping) -> Quantity:
    """The Quantity element as it stands, in a known unit. Raises Unclear."""
    value = number(tree, "value")
    if value is None:
        raise Unclear("it has no number")
    if tree.get("comparator") is not None:
        shown = text(tree, "comparator") or "comparator"
        raise Unclear(f"{shown} {value} is a bound and not a value")
    if abs(value) >= _LARGEST:
        raise Unclear("the number is too large to be a measurement")
    return Quantity(value, _unit(tree, value, loinc, mapping))


def _unit(tree: Tree, value: Decimal, loinc: str, mapping: Mapping) -> str:
    coded, spoken = code(tree, "code"), code(tree, "unit").strip()
    if coded and code(tree, "system") in UCUM:
        found = mapping.unit_of_ucum(coded, loinc)
        if not found:
            raise Unclear(f"{text(tree, 'code')!r} is not a UCUM unit that is read here")
        _check_agreement(found, coded, spoken)
        return found
    # Without its system a code is only text.
    written = {one for one in (spoken, "" if code(tree, "system") else coded) if one}
    if not written:
        raise Unclear(f"{value} has no unit")
    found_names = {_named(one) for one in written}
    if len(found_names) > 1:
        raise Unclear(f"its units contradict each other: {', '.join(sorted(found_names))}")
    return found_names.pop()


def _check_agreement(found: str, coded: str, spoken: str) -> None:
    if not spoken or spoken == coded:
        return
    try:
        said = unit_named(spoken)
    except ValueError:
        said = _SPOKEN.get(spoken.casefold(), "")
    if said and said != found:
        raise Unclear(f"the unit's code says {found}, its text says {said}")


def _named(written: str) -> str:
    try:
        return unit_named(written)
    except ValueError as error:
        raise Unclear(f"its unit is not read here: {str(error)[:90]}") from None


def _fitting(given: Quantity, fact: str, unit: str, mapping: Mapping) -> Quantity:
    """``given`` in a unit of the same dimension as ``unit``; concentrations only by the factor of their substance."""
    if given.dimension == UNITS[unit].dimension:
        return given
    if given.unit == "g" and UNITS[unit].dimension == "body mass":
        return Quantity(given.value / _GRAMS_IN_KG, "kg")
    factor = mapping.molar_factors.get((fact, given.unit, unit))
    if factor is None:
        raise Unclear(f"{given.unit} is not a unit of this measurement")
    return Quantity(given.value * factor, unit)


def short(given: Quantity) -> Quantity:
    """``given`` with at most six decimals, as the case form takes it."""
    exponent = given.value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -6:
        return given
    return Quantity(given.value.quantize(_SIX_PLACES, ROUND_HALF_EVEN), given.unit)
