"""From a wanted dose to pieces that exist: always rounded down, never up, and never more pieces than is believable."""

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.products import Content, Form, Product
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.case import ProductChoice
from titrant.terms.dose import NO_DOSE, Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.quantity import Quantity
from titrant.terms.regimen import Regimen

_THOUSANDTH = Decimal("0.001")


class Supply(Struct, frozen=True):
    """A product in the hand: its family, labelled strength, what the label counts, and the smallest part of it."""

    product: Product
    strength: Quantity  # mg a piece, or mg/mL, as labelled
    content: Content
    base_mg: Fraction  # mg of ketamine base in one piece or one mL
    smallest_part: Decimal  # of a piece, or mL
    part_mg: Decimal  # what the smallest part is counted as; see counted_part

    @property
    def piece_unit(self) -> str:
        return "mL" if self.product.form is Form.SOLUTION else self.product.form.value

    @property
    def name(self) -> str:
        salt = "" if self.content is Content.BASE else ", labelled as hydrochloride"
        # Some titles carry the strength, because the two solutions are too easily mixed up.
        strength = "" if str(self.strength) in self.product.title else f" {self.strength}"
        return f"{self.product.title}{strength}{salt}"

    def dose_of(self, pieces: Decimal) -> Dose:
        """The base in so many pieces, counted by smallest parts."""
        return Dose(self.part_mg * (pieces / self.smallest_part))

    def pieces_for(self, dose: Dose) -> Decimal:
        """The largest number of deliverable pieces that holds no more than ``dose``; zero if none does."""
        if not self.part_mg > 0:
            return Decimal(0)
        return (dose.mg // self.part_mg) * self.smallest_part

    @property
    def largest_dose(self) -> Dose:
        """The dose in as many pieces as may be taken at one time."""
        return self.dose_of(Decimal(self.product.most_pieces.value))

    def too_many(self, pieces: Decimal) -> bool:
        """Whether so many pieces at one time would be taken for a mistake."""
        return not pieces <= Decimal(self.product.most_pieces.value)

    def regimen(self, dose: Dose, times_per_day: int, days_per_week: int) -> Regimen | None:
        """The nearest regimen that is not above ``dose``; None where not even the smallest part fits."""
        pieces = self.pieces_for(dose)
        held = self.dose_of(pieces)
        if held == NO_DOSE:
            return None
        product = self.product
        return Regimen(product.route, self.name, held, times_per_day, days_per_week, pieces, self.piece_unit)


def supply_of(choice: ProductChoice | None, protocol: Protocol, library: Library) -> Supply:
    """The chosen product, or the protocol's own. Raises CaseFileError for one that this protocol does not use."""
    family = choice.family if choice else protocol.default_product
    if family not in protocol.products or family not in library.products:
        raise CaseFileError(
            "product.family",
            f"{family!r} is not a product of the protocol {protocol.id}: {', '.join(protocol.products)}.",
            "A dose is bound to the form that it was chosen for; there is no conversion between forms.",
            "Choose one of these products, or another protocol.",
        )
    product = library.products[family]
    strength = choice.strength if choice else protocol.default_strength
    if strength not in product.strengths.values:
        known = ", ".join(str(one) for one in product.strengths.values)
        raise CaseFileError(
            "product.strength",
            f"{strength} is not a listed strength of {product.title}: {known}.",
            "An unlisted strength is most often a slip of a digit.",
            "Choose a listed strength; a clinic may add others in its own folder.",
        )
    content = Content(choice.content) if choice and choice.content else product.content.value
    base, part = _base_mg(strength, content, library), _part(product)
    return Supply(product, strength, content, base, part, counted_part(base, part))


def counted_part(base_mg: Fraction, smallest_part: Decimal) -> Decimal:
    """What the smallest part is counted as: its base in mg, cut down to a thousandth of a milligram.

    Every dose is a whole number of these parts, so that two parts are exactly twice one.
    """
    exact = base_mg * Fraction(smallest_part)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(_THOUSANDTH, ROUND_DOWN)


def _base_mg(strength: Quantity, content: Content, library: Library) -> Fraction:
    labelled = Fraction(strength.to("mg/mL" if strength.dimension == "strength" else "mg").value)
    if content is Content.BASE:
        return labelled
    salt = library.salt
    return labelled * Fraction(salt.base.to("mg").value) / Fraction(salt.hydrochloride.to("mg").value)


def _part(product: Product) -> Decimal:
    part = product.part
    return Decimal(part.numerator) / Decimal(part.denominator)
