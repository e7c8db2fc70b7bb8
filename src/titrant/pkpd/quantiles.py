"""Bands over people, and single figures of them."""

import numpy as np

LEVELS = (5, 25, 50, 75, 95)


def curve_bands(values: np.ndarray, levels: tuple[int, ...] = LEVELS) -> np.ndarray:
    """Quantiles over people at each time: values (n_people, n_times) to (n_levels, n_times)."""
    ordered = np.sort(values, axis=0)
    place = np.asarray(levels) / 100 * (len(values) - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(values) - 1)
    rest = (place - low)[:, None]
    return ordered[low] * (1 - rest) + ordered[high] * rest


def figure_bands(values: np.ndarray, levels: tuple[int, ...] = LEVELS) -> dict[str, float]:
    """Quantiles of one figure over people, by level; NaN where it is not known."""
    found = np.quantile(values, np.asarray(levels) / 100)
    return {str(level): float(value) for level, value in zip(levels, found, strict=True)}
