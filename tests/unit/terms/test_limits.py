"""Bounds are closed, a value that cannot be compared is outside, and a limited dose remembers what cut it."""

from decimal import Decimal

import pytest

from titrant.terms.dose import Dose
from titrant.terms.limits import Guardrail, Limited, Range, Standing
from titrant.terms.reason import Reason


def between(lo: str, hi: str) -> Range:
    return Range(Decimal(lo), Decimal(hi))


def mg(text: str) -> Dose:
    return Dose(Decimal(text))


@pytest.mark.parametrize(
    ("value", "inside"),
    [("5", True), ("5.000", True), ("4.999", False), ("10", True), ("10.001", False), ("7", True), ("NaN", False),
     ("sNaN", False), ("Infinity", False), ("-Infinity", False), ("-7", False)],
)  # fmt: skip
def test_both_ends_of_a_range_belong_to_it(value, inside):
    assert (Decimal(value) in between("5", "10")) is inside


def test_a_range_may_be_one_value():
    assert Decimal(5) in between("5", "5")
    assert Decimal("5.001") not in between("5", "5")


@pytest.mark.parametrize(
    ("lo", "hi"), [("10", "5"), ("5.001", "5"), ("NaN", "5"), ("5", "NaN"), ("-Infinity", "5"), ("5", "Infinity")]
)
def test_a_range_needs_finite_bounds_the_lower_first(lo, hi):
    with pytest.raises(ValueError, match=f"^a range needs finite bounds, the lower first; got {lo} to {hi}$"):
        between(lo, hi)


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        ("0.999", Standing.BEYOND_HARD), ("1", Standing.UNUSUAL), ("4.999", Standing.UNUSUAL), ("5", Standing.USUAL),
        ("10", Standing.USUAL), ("10.001", Standing.UNUSUAL), ("60", Standing.UNUSUAL),
        ("60.001", Standing.BEYOND_HARD),
        ("NaN", Standing.BEYOND_HARD),
    ],
)  # fmt: skip
def test_a_guardrail_tells_usual_unusual_and_beyond(value, standing):
    assert Guardrail(between("5", "10"), between("1", "60")).standing(Decimal(value)) is standing


def test_a_guardrail_may_have_equal_ranges():
    same = Guardrail(between("1", "60"), between("1", "60"))
    assert same.standing(Decimal(60)) is Standing.USUAL
    assert same.standing(Decimal(61)) is Standing.BEYOND_HARD


@pytest.mark.parametrize(("lo", "hi"), [("0.999", "10"), ("5", "60.001"), ("0", "100")])
def test_the_usual_range_lies_inside_the_hard_one(lo, hi):
    with pytest.raises(ValueError, match=r"^the usual range .* must lie inside the hard range .*$"):
        Guardrail(between(lo, hi), between("1", "60"))


def test_a_dose_under_a_cap_is_left_alone():
    limited = Limited.of(mg("10"))
    assert limited.asked == mg("10")
    assert limited.value == mg("10")
    assert limited.limits == ()
    assert limited.binding is None
    assert limited.at_most(mg("10"), Reason("cap", "r")) is limited
    assert limited.at_most(mg("11"), Reason("cap", "r")) is limited


def test_a_dose_above_a_cap_is_cut_and_remembers_every_cut_in_order():
    first, second = Reason("first", "r"), Reason("second", "r")
    limited = Limited.of(mg("30")).at_most(mg("20"), first).at_most(mg("9.999"), second).at_most(mg("15"), first)
    assert limited.asked == mg("30")
    assert limited.value == mg("9.999")
    assert limited.limits == (first, second)
    assert limited.binding == second


def test_the_words_for_a_standing():
    assert [one.value for one in Standing] == ["usual", "unusual", "beyond hard"]


@pytest.mark.parametrize(
    ("held", "field"),
    [
        (between("1", "2"), "hi"),
        (Guardrail(between("1", "2"), between("1", "2")), "hard"),
        (Limited.of(mg("1")), "value"),
    ],
)
def test_a_bound_does_not_change(held, field):
    with pytest.raises(AttributeError, match="immutable"):
        setattr(held, field, None)
