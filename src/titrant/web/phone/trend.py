"""The patient's own course in a small picture: pain of each day as points, the signed dose of each day as a line."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from titrant.clinic.phone_day import Step
from titrant.terms.canonical import Json
from titrant.terms.numbers import plain

DAYS = 28
_WIDE, _HIGH, _LEFT, _TOP, _BOTTOM = 336, 180, 24, 10, 22


class Trend(Struct, frozen=True):
    """Points and lines as coordinates, and the same as rows for a table."""

    points: list[dict[str, Any]]
    dose_path: str
    rows: list[dict[str, str]]
    most_mg: str
    grid: list[dict[str, Any]]
    first: str
    last: str
    wide: int = _WIDE
    high: int = _HIGH


def trend_of(diary: Sequence[Json], steps: Sequence[Step], today: date) -> Trend | None:
    """The last four weeks; None where there is nothing to show."""
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    pains = {day: _pain(diary, day) for day in days}
    doses = {day: _daily(steps, day) for day in days}
    if not any(one is not None for one in pains.values()) and not any(doses.values()):
        return None
    most = max([*doses.values(), Decimal(1)])
    rows = [
        {"day": day.isoformat(), "pain": "" if pains[day] is None else str(pains[day]), "dose": plain(doses[day])}
        for day in reversed(days) if pains[day] is not None or doses[day]
    ]  # fmt: skip
    seen = [(place, pain) for place, day in enumerate(days) if (pain := pains[day]) is not None]
    points = [{"x": _x(place), "y": _y(pain / 10)} for place, pain in seen]
    grid = [{"y": _y(value / 10), "text": str(value)} for value in (0, 5, 10)]
    return Trend(points, _path(days, doses, most), rows, plain(most), grid, days[0].isoformat(), days[-1].isoformat())


def _pain(diary: Sequence[Json], day: date) -> int | None:
    """The worst average pain that was written of a day."""
    on = [(one.get("pain") or {}).get("average") for one in diary if one["day"] == day.isoformat()]
    return max((one for one in on if one is not None), default=None)


def _daily(steps: Sequence[Step], day: date) -> Decimal:
    begun = [one for one in steps if one.since <= day]
    if not begun:
        return Decimal(0)
    newest = max(enumerate(begun), key=lambda one: (one[1].since, one[0]))[1]
    return Decimal(0) if newest.ends is not None and not day < newest.ends else Decimal(newest.regimen["daily_mg"])


def _x(place: int) -> float:
    return round(_LEFT + (_WIDE - _LEFT - 8) * (place + 0.5) / DAYS, 1)


def _y(share: float) -> float:
    return round(_TOP + (_HIGH - _TOP - _BOTTOM) * (1 - share), 1)


def _path(days: list[date], doses: dict[date, Decimal], most: Decimal) -> str:
    half = (_WIDE - _LEFT - 8) / DAYS / 2
    parts = []
    for place, day in enumerate(days):
        y = _y(float(doses[day] / most))
        parts.append(f"{'L' if parts else 'M'}{_x(place) - half:.1f} {y}H{_x(place) + half:.1f}")
    return "".join(parts)
