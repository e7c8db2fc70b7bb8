"""Exposure of a plan's levels: each level in steady use, with a dose missed, a dose doubled, an inhibitor added.

All models are linear, so one milligram is simulated once for each number of doses a day: a level multiplies it, and a
missed or doubled dose takes away or adds the curve of that one dose.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from titrant.pkpd import population
from titrant.pkpd.doses import Given, checked, every
from titrant.pkpd.engine import solve
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.quantiles import figure_bands
from titrant.pkpd.simulation import prepared, warnings_of

_STEP_H = 0.1
Change = Callable[[dict], dict]


@dataclass(frozen=True)
class LevelExposure:
    """What one level of a plan gives on its last day. Peaks in ng/mL by quantile level; chances from 0 to 1.

    The keys are "as planned", "missed", "doubled" and, where a change is given, "changed".
    """

    dose_mg: float
    doses_per_day: int
    peak: dict[str, dict[str, float]]
    norketamine_peak: dict[str, dict[str, float]]
    chance_above: dict[str, float]
    warnings: tuple[str, ...]


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
    hold_h: float = 1 / 3,
) -> list[LevelExposure]:
    """Exposure of each level (mg of one dose, doses a day) after ``days`` of it.

    Args:
        threshold_ng_per_ml: the ketamine level whose passing is counted, such as the lower edge of dissociation.
        change: parameters with an inhibitor or an impaired liver, as ``simulate`` takes it.
    """
    population.check_words(chosen, person.words)
    p = population.drawn(chosen, person, seed, 0, people)
    regimens = {n: every(1.0, 24 / n, days, route, hold_h=hold_h) for n in dict.fromkeys(n for _, n in levels)}
    peaks = {n: _peaks_of_one_mg(chosen, p, doses, n, days, change) for n, doses in regimens.items()}
    found = []
    for mg, per_day in levels:
        doses = every(mg, 24 / per_day, days, route, hold_h=hold_h)
        checked(doses, chosen.routes)
        of = {case: values * mg for case, values in peaks[per_day].items()}
        found.append(
            LevelExposure(
                mg,
                per_day,
                {case: figure_bands(values[:, 0]) for case, values in of.items()},
                {case: figure_bands(values[:, 1]) for case, values in of.items() if values.shape[1] > 1},
                {case: float((values[:, 0] > threshold_ng_per_ml).mean()) for case, values in of.items()},
                warnings_of(chosen, doses),
            )
        )
    return found


def _peaks_of_one_mg(
    chosen: ParameterSet, p: dict, doses: list[Given], per_day: int, days: int, change: Change | None
) -> dict[str, np.ndarray]:
    """Peaks of the last day by case, (n_people, n_outputs), for one milligram each time."""
    times = (days - 1) * 24 + np.arange(0, round(24 / _STEP_H) + 1) * _STEP_H
    whole = _curves(chosen, p, doses, times)
    one = _curves(chosen, p, [doses[len(doses) - per_day]], times, start_h=float(times[0]))
    cases = {"as planned": whole, "missed": whole - one, "doubled": whole + one}
    if change:
        cases["changed"] = _curves(chosen, change(p), doses, times)
    return {case: values.max(axis=2) for case, values in cases.items()}


def _curves(chosen: ParameterSet, p: dict, doses: list[Given], times: np.ndarray, start_h: float = 0.0) -> np.ndarray:
    system, ways, entries = prepared(chosen, p, doses)
    return solve(system, ways, entries, times, start_h=start_h).required().values
