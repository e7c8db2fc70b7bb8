"""People whose parameters change with time: occasions of one person, an interaction that comes and goes over days.

Each piece of time has its own parameters. Amounts are handed from piece to piece; what is still entering when a piece
ends goes on entering in the next.
"""

import numpy as np

from titrant.pkpd import liver, population
from titrant.pkpd.doses import Given, checked
from titrant.pkpd.engine import Solution, Ways, solve
from titrant.pkpd.parameters import ParameterSet
from titrant.pkpd.population import Person
from titrant.pkpd.schedule import Entries
from titrant.pkpd.simulation import prepared


def in_pieces(
    chosen: ParameterSet,
    doses: list[Given],
    times_h: np.ndarray,
    pieces: list[tuple[float, dict[str, np.ndarray]]],
) -> Solution:
    """Concentrations at ``times_h`` under parameters that change at the begin of each piece.

    Args:
        pieces: (begin in h, parameters by name), the first at or before the first dose and reading, in order.
    """
    checked(doses, chosen.routes)
    times_h = np.asarray(times_h, float)
    ends = [begin for begin, _ in pieces[1:]] + [float(times_h[-1])]
    amounts, left, values = None, None, []
    for (begin, p), end in zip(pieces, ends, strict=True):
        if end <= begin:
            continue
        last = end >= times_h[-1]
        mine = [d for d in doses if begin <= d.at_h and (d.at_h < end or (last and d.at_h == end))]
        system, ways, entries = _with_rest(chosen, p, mine, left, begin, doses)
        read = times_h[(times_h >= begin) & ((times_h < end) | last)]
        marked = np.union1d(read, [end])
        solution = solve(system, ways, entries, marked, amounts, begin).required()
        values.append(solution.values[:, :, np.isin(marked, read)])
        amounts, left = solution.amounts_mg[:, -1], _still_entering(ways, entries, end)
        if last:
            break
    return Solution(solution.outputs, times_h, np.concatenate(values, axis=2), amounts[:, None])


def occasions(
    chosen: ParameterSet, person: Person, seed: int, people: int, begins_h: list[float]
) -> list[tuple[float, dict[str, np.ndarray]]]:
    """Pieces in which each person stays the same but every occasion is drawn anew."""
    return [(begin, population.drawn(chosen, person, seed, 0, people, k)) for k, begin in enumerate(begins_h)]


def interaction_days(
    chosen: ParameterSet,
    p: dict[str, np.ndarray],
    measured: liver.Interaction,
    on_h: float,
    off_h: float,
    until_h: float,
    step_h: float = 12.0,
) -> list[tuple[float, dict[str, np.ndarray]]]:
    """Pieces of ``step_h`` in which the other drug, taken from ``on_h`` to ``off_h``, comes to act and wears off."""
    full = liver.factors(chosen, measured)
    pieces = []
    for begin in np.arange(0.0, max(until_h, step_h), step_h):
        middle = begin + step_h / 2
        on = max(min(middle, off_h) - on_h, 0.0) / 24
        strength = measured.strength(on, max(middle - off_h, 0.0) / 24)
        pieces.append((float(begin), liver.apply(chosen, p, full.share(strength))))
    return pieces


def _with_rest(chosen: ParameterSet, p: dict, mine: list[Given], left, begin: float, doses: list[Given]):
    """The system and ways of this piece's doses, and of what the last piece left entering."""
    system, ways, entries = prepared(chosen, p, mine or [Given(begin, 0.0, *doses[0].manner)])
    if left is None or not len(left[1]):
        return system, ways, entries
    rest, amounts = left
    more = np.arange(len(amounts)) + len(ways.states)
    return (
        system,
        Ways(
            np.concatenate((ways.states, rest.states)),
            *(
                np.concatenate((getattr(ways, name), getattr(rest, name)))
                for name in ("shares", "lags_h", "durations_h")
            ),
        ),
        Entries(
            np.concatenate((entries.times_h, np.full(len(amounts), begin))),
            np.concatenate((entries.amounts_mg, amounts)),
            np.concatenate((entries.kinds, more)),
        ),
    )


def _still_entering(ways: Ways, entries: Entries, end_h: float) -> tuple[Ways, np.ndarray]:
    """Ways and amounts of what has not entered by ``end_h``, with lags and durations counted from there."""
    ends = entries.times_h[:, None] + (ways.lags_h + ways.durations_h)[entries.kinds]
    open_ = np.flatnonzero((ends > end_h).any(axis=1))
    kinds, since = entries.kinds[open_], end_h - entries.times_h[open_][:, None]
    lag, duration = ways.lags_h[kinds] - since, ways.durations_h[kinds]
    remaining = np.clip(lag + duration, 0.0, duration)
    done = (lag + duration <= 0) & (lag <= 0)
    part = np.where(duration > 0, remaining / np.where(duration > 0, duration, 1.0), (~done).astype(float))
    rest = Ways(ways.states[kinds], ways.shares[kinds] * part, np.maximum(lag, 0.0), remaining)
    return rest, entries.amounts_mg[open_]
