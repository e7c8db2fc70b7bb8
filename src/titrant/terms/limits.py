"""Bounds and the values that remember them.

Every bound is closed and written ``lo <= x <= hi``, so that a value that cannot be compared is refused.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, structs

from titrant.terms.dose import Dose
from titrant.terms.reason import Reason


class Range(Struct, frozen=True):
    """A closed range of exact decimals in one unit."""

    lo: Decimal
    hi: Decimal

    def __post_init__(self) -> None:
        if not (self.lo.is_finite() and self.hi.is_finite() and self.lo <= self.hi):
            raise ValueError(f"a range needs finite bounds, the lower first; got {self.lo} to {self.hi}")

    def __contains__(self, value: Decimal) -> bool:
        return value.is_finite() and self.lo <= value <= self.hi


class Standing(StrEnum):
    USUAL = "usual"  # say nothing
    UNUSUAL = "unusual"  # say so, ask for a reason, allow
    BEYOND_HARD = "beyond hard"  # refuse


class Guardrail(Struct, frozen=True):
    """Two nested ranges: outside ``usual`` a reason is asked, outside ``hard`` the value is refused."""

    usual: Range
    hard: Range

    def __post_init__(self) -> None:
        if not (self.hard.lo <= self.usual.lo and self.usual.hi <= self.hard.hi):
            raise ValueError(f"the usual range {self.usual} must lie inside the hard range {self.hard}")

    def standing(self, value: Decimal) -> Standing:
        if value not in self.hard:
            return Standing.BEYOND_HARD
        return Standing.USUAL if value in self.usual else Standing.UNUSUAL


class Limited(Struct, frozen=True):
    """A dose after limits: what was asked, what is allowed, and every limit that cut it, in order."""

    asked: Dose
    value: Dose
    limits: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, asked: Dose) -> "Limited":
        return cls(asked, asked)

    def at_most(self, cap: Dose, why: Reason) -> "Limited":
        """This dose, cut to ``cap`` and remembering ``why`` if it was above. Never raises the dose."""
        if self.value <= cap:
            return self
        return structs.replace(self, value=cap, limits=(*self.limits, why))

    @property
    def binding(self) -> Reason | None:
        """The limit that set the final value, or None where nothing cut it."""
        return self.limits[-1] if self.limits else None
