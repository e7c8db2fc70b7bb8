"""Side effects as graded events: how often on a day, how bad, and how both rise with the exposure.

Events come as a Poisson process with ``without_drug + at_reference * (exposure / reference)**steepness`` events a day;
each is at least one grade worse with chance ``worse``, independently. The worst of a day is below grade g with
probability exp(-rate * worse**(g - 1)).
"""

from math import exp, log

import numpy as np
from numba import njit

GRADES = 4
_LEAST = 1e-300


@njit(cache=True, error_model="numpy")
def log_likelihood(curved, grades, exposure, reference, out):
    """Log likelihood of the worst grades of the days.

    Args:
        curved: shape (n, 4): events without drug a day, events at reference a day, steepness, chance worse.
        grades: shape (n_days,), 0 to 4 or NaN; exposure: shape (n_days,), in the unit of reference.
        out: shape (n,), filled.
    """
    for n in range(len(curved)):
        total, before, rate = 0.0, -1.0, 0.0
        for day in range(len(grades)):
            if np.isnan(grades[day]):
                continue
            if exposure[day] != before:
                before, rate = exposure[day], curved[n, 0]
                if before > 0:
                    rate += curved[n, 1] * (before / reference) ** curved[n, 2]
            grade = int(grades[day])
            at_most = exp(-rate * curved[n, 3] ** grade) if grade < GRADES else 1.0
            below = exp(-rate * curved[n, 3] ** (grade - 1)) if grade > 0 else 0.0
            total += log(max(at_most - below, _LEAST))
        out[n] = total


def chance_of_grade(curved: np.ndarray, exposure: np.ndarray, reference: float, grade: int) -> np.ndarray:
    """Chance that the worst of a day is at least ``grade`` (1 to 4); shape (n_draws, n_exposures)."""
    level = np.asarray(exposure, dtype=np.float64)[None, :] / reference
    rate = curved[:, :1] + curved[:, 1:2] * level ** curved[:, 2:3]
    return -np.expm1(-rate * curved[:, 3:4] ** (grade - 1))


def drawn(curved: np.ndarray, exposure: np.ndarray, reference: float, generator: np.random.Generator) -> np.ndarray:
    """Worst grades, one row for each draw; shape (n_draws, n_exposures), 0.0 to 4.0."""
    uniform = generator.random((len(curved), len(exposure)))
    worst = np.zeros(uniform.shape)
    levels, which = np.unique(exposure, return_inverse=True)  # few doses, many days
    for grade in range(1, GRADES + 1):
        worst += uniform < chance_of_grade(curved, levels, reference, grade)[:, which]
    return worst
