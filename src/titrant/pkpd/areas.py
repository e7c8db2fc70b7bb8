"""Areas under the curve by balance, not by quadrature: what entered, less what is still there, times a weight.

For dx/dt = A x + input, the integral of an output c·x over a time is w·(what entered - the change of x), with w A = -c.
"""

import numpy as np

from titrant.pkpd.plain import portions
from titrant.pkpd.schedule import Entries
from titrant.pkpd.system import System


def weights(system: System) -> np.ndarray:
    """Area (output unit times h) that one mg in a state will add to each output; shape (n_people, n_outputs, n_states).

    A state that nothing leaves and nothing enters counts for nothing.
    """
    a = system.matrices()
    idle = a.diagonal(axis1=1, axis2=2) == 0
    a[:, np.arange(a.shape[1]), np.arange(a.shape[1])] -= idle
    read = np.zeros((system.n_people, len(system.outputs), len(system.states)))
    for output, state in enumerate(system.read_states):
        read[:, output, state] = system.scales[output]
    return np.linalg.solve(-a.transpose(0, 2, 1), read.transpose(0, 2, 1)).transpose(0, 2, 1)


def entered_mg(system: System, ways, entries: Entries, from_h: float, to_h: float) -> np.ndarray:
    """What entered each state after ``from_h`` until ``to_h``; shape (n_people, n_states). ``inf`` is allowed."""
    total = np.zeros((system.n_people, len(system.states)))
    for kind, state in enumerate(ways.states):
        mine = entries.kinds == kind
        times, amounts = entries.times_h[mine], entries.amounts_mg[mine]
        latest = float((ways.lags_h[kind] + ways.durations_h[kind]).max())
        whole = (times > from_h) & (times + latest <= to_h)
        total[:, state] += amounts[whole].sum() * ways.shares[kind]
        edge = ~whole & (times <= to_h) & (times + latest >= from_h)
        for time, amount in zip(times[edge], amounts[edge], strict=True):
            share, _, _ = portions(ways.lags_h[kind], ways.durations_h[kind], from_h - time, to_h - time)
            total[:, state] += amount * share * ways.shares[kind]
    return total


def area(weight: np.ndarray, entered: np.ndarray, begin_mg: np.ndarray, end_mg: np.ndarray) -> np.ndarray:
    """Area of each output between two moments, shape (n_people, n_outputs)."""
    return np.einsum("pos,ps->po", weight, entered + begin_mg - end_mg)
