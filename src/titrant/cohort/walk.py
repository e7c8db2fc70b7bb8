"""The walk: one virtual patient, one day at a time, through the world, the review and the answer of the clinic.

On every morning the diary is judged by the protocol's rules. What makes less of the drug is done at once; a hold, a
raise or a trial of less is a matter of the review, which a visit makes. A call is made where the rules ask for one.
"""

import numpy as np
from numba import njit

from titrant.cohort import facts, judging, world
from titrant.cohort.compiling import SLOTS
from titrant.cohort.dosing import lowered
from titrant.cohort.people import draw
from titrant.cohort.shapes import (
    DOSES,
    EFFECTS,
    HARM,
    HOLD,
    LEFT,
    LESS,
    LOWER,
    MISSED,
    MOST_LEVELS,
    MOST_PAUSES,
    NEVER,
    NO_BENEFIT,
    NOT_JUDGED,
    NOT_STARTED,
    PAIN,
    PAUSE,
    PAUSED_OUT,
    PLAN_OVER,
    PROPOSED,
    RAISE,
    RUNNING,
    STOP,
)  # fmt: skip
from titrant.cohort.windows import half_even

NO_RULES, BY_RULES, WITH_MODEL = range(3)
NOTHING, KEEP_BACK, MAKE_LESS = range(3)  # what the model says
N_SLOTS = len(SLOTS)


@njit(cache=True, nogil=True)
def begin(people, courses, seed, first, w, levels, rules):
    """Draw people ``first`` to ``first + len(people) - 1``."""
    for i in range(len(people)):
        draw(people[i], seed, first + i, w, levels, rules)
        c = courses[i]
        c.paused_until, c.left_on, c.bladder_on, c.liver_on, c.ended_on = -1, -1, -1, -1, -1
        c.last_call, c.baseline, c.next_review = -100, -1, -1


@njit(cache=True, nogil=True)
def walk(people, courses, days, levels, paused, seed, policy, start, w, shares, rules):
    """Walk everybody to the last day, or to a day on which the model is asked. Returns how many are waiting for it."""
    scratch = np.empty(N_SLOTS), np.empty(64, np.int64), np.empty(len(rules.rules), np.int64)
    rows = np.empty(9, np.int64), np.empty(4, np.int64), np.empty(64), np.empty(64), np.empty(N_SLOTS)
    waiting = 0
    for i in range(len(people)):
        c = courses[i]
        while c.day < days.shape[1] and not c.asking:
            _one_day(people[i], c, days[i], levels[i], paused[i], seed, policy, start, w, shares, rules, scratch, rows)
        waiting += c.asking
    return waiting


@njit(cache=True)
def _one_day(p, c, days, levels, paused, seed, policy, start, w, shares, rules, scratch, rows):
    t, n = c.day, rules.n[0]
    if not c.answered:
        days[t].outcome, days[t].to = NOT_JUDGED, -1
        _morning(p, c, days, levels, paused, seed, policy, t, start, w, rules)
    decided = c.levels > 0 and levels[c.levels - 1].since == t  # by a prescriber's own look, this morning
    if policy != NO_RULES and t > start and c.ended == RUNNING and c.paused_until < 0 and not decided:
        _judged(p, c, days, levels, paused, seed, policy, t, start, w, rules, scratch, rows)
        if c.asking:
            return
    world.live(p, c, days, seed, t, start, n, w, _signed(c, levels, t), shares)
    c.day = t + 1


@njit(cache=True)
def _signed(c, levels, t):
    """The parts of each dose on day ``t``; none during a pause or outside the course."""
    if c.paused_until >= 0:
        return 0
    parts = 0
    for k in range(c.levels):
        if levels[k].since <= t:
            parts = levels[k].parts
    return parts


# The clinic's day


@njit(cache=True)
def _morning(p, c, days, levels, paused, seed, policy, t, start, w, rules):
    if t < start or c.ended == NOT_STARTED:
        return
    if t == start:
        _start(p, c, days, levels, seed, t, w, rules)
        return
    if c.left_on < 0 and world.leaves(p, c, days, seed, t, start, rules.n[0], w):
        c.left_on = t
    if c.ended != RUNNING:
        return
    if c.left_on >= 0 and t - c.left_on >= w.lost_after_days:
        c.ended, c.ended_on, c.paused_until = LEFT, t, -1
        _sign(c, levels, t, 0)
    elif c.paused_until == t:
        _look(p, c, days, levels, paused, seed, t, w, rules)
    elif policy != NO_RULES and c.next_review <= t and c.paused_until < 0:
        if world.keeps_visit(p, c, seed, t):
            _visit(p, c, days, seed, t, start, w, rules)
        else:
            c.next_review = t + int(w.rebook_days)


@njit(cache=True)
def _start(p, c, days, levels, seed, t, w, rules):
    c.baseline = _baseline(p, days, t, rules.n[0])
    parts = rules.strata[p.stratum].start
    if parts <= 0 or c.baseline < w.least_baseline_points * 100:
        c.ended, c.ended_on = NOT_STARTED, t
        return
    world.measure(p, days[t], seed, t, w)
    world.blood_test(p, c, days[t], seed, t)
    world.bladder_test(p, c, days[t], seed, t, w)
    world.observe(p, days[t], _usual_peak(p, rules.n[0], parts), w)
    c.visits += 1
    _sign(c, levels, t, parts)
    c.next_review = t + rules.n[0].interval


@njit(cache=True)
def _usual_peak(p, n, parts):
    return p.peak_per_mg * parts * n.part / 1000.0 * n.times


@njit(cache=True)
def _baseline(p, days, start, n):
    """As ``pathway.review``: the mean of the days before where there are enough in time, else the clinic's score."""
    total = count = 0
    for d in range(start - n.window, start):
        if days[d].said & PAIN and days[d].entered - d <= n.late_after:
            total += days[d].pain
            count += 1
    return half_even(100 * total, count) if count >= n.diary_days else 100 * p.clinic_pain


@njit(cache=True)
def _sign(c, levels, t, parts):
    """A new level from ``t`` on; one that would begin on the same day takes its place."""
    if c.levels and levels[c.levels - 1].since == t:
        c.levels -= 1
    if c.levels >= MOST_LEVELS:
        raise ValueError("more levels than a course can hold")
    levels[c.levels].since, levels[c.levels].parts = t, parts
    c.levels += 1


@njit(cache=True)
def _visit(p, c, days, seed, t, start, w, rules):
    """What is measured at a review: always pressure and mood, and of the tests what is due by then."""
    n = rules.n[0]
    world.measure(p, days[t], seed, t, w)
    c.visits += 1
    blood = bladder = start
    for d in range(start, t):
        blood = d if days[d].blood else blood
        bladder = d if days[d].bladder else bladder
    for k in range(len(rules.dues)):
        row = rules.dues[k]
        if (row[3] >> facts.BLOOD) & 1 and _is_due(row, blood, t, start, n):
            world.blood_test(p, c, days[t], seed, t)
        if (row[3] >> facts.BLADDER) & 1 and _is_due(row, bladder, t, start, n):
            world.bladder_test(p, c, days[t], seed, t, w)


@njit(cache=True)
def _is_due(row, done, t, start, n):
    """Whether a test belongs to this visit: its day is so near that a test now counts for it."""
    if row[1] == facts.AT:
        day = start + row[2]
        return done < day - n.check_early <= t
    return row[2] > 0 and done + row[2] - n.check_early <= t


@njit(cache=True)
def _look(p, c, days, levels, paused, seed, t, w, rules):
    """A prescriber looks after a pause: on with less, or an end."""
    n, now = rules.n[0], levels[c.levels - 1].parts
    if not world.keeps_visit(p, c, seed, t):
        c.paused_until = t + int(w.rebook_days)
        return
    c.visits += 1
    world.measure(p, days[t], seed, t, w)
    less = lowered(now, 1000 - n.lower_tenths, 1000, n.part)
    c.paused_until = -1
    if c.pauses >= w.most_pauses or c.pauses >= MOST_PAUSES or less < 0:
        c.ended, c.ended_on = PAUSED_OUT, t
        _sign(c, levels, t, 0)
        return
    paused[c.pauses - 1].lifted = t
    _sign(c, levels, t, less)
    c.next_review = t + n.interval


# Judging and acting


@njit(cache=True)
def _judged(p, c, days, levels, paused, seed, policy, t, start, w, rules, scratch, rows):
    v, stack, out = scratch
    clocks, grades, one, other, earlier = rows
    found = facts.gather(v, rules, p, c, days, levels, paused, t, start, stack, clocks, grades, one, other)
    c.near_ties += found.tie < 1e-9
    now, stratum = levels[c.levels - 1].parts, rules.strata[p.stratum]
    standing, lowest = facts.standing(rules, earlier, days, p, levels, c.levels, t, start, stack)
    v[facts.SEVERE_BEFORE] = facts.severe_before(rules, stratum, now, found.room, lowest)
    judging.verdicts(rules, v, stack, out, standing)
    outcome, action, to, call, mask = judging.decided(rules, stratum, found, now, out)
    then = judging.next_review(rules, action, call, outcome, t, start, found.held, found.met)
    day = days[t]
    day.outcome, day.action, day.to, day.next, day.rules = outcome, action, to, then, mask
    reviewed = day.visit and c.next_review <= t
    if policy == WITH_MODEL and reviewed and _is_for_the_model(outcome, action, found, c, rules.n[0]):
        c.asking, c.answered, c.questions = 1, 1, c.questions + 1
        return
    if c.answered and c.answer != NOTHING:
        missing = judging.unjudged(rules, out, found.old, found.old_harm) > 0
        action, to, then = _with_opinion(c, action, to, then, now, t, start, rules.n[0], missing)
    c.answered, c.answer = 0, NOTHING
    if action == STOP:
        to = judging.taper_at_most(rules, found, mask, now, out)
    _act(p, c, days, levels, paused, seed, t, start, w, rules, outcome, action, to, then, call, reviewed, mask)


@njit(cache=True)
def _is_for_the_model(outcome, action, found, c, n):
    """Asked only where it could change the answer: before a raise, and on a dose held past the trial."""
    if c.answered or outcome != PROPOSED:
        return False
    return action == RAISE or (action == HOLD and found.held >= n.trial and found.met)


@njit(cache=True)
def _with_opinion(c, action, to, then, now, t, start, n, missing):
    """As ``pathway.adjust``: a raise becomes a hold, a raise or hold a trial of less that waits for what is missing."""
    less = lowered(now, 1000 - n.lower_tenths, 1000, n.part)
    if c.answer == MAKE_LESS and less > 0 and not missing:
        c.lessened += 1
        return LESS, less, t + n.interval
    if action == RAISE:
        c.held_back += 1
        return HOLD, now, min(t + n.review_every, max(start + n.plan_ends, t))
    return action, to, then


@njit(cache=True)
def _act(p, c, days, levels, paused, seed, t, start, w, rules, outcome, action, to, then, call, reviewed, mask):
    if outcome == PROPOSED and action <= LOWER:
        c.calls += call
        _reduce(c, levels, paused, t, start, rules, action, to, mask)
        c.next_review = then if action == LOWER else c.next_review
        return
    if call and t - c.last_call >= rules.n[0].taper_every:
        _call(p, c, days, seed, t, start, w, rules.n[0])
    if not reviewed:
        return
    c.next_review = max(then, t + 1)
    if outcome == PROPOSED and action in (RAISE, LESS):
        _sign(c, levels, t, to)
        if action == RAISE:
            world.observe(p, days[t], _usual_peak(p, rules.n[0], to), w)


@njit(cache=True)
def _call(p, c, days, seed, t, start, w, n):
    """Somebody calls. Who is reached says what was not written in the last days; it is entered today."""
    c.calls += 1
    if not world.is_reached(p, c, seed, t, w):
        c.last_call = t - n.taper_every + 1
        return
    c.last_call = t
    days[t].call = 1
    for d in range(max(t - n.window, start), t):
        if days[d].entered == NEVER:
            days[d].entered, days[d].said = t, PAIN | EFFECTS | DOSES


@njit(cache=True)
def _reduce(c, levels, paused, t, start, rules, action, to, mask):
    if action == LOWER:
        _sign(c, levels, t, to)
    elif action == PAUSE:
        paused[c.pauses].since, paused[c.pauses].lifted = t, NEVER
        c.pauses += 1
        c.paused_until = t + rules.n[0].taper_every
    elif action == STOP:
        kind = judging.kind_of_stop(rules, mask)
        c.ended_on, c.ended_by = t, mask
        c.ended = HARM if kind == 0 else NO_BENEFIT if kind == 1 else MISSED if kind == 2 else PLAN_OVER
        _taper(c, levels, t, start, rules, to)


@njit(cache=True)
def _taper(c, levels, t, start, rules, at_most):
    """The doses after a stop: none, or the steps of the taper where it was taken for long enough."""
    n, now = rules.n[0], levels[c.levels - 1].parts
    day, held = t, now
    if at_most > 0 and t - start > n.taper_after:
        share = 1000 - n.taper_tenths
        while share > 0:
            to = lowered(now, share, 1000, n.part)
            if 0 < to < held and to <= at_most:
                _sign(c, levels, day, to)
                held, day = to, day + n.taper_every
            share -= n.taper_tenths
    _sign(c, levels, day, 0)
