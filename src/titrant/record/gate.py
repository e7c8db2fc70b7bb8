"""The last gate: absolute limits, read by its own rules, run before signing and before storing.

It shares no code with what proposes a dose or tightens it (safety.md, T08). It is given the content that would be
signed, as plain text values, and says what is wrong with it. An empty answer is the only one that lets it pass.
"""

import hashlib
import json
import re
from decimal import Decimal
from typing import Any

# The limits are part of the release: a file with any other content is refused, whoever changed it.
PINNED = "d8b86d17b3c2c6a09ecf60f55d760ced8bebb8bf41656bc6ee29de2cecef336b"
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?")
_COUNT = re.compile(r"[1-9][0-9]?")
_AMOUNTS = ("dose_mg", "daily_mg", "weekly_mg", "pieces_per_dose", "piece_mg")
_COUNTS = ("times_per_day", "days_per_week", "supply_days")
_WORDS = ("route", "product", "piece_unit")
_ROUNDING = Decimal("0.001")


def faults(content: Any, limits_file: bytes) -> list[str]:
    """What is wrong with the regimen in ``content``, as sentences; empty if it may pass."""
    if hashlib.sha256(limits_file).hexdigest() != PINNED:
        return ["The absolute limits are not those of this release."]
    regimen = content.get("regimen") if isinstance(content, dict) else None
    unread = _unread(regimen)
    if unread or not isinstance(regimen, dict):
        return unread
    limits = {name: Decimal(one["value"]) for name, one in json.loads(limits_file).items() if name != "about"}
    return [*_beyond(regimen, limits), *_sums(regimen)]


def _unread(regimen: Any) -> list[str]:
    """Everything must be there, be text, and be a plain number where a number belongs. Nothing else may be there."""
    if not isinstance(regimen, dict):
        return ["There is no regimen."]
    faulty = [f"{name} is missing." for name in (*_AMOUNTS, *_COUNTS, *_WORDS) if name not in regimen]
    faulty += [f"{name} has no meaning here." for name in regimen if name not in (*_AMOUNTS, *_COUNTS, *_WORDS)]
    for names, form in ((_AMOUNTS, _AMOUNT), (_COUNTS, _COUNT)):
        for name in names:
            value = regimen.get(name)
            if not isinstance(value, str) or not form.fullmatch(value):
                faulty.append(f"{name} is not a plain number in text.")
    faulty += [
        f"{name} is not text."
        for name in ("route", "product")
        if not isinstance(regimen.get(name), str) or not regimen[name]
    ]
    if regimen.get("piece_unit") not in ("capsule", "troche", "mL"):
        faulty.append("piece_unit is not capsule, troche or mL.")
    return faulty


def _beyond(regimen: dict[str, str], limits: dict[str, Decimal]) -> list[str]:
    most = limits["ml"] if regimen["piece_unit"] == "mL" else limits["pieces"]
    bounds = (
        ("dose_mg", limits["single_mg"]),
        ("daily_mg", limits["daily_mg"]),
        ("weekly_mg", limits["weekly_mg"]),
        ("times_per_day", limits["times_per_day"]),
        ("days_per_week", Decimal(7)),
        ("supply_days", limits["supply_days"]),
        ("pieces_per_dose", most),
    )
    return [
        f"{name} {regimen[name]} is not between 0 and the absolute limit {bound}."
        for name, bound in bounds
        if not (0 < Decimal(regimen[name]) <= bound)
    ]


def _sums(regimen: dict[str, str]) -> list[str]:
    """The parts must agree with one another, so that no single altered number passes."""
    number = {name: Decimal(regimen[name]) for name in (*_AMOUNTS, *_COUNTS)}
    faulty = []
    if number["dose_mg"] * number["times_per_day"] != number["daily_mg"]:
        faulty.append("dose_mg times times_per_day is not daily_mg.")
    if number["daily_mg"] * number["days_per_week"] != number["weekly_mg"]:
        faulty.append("daily_mg times days_per_week is not weekly_mg.")
    if not abs(number["pieces_per_dose"] * number["piece_mg"] - number["dose_mg"]) <= _ROUNDING * 4:
        faulty.append("pieces_per_dose times piece_mg is not dose_mg.")
    return faulty
