"""What a stretch of diary days says, as ``pathway.review`` counts it, in whole numbers."""

from math import sqrt
from typing import NamedTuple

from numba import njit

from titrant.cohort.shapes import DOSES, EFFECTS, EXTRA, PAIN, SOME

_ROUNDING = sqrt(1.0 / 12.0)  # as in pathway.swing: the standard deviation of rounding to whole points


class Week(NamedTuple):
    """The window of full days before the decision."""

    days_in_time: int
    pains: int
    pain_sum: int
    pains_in_time: int
    pain_sum_in_time: int


@njit(cache=True)
def half_even(above, below):
    """above / below to the nearest whole number, a tie to the even one; ``below`` above zero."""
    whole = above // below
    rest = 2 * (above - whole * below)
    return whole + 1 if rest > below or (rest == below and whole % 2 == 1) else whole


@njit(cache=True)
def seen(day, t):
    """Whether the entry of ``day`` is there on the morning of day ``t``."""
    return day.entered < t


@njit(cache=True)
def late(day, d, n):
    return day.entered - d > n.late_after


@njit(cache=True)
def counts(day, d, first, signed):
    """Whether a severe harm of the day still counts: it is of the last days, or nobody has signed after the entry."""
    return first <= d or signed <= day.entered


@njit(cache=True)
def severe(day, t, n):
    """Whether the entry of the day, seen by day ``t``, tells of a severe harm, whoever has signed since."""
    if not seen(day, t):
        return False
    return bool(day.flags & ~EXTRA) or bool(day.said & EFFECTS and max(day.grade, day.urinary) >= n.severe_from)


@njit(cache=True)
def counting_flags(days, first, t, signed):
    flags = 0
    for d in range(t):
        if seen(days[d], t) and counts(days[d], d, first, signed):
            flags |= days[d].flags
    return flags


@njit(cache=True)
def counting(days, first, t, signed, lowered, n, out):
    """Worst grades that still count, as ``pathway.unseen``: of all, dissociation, urinary; -1 where nobody can tell.

    Args:
        lowered: the day on which the present dose was lowered to; -1 where it was not.
    """
    out[:] = 0
    asked = False
    for d in range(t):
        day = days[d]
        if not (seen(day, t) and day.said & EFFECTS):
            continue
        asked |= first <= d and not (lowered >= 0 and d <= lowered)
        unseen = counts(day, d, first, signed)
        moderate = first <= d and not (lowered >= 0 and max(d, day.entered) <= lowered)
        grade = day.grade if (unseen if day.grade >= n.severe_from else moderate) else 0
        urinary = day.urinary if unseen else 0
        out[0] = max(out[0], grade, urinary)
        out[1] = max(out[1], grade if day.what == n.dissociation else 0)
        out[2] = max(out[2], urinary)
    if not asked and out[0] == 0:
        out[:] = -1


@njit(cache=True)
def week(days, first, t, n, since):
    """Pain of the window; entries in time only from ``since`` on, because a level is judged by its own days."""
    in_time = pains = pain_sum = pains_in_time = sum_in_time = 0
    for d in range(first, t):
        day = days[d]
        if not seen(day, t):
            continue
        timely = not late(day, d, n)
        if day.said & PAIN:
            pains += 1
            pain_sum += day.pain
            if timely:
                pains_in_time += 1
                sum_in_time += day.pain
        whole = PAIN | EFFECTS | DOSES
        in_time += timely and d >= since and (day.said & whole) == whole
    return Week(in_time, pains, pain_sum, pains_in_time, sum_in_time)


@njit(cache=True)
def mean_as_if_met(days, first, t, n, baseline):
    """Mean pain in hundredths, each late score at most what the aim asks for; -1 of nothing. 100000 is one point."""
    goal, total, count = baseline * (1000 - n.aim), 0, 0
    for d in range(first, t):
        day = days[d]
        if seen(day, t) and day.said & PAIN:
            score = day.pain * 100000
            total += min(score, goal) if late(day, d, n) else score
            count += 1
    return half_even(total, 1000 * count) if count else -1


@njit(cache=True)
def worst(days, first, t, dissociation, sedation, out):
    """Worst grades from ``first`` to the day before ``t``: of all, dissociation, urinary, sedation; -1: not asked."""
    out[:] = -1
    for d in range(first, t):
        day = days[d]
        if not (seen(day, t) and day.said & EFFECTS):
            continue
        out[0] = max(out[0], day.grade, day.urinary)
        out[1] = max(out[1], day.grade if day.what == dissociation else 0)
        out[2] = max(out[2], day.urinary)
        out[3] = max(out[3], day.grade if day.what == sedation else 0)


@njit(cache=True)
def mean_grade(days, first, t, last):
    """Mean of the days' worst grades from ``first`` to ``last``, in hundredths; -1 where it was never asked."""
    total = count = 0
    for d in range(first, last + 1):
        day = days[d]
        if seen(day, t) and day.said & EFFECTS:
            total += max(day.grade, day.urinary)
            count += 1
    return half_even(100 * total, count) if count else -1


@njit(cache=True)
def taken(days, first, t, times):
    """Doses taken and signed on the days of which something is known, and the days of which nothing is."""
    swallowed = planned = unknown = 0
    for d in range(first, t):
        day = days[d]
        if seen(day, t) and day.said & DOSES:
            swallowed += min(day.taken, times)
            planned += times
        else:
            unknown += 1
    return swallowed, planned, unknown


@njit(cache=True)
def missed(days, since, t):
    """Days in a row without a dose: the longest, those up to now, those that may have been, and their longest."""
    longest = certain = possible = gap = 0
    for d in range(since, t):
        day = days[d]
        known = seen(day, t) and day.said & DOSES
        some = (known and day.taken > 0) or (seen(day, t) and day.said & SOME)
        certain = certain + 1 if known and day.taken == 0 else 0
        possible = 0 if some else possible + 1
        longest, gap = max(longest, certain), max(gap, possible)
    return longest, certain, possible, gap


@njit(cache=True)
def pains(days, first, last, t, n, late_too, out):
    """Scores of a stretch into ``out``; their number."""
    count = 0
    for d in range(first, last + 1):
        day = days[d]
        if seen(day, t) and day.said & PAIN and (late_too or not late(day, d, n)):
            out[count] = day.pain
            count += 1
    return count


@njit(cache=True)
def change_is_clear(before, n_before, after, n_after, n):
    """1 where pain fell by more than the own swing explains, 0 where not, -1 without enough days; and how near a tie.

    The interval of ``pathway.swing`` in floats. It is clear where its lower end, rounded to hundredths, is above zero.
    """
    if min(n_before, n_after) < n.swing_days:
        return -1, 1.0
    mean_before, mean_after = before[:n_before].sum() / n_before, after[:n_after].sum() / n_after
    squares = ((before[:n_before] - mean_before) ** 2).sum() + ((after[:n_after] - mean_after) ** 2).sum()
    spread = max(sqrt(squares / (n_before + n_after - 2)), _ROUNDING)
    error = spread * sqrt((1 + n.carry) / (1 - n.carry) * (1.0 / n_before + 1.0 / n_after))
    off = mean_before - mean_after - error * n.multiplier - 0.005
    return int(off > 0), abs(off)


@njit(cache=True)
def newest_day(days, t, needs):
    """The newest day whose entry says one of ``needs`` (0: any entry); -1 for none."""
    for d in range(t - 1, -1, -1):
        if seen(days[d], t) and (needs == 0 or days[d].said & needs):
            return d
    return -1


@njit(cache=True)
def flare_day(days, first, t, flare):
    """The last day with pain well above the mean of the stretch; -1 for none."""
    total = count = 0
    for d in range(first, t):
        if seen(days[d], t) and days[d].said & PAIN:
            total += days[d].pain
            count += 1
    if count == 0:
        return -1
    usual = half_even(100 * total, count)
    for d in range(t - 1, first - 1, -1):
        if seen(days[d], t) and days[d].said & PAIN and usual + flare <= 100 * days[d].pain:
            return d
    return -1
