"""Random numbers by counting, not by order: each is a hash of (seed, patient, day, what).

So no chunk, thread or worker changes a bit, and the same patient meets two policies with the same luck. The mixing
step is that of SplitMix64 (Steele, Lea and Flood 2014).
"""

from math import cos, log, pi, sqrt

import numpy as np
from numba import njit

_A, _B, _C = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_SECOND = 1 << 20  # the other half of a normal draw


@njit(cache=True)
def _mixed(x):
    x = (x ^ (x >> _S30)) * _B
    x = (x ^ (x >> _S27)) * _C
    return x ^ (x >> _S31)


@njit(cache=True)
def bits(seed, patient, day, what):
    """64 bits. ``day`` and ``what`` are whole numbers from 0 on."""
    x = _mixed(np.uint64(seed) + _A)
    x = _mixed(x + np.uint64(patient) * _A + _A)
    return _mixed(x + ((np.uint64(day) << _S31) + np.uint64(what) + np.uint64(1)) * _A)


@njit(cache=True)
def uniform(seed, patient, day, what):
    """Between 0 and 1, neither of them."""
    return (np.float64(bits(seed, patient, day, what) >> _S11) + 0.5) * 2.0**-53


@njit(cache=True)
def normal(seed, patient, day, what):
    """Standard normal (Box and Muller)."""
    far = sqrt(-2.0 * log(uniform(seed, patient, day, what)))
    return far * cos(2.0 * pi * uniform(seed, patient, day, what + _SECOND))
