"""The course of pain: what a day's expected score is made of, and how likely the scores are, exactly.

    pain = baseline - placebo * built(day) + natural * left(day) - relief * site(day) / (site(day) + half_saturation)

around which the days swing with an autocorrelation that fades by the day (AR(1)). Placebo builds from the first dose,
the natural excess fades from the first diary day, and the site follows the exposure with the drug's half-time
(Dahan 2011). Given the five parameters that enter in a curved way, the four amounts are normal, so they are integrated
out exactly: once with relief held at zero (the drug does not help) and once with relief above zero.

Missing days cost nothing: two scores g days apart are correlated by memory to the power g, so the likelihood of what is
there is exact. Sums run in one order in one thread: the same input gives the same bytes.
"""

from math import erfc, log, sqrt

import numpy as np
from numba import njit

AMOUNTS = ("baseline_points", "placebo_points", "natural_points", "greatest_relief_points")
_LOG_TWO_PI = log(2 * np.pi)
_LEAST_PIVOT = 1e-12


@njit(cache=True, error_model="numpy")
def shares(exposure, first_dose_day, natural_half_time, placebo_half_time, drug_half_time, half_saturation, out):
    """What multiplies each amount on each day.

    Args:
        exposure: shape (n_days,), mg/day or ng/mL, as half_saturation.
        out: shape (n_days, 4), filled: 1, minus built placebo, natural excess left, minus the share of relief.
    """
    keep, site = 0.5 ** (1.0 / drug_half_time), 0.0
    for day in range(len(exposure)):
        site = site * keep + exposure[day] * (1.0 - keep)
        out[day, 0] = 1.0
        out[day, 1] = 0.0
        if day >= first_dose_day:
            out[day, 1] = 0.5 ** ((day - first_dose_day + 1) / placebo_half_time) - 1.0
        out[day, 2] = 0.5 ** (day / natural_half_time)
        out[day, 3] = -site / (site + half_saturation)


@njit(cache=True, error_model="numpy")
def _gathered(pain, design, memory, sd, precision, information):
    """Normal equations of the whitened scores. Fills precision (4, 4) and information (4,); returns the rest."""
    row, last, square, log_variances, seen = np.empty(4), -1, 0.0, 0.0, 0
    for day in range(len(pain)):
        if np.isnan(pain[day]):
            continue
        carry = memory ** (day - last) if last >= 0 else 0.0
        variance = sd * sd * (1.0 - carry * carry)
        scale = 1.0 / sqrt(variance)
        score = pain[day] - carry * pain[last] if last >= 0 else pain[day]
        for j in range(4):
            row[j] = (design[day, j] - carry * design[last, j] if last >= 0 else design[day, j]) * scale
        score *= scale
        for j in range(4):
            information[j] += row[j] * score
            for i in range(j + 1):
                precision[j, i] += row[j] * row[i]
        square += score * score
        log_variances += log(variance)
        last, seen = day, seen + 1
    return square + log_variances + seen * _LOG_TWO_PI


@njit(cache=True, error_model="numpy")
def _factored(precision, information, root, pull):
    """Lower Cholesky factor of precision into root, and root^-1 information into pull."""
    for i in range(4):
        for j in range(i + 1):
            total = precision[i, j]
            for k in range(j):
                total -= root[i, k] * root[j, k]
            root[i, j] = sqrt(max(total, _LEAST_PIVOT)) if i == j else total / root[j, j]
        total = information[i]
        for k in range(i):
            total -= root[i, k] * pull[k]
        pull[i] = total / root[i, i]


@njit(cache=True, error_model="numpy")
def log_normal_cdf(x):
    """log of the standard normal distribution function, also far below zero."""
    if x > -10.0:
        return log(0.5 * erfc(-x / sqrt(2.0)))
    return -0.5 * x * x - 0.5 * _LOG_TWO_PI - log(-x) + log(1.0 - 1.0 / (x * x))


@njit(cache=True, error_model="numpy")
def integrated(curved, pain, exposure, first_dose_day, natural_half_time, centre, spread, evidence, roots, pulls):
    """Log likelihood with the amounts integrated out, for many parameter vectors.

    Args:
        curved: shape (n, 5): memory, sd in points, drug half-time, half-saturation, placebo half-time.
        centre, spread: shape (4,), prior of the amounts, independent normal; the last is cut at zero where it acts.
        evidence: shape (n, 2), filled: log likelihood without and with a drug effect.
        roots: shape (n, 4, 4), pulls: shape (n, 4), filled: amounts given the draw solve roots' x = pulls + noise.
    """
    design, precision, information = np.empty((len(pain), 4)), np.empty((4, 4)), np.empty(4)
    above_before = log_normal_cdf(centre[3] / spread[3])
    for n in range(len(curved)):
        c = curved[n]
        shares(exposure, first_dose_day, natural_half_time, c[4], c[2], c[3], design)
        precision[:] = 0.0
        prior = 0.0
        for j in range(4):
            weight = 1.0 / (spread[j] * spread[j])
            precision[j, j], information[j] = weight, weight * centre[j]
            prior += centre[j] * centre[j] * weight + 2.0 * log(spread[j])
            if j == 2:
                prior_without = prior
        rest = _gathered(pain, design, c[0], c[1], precision, information)
        _factored(precision, information, roots[n], pulls[n])
        gain = 0.0
        for j in range(4):
            gain += pulls[n, j] * pulls[n, j] - 2.0 * log(roots[n, j, j])
            if j == 2:
                evidence[n, 0] = -0.5 * (rest + prior_without - gain)
        above = log_normal_cdf(pulls[n, 3]) - above_before
        evidence[n, 1] = -0.5 * (rest + prior - gain) + above


@njit(cache=True, error_model="numpy")
def solved(roots, pulls, noise, amounts):
    """Amounts from standardised noise, by back substitution.

    Args:
        noise: shape (n, 4); its last column is the relief itself, already drawn: zero, or above zero.
        amounts: shape (n, 4), filled.
    """
    for n in range(len(roots)):
        amounts[n, 3] = noise[n, 3]
        for j in range(2, -1, -1):
            total = pulls[n, j] + noise[n, j]
            for k in range(j + 1, 4):
                total -= roots[n, k, j] * amounts[n, k]
            amounts[n, j] = total / roots[n, j, j]


@njit(cache=True, error_model="numpy")
def expected(curved, amounts, exposure, first_dose_day, natural_half_time, pain, relief):
    """What each draw expects of each day.

    Args:
        curved: shape (n, 5), as in ``integrated``; amounts: shape (n, 4).
        pain, relief: shape (n, n_days), filled: expected score, and the drug's own part of the relief, in points.
    """
    design = np.empty((len(exposure), 4))
    for n in range(len(curved)):
        c = curved[n]
        shares(exposure, first_dose_day, natural_half_time, c[4], c[2], c[3], design)
        for day in range(len(exposure)):
            total = 0.0
            for j in range(4):
                total += design[day, j] * amounts[n, j]
            pain[n, day] = total
            relief[n, day] = -design[day, 3] * amounts[n, 3]


def settled_relief(amounts: np.ndarray, half_saturation: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Relief in points when an exposure is kept up; shape (n_draws, n_exposures)."""
    return amounts[:, 3:4] * exposure / (exposure + half_saturation[:, None])
