"""Small pieces that structures are written with."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from titrant.pkpd.system import OUT, System

Parameters = dict[str, np.ndarray]
NG_PER_ML = 1000.0  # 1 mg/L = 1000 ng/mL
KETAMINE_G_PER_MOL, NORKETAMINE_G_PER_MOL, HYDROXY_G_PER_MOL = 237.73, 223.70, 239.70
NORKETAMINE_MASS = NORKETAMINE_G_PER_MOL / KETAMINE_G_PER_MOL
HYDROXY_MASS = HYDROXY_G_PER_MOL / KETAMINE_G_PER_MOL


class Way(NamedTuple):
    """One way in: the state entered, the share of the dose, lag and duration in h."""

    state: str
    share: np.ndarray
    lag_h: np.ndarray | float = 0.0
    duration_h: np.ndarray | float = 0.0


def exchange(a: str, b: str, q, va, vb) -> list[tuple]:
    """Flows both ways between two compartments."""
    return [(a, b, q / va), (b, a, q / vb)]


def system(states: Sequence[str], flows: list[tuple], outputs: dict[str, tuple]) -> System:
    """A System from named flows (source, target or "out", rate 1/h) and outputs (name: (state, ng/mL per mg))."""
    number = {name: k for k, name in enumerate(states)} | {"out": OUT}
    rates = np.array(np.broadcast_arrays(*(np.atleast_1d(np.asarray(rate, float)) for _, _, rate in flows)))
    scales = [np.broadcast_to(np.asarray(scale, float), rates.shape[1:]) for _, scale in outputs.values()]
    return System(
        tuple(states),
        np.array([number[source] for source, _, _ in flows]),
        np.array([number[target] for _, target, _ in flows]),
        rates,
        tuple(outputs),
        np.array([number[state] for state, _ in outputs.values()]),
        np.array(scales),
    )
