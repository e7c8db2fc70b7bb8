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

Rows are picked with unsigned numbers: the compiler then knows that they count from the front.
"""

import math

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

LARGEST = 0.5  # norm up to which the series with TERMS terms is exact to rounding
TERMS = 14
INVERSE_FACTORIAL = np.array([1.0 / math.factorial(k) for k in range(TERMS + 1)])
LANES = 64  # people in a block
ROOM = LANES + 8  # width of the amounts; a power of two would send one person's amounts to the same few cache lines
BY_VECTOR, HALF_TICK_H, LONGEST_RUN, BATCH = -1, 0.5e-12, 8, 16  # as in ``schedule``; a test holds them equal
FULL, FIRST, LAST = 0, 1, 2  # which part of an input a step holds
FAST = {"contract", "nsz"}
_u = np.uint64
_EIGHT = ir.VectorType(ir.DoubleType(), LONGEST_RUN)
_WIDE = ir.VectorType(ir.DoubleType(), 32)  # lanes summed at once: as many as the registers hold


def _at(builder, array, place, vector=_EIGHT):
    """Pointer to the vector of numbers that begins at ``place`` of a flat array."""
    return builder.bitcast(builder.gep(array.data, [place]), vector.as_pointer())


def _plus(builder, total, a, b):
    """``total`` + a · b, fused where the processor can."""
    return builder.fadd(total, builder.fmul(a, b, flags=sorted(FAST)), flags=sorted(FAST))


def _added(builder, row, factor, total):
    """``total`` + ``row`` · ``factor``, eight numbers at a time."""
    undefined = ir.Constant(_EIGHT, ir.Undefined)
    one = builder.insert_element(undefined, factor, ir.Constant(ir.IntType(32), 0))
    same = builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LONGEST_RUN), None))
    return _plus(builder, total, row, same)


@intrinsic
def _sum_row(_typing, pairs, first, last, left, right, result, row):
    """``result``[row] = sum of left[pairs[p, 0]] · right[pairs[p, 1]] for p from ``first`` to before ``last``, by lane.

    ``left``, ``right`` and ``result`` have LANES columns in use; the sums stay in registers until they are whole.
    """

    def build(context, builder, signature, values):
        at = {k: context.make_array(signature.args[k])(context, builder, values[k]) for k in (0, 3, 4, 5)}
        wide = {k: cgutils.unpack_tuple(builder, at[k].shape, 2)[1] for k in (3, 4, 5)}
        for lane in range(0, LANES, _WIDE.count):
            total = cgutils.alloca_once_value(builder, ir.Constant(_WIDE, [0.0] * _WIDE.count))
            builder.store(ir.Constant(_WIDE, [0.0] * _WIDE.count), total)
            with cgutils.for_range(builder, values[2], start=values[1]) as loop:
                factors = []
                for k in (0, 1):
                    place = builder.add(builder.mul(loop.index, loop.index.type(2)), loop.index.type(k))
                    number = builder.load(builder.gep(at[0].data, [place]))
                    here = builder.add(builder.mul(number, wide[3 + k]), number.type(lane))
                    factors.append(builder.load(_at(builder, at[3 + k], here, _WIDE), align=8))
                builder.store(_plus(builder, builder.load(total), *factors), total)
            here = builder.add(builder.mul(values[6], wide[5]), values[6].type(lane))
            builder.store(builder.load(total), _at(builder, at[5], here, _WIDE), align=8)
        return context.get_dummy_value()

    return types.void(pairs, first, last, left, right, result, row), build


@intrinsic
def _four_runs(_typing, rows, row, n, amounts, begins, added, adds, into, columns):
    """Eight readings of each of four runs, from what was there at its begin and what is added.

    ``into``[columns[i] + j] = ``added``[adds[i] + j] + sum over k of ``rows``[row + 8 k + j] · amount k of run i.

    Flat arrays; amount k of run i stands at ``amounts``[begins[i] + ROOM · k]. Written in the compiler's own terms
    because its loops would take the readings one by one.
    """

    def build(context, builder, signature, values):
        arrays = [context.make_array(t)(context, builder, v) for t, v in zip(signature.args, values, strict=True)
                  if isinstance(t, types.Array)]  # fmt: skip
        rows, amounts, added, into = arrays
        begins, adds, columns = (cgutils.unpack_tuple(builder, values[k], 4) for k in (4, 6, 8))
        totals = [cgutils.alloca_once(builder, _EIGHT) for _ in begins]
        for add, total in zip(adds, totals, strict=True):
            builder.store(builder.load(_at(builder, added, add), align=8), total)
        with cgutils.for_range(builder, values[2]) as loop:
            place = builder.add(values[1], builder.mul(loop.index, loop.index.type(LONGEST_RUN)))
            row = builder.load(_at(builder, rows, place), align=8)
            for begin, total in zip(begins, totals, strict=True):
                place = builder.add(begin, builder.mul(loop.index, loop.index.type(ROOM)))
                amount = builder.load(builder.gep(amounts.data, [place]))
                builder.store(_added(builder, row, amount, builder.load(total)), total)
        for column, total in zip(columns, totals, strict=True):
            builder.store(builder.load(total), _at(builder, into, column), align=8)
        return context.get_dummy_value()

    return types.void(rows, row, n, amounts, begins, added, adds, into, columns), build


@njit(cache=True, fastmath=FAST, error_model="numpy")
def moves_of(rates, sources, n_states):
    """Flows, then fastest - loss of each state, and the fastest loss, by lane: what a shifted matrix is made of."""
    n_flows = len(sources)
    moves, fastest = np.zeros((n_flows + n_states, LANES)), np.zeros(LANES)
    for flow in range(n_flows):
        for lane in range(LANES):
            moves[flow, lane] = rates[flow, lane]
            moves[n_flows + sources[flow], lane] += rates[flow, lane]
    for state in range(n_flows, n_flows + n_states):
        for lane in range(LANES):
            fastest[lane] = max(fastest[lane], moves[state, lane])
    moves[n_flows:] = fastest - moves[n_flows:]
    return moves, fastest


@njit(cache=True, fastmath=FAST, error_model="numpy")
def sums(lists, left, right, result):
    """``result``[k] = sum of ``left``[i] · ``right``[j] over the pairs (i, j) that ``lists`` holds for row k."""
    first, pairs = lists
    for row in range(len(first) - 1):
        _sum_row(pairs, first[row], first[row + 1], left, right, result, row)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def ladder(body, step):
    """exp(A step), exp(A step / 2), ... of each lane down to its own last rung, and the numbers of those.

    Shape (n_rungs, n_entries, LANES); below a lane's own last rung its last is repeated.
    """
    moves, fastest, shape = body
    n_entries = len(shape[1][0]) - 1
    halvings, small = np.empty(LANES, np.int64), np.empty(LANES)
    for lane in range(LANES):
        halvings[lane] = max(0, int(np.ceil(np.log2(max(fastest[lane] * step / LARGEST, 1.0)))))
        small[lane] = step / 2.0 ** halvings[lane]
    most = halvings.max()
    rungs = np.empty((most + 1, n_entries, LANES))
    last = rungs[most]
    _series(body, small, last, np.empty((n_entries, LANES)))
    for rung in range(most - 1, -1, -1):
        sums(shape[1], rungs[rung + 1], rungs[rung + 1], rungs[rung])
        if (halvings <= rung).any():
            _choose(halvings <= rung, last, rungs[rung])
    return rungs, halvings, step


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _series(body, small, result, other):
    """``result`` = exp(A small) by a series of positive terms, for times so short that TERMS terms are exact."""
    moves, fastest, shape = body
    scaled = _scaled(moves, small)
    result[:] = 0.0
    for state in shape[0]:
        result[state] = INVERSE_FACTORIAL[TERMS]
    for term in range(TERMS - 1, 0, -2):
        _one_term(scaled, shape, term, result, other)
        _one_term(scaled, shape, term - 1, other, result)
    _fade(fastest, small, result)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _scaled(rows, factor):
    result = np.empty((len(rows), LANES))
    for k in range(len(rows)):
        for lane in range(LANES):
            result[k, lane] = rows[k, lane] * factor[lane]
    return result


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _one_term(scaled, shape, term, before, result):
    """``result`` = 1 / term! + (A + shift) small · ``before``."""
    sums(shape[2], scaled, before, result)
    for state in shape[0]:
        for lane in range(LANES):
            result[state, lane] += INVERSE_FACTORIAL[term]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _fade(fastest, length, along):
    """Takes the shift of the diagonal back: ``along`` times exp(-fastest length)."""
    factor = np.exp(-fastest * length)
    for state in range(len(along)):
        for lane in range(LANES):
            along[state, lane] *= factor[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _short(body, length, along):
    """exp(A length) applied to ``along``, in place, for lengths not beyond a lane's last rung."""
    moves, fastest, shape = body
    scaled = _scaled(moves, length)
    total, other = _scaled(along, np.full(LANES, INVERSE_FACTORIAL[TERMS])), np.empty((len(along), LANES))
    for term in range(TERMS - 1, -1, -1):
        sums(shape[4], scaled, total, other)
        _copy(along, total)
        for state in range(len(along)):
            for lane in range(LANES):
                total[state, lane] = total[state, lane] * INVERSE_FACTORIAL[term] + other[state, lane]
    _fade(fastest, length, total)
    _copy(total, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _terms(body, state_in, inflow):
    """The series of what one milligram in ``state_in``, or an inflow of 1 mg/h into it, becomes: factors of time^k.

    Shape (TERMS + 1, n_states, LANES), before ``_fade``.
    """
    moves, fastest, shape = body
    terms, source = np.empty((TERMS + 1, len(shape[0]), LANES)), np.ones(LANES)
    terms[0] = 0.0
    if not inflow:
        terms[0, state_in] = 1.0
    for k in range(1, TERMS + 1):
        sums(shape[4], moves, terms[k - 1], terms[k])
        for lane in range(LANES):
            terms[k, state_in, lane] += source[lane] if inflow else 0.0
            source[lane] *= fastest[lane] / k
        for state in range(terms.shape[1]):
            term = terms[_u(k), _u(state)]
            for lane in range(LANES):
                term[lane] *= 1.0 / k
    return terms


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _by_series(fastest, terms, length, along):
    """The series ``terms`` at each lane's ``length``, into ``along``."""
    for state in range(len(along)):
        into, top = along[_u(state)], terms[_u(TERMS), _u(state)]
        for lane in range(LANES):
            into[lane] = top[lane]
        for k in range(TERMS - 1, -1, -1):
            term = terms[_u(k), _u(state)]
            for lane in range(LANES):
                into[lane] = into[lane] * length[lane] + term[lane]
    _fade(fastest, length, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _rungs_taken(climb, length, rest):
    """Which rungs add up to ``length``, shape (n_rungs, LANES); what is left for the series goes into ``rest``."""
    rungs, halvings, step = climb
    taken = np.zeros((len(rungs), LANES), np.bool_)
    rest[:] = length
    long = step
    for rung in range(len(rungs)):
        for lane in range(LANES):
            take = rung <= halvings[lane] and rest[lane] >= long
            taken[rung, lane] = take
            rest[lane] -= long if take else 0.0  # exact, because rest < 2 long
        long *= 0.5
    return taken


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _climb(body, climb, taken, gains, along):
    """``along`` goes on by the rungs taken; where ``gains`` are given, an inflow of 1 mg/h goes on with it."""
    other = np.empty((len(along), LANES))
    for rung in range(len(taken)):
        if taken[rung].any():
            sums(body[2][3], climb[0][rung], along, other)
            if len(gains):
                _enter(gains[rung], np.ones(LANES), other)
            _choose(taken[rung], other, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def flow_on(body, climb, length, along):
    """exp(A length) applied to ``along`` (n_states, LANES), in place; each lane has its own length up to a step."""
    rest = np.empty(LANES)
    taken = _rungs_taken(climb, length, rest)
    if rest.any():
        _short(body, rest, along)
    _climb(body, climb, taken, np.empty((0, 0, 0)), along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def let_in(body, climb, terms, gains, length, along):
    """What enters by ``terms`` has become after each lane's ``length``, into ``along``.

    For an inflow with the amount g(t), g(a + b) = g(b) + exp(A b) g(a); ``gains`` holds g of every rung. For one
    milligram at once there are none.
    """
    rest = np.empty(LANES)
    taken = _rungs_taken(climb, length, rest)
    _by_series(body[1], terms, rest, along)
    _climb(body, climb, taken, gains, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _gains(body, climb, inflow):
    """g of every rung, as in ``let_in``; shape (n_rungs, n_states, LANES)."""
    rungs, halvings, step = climb
    most, n = len(rungs) - 1, inflow.shape[1]
    gains = np.empty((most + 1, n, LANES))
    _by_series(body[1], inflow, step / 2.0**halvings, gains[most])
    for rung in range(most - 1, -1, -1):
        sums(body[2][3], rungs[rung + 1], gains[rung + 1], gains[rung])
        _enter(gains[rung + 1], np.ones(LANES), gains[rung])
        _choose(halvings <= rung, gains[most], gains[rung])
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
def _arrivals(body, climb, ways, march):
    """What each class of entry has become at the end of its step; shape (n_entry_classes, n_states, LANES).

    Classes that tile a dose's time go together: a lane's input begins in one of them and ends in one of them, and in
    those between the same full step recurs.
    """
    arrivals = np.zeros((len(march.class_kind), len(body[2][0]), LANES))
    along, before, nothing = np.empty(arrivals.shape[1:]), -1, np.empty((0, 0, LANES))
    at_once, inflow, gains = nothing, nothing, nothing
    for tiling in range(len(march.first_class) - 1):
        first, last = march.first_class[tiling], march.first_class[tiling + 1]
        kind = march.class_kind[first]
        if kind != before:
            at_once, inflow, gains, before = nothing, nothing, nothing, kind
        lengths, rests, shares = np.zeros((3, LANES)), np.zeros((3, LANES)), np.zeros((last - first, 3, LANES))
        for k in range(first, last):
            way = (ways[1][kind], ways[2][kind], ways[3][kind])
            _parts(way, march.class_from_h[k], march.class_to_h[k], lengths, rests, shares[k - first])
        if len(at_once) == 0 and rests[FIRST].any() and not lengths[FIRST].any():
            at_once = _terms(body, ways[0][kind], False)
        if len(inflow) == 0 and lengths.any():
            inflow = _terms(body, ways[0][kind], True)
            gains = _gains(body, climb, inflow)
        for part in range(3):
            if shares[:, part].any():
                _one_part(body, climb, ways[0][kind], (at_once, inflow, gains), lengths[part], rests[part], along)
                for k in range(first, last):
                    _enter(along, shares[k - first, part], arrivals[k])
    return arrivals


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _one_part(body, climb, state_in, entering, length, rest, along):
    """What one milligram has become that takes each lane's ``length`` to enter and then flows on for ``rest``."""
    at_once, inflow, gains = entering
    if not length.any() and rest.any():
        let_in(body, climb, at_once, gains[:0], rest, along)
        return
    if length.any():
        let_in(body, climb, inflow, gains, length, along)
    for state in range(len(along)):
        for lane in range(LANES):
            here = 1.0 if state == state_in else 0.0
            along[state, lane] = along[state, lane] / length[lane] if length[lane] > 0.0 else here
    if rest.any():
        flow_on(body, climb, rest, along)


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _powers(body, march):
    """Powers of every propagator, and the ladder for what does not last a whole step."""
    squares = body[2][1]
    powers = np.empty((march.first_power[-1], len(squares[0]) - 1, LANES))
    climb = ladder(body, march.longest_h)
    for c in range(len(march.class_step_h)):
        first, step = march.first_power[c], march.class_step_h[c]
        _copy((climb if step == march.longest_h else ladder(body, step))[0][0], powers[first])
        for k in range(first + 1, march.first_power[c + 1]):
            sums(squares, powers[first], powers[k - 1], powers[k])
    return powers, climb


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _windows(shape, march, powers, arrivals, read_states):
    """What enters during each kind of run: the amounts at its end, and at the readings on the way.

    Shapes (n_windows, n_states, LANES) and (n_shown + 1, n_outputs, LONGEST_RUN, LANES); the first shown is nothing.
    """
    n_windows, n = len(march.window_steps), arrivals.shape[1]
    ends, other = np.zeros((n_windows, n, LANES)), np.empty((n, LANES))
    shown = np.zeros((march.n_shown + 1, len(read_states), LONGEST_RUN, LANES))
    for window in range(n_windows):
        x, entry, last = ends[window], march.window_entry[window], march.window_entry[window + 1]
        for step in range(march.entry_step[entry], march.window_steps[window]):
            if step > march.entry_step[march.window_entry[window]]:
                sums(shape[3], powers[march.first_power[march.window_class[window]]], x, other)
                _copy(other, x)
            while entry < last and march.entry_step[entry] == step:
                _enter(arrivals[march.entry_class[entry]], np.full(LANES, march.entry_mg[entry]), x)
                entry += 1
            if step < march.window_steps[window] - 1:
                for output in range(len(read_states)):
                    shown[march.window_shown[window], output, step] = x[read_states[output]]
    shown[0] = 0.0
    return ends, shown


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _copy(what, into):
    for state in range(into.shape[0]):
        a, b = what[_u(state)], into[_u(state)]
        for lane in range(LANES):
            b[lane] = a[lane]


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _enter(what, times, x):
    """``x`` + ``what`` · ``times``, in place; ``times`` by lane."""
    for state in range(what.shape[0]):
        into, a = x[_u(state)], what[_u(state)]
        for lane in range(LANES):
            into[lane] += times[lane] * a[lane]


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
def _places(first, apart, numbers, g):
    a, b, c, d = numbers[g, 0], numbers[g, 1], numbers[g, 2], numbers[g, 3]
    return first + apart * a, first + apart * b, first + apart * c, first + apart * d


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _read(batch, people, march, amounts, rows, added, states, scale, into, at):
    """Readings of a batch of runs, into the flat ``into``, where the block's begin at ``at``.

    Eight readings are written even for a shorter run: those behind it are written again, as the next run's. The last
    of each run is taken from the amounts at its end.
    """
    n_outputs, n_states = len(states), amounts.shape[1]
    classes, flat, per_run, wide = len(march.class_step_h), amounts.reshape(-1), n_states * ROOM, march.n_readings
    groups, run, column, ends = march.group_class, march.group_runs, march.group_columns, march.run_end
    shown, n_shown = march.group_shown, march.n_shown + 1
    first, last = batch * BATCH, min((batch + 1) * BATCH, len(ends))
    first_group, last_group = march.first_group[batch], march.first_group[batch + 1]
    for person in range(people):
        for output in range(n_outputs):
            reading = person * n_outputs + output
            here = at + reading * wide
            for g in range(first_group, last_group):
                row = (reading * classes + groups[g]) * n_states * LONGEST_RUN
                begins, targets = _places(person, per_run, run, g), _places(here, 1, column, g)
                adds = _places(reading * n_shown * LONGEST_RUN, LONGEST_RUN, shown, g)
                _four_runs(rows, row, n_states, flat, begins, added, adds, into, targets)
            place, times = per_run + states[output] * ROOM + person, scale[output, person]
            for k in range(first, last):
                if ends[k] >= 0:
                    into[here + ends[k]] = flat[place + (k - first) * per_run] * times


@njit(cache=True, fastmath=FAST, error_model="numpy")
def _march_block(rates, sources, shape, ways, march, x, scale, reads, people, snaps, curves, at):
    """One block along the whole march: readings into the flat ``curves``, amounts at the asked times into ``snaps``."""
    moves, fastest = moves_of(rates, sources, len(x))
    body = (moves, fastest, shape)
    powers, climb = _powers(body, march)
    ends, shown = _windows(shape, march, powers, _arrivals(body, climb, ways, march), reads[0])
    rows, added = _reading_rows(march, powers, shown, scale, reads[1], people)
    amounts = np.zeros((BATCH + 1, len(x), ROOM))
    _copy(x, amounts[0])
    ones = np.ones(LANES)
    for batch in range(len(march.first_group) - 1):
        first, last = batch * BATCH, min((batch + 1) * BATCH, len(march.run_steps))
        for run in range(first, last):
            begin, end, kind = amounts[run - first], amounts[run - first + 1], march.run_class[run]
            if kind >= 0:
                sums(shape[3], powers[march.first_power[kind] + march.run_steps[run] - 1], begin, end)
            else:
                _copy(begin, end)
                if kind == BY_VECTOR:
                    flow_on(body, climb, np.full(LANES, march.run_step_h[run]), end)
            if march.run_window[run] >= 0:
                _enter(ends[march.run_window[run]], ones, end)
            if march.run_snap[run] >= 0:
                snaps[:, march.run_snap[run], :] = end[:, :people].T
        _read(batch, people, march, amounts, rows, added, reads[0], scale, curves, at)
        _copy(amounts[last - first], amounts[0])


@njit(cache=True)
def _block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, flat, at):
    first, last = block * LANES, min((block + 1) * LANES, rates.shape[1])
    here = (ways[0], _lanes(ways[1], first, last), _lanes(ways[2], first, last), _lanes(ways[3], first, last))
    lists = (shape[0], (shape[1], shape[2]), (shape[3], shape[4]), (shape[5], shape[6]), (shape[7], shape[8]))
    _march_block(
        _lanes(rates, first, last), sources, lists, here, march, _lanes(initial, first, last),
        _lanes(scales, first, last), reads, last - first, snaps[first:last], flat, at,
    )  # fmt: skip


@njit(cache=True)
def _peaks_block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, results):
    first, last = block * LANES, min((block + 1) * LANES, rates.shape[1])
    kept = np.empty((last - first, scales.shape[0], march.n_readings))
    _block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, kept.reshape(-1), 0)
    for person in range(last - first):
        for output in range(scales.shape[0]):
            where = np.argmax(kept[person, output])
            results[first + person, output, 0] = kept[person, output, where]
            results[first + person, output, 1] = where


@njit(cache=True, parallel=True)
def curves(rates, sources, shape, ways, march, initial, scales, reads, snaps, results):
    """Outputs of everybody into ``results`` (n_people, n_outputs, n_readings), asked amounts into ``snaps``."""
    flat, wide = results.reshape(-1), LANES * results.shape[1] * results.shape[2]
    for block in prange((rates.shape[1] + LANES - 1) // LANES):
        _block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, flat, block * wide)


@njit(cache=True)
def curves_alone(rates, sources, shape, ways, march, initial, scales, reads, snaps, results):
    """As ``curves``, on one thread: waking the others costs more than a small task takes. The same bytes."""
    flat, wide = results.reshape(-1), LANES * results.shape[1] * results.shape[2]
    for block in range((rates.shape[1] + LANES - 1) // LANES):
        _block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, flat, block * wide)


@njit(cache=True, parallel=True)
def peaks(rates, sources, shape, ways, march, initial, scales, reads, snaps, results):
    """Largest reading and its column, into ``results`` (n_people, n_outputs, 2); asked amounts into ``snaps``."""
    for block in prange((rates.shape[1] + LANES - 1) // LANES):
        _peaks_block(block, rates, sources, shape, ways, march, initial, scales, reads, snaps, results)


@njit(cache=True)
def _lanes(values, first, last):
    """Columns ``first`` to ``last - 1``, the last repeated until all lanes are filled."""
    result = np.empty((values.shape[0], LANES))
    for row in range(values.shape[0]):
        for lane in range(LANES):
            result[row, lane] = values[row, min(first + lane, last - 1)]
    return result
