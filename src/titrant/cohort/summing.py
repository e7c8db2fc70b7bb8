"""From days to one row for each person, and from rows to figures with their Monte Carlo error."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numba import njit

from titrant.cohort.chunk import Rows
from titrant.cohort.setting import Setting
from titrant.cohort.shapes import NOT_STARTED, RUNNING

_HARM, _SEVERE = 2, 3  # grades of the diary's own scale: moderate, severe
_WEEK = 7
TWO_SIDED_95 = 1.959964

PATIENT = np.dtype(
    [
        ("number", "i8"), ("started", "i1"), ("on_drug", "i1"), ("ended", "i1"), ("left", "i1"), ("fall", "f4"),
        ("final_mg", "f4"), ("highest_mg", "f4"), ("taken_mg", "f4"), ("harm_days", "i2"), ("severe_days", "i2"),
        ("drug_days", "i2"), ("true_lowest_mg", "f4"), ("days_to_lowest", "f4"), ("visits", "i2"), ("calls", "i2"),
        ("levels", "i2"), ("questions", "i2"), ("held_back", "i2"), ("lessened", "i2"), ("breaches", "i2"),
        ("near_ties", "i2"), ("ended_by", "u8"), ("days_in_course", "i2"),
    ]
)  # fmt: skip


def summed(here: Setting, rows: Rows) -> np.ndarray:
    """One row of PATIENT for each person; amounts in mg a day (``taken_mg``: in all), falls in per cent."""
    found = np.zeros(len(rows.people), PATIENT)
    _sum(rows.people, rows.courses, rows.days, rows.levels, here.start, here.rules.n[0], found)
    return found


@njit(cache=True, nogil=True)
def _sum(people, courses, days, levels, start, n, found):
    for i in range(len(people)):
        one, c = found[i], courses[i]
        one.number, one.ended = people[i].number, c.ended
        one.started = c.ended != NOT_STARTED
        one.left, one.ended_by = c.left_on >= 0, c.ended_by
        one.visits, one.calls, one.levels = c.visits, c.calls, c.levels
        one.questions, one.held_back, one.lessened, one.near_ties = c.questions, c.held_back, c.lessened, c.near_ties
        if one.started:
            _of_person(people[i], c, days[i], levels[i], start, n, one)


@njit(cache=True)
def _of_person(p, c, days, levels, start, n, one):
    mg, last = n.part * n.times / 1000.0, days.shape[0] - 1
    for t in range(start, len(days)):
        day = days[t]
        worst = max(day.grade, day.urinary)
        one.harm_days += worst >= _HARM
        one.severe_days += worst >= _SEVERE
        one.drug_days += day.taken > 0
        one.taken_mg += day.taken * day.parts * n.part / 1000.0
        one.highest_mg = max(one.highest_mg, day.parts * mg)
    one.days_in_course = (c.ended_on if c.ended != RUNNING else last + 1) - start
    one.on_drug = c.ended == RUNNING and c.left_on < 0
    one.final_mg = days[last].parts * mg if one.on_drug else 0.0
    one.fall = _fall(days, start)
    one.true_lowest_mg = p.true_lowest * mg if p.true_lowest >= 0 else np.nan
    one.days_to_lowest = np.nan
    for k in range(c.levels):
        if p.true_lowest > 0 and levels[k].parts >= p.true_lowest and levels[k].since < len(days):
            one.days_to_lowest = levels[k].since - start
            break


@njit(cache=True)
def _fall(days, start):
    """Fall of pain as lived, from the week before the first dose to the last week, in per cent."""
    before = after = 0
    for k in range(1, _WEEK + 1):
        before += days[start - k].pain
        after += days[len(days) - k].pain
    return (before - after) * 100.0 / before if before else 0.0


# Figures


@dataclass(frozen=True)
class Figure:
    """A mean with its Monte Carlo standard error and 95 % interval, over ``people``; NaN of nobody."""

    mean: float
    error: float
    people: int

    @property
    def low(self) -> float:
        return self.mean - TWO_SIDED_95 * self.error

    @property
    def high(self) -> float:
        return self.mean + TWO_SIDED_95 * self.error


def figure(values: np.ndarray) -> Figure:
    held = values[np.isfinite(values)].astype(float)
    if len(held) < 2:
        return Figure(float(held.mean()) if len(held) else float("nan"), float("nan"), len(held))
    return Figure(float(held.mean()), float(held.std(ddof=1)) / sqrt(len(held)), len(held))


@dataclass(frozen=True)
class Measure:
    """One line of the report: what is measured, in which unit, and how it is taken from the rows."""

    code: str
    title: str
    unit: str
    digits: int = 1


MEASURES = (
    Measure("responder_30", "Pain down 30 % in the last week, on treatment", "%"),
    Measure("responder_50", "Pain down 50 % in the last week, on treatment", "%"),
    Measure("relief_30", "Pain down 30 % in the last week, all", "%"),
    Measure("on_treatment", "Still on treatment at the end", "%"),
    Measure("stopped_harm", "Stopped for harm", "%"),
    Measure("stopped_no_benefit", "Stopped for lack of benefit", "%"),
    Measure("left", "Left without a word", "%"),
    Measure("final_mg", "Daily dose at the end, of those on treatment", "mg"),
    Measure("highest_mg", "Highest daily dose signed", "mg"),
    Measure("taken_mg", "Ketamine taken in all", "mg", 0),
    Measure("harm_days", "Days with side effects, grade 2 or more", "days", 2),
    Measure("severe_days", "Days with side effects, grade 3 or more", "days", 3),
    Measure("reached_lowest", "Came to the true lowest effective dose", "%"),
    Measure("days_to_lowest", "Days until then", "days"),
    Measure("above_lowest", "Dose at the end above the true lowest", "mg"),
    Measure("off_lowest", "Distance from the true lowest, either way", "mg"),
    Measure("visits", "Visits", "visits", 2),
    Measure("calls", "Calls", "calls", 2),
    Measure("days_in_course", "Days in the course", "days"),
)  # fmt: skip

_NO_BENEFIT, _HARM_END, _PAUSED_OUT = 4, 5, 7


def values_of(rows: np.ndarray, code: str) -> np.ndarray:
    """One value for each row, NaN where the person does not belong to the measure. Shares are 0 or 100."""
    on, ended = rows["on_drug"] == 1, rows["ended"]
    final, lowest = rows["final_mg"].astype(float), rows["true_lowest_mg"].astype(float)
    with_drug = np.where(on & (lowest >= 0), final - lowest, np.nan)
    ways = {
        "responder_30": lambda: 100.0 * (on & (rows["fall"] >= 30)),
        "responder_50": lambda: 100.0 * (on & (rows["fall"] >= 50)),
        "relief_30": lambda: 100.0 * (rows["fall"] >= 30),
        "on_treatment": lambda: 100.0 * on,
        "stopped_harm": lambda: 100.0 * ((ended == _HARM_END) | (ended == _PAUSED_OUT)),
        "stopped_no_benefit": lambda: 100.0 * (ended == _NO_BENEFIT),
        "left": lambda: 100.0 * (rows["left"] == 1),
        "final_mg": lambda: np.where(on, final, np.nan),
        "reached_lowest": lambda: np.where(lowest > 0, 100.0 * np.isfinite(rows["days_to_lowest"]), np.nan),
        "above_lowest": lambda: with_drug,
        "off_lowest": lambda: np.abs(with_drug),
    }
    values = ways[code]() if code in ways else rows[code].astype(float)
    return np.where(rows["started"] == 1, values, np.nan)


def figures(rows: np.ndarray) -> dict[str, Figure]:
    return {one.code: figure(values_of(rows, one.code)) for one in MEASURES}


def compared(one: np.ndarray, other: np.ndarray) -> dict[str, Figure]:
    """The second less the first, person by person: the same people met both, so their luck cancels."""
    return {m.code: figure(values_of(other, m.code) - values_of(one, m.code)) for m in MEASURES}
