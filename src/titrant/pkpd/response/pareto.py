"""Importance weights made safe: their largest are replaced by what a fitted Pareto tail expects of them.

Source: Vehtari, Simpson, Gelman, Yao and Gabry, Pareto smoothed importance sampling, JMLR 2024;25(72). The fit is that
of Zhang and Stephens, Technometrics 2009;51:316, with the prior on the shape that the former paper gives.
"""

import numpy as np

_TINY = float(np.finfo(np.float64).tiny)
_PRIOR_POINTS, _PRIOR_SHAPE, _PRIOR_WEIGHT = 3, 0.5, 10


def smoothed(log_weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights summing to one, and the shape k of their tail.

    Args:
        log_weights: shape (n,), up to a constant; minus infinity is allowed, NaN counts as that.

    Returns:
        Weights of shape (n,) and k; k is infinity where no weight or too few are above zero.
    """
    logs = np.where(np.isfinite(log_weights), log_weights, -np.inf)
    if np.isinf(logs).all():
        return np.full(len(logs), 1 / len(logs)), float("inf")
    logs = logs - logs.max()
    count = int(np.ceil(min(0.2 * len(logs), 3 * np.sqrt(len(logs)))))
    order = np.argsort(logs, kind="stable")
    tail = order[-count:]
    cutoff = max(float(logs[order[-count - 1]]), float(np.log(_TINY)))
    tail = tail[logs[tail] > cutoff]
    k = float("inf")
    if len(tail) > 4:
        over = np.exp(logs[tail]) - np.exp(cutoff)
        k, scale = fitted(over)
        if np.isfinite(k):
            places = (np.arange(len(tail)) + 0.5) / len(tail)
            logs[tail] = np.log(quantile(places, k, scale) + np.exp(cutoff))
    weights = np.exp(np.minimum(logs, 0.0))
    return weights / weights.sum(), k


def fitted(rising: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution for values above zero, in rising order."""
    n, largest = len(rising), rising[-1]
    points = 30 + int(n**0.5)
    theta = 1 / largest + (1 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))) / (
        _PRIOR_POINTS * rising[int(n / 4 + 0.5) - 1]
    )
    shapes = np.log1p(-theta[:, None] * rising).mean(axis=1)
    heights = n * (np.log(-theta / shapes) - shapes - 1)
    weights = 1 / np.exp(heights - heights[:, None]).sum(axis=1)
    weights = np.where(weights >= 10 * np.finfo(np.float64).eps, weights, 0.0)
    middle = float((theta * weights).sum() / weights.sum())
    shape = float(np.log1p(-middle * rising).mean())
    scale = -shape / middle
    return (n * shape + _PRIOR_WEIGHT * _PRIOR_SHAPE) / (n + _PRIOR_WEIGHT), scale


def quantile(places: np.ndarray, shape: float, scale: float) -> np.ndarray:
    """Quantiles of the generalised Pareto distribution."""
    if abs(shape) < np.finfo(np.float64).eps:
        return -scale * np.log1p(-places)
    return scale * np.expm1(-shape * np.log1p(-places)) / shape


def effective_draws(weights: np.ndarray) -> float:
    """How many equal draws these weights (summing to one) are worth."""
    return float(1 / (weights * weights).sum())
