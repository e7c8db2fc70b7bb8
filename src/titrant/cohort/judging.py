"""The kernel's own reading of rules: three-valued programs over facts, findings, and the first rule that applies.

It must decide what ``pathway.adjust`` decides; tests/cohort compares both, decision by decision.
"""

import numpy as np
from numba import njit

from titrant.cohort import compiling
from titrant.cohort.compiling import ABOVE, ALL, ANY, AT_LEAST, AT_MOST, BELOW, KNOWN
from titrant.cohort.dosing import lowered, raised, rung_share
from titrant.cohort.shapes import HOLD, LESS, LOWER, PAUSE, PROPOSED, RAISE, REFUSED, STOP, UNDECIDED

_FIRST, _END, _ACTION, _CALL, _TAPER, _LOWER_TO, _BASE, _BANDS, _KIND = range(9)
BY_RUNG, BY_EXPOSURE = compiling.BY_RUNG, compiling.BY_EXPOSURE
_MISSED = compiling.KINDS.index("missed")
_CONTINUE = compiling.WORDS.index("continue")
LOWEST_BIT = np.uint64(1)


@njit(cache=True)
def program(code, against, first, end, facts, stack):
    """1 true, 0 false, -1 cannot be told."""
    top = 0
    for at in range(first, end):
        what, number = code[at, 0], code[at, 1]
        if what in (ALL, ANY):
            top -= number
            stack[top] = _joined(what, stack, top, number)
        elif what == KNOWN:
            stack[top] = number
        else:
            stack[top] = _compared(what, facts[number], against[at], code[at, 2])
        top += 1
    return stack[0]


@njit(cache=True)
def _joined(what, stack, top, number):
    settles, unknown = 0 if what == ALL else 1, False
    for k in range(top, top + number):
        if stack[k] == settles:
            return settles
        unknown |= stack[k] == -1
    return -1 if unknown else 1 - settles


@njit(cache=True)
def _compared(what, value, against, mask):
    if np.isnan(value):
        return -1
    if what == AT_LEAST:
        return int(against <= value)
    if what == ABOVE:
        return int(against < value)
    if what == AT_MOST:
        return int(value <= against)
    if what == BELOW:
        return int(value < against)
    return (mask >> int(value)) & 1


@njit(cache=True)
def findings(rules, facts, stack):
    """A bit for each band that is a finding: of those that speak of the same facts, the first that applies."""
    found, said = 0, 0
    for k in range(len(rules.bands)):
        group = 1 << rules.bands[k, 2]
        if said & group:
            continue
        if program(rules.code, rules.against, rules.bands[k, 0], rules.bands[k, 1], facts, stack) == 1:
            found |= 1 << k
            said |= group
    return found


@njit(cache=True)
def verdicts(rules, facts, stack, out, standing):
    """One of 1, 0, -1 for each rule. ``standing``: bits of findings that still stand from before."""
    found = findings(rules, facts, stack) | standing
    for k in range(len(rules.rules)):
        row = rules.rules[k]
        if row[_BASE] >= 0:
            out[k] = 1 if row[_BASE] == 1 or (row[_BANDS] & found) != 0 else 0
        else:
            out[k] = program(rules.code, rules.against, row[_FIRST], row[_END], facts, stack)


@njit(cache=True)
def _applying(rules, out, action):
    """Bits of the rules of ``action`` that apply."""
    mask = np.uint64(0)
    for k in range(len(rules.rules)):
        if rules.rules[k, _ACTION] == action and out[k] == 1:
            mask |= LOWEST_BIT << np.uint64(k)
    return mask


@njit(cache=True)
def any_calls(rules, mask):
    found = False
    for k in range(len(rules.rules)):
        found |= bool((mask >> np.uint64(k)) & LOWEST_BIT) and rules.rules[k, _CALL] == 1
    return found


@njit(cache=True)
def all_taper(rules, mask):
    found = True
    for k in range(len(rules.rules)):
        found &= not (mask >> np.uint64(k)) & LOWEST_BIT or rules.rules[k, _TAPER] == 1
    return found


@njit(cache=True)
def kind_of_stop(rules, mask):
    """Place in ``compiling.KINDS``; harm if any rule of harm is among them."""
    kind = -1
    for k in range(len(rules.rules)):
        if (mask >> np.uint64(k)) & LOWEST_BIT:
            kind = rules.rules[k, _KIND] if kind < 0 else min(kind, rules.rules[k, _KIND])
    return kind


@njit(cache=True)
def unjudged(rules, out, old, old_harm):
    """2: something is missing in which a harm could lie; 1: something that only holds back more; 0: nothing."""
    worst = 2 if old_harm else 1 if old else 0
    for k in range(len(rules.rules)):
        if out[k] == -1:
            worst = max(worst, 2 if rules.rules[k, _ACTION] <= LOWER else 1)
    return worst


@njit(cache=True)
def decided(rules, stratum, facts, now, out):
    """Outcome, action, parts to go to (-1: none), whether somebody calls, and the rules that decided.

    Args:
        facts: a ``facts.Found``; now: parts of the present dose; out: shape (n_rules,), the verdicts.
    """
    for action in range(LOWER + 1):
        mask = _applying(rules, out, action)
        if mask:
            return _reducing(rules, facts, action, mask, now)
    missing = unjudged(rules, out, facts.old, facts.old_harm)
    if facts.baseline >= 0 and facts.baseline < rules.n[0].least_baseline:
        return REFUSED, -1, -1, True, np.uint64(0)
    action, to, mask = _keeping(rules, stratum, facts, now, out)
    if missing == 2 or (missing and action in (RAISE, LESS)):
        return UNDECIDED, action, to, True, mask
    return PROPOSED, action, to, any_calls(rules, mask), mask


@njit(cache=True)
def _reducing(rules, facts, action, mask, now):
    if action != LOWER:
        return PROPOSED, action, -1, any_calls(rules, mask), mask
    n, lowest = rules.n[0], now
    for k in range(len(rules.rules)):
        if not (mask >> np.uint64(k)) & LOWEST_BIT:
            continue
        above, below = 1000 - n.lower_tenths, 1000
        if rules.rules[k, _LOWER_TO] == BY_RUNG:
            above, below = rung_share(rules, facts.rung)
        elif rules.rules[k, _LOWER_TO] == BY_EXPOSURE:
            above, below = 1, 1
        to = lowered(now, above, below, n.part)
        if to < 0:
            return PROPOSED, PAUSE, -1, any_calls(rules, mask), mask
        lowest = min(lowest, to)
    return PROPOSED, LOWER, lowest, any_calls(rules, mask), mask


@njit(cache=True)
def _behind(rules, out, action):
    """As ``_applying``, without the ladder of missed doses, which has its own word on tapers."""
    mask = _applying(rules, out, action)
    for k in range(len(rules.rules)):
        if rules.rules[k, _KIND] == _MISSED:
            mask &= ~(LOWEST_BIT << np.uint64(k))
    return mask


@njit(cache=True)
def taper_at_most(rules, facts, mask, now, out):
    """Parts that no step of a taper may be above.

    0: no taper, also where a rule behind the stop leaves no dose, or something is missing in which a harm could lie.
    """
    if not all_taper(rules, mask) or _behind(rules, out, PAUSE) or facts.old_harm:
        return 0
    for k in range(len(rules.rules)):
        reduces = rules.rules[k, _ACTION] <= LOWER and rules.rules[k, _TAPER] != 1 and rules.rules[k, _KIND] != _MISSED
        if out[k] == -1 and reduces:
            return 0
    most, lowering = _left_after_missed(rules, facts, now), _behind(rules, out, LOWER)
    if not lowering:
        return most
    _, action, to, _, _ = _reducing(rules, facts, LOWER, lowering, now)
    return min(most, to) if action == LOWER else 0


@njit(cache=True)
def _left_after_missed(rules, facts, now):
    """As ``pathway.next_dose``: the parts that the ladder leaves after days that were missed, or may have been."""
    worst = facts.rung
    if facts.rung_possible >= 0 and (worst < 0 or rules.rungs[worst, 0] < rules.rungs[facts.rung_possible, 0]):
        worst = facts.rung_possible
    if worst < 0 or rules.rungs[worst, 2] == _CONTINUE:
        return now
    above, below = np.int64(0), np.int64(1)
    for k in range(len(rules.rungs)):
        share, whole = rules.rungs[k, 3], rules.rungs[k, 4]
        if share > 0 and rules.rungs[k, 0] <= rules.rungs[worst, 0] and (above == 0 or share * below < above * whole):
            above, below = share, whole
    if above == 0:
        above, below = 1000 - rules.n[0].lower_tenths, 1000
    return max(lowered(now, above, below, rules.n[0].part), 0)


@njit(cache=True)
def _keeping(rules, stratum, facts, now, out):
    n = rules.n[0]
    mask = _applying(rules, out, HOLD)
    if mask:
        return HOLD, now, mask
    mask = _applying(rules, out, RAISE)
    if mask:
        to = raised(n, stratum, now, facts.room)
        return (RAISE, to, mask) if to > 0 else (HOLD, now, np.uint64(0))
    mask = _applying(rules, out, LESS)
    if mask:
        to = lowered(now, 1000 - n.lower_tenths, 1000, n.part)
        if to > 0:
            return LESS, to, mask
    return HOLD, now, np.uint64(0)


@njit(cache=True)
def next_review(rules, action, call, outcome, t, start, held, met):
    """Day of the next review, as ``pathway.adjust`` works it out. ``held``: days at the present level."""
    n = rules.n[0]
    if call or outcome != PROPOSED or action in (STOP, PAUSE):
        return t + n.taper_every
    if action != HOLD:
        return t + n.interval
    stable = held >= n.trial and met
    by_rhythm = t + (n.continue_every if stable else n.review_every)
    return min(by_rhythm, max(start + n.plan_ends, t))
