"""Amounts in words: milligrams, pieces and millilitres always together, per dose and per day."""

from decimal import Decimal

from titrant.terms.numbers import plain
from titrant.terms.regimen import Regimen

_PARTS = {
    Decimal("0.25"): "a quarter of a",
    Decimal("0.5"): "half a",
    Decimal("0.75"): "three quarters of a",
}
_TIMES = {1: "once a day", 2: "twice a day", 3: "three times a day", 4: "four times a day"}
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def pieces_text(pieces: Decimal, unit: str) -> str:
    """``0.25, troche`` as "a quarter of a troche"; ``1.5, mL`` as "1.5 mL"."""
    if unit == "mL":
        return f"{plain(pieces)} mL"
    if pieces in _PARTS:
        return f"{_PARTS[pieces]} {unit}"
    whole, part = divmod(pieces, 1)
    if part in _PARTS and part:
        return f"{plain(whole)} and {_PARTS[part].removesuffix(' of a').removesuffix(' a')} {unit}s"
    return f"{plain(pieces)} {unit}{'' if pieces == 1 else 's'}"


def quantity_text(quantity: Decimal, unit: str) -> str:
    """A quantity handed out: ``21 mL``, ``6 troches``."""
    return f"{plain(quantity)} {unit}{'' if unit == 'mL' or quantity == 1 else 's'}"


def after_text(after_dose: str) -> str:
    """``2 hours`` as ", 2 hours after the dose"; ``1 hours`` in the singular; nothing for nothing."""
    if not after_dose:
        return ""
    single = after_dose.startswith("1 ")
    return f", {after_dose.removesuffix('s') if single else after_dose} after the dose"


def days_text(lo: int, hi: int) -> str:
    """A closed range of days: ``1 day``, ``2 to 3 days``, ``15 days or more``."""
    if hi > 365:
        return f"{lo} days or more"
    return f"{lo} day{'' if lo == 1 else 's'}" if lo == hi else f"{lo} to {hi} days"


def times_text(times_per_day: int, days_per_week: int) -> str:
    often = _TIMES.get(times_per_day, f"{times_per_day} times a day")
    if days_per_week == 7:
        return f"{often}, every day"
    return f"{often}, on {days_per_week} day{'' if days_per_week == 1 else 's'} a week"


def regimen_text(regimen: Regimen) -> str:
    """The whole regimen in one line: what the signer reads."""
    held = "by mouth" if regimen.route == "oral" else "held in the mouth"
    return (
        f"{regimen.dose} = {pieces_text(regimen.pieces, regimen.piece_unit)} ({regimen.product}) {held}, "
        f"{times_text(regimen.times_per_day, regimen.days_per_week)}: {regimen.daily} on a dosing day, "
        f"{regimen.weekly} a week"
    )


def number_in_words(value: Decimal) -> str:
    """A number in figures and words, as controlled-drug prescriptions ask for it: ``21 (twenty-one)``."""
    whole, _, digits = plain(value).partition(".")
    words = _in_words(int(whole))
    if digits:
        words += " point " + " ".join(_SMALL[int(digit)] for digit in digits)
    return f"{plain(value)} ({words})"


def _in_words(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _TENS[tens] + (f"-{_SMALL[rest]}" if rest else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    many, rest = divmod(number, size)
    return f"{_in_words(many)} {name}" + (f" {_in_words(rest)}" if rest else "")
