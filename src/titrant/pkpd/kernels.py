"""The march compiled: blocks of people in parallel, stops in runs of equal steps.

Inside a run nothing enters, so every reading is a row of a power of the propagator times the amounts at the run's
begin: the powers are made once, and a reading costs one short sum.
"""

import numpy as np
from numba import njit, prange

from titrant.pkpd.kernel_exp import FAST, apply, arrive, losses_of, multiply, propagator
from titrant.pkpd.kernel_tables import LANES

_u = np.uint64
_BATCH = 64


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _prepared(rates, losses, fastest, flows, shape, ways, march, amounts):
    """Powers of every propagator, and the vector of every kind of entry, for one block."""
    n = losses.shape[0]
    powers = np.empty((march.first_power[-1], len(shape[0]), LANES))
    other, work = np.empty((len(shape[0]), LANES)), np.empty((3, n + 1, LANES))
    for c in range(len(march.class_step_h)):
        first = march.first_power[c]
        propagator(rates, losses, fastest, march.class_step_h[c], shape, powers[first], other)
        for k in range(first + 1, march.first_power[c + 1]):
            multiply(shape[4], powers[first], powers[k - 1], powers[k])
    arrivals = np.empty((len(march.class_kind), n, LANES))
    for c in range(len(march.class_kind)):
        kind = march.class_kind[c]
        way = (ways[1][kind], ways[2][kind], ways[3][kind])
        arrive(rates, losses, fastest, flows, ways[0][kind], way, march.class_from_h[c], march.class_to_h[c], work, arrivals[c])
    return powers, arrivals


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _advance(rates, losses, fastest, flows, shape, march, run, powers, arrivals, x, along, work):
    """Amounts ``x`` to the end of a run, with what enters there."""
    n = losses.shape[0]
    kind = march.run_class[run]
    if kind >= 0:
        matrix = powers[march.first_power[kind] + march.run_steps[run] - 1]
        along[:n] = 0.0
        for k in range(len(shape[0])):
            into, entry, amount = along[_u(shape[0][k])], matrix[_u(k)], x[_u(shape[1][k])]
            for lane in range(LANES):
                into[lane] += entry[lane] * amount[lane]
        x[:] = along[:n]
    elif kind == -1:
        along[:n], along[n] = x, 0.0
        apply(rates, losses, fastest, flows, 0, np.full(LANES, march.run_step_h[run]), along, work)
        x[:] = along[:n]
    for entry in range(march.first_entry[run], march.first_entry[run + 1]):
        arrival, mg = arrivals[march.entry_class[entry]], march.entry_mg[entry]
        for state in range(n):
            into, what = x[_u(state)], arrival[_u(state)]
            for lane in range(LANES):
                into[lane] += mg * what[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _reading_rows(powers, entries, scale, lane, result):
    """Rows of every power that the outputs read, for one person; readings lie next to each other."""
    for output in range(entries.shape[0]):
        for k in range(entries.shape[1]):
            if entries[output, k] < 0:
                result[output, k] = 0.0
            else:
                for power in range(powers.shape[0]):
                    result[output, k, power] = powers[power, entries[output, k], lane] * scale[output, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _four(rows, first, m, a, b, c, d, more, into):
    w, x, y, z = rows[_u(0)], rows[_u(1)], rows[_u(2)], rows[_u(3)]
    if more:
        for k in range(m):
            into[k] += w[first + k] * a + x[first + k] * b + y[first + k] * c + z[first + k] * d
    else:
        for k in range(m):
            into[k] = w[first + k] * a + x[first + k] * b + y[first + k] * c + z[first + k] * d


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _read(march, first_run, last_run, begins, ends, rows, entries, columns, read_states, scale, lane, into):
    """Readings of one person along some runs, into ``into`` (n_outputs, n_readings)."""
    for run in range(first_run, last_run):
        column, m, kind = march.run_column[run], march.run_steps[run], march.run_class[run]
        if column < 0:
            continue
        x, after = begins[run - first_run], ends[run - first_run]
        for output in range(len(read_states)):
            target = into[output, column : column + m]
            if kind >= 0 and m > 1:
                for k in range(0, entries.shape[1], 4):
                    if entries[output, k] < 0:
                        break
                    c = columns[output, k : k + 4]
                    a = (x[c[0], lane], x[c[1], lane], x[c[2], lane], x[c[3], lane])
                    _four(rows[output, k : k + 4], march.first_power[kind], m, a[0], a[1], a[2], a[3], k > 0, target)
            target[m - 1] = after[read_states[output], lane] * scale[output, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _march_block(rates, flows, shape, ways, march, x, scale, reads, people, snaps, curves):
    """One block along the whole march: readings into ``curves``, amounts at the asked times into ``snaps``."""
    read_states, entries, columns = reads
    n = x.shape[0]
    losses, fastest = np.empty((n, LANES)), np.empty(LANES)
    losses_of(rates, flows[0], losses, fastest)
    powers, arrivals = _prepared(rates, losses, fastest, flows, shape, ways, march, x)
    along, work = np.empty((n + 1, LANES)), np.empty((3, n + 1, LANES))
    begins, ends = np.empty((_BATCH, n, LANES)), np.empty((_BATCH, n, LANES))
    rows = np.empty((people, entries.shape[0], entries.shape[1], powers.shape[0]))
    for lane in range(people):
        _reading_rows(powers, entries, scale, lane, rows[lane])
    for first in range(0, len(march.run_steps), _BATCH):
        last = min(first + _BATCH, len(march.run_steps))
        for run in range(first, last):
            begins[run - first] = x
            _advance(rates, losses, fastest, flows, shape, march, run, powers, arrivals, x, along, work)
            ends[run - first] = x
            if march.run_snap[run] >= 0:
                snaps[:, march.run_snap[run], :] = x.T[:people]
        for lane in range(people):
            _read(march, first, last, begins, ends, rows[lane], entries, columns, read_states, scale, lane, curves[lane])


@njit(cache=True, parallel=True)
def curves(rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    """Outputs of everybody into ``results`` (n_people, n_outputs, n_readings), asked amounts into ``snaps``."""
    n_people = rates.shape[1]
    for block in prange((n_people + LANES - 1) // LANES):
        first = block * LANES
        last = min(first + LANES, n_people)
        here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
        _march_block(
            _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
            _lanes(scales, first, last), reads, last - first, snaps[first:last], results[first:last],
        )  # fmt: skip


@njit(cache=True, parallel=True)
def peaks(rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    """Largest reading and its column, into ``results`` (n_people, n_outputs, 2); asked amounts into ``snaps``."""
    n_people = rates.shape[1]
    n_readings = march.run_column.max() + LANES
    for block in prange((n_people + LANES - 1) // LANES):
        first = block * LANES
        last = min(first + LANES, n_people)
        here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
        kept = np.zeros((last - first, scales.shape[0], n_readings))
        _march_block(
            _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
            _lanes(scales, first, last), reads, last - first, snaps[first:last], kept,
        )  # fmt: skip
        for person in range(last - first):
            for output in range(scales.shape[0]):
                where = np.argmax(kept[person, output])
                results[first + person, output, 0] = kept[person, output, where]
                results[first + person, output, 1] = where


@njit(cache=True)
def _lanes(values, first, last):
    """Columns ``first`` to ``last - 1``, the last repeated until all lanes are filled."""
    result = np.empty((values.shape[0], LANES))
    for row in range(values.shape[0]):
        for lane in range(LANES):
            result[row, lane] = values[row, min(first + lane, last - 1)]
    return result
