"""The opinion can lower or hold and never raise: on any draws, with bad data, wrong assumptions, planted faults."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools.calibrate_response import shipped

from tests.response.shared import LADDER, LEVELS, breaches, changed, diary, handmade
from titrant.pkpd.response import opinion as opinions
from titrant.pkpd.response import posterior as posteriors
from titrant.pkpd.response.answers import Telling, answers
from titrant.pkpd.response.diary import Levels
from titrant.pkpd.response.opinion import ORDER, Opinion, Say, limited, opinion
from titrant.pkpd.response.parameters import ResponseSet
from titrant.pkpd.response.people import People
from titrant.pkpd.response.posterior import posterior
from titrant.pkpd.response.sampling import Effort

NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 10) | st.just(0.0)
SHORT = Effort(draws=60, rounds=1, chains=4, steps=20, newton=3)


@st.composite
def any_draws(draw) -> People:
    row = st.lists(NUMBERS, min_size=13, max_size=13)
    rows = np.array(draw(st.lists(row, min_size=1, max_size=4)))
    rows = np.repeat(rows, draw(st.integers(1, 30)), axis=0)
    return People(rows[:, :5].copy(), rows[:, 5:9].copy(), rows[:, 9:].copy())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(any_draws(), st.integers(0, 3), st.sampled_from(["complete", "diagnostics_pain", "impossible_data"]))
@settings(max_examples=150, deadline=None)
def test_no_draws_whatever_make_it_allow_more_than_the_rules(draws, present, stopped):
    found = handmade(draws, shipped(), diary(2), stopped)
    assert breaches(found, Levels(LADDER, present), may_speak=stopped == "complete") == []


def damaged(number: int, generator: np.random.Generator):
    """One diary with something wrong in it."""
    held = diary(float(generator.uniform(0, 6)), number, float(generator.choice([0.0, 0.3, 0.8])))
    pain, doses, grade = held.pain_points.copy(), held.doses_mg.copy(), held.worst_grade.copy()
    days = generator.integers(0, len(pain), 12)
    match number % 8:
        case 0:
            pain[days] = generator.choice([np.nan, np.inf, -3, 11, 1e308], 12)
        case 1:
            doses[days] = generator.choice([np.nan, -5, 1e6, 3000], 12)
        case 2:
            grade[days] = generator.choice([np.nan, 4, 7, -1, 2.5], 12)
        case 3:
            pain[:] = generator.uniform(0, 10, len(pain))
        case 4:
            pain[:] = pain[::-1]
        case 5:
            doses = generator.permutation(doses)
        case 6:
            pain[:] = np.round(generator.uniform(0, 10))
        case _:
            pain[20:] = np.nan
    return changed(held, pain_points=pain, doses_mg=doses, worst_grade=grade)


def wrong_priors(generator: np.random.Generator) -> ResponseSet:
    """The shipped parameters with some of the pain and harm values far off."""
    chosen = shipped()
    for section in ("pain", "harm"):
        for name, value in chosen.sections[section].items():
            if value.on in ("log", "plain") and value.spread and generator.random() < 0.4:
                factor = float(np.exp(generator.normal(0, 1.5)))
                chosen = chosen.changed(section, name, value=value.value * factor, spread=value.spread / factor)
    return chosen


def fits_above_the_rules(count: int, first: int = 0) -> tuple[list[str], dict[str, int]]:
    """Every breach in ``count`` fits with bad data, wrong assumptions, short chains or all of it, and their ends."""
    above, ended = [], {}
    for number in range(first, first + count):
        generator = np.random.default_rng([12, number])
        kind = number % 4
        held = damaged(number // 4, generator) if kind in (0, 3) else diary(float(generator.uniform(0, 6)), number)
        chosen = wrong_priors(generator) if kind in (1, 3) else shipped()
        found = posterior(held, chosen, generator, SHORT if kind in (2, 3) else None)
        ended[found.stopped] = ended.get(found.stopped, 0) + 1
        above += breaches(found, LEVELS, may_speak=found.usable and kind in (0, 1))
    return above, ended


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_data_wrong_priors_and_short_chains_never_allow_more():
    above, ended = fits_above_the_rules(100)
    assert above == []
    assert ended["diagnostics_pain"] >= 10


@pytest.mark.night
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_two_thousand_bad_fits_never_allow_more():
    assert fits_above_the_rules(2000)[0] == []


def test_a_planted_blind_eye_to_the_diagnostics_is_caught(monkeypatch):
    monkeypatch.setattr(posteriors, "_forbidden", lambda *_: "")
    assert fits_above_the_rules(24)[0] != []


@pytest.mark.parametrize("word", ["raise", "start", "RAISE", "", None])
def test_there_is_no_word_for_raising(word):
    with pytest.raises(ValueError, match="nothing that the model may say"):
        Opinion(word, "raise", 60.0)


@pytest.mark.parametrize(
    ("say", "allowed", "to_mg"),
    [
        (Say.HOLD, "hold", None),
        (Say.HOLD, "lower", None),
        (Say.HOLD, "stop", None),
        (Say.LOWER, "pause", 30.0),
        (Say.LOWER, "lower", 30.0),
        (Say.LOWER, "raise", 60.0),
        (Say.LOWER, "raise", 90.0),
        (Say.LOWER, "raise", -1.0),
        (Say.LOWER, "raise", float("nan")),
        (Say.LOWER, "raise", None),
        (Say.HOLD, "raise", 30.0),
        (Say.HOLD, "more", None),
    ],
)
def test_an_opinion_that_allows_more_cannot_be_made(say, allowed, to_mg):
    with pytest.raises(ValueError, match=r"\w"):
        Opinion(say, allowed, 60.0, to_mg)


def test_a_planted_step_up_is_refused_where_it_is_made(monkeypatch):
    found = posterior(diary(4), shipped(), np.random.default_rng(1))
    assert found.usable
    monkeypatch.setattr(opinions, "_harm", lambda *_: ["planted"])
    monkeypatch.setattr(opinions, "_one_down", lambda _: 120.0)
    with pytest.raises(ValueError, match="not below"):
        opinion(found, "raise", LEVELS)


def test_the_safer_of_the_two_holds():
    lower = Opinion(Say.LOWER, "raise", 60.0, 30.0)
    none = Opinion(Say.NONE, "raise", 60.0)
    assert [limited(allowed, none) for allowed in ORDER] == list(ORDER)
    assert [limited(allowed, lower) for allowed in ORDER] == ["stop", "pause", "lower", "lower", "lower", "lower"]


def test_an_unknown_action_is_refused():
    with pytest.raises(ValueError, match="not an action"):
        opinion(posterior(diary(4), shipped(), np.random.default_rng(1)), "double", LEVELS)


def test_without_a_posterior_the_rules_decide_alone_and_it_says_so():
    found = posterior(changed(diary(4), doses_mg=np.full(52, np.nan)), shipped(), np.random.default_rng(1))
    said = opinion(found, "raise", LEVELS)
    assert (said.say, said.reasons, said.numbers) == (Say.NONE, ("rules_only", "dose_unknown"), {})


def test_on_starting_it_has_nothing_to_say():
    assert opinion(posterior(diary(4), shipped(), np.random.default_rng(1)), "start", LEVELS).say is Say.NONE


def test_much_harm_lowers_and_none_does_not():
    calm, doses = diary(5, seed=3), diary(5, seed=3).doses_mg
    often = np.random.default_rng(1).choice([0.0, 1.0, 2.0], 52, p=[0.3, 0.4, 0.3])
    bad = changed(calm, worst_grade=np.where(doses > 0, often, 0.0))
    quiet = changed(calm, worst_grade=np.zeros(52))
    found = [posterior(one, shipped(), np.random.default_rng(2)) for one in (bad, quiet)]
    harmed, well = (opinion(one, "hold", LEVELS) for one in found)
    assert (harmed.say, harmed.to_mg) == (Say.LOWER, 60.0)
    assert "too_many_harm_days" in harmed.reasons
    assert "too_many_harm_days" not in well.reasons


def test_little_to_gain_holds_a_raise():
    sceptic = shipped().changed("opinion", "least_gain_points", value=3.0)
    said = opinion(posterior(diary(5, seed=3), sceptic, np.random.default_rng(2)), "raise", LEVELS)
    assert said.say in (Say.HOLD, Say.LOWER)
    assert said.say is Say.LOWER or "little_to_gain" in said.reasons
    assert {"gain_points", "added_harm_days", "chance_real"} <= said.numbers.keys()


def told_not_real(monkeypatch, chance_of_gain):
    """A posterior by which the present dose does nothing, and one more step promises so much."""
    found = posterior(diary(5, seed=3), shipped(), np.random.default_rng(2))
    given = answers(found, LEVELS)
    step = replace(
        given.step, chance_of_gain=chance_of_gain, added_harm_days=replace(given.step.added_harm_days, mean=0)
    )
    quiet = replace(given.harm_days, mean=0.0)
    made = replace(
        given, telling=Telling.NOT_REAL, step=replace(step, severe_chance=0.0), harm_days=quiet, severe_chance=0
    )
    monkeypatch.setattr(opinions, "answers", lambda *_: made)
    return found


@pytest.mark.parametrize(
    ("allowed", "chance_of_gain", "say", "reasons"),
    [
        ("raise", 0.5, Say.NONE, ("nothing_against",)),
        ("hold", 0.5, Say.NONE, ("nothing_against",)),
        ("raise", 0.1, Say.HOLD, ("little_to_gain", "no_real_response")),
        ("hold", 0.1, Say.LOWER, ("no_real_response",)),
    ],
)
def test_no_effect_yet_counts_only_where_a_step_promises_little(monkeypatch, allowed, chance_of_gain, say, reasons):
    """A ladder begins at doses that may be too low; and against a raise the benefit alone never does more than hold."""
    said = opinion(told_not_real(monkeypatch, chance_of_gain), allowed, LEVELS)
    assert (said.say, said.reasons) == (say, reasons)


def test_a_level_just_signed_is_no_sign_of_anything_yet(monkeypatch):
    """By the record it is held for three days, whatever the doses look like."""
    found = told_not_real(monkeypatch, 0.1)
    assert LEVELS.days_at_present(found.diary) >= 14
    new = Levels(LADDER, 2, held_days=3)
    assert new.days_at_present(found.diary) == 3
    assert opinion(found, "hold", new).say is Say.NONE
