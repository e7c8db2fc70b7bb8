"""Days between and days from, in lengths that never depend on the month.

A month counts as four weeks and a year as 52: what is due "every 3 months" then falls on the clinic's own weekday, is
never later than the calendar would have it, and shifting a whole case by any number of days shifts every answer by as
many (docs/adr/0005).
"""

from calendar import monthrange
from datetime import date, timedelta

from titrant.terms.quantity import UNITS, Quantity

_DAYS_IN_MONTH = 28
_DAYS_IN_YEAR = 364


def whole_days(length: Quantity) -> int:
    """``length`` in whole days, part days dropped. ValueError if it is not a length of time."""
    if length.unit == "days":
        return int(length.value)
    if length.unit == "months":
        return int(length.value * _DAYS_IN_MONTH)
    if length.unit == "years":
        return int(length.value * _DAYS_IN_YEAR)
    if UNITS[length.unit].dimension != "time":
        raise ValueError(f"{length} is not a length of time")
    return int(length.to("days").value)


def days_later(start: date, length: Quantity) -> date:
    return start + timedelta(days=whole_days(length))


def last_day_within(start: date, length: Quantity) -> date:
    """The last day that lies within ``length`` of ``start``; months by the calendar, as laws count them."""
    if length.unit != "months":
        return days_later(start, length)
    months = start.month - 1 + int(length.value)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def age_in_years(birth: date, on: date) -> int:
    """Completed years by the calendar, as people and laws count them. 29 February comes round on 1 March."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
