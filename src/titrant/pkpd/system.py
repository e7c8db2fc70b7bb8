"""A linear system for many people at once: which state feeds which, how fast, and what is read out."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

OUT = -1


@dataclass(frozen=True, eq=False)
class System:
    """Amounts x (mg) with dx/dt = A x, one rate matrix for each person.

    Attributes:
        states: names, in order.
        sources, targets: shape (n_flows,), state numbers; a target of ``OUT`` leaves the body.
        rates_per_h: shape (n_flows, n_people), 1/h, at least zero. Several flows may leave one state.
        outputs: names, in order.
        read_states: shape (n_outputs,), the state that each output reads.
        scales: shape (n_outputs, n_people); an output is its state times its scale (ng/mL per mg).
    """

    states: tuple[str, ...]
    sources: np.ndarray
    targets: np.ndarray
    rates_per_h: np.ndarray
    outputs: tuple[str, ...]
    read_states: np.ndarray
    scales: np.ndarray

    @property
    def n_people(self) -> int:
        return self.rates_per_h.shape[1]

    def matrices(self) -> np.ndarray:
        """Rate matrices A, shape (n_people, n_states, n_states), 1/h."""
        n = len(self.states)
        a = np.zeros((self.n_people, n, n))
        for source, target, rate in zip(self.sources, self.targets, self.rates_per_h, strict=True):
            a[:, source, source] -= rate
            if target != OUT:
                a[:, target, source] += rate
        return a


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the exponential of a system can differ from zero, and the products that build it.

    Entry k of a propagator stands at row ``rows[k]``, column ``columns[k]``.

    Attributes:
        flow_steps: shape (n, 3): result entry, factor entry, flow. One row for each product A·T.
        squares: shape (n, 3): result entry and both factor entries of T·T.
        diagonal: shape (n_states,), the entry of each diagonal element.
    """

    rows: np.ndarray
    columns: np.ndarray
    diagonal: np.ndarray
    flow_steps: np.ndarray
    squares: np.ndarray


def pattern_of(system: System) -> Pattern:
    """The pattern of ``system``; remembered for each structure."""
    return _pattern(len(system.states), tuple(map(int, system.sources)), tuple(map(int, system.targets)))


@lru_cache(maxsize=64)
def _pattern(n_states: int, sources: tuple[int, ...], targets: tuple[int, ...]) -> Pattern:
    reach = np.eye(n_states, dtype=bool)
    inner = [(flow, s, t) for flow, (s, t) in enumerate(zip(sources, targets, strict=True)) if t != OUT]
    for _ in range(n_states):
        for _, s, t in inner:
            reach[t] |= reach[s]
    rows, columns = (index.astype(np.int64) for index in np.nonzero(reach))
    entry = {(int(r), int(c)): k for k, (r, c) in enumerate(zip(rows, columns, strict=True))}
    flow_steps = [(entry[t, c], entry[s, c], flow) for flow, s, t in inner for c in range(n_states) if reach[s, c]]
    squares = [
        (entry[r, c], entry[r, k], entry[k, c])
        for r, c in entry
        for k in range(n_states)
        if reach[r, k] and reach[k, c]
    ]
    return Pattern(
        rows,
        columns,
        np.array([entry[i, i] for i in range(n_states)], dtype=np.int64),
        np.array(sorted(flow_steps), dtype=np.int64).reshape(-1, 3),
        np.array(squares, dtype=np.int64).reshape(-1, 3),
    )
