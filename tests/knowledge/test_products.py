"""A product says what one piece holds, in units that can be added up, or it is refused."""

from fractions import Fraction

import msgspec
import pytest

from titrant.knowledge.library import Library, shaped
from titrant.knowledge.shapes.common import DoseLimit
from titrant.knowledge.shapes.products import Content, Product, SaltFactor
from titrant.knowledge.shapes.protocols import Rung
from titrant.pathway.case import ProductChoice
from titrant.pathway.deliver import supply_of
from titrant.terms.errors import KnowledgeError
from titrant.terms.quantity import Quantity


def changed(library: Library, name: str, part: str, value: object) -> Product:
    tree = library.trees[f"products/{name}.yaml"]
    key = "values" if part == "strengths" else "value"
    return shaped(tree | {part: tree[part] | {key: value}}, Product, name)


BAD = [
    ("capsule", "strengths", ["0 mg"]),
    ("capsule", "strengths", ["10 mg", "-5 mg"]),
    ("capsule", "strengths", ["10 mg/mL"]),
    ("capsule", "strengths", ["1 kg"]),
    ("troche-quarters", "strengths", ["10 %"]),
    ("oral-solution-10", "strengths", ["10 mg"]),
    ("oral-solution-10", "strengths", ["0 mg/mL"]),
    ("capsule", "smallest_part", "0"),
    ("capsule", "smallest_part", "1/0"),
    ("capsule", "smallest_part", "-1/2"),
    ("capsule", "smallest_part", "2"),
    ("capsule", "smallest_part", "3/2"),
    ("capsule", "smallest_part", "half"),
    ("capsule", "smallest_part", ""),
    ("oral-solution-10", "smallest_part", "0 mL"),
    ("oral-solution-10", "smallest_part", "-0.1 mL"),
    ("oral-solution-10", "smallest_part", "0.1 mg"),
    ("oral-solution-10", "smallest_part", "1/2"),
    ("capsule", "most_pieces", 0),
    ("capsule", "most_pieces", -4),
]


@pytest.mark.parametrize(("name", "part", "value"), BAD)
def test_a_product_that_cannot_be_counted_is_refused(library: Library, name: str, part: str, value: object) -> None:
    with pytest.raises(KnowledgeError):
        changed(library, name, part, value)


@pytest.mark.parametrize(
    ("name", "strength", "mg"),
    [("capsule", "2.5 g", 2500), ("capsule", "500 µg", Fraction(1, 2)), ("oral-solution-10", "10 mg/mL", 10)],
)
def test_a_piece_is_counted_in_milligrams_whatever_its_unit(
    library: Library, name: str, strength: str, mg: Fraction
) -> None:
    product = changed(library, name, "strengths", [strength])
    other = Library(library.trees, library.tables, library.approvals)
    other.__dict__["products"] = library.products | {name: product}
    choice = ProductChoice(family=name, strength=Quantity.parse(strength), content=Content.BASE)
    assert supply_of(choice, library.protocols["oral-guideline"], other).base_mg == mg


def test_the_salt_is_counted_in_milligrams(library: Library) -> None:
    tree = library.trees["salt/salt.yaml"]
    for bad in ("0 mg", "-1 mg", "1 mL"):
        with pytest.raises(KnowledgeError):
            shaped(tree | {"base": bad}, SaltFactor, "salt")


BAD_SHARES = ["abc", "1/0", "0", "0/1", "-1", "1e-1", "0.5", " 1/2", "1/2 ", "١/٢", "1/2/3", "3/2", "2"]


@pytest.mark.parametrize("share", BAD_SHARES)
def test_a_share_that_is_no_fraction_is_refused(share: str) -> None:
    with pytest.raises(KnowledgeError):
        shaped({"share": share}, DoseLimit, "limit")


@pytest.mark.parametrize("share", BAD_SHARES)
def test_after_missed_days_the_dose_is_a_part_of_the_last(library: Library, share: str) -> None:
    rungs = library.trees["protocols/oral-guideline/1.yaml"]["missed_doses"]
    lowered = next(rung for rung in rungs if rung.get("share"))
    with pytest.raises(KnowledgeError):
        shaped(lowered | {"share": share}, Rung, "rung")


@pytest.mark.parametrize("most", ["0 mg", "-5 mg", "5 mL"])
def test_a_limit_is_a_mass_above_zero(most: str) -> None:
    with pytest.raises(KnowledgeError):
        shaped({"at_most": most}, DoseLimit, "limit")


def test_what_is_shipped_is_countable(library: Library) -> None:
    for product in library.products.values():
        assert msgspec.structs.replace(product).part > 0
