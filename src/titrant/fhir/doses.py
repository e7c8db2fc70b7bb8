"""How much and how often, from dosage instructions: the highest that they allow, or nothing where it cannot be told."""

from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from titrant.fhir.elements import Resource, Tree, child, children, code, codings, number
from titrant.fhir.identity import is_count
from titrant.terms.numbers import plain
from titrant.terms.quantity import BY_UCUM, UNITS, Quantity

_UCUM = "http://unitsofmeasure.org"
_IN_DAYS = {
    "s": Decimal(1) / 86400, "min": Decimal(1) / 1440, "h": Decimal(1) / 24, "d": Decimal(1), "wk": Decimal(7),
    "mo": Decimal(28), "a": Decimal(364),
}  # fmt: skip
# Codes of HL7's GTSAbbreviation: how often a day.
_ABBREVIATED = {
    "QD": "1", "AM": "1", "PM": "1", "BED": "1", "BID": "2", "TID": "3", "QID": "4", "QOD": "0.5", "Q1H": "24",
    "Q2H": "12", "Q3H": "8", "Q4H": "6", "Q6H": "4", "Q8H": "3", "WK": "0.142858",
}  # fmt: skip
_SIX_PLACES = Decimal("0.000001")
_MOST = Decimal(10) ** 6
_PER_VOLUME = "mg/mL"


class Dose(Struct, frozen=True):
    """Each time, and how often a day; a rate has no times."""

    each: Quantity
    times: Decimal | None

    @property
    def size(self) -> Decimal:
        """For comparing doses of one drug: the daily amount, as far as it is known."""
        each = self.each.value * UNITS[self.each.unit].factor
        return each * (self.times if self.times is not None else 1)

    @property
    def times_per_day(self) -> str:
        return "" if self.times is None else plain(self.times)


def dose_of(instructions: list[Resource], strength: Quantity | None, *, by_mass: bool = True) -> Dose | None:
    """The highest exposure of all steps. Instructions with one sequence hold together, so they are summed.

    ``by_mass`` False is for combinations: a count of pieces holds for each ingredient, a mass for only one of them.
    """
    steps: dict[str, list[Resource]] = {}
    for one in instructions:
        steps.setdefault(str(number(one, "sequence")), []).append(one)
    doses = [_together([_single(one, strength, by_mass) for one in step]) for step in steps.values()]
    known = [one for one in doses if one is not None]
    # A step that cannot be told may be the highest, so then nothing is said.
    if not known or len(known) != len(doses):
        return None
    return max(known, key=lambda one: (one.size, one.times_per_day))


def _together(parts: list[Dose | None]) -> Dose | None:
    known = [one for one in parts if one is not None]
    if len(known) != len(parts):
        return None
    if len(known) == 1:
        return known[0]
    masses = [(one.each.value * UNITS[one.each.unit].factor, one.times) for one in known]
    if any(times is None for _, times in masses) or {one.each.dimension for one in known} != {"drug mass"}:
        return None
    largest = max(mass for mass, _ in masses)
    daily = sum((mass * times for mass, times in masses if times is not None), Decimal(0))
    return _dose(Quantity(largest, "mg"), daily / largest)


def _single(instruction: Resource, strength: Quantity | None, by_mass: bool) -> Dose | None:
    each = _each(instruction, strength, by_mass)
    if each is None:
        return None
    if each.dimension == "release rate":
        return _dose(each.to("µg/h"), None)
    return _dose(each, _times_per_day(child(instruction, "timing")))


def _dose(each: Quantity, times: Decimal | None) -> Dose | None:
    """Within what a case can write, rounded up where it must be."""
    if not 0 < each.value <= _MOST or (times is not None and not 0 < times <= 1000):
        return None
    often = None if times is None else times.quantize(_SIX_PLACES, ROUND_CEILING)
    return Dose(Quantity(each.value.quantize(_SIX_PLACES, ROUND_CEILING), each.unit), often)


def _each(instruction: Resource, strength: Quantity | None, by_mass: bool) -> Quantity | None:
    """The largest single dose. Calculated doses are left out where an ordered one stands."""
    rates = children(instruction, "doseAndRate")
    ordered = [one for one in rates if _kind(one) != "calculated"] or rates
    amounts = [_amount(one, strength, by_mass) for one in ordered]
    known = [one for one in amounts if one is not None]
    if not known or len(known) != len(amounts) or len({one.dimension for one in known}) > 1:
        return None
    return max(known, key=lambda one: one.value * UNITS[one.unit].factor)


def _kind(rate: Resource) -> str:
    return next((one.code for one in codings(child(rate, "type"))), "")


def _amount(rate: Resource, strength: Quantity | None, by_mass: bool) -> Quantity | None:
    given = child(rate, "doseQuantity") or child(child(rate, "doseRange"), "high") or child(rate, "rateQuantity")
    value = number(given, "value")
    if value is None or not 0 < value <= _MOST or "comparator" in given:
        return None
    unit = _mass_or_rate(given)
    if unit:
        return Quantity(value, unit) if by_mass else None
    if strength is None:
        return None
    if is_count(given) and strength.unit != _PER_VOLUME:
        # Several patches at once add up; so do several pieces.
        return Quantity(value * strength.value, strength.unit)
    if _unit(given) == "mL" and strength.unit == _PER_VOLUME:
        return Quantity(value * strength.value, "mg")
    return None


def _mass_or_rate(given: Tree) -> str:
    unit = _unit(given)
    return unit if unit and UNITS[unit].dimension in ("drug mass", "release rate") else ""


def _unit(given: Tree) -> str:
    """The unit, only where code and text do not contradict each other."""
    coded, spoken = code(given, "code"), code(given, "unit").strip()
    by_code = BY_UCUM[coded].name if coded in BY_UCUM and code(given, "system") in (_UCUM, "") else ""
    by_text = BY_UCUM[spoken].name if spoken in BY_UCUM else spoken if spoken in UNITS else ""
    if coded and not by_code:
        return ""
    if coded and spoken and by_text and by_code != by_text:
        return ""
    if coded and spoken and not by_text and spoken.casefold() in ("mcg", "g", "gram", "grams", "mg", "milligrams"):
        return ""
    return by_code or by_text


# How often


def _times_per_day(timing: Resource) -> Decimal | None:
    repeat = child(timing, "repeat")
    listed = repeat.get("timeOfDay") or repeat.get("when")
    if isinstance(listed, list) and listed and number(repeat, "period") in (None, 1):
        return Decimal(len(listed)) * (number(repeat, "frequency") or 1 if repeat.get("when") else 1)
    period, unit = number(repeat, "period"), _IN_DAYS.get(code(repeat, "periodUnit"))
    if period is not None and period > 0 and unit is not None:
        often = number(repeat, "frequencyMax") or number(repeat, "frequency") or Decimal(1)
        return often / (period * unit)
    by_code = [_ABBREVIATED[one.code] for one in codings(child(timing, "code")) if one.code in _ABBREVIATED]
    return Decimal(by_code[0]) if len(by_code) == 1 else None
