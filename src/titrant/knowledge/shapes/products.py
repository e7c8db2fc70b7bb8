"""What the pharmacy makes: forms, strengths, how a piece can be divided, salt or base."""

from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.shapes.common import Code, Header, Sourced, check_mass, part_in
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Status


class Form(StrEnum):
    CAPSULE = "capsule"
    TROCHE = "troche"
    SOLUTION = "oral solution"


class Content(StrEnum):
    """What the labelled strength counts: ketamine base, or its hydrochloride, which weighs more."""

    BASE = "base"
    HYDROCHLORIDE = "hydrochloride"


class Strengths(Struct, frozen=True, forbid_unknown_fields=True):
    values: tuple[Quantity, ...]  # mg a piece, or mg/mL
    source: str
    status: Status
    note: str = ""


class Product(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A family of products that differ only in strength."""

    form: Form
    route: str  # oral (swallowed) or troche (held in the mouth)
    strengths: Strengths
    smallest_part: Sourced[str]  # of a piece: "1", "1/2", "1/4"; of a solution: the smallest volume, "0.1 mL"
    most_pieces: Sourced[int]  # pieces or mL at one time beyond which a dose is taken for a mistake
    content: Sourced[Content]
    dose_form: Code | None = None  # SNOMED CT
    how_to: str = ""  # which education text tells how to take it, where it is not a protocol's own product
    storage: str = ""  # how to keep it, as the person reads it
    warning: str = ""

    def __post_init__(self) -> None:
        fluid = self.form is Form.SOLUTION
        for strength in self.strengths.values:
            if fluid and (strength.dimension != "strength" or not strength.value > 0):
                raise ValueError(f"{strength} is no strength of a solution: write a number above 0 and mg/mL")
            if not fluid:
                check_mass(strength)
        if self.part <= 0 or self.most_pieces.value < 1:
            raise ValueError("'smallest_part' must be above 0, and 'most_pieces' at least 1")

    @property
    def part(self) -> Fraction:
        """The smallest part as a share of a piece, or in mL."""
        written = self.smallest_part.value
        if self.form is Form.SOLUTION:
            return Fraction(Quantity.parse(written).to("mL").value)
        return part_in(written)


class SaltFactor(Header, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much hydrochloride holds how much base."""

    base: Quantity
    hydrochloride: Quantity
    source: str
    status: Status

    def __post_init__(self) -> None:
        check_mass(self.base)
        check_mass(self.hydrochloride)
