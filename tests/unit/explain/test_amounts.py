"""Amounts in words, as a prescription and a patient read them."""

from decimal import Decimal

import pytest

from titrant.explain.amounts import number_in_words, pieces_text, regimen_text, times_text
from titrant.terms.dose import Dose
from titrant.terms.regimen import Regimen


@pytest.mark.parametrize(
    ("pieces", "unit", "text"),
    [
        ("0.25", "troche", "a quarter of a troche"), ("0.5", "troche", "half a troche"),
        ("0.75", "troche", "three quarters of a troche"), ("0.50", "troche", "half a troche"),
        ("1", "troche", "1 troche"),
        ("2", "troche", "2 troches"), ("1.25", "troche", "1 and a quarter troches"),
        ("2.75", "troche", "2 and three quarters troches"),
        ("1", "capsule", "1 capsule"), ("3", "capsule", "3 capsules"), ("1", "mL", "1 mL"), ("0.5", "mL", "0.5 mL"),
        ("1.50", "mL", "1.5 mL"), ("0.1", "mL", "0.1 mL"),
    ],
)  # fmt: skip
def test_pieces_are_named_as_people_say_them(pieces, unit, text):
    assert pieces_text(Decimal(pieces), unit) == text


@pytest.mark.xfail(strict=True, reason="says '1 and half troches'")
def test_one_and_a_half_is_said_with_its_article():
    assert pieces_text(Decimal("1.5"), "troche") == "1 and a half troches"


@pytest.mark.parametrize(
    ("times", "days", "text"),
    [
        (1, 7, "once a day, every day"), (2, 7, "twice a day, every day"), (3, 7, "three times a day, every day"),
        (4, 7, "four times a day, every day"), (6, 7, "6 times a day, every day"),
        (1, 3, "once a day, on 3 days a week"),
        (2, 1, "twice a day, on 1 day a week"),
    ],
)  # fmt: skip
def test_how_often_is_named_as_people_say_it(times, days, text):
    assert times_text(times, days) == text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "0 (zero)"), ("1", "1 (one)"), ("10", "10 (ten)"), ("12", "12 (twelve)"), ("19", "19 (nineteen)"),
        ("20", "20 (twenty)"), ("21", "21 (twenty-one)"), ("40", "40 (forty)"), ("99", "99 (ninety-nine)"),
        ("100", "100 (one hundred)"), ("101", "101 (one hundred one)"), ("115", "115 (one hundred fifteen)"),
        ("210", "210 (two hundred ten)"), ("999", "999 (nine hundred ninety-nine)"), ("1000", "1000 (one thousand)"),
        ("1001", "1001 (one thousand one)"), ("2800", "2800 (two thousand eight hundred)"),
        ("12345", "12345 (twelve thousand three hundred forty-five)"), ("0.5", "0.5 (zero point five)"),
        ("12.50", "12.5 (twelve point five)"), ("0.25", "0.25 (zero point two five)"),
        ("10.05", "10.05 (ten point zero five)"), ("21.0", "21 (twenty-one)"),
    ],
)  # fmt: skip
def test_a_number_is_written_in_figures_and_words(number, words):
    assert number_in_words(Decimal(number)) == words


def test_no_two_numbers_share_their_words():
    spelled = [number_in_words(Decimal(n)).split("(")[1] for n in range(3000)]
    assert len(set(spelled)) == 3000


def test_the_line_that_is_signed_says_dose_pieces_pattern_day_and_week():
    swallowed = Regimen("oral", "Oral solution 10 mg/mL", Dose(Decimal(10)), 3, 7, Decimal(1), "mL")
    assert regimen_text(swallowed) == (
        "10 mg = 1 mL (Oral solution 10 mg/mL) by mouth, three times a day, every day: "
        "30 mg on a dosing day, 210 mg a week"
    )
    held = Regimen("troche", "Troche 50 mg", Dose(Decimal("12.5")), 1, 3, Decimal("0.25"), "troche")
    assert regimen_text(held) == (
        "12.5 mg = a quarter of a troche (Troche 50 mg) held in the mouth, once a day, on 3 days a week: "
        "12.5 mg on a dosing day, 37.5 mg a week"
    )
