"""The march compiled: people in the lanes of a block, blocks in parallel, stops in runs of equal steps.

The innermost loop always runs over the lanes, so that one instruction serves several people. No lane's numbers depend
on its neighbours: scaling, number of terms and halvings are chosen for each lane, and the others leave it alone.
Inside a run nothing enters, so every reading is a row of a power of the propagator times the amounts at the run's
begin: the powers are made once, and a reading costs one short sum.

Everything compiled, with its constants, stands in this one file: the compiler's cache asks only whether this file has
changed, and would go on using what it once took from another.

Rows are picked with unsigned numbers because the compiler then knows that they count from the front.
"""

import math

import numpy as np
from numba import njit, prange

LARGEST = 0.5  # norm up to which the matrix series with TERMS terms is exact to rounding
TERMS = 14
PART = 96.0  # norm up to which the vector series is taken in one part; its terms are positive, so none cancel
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
BY_VECTOR, HALF_TICK_H = -1, 0.5e-12  # as in ``schedule``; a test holds them equal
FAST = {"contract", "nsz"}
_u = np.uint64
_BATCH = 16


@njit(cache=True, fastmath=FAST, error_model="numpy")
def losses_of(rates, sources, losses, fastest):
    """Total rate out of each state, and the largest of them, for each lane."""
    losses[:] = 0.0
    for flow in range(len(sources)):
        for lane in range(LANES):
            losses[sources[flow], lane] += rates[flow, lane]
    fastest[:] = 0.0
    for state in range(losses.shape[0]):
        for lane in range(LANES):
            fastest[lane] = max(fastest[lane], losses[state, lane])


@njit(cache=True, fastmath=FAST, error_model="numpy")
def multiply(products, left, right, result):
    """``result`` = ``left`` · ``right`` in the pattern of the exponential."""
    result[:] = 0.0
    for row in range(len(products)):
        into, a, b = result[_u(products[row, 0])], left[_u(products[row, 1])], right[_u(products[row, 2])]
        for lane in range(LANES):
            into[lane] += a[lane] * b[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def propagator(rates, losses, fastest, step, shape, result, other):
    """exp(A step) of each lane into ``result``: a series of positive terms, then repeated squaring."""
    rows, columns, diagonal, flow_steps, squares = shape
    halvings, small = np.empty(LANES, np.int64), np.empty(LANES)
    most = 0
    for lane in range(LANES):
        halvings[lane] = max(0, int(np.ceil(np.log2(max(fastest[lane] * step / LARGEST, 1.0)))))
        small[lane] = step / DOUBLES[halvings[lane]]
        most = max(most, halvings[lane])
    result[:] = 0.0
    for state in diagonal:
        result[state] = 1.0
    for term in range(TERMS, 0, -1):
        _one_term(rates, losses, fastest, small, 1.0 / term, rows, diagonal, flow_steps, result, other)
    for lane in range(LANES):
        small[lane] = np.exp(-fastest[lane] * small[lane])
    for k in range(len(rows)):
        for lane in range(LANES):
            result[k, lane] *= small[lane]
    for halving in range(most):
        multiply(squares, result, result, other)
        for k in range(len(rows)):
            for lane in range(LANES):
                result[k, lane] = other[k, lane] if halving < halvings[lane] else result[k, lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _one_term(rates, losses, fastest, small, inverse, rows, diagonal, flow_steps, result, other):
    """``result`` = 1 + (A + shift) small inverse · ``result``."""
    for k in range(len(rows)):
        into, old, loss = other[_u(k)], result[_u(k)], losses[_u(rows[k])]
        for lane in range(LANES):
            into[lane] = (fastest[lane] - loss[lane]) * old[lane]
    for row in range(len(flow_steps)):
        into, old = other[_u(flow_steps[row, 0])], result[_u(flow_steps[row, 1])]
        rate = rates[_u(flow_steps[row, 2])]
        for lane in range(LANES):
            into[lane] += rate[lane] * old[lane]
    for k in range(len(rows)):
        into, new = result[_u(k)], other[_u(k)]
        for lane in range(LANES):
            into[lane] = new[lane] * (small[lane] * inverse)
    for state in diagonal:
        for lane in range(LANES):
            result[state, lane] += 1.0


@njit(cache=True, fastmath=FAST, error_model="numpy")
def apply(rates, losses, fastest, flows, state_in, length, along, work):
    """exp(A length) applied to ``along``, in place, each lane with its own length.

    ``along`` has one row more than there are states: a source that stays as it is and feeds ``state_in`` so fast
    that it delivers itself once in ``length``. It is zero where nothing enters on the way.
    """
    parts, terms = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    step, feed, scale = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    most_parts, most_terms = 0, 0
    for lane in range(LANES):
        parts[lane] = max(1, int(np.ceil(fastest[lane] * length[lane] / PART)))
        step[lane] = length[lane] / parts[lane]
        feed[lane] = 1.0 / length[lane] if length[lane] > 0 else 0.0
        terms[lane] = TERMS_FOR[int(fastest[lane] * step[lane] * 4.0) + 1]
        most_parts, most_terms = max(most_parts, parts[lane]), max(most_terms, terms[lane])
    for part in range(most_parts):
        work[1] = along
        for k in range(1, most_terms + 1):
            for lane in range(LANES):
                scale[lane] = step[lane] / k if (part < parts[lane] and k <= terms[lane]) else 0.0
            _next_term(rates, losses, fastest, flows, state_in, feed, scale, along, work[0], work[1])
        for lane in range(LANES):
            scale[lane] = np.exp(-fastest[lane] * step[lane]) if part < parts[lane] else 1.0
        for state in range(along.shape[0]):
            for lane in range(LANES):
                along[state, lane] *= scale[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _next_term(rates, losses, fastest, flows, state_in, feed, scale, along, new, term):
    n = losses.shape[0]
    for state in range(n):
        into, old, loss = new[_u(state)], term[_u(state)], losses[_u(state)]
        for lane in range(LANES):
            into[lane] = (fastest[lane] - loss[lane]) * old[lane]
    for lane in range(LANES):
        new[n, lane] = fastest[lane] * term[n, lane]
        new[state_in, lane] += feed[lane] * term[n, lane]
    for flow in range(len(flows[0])):
        if flows[1][flow] >= 0:
            into, old, rate = new[_u(flows[1][flow])], term[_u(flows[0][flow])], rates[_u(flow)]
            for lane in range(LANES):
                into[lane] += rate[lane] * old[lane]
    for state in range(n + 1):
        into, fresh, total = term[_u(state)], new[_u(state)], along[_u(state)]
        for lane in range(LANES):
            into[lane] = fresh[lane] * scale[lane]
            total[lane] += into[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def arrive(rates, losses, fastest, flows, state_in, way, from_h, to_h, work, result):
    """What one milligram that enters this way has become at the end of its step, into ``result``."""
    shares, lags, durations = way
    n = losses.shape[0]
    length, rest, share = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    slow, later = False, False
    along = work[2]
    along[:] = 0.0
    for lane in range(LANES):
        lag, duration = lags[lane], durations[lane]
        if duration <= 0.0:
            if from_h + HALF_TICK_H < lag <= to_h + HALF_TICK_H:
                share[lane], rest[lane], along[state_in, lane] = 1.0, max(to_h - lag, 0.0), 1.0
        else:
            begin, end = max(lag, from_h), min(lag + duration, to_h)
            if end > begin:
                share[lane], rest[lane] = (end - begin) / duration, to_h - end
                length[lane], along[n, lane] = end - begin, 1.0
        slow, later = slow or length[lane] > 0.0, later or rest[lane] > 0.0
    if slow:
        apply(rates, losses, fastest, flows, state_in, length, along, work)
    along[n] = 0.0
    if later:
        apply(rates, losses, fastest, flows, state_in, rest, along, work)
    for state in range(n):
        for lane in range(LANES):
            result[state, lane] = along[state, lane] * (share[lane] * shares[lane])


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
