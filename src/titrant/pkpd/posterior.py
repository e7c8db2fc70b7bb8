"""The whole posterior of one person, with its diagnostic; never an answer without one.

Draws come from two Student distributions, the first around the mode, the second around what the first ones found; all
are weighted by the exact posterior over the mixture of both. Where the Pareto shape k of the weights says that this
cannot be trusted (above 0.7), or too few draws count, the proposal is adapted and more is drawn; where that fails too,
many short chains walk the posterior and must agree.

Source of k and its limit: Vehtari, Simpson, Gelman, Yao & Gabry, Pareto smoothed importance sampling, JMLR 2024;25(72).
"""

import warnings
from dataclasses import dataclass

import numpy as np

from titrant.pkpd.individual import Mode, Problem, log_posterior, most_probable

TRUSTED_K, LEAST_ESS, LARGEST_RHAT = 0.7, 400.0, 1.01
_FREEDOM = 10.0
_FIRST, _LEARNED = 0.35, 0.3  # share of the draws around the mode; weight of what they teach of the covariance
_PER_EFFECT = 4.0  # effective draws for each effect by which a covariance is half learned
_ROUNDS, _MORE = 4, 2000  # how often it is drawn, and how many at least from the second time on
_CHAINS, _WALK = 64, 600


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws that stand for what is possible.

    Attributes:
        effects: shape (n_draws, n_effects), standardised; weights: shape (n_draws,), summing to one.
        method: "importance", "adapted" or "chains".
        pareto_k: shape of the weights' tail (NaN for chains); rhat: of the chains (NaN otherwise).
        effective: effective number of draws.
        usable: whether the diagnostic allows any use. If not, the rules decide alone.
    """

    mode: Mode
    effects: np.ndarray
    weights: np.ndarray
    method: str
    pareto_k: float
    rhat: float
    effective: float
    usable: bool

    def equal(self, seed: int, count: int = 1000) -> np.ndarray:
        """``count`` draws of equal weight, by systematic resampling."""
        start = np.random.Generator(np.random.Philox(key=[seed, 7])).random()
        places = (np.arange(count) + start) / count
        picked = np.minimum(np.searchsorted(np.cumsum(self.weights), places), len(self.weights) - 1)
        return self.effects[picked]


def posterior(problem: Problem, seed: int, draws: int = 2000, person: int = 0, mode: Mode | None = None) -> Posterior:
    """The posterior of ``person`` in ``problem``.

    Args:
        mode: if it is known already, of this person alone.
    """
    mode = mode or most_probable(problem)
    centre, covariance = mode.effects[person], mode.covariance[person]
    generator = np.random.Generator(np.random.Philox(key=[seed, person]))
    for attempt in range(_ROUNDS):
        count = max(draws, _MORE) if attempt else draws
        effects, log_weights = _proposed(problem, person, centre, covariance, generator, count)
        weights, k = smoothed(log_weights)
        effective = 1 / (weights**2).sum()
        if k <= TRUSTED_K and effective >= LEAST_ESS:
            method = "adapted" if attempt else "importance"
            return Posterior(mode, effects, weights, method, k, float("nan"), float(effective), True)
        centre, covariance = _adapted(effects, weights, covariance)
    return _walked(problem, person, mode, centre, covariance, generator)


def _proposed(
    problem: Problem, person: int, centre, covariance, generator, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draws from the mixture, and their log weights."""
    first = max(int(_FIRST * draws), 2)
    counts = first, max(draws - first, 1)
    effects = _student(generator, centre, covariance, counts[0])
    value = log_posterior(problem, effects, person)
    proposals = [(centre, covariance), _second(effects, value, centre, covariance)]
    more = _student(generator, *proposals[1], counts[1])
    effects = np.concatenate((effects, more))
    value = np.concatenate((value, log_posterior(problem, more, person)))
    parts = [np.log(n / sum(counts)) + _log_density(effects, *one) for n, one in zip(counts, proposals, strict=True)]
    return effects, value - np.logaddexp(*parts)


def _second(effects, value, centre, covariance) -> tuple[np.ndarray, np.ndarray]:
    """The weighted mean of the first draws, and the covariance moved a little towards theirs."""
    log_weights = value - _log_density(effects, centre, covariance)
    if not np.isfinite(log_weights).any():
        return centre, covariance
    weights = np.exp(np.where(np.isfinite(log_weights), log_weights, -np.inf) - np.nanmax(log_weights))
    weights /= weights.sum()
    mean = weights @ effects
    off = effects - mean
    return mean, _LEARNED * (off * weights[:, None]).T @ off + (1 - _LEARNED) * covariance


def _student(generator, centre, covariance, count: int) -> np.ndarray:
    standard = generator.standard_normal((count, len(centre)))
    wide = np.sqrt(_FREEDOM / generator.chisquare(_FREEDOM, count))
    return centre + (standard * wide[:, None]) @ np.linalg.cholesky(covariance).T


def _log_density(effects, centre, covariance) -> np.ndarray:
    """Of the Student distribution, up to a constant that all of one dimension share."""
    root = np.linalg.cholesky(covariance)
    z = np.linalg.solve(root, (effects - centre).T)
    spread = np.log(np.diagonal(root)).sum()
    return -0.5 * (_FREEDOM + len(centre)) * np.log1p((z**2).sum(axis=0) / _FREEDOM) - spread


def smoothed(log_weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Pareto-smoothed weights summing to one, and the shape k of their tail, through ArviZ."""
    psislw = _arviz().psislw
    if not np.isfinite(log_weights).any():
        return np.full(len(log_weights), 1 / len(log_weights)), float("inf")
    log_weights = np.where(np.isfinite(log_weights), log_weights, -1e300)
    smooth, k = psislw(log_weights - log_weights.max())
    weights = np.exp(np.asarray(smooth) - np.max(smooth))
    return weights / weights.sum(), float(k)


def _arviz():
    """ArviZ, without its notice about a coming version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz
    return arviz


def _adapted(effects: np.ndarray, weights: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the weighted draws, and their widened covariance as far as there are enough of them to tell it."""
    flat = weights**0.5  # tempered, so that one heavy draw does not decide alone
    flat /= flat.sum()
    centre = flat @ effects
    off = effects - centre
    heard = 1 / (flat**2).sum()
    learned = heard / (heard + _PER_EFFECT * len(centre))
    return centre, learned * 1.3 * (off * flat[:, None]).T @ off + (1 - learned) * covariance


def _walked(problem: Problem, person: int, mode: Mode, centre, covariance, generator) -> Posterior:
    """Many random walks side by side; the second half of each is kept."""
    ess, rhat = _arviz().ess, _arviz().rhat
    k = len(centre)
    root = np.linalg.cholesky(covariance) * 2.4 / np.sqrt(k)
    at = centre + generator.standard_normal((_CHAINS, k)) @ root.T
    value = log_posterior(problem, at, person)
    kept = np.empty((_WALK // 2, _CHAINS, k))
    for step in range(_WALK):
        offered = at + generator.standard_normal((_CHAINS, k)) @ root.T
        offered_value = log_posterior(problem, offered, person)
        taken = np.log(generator.random(_CHAINS)) < offered_value - value
        at, value = np.where(taken[:, None], offered, at), np.where(taken, offered_value, value)
        if step >= _WALK // 2:
            kept[step - _WALK // 2] = at
    effective = min(float(ess(kept[:, :, j].T)) for j in range(k))
    worst = max(float(rhat(kept[:, :, j].T)) for j in range(k))
    effects = kept.reshape(-1, k)
    usable = worst <= LARGEST_RHAT and effective >= LEAST_ESS
    weights = np.full(len(effects), 1 / len(effects))
    return Posterior(mode, effects, weights, "chains", float("nan"), worst, effective, usable)
