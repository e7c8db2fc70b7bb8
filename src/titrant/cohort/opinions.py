"""The model's opinion in a virtual review, as the desk would ask it: what was written, what was signed, and no more.

The model may hold a raise back or turn a hold or raise into a trial of less. It is asked only where that could change
the answer of the rules, with a generator of its own for each person and day, so that nothing depends on the order.
"""

from functools import lru_cache

import numpy as np

from titrant.cohort import parameters
from titrant.cohort.chunk import Rows
from titrant.cohort.setting import Setting
from titrant.cohort.shapes import DOSES, EFFECTS, PAIN, RAISE
from titrant.cohort.walk import KEEP_BACK, MAKE_LESS, NOTHING
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.opinion import Say, opinion
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.posterior import posterior
from titrant.pkpd.response.sampling import Effort

_ANSWERS = {Say.LOWER: MAKE_LESS, Say.HOLD: KEEP_BACK, Say.NONE: NOTHING}
EFFORT = Effort()


@lru_cache(maxsize=1)
def _chosen() -> ResponseSet:
    return parameters.response()


def answer_all(here: Setting, rows: Rows, seed: int, effort: Effort = EFFORT) -> None:
    """Answer everybody who waits for the model."""
    for i in np.flatnonzero(rows.courses["asking"]):
        rows.courses["answer"][i] = answer(here, rows, int(i), seed, effort)
        rows.courses["asking"][i] = 0


def answer(here: Setting, rows: Rows, i: int, seed: int, effort: Effort = EFFORT) -> int:
    """NOTHING, KEEP_BACK or MAKE_LESS for row ``i``, on the morning of its day."""
    t = int(rows.courses["day"][i])
    generator = np.random.default_rng([seed, int(rows.people["number"][i]), t])
    held = diary_of(here, rows, i, t)
    found = posterior(held, _chosen(), generator, effort)
    action = "raise" if rows.days["action"][i, t] == RAISE else "hold"
    return _ANSWERS[opinion(found, action, ladder_of(here, rows, i, t)).say]


def diary_of(here: Setting, rows: Rows, i: int, t: int) -> Diary:
    """What was written by that morning. Where nothing says what was taken, what was signed stands for it."""
    days = rows.days[i, :t]
    seen = days["entered"] < t
    known = seen & (days["said"] & DOSES > 0)
    count = np.where(known, days["taken"], here.times)
    return Diary(
        np.where(seen & (days["said"] & PAIN > 0), days["pain"], np.nan),
        count * days["parts"] * _part_mg(here),
        np.where(seen & (days["said"] & EFFECTS > 0), np.maximum(days["grade"], days["urinary"]), np.nan),
    )


def ladder_of(here: Setting, rows: Rows, i: int, t: int) -> Levels:
    """The doses signed so far, one lower and, where the rules would raise, the next one."""
    signed = rows.levels[i, : rows.courses["levels"][i]]
    now, n = int(signed["parts"][-1]), here.rules.n[0]
    less = now * (1000 - int(n["lower_tenths"])) // 1000
    parts = {int(one) for one in signed["parts"]} | {now, less, int(rows.days["to"][i, t])}
    rising = sorted(one for one in parts if one > 0)
    return Levels(np.array(rising) * _part_mg(here) * here.times, rising.index(now))


def _part_mg(here: Setting) -> float:
    return float(here.supply.part_mg)
