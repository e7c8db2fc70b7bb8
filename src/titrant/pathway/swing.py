"""Change after a dose step against the person's own natural swing: an interval, not a bare difference.

For two stretches of days with means m1 and m2 the change is m1 - m2 (a fall in pain is positive). Its error is

    se = s * sqrt(k * (1/n1 + 1/n2)),   k = (1 + r) / (1 - r)

where s is the pooled day-to-day standard deviation within the two stretches, n1 and n2 their numbers of days, and r how
much of one day carries over to the next. k is the usual correction of the variance of a mean for an autoregressive
series of order one (general statistical knowledge, unverified here); r and the multiplier of the interval are in the
protocol, marked as proposals. The least swing is that of a scale in whole points, 1/sqrt(12), so that a diary that
never changes does not make a rounding step look certain.
"""

from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.following import Swing
from titrant.terms.numbers import parse_decimal

_HUNDREDTH = Decimal("0.01")
# The standard deviation of rounding to whole points: a property of the scale, not of the person.
_ROUNDING = (Decimal(1) / 12).sqrt()


class Change(Struct, frozen=True):
    """A fall in pain with its interval, and whether the interval leaves no room for chance."""

    fall: Decimal
    lo: Decimal
    hi: Decimal
    days_before: int
    days_after: int

    @property
    def clear(self) -> bool:
        """Whether pain fell by more than the own swing explains."""
        return Decimal(0) < self.lo


def change(before: list[Decimal], after: list[Decimal], swing: Swing) -> Change | None:
    """The change from ``before`` to ``after``, or None where either has too few days to say anything."""
    if not swing.days_each_side.value <= min(len(before), len(after)):
        return None
    carry = parse_decimal(swing.carry_over.value)
    widened = (1 + carry) / (1 - carry)
    spread = max(_pooled(before, after), _ROUNDING)
    error = spread * (widened * (Decimal(1) / len(before) + Decimal(1) / len(after))).sqrt()
    fall = _mean(before) - _mean(after)
    reach = error * parse_decimal(swing.multiplier.value)
    return Change(
        fall.quantize(_HUNDREDTH), (fall - reach).quantize(_HUNDREDTH), (fall + reach).quantize(_HUNDREDTH),
        len(before), len(after),
    )  # fmt: skip


def _mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)


def _pooled(before: list[Decimal], after: list[Decimal]) -> Decimal:
    squares = sum(((value - _mean(part)) ** 2 for part in (before, after) for value in part), Decimal(0))
    return (squares / (len(before) + len(after) - 2)).sqrt()
