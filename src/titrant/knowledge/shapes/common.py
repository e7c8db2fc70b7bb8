"""What all knowledge files share: a header, values that carry their source, and the closed ``when`` language."""

import re
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from msgspec import Struct, field

from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Severity, Status

T = TypeVar("T")


class Sourced(Struct, Generic[T], frozen=True, forbid_unknown_fields=True):
    """A clinical value, where it comes from and how sure it is. ``note`` gives the reasoning of a proposal."""

    value: T
    source: str
    status: Status
    note: str = ""


class Header(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """First lines of every knowledge file. Past ``next_review`` the file stops the proposals that need it."""

    id: str
    title: str
    reviewed_on: date
    next_review: date
    about: str = ""


class When(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A condition over listed facts: one comparison, or ``all`` / ``any`` of several.

    ``is`` is at_least, above, at_most or below (numbers, inclusive where the words say so), or equals / one_of (words).
    """

    fact: str = ""
    comparison: str = field(default="", name="is")
    value: str = ""
    values: tuple[str, ...] = ()
    all: tuple["When", ...] = ()
    any: tuple["When", ...] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.fact, self.all, self.any))) != 1:
            raise ValueError("a condition is one comparison of a fact, or a list under 'all', or a list under 'any'")
        if self.fact and self.comparison not in COMPARISONS:
            raise ValueError(f"'is' must be one of {', '.join(COMPARISONS)}; got {self.comparison!r}")
        if self.fact and bool(self.values) != (self.comparison == "one_of"):
            raise ValueError("'one_of' takes a list under 'values'; every other comparison takes one 'value'")
        if self.fact and self.comparison != "one_of" and not self.value:
            raise ValueError("a comparison needs a 'value'")

    def facts(self) -> tuple[str, ...]:
        """Every fact that this condition reads."""
        if self.fact:
            return (self.fact,)
        return tuple(name for part in (*self.all, *self.any) for name in part.facts())


COMPARISONS = ("at_least", "above", "at_most", "below", "equals", "one_of")


_FRACTION = re.compile(r"([1-9][0-9]{0,2})(?:/([1-9][0-9]{0,2}))?")


def part_in(text: str) -> Fraction:
    """A part of a whole, above 0 and at most 1, such as 1/3. ValueError for anything else."""
    found = _FRACTION.fullmatch(text)
    part = Fraction(int(found[1]), int(found[2] or 1)) if found else Fraction(0)
    if not 0 < part <= 1:
        raise ValueError(f"{text!r} is no part of a whole: write a fraction such as 1/3, above 0 and at most 1")
    return part


def check_mass(dose: Quantity) -> None:
    """ValueError unless ``dose`` is a mass of drug above zero."""
    if dose.dimension != "drug mass" or not dose.value > 0:
        raise ValueError(f"{dose} is no mass of drug: write a number above 0 and mg, g or µg")


class DoseLimit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a finding lowers a start: a cap on the single dose, a share of the usual start, or both."""

    at_most: Quantity | None = None
    share: str = ""  # "1/3"

    def __post_init__(self) -> None:
        if self.at_most is None and not self.share:
            raise ValueError("a limit needs 'at_most' (such as 5 mg) or 'share' (such as 1/3)")
        if self.share:
            part_in(self.share)
        if self.at_most is not None:
            check_mass(self.at_most)


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is found when something applies: its grade, what it bars, what it does to the dose, and its words."""

    code: str
    severity: Severity
    source: str
    status: Status
    clinician: str
    patient: str = ""
    bar: Bar | None = None
    limit: DoseLimit | None = None
    do: str = ""
    note: str = ""

    @property
    def bars(self) -> Bar:
        """What it bars: as written, else what its grade means."""
        return self.bar or _BAR_OF_GRADE[self.severity]


_BAR_OF_GRADE = {
    Severity.STOP: Bar.REFUSES,
    Severity.SPECIALIST: Bar.UNTIL_SETTLED,
    Severity.CAUTION: Bar.NONE,
    Severity.NOTE: Bar.NONE,
    Severity.NOT_CHECKED: Bar.UNTIL_SETTLED,
}


class Band(Rule, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule over measured facts. Bands of a file are judged in order; the first that applies is the finding."""

    when: When


class Code(Struct, frozen=True, forbid_unknown_fields=True):
    """A code and its name in its system, so that a reader can check that they belong together."""

    code: str
    name: str


class Text(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A piece of text with its source."""

    id: str
    text: str
    source: str
    status: Status
    title: str = ""
    patient: str = ""
