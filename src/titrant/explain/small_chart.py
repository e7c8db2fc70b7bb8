"""A small chart of pain and dose over the last weeks: where to draw, worked out; a template draws it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

WIDTH, HEIGHT = 340, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 24, 40, 10, 18
_WORST = 10  # of the scale of pain
_TICK_DAYS = 14


class Dot(Struct, frozen=True):
    x: float
    y: float
    title: str


class Tick(Struct, frozen=True):
    x: float
    label: str


class SmallChart(Struct, frozen=True):
    """Everything that the template needs. ``words`` says the same for those who do not see it."""

    dots: tuple[Dot, ...]
    line: str
    steps: str
    ticks: tuple[Tick, ...]
    most: str
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def small_chart(pain: Mapping[date, float], doses: Sequence[tuple[date, float]], first: date, last: date) -> SmallChart:
    """``pain`` by day and the daily dose in mg from each day on, between two days."""
    days = max((last - first).days, 1)

    def across(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / days, 1)

    def up(share: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share, 1)

    shown = {day: pain[day] for day in sorted(pain) if first <= day <= last}
    dots = tuple(Dot(across(day), up(value / _WORST), f"{day}: pain {value:g}") for day, value in shown.items())
    most = max((mg for _, mg in doses), default=0)
    held = [(max(day, first), mg) for day, mg in _in_force(doses, first) if day <= last]
    points: list[str] = []
    for place, (day, mg) in enumerate(held):
        until = held[place + 1][0] if place + 1 < len(held) else last
        y = up(mg / most if most else 0)
        points += [f"{across(day)},{y}", f"{across(until)},{y}"]
    line = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    return SmallChart(dots, line, " ".join(points), _ticks(first, last, across), f"{most:g}", _words(shown, held))


def _in_force(doses: Sequence[tuple[date, float]], first: date) -> list[tuple[date, float]]:
    """The dose in force on the first day, and every one after it."""
    before = [one for one in doses if one[0] <= first]
    return [*before[-1:], *(one for one in doses if first < one[0])]


def _ticks(first: date, last: date, across: Callable[[date], float]) -> tuple[Tick, ...]:
    days = range(0, (last - first).days + 1, _TICK_DAYS)
    return tuple(
        Tick(across(day), f"{day.day} {day:%b}") for day in (first + timedelta(days=offset) for offset in days)
    )


def _words(pain: Mapping[date, float], doses: Sequence[tuple[date, float]]) -> str:
    if not pain:
        told = "No pain was written down in these weeks."
    else:
        values = list(pain.values())
        told = f"Pain from {values[0]:g} to {values[-1]:g} of {_WORST} over {len(values)} days with an entry."
    steps = ", ".join(f"{mg:g} mg a day from {day}" for day, mg in doses)
    return f"{told} Dose: {steps or 'none signed'}."
