"""One person from measured levels: the most probable parameters, and everything else that is possible.

A problem is a function from random effects to predicted levels, the spread of those effects, the measured levels and
their error. Effects are in standard deviations: the prior of each is a standard normal. Everything is evaluated for
many vectors of effects at once, since the engine takes many people as easily as one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

_STEP, _CURVE_STEP = 1e-4, 2e-3
_SMALL = 1e-12
# Steps in standard deviations: near enough for the observed curvature; arrived, because the next would be its square.
_NEAR, _ARRIVED = 0.3, 1e-3
Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is known of one person, or of several people who were dosed and measured at the same times.

    Attributes:
        predict: (n, n_effects) standardised effects to (n, n_levels) predicted levels, above zero.
        names: of the effects.
        levels: shape (n_people, n_levels), measured.
        sd: shape (n_levels,), error on the log scale, or relative to the prediction where ``added`` is used.
        added: shape (n_levels,), error added to it in the level's unit; used where ``normal`` is true.
        normal: whether the error is normal around the prediction (else normal around its logarithm).
    """

    predict: Predict
    names: tuple[str, ...]
    levels: np.ndarray
    sd: np.ndarray
    added: np.ndarray
    normal: bool = False


@dataclass(frozen=True, eq=False)
class Mode:
    """The most probable effects of each person.

    Attributes:
        effects: shape (n_people, n_effects), in standard deviations of the prior.
        covariance: shape (n_people, n_effects, n_effects), inverse curvature of the log posterior there.
        log_posterior: shape (n_people,), up to a constant.
        converged: shape (n_people,).
    """

    effects: np.ndarray
    covariance: np.ndarray
    log_posterior: np.ndarray
    converged: np.ndarray
    steps: int = field(default=0)


def log_likelihood(problem: Problem, said: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Exact log likelihood of ``levels`` given predictions ``said``, both (..., n_levels), up to a constant."""
    said = np.maximum(said, _SMALL)
    if problem.normal:
        variance = (problem.sd * said) ** 2 + problem.added**2
        return -0.5 * ((levels - said) ** 2 / variance + np.log(variance)).sum(axis=-1)
    return -0.5 * (((np.log(levels) - np.log(said)) / problem.sd) ** 2).sum(axis=-1)


def log_posterior(problem: Problem, effects: np.ndarray, person: int = 0) -> np.ndarray:
    """Log posterior of one person at effects (n, n_effects); shape (n,)."""
    likelihood = log_likelihood(problem, problem.predict(effects), problem.levels[person])
    return likelihood - 0.5 * (effects**2).sum(axis=1)


def most_probable(problem: Problem, start: np.ndarray | None = None, most_steps: int = 60) -> Mode:
    """The mode of every person's posterior; those who are not there yet step together.

    Damped scoring brings each person near, then Newton steps with the observed curvature finish. A step is taken only
    if it raises the posterior. Derivatives are central differences of the predictions, in one call for all people.
    """
    n_people, k = len(problem.levels), len(problem.names)
    at = np.zeros((n_people, k)) if start is None else start.copy()
    state = _State(at, *_slopes(problem, at), np.full(n_people, 1e-3), np.zeros(n_people, bool))
    converged, steps = np.zeros(n_people, bool), 0
    while not converged.all() and steps < most_steps:
        steps += 1
        who = np.flatnonzero(~converged)
        converged[who] = _stepped(problem, state, who)
    value = _values(problem, state.said, state.at, problem.levels)
    return Mode(state.at, _covariances(problem, state.at, problem.levels), value, converged, steps)


@dataclass(eq=False)
class _State:
    at: np.ndarray
    said: np.ndarray
    slope: np.ndarray
    damping: np.ndarray
    near: np.ndarray


def _stepped(problem: Problem, state: _State, who: np.ndarray) -> np.ndarray:
    """One step of people ``who``, kept in ``state`` where it is better; whether each has arrived."""
    at, levels, k = state.at[who], problem.levels[who], state.at.shape[1]
    gradient, curvature = _ascent(problem, state.said[who], state.slope[who], at, levels)
    observed = np.zeros(len(who), bool)
    near = np.flatnonzero(state.near[who])
    if len(near):
        seen = _curvatures(problem, at[near], levels[near])
        sound = np.linalg.eigvalsh(seen)[:, 0] > 0.1
        curvature[near[sound]], observed[near[sound]] = seen[sound], True
    diagonal = np.maximum(np.diagonal(curvature, axis1=1, axis2=2), 1.0)
    scaled = curvature + (state.damping[who][:, None] * diagonal)[:, :, None] * np.eye(k)
    move = np.linalg.solve(scaled, gradient[:, :, None])[:, :, 0]
    size = np.abs(move).max(axis=1)
    move *= np.minimum(1.0, 2.0 / np.maximum(size, _SMALL))[:, None]
    said, slope = _slopes(problem, at + move)
    better = _values(problem, said, at + move, levels) >= _values(problem, state.said[who], at, levels) - 1e-10
    moved = who[better]
    state.at[moved], state.said[moved], state.slope[moved] = (at + move)[better], said[better], slope[better]
    state.damping[who] = np.where(better, state.damping[who] * 0.1, np.maximum(state.damping[who], 1e-4) * 10)
    state.near[who] |= better & (size < _NEAR)
    return better & (size < np.where(observed, _ARRIVED, _ARRIVED / 10)) & state.near[who]


def _values(problem: Problem, said: np.ndarray, at: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return log_likelihood(problem, said, levels) - 0.5 * (at**2).sum(axis=1)


def _slopes(problem: Problem, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (n_people, n_levels) and their derivatives (n_people, n_effects, n_levels), in one call."""
    n_people, k = at.shape
    moves = np.concatenate([np.zeros((1, k)), _STEP * np.eye(k), -_STEP * np.eye(k)])
    said = problem.predict((at[:, None, :] + moves).reshape(-1, k)).reshape(n_people, 2 * k + 1, -1)
    return said[:, 0], (said[:, 1 : k + 1] - said[:, k + 1 :]) / (2 * _STEP)


def _ascent(
    problem: Problem, said: np.ndarray, slope: np.ndarray, at: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of the log posterior and the expected information."""
    said = np.maximum(said, _SMALL)
    if problem.normal:
        variance = (problem.sd * said) ** 2 + problem.added**2
        change = 2 * problem.sd**2 * said
        off = levels - said
        pull = off / variance + 0.5 * change * (off**2 / variance**2 - 1 / variance)
        weight = 1 / variance + 0.5 * (change / variance) ** 2
    else:
        pull = (np.log(levels) - np.log(said)) / (problem.sd**2 * said)
        weight = 1 / (problem.sd * said) ** 2
    gradient = np.einsum("pl,pkl->pk", pull, slope) - at
    return gradient, np.einsum("pl,pkl,pjl->pkj", weight, slope, slope) + np.eye(at.shape[1])


def _curvatures(problem: Problem, at: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Minus the second derivatives of the log posterior, by central differences; (n_people, n_effects, n_effects).

    With steps h of i and j: f(+i+j) - f(+i) - f(+j) + 2 f - f(-i) - f(-j) + f(-i-j) = 2 h² f_ij, and as usual for f_ii.
    """
    n_people, k = at.shape
    rows, columns, moves = _moves(k)
    points = at[:, None, :] + moves
    said = problem.predict(points.reshape(-1, k)).reshape(n_people, len(moves), -1)
    value = log_likelihood(problem, said, levels[:, None]) - 0.5 * (points**2).sum(axis=2)
    middle, up, down = value[:, :1], value[:, 1 : k + 1], value[:, k + 1 : 2 * k + 1]
    both = value[:, 2 * k + 1 :].reshape(n_people, 2, -1).sum(axis=1)
    single = up + down - 2 * middle
    curvature = np.empty((n_people, k, k))
    curvature[:, np.arange(k), np.arange(k)] = -single / _CURVE_STEP**2
    cross = -(both - 2 * middle - single[:, rows] - single[:, columns]) / (2 * _CURVE_STEP**2)
    curvature[:, rows, columns] = curvature[:, columns, rows] = cross
    return curvature


@lru_cache(maxsize=32)
def _moves(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns above the diagonal; the moves: none, each up, each down, each pair up, each pair down."""
    rows, columns = np.triu_indices(k, 1)
    unit = _CURVE_STEP * np.eye(k)
    pairs = unit[rows] + unit[columns]
    return rows, columns, np.concatenate((np.zeros((1, k)), unit, -unit, pairs, -pairs))


def _covariances(problem: Problem, at: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Inverse of the observed curvature; a direction flatter than half the prior falls back to that."""
    curvature, vectors = np.linalg.eigh(_curvatures(problem, at, levels))
    return np.einsum("pij,pj,pkj->pik", vectors, 1 / np.maximum(curvature, 0.5), vectors)
