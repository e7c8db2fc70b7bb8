"""The policy with the model: asked where it can change the answer, acting as ``adjust`` acts on an opinion."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.cohort.shared import knowledge, rows, task
from titrant.clinic.model import model_on, weighed
from titrant.cohort import opinions, spine, walk
from titrant.cohort.running import patients_of
from titrant.cohort.shapes import COURSE, HOLD, LESS, RAISE
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Opinion, adjust, adjust_case
from titrant.pathway.review import review
from titrant.terms.reason import Reason

SAYS = {walk.KEEP_BACK: Action.HOLD, walk.MAKE_LESS: Action.STEP_DOWN_TRIAL}
DONE = {HOLD: Action.HOLD, RAISE: Action.RAISE, LESS: Action.STEP_DOWN_TRIAL}


def review_days(action: int, count: int) -> list[tuple[int, int]]:
    days = rows().days
    found = np.argwhere((days["outcome"] == 0) & (days["action"] == action) & (days["visit"] == 1))
    return [(int(i), int(t)) for i, t in found[:count]]


@pytest.mark.parametrize("answer", SAYS)
@pytest.mark.parametrize("action", [HOLD, RAISE])
def test_an_opinion_does_what_adjust_makes_of_it(answer, action):
    """Action, dose and next review, on real days; a hold that somebody calls about keeps its own day of review."""
    here, held = task().here, rows()
    tried = 0
    for i, t in review_days(action, 25):
        day, n = held.days[i, t], here.rules.n[0]
        opinion = Opinion(SAYS[answer], Reason("tried", "model", {}))
        on, case = here.writer.first + timedelta(days=t), spine.case_of(here, held, i, t)
        decided = adjust_case(case, knowledge(), on, opinion)
        course = np.zeros(1, COURSE)
        course["answer"] = answer
        signed = held.levels[i][: held.courses[i]["levels"]]
        now = int(signed[signed["since"] < t]["parts"][-1])
        done, to, then = walk._with_opinion(
            course[0],
            int(day["action"]),
            int(day["to"]),
            int(day["next"]),
            now,
            t,
            here.start,
            n,
            bool(decided.missing),
        )
        assert DONE[done] is decided.action
        assert to == int(decided.regimen.pieces / here.supply.smallest_part)
        if not decided.call:
            assert then - t == (decided.next_review - decided.review.on).days
            tried += 1
    assert tried > 5


def test_the_model_never_makes_it_more():
    """With the model everybody's signed doses stay at or below what the same rules allow on the day."""
    held = rows(people=24, policy="rules+model")
    assert held.courses["questions"].sum() > 5
    for i, course in enumerate(held.courses):
        signed = held.levels[i][: course["levels"]]
        for before, after in zip(signed, signed[1:], strict=False):
            if after["parts"] > before["parts"]:
                day = held.days[i, after["since"]]
                assert (day["outcome"], day["action"], day["to"]) == (0, RAISE, after["parts"])


def test_the_answer_of_the_model_belongs_to_person_and_day():
    held = task(policy="rules+model")
    assert patients_of(held, 0, 8).tobytes() == b"".join(patients_of(held, k, 4).tobytes() for k in (0, 4))


def test_the_walk_asks_as_the_desk_asks():
    """The same days, levels and answer as ``clinic.model`` finds on the record of that morning."""
    here, held = task().here, rows()
    for i, t in [*review_days(RAISE, 6), *review_days(HOLD, 3)]:
        on, case = here.writer.first + timedelta(days=t), spine.case_of(here, held, i, t)
        found = review(case, knowledge(), on)
        diary, levels = weighed(found)
        mine = on_that_morning(held, i, t)
        ours, ladder = opinions.diary_of(here, mine, i, t), opinions.ladder_of(here, mine, i, t)
        for name in ("pain_points", "doses_mg", "worst_grade"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(diary, name))
        np.testing.assert_array_equal(ladder.daily_mg, levels.daily_mg)
        assert (ladder.present, ladder.held_days) == (levels.present, levels.held_days)
        says = model_on(found, adjust(found, knowledge()))
        most = {None: walk.NOTHING, Action.HOLD: walk.KEEP_BACK, Action.STEP_DOWN_TRIAL: walk.MAKE_LESS}
        assert opinions.answer(here, mine, i) == most[says.opinion.most]


def on_that_morning(held, i: int, t: int):
    """The rows as they stood when the day was judged: later levels and later entries are not there yet."""
    courses, days = held.courses.copy(), held.days.copy()
    signed = held.levels[i][: courses[i]["levels"]]
    courses["levels"][i], courses["day"][i] = int((signed["since"] < t).sum()), t
    return replace(held, courses=courses, days=days)
