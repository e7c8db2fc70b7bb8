"""A regimen: how much, how often, of which product. Always per dose, per day and per week together."""

from decimal import Decimal

from msgspec import Struct

from titrant.terms.dose import Dose


class Regimen(Struct, frozen=True):
    """A dose and its pattern. ``pieces`` counts what the patient takes each time, in the product's own unit."""

    route: str
    product: str
    dose: Dose
    times_per_day: int
    days_per_week: int
    pieces: Decimal
    piece_unit: str  # "capsule", "troche" or "mL"

    @property
    def daily(self) -> Dose:
        """Dose on a dosing day."""
        return Dose(self.dose.mg * self.times_per_day)

    @property
    def weekly(self) -> Dose:
        return Dose(self.dose.mg * self.times_per_day * self.days_per_week)
