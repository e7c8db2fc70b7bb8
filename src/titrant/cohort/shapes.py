"""The rows that the walk writes: one for a person, one for where the course stands, one for each day and each level.

Days are counted from 0; the first dose is on day ``world.days_before``. Doses are whole smallest parts of the product.
"""

import numpy as np

NEVER = 32767  # no entry for that day
NOT_JUDGED = -1
MOST_LEVELS, MOST_PAUSES = 64, 8

# What of a day is in its entry.
PAIN, EFFECTS, DOSES, SOME = 1, 2, 4, 8

FLAGS = ("cannot_be_woken", "suicidal_thoughts", "hears_or_sees_things", "took_extra")
WOKEN, SUICIDAL, HEARS, EXTRA = 1, 2, 4, 8

# Why a course ended.
RUNNING, NOT_STARTED, LEFT, PLAN_OVER, NO_BENEFIT, HARM, MISSED, PAUSED_OUT = range(8)
ENDS = ("running", "not_started", "left", "plan_over", "no_benefit", "harm", "missed", "not_resumed")

PROPOSED, UNDECIDED, REFUSED = range(3)
STOP, PAUSE, LOWER, HOLD, RAISE, LESS = range(6)  # in the order of knowledge.shapes.following.Action

DAY = np.dtype(
    [
        ("pain", "i1"), ("grade", "i1"), ("what", "i1"), ("urinary", "i1"),  # as lived; written only if ``said``
        ("taken", "i1"), ("flags", "i1"), ("said", "i1"), ("entered", "i2"),
        ("systolic", "i2"), ("diastolic", "i2"), ("systolic_after", "i2"), ("diastolic_after", "i2"),
        ("visit", "i1"), ("blood", "i1"), ("bladder", "i1"), ("alt", "i2"), ("icsi", "i1"), ("phq9", "i1"),
        ("item9", "i1"), ("call", "i1"), ("parts", "i2"),
        ("outcome", "i1"), ("action", "i1"), ("to", "i2"), ("next", "i2"), ("rules", "u8"),
    ]
)  # fmt: skip
LEVEL = np.dtype([("since", "i2"), ("parts", "i2")])
PAUSED = np.dtype([("since", "i2"), ("lifted", "i2")])

PERSON = np.dtype(
    [
        ("number", "i8"), ("stratum", "i4"), ("clinic_pain", "i1"),
        ("baseline", "f8"), ("placebo", "f8"), ("natural", "f8"), ("relief", "f8"), ("memory", "f8"), ("swing", "f8"),
        ("half_time", "f8"), ("half", "f8"), ("placebo_half_time", "f8"),
        ("without", "f8"), ("at_reference", "f8"), ("steepness", "f8"), ("worse", "f8"),
        ("average_per_mg", "f8"), ("peak_per_mg", "f8"),
        ("dose_taken", "f8"), ("forgotten_day", "f8"), ("extra_dose", "f8"), ("entry_made", "f8"), ("entry_late", "f8"),
        ("visit_kept", "f8"), ("dropout", "f8"),
        ("systolic", "f8"), ("diastolic", "f8"), ("systolic_slope", "f8"), ("alt", "f8"), ("injury", "f8"),
        ("icsi", "i1"), ("phq9", "i1"), ("true_lowest", "i4"), ("best", "f8"),
    ]
)  # fmt: skip
COURSE = np.dtype(
    [
        ("day", "i4"), ("asking", "i1"), ("answered", "i1"), ("answer", "i1"),
        ("levels", "i4"), ("pauses", "i4"), ("paused_until", "i4"), ("next_review", "i4"), ("last_call", "i4"),
        ("ended", "i4"), ("ended_on", "i4"), ("left_on", "i4"), ("calls", "i4"), ("visits", "i4"), ("questions", "i4"),
        ("held_back", "i4"), ("ended_by", "u8"), ("lessened", "i4"), ("baseline", "i4"), ("near_ties", "i4"),
        ("site", "f8"), ("off", "f8"), ("forgetting", "i1"), ("bladder_on", "i4"), ("liver_on", "i4"),
        ("infected_until", "i4"),
    ]
)  # fmt: skip
