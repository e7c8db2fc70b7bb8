"""Constants of the exponential series: how large a step one series takes, and how many terms it then needs."""

import math

import numpy as np

LARGEST = 0.5  # norm up to which the matrix series with TERMS terms is exact to rounding
TERMS = 14
PART = 8.0  # norm up to which the vector series is taken in one part
DOUBLES = 2.0 ** np.arange(64)


def _terms_for(norm: float) -> int:
    terms, tail = 1, norm
    while terms < 2 * norm or tail * math.exp(-norm) > 2e-17:
        terms += 1
        tail *= norm / terms
    return terms


# Terms of the vector series for a norm up to k / 4: the first term left out is below rounding.
TERMS_FOR = np.array([_terms_for(max(k, 1) / 4) for k in range(int(PART * 4) + 3)], dtype=np.int64)
LANES = 64  # people in a block
