"""Reading and printing exact decimals. One grammar for every number that enters.

Refused on purpose: ``NaN``, ``Infinity``, ``1e400``, ``.5``, ``5.``, ``5_0``, ``2,5``, ``+5``, ``007``, digits that
are not 0-9, and anything longer than nine digits before or six after the point (safety.md, T05).
"""

import re
from decimal import ROUND_DOWN, Decimal

NUMBER = r"-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?"
_NUMBER = re.compile(NUMBER)
_LONGEST = 18


def parse_decimal(text: str) -> Decimal:
    """The exact decimal written in ``text``. Raises ValueError with a plain sentence for any other spelling."""
    if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        return Decimal(text)
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    raise ValueError(
        f"{shown!r} is not a plain decimal number: write digits 0-9, with a point only between two digits, such as 0.5"
    )


def plain(value: Decimal) -> str:
    """``value`` without exponent and without trailing zeros: the one printed form of a number."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded_down(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` that is not above ``value``; both at least zero, ``step`` above zero."""
    if not (value.is_finite() and step.is_finite() and value >= 0 and step > 0):
        raise ValueError(f"cannot round {value} down to steps of {step}")
    return (value / step).to_integral_value(rounding=ROUND_DOWN) * step
