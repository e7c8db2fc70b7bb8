"""Numbers: one spelling is read, every other is refused, and printing gives the same number back."""

from decimal import Decimal

import pytest

from titrant.terms.numbers import parse_decimal, plain, rounded_down

READ = ["0", "5", "0.5", "10", "12.345678", "-3", "-0.25", "999999999", "999999999.999999", "1.50", "100"]
REFUSED = [
    "NaN", "nan", "Infinity", "-Infinity", "inf", "1e400", "1E3", "1e0", ".5", "-.5", "5.", "5_0", "2,5", "1,000", "+5",
    "007", "00.5", "--5", "5-", "", " ", " 5", "5 ", "5\n", "5\t", "0x10", "½", "５", "٥", "५", "²", "true", "None",
    "five",
    "1.2.3", "1 000", "1'000", "1.", "0.1234567", "1234567890", "1/2", "5%", "$5", "5\u00a0", "\u200b5", "-", ".", "−5",
    "5" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_a_plain_decimal_is_read_exactly(text):
    assert parse_decimal(text) == Decimal(text)
    assert isinstance(parse_decimal(text), Decimal)


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_spelling_is_refused(text):
    with pytest.raises(ValueError, match="is not a plain decimal number"):
        parse_decimal(text)


def test_the_refusal_shows_what_was_written_and_how_to_write_it():
    with pytest.raises(ValueError, match="decimal") as refused:
        parse_decimal("2,5")
    assert str(refused.value) == (
        "'2,5' is not a plain decimal number: write digits 0-9, with a point only between two digits, such as 0.5"
    )


def test_a_long_wrong_number_is_shown_shortened():
    with pytest.raises(ValueError, match="decimal") as refused:
        parse_decimal("7" * 5000)
    assert str(refused.value).startswith("'" + "7" * 18 + "…' is not")


def test_eighteen_characters_are_shown_in_full_and_nineteen_are_not():
    with pytest.raises(ValueError, match="decimal") as whole:
        parse_decimal("x" * 18)
    assert str(whole.value).startswith(f"'{'x' * 18}' is not")
    with pytest.raises(ValueError, match="decimal") as cut:
        parse_decimal("x" * 19)
    assert str(cut.value).startswith(f"'{'x' * 18}…' is not")


def test_the_longest_number_that_is_read_has_seventeen_or_eighteen_characters():
    assert parse_decimal("-12345678.999999") == Decimal("-12345678.999999")
    assert parse_decimal("-999999999.999999") == Decimal("-999999999.999999")


def test_digits_before_and_after_the_point_are_limited():
    assert parse_decimal("123456789") == 123456789
    assert parse_decimal("0.123456") == Decimal("0.123456")
    for beyond in ("1234567890", "0.1234567"):
        with pytest.raises(ValueError, match="decimal"):
            parse_decimal(beyond)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("10", "10"), ("10.0", "10"), ("10.50", "10.5"), ("0.25", "0.25"), ("100", "100"), ("1E+2", "100"),
        ("1E-3", "0.001"), ("0", "0"), ("0.000", "0"), ("-0", "0"), ("-0.0", "0"), ("-2.50", "-2.5"), ("0E+3", "0"),
        ("1200.0400", "1200.04"),
    ],
)  # fmt: skip
def test_a_number_prints_without_exponent_and_without_trailing_zeros(value, printed):
    assert plain(Decimal(value)) == printed


@pytest.mark.parametrize(
    ("value", "step", "down"),
    [
        ("7", "2", "6"), ("6", "2", "6"), ("5.999", "2", "4"), ("0", "2", "0"), ("1.9", "2", "0"),
        ("0.37", "0.1", "0.3"),
        ("0.3", "0.1", "0.3"), ("12.5", "12.5", "12.5"), ("12.499", "12.5", "0"), ("0.29", "0.29", "0.29"),
    ],
)  # fmt: skip
def test_rounding_goes_down_to_whole_steps(value, step, down):
    assert rounded_down(Decimal(value), Decimal(step)) == Decimal(down)


@pytest.mark.parametrize(
    ("value", "step"),
    [("-1", "2"), ("-0.001", "2"), ("1", "0"), ("1", "-2"), ("NaN", "2"), ("1", "NaN"), ("Infinity", "2"),
     ("1", "Infinity")],
)  # fmt: skip
def test_what_cannot_be_rounded_down_is_refused(value, step):
    with pytest.raises(ValueError, match=f"^cannot round {value} down to steps of {step}$"):
        rounded_down(Decimal(value), Decimal(step))
