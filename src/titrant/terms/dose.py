"""A dose of ketamine: exact milligrams of ketamine base, never negative, never a float."""

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import NoReturn

from titrant.terms.numbers import plain
from titrant.terms.quantity import Quantity

_FINEST = Decimal("0.001")


class Dose:
    """An amount of drug given at one time, in mg. Finite and at least zero, or ValueError. Immutable.

    A plain class, because a dose is written as text (``10 mg``) wherever it is read or stored.
    """

    __slots__ = ("mg",)
    mg: Decimal

    def __init__(self, mg: Decimal) -> None:
        if not isinstance(mg, Decimal) or not mg.is_finite() or not mg >= 0:
            raise ValueError(f"a dose must be zero or more milligrams as an exact decimal; got {mg!r}")
        object.__setattr__(self, "mg", mg)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a dose does not change; {name} cannot be set")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dose) and self.mg == other.mg

    def __hash__(self) -> int:
        return hash(self.mg)

    def __lt__(self, other: "Dose") -> bool:
        return self.mg < other.mg

    def __le__(self, other: "Dose") -> bool:
        return self.mg <= other.mg

    def __repr__(self) -> str:
        return f"Dose({plain(self.mg)} mg)"

    @classmethod
    def of(cls, quantity: Quantity) -> "Dose":
        """The dose that a quantity of drug mass names; ValueError for any other dimension."""
        return cls(quantity.to("mg").value)

    @classmethod
    def parse(cls, text: str) -> "Dose":
        return cls.of(Quantity.parse(text))

    @classmethod
    def per_kg(cls, mg_per_kg: Decimal, weight_kg: Decimal) -> "Dose":
        """``mg_per_kg`` times ``weight_kg``, cut down to a thousandth of a milligram."""
        return cls((mg_per_kg * weight_kg).quantize(_FINEST, rounding=ROUND_DOWN))

    def times(self, share: Fraction) -> "Dose":
        """This share of the dose, cut down (never up) to a thousandth of a milligram."""
        exact = Fraction(self.mg) * share
        thousandths = exact.numerator * 1000 // exact.denominator
        return Dose(Decimal(thousandths).scaleb(-3))

    def __str__(self) -> str:
        return f"{plain(self.mg)} mg"


NO_DOSE = Dose(Decimal(0))
