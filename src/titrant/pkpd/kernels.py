"""The march compiled: people in the lanes of a block, blocks in parallel, stops in runs of equal steps.

The innermost loop runs over the lanes, so that one instruction serves several people. No lane's numbers depend on its
neighbours: scaling and halvings are chosen for each lane, and the others leave it alone.

A propagator is made by halving its step until a short series is exact, then by squaring. The squares on the way are
kept as a ladder: any shorter time is a sum of its rungs and a rest for the series, so a dose between two stops, however
stiff the system, costs a few products of a matrix and a vector.

Inside a run a reading is a row of a power of the propagator times the amounts at the run's begin, plus what the doses
that are still entering add. Both are made once for each person; eight readings are then one short sum of vectors.

Everything compiled, with its constants, stands in this one file: the compiler's cache asks only whether this file has
changed, and would go on using what it once took from another.

Rows are picked with unsigned numbers because the compiler then knows that they count from the front.
"""

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

LARGEST = 0.5  # norm up to which the series with TERMS terms is exact to rounding
TERMS = 14
LANES = 64  # people in a block
BY_VECTOR, HALF_TICK_H, LONGEST_RUN, BATCH = -1, 0.5e-12, 8, 16  # as in ``schedule``; a test holds them equal
FULL, FIRST, LAST = 0, 1, 2  # which part of an input a step holds
FAST = {"contract", "nsz"}
_u = np.uint64
_EIGHT = ir.VectorType(ir.DoubleType(), LONGEST_RUN)


def _eight_at(builder, array, place):
    """Pointer to the eight numbers of a flat array that begin at ``place``."""
    return builder.bitcast(builder.gep(array.data, [place]), _EIGHT.as_pointer())


def _added(builder, row, factor, total):
    """``total`` + ``row`` · ``factor``, eight numbers at a time."""
    undefined = ir.Constant(_EIGHT, ir.Undefined)
    one = builder.insert_element(undefined, factor, ir.Constant(ir.IntType(32), 0))
    same = builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LONGEST_RUN), None))
    flags = ("contract", "nsz")
    return builder.fadd(total, builder.fmul(row, same, flags=flags), flags=flags)


@intrinsic
def _four_runs(typing, rows, row, n, amounts, begins, into, columns):
    """Eight readings of each of four runs: ``into``[columns[i] + j] = sum over k of rows[row + 8 k + j] · amount k of i.

    Flat arrays; amount k of run i stands at ``amounts``[begins[i] + LANES · k]. Written in the compiler's own terms
    because its loops would take the readings one by one.
    """

    def build(context, builder, signature, values):
        arrays = [context.make_array(t)(context, builder, v) for t, v in zip(signature.args, values, strict=True)
                  if isinstance(t, types.Array)]  # fmt: skip
        rows, amounts, into = arrays
        begins, columns = (cgutils.unpack_tuple(builder, values[k], 4) for k in (4, 6))
        totals = [cgutils.alloca_once_value(builder, ir.Constant(_EIGHT, [0.0] * LONGEST_RUN)) for _ in begins]
        for total in totals:
            builder.store(ir.Constant(_EIGHT, [0.0] * LONGEST_RUN), total)
        with cgutils.for_range(builder, values[2]) as loop:
            place = builder.add(values[1], builder.mul(loop.index, loop.index.type(LONGEST_RUN)))
            row = builder.load(_eight_at(builder, rows, place), align=8)
            for begin, total in zip(begins, totals, strict=True):
                place = builder.add(begin, builder.mul(loop.index, loop.index.type(LANES)))
                amount = builder.load(builder.gep(amounts.data, [place]))
                builder.store(_added(builder, row, amount, builder.load(total)), total)
        for column, total in zip(columns, totals, strict=True):
            builder.store(builder.load(total), _eight_at(builder, into, column), align=8)
        return context.get_dummy_value()

    return types.void(rows, row, n, amounts, begins, into, columns), build


@intrinsic
def _add_row(typing, rows, row, factor, into, column):
    """``into``[column + j] += rows[row + j] · factor for eight j; flat arrays."""

    def build(context, builder, signature, values):
        rows, into = (context.make_array(signature.args[k])(context, builder, values[k]) for k in (0, 3))
        here = _eight_at(builder, into, values[4])
        row = builder.load(_eight_at(builder, rows, values[1]), align=8)
        builder.store(_added(builder, row, values[2], builder.load(here, align=8)), here, align=8)
        return context.get_dummy_value()

    return types.void(rows, row, factor, into, column), build


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
def ladder(rates, losses, fastest, step, shape):
    """exp(A step), exp(A step / 2), ... of each lane down to its own last rung, and the numbers of those.

    Shape (n_rungs, n_entries, LANES); below a lane's own last rung its last is repeated.
    """
    halvings, small = np.empty(LANES, np.int64), np.empty(LANES)
    for lane in range(LANES):
        halvings[lane] = max(0, int(np.ceil(np.log2(max(fastest[lane] * step / LARGEST, 1.0)))))
        small[lane] = step / 2.0 ** halvings[lane]
    most = halvings.max()
    rungs = np.empty((most + 1, len(shape[0]), LANES))
    last = rungs[most]
    _series(rates, losses, fastest, small, shape, last, np.empty((len(shape[0]), LANES)))
    for rung in range(most - 1, -1, -1):
        multiply(shape[4], rungs[rung + 1], rungs[rung + 1], rungs[rung])
        for k in range(len(shape[0])):
            into, same = rungs[_u(rung), _u(k)], last[_u(k)]
            for lane in range(LANES):
                into[lane] = into[lane] if rung < halvings[lane] else same[lane]
    return rungs, halvings


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _series(rates, losses, fastest, small, shape, result, other):
    """``result`` = exp(A small) by a series of positive terms, for times so short that TERMS terms are exact."""
    rows, columns, diagonal, flow_steps, squares = shape
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
def _short(rates, losses, fastest, flows, state_in, length, along):
    """exp(A length) applied to ``along``, in place, for lengths not beyond a lane's last rung.

    ``along`` has one row more than there are states: a source that stays as it is and flows into ``state_in`` at its
    own amount per hour. It is zero where nothing enters.
    """
    n = losses.shape[0]
    term, new, scale = along.copy(), np.empty(along.shape), np.empty(LANES)
    for k in range(1, TERMS + 1):
        for lane in range(LANES):
            scale[lane] = length[lane] / k
        for state in range(n):
            into, old, loss = new[_u(state)], term[_u(state)], losses[_u(state)]
            for lane in range(LANES):
                into[lane] = (fastest[lane] - loss[lane]) * old[lane]
        for lane in range(LANES):
            new[n, lane] = fastest[lane] * term[n, lane]
            new[state_in, lane] += term[n, lane]
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
    for lane in range(LANES):
        scale[lane] = np.exp(-fastest[lane] * length[lane])
    for state in range(n + 1):
        for lane in range(LANES):
            along[state, lane] *= scale[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _rungs_taken(step, halvings, length, rest):
    """Which rungs add up to ``length``, shape (n_rungs, LANES); what is left for the series goes into ``rest``."""
    taken = np.zeros((halvings.max() + 1, LANES), np.bool_)
    for lane in range(LANES):
        rest[lane] = length[lane]
        for rung in range(halvings[lane] + 1):
            long = step / 2.0**rung
            if rest[lane] >= long:
                taken[rung, lane] = True
                rest[lane] -= long  # exact, because rest < 2 long
    return taken


@njit(cache=True, fastmath=FAST, error_model="numpy")
def flow_on(body, climb, length, along):
    """exp(A length) applied to ``along`` (n_states + 1, LANES), in place; each lane has its own length up to a step."""
    rates, losses, fastest, flows, shape = body
    rungs, halvings, step = climb
    rest, other = np.empty(LANES), np.empty(losses.shape)
    taken = _rungs_taken(step, halvings, length, rest)
    if rest.any():
        _short(rates, losses, fastest, flows, 0, rest, along)
    for rung in range(len(rungs)):
        if taken[rung].any():
            _step(rungs[rung], shape[0], shape[1], along, other)
            _choose(taken[rung], other, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def let_in(body, climb, state_in, length, gains, along):
    """What an inflow of 1 mg/h into ``state_in`` has become after each lane's ``length``, into ``along``.

    With g(t) that amount, g(a + b) = g(b) + exp(A b) g(a); ``gains`` holds g of every rung.
    """
    rates, losses, fastest, flows, shape = body
    rungs, halvings, step = climb
    rest, other = np.empty(LANES), np.empty(losses.shape)
    taken = _rungs_taken(step, halvings, length, rest)
    along[:] = 0.0
    if rest.any():
        along[len(losses)] = 1.0
        _short(rates, losses, fastest, flows, state_in, rest, along)
        along[len(losses)] = 0.0
    for rung in range(len(rungs)):
        if taken[rung].any():
            _step(rungs[rung], shape[0], shape[1], along, other)
            _enter(gains[rung], 1.0, other)
            _choose(taken[rung], other, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _gains(body, climb, state_in):
    """g of every rung, as in ``let_in``; shape (n_rungs, n_states, LANES)."""
    rates, losses, fastest, flows, shape = body
    rungs, halvings, step = climb
    n, most = len(losses), len(rungs) - 1
    gains, along, small = np.empty((most + 1, n, LANES)), np.zeros((n + 1, LANES)), np.empty(LANES)
    for lane in range(LANES):
        small[lane] = step / 2.0 ** halvings[lane]
    along[n] = 1.0
    _short(rates, losses, fastest, flows, state_in, small, along)
    _copy(along[:n], gains[most])
    higher = np.empty(LANES, np.bool_)
    for rung in range(most - 1, -1, -1):
        _step(rungs[rung + 1], shape[0], shape[1], gains[rung + 1], along)
        _enter(gains[rung + 1], 1.0, along[:n])
        for lane in range(LANES):
            higher[lane] = rung < halvings[lane]
        _copy(gains[most], gains[rung])
        _choose(higher, along[:n], gains[rung])
    return gains


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _choose(where, fresh, into):
    """``into`` becomes ``fresh`` in the lanes asked for."""
    for state in range(fresh.shape[0]):
        a, b = fresh[_u(state)], into[_u(state)]
        for lane in range(LANES):
            b[lane] = a[lane] if where[lane] else b[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _parts(way, from_h, to_h, lengths, rests, shares):
    """For each lane: which part of the input this step holds, how long it takes, how long then remains, its share.

    ``shares`` (3, LANES) is of this step alone; ``lengths`` and ``rests`` (3, LANES) gather over steps that tile.
    """
    shares[:] = 0.0
    for lane in range(LANES):
        lag, duration = way[1][lane], way[2][lane]
        if duration <= 0.0:
            if from_h + HALF_TICK_H < lag <= to_h + HALF_TICK_H:
                shares[FIRST, lane], rests[FIRST, lane] = way[0][lane], max(to_h - lag, 0.0)
        else:
            begin, end = max(lag, from_h), min(lag + duration, to_h)
            if end > begin:
                part = FIRST if begin > from_h else (LAST if end < to_h else FULL)
                shares[part, lane] = way[0][lane] * ((end - begin) / duration)
                lengths[part, lane], rests[part, lane] = end - begin, to_h - end


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _tiling(body, climb, state_in, way, gains, from_h, to_h, arrivals):
    """What one milligram that enters this way has become at the end of each of some steps that tile its time.

    A lane's input begins in one of them and ends in one of them; in those between, the same full step recurs.
    """
    n = arrivals.shape[1]
    lengths, rests = np.zeros((3, LANES)), np.zeros((3, LANES))
    shares, along = np.empty((len(from_h), 3, LANES)), np.empty((n + 1, LANES))
    for k in range(len(from_h)):
        _parts(way, from_h[k], to_h[k], lengths, rests, shares[k])
    arrivals[:] = 0.0
    for part in range(3):
        if not shares[:, part].any():
            continue
        along[:] = 0.0
        if lengths[part].any():
            let_in(body, climb, state_in, lengths[part], gains, along)
        for lane in range(LANES):
            if lengths[part, lane] == 0.0:
                along[state_in, lane] = 1.0
        if rests[part].any():
            flow_on(body, climb, rests[part], along)
        for lane in range(LANES):
            rests[part, lane] = 1.0 / lengths[part, lane] if lengths[part, lane] > 0.0 else 1.0
        for state in range(n):
            for lane in range(LANES):
                along[state, lane] *= rests[part, lane]
        for k in range(len(from_h)):
            for state in range(n):
                into, what = arrivals[_u(k), _u(state)], along[_u(state)]
                for lane in range(LANES):
                    into[lane] += shares[k, part, lane] * what[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _arrivals(body, climb, ways, march):
    """What each class of entry has become at the end of its step; shape (n_entry_classes, n_states, LANES)."""
    arrivals = np.empty((len(march.class_kind), len(body[1]), LANES))
    gains, gains_of = np.empty((0, 0, LANES)), -1
    for tiling in range(len(march.first_class) - 1):
        first, last = march.first_class[tiling], march.first_class[tiling + 1]
        kind = march.class_kind[first]
        if kind != gains_of and ways[3][kind].any():
            gains, gains_of = _gains(body, climb, ways[0][kind]), kind
        way = (ways[1][kind], ways[2][kind], ways[3][kind])
        _tiling(
            body, climb, ways[0][kind], way, gains, march.class_from_h[first:last], march.class_to_h[first:last],
            arrivals[first:last],
        )  # fmt: skip
    return arrivals


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _powers(body, march):
    """Powers of every propagator, and the ladder for what does not last a whole step."""
    rates, losses, fastest, flows, shape = body
    powers = np.empty((march.first_power[-1], len(shape[0]), LANES))
    rungs, halvings = ladder(rates, losses, fastest, march.longest_h, shape)
    for c in range(len(march.class_step_h)):
        first = march.first_power[c]
        if march.class_step_h[c] == march.longest_h:
            _copy(rungs[0], powers[first])
        else:
            _copy(ladder(rates, losses, fastest, march.class_step_h[c], shape)[0][0], powers[first])
        for k in range(first + 1, march.first_power[c + 1]):
            multiply(shape[4], powers[first], powers[k - 1], powers[k])
    return powers, (rungs, halvings, march.longest_h)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _windows(shape, march, powers, arrivals, read_states):
    """What enters during each kind of run: the amounts at its end, and at the readings on the way.

    Shapes (n_windows, n_states, LANES) and (n_shown, n_outputs, LONGEST_RUN, LANES).
    """
    n_windows, n = len(march.window_steps), arrivals.shape[1]
    ends = np.empty((n_windows, n, LANES))
    shown = np.zeros((march.n_shown, len(read_states), LONGEST_RUN, LANES))
    other = np.empty((n, LANES))
    for window in range(n_windows):
        x, begun = ends[window], False
        x[:] = 0.0
        for step in range(march.window_steps[window]):
            if begun:
                _step(powers[march.first_power[march.window_class[window]]], shape[0], shape[1], x, other)
                _copy(other, x)
            if march.window_arrival[window, step] >= 0:
                _enter(arrivals[march.window_arrival[window, step]], 1.0, x)
                begun = True
            if march.window_shown[window] >= 0 and step < march.window_steps[window] - 1:
                for output in range(len(read_states)):
                    shown[march.window_shown[window], output, step] = x[read_states[output]]
    return ends, shown


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
    for state in range(arrival.shape[0]):
        into, what = x[_u(state)], arrival[_u(state)]
        for lane in range(LANES):
            into[lane] += mg * what[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _end_of_run(body, climb, march, run, powers, ends, begin, end):
    """Amounts at the end of a run, into ``end`` (n_states + 1, LANES; the last row is empty room)."""
    shape, kind = body[4], march.run_class[run]
    if kind >= 0:
        _step(powers[march.first_power[kind] + march.run_steps[run] - 1], shape[0], shape[1], begin, end)
    else:
        _copy(begin, end)
        if kind == BY_VECTOR:
            flow_on(body, climb, np.full(LANES, march.run_step_h[run]), end)
    for entry in range(march.first_entry[run], march.first_entry[run + 1]):
        _enter(ends[march.entry_window[entry]], march.entry_mg[entry], end)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _reading_rows(march, powers, shown, scale, entries, people):
    """Rows of the powers that the outputs read, and what windows add, person by person, eight readings together.

    Flat forms of (people, n_outputs, n_classes, n_states, LONGEST_RUN) and (people, n_outputs, n_shown, LONGEST_RUN).
    """
    n_outputs, n = entries.shape
    classes = len(march.class_step_h)
    rows = np.zeros((people, n_outputs, classes, n, LONGEST_RUN))
    added = np.empty((people, n_outputs, len(shown), LONGEST_RUN))
    for output in range(n_outputs):
        for c in range(classes):
            for k in range(n):
                for power in range(march.first_power[c], march.first_power[c + 1]):
                    if entries[output, k] >= 0:
                        row, j = powers[power, entries[output, k]], power - march.first_power[c]
                        for lane in range(people):
                            rows[lane, output, c, k, j] = row[lane] * scale[output, lane]
        for window in range(len(shown)):
            for j in range(LONGEST_RUN):
                for lane in range(people):
                    added[lane, output, window, j] = shown[window, output, j, lane] * scale[output, lane]
    return rows.reshape(-1), added.reshape(-1)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _sum_up(batch, people, march, amounts, rows, into, at, n_outputs):
    """What was there at each run's begin, at the readings: into the flat ``into``, where the block's begin at ``at``.

    Eight readings are written even for a shorter run: those behind it are written again, as the next run's.
    """
    n_states, classes, flat = amounts.shape[1], len(march.class_step_h), amounts.reshape(-1)
    per_run, wide = n_states * LANES, march.n_readings
    groups, run, column = march.group_class, march.group_runs, march.group_columns
    first, last = march.first_group[batch], march.first_group[batch + 1]
    for person in range(people):
        for output in range(person * n_outputs, (person + 1) * n_outputs):
            here = at + output * wide
            for g in range(first, last):
                row = (output * classes + groups[g]) * (n_states - 1) * LONGEST_RUN
                a, b = run[g, 0] * per_run + person, run[g, 1] * per_run + person
                c, d = run[g, 2] * per_run + person, run[g, 3] * per_run + person
                targets = (here + column[g, 0], here + column[g, 1], here + column[g, 2], here + column[g, 3])
                _four_runs(rows, row, n_states - 1, flat, (a, b, c, d), into, targets)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _sum_entries(first, last, people, march, added, into, at, n_outputs):
    """What enters during the runs from ``first`` to before ``last``, at the readings, onto what is there."""
    n_shown, wide = march.n_shown, march.n_readings
    for entry in range(march.first_entry[first], march.first_entry[last]):
        shown = march.window_shown[march.entry_window[entry]]
        if shown >= 0:
            mg, column = march.entry_mg[entry], march.run_column[march.entry_run[entry]]
            for output in range(people * n_outputs):
                _add_row(added, (output * n_shown + shown) * LONGEST_RUN, mg, into, at + output * wide + column)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _read_ends(first, last, people, march, amounts, states, scale, into, at):
    """The reading at each run's end, from the amounts themselves."""
    for run in range(first, last):
        if march.run_column[run] >= 0:
            place = at + march.run_column[run] + march.run_steps[run] - 1
            for output in range(len(states)):
                amount, times = amounts[run - first + 1, states[output]], scale[output]
                for lane in range(people):
                    into[place + (lane * len(states) + output) * march.n_readings] = amount[lane] * times[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _march_block(rates, flows, shape, ways, march, x, scale, reads, people, snaps, curves, at):
    """One block along the whole march: readings into the flat ``curves``, amounts at the asked times into ``snaps``."""
    n = x.shape[0]
    losses, fastest = np.empty((n, LANES)), np.empty(LANES)
    losses_of(rates, flows[0], losses, fastest)
    body = (rates, losses, fastest, flows, shape)
    powers, climb = _powers(body, march)
    ends, shown = _windows(shape, march, powers, _arrivals(body, climb, ways, march), reads[0])
    rows, added = _reading_rows(march, powers, shown, scale, reads[1], people)
    amounts = np.zeros((BATCH + 1, n + 1, LANES))
    _copy(x, amounts[0, :n])
    for batch in range(len(march.first_group) - 1):
        first, last = batch * BATCH, min((batch + 1) * BATCH, len(march.run_steps))
        for run in range(first, last):
            end = amounts[run - first + 1]
            _end_of_run(body, climb, march, run, powers, ends, amounts[run - first, :n], end)
            if march.run_snap[run] >= 0:
                snaps[:, march.run_snap[run], :] = end[:n, :people].T
        _sum_up(batch, people, march, amounts, rows, curves, at, len(scale))
        _sum_entries(first, last, people, march, added, curves, at, len(scale))
        _read_ends(first, last, people, march, amounts, reads[0], scale, curves, at)
        _copy(amounts[last - first], amounts[0])


@njit(cache=True)
def _curves_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    first = block * LANES
    last = min(first + LANES, rates.shape[1])
    here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
    _march_block(
        _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
        _lanes(scales, first, last), reads, last - first, snaps[first:last], results.reshape(-1),
        first * scales.shape[0] * march.n_readings,
    )  # fmt: skip


@njit(cache=True)
def _peaks_block(block, rates, flows, shape, ways, march, initial, scales, reads, snaps, results):
    first = block * LANES
    last = min(first + LANES, rates.shape[1])
    kept = np.zeros((last - first, scales.shape[0], march.n_readings))
    here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
    _march_block(
        _lanes(rates, first, last), flows, shape, here, march, _lanes(initial, first, last),
        _lanes(scales, first, last), reads, last - first, snaps[first:last], kept.reshape(-1), 0,
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
