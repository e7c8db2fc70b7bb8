"""Exposure of a plan's levels: each level in steady use, with a dose missed, a dose doubled, an inhibitor added.

All models are linear, so one milligram is simulated once for each number of doses a day: a level multiplies it, and a
missed or doubled dose takes away or adds the curve of that one dose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from titrant.pkpd import areas, population
from titrant.pkpd.doses import Given, checked, every
from titrant.pkpd.engine import solve
from titrant.pkpd.models import structure
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.quantiles import LEVELS, curve_bands
from titrant.pkpd.simulation import prepared, warnings_of

_STEP_H = 0.1
Change = Callable[[dict], dict]
Bands = dict[str, dict[str, float]]


@dataclass(frozen=True)
class LevelExposure:
    """What one level of a plan gives on its last day: quantiles by level, first by case. Chances from 0 to 1.

    ``is_outside``: the dose lies outside those that the model was made from.
    Peaks in ng/mL, areas of the day in ng·h/mL. The cases are "as planned", "missed" (the day's first dose),
    "doubled" (that dose) and, where a change is given, "changed".
    """

    dose_mg: float
    doses_per_day: int
    peak: Bands
    norketamine_peak: Bands
    area: Bands
    norketamine_area: Bands
    chance_above: dict[str, float]
    warnings: tuple[str, ...]
    is_outside: bool


class _People(NamedTuple):
    """Their parameters, and the area that one mg in each state will add to each output."""

    chosen: ParameterSet
    p: dict[str, np.ndarray]
    area_weights: np.ndarray

    @classmethod
    def of(cls, chosen: ParameterSet, p: dict[str, np.ndarray]) -> "_People":
        return cls(chosen, p, areas.weights(structure(chosen.structure).build(p)))


class _Day(NamedTuple):
    """The last day for one milligram each time: quantiles of peaks and areas, (n_levels, n_outputs), and all peaks."""

    peaks: np.ndarray
    areas: np.ndarray
    ketamine_peaks: np.ndarray

    @classmethod
    def of(cls, curves: np.ndarray, areas: np.ndarray) -> "_Day":
        peaks = curves.max(axis=2)
        return cls(curve_bands(peaks), curve_bands(areas), peaks[:, 0])


def exposure_of_levels(
    chosen: ParameterSet,
    levels: list[tuple[float, int]],
    route: str,
    threshold_ng_per_ml: float,
    person: Person = Person(),  # noqa: B008 (frozen)
    people: int = 1000,
    days: int = 7,
    seed: int = 20260001,
    change: Change | None = None,
    added: Change | None = None,
    **manner: Any,
) -> list[LevelExposure]:
    """Exposure of each level (mg of one dose, doses a day) after ``days`` of it.

    Args:
        threshold_ng_per_ml: the ketamine level whose passing is counted, such as the lower edge of dissociation.
        change: parameters as this person has them, with drugs already taken or an impaired liver.
        added: parameters of the case "changed", from those of the set: ``change`` and an inhibitor more, as a rule.
        manner: how each dose is given, as ``every`` takes it (hold_h, form, swallowed).
    """
    population.check_words(chosen, person.words)
    for mg, per_day in levels:
        checked(every(mg, 24 / per_day, days, route, **manner), chosen.routes)
    plain = population.drawn(chosen, person, seed, 0, people)
    own = _People.of(chosen, change(plain) if change else plain)
    others = {"changed": _People.of(chosen, added(plain))} if added else {}
    regimens = {n: every(1.0, 24 / n, days, route, **manner) for n in dict.fromkeys(n for _, n in levels)}
    of_one_mg = {n: _cases(own, others, doses, n, days) for n, doses in regimens.items()}
    return [_level(chosen, person, route, mg, n, of_one_mg[n], threshold_ng_per_ml) for mg, n in levels]


def _level(
    chosen: ParameterSet, person: Person, route: str, mg: float, per_day: int, days: dict[str, _Day], threshold: float
) -> LevelExposure:
    def bands(what: str, output: int) -> Bands:
        found = {case: getattr(day, what) * mg for case, day in days.items() if day.peaks.shape[1] > output}
        return {
            case: dict(zip(map(str, LEVELS), rows[:, output].tolist(), strict=True)) for case, rows in found.items()
        }

    chances = {case: float((day.ketamine_peaks * mg > threshold).mean()) for case, day in days.items()}
    made_from = chosen.routes[route]
    return LevelExposure(
        mg, per_day, bands("peaks", 0), bands("peaks", 1), bands("areas", 0), bands("areas", 1), chances,
        warnings_of(chosen, [Given(0.0, mg, route)], person), not made_from.lowest_mg <= mg <= made_from.highest_mg,
    )  # fmt: skip


def _cases(own: _People, others: dict[str, _People], doses: list[Given], per_day: int, days: int) -> dict[str, _Day]:
    """The last day by case, for one milligram each time."""
    times = (days - 1) * 24 + np.arange(0, round(24 / _STEP_H) + 1) * _STEP_H
    whole, whole_area = _curves(own, doses, times)
    one, one_area = _curves(own, [doses[len(doses) - per_day]], times, start_h=float(times[0]))
    cases = {
        "as planned": _Day.of(whole, whole_area),
        "missed": _Day.of(whole - one, whole_area - one_area),
        "doubled": _Day.of(whole + one, whole_area + one_area),
    }
    return cases | {case: _Day.of(*_curves(people, doses, times)) for case, people in others.items()}


def _curves(
    people: _People, doses: list[Given], times: np.ndarray, start_h: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Values (n_people, n_outputs, n_times) and exact areas (n_people, n_outputs) from the first to the last time."""
    system, ways, entries = prepared(people.chosen, people.p, doses)
    solution = solve(system, ways, entries, times, start_h=start_h, amounts_at_h=(float(times[0]),)).required()
    entered = areas.entered_mg(system, ways, entries, float(times[0]), float(times[-1]))
    ends = solution.amounts_mg[:, 0], solution.amounts_mg[:, -1]
    return solution.values, areas.area(people.area_weights, entered, *ends)
