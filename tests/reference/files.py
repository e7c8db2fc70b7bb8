"""The knowledge files, opened with a plain YAML reader and a plain CSV reader. Nothing of Titrant is used."""

import csv
import re
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

Tree = dict[str, Any]
_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?) ?(\D.*)")
# How many of the first unit of its row one of each unit is.
_SIZES = {
    "mg": 1, "g": 1000, "µg": Fraction(1, 1000), "ug": Fraction(1, 1000),
    "kg": 1, "lb": Fraction("0.45359237"),
    "days": 1, "weeks": 7,
}  # fmt: skip


@lru_cache(maxsize=20_000)
def amount(text: str) -> tuple[Fraction, str]:
    """``10 mg`` as (10, "mg"), with grams, pounds and weeks told in the first unit of their kind."""
    found = _AMOUNT.fullmatch(text)
    assert found, text
    number, unit = Fraction(found[1]), found[2]
    if unit in ("mg", "g", "µg", "ug"):
        return number * _SIZES[unit], "mg"
    if unit in ("kg", "lb"):
        return number * _SIZES[unit], "kg"
    if unit in ("days", "weeks"):
        return number * _SIZES[unit], "days"
    return number, unit


def size(text: str) -> Fraction:
    return amount(text)[0]


def word(value: Any) -> str:
    """A word of the files: the plain YAML reader takes an unquoted yes for true."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)


class Files:
    """What stands in the files, by folder and name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _all(self, kind: str) -> list[Tree]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        paths = sorted((self._folder / kind).rglob("*.yaml"))
        return [yaml.load(path.read_text(encoding="utf-8"), loader) for path in paths]  # noqa: S506 - a safe loader

    def _by_id(self, kind: str) -> dict[str, Tree]:
        return {tree["id"]: tree for tree in self._all(kind)}

    @cached_property
    def protocols(self) -> dict[str, Tree]:
        return self._by_id("protocols")

    @cached_property
    def products(self) -> dict[str, Tree]:
        return self._by_id("products")

    @cached_property
    def interactions(self) -> list[Tree]:
        return self._all("interactions")

    @cached_property
    def conditions(self) -> list[Tree]:
        return self._all("conditions")

    @cached_property
    def holds(self) -> dict[str, Fraction]:
        """For how many days a reading or an answer may be relied on."""
        facts = self._all("facts")[0]["facts"]
        return {name: size(one["holds"]["value"]) for name, one in facts.items() if "holds" in one}

    @cached_property
    def salt(self) -> Fraction:
        """The share of base in hydrochloride."""
        tree = self._all("salt")[0]
        return size(tree["base"]) / size(tree["hydrochloride"])

    @cached_property
    def drugs(self) -> dict[str, Tree]:
        """Drugs by name; a drug of two tables has the codes and classes of both."""
        found: dict[str, Tree] = {}
        for name in ("additional_drugs.csv", "drugs.csv"):
            with (self._folder / "drugs" / name).open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    one = found.setdefault(row["name"], {"name": row["name"], "rx": "", "atc": [], "classes": []})
                    one["rx"] = one["rx"] or row["rxcui"]
                    one["atc"] += [code for code in row["atc"].split("|") if code]
                    one["classes"] += [kind for kind in row["classes"].split(";") if kind]
        return found

    @cached_property
    def spellings(self) -> dict[str, str]:
        others = {folded(one): name for name, several in self.written_spellings.items() for one in several}
        return others | {folded(name): name for name in self.drugs}

    @cached_property
    def written_spellings(self) -> dict[str, list[str]]:
        """Other spellings and brands of each drug, as they are written."""
        variants = self._all("drugs")[0]["variants"]
        return {name: several for name, several in variants.items() if name in self.drugs}

    @cached_property
    def longest_first(self) -> list[str]:
        return sorted(self.spellings, key=len, reverse=True)

    @cached_property
    def by_rx(self) -> dict[str, str]:
        return {one["rx"]: name for name, one in self.drugs.items() if one["rx"]}

    @cached_property
    def by_atc(self) -> dict[str, str]:
        return {code: name for name, one in self.drugs.items() for code in one["atc"]}


def folded(name: str) -> str:
    """A drug's name without capitals, apostrophes and marks between words."""
    bare = re.sub("[’‘`´']", "", name.casefold())
    return " ".join(re.sub(r"[/,;()\[\]+.®™-]", " ", bare).split())
