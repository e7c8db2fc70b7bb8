"""Exposure of a plan's levels: each level at steady use, with a dose missed, a dose doubled, an inhibitor added."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from titrant.pkpd.doses import Given, every
from titrant.pkpd.effects import chance_above
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.quantiles import figure_bands
from titrant.pkpd.simulation import Exposure, reading_times, simulate


@dataclass(frozen=True)
class LevelExposure:
    """What one level of a plan gives. Peaks in ng/mL by quantile level; chances from 0 to 1.

    ``cases`` are "as planned", "missed", "doubled" and, where a change is given, "changed".
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
    days: float = 7,
    seed: int = 20260001,
    change: Callable[[dict], dict] | None = None,
    hold_h: float = 1 / 3,
) -> list[LevelExposure]:
    """Exposure of each level (mg of one dose, doses a day) after ``days`` of it.

    Args:
        threshold_ng_per_ml: the ketamine level whose passing is counted, such as the lower edge of dissociation.
        change: parameters with an inhibitor or an impaired liver, as ``simulate`` takes it.
    """
    return [
        _one(chosen, mg, n, route, threshold_ng_per_ml, person, people, days, seed, change, hold_h) for mg, n in levels
    ]


def _one(chosen, mg, per_day, route, threshold, person, people, days, seed, change, hold_h) -> LevelExposure:
    doses = every(mg, 24 / per_day, days, route, hold_h=hold_h)
    last = max(len(doses) - per_day, 0)
    ways = {
        "as planned": (doses, None),
        "missed": (doses[:last] + doses[last + 1 :] or doses, None),
        "doubled": ([*doses[:last], replace(doses[last], mg=2 * mg), *doses[last + 1 :]], None),
    }
    if change:
        ways["changed"] = (doses, change)
    found = {name: _run(chosen, given, days, person, people, seed, how) for name, (given, how) in ways.items()}
    return LevelExposure(
        mg,
        per_day,
        {name: figure_bands(e.of("ketamine").max(axis=1)) for name, e in found.items()},
        {
            name: figure_bands(e.of("norketamine").max(axis=1))
            for name, e in found.items()
            if "norketamine" in e.outputs
        },
        {name: chance_above(e.of("ketamine"), threshold) for name, e in found.items()},
        found["as planned"].warnings,
    )


def _run(
    chosen: ParameterSet, doses: list[Given], days: float, person: Person, people: int, seed: int, change
) -> Exposure:
    times = reading_times(doses, days * 24)
    wanted = times[times >= max(days - 1, 0) * 24]  # the last day: peaks are highest there
    return simulate(chosen, doses, wanted if len(wanted) > 1 else np.asarray(times), person, people, seed, change)
