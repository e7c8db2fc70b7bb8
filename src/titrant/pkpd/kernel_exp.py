"""The exponential of a block of rate matrices, compiled; one person in each lane.

The innermost loop always runs over the lanes, so that one instruction serves several people. No lane's numbers depend
on its neighbours: scaling, number of terms and halvings are chosen for each lane, and the others leave it alone.
Rows are picked with unsigned numbers because the compiler then knows that they count from the front.
"""

import numpy as np
from numba import njit

from titrant.pkpd.kernel_tables import DOUBLES, LANES, LARGEST, PART, TERMS, TERMS_FOR

FAST = {"contract", "nsz"}
_u = np.uint64


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
            if from_h < lag <= to_h:
                share[lane], rest[lane], along[state_in, lane] = 1.0, to_h - lag, 1.0
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
