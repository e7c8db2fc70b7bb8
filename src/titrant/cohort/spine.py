"""The same patient-day through the spine itself: the walk's decision against that of ``pathway.adjust``.

The day is written as a real case and decided by ``adjust_case``; outcome, action, dose, the rules that decided and the
day of the next review must agree. Whoever differs is named with both answers and the case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from titrant.cohort.chunk import Rows
from titrant.cohort.dice import bits
from titrant.cohort.setting import Setting
from titrant.cohort.shapes import NOT_JUDGED
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, adjust_case
from titrant.pathway.case import Case

OUTCOMES = ("proposed", "undecided", "refused")
_SAMPLING = 7_000_000  # "what" of the draw by which days are picked


@dataclass(frozen=True)
class Decision:
    """What is compared. ``parts``: of the dose that is proposed or would be; None for none."""

    outcome: str
    action: str | None
    parts: int | None
    rules: tuple[str, ...]
    review_in_days: int


@dataclass(frozen=True)
class Difference:
    person: int
    day: int
    walk: Decision
    spine: Decision
    case: Case


def judged_days(rows: Rows) -> np.ndarray:
    """Person and day of every decision, shape (n, 2)."""
    return np.argwhere(rows.days["outcome"] != NOT_JUDGED)


def sampled(rows: Rows, count: int, seed: int) -> np.ndarray:
    """``count`` of the decisions by lot, the rarer actions as often as the commoner ones where there are enough."""
    judged = judged_days(rows)
    keys = np.array([bits(seed, i, d, _SAMPLING) for i, d in judged], dtype=np.uint64)
    order = judged[np.argsort(keys)]
    found = rows.days[order[:, 0], order[:, 1]]
    kind = found["outcome"].astype(int) * 10 + found["action"]
    rank = np.zeros(len(order), dtype=int)
    for one in np.unique(kind):
        own = kind == one
        rank[own] = np.arange(own.sum())
    return order[np.argsort(rank, kind="stable")][:count]


def of_walk(rows: Rows, i: int, t: int, codes: tuple[str, ...]) -> Decision:
    day = rows.days[i, t]
    outcome, to = OUTCOMES[day["outcome"]], int(day["to"])
    action = list(Action)[day["action"]].value if day["action"] >= 0 else None
    named = tuple(code for k, code in enumerate(codes) if (int(day["rules"]) >> k) & 1)
    return Decision(outcome, action, to if to > 0 else None, named, int(day["next"]) - t)


def of_spine(here: Setting, decided: Adjustment, codes: tuple[str, ...]) -> Decision:
    """The same of an adjustment; the taper's first step is the walk's own business."""
    action = decided.action or decided.would_do
    regimen = decided.regimen or decided.would_be
    keeps = action not in (Action.STOP, Action.PAUSE, None)
    parts = int(regimen.pieces / here.supply.smallest_part) if regimen is not None and keeps else None
    reasons = {one.code for one in decided.reasons}
    named = tuple(code for code in codes if code in reasons)
    days = (decided.next_review - decided.review.on).days if decided.next_review else -1
    return Decision(decided.outcome.value, action.value if action else None, parts, named, days)


def differences(here: Setting, rows: Rows, picked: np.ndarray, library: Library) -> Iterator[Difference]:
    """Those of the ``picked`` days (shape (n, 2)) on which walk and spine do not agree."""
    following = library.protocols[here.protocol].following
    assert following is not None
    codes = tuple(rule.code for rule in following.rules)
    for i, t in picked:
        case = case_of(here, rows, int(i), int(t))
        decided = adjust_case(case, library, here.writer.first + timedelta(days=int(t)))
        walk, spine = of_walk(rows, int(i), int(t), codes), of_spine(here, decided, codes)
        if walk != spine:
            yield Difference(int(rows.people["number"][i]), int(t), walk, spine, case)


def case_of(here: Setting, rows: Rows, i: int, t: int) -> Case:
    """The case of row ``i`` on the morning of day ``t``."""
    return here.writer.on_day(
        rows.people[i], rows.courses[i], rows.days[i], rows.levels[i], rows.paused[i], t, here.supply, here.times
    )
