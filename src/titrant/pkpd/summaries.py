"""Each person's peaks and areas without keeping the curves: for a million people in little memory."""

import numpy as np

from titrant.pkpd.engine import Ways, course_of, kernel_inputs
from titrant.pkpd.faults import Stopped
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import System


def peaks_and_areas(system: System, ways: Ways, entries: Entries, times_h: np.ndarray) -> np.ndarray:
    """Highest reading, its time in h, and the exact area to the last time; shape (n_people, n_outputs, 3).

    Arguments as for ``engine.solve``, already checked; the march begins at the first dose or reading.
    """
    from titrant.pkpd import kernels

    ways = ways.plain()
    begin = float(min(times_h[0], entries.times_h.min()))
    course = course_of(times_h, entries, ways.lags_h.min(axis=1), (ways.lags_h + ways.durations_h).max(axis=1), begin)
    peaks = np.empty((system.n_people, len(system.outputs), 2))
    left = np.empty((system.n_people, 1, len(system.states)))
    nothing = np.zeros((system.n_people, len(system.states)))
    kernels.peaks(*kernel_inputs(system, ways, course.runs, nothing), left, peaks)
    areas = _areas(system, ways, entries, float(times_h[-1]), left[:, 0])
    result = np.stack((peaks[:, :, 0], times_h[peaks[:, :, 1].astype(np.int64)], areas), axis=2)
    if not np.isfinite(result).all():
        raise Stopped("summaries", "an amount became too large or undefined", "It is never shown.", "Check parameters.")
    return result


def _areas(system: System, ways: Ways, entries: Entries, end_h: float, left: np.ndarray) -> np.ndarray:
    from titrant.pkpd.areas import entered_mg

    passed = entered_mg(system, ways, entries, -1.0, end_h) - left
    return np.einsum("osp,ps->po", _weights(system), passed)


def _weights(system: System) -> np.ndarray:
    """Area that one mg in a state adds to each output, (n_outputs, n_states, n_people), all people in one elimination.

    Solves A' w = -c by elimination without pivoting: each column of -A' is dominated by its diagonal, so it is stable.
    """
    n = len(system.states)
    rows = np.zeros((n, n + len(system.outputs), system.n_people))
    for source, target, rate in zip(system.sources, system.targets, system.rates_per_h, strict=True):
        rows[source, source] += rate
        if target >= 0:
            rows[source, target] -= rate
    for output, state in enumerate(system.read_states):
        rows[state, n + output] = system.scales[output]
    filled = [set(np.flatnonzero(np.abs(rows[k]).any(axis=1))) | {k} for k in range(n)]
    for k in range(n):
        rows[k, k][rows[k, k] == 0] = 1.0  # a state that nothing leaves
        for below in range(k + 1, n):
            if k in filled[below]:
                factor = rows[below, k] / rows[k, k]
                filled[below] |= filled[k]
                for column in filled[k] - set(range(k + 1)):
                    rows[below, column] -= factor * rows[k, column]
    for k in range(n - 1, -1, -1):
        for output in range(n, n + len(system.outputs)):
            for above in filled[k] & set(range(k + 1, n)):
                rows[k, output] -= rows[k, above] * rows[above, output]
            rows[k, output] /= rows[k, k]
    return rows[:, n:].transpose(1, 0, 2)
