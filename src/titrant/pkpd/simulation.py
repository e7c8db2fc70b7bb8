"""From a parameter set and doses to concentrations and their summaries, for one typical person or for many."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from titrant.pkpd import areas, population
from titrant.pkpd.doses import Given, checked
from titrant.pkpd.engine import FINISHED, Solution, Ways, solve
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.models import structure
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import System

CHUNK = 4096
_MOST_READINGS = 50_000_000  # of each output: 400 MB
# Around a dose, in minutes; the first is the trough before it.
_AFTER_MIN = (-1, 0, 10, 20, 30, 40, 50, 60, 75, 90, 120, 150, 180)
_AFTER_MIN_OF_MANY = (-1, 0, 20, 40, 60, 90)
_MANY_DOSES = 1000
Change = Callable[[dict], dict]


@dataclass(frozen=True, eq=False)
class Exposure:
    """Concentrations of people over time.

    Attributes:
        outputs: names; all in ng/mL.
        times_h: shape (n_times,).
        values: shape (n_people, n_outputs, n_times).
        summaries: by name (cmax ng/mL, tmax_h, auc_0_24, auc_0_t, auc_inf in ng·h/mL), shape (n_people, n_outputs).
            Peaks are those of the reading times; areas are exact. Without a reading at 24 h, auc_0_24 is NaN.
        warnings: what the user of these numbers must be told.
    """

    model: ParameterSet
    outputs: tuple[str, ...]
    times_h: np.ndarray
    values: np.ndarray
    summaries: dict[str, np.ndarray]
    warnings: tuple[str, ...]

    def of(self, output: str) -> np.ndarray:
        return self.values[:, self.outputs.index(output)]


def simulate(
    chosen: ParameterSet,
    doses: list[Given],
    times_h: np.ndarray,
    person: Person = Person(),  # noqa: B008 (frozen)
    people: int | None = None,
    seed: int = 20260001,
    change: Change | None = None,
    progress: Callable[[int, int], None] | None = None,
    said: tuple[str, ...] = (),
) -> Exposure:
    """Concentrations after ``doses`` at ``times_h``.

    Args:
        people: number of people drawn from the set's spread (between people, and one occasion each);
            None for one typical person.
        seed: names the people; the same seed gives the same bytes, whatever the number of threads.
        change: given and returning the parameters by name; an interaction or an impaired liver.
        progress: called with (people done, people in all).
        said: what must be told of ``change``; it joins the warnings.

    Raises:
        UnusableNumbers: for doses, times or covariates that cannot be meant.
        Stopped: where a number became infinite.
    """
    checked(doses, chosen.routes)
    population.check_words(chosen, person.words)
    if people is not None and not 1 <= people <= 1_000_000:
        raise UnusableNumbers(
            "patients", f"{people} is not from 1 to 1,000,000", "There must be somebody.", "Correct it."
        )
    _check_readings(people or 1, np.asarray(times_h, float))
    parts = []
    for first in range(0, people or 1, CHUNK):
        count = min(CHUNK, (people or 1) - first)
        p = population.drawn(chosen, person, seed, first, count) if people else population.typical(chosen, person)
        parts.append(_some(chosen, change(p) if change else p, doses, times_h))
        if progress:
            progress(first + count, people or 1)
    return Exposure(
        chosen,
        parts[0][0],
        np.asarray(times_h, float),
        np.concatenate([part[1] for part in parts]),
        {name: np.concatenate([part[2][name] for part in parts]) for name in parts[0][2]},
        (*warnings_of(chosen, doses, person), *said),
    )


def _check_readings(people: int, times_h: np.ndarray) -> None:
    """All curves are kept at once, so what would not fit in memory is refused before it is begun."""
    if (times_h < 0).any():
        raise UnusableNumbers(
            "reading times",
            f"{times_h.min():g} h lies before the start",
            "Before the first dose there is nothing to read.",
            "Give hours since the start, from 0 on.",
        )
    if people * len(times_h) > _MOST_READINGS:
        raise UnusableNumbers(
            "patients",
            f"{people:,} people at {len(times_h):,} times are more readings than the {_MOST_READINGS:,} that are kept",
            "All curves are held in memory at once.",
            "Ask for fewer people, or for fewer times.",
        )


def _some(chosen: ParameterSet, p: dict[str, np.ndarray], doses: list[Given], times_h: np.ndarray):
    return summarised(*prepared(chosen, p, doses), times_h)


def summarised(system: System, ways: Ways, entries: Entries, times_h: np.ndarray):
    """Outputs, values (n_people, n_outputs, n_times) and summaries by name, of a prepared system."""
    day = (24.0,) if 24.0 in times_h else ()
    solution = solve(system, ways, entries, times_h, amounts_at_h=day, start_h=min(0.0, times_h[0])).required()
    return solution.outputs, solution.values, _summaries(system, ways, entries, solution, bool(day))


def prepared(chosen: ParameterSet, p: dict[str, np.ndarray], doses: list[Given]) -> tuple[System, Ways, Entries]:
    """The system of the people with parameters ``p``, their ways in, and the doses as entries."""
    model = structure(chosen.structure)
    system = model.build(p)
    manners = list(dict.fromkeys(dose.manner for dose in doses))
    firsts = {manner: next(d for d in doses if d.manner == manner) for manner in manners}
    rows = {manner: model.ways(p, firsts[manner]) for manner in manners}
    every = [way for manner in manners for way in rows[manner]]
    begin = dict(zip(manners, np.cumsum([0] + [len(rows[m]) for m in manners])[:-1], strict=True))
    entering = [(d.at_h, d.mg, int(begin[d.manner]) + k) for d in doses for k in range(len(rows[d.manner]))]
    entries = Entries(*(np.array(column) for column in zip(*entering, strict=True)))
    wide = (len(every), system.n_people)
    ways = Ways(
        np.array([system.states.index(way.state) for way in every]),
        *(_rows([getattr(way, name) for way in every], wide) for name in ("share", "lag_h", "duration_h")),
    )
    return system, ways, entries


def _rows(values: list, shape: tuple[int, int]) -> np.ndarray:
    return np.array([np.broadcast_to(np.asarray(value, float), shape[1:]) for value in values])


def _summaries(system: System, ways: Ways, entries: Entries, solution: Solution, day: bool) -> dict[str, np.ndarray]:
    weight = areas.weights(system)
    none = np.zeros((system.n_people, len(system.states)))
    peak = solution.values.argmax(axis=2)
    end_h = float(solution.times_h[-1])

    def until(time_h: float, left_mg: np.ndarray) -> np.ndarray:
        return areas.area(weight, areas.entered_mg(system, ways, entries, -1.0, time_h), none, left_mg)

    unknown = np.full(peak.shape, np.nan)
    return {
        "cmax": np.take_along_axis(solution.values, peak[:, :, None], 2)[:, :, 0],
        "tmax_h": solution.times_h[peak],
        "auc_0_24": until(24.0, solution.amounts_mg[:, 0]) if day else unknown,
        "auc_0_t": until(end_h, solution.amounts_mg[:, -1]),
        "auc_inf": until(np.inf, none),
    }


def warnings_of(chosen: ParameterSet, doses: list[Given], person: Person = Person()) -> tuple[str, ...]:  # noqa: B008
    """What must be said with every number: status, weak points, and doses or ages outside what the set is made from."""
    said = [f"{chosen.id}: status {chosen.status.value}; model, not measurement.", *chosen.weak_points]
    for route in sorted({dose.route for dose in doses}):
        valid = chosen.routes[route]
        amounts = [dose.mg for dose in doses if dose.route == route]
        if min(amounts) < valid.lowest_mg or max(amounts) > valid.highest_mg:
            studied = f"{valid.lowest_mg:g} to {valid.highest_mg:g} mg"
            said.append(f"{route}: made from single doses of {studied}; outside it is an extrapolation.")
        if valid.fit == "poor":
            said.append(f"{route}: this model fits the published data of this route poorly.")
    return (*said, *_of_age(chosen, person.age))


def _of_age(chosen: ParameterSet, age: float) -> Iterator[str]:
    """What the figures of a young or an old person do not mean."""
    lowest, highest = chosen.ages
    if not lowest <= age <= highest:
        people = f"from {lowest:g} years on" if highest == np.inf else f"of {lowest:g} to {highest:g} years"
        yield f"age {age:g} years: made from people {people}; outside it is an extrapolation."
    starts = [effect.above_age for effect in chosen.effects if effect.per_year and age > effect.above_age]
    if starts:
        yield (
            f"age {age:g} years: above {min(starts):g} years the model changes one thing, the liver's flow. Where that "
            "gives a lower peak of a swallowed dose, it is no reassurance; it is what this single effect does, and no "
            "measurement in older people."
        )


def reading_times(doses: list[Given], until_h: float) -> np.ndarray:
    """Times to read for curve and peaks: an even grid, and times around every dose.

    Every dose is read at the same times after it, however long the course, so that one day's peak can be set beside
    another's; fewer where there are very many doses. The first and the last dose are read every two minutes.
    """
    step = next(
        s
        for s in (1 / 60, 1 / 30, 1 / 12, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 240.0)
        if until_h / s <= 800 or s == 240.0
    )
    fine = np.arange(0, 181, 2) / 60
    times = [
        np.arange(0, round(until_h / step) + 1) * step,
        doses[0].at_h + fine,
        doses[-1].at_h + fine,
        [24.0, until_h],
        *_around(doses),
    ]
    joined = np.unique(np.concatenate([np.asarray(t, float) for t in times]).round(9))
    return joined[(joined >= 0) & (joined <= until_h)]


def _around(doses: list[Given]) -> list[np.ndarray]:
    """The same times around every dose, from its beginning and from the end of an infusion."""
    at_h, over_h = (np.array([getattr(dose, name) for dose in doses]) for name in ("at_h", "over_h"))
    after_min = _AFTER_MIN if len(doses) <= _MANY_DOSES else _AFTER_MIN_OF_MANY
    return [at_h + minutes / 60 for minutes in after_min] + [at_h + over_h]


__all__ = ["FINISHED", "Exposure", "prepared", "reading_times", "simulate", "warnings_of"]
