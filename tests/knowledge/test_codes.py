"""Codes belong to their names: check digits, and every drug code against the table it was researched in."""

import csv
import re
from pathlib import Path

import pytest

from titrant.knowledge.codes import loinc_is_valid, snomed_is_valid
from titrant.knowledge.library import Library


def codes_in(tree: object) -> list[str]:
    """Every value under a key ``code``, and of every bare list of codes."""
    if isinstance(tree, dict):
        own = [tree["code"]] if isinstance(tree.get("code"), str) else []
        return own + [code for value in tree.values() for code in codes_in(value)]
    if isinstance(tree, list):
        return [code for value in tree for code in codes_in(value)]
    return []


def test_every_loinc_code_passes_its_check_digit(library: Library) -> None:
    found = {code for tree in library.trees.values() for code in codes_in(tree) if re.fullmatch(r"\d+-\d", code)}
    assert len(found) >= 30
    assert {code for code in found if not loinc_is_valid(code)} == set()


def test_every_snomed_code_passes_its_check_digit(library: Library) -> None:
    found = {code for tree in library.trees.values() for code in codes_in(tree) if re.fullmatch(r"\d{6,18}", code)}
    assert len(found) >= 40
    assert {code for code in found if not snomed_is_valid(code)} == set()


@pytest.mark.parametrize("code", ["72514-4", "89794-0", "97546-9", "72514", "-3", "７２５１４-3"])
def test_a_wrong_loinc_code_is_found(code: str) -> None:
    assert not loinc_is_valid(code)


@pytest.mark.parametrize("code", ["373464008", "82423010", "0373464007", "37346400", "abc", ""])
def test_a_wrong_snomed_code_is_found(code: str) -> None:
    assert not snomed_is_valid(code)


def test_any_single_digit_error_in_a_snomed_code_is_found() -> None:
    good = "373464007"
    for place in range(len(good)):
        for digit in set("0123456789") - {good[place]}:
            assert not snomed_is_valid(good[:place] + digit + good[place + 1 :])


def test_any_swap_of_neighbours_in_a_snomed_code_is_found() -> None:
    good = "373464007"
    for place in range(len(good) - 1):
        swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
        assert swapped == good or not snomed_is_valid(swapped)


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def test_every_drug_code_stands_in_the_researched_table_with_its_name(library: Library, shared: Path) -> None:
    researched = rows_of(shared / "data" / "drugs.csv")
    evidence = (shared / "evidence.md").read_text(encoding="utf-8")
    products = (shared / "data" / "opioid_products.csv").read_text(encoding="utf-8")
    for drug in library.drugs.drugs.values():
        row = researched.get(drug.name)
        for code in filter(None, (drug.rxcui, *drug.atc)):
            in_table = row is not None and code in (row["rxcui"], *row["atc"].split("|"))
            named = drug.name.split()[0].casefold()[:6]
            in_text = any(
                code in line and named in line.casefold() for line in (*evidence.splitlines(), *products.splitlines())
            )
            assert in_table or in_text, f"{drug.name}: {code}"


def test_every_drug_of_the_researched_table_is_there_with_its_classes(library: Library, shared: Path) -> None:
    for name, row in rows_of(shared / "data" / "drugs.csv").items():
        drug = library.drugs.drugs[name]
        assert set(filter(None, row["classes"].split(";"))) <= set(drug.classes)
        assert row["rxcui"] in ("", drug.rxcui)


def test_every_opioid_product_of_the_researched_table_is_found(library: Library, shared: Path) -> None:
    with (shared / "data" / "opioid_products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1131
    for row in rows:
        parts = library.drugs.resolve_product(row["product_rxcui"])
        assert row["ingredient"] in {part.ingredient for part in parts}
        assert library.drugs.in_text(row["ingredient"]) or library.drugs.named(row["ingredient"]), row["ingredient"]
