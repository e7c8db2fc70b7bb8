"""What a day does to a virtual patient: doses taken or forgotten, pain, side effects, an entry or none, leaving."""

from math import exp, sqrt

from numba import njit

from titrant.cohort.dice import normal, uniform
from titrant.cohort.shapes import DOSES, EFFECTS, EXTRA, HEARS, NEVER, PAIN, SOME, SUICIDAL, WOKEN

(
    _FORGET, _DOSE, _EXTRA, _SWING, _GRADE, _WHAT, _BLADDER, _INFECTION, _LIVER, _ENTRY, _LATE, _LATER, _ITEM, _SOME,
    _SUICIDAL, _HEARS, _LEAVE, _VISIT, _CALL, _PRESSURE, _LOW, _ALT, _ICSI, _PHQ9, _ITEM9,
) = range(1000, 2500, 60)  # fmt: skip
_WOKEN_GRADE, _SEVERE = 4, 3


@njit(cache=True)
def doses_taken(p, c, seed, t, times, w):
    """How many of the day's doses were taken; one more than signed at times."""
    if c.left_on >= 0:
        return 0
    goes_on = w.forgotten_lasts if c.forgetting else p.forgotten_day
    c.forgetting = uniform(seed, p.number, t, _FORGET) < goes_on
    if c.forgetting:
        return 0
    count = 0
    for k in range(times):
        count += uniform(seed, p.number, t, _DOSE + k) < p.dose_taken
    if count == times and uniform(seed, p.number, t, _EXTRA) < p.extra_dose:
        count += 1
    return count


@njit(cache=True)
def pain(p, c, seed, t, start, mg, w):
    """The day's score, 0 to 10; the site follows the level with the drug's half-time (response model)."""
    keep = 0.5 ** (1.0 / p.half_time)
    c.site = c.site * keep + mg * p.average_per_mg * (1.0 - keep)
    z = normal(seed, p.number, t, _SWING)
    c.off = p.memory * c.off + sqrt(1.0 - p.memory**2) * z if t else z
    built = 1.0 - 0.5 ** ((t - start + 1) / p.placebo_half_time) if t >= start else 0.0
    left = 0.5 ** (t / w.r_natural_half_time_days)
    relief = p.relief * c.site / (c.site + p.half)
    expected = p.baseline - p.placebo * built + p.natural * left - relief
    return int(min(max(round(expected + p.swing * c.off), 0), 10))


@njit(cache=True)
def peak_of(p, times, taken, dose_mg):
    """The day's highest level in ng/mL; one dose too many counts as taken at once with another."""
    if taken == 0:
        return 0.0
    return p.peak_per_mg * dose_mg * times * (2.0 if taken > times else 1.0)


@njit(cache=True)
def worst_grade(p, seed, t, peak, w):
    rate = p.without
    if peak > 0.0:
        rate += p.at_reference * (peak / w.r_reference_ng_per_ml) ** p.steepness
    u, grade = uniform(seed, p.number, t, _GRADE), 0
    while grade < 4 and u < 1.0 - exp(-rate * p.worse**grade):
        grade += 1
    return grade


@njit(cache=True)
def _named(p, seed, t, shares):
    u, total = uniform(seed, p.number, t, _WHAT), 0.0
    for k in range(len(shares)):
        total += shares[k]
        if u < total:
            return k
    return len(shares) - 1


@njit(cache=True)
def organs(p, c, seed, t, mg, w):
    """Bladder and liver: symptoms that begin and stay, in proportion to the dose. Returns the urinary grade."""
    if c.bladder_on < 0 and uniform(seed, p.number, t, _BLADDER) < w.bladder_per_day * mg / 100.0:
        c.bladder_on = t
    if c.liver_on < 0 and uniform(seed, p.number, t, _LIVER) < w.liver_injury_per_day * mg / 100.0:
        c.liver_on = t
    if uniform(seed, p.number, t, _INFECTION) < w.bladder_without_drug_per_day:
        c.infected_until = t + int(w.infection_days)
    return 1 if c.bladder_on >= 0 or t < c.infected_until else 0


@njit(cache=True)
def live(p, c, days, seed, t, start, n, w, parts, shares):
    """The day as it is lived, and what of it is written down."""
    day, on_drug = days[t], t >= start and parts > 0
    day.parts = parts
    day.taken = doses_taken(p, c, seed, t, n.times, w) if on_drug else 0
    dose_mg = parts * n.part / 1000.0
    mg = day.taken * dose_mg
    day.pain = pain(p, c, seed, t, start, mg, w)
    day.grade = worst_grade(p, seed, t, peak_of(p, n.times, day.taken, dose_mg), w)
    day.what = _named(p, seed, t, shares)
    day.urinary = organs(p, c, seed, t, mg, w)
    day.flags = _flags(p, seed, t, day, n, w)
    _write(p, c, day, seed, t, start, n.times, w)


@njit(cache=True)
def _flags(p, seed, t, day, n, w):
    flags = 0
    severe = day.grade >= _SEVERE and day.what == n.dissociation
    if severe and uniform(seed, p.number, t, _HEARS) < w.psychosis_per_severe_day:
        flags |= HEARS
    if day.grade >= _WOKEN_GRADE and day.what == n.sedation:
        flags |= WOKEN
    if uniform(seed, p.number, t, _SUICIDAL) < w.suicidal_per_day:
        flags |= SUICIDAL
    if day.taken > n.times:
        flags |= EXTRA
    return flags


@njit(cache=True)
def _write(p, c, day, seed, t, start, times, w):
    """The entry: not always made, not always in time, not always whole. A red flag is always written."""
    day.said, day.entered = 0, NEVER
    if c.left_on >= 0 or (uniform(seed, p.number, t, _ENTRY) >= p.entry_made and not day.flags):
        return
    day.entered = t
    if not day.flags and uniform(seed, p.number, t, _LATE) < p.entry_late:
        day.entered = t + 2 + int(3.0 * uniform(seed, p.number, t, _LATER))
    if t < start:
        day.said = PAIN
        return
    day.said = PAIN | EFFECTS | DOSES
    if uniform(seed, p.number, t, _ITEM) < w.item_left_out:
        day.said &= ~(1 << int(3.0 * uniform(seed, p.number, t, _ITEM + 1)))
    partly = 0 < day.taken < times and day.said & DOSES
    if partly and uniform(seed, p.number, t, _SOME) < w.some_said:
        day.said = (day.said & ~DOSES) | SOME


@njit(cache=True)
def leaves(p, c, days, seed, t, start, n, w):
    """Whether the person leaves today without a word."""
    chance = p.dropout
    for d in range(max(t - int(w.dropout_harm_days), start), t):
        if days[d].grade >= 2:
            chance *= w.dropout_harm
            break
    if t - start >= w.dropout_patience_days:
        total = 0
        for d in range(t - 7, t):
            total += days[d].pain
        if c.baseline * 7 - total * 100 < c.baseline * 7 * n.aim // 2000:
            chance *= w.dropout_no_benefit
    return uniform(seed, p.number, t, _LEAVE) < chance


@njit(cache=True)
def keeps_visit(p, c, seed, t):
    return c.left_on < 0 and uniform(seed, p.number, t, _VISIT) < p.visit_kept


@njit(cache=True)
def is_reached(p, c, seed, t, w):
    return c.left_on < 0 and uniform(seed, p.number, t, _CALL) < w.call_reaches


@njit(cache=True)
def measure(p, day, seed, t, w):
    """What every visit measures before the dose: pressure at rest and mood."""
    high = p.systolic + w.systolic_swing * normal(seed, p.number, t, _PRESSURE)
    low = p.diastolic + w.diastolic_share * w.systolic_swing * normal(seed, p.number, t, _LOW)
    day.visit = 1
    day.systolic = int(min(max(high, 85.0), 230.0))
    day.diastolic = int(min(max(low, 45.0), day.systolic - 20.0))
    mood = round(p.phq9 + w.phq9_swing * normal(seed, p.number, t, _PHQ9))
    day.phq9 = int(min(max(mood, 0), 27))
    day.item9 = uniform(seed, p.number, t, _ITEM9) < w.item9_per_visit


@njit(cache=True)
def observe(p, day, peak, w):
    """The pressure after the observed dose of a step."""
    rise = p.systolic_slope * peak
    day.systolic_after = int(min(day.systolic + rise, 250.0))
    day.diastolic_after = int(min(day.diastolic + w.diastolic_share * rise, day.systolic_after - 15.0))


@njit(cache=True)
def blood_test(p, c, day, seed, t):
    times = p.injury if c.liver_on >= 0 else 1.0
    swing = exp(0.1 * normal(seed, p.number, t, _ALT))
    day.blood = 1
    day.alt = int(min(max(p.alt * times * swing, 5.0), 2000.0))


@njit(cache=True)
def bladder_test(p, c, day, seed, t, w):
    rise = w.bladder_icsi if c.bladder_on >= 0 else 0.0
    day.bladder = 1
    day.icsi = int(min(max(round(p.icsi + rise + 0.7 * normal(seed, p.number, t, _ICSI)), 0), 20))
