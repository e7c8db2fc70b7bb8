"""Steady state in closed form: the amounts that a regimen repeats for ever."""

import numpy as np

from titrant.pkpd.engine import Ways, solve
from titrant.pkpd.faults import UnusableNumbers
from titrant.pkpd.plain import exponential
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import System


def steady_amounts(system: System, ways: Ways, entries: Entries, period_h: float) -> np.ndarray:
    """Amounts at the begin of a period, just before its first dose, once the regimen has gone on for ever.

    With x' the amounts at the end of a period that began empty and P the propagator of the period, x = P x + x'.

    Args:
        entries: the doses of one period, at times from 0 to below ``period_h``; inputs must have ended by its end.

    Returns:
        shape (n_people, n_states), mg.
    """
    longest = (ways.lags_h + ways.durations_h).max(axis=1)[entries.kinds]
    if len(entries.times_h) and (entries.times_h + longest).max() > period_h:
        raise UnusableNumbers(
            "steady state",
            "an input lasts beyond the period",
            "Its rest would be lost.",
            "Take a longer period.",
        )
    one = solve(system, ways, entries, np.array([period_h]), start_h=0.0).required().amounts_mg[:, -1]
    propagator = exponential(system.matrices() * period_h)
    stays = np.eye(len(system.states)) - propagator
    idle = stays.diagonal(axis1=1, axis2=2) == 0
    stays[:, np.arange(stays.shape[1]), np.arange(stays.shape[1])] += idle
    return np.linalg.solve(stays, one[:, :, None])[:, :, 0]
