"""The posterior: right against brute force, the same twice, and silent where it must be."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from tools.calibrate_response import shipped

from tests.response.shared import DOSES, LEVELS, changed, diary
from titrant.pkpd.response import people, possible, sampling
from titrant.pkpd.response.answers import answers
from titrant.pkpd.response.diary import Diary, Levels, fault_of
from titrant.pkpd.response.posterior import _PainTarget, posterior, weighed
from titrant.pkpd.response.review import RULES_ONLY, review
from titrant.pkpd.response.sampling import Effort, draws_from
from titrant.pkpd.response.waiting import days_until_telling

NAN = float("nan")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_same_seed_same_bytes():
    first, second, other = (review(diary(3), LEVELS, shipped(), rng(seed)) for seed in (4, 4, 5))
    for part in ("pain", "amounts", "harm"):
        assert getattr(first.posterior.draws, part).tobytes() == getattr(second.posterior.draws, part).tobytes()
    assert first.answers == second.answers
    assert first.waiting == second.waiting
    assert first.answers != other.answers


def test_the_draws_agree_with_a_million_from_the_prior():
    held, chosen = diary(3.0), shipped()
    target = _PainTarget(held, chosen)
    standard = rng(1).standard_normal((200_000, 5))
    logs = target(standard) + 0.5 * (standard * standard).sum(axis=1)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    wanted = (standard * weights[:, None]).sum(axis=0)
    found = draws_from(target, 5, chosen, rng(2), Effort(draws=20_000))
    spread = np.sqrt((standard**2 * weights[:, None]).sum(axis=0) - wanted**2)
    assert found.method == "importance"
    assert found.mean() == pytest.approx(wanted, abs=0.06)
    assert np.sqrt((found.standard**2 * found.weights[:, None]).sum(axis=0) - found.mean() ** 2) == pytest.approx(
        spread, abs=0.06
    )


def test_chains_agree_with_importance():
    target, chosen = _PainTarget(diary(3.0), shipped()), shipped()
    drawn = draws_from(target, 5, chosen, rng(2), Effort(draws=20_000))
    walked = draws_from(target, 5, chosen, rng(3), Effort(rounds=0))
    assert walked.method == "chains"
    assert walked.usable, (walked.rhat, walked.effective)
    assert walked.mean() == pytest.approx(drawn.mean(), abs=0.12)


def test_two_separate_modes_are_both_seen_or_it_is_not_usable():
    def target(standard: np.ndarray) -> np.ndarray:
        near = [-0.5 * ((standard - at) ** 2).sum(axis=1) / 0.3**2 for at in (-1.5, 1.5)]
        return np.logaddexp(*near)

    found = draws_from(target, 2, shipped(), rng(1))
    share = float((found.weights * (found.standard[:, 0] > 0)).sum())
    assert not found.usable or abs(share - 0.5) < 0.1
    assert 0.2 < share < 0.8


@pytest.mark.parametrize("effort", [Effort(draws=50, rounds=1, chains=4, steps=20), Effort(rounds=0, steps=40)])
def test_short_chains_and_few_draws_are_not_usable(effort):
    found = posterior(diary(3), shipped(), rng(), effort)
    assert not found.usable
    assert found.stopped.startswith("diagnostics")
    assert len(found.draws.pain) == len(found.draws.amounts) == len(found.draws.harm) == 0
    with pytest.raises(ValueError, match="diagnostics"):
        answers(found, LEVELS)
    with pytest.raises(ValueError, match="diagnostics"):
        days_until_telling(found, LEVELS, rng())


def test_a_target_without_numbers_is_not_usable():
    found = draws_from(lambda z: np.full(len(z), NAN), 3, shipped(), rng(), Effort(draws=500, steps=200))
    assert not found.usable


@pytest.mark.parametrize(
    ("field", "where", "put", "code"),
    [
        ("doses_mg", 12, NAN, "dose_unknown"),
        ("doses_mg", 12, -1.0, "dose_out_of_range"),
        ("doses_mg", 12, 4000.0, "dose_out_of_range"),
        ("pain_points", 12, 10.5, "pain_out_of_range"),
        ("pain_points", 12, -0.5, "pain_out_of_range"),
        ("pain_points", 12, np.inf, "pain_out_of_range"),
        ("worst_grade", 12, 2.5, "grade_out_of_range"),
        ("worst_grade", 12, 5.0, "grade_out_of_range"),
        ("pain_points", slice(0, 7), NAN, "too_few_days_before"),
        ("pain_points", slice(14, 60), NAN, "too_few_days_on_drug"),
        ("worst_grade", slice(10, 60), NAN, "too_few_days_on_drug"),
        ("pain_points", slice(0, 30), 10.0, "at_scale_end"),
    ],
)
def test_a_diary_that_cannot_be_weighed_says_why(field, where, put, code):
    held = diary(2)
    array = getattr(held, field).copy()
    array[where] = put
    found = review(changed(held, **{field: array}), LEVELS, shipped(), rng())
    assert (found.outcome, found.stopped) == (RULES_ONLY, code)
    assert found.answers is None
    assert found.waiting is None


def test_no_dose_at_all_and_far_too_many_days():
    assert fault_of(diary(2, doses_mg=np.zeros(40)), shipped()) == "too_few_days_on_drug"
    assert fault_of(diary(2, doses_mg=np.concatenate([np.zeros(10), np.full(500, 30.0)])), shipped()) == "too_long"


@pytest.mark.parametrize(
    "pain",
    [
        np.full(len(DOSES), 6.0),  # too flat
        np.tile([1.0, 9.0], len(DOSES))[: len(DOSES)],  # too wild
        np.where(np.arange(len(DOSES)) < 26, 9.0, 1.0) + np.tile([0, 0.5], 26),  # too sudden
    ],
)
def test_a_diary_outside_what_is_thought_possible_is_refused(pain):
    found = posterior(changed(diary(2), pain_points=pain), shipped(), rng())
    assert found.stopped == "impossible_data"
    assert found.beyond


def test_severe_effects_every_day_are_outside_what_is_thought_possible():
    found = posterior(changed(diary(2), worst_grade=np.full(len(DOSES), 4.0)), shipped(), rng())
    assert found.stopped == "impossible_data"
    assert "severe_harm" in found.beyond


def test_a_posterior_far_from_everybody_is_refused():
    strict = shipped().changed("data", "farthest_from_usual", value=0.01)
    assert posterior(diary(3), strict, rng()).stopped.startswith("outside_usual")


def test_tails_name_every_summary():
    assert tuple(possible.tail_chances(diary(1), shipped(), rng())) == possible.SUMMARIES


def test_missing_days_change_nothing_but_certainty():
    held = diary(3, missing=0.0)
    gone = held.pain_points.copy()
    gone[5::2] = np.nan
    full, half = (posterior(one, shipped(), rng()) for one in (held, changed(held, pain_points=gone)))
    assert full.draws.pain[:, people.SWING].std() < half.draws.pain[:, people.SWING].std()


def test_levels_in_the_blood_take_the_place_of_the_dose():
    held = diary(3)
    measured = replace(held, average_ng_per_ml=DOSES / 10, peak_ng_per_ml=DOSES * 0.3)
    levels = Levels(LEVELS.daily_mg, 2, LEVELS.daily_mg / 10, LEVELS.daily_mg * 0.3)
    by_level = review(measured, levels, shipped(), rng(1))
    by_dose = review(held, LEVELS, shipped(), rng(1))
    # 105 mg a day stands for 10.5 ng/mL and 100 mg for 30: the same numbers, so the same answers up to rounding.
    assert by_level.answers.chance_real == pytest.approx(by_dose.answers.chance_real, abs=0.02)
    assert by_level.answers.harm_days.mean == pytest.approx(by_dose.answers.harm_days.mean, rel=0.02)
    with pytest.raises(ValueError, match="average_ng_per_ml"):
        review(measured, LEVELS, shipped(), rng())
    early = changed(measured, average_ng_per_ml=np.full(len(DOSES), 3.0))
    assert fault_of(early, shipped()) == "level_without_dose"


def test_arrays_that_do_not_fit_are_a_bug_of_the_caller():
    with pytest.raises(ValueError, match="each day"):
        Diary(np.zeros(5), np.zeros(4), np.zeros(5))
    with pytest.raises(ValueError, match="together"):
        Diary(np.zeros(5), np.zeros(5), np.zeros(5), average_ng_per_ml=np.zeros(5))
    for wrong in ([30, 20], [0, 30], [], [30, NAN]):
        with pytest.raises(ValueError, match=r"rising|none of"):
            Levels(np.array(wrong, float), 0)
    with pytest.raises(ValueError, match="none of"):
        Levels(np.array([30.0]), 1)


def test_the_diary_keeps_its_own_copy():
    pain = np.full(30, 5.0)
    held = Diary(pain, np.full(30, 30.0), np.zeros(30))
    pain[0] = 9
    assert held.pain_points[0] == 5
    with pytest.raises(ValueError, match="read-only"):
        held.pain_points[0] = 1


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        review(diary(3), LEVELS, shipped(), rng())
        weighed(diary(0), shipped(), rng())
        sampling.mode(lambda z: -0.5 * (z * z).sum(axis=1), np.ones(3), 10)
