"""Days between and days from: lengths that never depend on the month, ages as people and laws count them."""

from datetime import date

import pytest

from titrant.terms.calendar import age_in_years, days_later, whole_days
from titrant.terms.quantity import Quantity


@pytest.mark.parametrize(
    ("length", "days"),
    [
        ("1 days", 1), ("7 days", 7), ("2 weeks", 14), ("24 hours", 1), ("47 hours", 1), ("48 hours", 2),
        ("40 minutes", 0),
        ("1 months", 28), ("3 months", 84), ("0.5 months", 14), ("1 years", 364), ("2 years", 728), ("1.5 years", 546),
        ("2.5 days", 2), ("0 days", 0),
    ],
)  # fmt: skip
def test_a_length_in_whole_days_with_part_days_dropped(length, days):
    assert whole_days(Quantity.parse(length)) == days


@pytest.mark.parametrize("length", ["70 kg", "10 mg", "3 times", "450 ms"])
def test_what_is_not_a_length_of_time_is_refused(length):
    with pytest.raises(ValueError, match=f"^{length} is not a length of time$"):
        whole_days(Quantity.parse(length))


def test_a_day_later_crosses_months_and_leap_days():
    assert days_later(date(2028, 2, 28), Quantity.parse("1 days")) == date(2028, 2, 29)
    assert days_later(date(2026, 11, 21), Quantity.parse("2 weeks")) == date(2026, 12, 5)
    assert days_later(date(2026, 11, 21), Quantity.parse("1 months")) == date(2026, 12, 19)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("1961-11-21", "2026-11-21", 65), ("1961-11-22", "2026-11-21", 64), ("1961-11-20", "2026-11-21", 65),
        ("1961-12-01", "2026-11-30", 64), ("1961-10-31", "2026-11-01", 65), ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18), ("2008-02-29", "2028-02-29", 20), ("2026-11-21", "2026-11-21", 0),
    ],
)  # fmt: skip
def test_age_is_counted_in_completed_years(birth, on, age):
    assert age_in_years(date.fromisoformat(birth), date.fromisoformat(on)) == age
