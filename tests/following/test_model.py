"""The response model at the desk: beside any opinion, fault or silence of it, never more than the rules allow."""

import builtins
import copy
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import structs

from tests.properties import following_cases as cases
from tests.properties.test_following_laws import _moved, proposed
from titrant.cli.main import main
from titrant.clinic import model as models
from titrant.clinic.desk import Desk
from titrant.clinic.following import Followed, adjust_at, follow_at, review_at
from titrant.clinic.opening import case_of, open_document, shape_case
from titrant.clinic.saying_following import adjustment_data
from titrant.clinic.telling_following import adjustment_page, review_page
from titrant.explain.words import Words
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, Opinion
from titrant.pathway.plan import Outcome
from titrant.pkpd import shipped
from titrant.pkpd.response import opinion as opinions
from titrant.pkpd.response import posterior as posteriors
from titrant.pkpd.response import review as reviews
from titrant.pkpd.response.sampling import Effort
from titrant.terms.reason import Status

ROOT = Path(__file__).parent.parent.parent
SCENARIOS = ROOT / "tests" / "scenarios" / "following"
SHORT = Effort(draws=60, rounds=1, chains=4, steps=20, newton=3)
# How much drug an action allows, least first.
ALLOWS = ("stop", "pause", "lower", "step_down_trial", "hold", "raise")


def scenario(name: str) -> Any:
    return case_of(open_document(SCENARIOS / f"{name}.yaml"))


def followed(case: Any) -> Followed:
    return follow_at(Desk(cases.library(), case.on), case)


def above_the_rules(one: Followed) -> list[str]:
    """Every way in which the joined answer allows more than the rules alone."""
    found, alone, joined = [], one.by_rules, one.decided
    if joined.outcome is not alone.outcome:
        found.append(f"{alone.outcome} became {joined.outcome}")
    if not proposed(joined) <= proposed(alone):
        found.append(f"{proposed(alone)} became {proposed(joined)}")
    if alone.action and joined.action and ALLOWS.index(joined.action) > ALLOWS.index(alone.action):
        found.append(f"{alone.action} became {joined.action}")
    safer = alone.outcome is not Outcome.PROPOSED or alone.action not in (Action.HOLD, Action.RAISE)
    if safer and joined != alone:
        found.append(f"{alone.action or alone.outcome} was touched")
    if one.model.outcome != "answered" and joined != alone:
        found.append(f"it changed something although {one.model.outcome}")
    return found


def a_natural_case(random: Random) -> cases.Tree:
    """A case with a diary that swings by the day, so that the model has something to weigh."""
    tree = copy.deepcopy(random.choice(cases.bases()))
    for _ in range(random.choice((0, 0, 1, 2))):
        random.choice(cases.HAPPENED)(tree, random)
    swing = random.choice((0, 1, 1, 2))
    for entry in tree["given"]["diary"]:
        pain = entry.get("pain", {}).get("average")
        if pain is not None:
            entry["pain"] = {"average": max(0, min(10, pain + random.randrange(-swing, swing + 1)))}
        if entry.get("effects") is not None and random.random() < 0.15:
            entry["effects"] = {"nausea": random.randrange(3)}
    return tree


def bad_reviews(count: int, monkeypatch: pytest.MonkeyPatch, first: int = 0) -> tuple[list[str], Counter[str]]:
    """Reviews with bad data, wrong assumptions, too few draws, or all of it: what came out above the rules."""
    above: list[str] = []
    ended: Counter[str] = Counter()
    weigh, numbers = reviews.posterior, shipped.response
    for place in range(first, first + count):
        random, kind = Random(f"bad-{place}"), place % 4
        tree = a_natural_case(random)
        with monkeypatch.context() as planted:
            if kind in (1, 3):
                planted.setattr(shipped, "response", partial(_wrong, numbers(), random))
            if kind in (2, 3):
                planted.setattr(reviews, "posterior", lambda d, c, g, _e: weigh(d, c, g, SHORT))
            one = followed(shape_case(tree, "a case"))
        ended[one.model.why.code if one.model.why else one.model.outcome] += 1
        above += [f"{place}: {what}" for what in above_the_rules(one)]
    return above, ended


def _wrong(chosen: Any, random: Random) -> Any:
    """The shipped numbers with some of those between people far off."""
    for section in ("pain", "harm"):
        for name, value in chosen.sections[section].items():
            if value.on in ("log", "plain") and value.spread and random.random() < 0.4:
                factor = 2.718 ** random.gauss(0, 1.5)
                chosen = chosen.changed(section, name, value=value.value * factor, spread=value.spread / factor)
    return chosen


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_data_wrong_priors_and_few_draws_never_allow_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """T12, at the desk."""
    above, ended = bad_reviews(100, monkeypatch)
    assert above == []
    assert ended["answered"] >= 8
    assert ended["model_diagnostics"] >= 4


@pytest.mark.night
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_two_thousand_bad_reviews_never_allow_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """T12, at the desk."""
    above, ended = bad_reviews(2000, monkeypatch)
    assert above == []
    assert ended["answered"] >= 200


def test_a_planted_opinion_that_takes_no_notice_of_the_rules_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is able to fail: an opinion that turns a hold into a raise is seen."""

    def careless(by_rules: Adjustment, opinion: Opinion | None) -> Adjustment:
        now = by_rules.review.level.regimen
        more = structs.replace(now, dose=now.dose.times(2)) if opinion else None
        return structs.replace(by_rules, action=Action.RAISE, regimen=more) if more else by_rules

    monkeypatch.setattr("titrant.pathway.adjust._with_opinion", careless)
    assert above_the_rules(followed(scenario("model/a-lower-dose-would-do")))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_planted_blind_eye_to_the_diagnostics_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the diagnostics ignored the model speaks where it did not."""
    case = scenario("model/diagnostics-are-poor")
    assert followed(case).model.outcome == "rules_only"
    monkeypatch.setattr(posteriors, "_forbidden", lambda *_: "")
    assert followed(case).model.outcome == "answered"


@pytest.mark.parametrize("most", [None, *Action])
def test_any_opinion_at_all_only_takes_away(most: Action | None) -> None:
    for place in range(25):
        case = shape_case(a_natural_case(Random(f"any-{place}")), "a case")
        desk = Desk(cases.library(), case.on)
        alone, joined = adjust_at(desk, case), adjust_at(desk, case, Opinion(most))
        one = Followed(joined, alone, models.ModelSays("answered", opinion=Opinion(most)))
        assert above_the_rules(one) == [], (place, most)
        if most not in (None, Action.RAISE):
            assert joined.action is not Action.RAISE


def test_where_no_smaller_piece_can_be_made_less_becomes_a_hold() -> None:
    """A raise is held back even where the trial of less cannot be made."""
    case = scenario("raise/one-step")
    whole = structs.replace(case.product, family="capsule", strength=case.given.course.levels[-1].dose)
    desk = Desk(cases.library(), case.on)
    alone = adjust_at(desk, structs.replace(case, product=whole))
    joined = adjust_at(desk, structs.replace(case, product=whole), Opinion(Action.STEP_DOWN_TRIAL))
    assert joined.action is Action.HOLD
    assert joined.regimen == joined.review.level.regimen
    assert alone.action in (Action.HOLD, Action.RAISE)


def test_words_for_the_patient_are_not_those_of_what_was_held_back() -> None:
    one = followed(scenario("model/little-to-gain"))
    assert one.by_rules.patient
    assert one.decided.patient == ()
    assert one.decided.limited is None


# Failing, and being left out


def _refuse(name: str) -> Any:
    real = builtins.__import__

    def refusing(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted.startswith("titrant.pkpd"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(wanted, *rest, **more)

    return refusing


def test_a_model_that_is_not_installed_leaves_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    case = scenario("model/little-to-gain")
    monkeypatch.setattr(builtins, "__import__", _refuse("numba"))
    _rules_alone(followed(case), "model_not_installed", "numba")


def test_a_model_that_fails_leaves_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise FloatingPointError("planted")

    monkeypatch.setattr(reviews, "posterior", fails)
    _rules_alone(followed(scenario("model/little-to-gain")), "model_failed", "FloatingPointError")


def test_numbers_past_their_review_leave_the_rules() -> None:
    tree = copy.deepcopy(cases.bases()[2])
    due = date.fromisoformat(shipped.tree("response.yaml", "response")["next_review"])
    found = review_at(Desk(cases.library(), date.fromisoformat(tree["on"])), shape_case(tree, "a case"))
    said = models.model_on(structs.replace(found, on=due + timedelta(days=1)))
    assert (said.outcome, said.why.code if said.why else "") == ("rules_only", "model_past_review")


def test_no_number_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = posteriors._joined

    def spoilt(*given: Any) -> Any:
        drawn = joined(*given)
        drawn.pain[0, 0] = float("nan")
        return drawn

    monkeypatch.setattr(posteriors, "_joined", spoilt)
    _rules_alone(followed(scenario("model/little-to-gain")), "model_not_finite", "")


def _rules_alone(one: Followed, code: str, shown: str) -> None:
    assert one.decided == one.by_rules
    assert one.decided.action is Action.RAISE
    assert one.model.outcome == "rules_only"
    assert one.model.why is not None
    assert one.model.why.code == code
    page = adjustment_page(one.decided, _words(), "Demo clinic", one)
    assert "Rules only" in page
    assert shown in page


def _words() -> Words:
    return Words(cases.library())


def test_every_reason_of_the_model_has_words() -> None:
    """Also those that no scenario reaches: no code falls back to its bare name."""
    said = {code for code in _words().sentences if code.startswith("model_")}
    lowering = ("too_many_harm_days", "severe_harm_likely", "no_real_response", "lower_dose_keeps_the_benefit")
    holding = ("little_to_gain", "more_harm_days", "severe_harm_at_next_level")
    ended = ("not_finite", "impossible_data", "diagnostics", "outside_usual", "out_of_range", "dose_unknown")
    assert {f"model_{code}" for code in (*lowering, *holding, *ended)} <= said


@pytest.mark.parametrize(
    ("bound", "code", "action"),
    [
        ("most_added_harm_days", "model_more_harm_days", Action.HOLD),
        ("most_harm_days", "model_too_many_harm_days", Action.STEP_DOWN_TRIAL),
    ],
)
def test_harm_speaks_and_is_worded(monkeypatch: pytest.MonkeyPatch, bound: str, code: str, action: Action) -> None:
    """No natural diary was found on which this speaks alone and surely; its bound is lowered to see it speak."""
    easily = shipped.response().changed("opinion", bound, value=0.01)
    monkeypatch.setattr(shipped, "response", lambda: easily)
    one = followed(scenario("model/nothing-against"))
    assert one.decided.action is action
    assert one.decided.reasons[0].code == code
    assert "more than 0.01" in _words().say(code, one.decided.reasons[0].facts)


def test_a_note_or_a_mark_in_the_numbers_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draws rest on what is weighed and on the numbers, not on what is written about them."""
    case = scenario("model/nothing-against")
    before = followed(case).model.found.answers
    reworded = shipped.response().changed("pain", "baseline_points", note="in other words", status=Status.UNVERIFIED)
    monkeypatch.setattr(shipped, "response", lambda: reworded)
    assert followed(case).model.found.answers == before


# Replay, and what must not matter


def _said(tree: cases.Tree) -> str:
    case = shape_case(tree, "a case")
    one = followed(case)
    return json.dumps(adjustment_data(one.decided, _words(), one), sort_keys=True)


def replayed(many: int) -> list[str]:
    return [_said(a_natural_case(Random(f"replay-{place}"))) for place in range(many)]


def digest(many: int) -> str:
    """One name for the answers to many cases, the model's numbers among them."""
    return hashlib.sha256("\n".join(replayed(many)).encode()).hexdigest()


@pytest.fixture(scope="module")
def here() -> str:
    return digest(6)


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_replay_gives_the_same_bytes(hash_seed: str, here: str) -> None:
    """T13. Another process with another order of sets gives the same bytes, the model's numbers among them."""
    program = "from tests.following.test_model import digest; print(digest(6))"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == here


def test_the_replayed_answers_hold_numbers_of_the_model() -> None:
    assert sum('"outcome": "answered"' in one for one in replayed(6)) >= 2


def test_order_days_and_names_do_not_matter() -> None:
    """T13. The draws come from what is weighed, so nothing else can change an answer."""
    answered = 0
    for place in range(12):
        random = Random(f"same-{place}")
        tree = a_natural_case(random)
        mixed = copy.deepcopy(tree)
        random.shuffle(mixed["given"]["diary"])
        mixed["scenario"] = "The same person in other words"
        assert _said(mixed) == _said(tree)
        moved = json.loads(_moved(json.dumps(tree), 21))
        assert _said(moved) == _moved(_said(tree), 21)
        answered += '"outcome": "answered"' in _said(tree)
    assert answered >= 3


# What the model is given


def test_the_days_are_those_of_the_diary() -> None:
    case = scenario("model/nothing-against")
    found = review_at(Desk(cases.library(), case.on), case)
    diary, levels = models.weighed(found)
    written = {one.on: one for one in found.diary.days}
    first = models.first_day(found)
    for place, (pain, dose) in enumerate(zip(diary.pain_points, diary.doses_mg, strict=True)):
        day = first + timedelta(days=place)
        assert pain == float(written[day].average_pain or 0)
        signed = [one.regimen.daily.mg for one in found.levels if one.since <= day]
        assert Decimal(str(dose)) == (signed[-1] if signed else 0)
    assert levels.daily_mg[levels.present] == float(found.level.regimen.daily.mg)
    assert levels.held_days == (found.on - found.level.since).days


def test_a_late_pain_is_left_out_and_a_late_harm_is_not() -> None:
    case = scenario("model/nothing-against")
    last = structs.replace(case.given.diary[-1], entered="", effects={"nausea": 1})
    late = structs.replace(case, given=structs.replace(case.given, diary=(*case.given.diary[:-1], last)))
    diary, _ = models.weighed(review_at(Desk(cases.library(), case.on), late))
    assert diary.pain_points[-1] != diary.pain_points[-1]
    assert diary.worst_grade[-1] == 1


def test_a_silent_day_is_not_taken_for_no_dose() -> None:
    case = scenario("model/nothing-against")
    kept = tuple(one for one in case.given.diary if one.day != case.on - timedelta(days=9))
    assert len(kept) == len(case.given.diary) - 1
    fewer = structs.replace(case, given=structs.replace(case.given, diary=kept))
    diary, _ = models.weighed(review_at(Desk(cases.library(), case.on), fewer))
    assert diary.doses_mg[-9] != diary.doses_mg[-9]
    said = followed(fewer).model
    assert (said.outcome, said.why.code if said.why else "") == ("rules_only", "model_dose_unknown")


@pytest.mark.parametrize(("day", "why"), [("2026-11-07", "too_few_days_on_drug"), ("2026-11-08", "dose_unknown")])
def test_on_its_first_days_a_course_is_too_short_and_nothing_fails(day: str, why: str) -> None:
    case = scenario("raise/one-step")
    first = tuple(one for one in case.given.diary if (one.through or one.day) < date.fromisoformat(day))
    readings = {name: _before(texts, day) for name, texts in case.given.readings.items()}
    course = structs.replace(case.given.course, levels=case.given.course.levels[:1])
    given = structs.replace(
        case.given, diary=first, readings=readings, course=course, answered_on=date(2026, 11, 6), medications=None,
        allergies=None,
    )  # fmt: skip
    found = review_at(Desk(cases.library(), date.fromisoformat(day)), structs.replace(case, given=given))
    said = models.model_on(found)
    assert (said.outcome, said.why.code if said.why else "") == ("rules_only", f"model_{why}")


def _before(texts: Any, day: str) -> tuple[str, ...]:
    listed = (texts,) if isinstance(texts, str) else texts
    return tuple(one for one in listed if one.rpartition(" on ")[2][:10] < day)


# The commands


def test_the_commands_show_it_and_leave_it_out() -> None:
    path = str(SCENARIOS / "model" / "little-to-gain.yaml")
    run = CliRunner().invoke
    said = {name: json.loads(run(main, [name, path, "--json"]).output) for name in ("adjust", "review")}
    alone = json.loads(run(main, ["adjust", path, "--json", "--rules-only"]).output)
    assert said["adjust"]["action"] == "hold"
    assert alone["action"] == said["adjust"]["model"]["rules_alone"]["action"] == "raise"
    assert alone["model"]["outcome"] == "left_out"
    assert said["review"]["model"]["numbers"] == said["adjust"]["model"]["numbers"]
    page = run(main, ["adjust", path]).output
    for words in ("THE RESPONSE MODEL'S OPINION [PROPOSAL]", "The rules alone: raise", "Diagnostics:", "simulated"):
        assert words in page
    assert "RESPONSE MODEL" not in run(main, ["adjust", path, "--rules-only"]).output
    assert "It says" not in run(main, ["review", path]).output


def test_left_out_it_costs_no_start_up_time() -> None:
    """Neither the rules alone nor a case on which it is not asked loads the libraries for numbers."""
    program = (
        "import sys; from click.testing import CliRunner; from titrant.cli.main import main\n"
        "print(CliRunner().invoke(main, sys.argv[1:]).exit_code, 'numpy' in sys.modules)"
    )
    for given in (("model/little-to-gain", "--rules-only"), ("stop/red-flag-chest-pain", "--json")):
        path = str(SCENARIOS / f"{given[0]}.yaml")
        run = subprocess.run(
            [sys.executable, "-c", program, "adjust", path, given[1]], capture_output=True, text=True, check=True
        )
        assert run.stdout.split() == ["0", "False"]


def test_one_review_with_its_posterior_is_quick() -> None:
    """150 ms warm is the target of benchmarks.response; here only a fall out of all proportion is looked for."""
    case = scenario("model/nothing-against")
    followed(case)
    begun = time.thread_time()
    followed(case)
    assert time.thread_time() - begun < 1.5


def test_the_page_of_a_review_has_the_block() -> None:
    case = scenario("model/nothing-against")
    found = review_at(Desk(cases.library(), case.on), case)
    page = review_page(found, _words(), models.model_on(found))
    assert "Enough data to tell" in page
    assert "RESPONSE MODEL" not in review_page(found, _words())


def test_the_opinion_of_the_numbers_room_has_no_word_for_more() -> None:
    assert {one.value for one in opinions.Say} == {"lower", "hold", "none"}
