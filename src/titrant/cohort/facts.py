"""The kernel's own ``review`` and ``course_facts``: one vector of facts for a day, unknown ones left as NaN."""

from typing import NamedTuple

import numpy as np
from numba import njit

from titrant.cohort import compiling, windows
from titrant.cohort.compiling import (
    ALWAYS,
    ASKED,
    AT,
    BLADDER,
    BLOOD,
    EACH_STEP,
    FIXED,
    MAINTENANCE,
    NOBODY,
    PAIN_SCORE,
    PRESSURE,
    SLOTS,
    STOPS,
    TITRATION,
    URINARY,
    VISIT,
)  # fmt: skip
from titrant.cohort.dosing import raised
from titrant.cohort.judging import findings, program
from titrant.cohort.shapes import EFFECTS, EXTRA, HEARS, PAIN, SUICIDAL, WOKEN
from titrant.cohort.windows import half_even

(
    SYSTOLIC, DIASTOLIC, LIVER, ALT, ICSI, ICSI_CHANGE, PHQ9, PHQ9_CHANGE, ITEM9, URINARY_ANSWER, PAIN_NOW,
    F_WOKEN, F_SUICIDAL, F_HEARS, WORST, WORST_DISSOCIATION, WORST_URINARY, STEP_DISSOCIATION, STEP_URINARY,
    STEP_SEDATION, STEP_SYSTOLIC, STEP_DIASTOLIC, TREND, RUNG, MISSED_BEFORE, PLAN_OVER, TRIAL_OVER, INTERVAL,
    RESUMED, ROOM, BENEFIT,
    BENEFIT_FOR_MORE, FLAT, TOLERANCE, STEP_DOWN, ADHERENCE, TOOK_EXTRA, SILENT, DIARY, CHECKS, SUSPENDED,
    SEVERE_BEFORE,
) = range(len(SLOTS))  # fmt: skip
_W = compiling.WORDS.index
NO, YES, NONE, SOME, OVER, RUNNING, MET, NOT_MET = map(
    _W, ("no", "yes", "none", "some", "over", "running", "met", "not_met")
)
READY, GOOD, POOR, THIN, ENOUGH, OVERDUE, IN_DATE, RISING, STEADY, CONTINUE = map(
    _W, ("ready", "good", "poor", "thin", "enough", "overdue", "in_date", "rising", "steady", "continue")
)
PRESCRIBER, RESTART = _W("prescriber"), _W("restart")


class Found(NamedTuple):
    """What the judging needs beside the vector."""

    old: bool  # something needed for more is too old
    old_harm: bool
    baseline: int  # hundredths; -1 where it is not known
    rung: int  # row of the rungs; -1
    rung_possible: int  # the same if every day of which nobody spoke was missed
    room: int  # thousandths of a mg
    held: int  # days at the present level
    met: bool
    step: int  # day of the last raise
    tie: float  # how near the swing was to a tie


@njit(cache=True)
def yes_no(whether):
    return YES if whether else NO


@njit(cache=True)
def last_step(levels, count):
    """Day of the first dose or of the last raise."""
    day = levels[0].since
    for k in range(1, count):
        if levels[k].parts > levels[k - 1].parts:
            day = levels[k].since
    return day


@njit(cache=True)
def _flags_and_harm(v, days, levels, count, t, n, out):
    first, since, step = t - n.window, levels[count - 1].since, last_step(levels, count)
    flags = windows.counting_flags(days, first, t, since)
    v[F_WOKEN], v[F_SUICIDAL] = yes_no(flags & WOKEN), yes_no(flags & SUICIDAL)
    v[F_HEARS], v[TOOK_EXTRA] = yes_no(flags & HEARS), yes_no(flags & EXTRA)
    less = count > 1 and levels[count - 1].parts < levels[count - 2].parts
    windows.counting(days, first, t, since, since if less else -1, n, out)
    if out[0] >= 0:
        v[WORST], v[WORST_DISSOCIATION], v[WORST_URINARY] = out[0], out[1], out[2]
    windows.worst(days, step, t, n.dissociation, n.sedation, out)
    if out[0] >= 0:
        v[STEP_DISSOCIATION], v[STEP_URINARY], v[STEP_SEDATION] = out[1], out[2], out[3]
    v[TREND] = STEADY
    if count > 1:
        now = windows.mean_grade(days, max(since, first), t, t - 1)
        before = windows.mean_grade(days, levels[count - 2].since, t, since - 1)
        v[TREND] = np.nan
        if now >= 0 and before >= 0:
            v[TREND] = RISING if before + n.rise <= now else STEADY
    _pressures(v, days, step, t)
    return step


@njit(cache=True)
def _pressures(v, days, step, t):
    """The highest since the step, and the newest day's worst. What follows today's dose is not known this morning."""
    high = low = 0
    newest = -1
    for d in range(t, -1, -1):
        day = days[d]
        if d < step and newest >= 0:
            break
        if day.systolic == 0:
            continue
        systolic, diastolic = day.systolic, day.diastolic
        if d < t:
            systolic, diastolic = max(systolic, day.systolic_after), max(diastolic, day.diastolic_after)
        if newest < 0:
            newest = d
            v[SYSTOLIC], v[DIASTOLIC] = systolic, diastolic
        if d >= step:
            high, low = max(high, systolic), max(low, diastolic)
    if high:
        v[STEP_SYSTOLIC], v[STEP_DIASTOLIC] = high, low
    return newest


@njit(cache=True)
def _rung_row(rules, days):
    for k in range(len(rules.rungs)):
        if rules.rungs[k, 0] <= days <= rules.rungs[k, 1]:
            return k
    return -1


@njit(cache=True)
def _rung_now(rules, longest, days):
    now, long = _rung_row(rules, days), _rung_row(rules, longest)
    if long >= 0 and days < longest and (rules.rungs[long, 2] == PRESCRIBER or rules.rungs[long, 2] == RESTART):
        return long
    return now


@njit(cache=True)
def _rung_perhaps(rules, longest, possible, gap):
    """The rung if every day of which nobody spoke was missed; the graver of now and of the longest silence."""
    now, n = _rung_now(rules, longest, possible), rules.n[0]
    long = _rung_row(rules, gap) if max(n.window - n.diary_days, longest) < gap else -1
    if now < 0 or long < 0:
        return max(now, long)
    return now if rules.rungs[now, 0] >= rules.rungs[long, 0] else long


@njit(cache=True)
def _missed(v, rules, days, since, t):
    longest, certain, possible, gap = windows.missed(days, since, t)
    row, other = _rung_now(rules, longest, certain), _rung_perhaps(rules, longest, possible, gap)
    went_by = _rung_row(rules, longest)
    v[MISSED_BEFORE] = yes_no(went_by >= 0 and rules.rungs[went_by, 2] != CONTINUE)
    do = rules.rungs[row, 2] if row >= 0 else NONE
    could = rules.rungs[other, 2] if other >= 0 else NONE
    harmless = do in (NONE, CONTINUE) and could in (NONE, CONTINUE)
    if do == could or harmless:
        v[RUNG] = do
    return row, other


@njit(cache=True)
def room_of(levels, count, t, n):
    first = t - n.steps_within
    base, lowest = levels[0].parts, 0
    for k in range(count):
        if levels[k].since <= first:
            base = levels[k].parts
        else:
            lowest = levels[k].parts if lowest == 0 else min(lowest, levels[k].parts)
    if lowest:
        base = min(base, lowest)
    return max(base * n.part + n.steps_most - levels[count - 1].parts * n.part, 0)


@njit(cache=True)
def _met(baseline, mean, n):
    """Met, not met, or NaN, of a mean in hundredths (-1: none) against a baseline in hundredths."""
    if baseline <= 0 or mean < 0:
        return np.nan
    return MET if half_even((baseline - mean) * 1000, baseline) >= n.aim else NOT_MET


@njit(cache=True)
def _benefit(v, days, levels, count, t, n, week, baseline):
    mean = half_even(100 * week.pain_sum, week.pains) if week.pains else -1
    v[BENEFIT] = _met(baseline, mean, n)
    held = t - levels[count - 1].since
    first = t - min(n.window, held)
    v[BENEFIT_FOR_MORE] = _met(baseline, windows.mean_as_if_met(days, first, t, n, max(baseline, 0)), n)
    ready = False
    if v[BENEFIT] == MET and n.stable <= held:
        flare = windows.flare_day(days, max(t - 4 * (n.window - 1), 0), t, n.flare)
        ready = flare < 0 or n.stable <= t - flare
    v[STEP_DOWN] = READY if ready else NO


@njit(cache=True)
def _step(days, levels, k, count, t, n, late_too, one, other):
    """Whether the step to level ``k`` had a clear effect (1, 0, -1 cannot be told), and how near a tie."""
    ends = levels[k + 1].since - 1 if k + 1 < count else t - 1
    end_before = levels[k].since - 1
    a = windows.pains(days, max(levels[k - 1].since, end_before - n.window + 1), end_before, t, n, late_too, one)
    b = windows.pains(days, max(levels[k].since, ends - n.window + 1), ends, t, n, late_too, other)
    return windows.change_is_clear(one, a, other, b, n)


@njit(cache=True)
def _too_short(levels, k, count, t, n):
    ends = levels[k + 1].since - 1 if k + 1 < count else t - 1
    held = min(levels[k].since - 1 - levels[k - 1].since, ends - levels[k].since) + 1
    return held < n.swing_days


@njit(cache=True)
def _steps(v, days, levels, count, t, n, one, other):
    """Tolerance and two flat steps; returns how near a tie it was."""
    v[TOLERANCE], v[FLAT] = NO, NO
    if count < 2 or levels[count - 1].parts <= levels[count - 2].parts:
        return 1.0
    last, near = _step(days, levels, count - 1, count, t, n, True, one, other)
    in_time, near_too = _step(days, levels, count - 1, count, t, n, False, one, other)
    near = min(near, near_too)
    if last == 0 or in_time == 0:
        v[TOLERANCE] = YES
    if count > 2 and levels[count - 2].parts > levels[count - 3].parts:
        before, near_before = _step(days, levels, count - 2, count, t, n, True, one, other)
        near = min(near, near_before)
        clear = 1 if _too_short(levels, count - 1, count, t, n) else last
        clear_before = 1 if _too_short(levels, count - 2, count, t, n) else before
        if clear == 1 or clear_before == 1:
            v[FLAT] = NO
        else:
            v[FLAT] = np.nan if clear == -1 or clear_before == -1 else YES
    return near


@njit(cache=True)
def _clinic(v, days, t, start, n, clocks, person):
    """The newest results of the clinic and the days on which they were made; fills ``clocks``."""
    clocks[:] = -1
    clocks[ALWAYS] = t
    for d in range(t, start - 1, -1):
        day = days[d]
        if day.visit and clocks[VISIT] < 0:
            clocks[VISIT] = d
            v[PHQ9], v[ITEM9] = day.phq9, day.item9
            if d != start:
                v[PHQ9_CHANGE] = day.phq9 - days[start].phq9
        if day.blood and clocks[BLOOD] < 0:
            clocks[BLOOD] = d
            times = half_even(100 * day.alt, n.alt_limit)
            v[ALT], v[LIVER] = times / 100, max(times, n.other_liver) / 100
        if day.bladder and clocks[BLADDER] < 0:
            clocks[BLADDER] = d
            v[ICSI] = day.icsi
            if d != start:
                v[ICSI_CHANGE] = day.icsi - days[start].icsi
        if clocks[VISIT] >= 0 and clocks[BLOOD] >= 0 and clocks[BLADDER] >= 0:
            break
    for d in range(t, -1, -1):
        if days[d].systolic:
            clocks[PRESSURE] = d
            break
    _from_diary(v, days, t, start, clocks, person)


@njit(cache=True)
def _from_diary(v, days, t, start, clocks, person):
    """Pain now and the bladder question, by diary or clinic, whichever is newer."""
    scored = windows.newest_day(days, t, PAIN)
    clocks[PAIN_SCORE] = max(scored, start)
    v[PAIN_NOW] = days[scored].pain if scored > start else person.clinic_pain
    if scored == start:
        v[PAIN_NOW] = max(person.clinic_pain, days[scored].pain)
    asked = windows.newest_day(days, t, EFFECTS)
    clocks[ASKED] = asked
    clocks[URINARY] = max(asked, clocks[VISIT])
    v[URINARY_ANSWER] = SOME if asked >= clocks[VISIT] and asked >= 0 and days[asked].urinary > 0 else NONE


@njit(cache=True)
def _done(clocks, mask):
    """The day of the oldest of these clocks; -1 where one of them was never set."""
    day = clocks[ALWAYS]
    for k in range(NOBODY + 1):
        if (mask >> k) & 1:
            day = min(day, clocks[k])
    return day


@njit(cache=True)
def _overdue(rules, v, clocks, t, start, step, held, stack):
    n = rules.n[0]
    phase = TITRATION if held < n.trial else MAINTENANCE
    for k in range(len(rules.dues)):
        row = rules.dues[k]
        if row[0] != phase and row[0] != EACH_STEP and row[0] != FIXED:
            continue
        if row[5] > row[4] and program(rules.code, rules.against, row[4], row[5], v, stack) == 0:
            continue
        done = _done(clocks, row[3])
        if row[6]:
            done = max(done, clocks[ASKED])
        if _is_overdue(row, done, t, start, step, n):
            return True
    return False


@njit(cache=True)
def _is_overdue(row, done, t, start, step, n):
    if row[0] == EACH_STEP:
        return not (done >= 0 and step <= done) and step < t
    if row[1] == AT:
        day = start + row[2]
        return not (done >= 0 and day - done <= n.check_early) and day < t
    return (max(done, start) if done >= 0 else start) + row[2] < t


@njit(cache=True)
def _old(rules, v, clocks, t, stack):
    """Whether something that a raise needs is too old, and whether something in which a harm could lie is."""
    old = harm = False
    for k in range(len(rules.holds)):
        row = rules.holds[k]
        if row[4] > row[3] and program(rules.code, rules.against, row[3], row[4], v, stack) != 1:
            continue
        if t - clocks[row[0]] > row[1]:
            old |= row[2] == 0
            harm |= row[2] == 1
    return old, harm


@njit(cache=True)
def gather(v, rules, person, course, days, levels, paused, t, start, stack, clocks, grades, one, other):
    """Fill ``v`` for the morning of day ``t`` and return the rest. The arrays at the end are scratch space."""
    n = rules.n[0]
    v[:] = np.nan
    count = course.levels
    since = levels[count - 1].since
    week = windows.week(days, t - n.window, t, n, since)
    step = _flags_and_harm(v, days, levels, count, t, n, grades)
    lifted, resumed = since, False
    for k in range(course.pauses):
        if paused[k].lifted <= t:
            lifted = max(lifted, paused[k].lifted)
            resumed |= since < paused[k].lifted
    v[RESUMED] = yes_no(resumed)
    v[SUSPENDED] = NO
    rung, rung_possible = _missed(v, rules, days, lifted, t)
    v[PLAN_OVER] = yes_no(start + n.plan_ends <= t)
    v[TRIAL_OVER] = yes_no(n.trial <= t - since)
    # Every level of the walk is another dose than the one before: no signature only repeats, as it may at the desk.
    v[INTERVAL] = OVER if since + n.interval <= t else RUNNING
    room = room_of(levels, count, t, n)
    v[ROOM] = SOME if room > 0 else NONE
    _benefit(v, days, levels, count, t, n, week, course.baseline)
    near = _steps(v, days, levels, count, t, n, one, other)
    swallowed, planned, unknown = windows.taken(days, max(t - n.window, since), t, n.times)
    if planned and half_even(swallowed * 1000, planned) < n.taken_share:
        v[ADHERENCE] = POOR
    elif planned and unknown <= n.window - n.diary_days:
        v[ADHERENCE] = GOOD
    newest = windows.newest_day(days, t, 0)
    v[SILENT] = yes_no((newest if newest >= 0 else start - 1) < t - n.window and start <= t - n.window)
    v[DIARY] = ENOUGH if n.diary_days <= week.days_in_time else THIN
    _clinic(v, days, t, start, n, clocks, person)
    held = t - since
    v[CHECKS] = OVERDUE if _overdue(rules, v, clocks, t, start, step, held, stack) else IN_DATE
    old, harm = _old(rules, v, clocks, t, stack)
    return Found(old, harm, course.baseline, rung, rung_possible, room, held, v[BENEFIT] == MET, step, near)


@njit(cache=True)
def standing(rules, v, days, person, levels, count, t, start, stack):
    """Bits of grave bands that readings since the signature met, each day by its own, as ``pathway.standing``.

    Also the lowest parts at which a severe harm of the course happened, as ``pathway.severe``; -1 for none. ``v`` is
    scratch space.
    """
    n, since, found, lowest, level = rules.n[0], levels[count - 1].since, 0, -1, 0
    for d in range(start, t + 1):
        while level + 1 < count and levels[level + 1].since <= d:
            level += 1
        v[:] = np.nan
        _results_of(v, days, person, d, t, start, n)
        met, stops = findings(rules, v, stack), False
        for k in range(len(rules.bands)):
            if (met >> k) & 1 and rules.bands[k, 3]:
                found |= 1 << k if d >= since else 0
                stops |= rules.bands[k, 3] == STOPS
        if stops or windows.severe(days[d], t, n):
            parts = levels[level].parts
            if level and levels[level].since == d:
                parts = min(parts, levels[level - 1].parts)
            lowest = parts if lowest < 0 else min(lowest, parts)
    return found, lowest


@njit(cache=True)
def severe_before(rules, stratum, now, room, lowest):
    """Whether the next step would reach the lowest dose at which a severe harm happened."""
    reach = max(raised(rules.n[0], stratum, now, room), now)
    return yes_no(0 <= lowest <= reach)


@njit(cache=True)
def _results_of(v, days, person, d, t, start, n):
    """The facts that were new on day ``d``."""
    day = days[d]
    if day.systolic:
        after = d < t
        v[SYSTOLIC] = max(day.systolic, day.systolic_after) if after else day.systolic
        v[DIASTOLIC] = max(day.diastolic, day.diastolic_after) if after else day.diastolic
    if day.visit:
        v[PHQ9], v[ITEM9] = day.phq9, day.item9
        v[PHQ9_CHANGE] = day.phq9 - days[start].phq9 if d != start else np.nan
    if day.blood:
        times = half_even(100 * day.alt, n.alt_limit)
        v[ALT], v[LIVER] = times / 100, max(times, n.other_liver) / 100
    if day.bladder:
        v[ICSI] = day.icsi
        v[ICSI_CHANGE] = day.icsi - days[start].icsi if d != start else np.nan
    if windows.seen(day, t) and day.said & PAIN:
        v[PAIN_NOW] = max(day.pain, person.clinic_pain) if d == start else day.pain
    elif d == start:
        v[PAIN_NOW] = person.clinic_pain
