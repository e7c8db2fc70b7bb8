"""The individual: the mode against an independent search, the posterior against calibration, and its diagnostics."""

import numpy as np
import pytest
from benchmarks import pk_workloads as workloads
from scipy.optimize import minimize
from scipy.stats import chi2

from tests.pkpd.shared import needs_references
from titrant.pkpd import measured, population
from titrant.pkpd.doses import every
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.individual import Problem, log_posterior, most_probable
from titrant.pkpd.measured import Level
from titrant.pkpd.posterior import posterior
from titrant.pkpd.shipped import model


@needs_references
def test_mode_equals_a_search_from_many_starts_on_w3():
    _, levels = workloads.w3_people()
    problem = workloads.w3_problem(levels)
    found = most_probable(problem)
    assert found.converged.all()
    starts = (np.zeros(3), np.ones(3), -np.ones(3), np.array([1.5, -1.5, 0.5]))
    for person in range(0, len(levels), 4):

        def away(effects, person=person):
            return -log_posterior(problem, effects[None], person)[0]

        best = min(
            (minimize(away, start, method="BFGS", options={"gtol": 1e-8}) for start in starts),
            key=lambda r: r.fun,
        )
        assert found.effects[person] == pytest.approx(best.x, abs=1e-4)


@needs_references
def test_bias_and_precision_on_w3():
    true, levels = workloads.w3_people()
    off = (most_probable(workloads.w3_problem(levels)).effects - true) * np.sqrt(workloads.spec()["omega2"])
    assert np.abs(off.mean(axis=0)).max() < 0.08
    assert (np.sqrt((off**2).mean(axis=0)) < [0.12, 0.29, 0.29]).all(), "never worse than knowing nothing"


@needs_references
def test_posterior_on_w3_has_its_diagnostic():
    _, levels = workloads.w3_people()
    found = posterior(workloads.w3_problem(levels[:1]), seed=3, draws=2000)
    assert found.usable
    assert found.method == "importance"
    assert found.pareto_k < 0.7
    assert found.effective > 1000
    again = posterior(workloads.w3_problem(levels[:1]), seed=3, draws=2000)
    assert (again.effects == found.effects).all()
    assert (again.weights == found.weights).all()


def two_humps(apart: float) -> Problem:
    """Squared effects measured: both signs are equally possible, which one hump cannot follow."""
    return Problem(
        lambda e: np.exp(e[:, :1] ** 2 + 0 * e[:, 1:]),
        ("a", "b"),
        np.exp(np.array([[apart**2]])),
        np.array([0.05]),
        np.zeros(1),
    )


def test_a_posterior_of_two_humps_is_never_passed_off_as_one():
    found = posterior(two_humps(1.5), seed=1, draws=1000)
    sides = found.weights[found.effects[:, 0] > 0].sum()
    assert not found.usable or 0.3 < sides < 0.7


def ranks_and_coverage(people: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Simulation-based calibration of the racemic model: ranks (people, effects) among 99 draws, and 90 % coverage."""
    chosen = model("racemic")
    doses = every(50.0, 8, 1, "troche")
    times = (17.0, 18.0, 20.0, 23.5)
    empty = measured.case(chosen, doses, [Level(t, 50.0) for t in times], compiled=True).problem
    true = population.normals(seed, 0, people, len(empty.names))
    noise = population.normals(seed + 1, 0, people, len(times))
    levels = empty.predict(true) * np.exp(empty.sd * noise)
    problem = Problem(empty.predict, empty.names, levels, empty.sd, empty.added)
    mode = most_probable(problem)
    ranks, inside = [], []
    for person in range(people):
        found = posterior(problem, seed=seed, draws=1000, person=person, mode=mode)
        draws = found.equal(seed + person, 99)
        ranks.append((draws < true[person]).sum(axis=0))
        low, high = np.quantile(found.equal(seed + person, 1000), (0.05, 0.95), axis=0)
        inside.append((low <= true[person]) & (true[person] <= high))
    return np.array(ranks), np.array(inside)


def flatness(ranks: np.ndarray, bins: int = 10) -> float:
    """Chance of ranks (n,) from 0 to 99 at least as uneven, by chi-squared over ``bins``."""
    counts = np.histogram(ranks, bins=bins, range=(-0.5, 99.5))[0]
    return float(chi2.sf(((counts - len(ranks) / bins) ** 2 / (len(ranks) / bins)).sum(), bins - 1))


def test_calibration_on_a_few_people():
    ranks, inside = ranks_and_coverage(60, 11)
    assert 0.84 < inside.mean() < 0.96
    assert min(flatness(ranks[:, k], 5) for k in range(ranks.shape[1])) > 1e-4


@pytest.mark.release
def test_calibration_on_a_thousand_people():
    ranks, inside = ranks_and_coverage(1000, 12)
    assert (inside.mean(axis=0) > 0.87).all()
    assert (inside.mean(axis=0) < 0.93).all()
    # Each effect is tested at 1 % shared between them (Bonferroni).
    assert min(flatness(ranks[:, k], 20) for k in range(ranks.shape[1])) > 0.01 / ranks.shape[1]


LEVELS = [Level(17.0, 60.0), Level(18.0, 150.0, "norketamine"), Level(22.0, 20.0)]


def test_a_level_in_the_wrong_unit_is_asked_about_first():
    doses = every(50.0, 8, 1, "troche")
    assert not measured.doubts(measured.case(model("racemic"), doses, LEVELS))
    wrong = measured.case(model("racemic"), doses, [Level(17.0, 60000.0)])
    assert "wrong unit" in measured.doubts(wrong)[0].question


def test_a_flattened_prior_follows_the_levels_more():
    doses = every(50.0, 8, 1, "troche")
    high = [Level(17.0, 150.0), Level(20.0, 80.0)]
    off = []
    for flattened in (1.0, 4.0):
        case = measured.case(model("racemic"), doses, high, flattened=flattened)
        said = case.problem.predict(most_probable(case.problem).effects)[0]
        off.append(np.abs(np.log(said / case.problem.levels[0])).sum())
    assert off[1] < off[0]


def test_forecast_is_nearer_than_the_prior():
    doses = every(50.0, 8, 1, "troche")
    case = measured.case(model("racemic"), doses, [Level(17.0, 120.0), Level(22.0, 45.0)])
    found = measured.fitted(case, draws=1000)
    outputs, values = measured.forecast(case, found, every(25.0, 8, 2, "troche"), np.arange(0.0, 48.5, 0.5))
    assert outputs == ("ketamine", "norketamine")
    assert np.median(values[:, 0].max(axis=1)) > 36, "this person's levels are high, and the forecast knows"


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([], "no measured level"),
        ([Level(17.0, float("nan"))], "level above 0"),
        ([Level(17.0, -3.0)], "level above 0"),
        ([Level(-1.0, 3.0)], "negative"),
        ([Level(0.0, 3.0)], "before the first dose"),
        ([Level(3.0, 3.0, "morphine")], "not an output"),
    ],
)
def test_levels_that_cannot_be_meant_are_refused(levels, words):
    with pytest.raises(UnusableNumbers, match=words):
        measured.case(model("racemic"), every(50.0, 8, 1, "troche"), levels)
