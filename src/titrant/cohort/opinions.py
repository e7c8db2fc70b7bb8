"""The model's opinion in a virtual review, as the desk would ask it: what was written, what was signed, and no more.

The days and levels are those of ``clinic.model.weighed`` on the same record, and so is the generator, so that the desk
and the walk get the same answer; tests/cohort compares them. The search for the day on which it could be told is left
out: it changes no opinion.
"""

from functools import lru_cache

import numpy as np

from titrant.cohort.chunk import Rows
from titrant.cohort.dosing import lowered, raised
from titrant.cohort.facts import room_of
from titrant.cohort.setting import Setting
from titrant.cohort.shapes import DOSES, EFFECTS, PAIN, RAISE
from titrant.cohort.walk import KEEP_BACK, MAKE_LESS, NOTHING
from titrant.pkpd.response.diary import Diary, Levels
from titrant.pkpd.response.opinion import Say, opinion
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.posterior import posterior
from titrant.pkpd.response.review import seeded
from titrant.pkpd.shipped import response

_ANSWERS = {Say.LOWER: MAKE_LESS, Say.HOLD: KEEP_BACK, Say.NONE: NOTHING}


@lru_cache(maxsize=1)
def _chosen() -> ResponseSet:
    return response()


def answer_all(here: Setting, rows: Rows, *, as_signed: bool = False) -> None:
    """Answer everybody who waits for the model.

    Args:
        as_signed: a day of which nobody says what was taken counts as signed; the desk gives the model no such day, and
            then it gives no number.
    """
    for i in np.flatnonzero(rows.courses["asking"]):
        rows.courses["answer"][i] = answer(here, rows, int(i), as_signed=as_signed)
        rows.courses["asking"][i] = 0


def answer(here: Setting, rows: Rows, i: int, *, as_signed: bool = False) -> int:
    """NOTHING, KEEP_BACK or MAKE_LESS for row ``i``, on the morning of its day."""
    if here.writer.session:
        return NOTHING  # a clinic session before the diary: the model was not made for it, and the desk does not ask
    t = int(rows.courses["day"][i])
    diary, levels = diary_of(here, rows, i, t, as_signed=as_signed), ladder_of(here, rows, i, t)
    found = posterior(diary, _chosen(), seeded(diary, levels, _chosen()))
    action = "raise" if rows.days["action"][i, t] == RAISE else "hold"
    return _ANSWERS[opinion(found, action, levels).say]


def diary_of(here: Setting, rows: Rows, i: int, t: int, *, as_signed: bool = False) -> Diary:
    """What was written by that morning, from the first score in time on. Pain counts if it was written in time."""
    days, place = rows.days[i, :t], np.arange(t)
    seen = days["entered"] < t
    in_time = days["entered"] - place <= here.rules.n[0]["late_after"]
    scored = seen & in_time & (days["said"] & PAIN > 0)
    known = seen & (days["said"] & DOSES > 0)
    first = min(int(np.argmax(scored)) if scored.any() else here.start, here.start)
    signed = float(here.times) * days["parts"] * _part_mg(here)
    unknown = np.where(place >= here.start, signed if as_signed else np.nan, 0.0)
    return Diary(
        np.where(scored, days["pain"], np.nan)[first:],
        np.where(known, days["taken"].astype(float) * days["parts"] * _part_mg(here), unknown)[first:],
        np.where(seen & (days["said"] & EFFECTS > 0), np.maximum(days["grade"], days["urinary"]), np.nan)[first:],
    )


def ladder_of(here: Setting, rows: Rows, i: int, t: int) -> Levels:
    """The doses signed up to the present one, one lower, and the step that the rules' arithmetic allows."""
    count, n = int(rows.courses["levels"][i]), here.rules.n[0]
    signed = rows.levels[i, :count]
    now = int(signed["parts"][-1])
    parts = {int(one) for one in signed["parts"] if one <= now}
    room = room_of(rows.levels[i], count, t, n)
    stratum = here.rules.strata[rows.people["stratum"][i]]
    others = (lowered(now, 1000 - n["lower_tenths"], 1000, n["part"]), raised(n, stratum, now, room))
    rising = sorted(parts | {int(one) for one in others if one > 0})
    daily = [float(here.supply.part_mg * one * here.times) for one in rising]
    return Levels(np.array(daily), rising.index(now), held_days=t - int(signed["since"][-1]))


def _part_mg(here: Setting) -> float:
    return float(here.supply.part_mg)
