"""From doses and reading times to a march: the steps to take, and what enters at each. No person appears here.

The march visits every reading time, and between far readings a stop each hour. What enters between two stops is
brought exactly to the later one. Steps of equal length share a propagator; entries that lie alike relative to their
stops share their vectors, so a regular regimen costs as little as one dose. What enters during a run of equal steps
is a window, made once for all runs that it visits alike.
"""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np

SAME_TIME_H = 1e-12
HALF_TICK_H = SAME_TIME_H / 2
LONGEST_STEP_H = 1.0
BY_VECTOR, STAY = -1, -2
_OFTEN = 3
LONGEST_RUN = 8  # readings that the kernel writes at once
BATCH = 16  # runs whose amounts the kernel holds at once
_TOGETHER = 4


@dataclass(frozen=True, eq=False)
class Entries:
    """What enters: one row for each entry. ``kinds`` points to the way in (state, share, lag, duration)."""

    times_h: np.ndarray
    amounts_mg: np.ndarray
    kinds: np.ndarray


@dataclass(frozen=True, eq=False)
class March:
    """A compiled schedule.

    Attributes:
        step_h, step_class: shape (n_stops,); length of the step to each stop and its propagator, or ``BY_VECTOR``
            (a length met too seldom to deserve a matrix) or ``STAY``.
        class_step_h: shape (n_classes,), the step length of each propagator.
        reading: shape (n_stops,), the column of the result that the stop fills, or -1.
        first_entry: shape (n_stops + 1,); entries ``first_entry[k]`` to ``first_entry[k + 1] - 1`` join at stop k.
        entry_class, entry_mg: shape (n_entries,).
        class_kind, class_from_h, class_to_h: shape (n_entry_classes,): way in, and the step's begin and end seen from
            the time of the dose.
        first_class: shape (n_tilings + 1,); classes of one way and one step length whose steps do not overlap.
        given: shape (n_stops,), whether a dose is given in the step that ends here.
    """

    step_h: np.ndarray
    step_class: np.ndarray
    class_step_h: np.ndarray
    reading: np.ndarray
    first_entry: np.ndarray
    entry_class: np.ndarray
    entry_mg: np.ndarray
    class_kind: np.ndarray
    class_from_h: np.ndarray
    class_to_h: np.ndarray
    first_class: np.ndarray
    given: np.ndarray


def compile_march(
    times_h: np.ndarray, entries: Entries, earliest_h: np.ndarray, latest_h: np.ndarray, start_h: float
) -> March:
    """The march over ``times_h`` (sorted, none before ``start_h``) for ``entries`` at or after ``start_h``.

    Args:
        earliest_h, latest_h: shape (n_kinds,); first and last moment, after the time of the dose, at which anybody
            takes in something that way (lag, and lag plus duration).
    """
    stops_h, reading = _stops(times_h, start_h)
    before_h = np.concatenate(([start_h], stops_h[:-1]))
    step_h = np.diff(stops_h, prepend=start_h)
    step_class, class_step_h = _step_classes(step_h)
    entry_times_h = _snapped(entries.times_h, np.concatenate(([start_h], stops_h)))
    stop, entry, from_ticks, to_ticks = _meetings(
        before_h, stops_h, entry_times_h, earliest_h[entries.kinds], latest_h[entries.kinds]
    )
    step_ticks = to_ticks - from_ticks
    keys = np.stack([entries.kinds[entry], step_ticks, from_ticks % np.maximum(step_ticks, 1), from_ticks], axis=1)
    unique, entry_class = np.unique(keys, axis=0, return_inverse=True)
    tiles = np.any(np.diff(unique[:, :3], axis=0) != 0, axis=1)
    return March(
        step_h,
        step_class,
        class_step_h,
        reading,
        np.searchsorted(stop, np.arange(len(stops_h) + 1)).astype(np.int64),
        entry_class.reshape(-1).astype(np.int64),
        entries.amounts_mg[entry].astype(np.float64),
        unique[:, 0].astype(np.int64),
        unique[:, 3] * SAME_TIME_H,
        (unique[:, 3] + unique[:, 1]) * SAME_TIME_H,
        np.unique(np.concatenate(([0], np.flatnonzero(tiles) + 1, [len(unique)]))).astype(np.int64),
        _given(stops_h, entry_times_h, start_h),
    )


def _given(stops_h: np.ndarray, times_h: np.ndarray, start_h: float) -> np.ndarray:
    """Whether a dose lies in the step to each stop; one at the start lies in none."""
    stop = np.searchsorted(stops_h, times_h[times_h > start_h])
    given = np.zeros(len(stops_h), dtype=bool)
    given[stop[stop < len(stops_h)]] = True
    return given


def _ticks(times_h: np.ndarray) -> np.ndarray:
    return np.rint(times_h / SAME_TIME_H).astype(np.int64)


def _stops(times_h: np.ndarray, start_h: float) -> tuple[np.ndarray, np.ndarray]:
    """Reading times with hourly stops between far ones, and the result column of each stop (-1 for none)."""
    gaps = np.diff(times_h, prepend=start_h)
    extra = np.maximum(np.ceil(gaps / LONGEST_STEP_H - 1e-9).astype(np.int64) - 1, 0)
    last = np.cumsum(extra + 1) - 1
    reading = np.full(int(last[-1]) + 1, -1, dtype=np.int64)
    reading[last] = np.arange(len(times_h))
    behind = np.repeat(last, extra + 1) - np.arange(len(reading))
    begin = np.repeat(times_h - gaps, extra + 1)
    hour = np.repeat(extra + 1, extra + 1) - behind
    stops = np.where(behind == 0, np.repeat(times_h, extra + 1), begin + hour * LONGEST_STEP_H)
    return stops, reading


def _step_classes(step_h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, where, inverse, count = np.unique(_ticks(step_h), return_index=True, return_inverse=True, return_counts=True)
    inverse = inverse.reshape(-1)
    often = (count >= _OFTEN) & (step_h[where] > SAME_TIME_H)
    number = np.where(often, np.cumsum(often) - 1, BY_VECTOR)
    number[step_h[where] <= SAME_TIME_H] = STAY
    return number[inverse].astype(np.int64), step_h[where[often]]


def _snapped(times_h: np.ndarray, stops_h: np.ndarray) -> np.ndarray:
    """Entry times, moved onto a stop that differs only by rounding."""
    right = np.minimum(np.searchsorted(stops_h, times_h), len(stops_h) - 1)
    snapped = times_h.astype(np.float64).copy()
    for near in (right, np.maximum(right - 1, 0)):
        close = np.abs(stops_h[near] - times_h) <= SAME_TIME_H
        snapped[close] = stops_h[near][close]
    return snapped


def _meetings(
    before_h: np.ndarray, stops_h: np.ndarray, times_h: np.ndarray, earliest_h: np.ndarray, latest_h: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Stop and entry of each pair where something of the entry arrives in the step that ends at the stop, by stop.

    With them, begin and end of the step seen from the dose, in ticks. Ticks are whole numbers and one step's end is
    the next one's begin, so by the rule ``begin + half < moment <= end + half`` each moment is in exactly one step.
    """
    wide = 4 * SAME_TIME_H
    first = np.maximum(np.searchsorted(stops_h, times_h + earliest_h - wide) - 1, 0)
    last = np.minimum(np.searchsorted(stops_h, times_h + latest_h + wide), len(stops_h) - 1)
    count = np.maximum(last - first + 1, 0)
    entry = np.repeat(np.arange(len(times_h)), count)
    stop = np.arange(len(entry)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    begin, end = _ticks(before_h[stop] - times_h[entry]), _ticks(stops_h[stop] - times_h[entry])
    begin[(stop == 0) & (begin >= 0)] = -1_000_000  # nothing came before the start, so a dose at the start is inside
    met = (end * SAME_TIME_H + HALF_TICK_H >= earliest_h[entry]) & (begin * SAME_TIME_H + HALF_TICK_H < latest_h[entry])
    order = np.flatnonzero(met)[np.argsort(stop[met], kind="stable")]
    return stop[order], entry[order], begin[order], end[order]


Runs = namedtuple(
    "Runs",
    "run_class run_steps run_step_h run_end run_snap first_power class_step_h longest_h "
    "class_kind class_from_h class_to_h first_class "
    "run_window window_class window_steps window_shown window_entry entry_step entry_class entry_mg n_shown "
    "first_group group_class group_runs group_columns group_shown n_readings",
)


def runs_of(march: March, snap_stops: np.ndarray) -> Runs:
    """The march as runs of equal steps, each ending where a dose is given; a NumPy-only named tuple.

    Args:
        snap_stops: shape (n_snaps,), stops at which the amounts are asked; each ends a run.
    """
    n_readings = int(march.reading.max()) + 1
    first = np.flatnonzero(_begins(march, snap_stops, n_readings))
    last = np.append(first[1:], len(march.step_h)) - 1
    steps, run_class, column = (last - first + 1).astype(np.int64), march.step_class[first], march.reading[first]
    longest = [int(steps[run_class == c].max()) for c in range(len(march.class_step_h))]
    snap = np.full(len(first), -1, dtype=np.int64)
    snap[np.searchsorted(last, snap_stops)] = np.arange(len(snap_stops))
    longest_h = float(march.step_h.max())
    near = march.class_step_h[march.class_step_h > longest_h - SAME_TIME_H]
    windows = _windows(march, first, run_class, steps, column)
    run_shown = np.where(windows[0] >= 0, windows[3][windows[0]], 0) if len(windows[3]) else np.zeros_like(steps)
    return Runs(
        run_class,
        steps,
        march.step_h[first],
        np.where(column >= 0, column + steps - 1, -1),
        snap,
        np.concatenate(([0], np.cumsum(longest))).astype(np.int64),
        march.class_step_h,
        float(near[0]) if len(near) else longest_h,
        march.class_kind,
        march.class_from_h,
        march.class_to_h,
        march.first_class,
        *windows,
        int(run_shown.max()),
        *_groups(run_class, steps, column, run_shown),
        n_readings,
    )


def _begins(march: March, snap_stops: np.ndarray, n_readings: int) -> np.ndarray:
    """Whether a run begins with each step. The last readings stand alone where eight at once would reach too far."""
    n = len(march.step_h)
    begins = np.ones(n, dtype=bool)
    shown = march.reading >= 0
    same = (march.step_class[1:] == march.step_class[:-1]) & (march.step_class[1:] >= 0) & (shown[1:] == shown[:-1])
    begins[1:] = ~same | march.given[:-1] | np.isin(np.arange(n - 1), snap_stops)
    first = np.maximum.accumulate(np.where(begins, np.arange(n), 0))
    since = (np.arange(n) - first) % LONGEST_RUN
    first = np.arange(n) - since
    return begins | (since == 0) | (shown & (march.reading[first] > n_readings - LONGEST_RUN))


def _windows(march: March, first: np.ndarray, run_class: np.ndarray, steps: np.ndarray, column: np.ndarray) -> tuple:
    """What enters during each run, and the different ones among them.

    Returns:
        For each run its window or -1; for each window its class, steps, number among the shown (0 for none) and first
        entry; for each entry of a window the step, the entry class and the amount.
    """
    known: dict[tuple, int] = {}
    window = np.full(len(first), -1, dtype=np.int64)
    edges = march.first_entry[np.append(first, len(march.step_h))]
    stop = np.repeat(np.arange(len(march.step_h)), np.diff(march.first_entry))
    parts = []
    for run in np.flatnonzero(np.diff(edges)):
        here = slice(edges[run], edges[run + 1])
        step, kind, mg = stop[here] - first[run], march.entry_class[here], march.entry_mg[here]
        shown = bool(column[run] >= 0 and step[0] < steps[run] - 1)
        key = (int(run_class[run]), int(steps[run]), shown, step.tobytes(), kind.tobytes(), mg.tobytes())
        window[run] = known.setdefault(key, len(known))
        if window[run] == len(parts):
            parts.append((step, kind, mg))
    steps_in, kinds, amounts = (np.concatenate([np.empty(0), *(part[k] for part in parts)]) for k in range(3))
    traits = np.array([key[:3] for key in known], dtype=np.int64).reshape(-1, 3)
    return (
        window,
        np.ascontiguousarray(traits[:, 0]),
        np.ascontiguousarray(traits[:, 1]),
        np.where(traits[:, 2] > 0, np.cumsum(traits[:, 2]), 0),
        np.cumsum([0] + [len(part[0]) for part in parts]).astype(np.int64),
        steps_in.astype(np.int64),
        kinds.astype(np.int64),
        amounts,
    )


def _groups(run_class: np.ndarray, steps: np.ndarray, column: np.ndarray, shown: np.ndarray) -> tuple:
    """Shown runs of several steps by fours of one class and batch; the last is repeated to fill a four.

    Returns:
        First group of each batch, class of each group; runs (counted within their batch), columns and numbers of
        what is shown of their windows, each (n_groups, 4).
    """
    runs = np.flatnonzero((steps > 1) & (column >= 0))
    batch, kind = runs // BATCH, run_class[runs]
    fresh = np.ones(len(runs), dtype=bool)
    fresh[1:] = (np.diff(batch) != 0) | (np.diff(kind) != 0)
    place = np.arange(len(runs))
    since = place - np.maximum.accumulate(np.where(fresh, place, 0))
    begin = np.flatnonzero(fresh | (since % _TOGETHER == 0))
    end = np.append(begin[1:], len(runs)) - 1
    members = runs[np.minimum(begin[:, None] + np.arange(_TOGETHER), end[:, None])]
    batches = -(-len(steps) // BATCH)
    return (
        np.searchsorted(batch[begin], np.arange(batches + 1)).astype(np.int64),
        kind[begin],
        members % BATCH,
        column[members],
        shown[members],
    )
