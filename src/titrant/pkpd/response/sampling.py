"""Draws from a posterior over a few standardised parameters, with diagnostics; never draws without them.

First importance sampling: half of the draws come from a Student distribution around the mode, some from the prior, so
that no weight can exceed a bound and a second mode is not missed. Where the Pareto shape of the weights or their
effective number says no, the proposal is moved to its own weighted draws; where that fails too, many chains that start
from a tempered population walk the posterior and must agree. What fails all of it is not usable, and says so.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.pareto import effective_draws, smoothed

Target = Callable[[np.ndarray], np.ndarray]
_FREEDOM, _PRIOR_SHARE, _WIDER = 5.0, 0.2, 1.15
_STEP, _LARGEST_MOVE, _LEAST_CURVATURE = 1e-2, 1.5, 0.5
_STRIDES = np.array([1.0, 0.5, 0.25, 0.1, 0.02])


@dataclass(frozen=True)
class Effort:
    """How much is computed before giving up: draws a round, rounds, and chains with their steps."""

    draws: int = 2000
    rounds: int = 3
    chains: int = 32
    steps: int = 4800
    newton: int = 30


@dataclass(frozen=True, eq=False)
class Draws:
    """Weighted draws and why they stopped there.

    Attributes:
        standard: shape (n, k), in standard deviations of the prior; weights: shape (n,), summing to one.
        method: "importance", "adapted" or "chains".
        pareto_k: NaN for chains; rhat: NaN for importance; effective: number of equal draws they are worth.
        usable: whether the diagnostics allow any use.
    """

    standard: np.ndarray
    weights: np.ndarray
    method: str
    pareto_k: float
    rhat: float
    effective: float
    usable: bool

    def mean(self) -> np.ndarray:
        """Shape (k,)."""
        return (self.standard * self.weights[:, None]).sum(axis=0)

    def equal(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """Places of ``count`` draws of equal weight, by systematic resampling, in shuffled order."""
        places = (np.arange(count) + generator.random()) / count
        picked = np.minimum(np.searchsorted(np.cumsum(self.weights), places), len(self.weights) - 1)
        return generator.permutation(picked)


def draws_from(
    target: Target, k: int, chosen: ResponseSet, generator: np.random.Generator, effort: Effort | None = None
) -> Draws:
    """Draws from exp(target).

    Args:
        target: (n, k) to (n,), log posterior up to a constant, the standard normal prior included.
    """
    effort = effort or Effort()
    centre, covariance = mode(target, np.zeros(k), effort.newton)
    covariance = covariance * _WIDER
    for attempt in range(effort.rounds):
        standard, log_weights = _proposed(target, centre, covariance, generator, effort.draws)
        weights, shape = smoothed(log_weights)
        effective = effective_draws(weights)
        if _importance_is_usable(shape, effective, chosen):
            return Draws(standard, weights, "adapted" if attempt else "importance", shape, np.nan, effective, True)
        centre, covariance = _moved(standard, weights)
    return _walked(target, k, chosen, generator, effort)


def _importance_is_usable(shape: float, effective: float, chosen: ResponseSet) -> bool:
    return bool(
        shape <= chosen["diagnostics", "highest_pareto_k"]
        and effective >= chosen["diagnostics", "least_effective_draws"]
    )


def mode(target: Target, start: np.ndarray, most_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The most probable point, shape (k,), and the inverse curvature there, shape (k, k).

    Newton steps with differences taken in one call; where the curvature is not positive, its size is used.
    """
    at = start
    for _ in range(most_steps):
        slope, curvature = _derivatives(target, at)
        move = _inverse(curvature) @ slope
        size = float(np.abs(move).max())
        move *= min(1.0, _LARGEST_MOVE / max(size, 1e-12))
        offered = at + _STRIDES[:, None] * move
        values = target(np.vstack([offered, at]))
        best = int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))
        if best == len(_STRIDES):
            break
        at = offered[best]
        if size < 1e-3:
            break
    return at, _inverse(_derivatives(target, at)[1])


def _derivatives(target: Target, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope (k,) and minus the second derivatives (k, k), by central differences."""
    k, unit = len(at), _STEP * np.eye(len(at))
    pairs = [(i, j) for i in range(k) for j in range(i)]
    crossed = [a * unit[i] + b * unit[j] for i, j in pairs for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    values = target(at + np.vstack([np.zeros((1, k)), unit, -unit, *crossed]))
    values = np.where(np.isfinite(values), values, -1e10)
    here, up, down = values[0], values[1 : k + 1], values[k + 1 : 2 * k + 1]
    curvature = np.diag(-(up - 2 * here + down) / _STEP**2)
    for number, (i, j) in enumerate(pairs):
        a, b, c, d = values[2 * k + 1 + 4 * number :][:4]
        curvature[i, j] = curvature[j, i] = -(a - b - c + d) / (4 * _STEP**2)
    return (up - down) / (2 * _STEP), curvature


def _inverse(curvature: np.ndarray) -> np.ndarray:
    """Inverse with every direction at least half as curved as the prior."""
    sizes, vectors = np.linalg.eigh(curvature)
    return (vectors / np.maximum(np.abs(sizes), _LEAST_CURVATURE)) @ vectors.T


def _proposed(
    target: Target, centre: np.ndarray, covariance: np.ndarray, generator: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws from the mixture of Student and prior, and their log weights."""
    k, from_prior = len(centre), int(count * _PRIOR_SHARE)
    root = np.linalg.cholesky(covariance)
    z = generator.standard_normal((count, k))
    stretch = np.sqrt(_FREEDOM / generator.chisquare(_FREEDOM, count))
    standard = centre + (z * stretch[:, None]) @ root.T
    standard[:from_prior] = z[:from_prior]
    off = np.linalg.solve(root, (standard - centre).T)
    student = -0.5 * (_FREEDOM + k) * np.log1p((off * off).sum(axis=0) / _FREEDOM) - np.log(np.diag(root)).sum()
    student += gammaln((_FREEDOM + k) / 2) - gammaln(_FREEDOM / 2) - 0.5 * k * np.log(_FREEDOM * np.pi)
    prior = -0.5 * (standard * standard).sum(axis=1) - 0.5 * k * np.log(2 * np.pi)
    share = from_prior / count
    log_proposal = np.logaddexp(np.log1p(-share) + student, np.log(max(share, 1e-300)) + prior)
    return standard, target(standard) - log_proposal


def _moved(standard: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and widened covariance of the draws, tempered so that one heavy draw does not decide alone."""
    flat = np.sqrt(weights)
    flat /= flat.sum()
    centre = (standard * flat[:, None]).sum(axis=0)
    off = standard - centre
    return centre, 1.2 * (off * flat[:, None]).T @ off + 1e-6 * np.eye(len(centre))


def _walked(target: Target, k: int, chosen: ResponseSet, generator: np.random.Generator, effort: Effort) -> Draws:
    """Chains side by side from a tempered population; the second half of each is kept."""
    at = _tempered(target, k, generator, effort.chains * 16)
    root = np.linalg.cholesky(np.cov(at.T) + 1e-9 * np.eye(k)) * 2.38 / np.sqrt(k)
    at = at[: effort.chains]
    value, kept = target(at), []
    for step in range(effort.steps):
        at, value = _stepped(target, at, value, root, 1.0, generator)
        if step >= effort.steps // 2:
            kept.append(at)
    chains = np.array(kept) if kept else at[None]
    rhat, effective = agreement(chains)
    usable = bool(
        rhat <= chosen["diagnostics", "largest_rhat"]
        and effective >= chosen["diagnostics", "least_effective_draws"]
    )  # fmt: skip
    standard = chains[:: max(1, len(chains) // 100)].reshape(-1, k)
    return Draws(standard, np.full(len(standard), 1 / len(standard)), "chains", np.nan, rhat, effective, usable)


def agreement(chains: np.ndarray) -> tuple[float, float]:
    """Largest R-hat and least effective number of draws, from the means of half chains.

    Args:
        chains: shape (n_steps, n_chains, k).

    Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021 for the split; with many chains the spread of their
    means gives the effective number directly, without autocorrelations.
    """
    half = len(chains) // 2
    if half < 2:
        return float("inf"), 0.0
    halves = np.concatenate([chains[:half], chains[half : 2 * half]], axis=1)
    within, between = halves.var(axis=0, ddof=1).mean(axis=0), halves.mean(axis=0).var(axis=0, ddof=1)
    if not (within > 0).all():
        return float("inf"), 0.0
    ratio = between / within
    return float(np.sqrt((half - 1) / half + ratio).max()), float((halves.shape[1] / ratio).min())


def _tempered(target: Target, k: int, generator: np.random.Generator, count: int) -> np.ndarray:
    """A population moved from the prior to the posterior in small steps; shape (count, k)."""
    at, heat = generator.standard_normal((count, k)), 0.0
    while heat < 1.0:
        value = target(at)
        likelihood = np.maximum(np.where(np.isfinite(value), value, -1e10) + 0.5 * (at * at).sum(axis=1), -1e10)
        step = _next_step(likelihood - likelihood.max(), 1.0 - heat)
        heat = 1.0 if step >= 1.0 - heat else heat + step
        weights = np.exp(step * (likelihood - likelihood.max()))
        weights /= weights.sum()
        draws = Draws(at, weights, "chains", np.nan, np.nan, np.nan, False)
        at = at[draws.equal(count, generator)]
        root = np.linalg.cholesky(np.cov(at.T) + 1e-9 * np.eye(k)) * 2.38 / np.sqrt(k)
        value = _heated(target(at), at, heat)
        for _ in range(8):
            at, value = _stepped(target, at, value, root, heat, generator)
    return at


def _next_step(likelihood: np.ndarray, most: float) -> float:
    """The largest rise of the heat, up to ``most``, that leaves half of the population effective; at least 1e-6."""
    if _half_left(likelihood, most):
        return most
    low, high = 1e-6, most
    for _ in range(40):
        step = 0.5 * (low + high)
        low, high = (step, high) if _half_left(likelihood, step) else (low, step)
    return low


def _half_left(likelihood: np.ndarray, step: float) -> bool:
    weights = np.exp(step * likelihood)
    return bool(weights.sum() ** 2 >= 0.5 * len(weights) * (weights * weights).sum())


def _heated(value: np.ndarray, at: np.ndarray, heat: float) -> np.ndarray:
    """Prior times likelihood to the power ``heat``, as logs."""
    prior = -0.5 * (at * at).sum(axis=1)
    return prior + heat * (np.where(np.isfinite(value), value, -1e10) - prior)


def _stepped(
    target: Target,
    at: np.ndarray,
    value: np.ndarray,
    root: np.ndarray,
    heat: float,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """One random-walk step of every walker."""
    offered = at + generator.standard_normal(at.shape) @ root.T
    offered_value = _heated(target(offered), offered, heat)
    taken = np.log(generator.random(len(at))) < offered_value - value
    return np.where(taken[:, None], offered, at), np.where(taken, offered_value, value)
