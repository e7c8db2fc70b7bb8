"""Pieces that exist: counted by hand, always rounded down, never more than a person would believe."""

from decimal import Decimal

import pytest

from tests.unit.made_up import library, mg, protocol, quantity
from titrant.pathway.case import ProductChoice
from titrant.pathway.deliver import supply_of
from titrant.terms.errors import CaseFileError


def supply(family="solution", strength="10 mg/mL", content=""):
    return supply_of(ProductChoice(family=family, strength=quantity(strength), content=content), protocol(), library())


SOLUTION, STRONGER = supply(), supply(strength="25 mg/mL")
CAPSULE = supply("capsule", "12.5 mg")
TROCHE = supply("troche", "50 mg", "base")
SALT = supply("troche", "10 mg", "hydrochloride")  # 10 mg of salt hold 7.5 mg of base: 3 to 4 in these products


@pytest.mark.parametrize(
    ("product", "dose", "pieces", "held"),
    [
        (SOLUTION, "10", "1", "10"), (SOLUTION, "10.9", "1", "10"), (SOLUTION, "11", "1.1", "11"),
        (SOLUTION, "0.999", "0", "0"),
        (SOLUTION, "1", "0.1", "1"), (STRONGER, "10", "0.4", "10"), (STRONGER, "9.9", "0.3", "7.5"),
        (CAPSULE, "12.5", "1", "12.5"), (CAPSULE, "24.999", "1", "12.5"), (CAPSULE, "25", "2", "25"),
        (CAPSULE, "12", "0", "0"),
        (TROCHE, "12.5", "0.25", "12.5"), (TROCHE, "37.4", "0.5", "25"), (TROCHE, "100", "2", "100"),
        (TROCHE, "12", "0", "0"),
        (SALT, "7.5", "1", "7.5"), (SALT, "10", "1.25", "9.375"), (SALT, "1.875", "0.25", "1.875"),
        (SALT, "1.874", "0", "0"),
    ],
)  # fmt: skip
def test_a_dose_becomes_the_largest_pieces_that_do_not_exceed_it(product, dose, pieces, held):
    assert product.pieces_for(mg(dose)) == Decimal(pieces)
    assert product.dose_of(Decimal(pieces)) == mg(held)
    assert product.dose_of(Decimal(pieces)) <= mg(dose)


def test_the_base_in_the_smallest_part_is_cut_down_and_every_dose_is_a_multiple_of_it():
    assert SALT.dose_of(Decimal("0.25")) == mg("1.875")
    assert SALT.dose_of(Decimal("0.75")) == mg("5.625")


@pytest.mark.parametrize(
    ("product", "pieces", "too_many"),
    [
        (CAPSULE, "4", False), (CAPSULE, "4.001", True), (CAPSULE, "5", True), (SOLUTION, "10", False),
        (SOLUTION, "10.1", True), (TROCHE, "4", False), (TROCHE, "4.25", True),
    ],
)  # fmt: skip
def test_more_pieces_than_believable_are_too_many(product, pieces, too_many):
    assert product.too_many(Decimal(pieces)) is too_many


def test_a_regimen_holds_what_the_pieces_hold():
    regimen = CAPSULE.regimen(mg("30"), 3, 5)
    assert (regimen.dose, regimen.pieces, regimen.piece_unit) == (mg("25"), Decimal(2), "capsule")
    assert (regimen.times_per_day, regimen.days_per_week, regimen.route) == (3, 5, "oral")
    assert regimen.product == "Made-up capsule 12.5 mg"
    assert (regimen.daily, regimen.weekly) == (mg("75"), mg("375"))


def test_there_is_no_regimen_where_not_even_the_smallest_part_fits():
    assert CAPSULE.regimen(mg("12.499"), 3, 7) is None
    assert SOLUTION.regimen(mg("0"), 3, 7) is None


def test_the_unit_of_a_piece_and_the_name_of_a_product():
    assert [one.piece_unit for one in (SOLUTION, CAPSULE, TROCHE)] == ["mL", "capsule", "troche"]
    assert TROCHE.name == "Made-up troche 50 mg"
    assert SALT.name == "Made-up troche 10 mg, labelled as hydrochloride"


def test_without_a_choice_the_protocols_own_product_is_taken():
    own = supply_of(None, protocol(), library())
    assert (own.product.id, str(own.strength), own.base_mg) == ("solution", "10 mg/mL", 10)


def test_what_the_label_counts_follows_the_product_file_unless_it_is_said():
    assert supply("troche", "10 mg").base_mg == Decimal("7.5")
    assert supply("troche", "10 mg", "base").base_mg == 10
    assert supply("capsule", "10 mg", "hydrochloride").base_mg == Decimal("7.5")


@pytest.mark.parametrize(
    ("family", "strength", "place", "fault"),
    [
        ("syrup", "10 mg/mL", "family", "'syrup' is not a product of the protocol made-up: solution, capsule, troche."),
        ("solution", "11 mg/mL", "strength",
         "11 mg/mL is not a listed strength of Made-up solution: 10 mg/mL, 25 mg/mL."),
        ("solution", "10 mg", "strength", "10 mg is not a listed strength of Made-up solution: 10 mg/mL, 25 mg/mL."),
        ("capsule", "0.01 g", "strength", "0.01 g is not a listed strength of Made-up capsule: 10 mg, 12.5 mg."),
    ],
)  # fmt: skip
def test_a_product_that_is_not_listed_is_refused_with_those_that_are(family, strength, place, fault):
    with pytest.raises(CaseFileError) as refused:
        supply(family, strength)
    error = refused.value
    assert (error.place, error.fault) == (f"product.{place}", fault)
    assert error.why
    assert error.repair.startswith("Choose")
