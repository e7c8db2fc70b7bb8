"""Who the virtual patients are: everything about one person follows from the seed and the person's number alone."""

from math import exp

import numpy as np
from numba import njit

from titrant.cohort.dice import bits, normal, uniform

_ALWAYS = 0  # what belongs to the person and to no day
_LEVELS = 3
WEIGHTS_KG = tuple(range(45, 135, 5))
N_WEIGHTS = len(WEIGHTS_KG)


@njit(cache=True)
def spread_log(value, sd, z):
    return value * exp(sd * z)


@njit(cache=True)
def spread_logit(value, sd, z):
    if value <= 0.0 or value >= 1.0:
        return value
    return 1.0 / (1.0 + (1.0 - value) / value * exp(-sd * z))


@njit(cache=True)
def _z(seed, number, what):
    return normal(seed, number, _ALWAYS, 100 + what)


@njit(cache=True)
def stratum_of(seed, number, w):
    """Place among the strata: older, frail, takes a sedative, weight; as ``template.strata`` lays them out."""
    older = uniform(seed, number, _ALWAYS, 10) < w.share_aged_65
    frail = uniform(seed, number, _ALWAYS, 11) < w.share_frail
    sedative = uniform(seed, number, _ALWAYS, 12) < w.share_sedative
    kg = spread_log(w.weight_kg, w.weight_kg_sd, _z(seed, number, 0))
    place = min(max(int(round((kg - 45.0) / 5.0)), 0), N_WEIGHTS - 1)
    return ((int(older) * 2 + int(frail)) * 2 + int(sedative)) * N_WEIGHTS + place


@njit(cache=True)
def _pain(p, seed, w):
    i = p.number
    p.baseline = min(max(w.r_baseline_points + w.r_baseline_points_sd * _z(seed, i, 1), 0.5), 9.8)
    p.placebo = w.r_placebo_points + w.placebo_more_points + w.r_placebo_points_sd * _z(seed, i, 2)
    p.natural = w.r_natural_points + w.r_natural_points_sd * _z(seed, i, 3)
    p.relief = 0.0
    if uniform(seed, i, _ALWAYS, 13) < w.r_chance_drug_helps * w.chance_scale:
        for attempt in range(30):  # normal, cut at zero
            p.relief = w.r_greatest_relief_points + w.r_greatest_relief_points_sd * _z(seed, i, 40 + attempt)
            if p.relief > 0:
                break
        p.relief = max(p.relief, 0.0) * w.relief_scale
    p.memory = spread_logit(w.r_day_to_day_memory, w.r_day_to_day_memory_sd, _z(seed, i, 4))
    p.swing = spread_log(w.r_day_to_day_points, w.r_day_to_day_points_sd, _z(seed, i, 5))
    p.half_time = spread_log(w.r_drug_half_time_days, w.r_drug_half_time_days_sd, _z(seed, i, 6))
    p.half = spread_log(w.r_half_saturation * w.half_saturation_scale, w.r_half_saturation_sd, _z(seed, i, 7))
    p.placebo_half_time = spread_log(w.r_placebo_half_time_days, w.r_placebo_half_time_days_sd, _z(seed, i, 8))


@njit(cache=True)
def _harm(p, seed, w):
    i = p.number
    p.without = spread_log(w.r_events_without_drug_per_day, w.r_events_without_drug_per_day_sd, _z(seed, i, 9))
    at = spread_log(w.r_events_at_reference_per_day, w.r_events_at_reference_per_day_sd, _z(seed, i, 10))
    p.at_reference = at * w.harm_scale
    p.steepness = spread_log(w.r_steepness, w.r_steepness_sd, _z(seed, i, 11))
    p.worse = spread_logit(w.r_chance_worse, w.r_chance_worse_sd, _z(seed, i, 12))


@njit(cache=True)
def _habits(p, seed, w):
    i = p.number
    p.dose_taken = spread_logit(w.dose_taken, w.dose_taken_sd, _z(seed, i, 13))
    p.forgotten_day = spread_logit(w.forgotten_day, w.forgotten_day_sd, _z(seed, i, 14))
    p.extra_dose = spread_logit(w.extra_dose, w.extra_dose_sd, _z(seed, i, 15))
    p.entry_made = spread_logit(w.entry_made, w.entry_made_sd, _z(seed, i, 16))
    p.entry_late = spread_logit(w.entry_late, w.entry_late_sd, _z(seed, i, 17))
    p.visit_kept = spread_logit(w.visit_kept, w.visit_kept_sd, _z(seed, i, 18))
    p.dropout = spread_log(w.dropout_per_day, w.dropout_per_day_sd, _z(seed, i, 19))


@njit(cache=True)
def _body(p, seed, w):
    i = p.number
    for attempt in range(30):  # who has a high pressure at the start is treated for it first
        p.systolic = w.systolic + w.systolic_sd * _z(seed, i, 80 + attempt)
        p.diastolic = w.diastolic + w.diastolic_sd * _z(seed, i, 120 + attempt)
        if 95.0 <= p.systolic <= w.highest_systolic and 55.0 <= p.diastolic <= w.highest_diastolic:
            break
        p.systolic, p.diastolic = w.systolic, w.diastolic
    p.systolic_slope = (
        spread_log(w.systolic_per_100_ng_per_ml, w.systolic_per_100_ng_per_ml_sd, _z(seed, i, 20)) / 100.0
    )
    p.alt = min(spread_log(w.alt, w.alt_sd, _z(seed, i, 21)), 39.0)
    p.injury = spread_log(w.liver_injury_times, w.liver_injury_times_sd, _z(seed, i, 22))
    p.icsi = int(min(max(round(w.icsi + w.icsi_sd * _z(seed, i, 23)), 0), 5))
    p.phq9 = int(min(max(round(w.phq9 + w.phq9_sd * _z(seed, i, 24)), 0), 14))


@njit(cache=True)
def draw(p, seed, number, w, levels, rules):
    """Fill the row ``p`` of person ``number``.

    Args:
        levels: shape (n, 2), mean and peak level in ng/mL for one mg a day, of simulated people; one is taken.
    """
    p.number = number
    p.stratum = stratum_of(seed, number, w)
    one = int(bits(seed, number, _ALWAYS, _LEVELS) % np.uint64(len(levels)))
    p.average_per_mg, p.peak_per_mg = levels[one, 0], levels[one, 1]
    _pain(p, seed, w)
    _harm(p, seed, w)
    _habits(p, seed, w)
    _body(p, seed, w)
    p.clinic_pain = int(min(max(round(p.baseline + p.natural), 0), 10))
    _true_lowest(p, rules)


@njit(cache=True)
def _true_lowest(p, rules):
    """The lowest dose, in parts, at which the aim is reached once all has settled; 0: without drug, -1: none in range.

    Placebo is there in full and the natural excess is gone: what a clinic would see in the end, luck taken out.
    """
    n, stratum = rules.n[0], rules.strata[p.stratum]
    before = p.baseline + p.natural
    needed = before * n.aim / 1000.0 - p.placebo - p.natural
    p.best = p.relief
    if needed <= 0.0:
        p.true_lowest = 0
        return
    p.true_lowest = -1
    if p.relief <= needed:
        return
    level = p.half * needed / (p.relief - needed)
    parts = int(np.ceil(level / (p.average_per_mg * n.times * n.part / 1000.0)))
    if parts <= min(n.most_parts, stratum.cap // n.part):
        p.true_lowest = parts
