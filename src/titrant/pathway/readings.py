"""Readings as they are written in a case: ``24 U/L (upper limit 40 U/L) on 2026-11-14 from record``."""

import re
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.pathway.entries import parse_instant
from titrant.terms.numbers import NUMBER, parse_decimal, plain
from titrant.terms.phrases import with_article
from titrant.terms.quantity import UNITS, Quantity, unit_named

_WRITTEN = re.compile(
    r"(?P<value>.+?)"
    r"(?: \(upper limit (?P<upper>[^()]+)\))?"
    r" on (?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?: entered (?P<entered>[^ ]+))?"
    r"(?: from (?P<source>.+))?"
)
_FORM = "write VALUE UNIT on YYYY-MM-DD, such as 70 kg on 2026-11-14"
_LONGEST = 200


class Reading(Struct, frozen=True, gc=False):
    """One measured value in the unit of its fact. A pressure has ``value`` systolic and ``second`` diastolic."""

    value: Decimal
    on: date
    second: Decimal | None = None
    upper_limit: Decimal | None = None
    source: str = ""
    entered: datetime | None = None  # the instant of writing, where it was written later than its own day tells


def parse_reading(text: str, kind: FactKind) -> Reading:
    """The reading written in ``text``, in the unit of ``kind``. Raises ValueError with a plain sentence."""
    found = _WRITTEN.fullmatch(text) if len(text) <= _LONGEST else None
    if not found:
        raise ValueError(f"{text[:60]!r} is not a reading: {_FORM}")
    on = _day(found["on"])
    upper = _upper_limit(found["upper"], kind) if found["upper"] else None
    entered = parse_instant(found["entered"]) if found["entered"] else None
    if kind.kind is Kind.PRESSURE:
        systolic, diastolic = _pressure(found["value"], kind)
        return Reading(systolic, on, diastolic, None, found["source"] or "", entered)
    value = check_plausible(_in_unit(found["value"], kind.unit), kind)
    return Reading(value, on, None, upper, found["source"] or "", entered)


def _upper_limit(text: str, kind: FactKind) -> Decimal:
    most = kind.upper_limit_at_most
    if most is None:
        raise ValueError("this reading is not judged by an upper limit; leave the limit out")
    value = _in_unit(text, kind.unit)
    if not 0 < value <= most.value.to(kind.unit).value:
        raise ValueError(f"an upper limit of {text} is not believable; at most {most.value} is taken")
    return value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day of the calendar") from None


def _in_unit(text: str, unit: str) -> Decimal:
    """``text`` as a value in ``unit``; only units of the same dimension are converted."""
    quantity = Quantity.parse(text)
    if quantity.dimension != UNITS[unit].dimension:
        needed = with_article(UNITS[unit].dimension)
        raise ValueError(f"{text} measures {quantity.dimension}; this reading is {needed}, in {unit}")
    return quantity.to(unit).value


def _pressure(text: str, kind: FactKind) -> tuple[Decimal, Decimal]:
    numbers, _, unit = text.partition(" ")
    systolic_text, slash, diastolic_text = numbers.partition("/")
    if not slash or not unit or unit_named(unit) != kind.unit:
        raise ValueError(f"{text!r} is not a blood pressure: write systolic/diastolic mmHg, such as 128/76 mmHg")
    systolic = check_plausible(parse_decimal(systolic_text), kind)
    diastolic = check_plausible(parse_decimal(diastolic_text), kind)
    if not diastolic < systolic:
        raise ValueError(f"{text}: the first number, systolic, must be the higher; they may have been swapped")
    return systolic, diastolic


def in_the_unit_of(text: str, unit: str, factors: dict[str, Decimal]) -> str:
    """``text`` with every amount in a unit of ``factors`` written in ``unit``: what a person may write instead."""
    for other, factor in factors.items():
        amount = re.compile(rf"(?<![0-9.])({NUMBER}) ?{re.escape(other)}(?![^\s)])")
        text = amount.sub(lambda found: f"{plain(parse_decimal(found[1]) * factor)} {unit}", text)  # noqa: B023
    return text


def check_plausible(value: Decimal, kind: FactKind) -> Decimal:
    """``value`` if it is believable for ``kind``; else ValueError. The range is for mistakes, not a clinical limit."""
    bounds = kind.plausible
    if bounds is None or bounds.lo.to(kind.unit).value <= value <= bounds.hi.to(kind.unit).value:
        return value
    shown = Quantity(value, kind.unit)
    raise ValueError(f"{shown} lies outside what is believable, {bounds.lo} to {bounds.hi}. {bounds.why}")
