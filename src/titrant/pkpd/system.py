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


Lists = tuple[np.ndarray, np.ndarray]  # first pair of each row (n_rows + 1,), and all pairs (n_pairs, 2)


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where the exponential of a system can differ from zero, and the sums that build it.

    Entry k of a propagator stands at row ``rows[k]``, column ``columns[k]``, row by row. A shifted rate matrix is held
    as its flows, then the diagonal of each state ("moves").

    Attributes:
        diagonal: shape (n_states,), the entry of each diagonal element.
        squares: for each entry of T·U, pairs of an entry of T and one of U.
        flow_steps: for each entry of A·T, pairs of a move and an entry of T.
        steps: for each state of T·x, pairs of an entry and a state.
        moves: for each state of A·x, pairs of a move and a state.
    """

    rows: np.ndarray
    columns: np.ndarray
    diagonal: np.ndarray
    squares: Lists
    flow_steps: Lists
    steps: Lists
    moves: Lists


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
    every, n_flows = range(n_states), len(sources)
    into = [[(flow, s) for flow, s, t in inner if t == state] + [(n_flows + state, state)] for state in every]
    return Pattern(
        rows,
        columns,
        np.array([entry[i, i] for i in every], dtype=np.int64),
        _lists([[(entry[r, k], entry[k, c]) for k in every if reach[r, k] and reach[k, c]] for r, c in entry]),
        _lists([[(move, entry[s, c]) for move, s in into[r] if reach[s, c]] for r, c in entry]),
        _lists([[(entry[r, c], c) for c in every if reach[r, c]] for r in every]),
        _lists(into),
    )


def _lists(rows: list[list[tuple[int, int]]]) -> Lists:
    first = np.cumsum([0] + [len(row) for row in rows]).astype(np.int64)
    return first, np.array([pair for row in rows for pair in row], dtype=np.int64).reshape(-1, 2)
