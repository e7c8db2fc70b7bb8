"""Measured levels of one person under a model: the check before use, the fit, and the forecast after it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from titrant.pkpd import population
from titrant.pkpd.doses import Given, checked
from titrant.pkpd.engine import solve
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.individual import Problem
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.posterior import Posterior, posterior
from titrant.pkpd.simulation import prepared

_OUTSIDE = 3.29  # standard deviations that leave 0.1 % outside
_FAR = 1.96  # standard deviations that leave 5 % outside
_PRIOR_DRAWS = 1000
_WHY = "A level read wrongly would move every forecast."


@dataclass(frozen=True)
class Level:
    """One measured level, ng/mL, of an output, at h since start."""

    at_h: float
    ng_per_ml: float
    output: str = "ketamine"


@dataclass(frozen=True)
class Doubt:
    """A level that the model before fitting finds all but impossible. Ask before it is used."""

    level: Level
    expected_ng_per_ml: float
    times_off: float

    @property
    def question(self) -> str:
        return (
            f"{self.level.output} {self.level.ng_per_ml:g} ng/mL at {self.level.at_h:g} h, where about "
            f"{self.expected_ng_per_ml:.3g} ng/mL is expected: wrong time, wrong unit, wrong drug?"
        )


@dataclass(frozen=True, eq=False)
class Case:
    """One person's problem under a model, and what is needed to simulate that person again."""

    chosen: ParameterSet
    person: Person
    doses: list[Given]
    levels: list[Level]
    problem: Problem
    spread: float

    def parameters(self, effects: np.ndarray) -> dict[str, np.ndarray]:
        """Model parameters for standardised effects (n, n_effects)."""
        return _parameters(self.chosen, self.person, self.problem.names, self.spread, effects)


def case(
    chosen: ParameterSet,
    doses: list[Given],
    levels: list[Level],
    person: Person = Person(),  # noqa: B008 (frozen)
    flattened: float = 1.0,
    compiled: bool | None = None,
) -> Case:
    """The problem of one person.

    Args:
        doses: as really taken. levels: measured, at least one.
        flattened: widens the prior's standard deviations by this factor (1 to 10).

    Raises:
        UnusableNumbers: for levels, doses or covariates that cannot be meant.
    """
    checked(doses, chosen.routes)
    population.check_words(chosen, person.words)
    _check_levels(chosen, doses, levels)
    if not 1 <= flattened <= 10:
        raise UnusableNumbers("flattened", f"{flattened:g} is not from 1 to 10", _WHY, "1 leaves the prior as it is.")
    names = tuple(population.random_effects(chosen))
    times = np.unique([level.at_h for level in levels])
    column = np.searchsorted(times, [level.at_h for level in levels])
    early = [dose for dose in doses if dose.at_h <= times[-1]]

    def predict(effects: np.ndarray) -> np.ndarray:
        p = _parameters(chosen, person, names, flattened, effects)
        system, ways, entries = prepared(chosen, p, early)
        solution = solve(system, ways, entries, times, start_h=0.0, compiled=compiled).required()
        row = [solution.outputs.index(level.output) for level in levels]
        return solution.values[:, row, column]

    errors = [chosen.residuals[level.output] for level in levels]
    added = np.array([error.added for error in errors])
    problem = Problem(
        predict,
        names,
        np.array([[level.ng_per_ml for level in levels]]),
        np.array([error.log_sd for error in errors]),
        added,
        normal=bool(added.any()),
    )
    return Case(chosen, person, doses, levels, problem, flattened)


def doubts(of: Case, seed: int = 1) -> list[Doubt]:
    """Levels outside 99.9 % of what the model predicts before it has seen any, error of measurement included.

    The prediction's logarithm is taken as normal, with mean and spread from a thousand people.
    """
    effects = population.normals(seed, 0, _PRIOR_DRAWS, len(of.problem.names))
    said = np.log(np.maximum(of.problem.predict(effects), 1e-12))
    middle = said.mean(axis=0)
    relative = of.problem.sd**2 + (of.problem.added / np.exp(middle)) ** 2
    sd = np.sqrt(said.var(axis=0) + relative)
    off = np.abs(np.log(of.problem.levels[0]) - middle) / sd
    return [
        Doubt(level, float(np.exp(m)), float(np.exp(abs(np.log(level.ng_per_ml) - m))))
        for level, m, z in zip(of.levels, middle, off, strict=True)
        if z > _OUTSIDE
    ]


@dataclass(frozen=True)
class Far:
    """A level that lies far from the fitted one, measured by the model's own error of measurement."""

    level: Level
    fitted_ng_per_ml: float

    @property
    def question(self) -> str:
        return (
            f"{self.level.output} at {self.level.at_h:g} h: measured {self.level.ng_per_ml:g} ng/mL, fitted "
            f"{self.fitted_ng_per_ml:.3g}, further apart than error of measurement explains in 19 of 20 levels. "
            "Are time, dose and drug right?"
        )


def far(of: Case, found: Posterior) -> list[Far]:
    """Levels further from the most probable ones than 95 % of the error of measurement."""
    said = of.problem.predict(found.mode.effects[:1])[0]
    sd = np.sqrt(of.problem.sd**2 + (of.problem.added / said) ** 2)
    off = np.abs(np.log(of.problem.levels[0] / said)) / sd
    return [Far(level, float(x)) for level, x, z in zip(of.levels, said, off, strict=True) if z > _FAR]


def fitted(of: Case, seed: int = 1, draws: int = 2000) -> Posterior:
    """The posterior of this person."""
    return posterior(of.problem, seed, draws)


def forecast(
    of: Case,
    found: Posterior,
    doses: list[Given],
    times_h: np.ndarray,
    seed: int = 1,
    people: int = 500,
    change: Callable[[dict], dict] | None = None,
) -> tuple[tuple[str, ...], np.ndarray]:
    """Levels under another regimen for draws of the posterior: outputs and values (people, n_outputs, n_times)."""
    checked(doses, of.chosen.routes)
    p = of.parameters(found.equal(seed, people))
    system, ways, entries = prepared(of.chosen, change(p) if change else p, doses)
    solution = solve(system, ways, entries, times_h, start_h=min(0.0, times_h[0])).required()
    return solution.outputs, solution.values


def _parameters(chosen: ParameterSet, person: Person, names: tuple[str, ...], spread: float, effects: np.ndarray):
    moved = {name: effects[:, k] * chosen.parameters[name].between_people.sd * spread for k, name in enumerate(names)}
    return population.with_effects(chosen, person, moved, len(effects))


def _check_levels(chosen: ParameterSet, doses: list[Given], levels: list[Level]) -> None:
    if not levels:
        raise UnusableNumbers("levels", "there is no measured level", _WHY, "Give at least one.")
    for number, level in enumerate(levels, 1):
        fault = ""
        if level.output not in chosen.residuals:
            fault = f"{level.output!r} is not an output of {chosen.id} ({', '.join(chosen.residuals)})"
        elif not (np.isfinite(level.at_h) and 0 <= level.at_h <= 1e6):
            fault = f"its time, {level.at_h} h, is negative, absurd or not a number"
        elif not (np.isfinite(level.ng_per_ml) and 0 < level.ng_per_ml <= 1e5):
            fault = f"{level.ng_per_ml} ng/mL is not a level above 0 and up to 100,000 ng/mL"
        elif level.at_h <= doses[0].at_h:
            fault = "it lies before the first dose"
        elif level in levels[: number - 1]:
            fault = "the same level stands twice, and would count twice"
        if fault:
            raise UnusableNumbers(f"level {number}", fault, _WHY, "Correct it, or leave it out.")
