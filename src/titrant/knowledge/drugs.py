"""From a drug as it is written to a drug that is known: by RxNorm code, ATC code, name, spelling or words in a text.

An ATC code that is not in the table is matched by its classes only through the interaction files' prefixes. What
matches nothing is not recognised, and what is not recognised is not checked.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct


class Drug(Struct, frozen=True):
    """One row of the drug table."""

    name: str
    rxcui: str
    atc: tuple[str, ...]
    classes: tuple[str, ...]


class Match(Struct, frozen=True):
    """A recognised drug and how it was recognised."""

    drug: Drug
    how: str  # "RxNorm code", "ATC code", "name", "spelling", "matched by name"


class Product(Struct, frozen=True):
    """One ingredient of a coded product."""

    ingredient: str
    strength: str
    dose_form: str


class DrugTable:
    """All known drugs. Built once from the tables; looking up never guesses."""

    def __init__(self, tables: Iterable[str], variants: Mapping[str, tuple[str, ...]], products: str = "") -> None:
        self.drugs: dict[str, Drug] = {}
        for table in tables:
            for row in csv.DictReader(io.StringIO(table)):
                self._add(row)
        self._variants = {plain_name(variant): name for name, several in variants.items() for variant in several}
        self._by_rxcui = {drug.rxcui: drug for drug in self.drugs.values() if drug.rxcui}
        self._by_atc = {code: drug for drug in self.drugs.values() for code in drug.atc}
        self._by_name = {plain_name(name): drug for name, drug in self.drugs.items()}
        self._products_csv = products

    def _add(self, row: Mapping[str, str]) -> None:
        # A drug that stands in two tables keeps the codes of both: countries file some drugs in different places.
        before = self.drugs.get(row["name"])
        atc = tuple(filter(None, row["atc"].split("|")))
        classes = tuple(filter(None, row["classes"].split(";")))
        self.drugs[row["name"]] = Drug(
            row["name"],
            row["rxcui"] or (before.rxcui if before else ""),
            tuple(dict.fromkeys((*(before.atc if before else ()), *atc))),
            tuple(dict.fromkeys((*(before.classes if before else ()), *classes))),
        )

    def resolve(self, name: str = "", rxnorm: str = "", atc: str = "") -> Match | None:
        """The one drug that the codes and the name agree on. None if unknown, or if code and name contradict."""
        if self.conflict(name, rxnorm, atc):
            return None
        by_code, by_name = self._by_code(rxnorm, atc), self.named(name)
        if by_code is None:
            # A code nobody here knows, beside a name that is known, may be a product: the name decides.
            return by_name
        return by_code

    def conflict(self, name: str = "", rxnorm: str = "", atc: str = "") -> bool:
        """Whether the codes and the words name different drugs."""
        coded = {one.name for one in (self._by_rxcui.get(rxnorm), self._by_atc.get(atc)) if one}
        if len(coded) != 1:
            return len(coded) > 1  # two codes for two drugs; without any code there is nothing to contradict
        exact = self.named(name)
        written = {one.drug.name for one in ((exact,) if exact else self.in_text(name))}
        return bool(written) and not coded <= written

    def named(self, name: str) -> Match | None:
        """The drug of exactly this name or known spelling."""
        sought = plain_name(name)
        if not sought:
            return None
        if sought in self._by_name:
            return Match(self._by_name[sought], "name")
        if sought in self._variants and self._variants[sought] in self.drugs:
            return Match(self.drugs[self._variants[sought]], "spelling")
        return None

    def in_text(self, text: str) -> tuple[Match, ...]:
        """Every drug whose name or spelling stands as whole words in ``text``, longest names first."""
        rest, found = f" {plain_name(text)} ", []
        for spelling in self._spellings:
            if spelling in rest:
                word = spelling.strip()
                found.append(self._by_name.get(word) or self.drugs[self._variants[word]])
                rest = rest.replace(spelling, " | ")
        return tuple(Match(drug, "matched by name") for drug in dict.fromkeys(found))

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Words of ``text`` that are neither a known drug nor a form, a salt or a strength."""
        rest = f" {plain_name(text)} "
        for spelling in self._spellings:
            rest = rest.replace(spelling, " ")
        words = (word for word in rest.split() if word.isalpha() and len(word) > _SHORT)
        return tuple(word for word in words if word not in _FORM_WORDS)

    def resolve_product(self, rxnorm: str) -> tuple[Product, ...]:
        """The ingredients of a coded opioid product; empty for an unknown code."""
        return self._products.get(rxnorm, ())

    def _by_code(self, rxnorm: str, atc: str) -> Match | None:
        by_rxnorm, by_atc = self._by_rxcui.get(rxnorm), self._by_atc.get(atc)
        if by_rxnorm:
            return Match(by_rxnorm, "RxNorm code")
        return Match(by_atc, "ATC code") if by_atc else None

    @cached_property
    def _spellings(self) -> list[str]:
        """Every name and spelling between spaces, the longest first."""
        known = {**self._variants, **dict.fromkeys(self._by_name)}
        there = sorted((s for s in known if s in self._by_name or known[s] in self.drugs), key=len, reverse=True)
        return [f" {one} " for one in there]

    @cached_property
    def _products(self) -> dict[str, tuple[Product, ...]]:
        found: dict[str, tuple[Product, ...]] = {}
        for row in csv.DictReader(io.StringIO(self._products_csv)):
            part = Product(row["ingredient"], row["strength"], row["dose_form"])
            found[row["product_rxcui"]] = (*found.get(row["product_rxcui"], ()), part)
        return found


_SHORT = 3
# Words on a label that name no drug: forms, salts, release, patterns.
_FORM_WORDS = frozenset(
    """
    tablet tablets capsule capsules caplet oral solution suspension syrup drops elixir injection injectable patch
    patches transdermal system cream ointment spray nasal inhaler lozenge troche film coated chewable dispersible
    disintegrating effervescent extended prolonged modified sustained slow release retard delayed immediate long
    acting hour hours week daily weekly night morning dose doses pack each every hydrochloride sulfate sulphate
    sodium potassium calcium magnesium acetate citrate maleate mesylate mesilate besylate besilate tartrate
    bitartrate succinate fumarate phosphate hydrobromide bromide chloride nitrate palmitate decanoate enanthate
    dihydrate monohydrate hemihydrate acid base salt salts tabs caps strength forte
    """.split()  # noqa: SIM905 - one word for one word, as on a label
)
_APOSTROPHES = re.compile("[’‘`´']")
_SEPARATORS = re.compile(r"[\s/,;()\[\]+.®™-]+")


def plain_name(name: str) -> str:
    """``name`` in lower case, with apostrophes gone and separators as single spaces."""
    return _SEPARATORS.sub(" ", _APOSTROPHES.sub("", name.casefold())).strip()
