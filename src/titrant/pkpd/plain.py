"""The march in plain NumPy: for a few people, and where compiling is not worth its start-up time.

Rate matrices have nothing negative off the diagonal, so shifting the diagonal makes every term of the exponential
series positive: nothing cancels, and every element keeps its digits, however small it is beside the others.

Source of the method: Xue & Ye, Numerische Mathematik 2013;124:393-408 (essentially non-negative matrices).
"""

import numpy as np

from titrant.pkpd.schedule import BY_VECTOR, HALF_TICK_H, STAY, March
from titrant.pkpd.system import System

_TERMS = 14
_LARGEST = 0.5


def exponential(rates: np.ndarray) -> np.ndarray:
    """exp of each matrix; shape (n_people, n, n), nothing negative off the diagonal."""
    n = rates.shape[-1]
    shift = np.maximum(-rates.diagonal(axis1=1, axis2=2).min(axis=1), 0.0)
    size = (rates + shift[:, None, None] * np.eye(n)).sum(axis=1).max(axis=1)
    halvings = np.ceil(np.log2(np.maximum(size / _LARGEST, 1.0))).astype(np.int64)
    small = (rates + shift[:, None, None] * np.eye(n)) / np.exp2(halvings)[:, None, None]
    result = np.broadcast_to(np.eye(n), rates.shape)
    for term in range(_TERMS, 0, -1):
        result = np.eye(n) + small @ result / term
    result = result * np.exp(-shift / np.exp2(halvings))[:, None, None]
    for halving in range(int(halvings.max(initial=0))):
        result = np.where((halving < halvings)[:, None, None], result @ result, result)
    return result


def run(
    system: System, ways, march: March, initial_mg: np.ndarray, snap_stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of shape (n_people, n_outputs, n_readings) and amounts of shape (n_people, n_snaps, n_states)."""
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found and refused by the engine
        return _run(system, ways, march, initial_mg, snap_stops)


def _run(
    system: System, ways, march: March, initial_mg: np.ndarray, snap_stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    a = system.matrices()
    propagators = [exponential(a * step) for step in march.class_step_h]
    arrivals = [_arrival(a, ways, march, number) for number in range(len(march.class_kind))]
    x = initial_mg.copy()
    n_readings = int(march.reading.max()) + 1
    snaps, snap_of = [], set(snap_stops.tolist())
    result = np.empty((system.n_people, len(system.outputs), n_readings))
    for stop, kind in enumerate(march.step_class):
        if kind != STAY and (stop or x.any()):
            step = exponential(a * march.step_h[stop]) if kind == BY_VECTOR else propagators[kind]
            x = (step @ x[:, :, None])[:, :, 0]
        for entry in range(march.first_entry[stop], march.first_entry[stop + 1]):
            x = x + march.entry_mg[entry] * arrivals[march.entry_class[entry]]
        if march.reading[stop] >= 0:
            result[:, :, march.reading[stop]] = x[:, system.read_states] * system.scales.T
        if stop in snap_of:
            snaps.append(x)
    return result, np.stack(snaps, axis=1)


def _arrival(a: np.ndarray, ways, march: March, number: int) -> np.ndarray:
    """What one milligram of this entry class has become at the end of its step; shape (n_people, n_states)."""
    kind, from_h, to_h = march.class_kind[number], march.class_from_h[number], march.class_to_h[number]
    share, length, rest = portions(ways.lags_h[kind], ways.durations_h[kind], from_h, to_h)
    n_people, n, _ = a.shape
    wider = np.zeros((n_people, n + 1, n + 1))
    wider[:, :n, :n] = a * length[:, None, None]
    wider[:, ways.states[kind], n] = 1.0
    entered = np.zeros((n_people, n + 1))
    entered[:, n] = 1.0
    at_end = (exponential(wider) @ entered[:, :, None])[:, :n]
    later = (exponential(a * rest[:, None, None]) @ at_end)[:, :, 0]
    return later * (share * ways.shares[kind])[:, None]


def portions(
    lag_h: np.ndarray, duration_h: np.ndarray, from_h: float, to_h: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of an input that begins at ``lag_h`` and lasts ``duration_h``: its share inside the step from ``from_h`` to
    ``to_h`` (h after the dose), how long that share takes to enter, and the time left from then to the end of the step.
    """
    begin, end = np.maximum(lag_h, from_h), np.minimum(lag_h + duration_h, to_h)
    length = np.maximum(end - begin, 0.0)
    at_once = duration_h <= 0
    inside = (lag_h > from_h + HALF_TICK_H) & (lag_h <= to_h + HALF_TICK_H)
    share = np.where(at_once, inside, length / np.where(at_once, 1.0, duration_h)).astype(np.float64)
    rest = np.where(share > 0, np.maximum(to_h - np.where(at_once, lag_h, end), 0.0), 0.0)
    return share, np.where(at_once, 0.0, length), rest
