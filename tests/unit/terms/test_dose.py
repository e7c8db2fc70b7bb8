"""A dose is exact, finite, never negative, never a float, and is only ever cut downwards."""

from decimal import Decimal
from fractions import Fraction

import pytest

from titrant.terms.dose import NO_DOSE, Dose
from titrant.terms.quantity import Quantity


def mg(text: str) -> Dose:
    return Dose(Decimal(text))


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("-0.001"), 10, 10.0, "10", None, True]
)
def test_what_is_not_an_exact_amount_is_refused(value):
    with pytest.raises(ValueError, match="a dose must be zero or more milligrams as an exact decimal; got"):
        Dose(value)


def test_the_refusal_shows_the_value():
    with pytest.raises(ValueError, match="dose") as refused:
        Dose(10)
    assert str(refused.value) == "a dose must be zero or more milligrams as an exact decimal; got 10"


def test_nothing_is_a_dose_too():
    assert mg("0") == NO_DOSE
    assert NO_DOSE.mg == 0


def test_a_dose_does_not_change():
    ten = mg("10")
    with pytest.raises(AttributeError, match="a dose does not change; mg cannot be set"):
        ten.mg = Decimal(100)
    assert ten.mg == 10


def test_doses_compare_by_amount():
    assert mg("10") == mg("10.0")
    assert hash(mg("10")) == hash(mg("10.0"))
    assert hash(mg("10")) != hash(mg("11"))
    assert mg("10") != mg("11")
    assert mg("10") != Decimal(10)
    assert mg("9") < mg("10")
    assert not mg("10") < mg("10")
    assert not mg("11") < mg("10")
    assert mg("10") <= mg("10")
    assert mg("9") <= mg("10")
    assert not mg("11") <= mg("10")
    assert mg("11") > mg("10")
    assert mg("10") >= mg("10")
    assert min(mg("10"), mg("9")) == mg("9")


def test_a_dose_is_read_from_any_unit_of_drug_mass():
    assert Dose.parse("10 mg") == mg("10")
    assert Dose.parse("0.5 g") == mg("500")
    assert Dose.parse("500 µg") == mg("0.5")
    assert Dose.of(Quantity(Decimal(2), "g")) == mg("2000")


@pytest.mark.parametrize("text", ["70 kg", "10 mL", "10 mg/mL", "0.25 mg/kg", "30 mg/day", "10 points"])
def test_a_dose_is_not_read_from_another_dimension(text):
    with pytest.raises(ValueError, match="it cannot be read as mg"):
        Dose.parse(text)


@pytest.mark.parametrize("text", ["-10 mg", "10", "NaN mg", "10 mcg", ""])
def test_a_dose_is_not_read_from_anything_else(text):
    with pytest.raises(ValueError, match=r"."):
        Dose.parse(text)


@pytest.mark.parametrize(
    ("per_kg", "kg", "dose"),
    [
        ("0.25", "70", "17.5"),
        ("0.5", "80", "40"),
        ("0.3", "33.333", "9.999"),  # 9.9999: the last figure is cut, not rounded up
        ("0.001", "0.9", "0"),
        ("0.5", "68.0388555", "34.019"),  # 150 lb
    ],
)
def test_a_dose_by_weight_is_cut_down_to_a_thousandth(per_kg, kg, dose):
    assert Dose.per_kg(Decimal(per_kg), Decimal(kg)) == mg(dose)


@pytest.mark.parametrize(
    ("of", "share", "dose"),
    [
        ("10", Fraction(1, 3), "3.333"),
        ("10", Fraction(2, 3), "6.666"),
        ("10", Fraction(1, 2), "5"),
        ("10", Fraction(1), "10"),
        ("10", Fraction(3, 2), "15"),
        ("10", Fraction(0), "0"),
        ("0.001", Fraction(999, 1000), "0"),
        ("25", Fraction(1, 100), "0.25"),
    ],
)
def test_a_share_of_a_dose_is_cut_down_to_a_thousandth(of, share, dose):
    assert mg(of).times(share) == mg(dose)


def test_a_dose_prints_with_its_unit():
    assert str(mg("10.50")) == "10.5 mg"
    assert repr(mg("10.50")) == "Dose(10.5 mg)"
