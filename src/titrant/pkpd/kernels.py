"""The march compiled: blocks of people in parallel, stops in runs of equal steps.

Inside a run nothing enters, so every reading is a row of a power of the propagator times the amounts at the run's
begin: the powers are made once, and a reading costs one short sum.
"""

import numpy as np
from numba import njit, prange

from titrant.pkpd.kernel_exp import FAST, apply, arrive, losses_of, multiply, propagator
from titrant.pkpd.kernel_tables import LANES
from titrant.pkpd.schedule import BY_VECTOR

_u = np.uint64
_BATCH = 16


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _prepared(rates, losses, fastest, flows, shape, ways, march):
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
        arrive(
            rates,
            losses,
            fastest,
            flows,
            ways[0][kind],
            way,
            march.class_from_h[c],
            march.class_to_h[c],
            work,
            arrivals[c],
        )
    return powers, arrivals


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _copy(what, into):
    for state in range(into.shape[0]):
        a, b = what[_u(state)], into[_u(state)]
        for lane in range(LANES):
            b[lane] = a[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _step(matrix, rows, columns, x, result):
    """``result`` = ``matrix`` · ``x``; entries stand row by row."""
    before = -1
    for k in range(len(rows)):
        into, entry, amount = result[_u(rows[k])], matrix[_u(k)], x[_u(columns[k])]
        if rows[k] != before:
            for lane in range(LANES):
                into[lane] = entry[lane] * amount[lane]
            before = rows[k]
        else:
            for lane in range(LANES):
                into[lane] += entry[lane] * amount[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _enter(arrival, mg, x):
    for state in range(x.shape[0]):
        into, what = x[_u(state)], arrival[_u(state)]
        for lane in range(LANES):
            into[lane] += mg * what[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _flow_on(rates, losses, fastest, flows, step_h, x, result):
    """``result`` = exp(A step) · ``x`` for a step too rare to deserve a propagator."""
    n = x.shape[0]
    along, work = np.zeros((n + 1, LANES)), np.empty((3, n + 1, LANES))
    _copy(x, along[:n])
    apply(rates, losses, fastest, flows, 0, np.full(LANES, step_h), along, work)
    _copy(along[:n], result)


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
def _read(march, first_run, last_run, amounts, rows, entries, columns, read_states, scale, lane, into):
    """Readings of one person along some runs, into ``into`` (n_outputs, n_readings)."""
    for output in range(len(read_states)):
        row, target, state = rows[output], into[output], read_states[output]
        for k in range(0, entries.shape[1], 4):
            if entries[output, k] < 0:
                break
            r0, r1, r2, r3 = row[k], row[k + 1], row[k + 2], row[k + 3]
            c0, c1, c2, c3 = (
                columns[output, k],
                columns[output, k + 1],
                columns[output, k + 2],
                columns[output, k + 3],
            )
            for run in range(first_run, last_run):
                m, column, here = march.run_steps[run], march.run_column[run], _u(run - first_run)
                if column < 0 or march.run_class[run] < 0:
                    continue
                f, t = _u(march.first_power[march.run_class[run]]), _u(column)
                a, b = amounts[here, _u(c0), _u(lane)], amounts[here, _u(c1), _u(lane)]
                c, d = amounts[here, _u(c2), _u(lane)], amounts[here, _u(c3), _u(lane)]
                if k == 0:
                    for j in range(_u(m)):
                        target[t + j] = r0[f + j] * a + r1[f + j] * b + r2[f + j] * c + r3[f + j] * d
                else:
                    for j in range(_u(m)):
                        target[t + j] += r0[f + j] * a + r1[f + j] * b + r2[f + j] * c + r3[f + j] * d
        for run in range(first_run, last_run):
            if march.run_column[run] >= 0:
                last = march.run_column[run] + march.run_steps[run] - 1
                target[last] = amounts[run - first_run + 1, state, lane] * scale[output, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _march_block(rates, flows, shape, ways, march, x, scale, reads, people, snaps, curves):
    """One block along the whole march: readings into ``curves``, amounts at the asked times into ``snaps``."""
    read_states, entries, columns = reads
    n = x.shape[0]
    losses, fastest = np.empty((n, LANES)), np.empty(LANES)
    losses_of(rates, flows[0], losses, fastest)
    powers, arrivals = _prepared(rates, losses, fastest, flows, shape, ways, march)
    amounts = np.empty((_BATCH + 1, n, LANES))
    _copy(x, amounts[0])
    rows = np.empty((people, entries.shape[0], entries.shape[1], powers.shape[0]))
    for lane in range(people):
        _reading_rows(powers, entries, scale, lane, rows[lane])
    for first in range(0, len(march.run_steps), _BATCH):
        last = min(first + _BATCH, len(march.run_steps))
        for run in range(first, last):
            begin, end, kind = amounts[run - first], amounts[run - first + 1], march.run_class[run]
            if kind >= 0:
                _step(powers[march.first_power[kind] + march.run_steps[run] - 1], shape[0], shape[1], begin, end)
            elif kind == BY_VECTOR:
                _flow_on(rates, losses, fastest, flows, march.run_step_h[run], begin, end)
            else:
                _copy(begin, end)
            for entry in range(march.first_entry[run], march.first_entry[run + 1]):
                _enter(arrivals[march.entry_class[entry]], march.entry_mg[entry], end)
            if march.run_snap[run] >= 0:
                snaps[:, march.run_snap[run], :] = end.T[:people]
        for lane in range(people):
            _read(
                march,
                first,
                last,
                amounts,
                rows[lane],
                entries,
                columns,
                read_states,
                scale,
                lane,
                curves[lane],
            )
        _copy(amounts[last - first], amounts[0])


@njit(cache=True)
def _curves_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    first = block * LANES
    last = min(first + LANES, rates.shape[1])
    here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
    _march_block(
        _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
        _lanes(scales, first, last), reads, last - first, snaps[first:last], results[first:last],
    )  # fmt: skip


@njit(cache=True)
def _peaks_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    first = block * LANES
    last = min(first + LANES, rates.shape[1])
    n_readings = march.run_column.max() + march.run_steps.max()
    kept = np.zeros((last - first, scales.shape[0], n_readings))
    here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
    _march_block(
        _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
        _lanes(scales, first, last), reads, last - first, snaps[first:last], kept,
    )  # fmt: skip
    for person in range(last - first):
        for output in range(scales.shape[0]):
            where = np.argmax(kept[person, output])
            results[first + person, output, 0] = kept[person, output, where]
            results[first + person, output, 1] = where


@njit(cache=True, parallel=True)
def curves(rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    """Outputs of everybody into ``results`` (n_people, n_outputs, n_readings), asked amounts into ``snaps``."""
    for block in prange((rates.shape[1] + LANES - 1) // LANES):
        _curves_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results)


@njit(cache=True)
def curves_alone(rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    """As ``curves``, on one thread: waking the others costs more than a small task takes. The same bytes."""
    for block in range((rates.shape[1] + LANES - 1) // LANES):
        _curves_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results)


@njit(cache=True, parallel=True)
def peaks(rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    """Largest reading and its column, into ``results`` (n_people, n_outputs, 2); asked amounts into ``snaps``."""
    for block in prange((rates.shape[1] + LANES - 1) // LANES):
        _peaks_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results)


@njit(cache=True)
def _lanes(values, first, last):
    """Columns ``first`` to ``last - 1``, the last repeated until all lanes are filled."""
    result = np.empty((values.shape[0], LANES))
    for row in range(values.shape[0]):
        for lane in range(LANES):
            result[row, lane] = values[row, min(first + lane, last - 1)]
    return result
