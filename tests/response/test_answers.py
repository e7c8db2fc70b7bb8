"""What is said of a patient: more effect says more, waiting and lowest dose as defined."""

import numpy as np
import pytest
from tools.calibrate_response import shipped

from tests.response.shared import DOSES, LADDER, LEVELS, diary, handmade, usual
from titrant.pkpd.response import people
from titrant.pkpd.response.answers import Telling, answers, learned_of_dose, lowest_dose
from titrant.pkpd.response.diary import Levels
from titrant.pkpd.response.people import People
from titrant.pkpd.response.posterior import posterior
from titrant.pkpd.response.waiting import days_until_telling

LONG = np.concatenate([np.zeros(14), np.repeat([30.0, 60.0, 90.0], 21)])


def found(relief: float, seed: int = 1):
    return posterior(diary(relief, seed, doses_mg=LONG), shipped(), np.random.default_rng(seed))


def many(count: int, **columns: np.ndarray | float) -> People:
    """``count`` copies of the usual person with some columns of the pain part or the amounts replaced."""
    one = usual(3.0)
    copied = People(*(np.repeat(part, count, axis=0) for part in (one.pain, one.amounts, one.harm)))
    for name, value in columns.items():
        at = people.PAIN_CURVED.index(name) if name in people.PAIN_CURVED else None
        if at is None:
            copied.amounts[:, people.RELIEF] = value
        else:
            copied.pain[:, at] = value
    return copied


def test_a_great_effect_is_called_more_likely_than_none():
    none = np.mean([answers(found(0.0, seed), LEVELS).chance_real for seed in range(6)])
    great = np.mean([answers(found(6.0, seed), LEVELS).chance_real for seed in range(6)])
    assert none < 0.35
    assert great > none + 0.3


def test_intervals_are_in_order_and_chances_are_chances():
    said = answers(found(4.0), LEVELS)
    for name in ("relief_now_points", "relief_settled_points", "swing_points", "harm_days", "fall_points"):
        held = getattr(said, name)
        assert held.low <= held.mean <= held.high
    for name in ("chance_real", "chance_clear", "chance_helps", "chance_better", "severe_chance"):
        assert 0 <= getattr(said, name) <= 1
    assert said.chance_clear <= said.chance_real <= said.chance_helps
    assert said.step.daily_mg == 120
    assert said.step.severe_chance >= said.severe_chance
    assert said.step.gain_points.low >= 0


def test_at_the_top_there_is_no_step():
    assert answers(found(4.0), Levels(LADDER, 3)).step is None


def test_the_lowest_dose_is_the_definition():
    certain = handmade(many(100, half_saturation=10.0), shipped(), diary(3))
    lowest = lowest_dose(certain, LEVELS)
    # relief at 90 is 0.9 of the greatest, at 30 it is 0.75, which is 83 % of that
    assert (lowest.daily_mg, lowest.level, lowest.chance) == (30.0, 0, 1.0)
    assert lowest.between_levels_mg.mean == pytest.approx(0.8 * 90 * 10 / (10 + 0.2 * 90))
    straight = lowest_dose(handmade(many(100, half_saturation=1e6), shipped(), diary(3)), LEVELS)
    assert straight.daily_mg == 90.0
    assert straight.between_levels_mg.mean == pytest.approx(72, rel=1e-3)


def test_where_nothing_helps_no_drug_keeps_it_all():
    none = lowest_dose(handmade(many(100, relief=0.0), shipped(), diary(3)), LEVELS)
    assert (none.daily_mg, none.level, none.between_levels_mg) == (0.0, -1, None)
    assert learned_of_dose(handmade(many(100, relief=0.0), shipped(), diary(3))) == 0


def test_waiting_is_over_when_it_can_be_told():
    sure = handmade(many(1000), shipped(), diary(3))
    assert answers(sure, LEVELS).telling is Telling.REAL
    assert days_until_telling(sure, LEVELS, np.random.default_rng(1)).days == 0


def test_waiting_ends_soon_when_the_two_answers_look_different():
    relief = np.tile([0.0, 8.0], 500)  # either nothing or a great deal: a few weeks decide
    open_yet = handmade(many(1000, relief=relief), shipped(), diary(3))
    waiting = days_until_telling(open_yet, LEVELS, np.random.default_rng(1))
    assert waiting.stopped == "found"
    assert 7 <= waiting.days <= 28


def test_waiting_says_when_it_would_not_end():
    draws = many(1000, relief=np.tile([2.15, 2.17], 500))  # on either side of the bound, by a hair
    bound = shipped().changed("questions", "least_relief_points", value=2.16 * 90 / 195)
    waiting = days_until_telling(handmade(draws, bound, diary(3)), LEVELS, np.random.default_rng(1))
    assert (waiting.days, waiting.stopped) == (None, "not_within_longest_wait")
    assert list(waiting.share_telling) == list(range(7, 85, 7))


def test_days_at_the_present_level_forgive_one_day():
    doses = DOSES.copy()
    assert LEVELS.days_at_present(diary(0, doses_mg=doses)) == 14
    doses[-5] = 0
    assert LEVELS.days_at_present(diary(0, doses_mg=doses)) == 14
    doses[-4] = 0
    assert LEVELS.days_at_present(diary(0, doses_mg=doses)) == 3
    assert Levels(LADDER, 3).days_at_present(diary(0, doses_mg=DOSES)) == 0
