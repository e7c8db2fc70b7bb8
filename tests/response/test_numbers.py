"""The numbers against independent ones: dense normal density, quadrature, ArviZ, direct counting."""

import numpy as np
import pytest
from scipy.special import log_ndtr
from scipy.stats import genpareto, multivariate_normal, truncnorm
from tools.calibrate_response import shipped

from tests.response.shared import DOSES
from titrant.pkpd.response import course, events, people
from titrant.pkpd.response.pareto import effective_draws, smoothed
from titrant.pkpd.response.sampling import agreement

CURVED = np.array([[0.4, 1.1, 10.9, 105.0, 5.0], [0.7, 0.8, 6.0, 40.0, 9.0], [0.05, 2.0, 20.0, 300.0, 3.0]])
CENTRE, SPREAD = np.array([6.5, 0.8, 0.5, 3.0]), np.array([1.8, 0.9, 0.8, 1.5])


def _scores(days: int, missing: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    pain = 6 + generator.standard_normal(days)
    pain[generator.random(days) < missing] = np.nan
    return pain


def _integrated(pain: np.ndarray, doses: np.ndarray):
    evidence, roots, pulls = np.empty((3, 2)), np.zeros((3, 4, 4)), np.empty((3, 4))
    course.integrated(CURVED, pain, doses, 10, 14.0, CENTRE, SPREAD, evidence, roots, pulls)
    return evidence, roots, pulls


def _dense(pain: np.ndarray, doses: np.ndarray, curved: np.ndarray, amounts: int):
    """Mean and covariance of the seen scores with the first ``amounts`` amounts as normal unknowns."""
    design = np.empty((len(pain), 4))
    course.shares(doses, 10, 14.0, curved[4], curved[2], curved[3], design)
    seen = np.flatnonzero(~np.isnan(pain))
    swing = curved[1] ** 2 * curved[0] ** np.abs(seen[:, None] - seen)
    x = design[seen, :amounts]
    return seen, x, x @ CENTRE[:amounts], swing + (x * SPREAD[:amounts] ** 2) @ x.T


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.8])
def test_the_likelihood_is_that_of_the_dense_normal(missing):
    pain, doses = _scores(len(DOSES), missing, 3), DOSES
    evidence, roots, pulls = _integrated(pain, doses)
    for n, curved in enumerate(CURVED):
        seen, _, mean, covariance = _dense(pain, doses, curved, 3)
        assert evidence[n, 0] == pytest.approx(multivariate_normal.logpdf(pain[seen], mean, covariance), abs=1e-8)
        _, _, mean, covariance = _dense(pain, doses, curved, 4)
        cut = log_ndtr(pulls[n, 3]) - log_ndtr(CENTRE[3] / SPREAD[3])
        wanted = multivariate_normal.logpdf(pain[seen], mean, covariance) + cut
        assert evidence[n, 1] == pytest.approx(wanted, abs=1e-8)


def test_the_amounts_have_the_dense_posterior():
    pain = _scores(len(DOSES), 0.2, 4)
    _, roots, pulls = _integrated(pain, DOSES)
    for n, curved in enumerate(CURVED):
        seen, x, mean, covariance = _dense(pain, DOSES, curved, 4)
        gain = (x * SPREAD**2).T @ np.linalg.inv(covariance)
        wanted = CENTRE + gain @ (pain[seen] - mean)
        precision = roots[n] @ roots[n].T
        assert np.linalg.solve(roots[n].T, pulls[n]) == pytest.approx(wanted, abs=1e-8)
        assert np.linalg.inv(precision) == pytest.approx(np.diag(SPREAD**2) - gain @ x * SPREAD**2, abs=1e-8)


def test_back_substitution_gives_the_conditional_amounts():
    _, roots, pulls = _integrated(_scores(len(DOSES), 0.1, 5), DOSES)
    noise, amounts = np.random.default_rng(1).standard_normal((3, 4)), np.empty((3, 4))
    course.solved(roots, pulls, noise, amounts)
    for n in range(3):
        assert amounts[n, 3] == noise[n, 3]
        left = (roots[n].T @ amounts[n])[:3]
        assert left == pytest.approx(pulls[n, :3] + noise[n, :3])


def test_the_effect_builds_and_fades_with_its_half_time():
    exposure = np.concatenate([np.full(200, 60.0), np.zeros(40)])
    design = np.empty((240, 4))
    course.shares(exposure, 0, 14.0, 5.0, 10.0, 1e9, design)  # far from saturation, the share follows the site
    site = -design[:, 3] * 1e9
    assert site[9] == pytest.approx(30.0, rel=1e-6)
    assert site[199] == pytest.approx(60.0, rel=1e-4)
    assert site[209] == pytest.approx(30.0, rel=1e-4)


@pytest.mark.parametrize("x", [-37.0, -12.0, -10.0, -9.9, -3.0, 0.0, 4.0])
def test_the_normal_distribution_function_is_right_far_out(x):
    assert course.log_normal_cdf(x) == pytest.approx(log_ndtr(x), rel=1e-3)


def test_normal_draws_cut_at_zero():
    uniform = (np.arange(20_000) + 0.5) / 20_000
    for centre, spread in ((3.0, 1.5), (-2.0, 1.0), (-30.0, 1.0)):
        drawn = people.above_zero(uniform, np.full(20_000, centre), np.full(20_000, spread))
        wanted = truncnorm(-centre / spread, np.inf, centre, spread)
        assert (drawn >= 0).all()
        assert drawn.mean() == pytest.approx(wanted.mean(), rel=2e-2)


def test_chances_of_the_grades_sum_to_one_and_match_the_draws():
    curved, exposure = np.array([[0.1, 0.5, 1.5, 0.4]]), np.array([0.0, 50.0, 150.0])
    total = np.zeros(3)
    for grade in range(5):
        for place, level in enumerate(exposure):
            out = np.empty(1)
            events.log_likelihood(curved, np.array([float(grade)]), np.array([level]), 100.0, out)
            total[place] += np.exp(out[0])
    assert total == pytest.approx(np.ones(3))
    drawn = events.drawn(np.repeat(curved, 40_000, axis=0), exposure, 100.0, np.random.default_rng(1))
    for grade in range(1, 5):
        wanted = events.chance_of_grade(curved, exposure, 100.0, grade)[0]
        assert (drawn >= grade).mean(axis=0) == pytest.approx(wanted, abs=0.01)


def test_more_exposure_never_means_less_harm():
    drawn = people.drawn(shipped(), 500, False, np.random.default_rng(2))
    chance = events.chance_of_grade(drawn.harm, np.linspace(0, 400, 30), 100.0, 2)
    assert (np.diff(chance, axis=1) >= 0).all()


@pytest.mark.parametrize("shape", [-0.3, 0.1, 0.5, 0.9, 1.5])
def test_smoothing_agrees_with_arviz(shape):
    from arviz import psislw

    logs = np.log(genpareto(shape).rvs(3000, random_state=7) + 0.01)
    wanted, k = psislw(logs.copy())
    weights, own = smoothed(logs)
    assert own == pytest.approx(float(k), abs=1e-9)
    assert weights == pytest.approx(np.exp(np.asarray(wanted)), abs=1e-12)


def test_weights_that_are_no_numbers_count_for_nothing():
    logs = np.random.default_rng(1).standard_normal(500)
    logs[:10] = np.nan
    logs[10:20] = -np.inf
    weights, _ = smoothed(logs)
    assert weights[:20].sum() == 0
    assert weights.sum() == pytest.approx(1)
    assert smoothed(np.full(50, np.nan))[1] == np.inf
    assert effective_draws(np.full(50, 0.02)) == pytest.approx(50)


def test_agreement_of_chains():
    generator = np.random.default_rng(3)
    good = generator.standard_normal((1000, 32, 2))
    rhat, effective = agreement(good)
    assert rhat < 1.01
    assert 0.4 * good[:, :, 0].size < effective < 2.5 * good[:, :, 0].size
    apart = good + np.arange(32)[None, :, None]
    assert agreement(apart)[0] > 1.5
    assert agreement(np.zeros((1000, 4, 2)))[0] == np.inf
    assert agreement(good[:2])[0] == np.inf
