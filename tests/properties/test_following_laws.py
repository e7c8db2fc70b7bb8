"""Laws of following a course (H01, H05, H11, H12, H17; T10, T11, T13): nothing worse, missing or late ever gives more.

``proposed`` is the weekly dose that an answer gives; an answer without a dose gives none. ``at_most`` is what an answer
could come to once its open questions are answered. Taking away one whole day of the diary is not among the laws: the
protocol asks for five days of seven, so a day that nobody wrote cannot be missed.
"""

import copy
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tests.properties import following_cases as cases
from titrant.clinic.desk import Desk
from titrant.clinic.following import adjust_at, gate_content
from titrant.clinic.opening import shape_case
from titrant.clinic.saying_following import adjustment_data, case_sha256
from titrant.explain.words import Words
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, Opinion, adjust_case
from titrant.pathway.plan import Outcome
from titrant.pathway.severe import SevereHarm
from titrant.pathway.standing import Standing
from titrant.pathway.unseen import Since
from titrant.record.appending import absolute_limits
from titrant.record.gate import faults

MANY = 160
WORSE = (cases.more_harm, cases.less_data, cases.later, cases.overdue, cases.new_drug, cases.unseen_harm)
NOTHING = Decimal(0)


def proposed(decided: Adjustment) -> Decimal:
    return decided.regimen.weekly.mg if decided.outcome is Outcome.PROPOSED and decided.regimen else NOTHING


def at_most(decided: Adjustment) -> Decimal:
    if Action.STEP_DOWN_TRIAL in (decided.action, decided.would_do):
        # A planned trial of less is offered to those who are well; putting it off leaves the signed dose.
        return decided.review.level.regimen.weekly.mg
    if decided.outcome is Outcome.PROPOSED:
        return proposed(decided)
    if decided.would_be is not None:
        return decided.would_be.weekly.mg
    return decided.review.level.regimen.weekly.mg  # decide by hand: the signed dose stays until then


def never_more(change: Callable[[cases.Tree, Random], None], seed: int, many: int = MANY) -> Counter[str]:
    """Run ``change`` on many cases; count what came before and after, so that a law cannot hold for want of cases."""
    seen: Counter[str] = Counter()
    for place in range(many):
        random = Random(f"{seed}-{place}")
        tree = cases.a_case(random)
        worse = copy.deepcopy(tree)
        change(worse, random)
        before, after = cases.decide(tree), cases.decide(worse)
        bound = at_most(before)
        if after.action is Action.LOWER and after.missing:
            # A reason to lower is never held up by an open question that might ask for a pause.
            bound = after.review.level.regimen.weekly.mg
        assert proposed(after) <= bound, (seed, place, _short(before), _short(after))
        seen[f"{_short(before)[0]} -> {_short(after)[0]}"] += 1
    return seen


def _short(decided: Adjustment) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    return (
        decided.action.value if decided.action else decided.outcome.value,
        str(decided.regimen.dose) if decided.regimen else "",
        tuple(one.code for one in decided.reasons),
        tuple(one.fact for one in decided.missing),
    )


def test_more_harm_never_raises_the_dose() -> None:
    seen = never_more(cases.more_harm, 1)
    assert sum(often for way, often in seen.items() if way.startswith("raise -> ")) >= 5


def test_less_data_never_raises_the_dose() -> None:
    """T10. A fact, an answer, a list, or one thing on all days of the diary is taken away."""
    seen = never_more(cases.less_data, 2)
    assert sum(often for way, often in seen.items() if way.endswith("-> undecided")) >= 50


def test_later_data_never_raise_the_dose() -> None:
    never_more(cases.later, 3)


def test_an_overdue_check_never_raises_the_dose() -> None:
    never_more(cases.overdue, 4)


def test_a_new_drug_never_raises_the_dose() -> None:
    """T07. A depressant, an inhibitor or a drug that is not known, started since the dose was signed."""
    seen = never_more(cases.new_drug, 5)
    assert not any(way.endswith("-> raise") for way in seen)


def test_an_unseen_harm_of_any_day_never_allows_more() -> None:
    """A severe harm counts until a prescriber has signed after it was written, however old its day is."""
    seen = never_more(cases.unseen_harm, 8)
    assert not any(way.endswith("-> raise") for way in seen), seen
    assert sum(often for way, often in seen.items() if way.startswith("raise -> ")) >= 5


def test_a_good_day_never_undoes_a_bad_one() -> None:
    """What came after says nothing of what was; only a signature does."""
    seen: Counter[str] = Counter()
    for place in range(MANY):
        random = Random(f"good-{place}")
        bad, good = cases.bad_and_good(cases.a_case(random), random)
        before, after = cases.decide(bad), cases.decide(good)
        assert proposed(after) <= at_most(before), (place, _short(before), _short(after))
        seen[_short(after)[0]] += 1
    assert not seen["raise"], seen
    assert seen["stop"] >= MANY // 4


def test_no_raise_reaches_a_dose_at_which_a_severe_harm_happened() -> None:
    """Whatever was signed since, and on whatever day of the course; below that dose there are raises."""
    below = held = 0
    bases = [*cases.bases(), *(cases.longer(tree) for tree in cases.bases())]
    wanting = [tree for tree in bases if Action.RAISE in (cases.decide(tree).action, cases.decide(tree).would_do)]
    for place in range(2 * MANY):
        random = Random(f"severe-{place}")
        tree = copy.deepcopy(random.choice(wanting))
        day, weekly = cases.severe_and_signed(tree, random)
        decided = cases.decide(tree)
        assert day in {str(one.on) for one in decided.review.severe}, (place, day)
        if Action.RAISE in (decided.action, decided.would_do):
            assert at_most(decided) < weekly, (place, day, weekly, _short(decided))
            below += 1
        held += decided.action is Action.HOLD and any(one.code == "hold_severe_before" for one in decided.reasons)
    assert below >= 5, below
    assert held >= MANY // 2, held


def test_the_law_would_notice_a_severe_harm_that_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: what happened is on the page, and no dose is taken for as much as that one."""
    monkeypatch.setattr(SevereHarm, "reached_by", lambda self, other: False)
    with pytest.raises(AssertionError):
        test_no_raise_reaches_a_dose_at_which_a_severe_harm_happened()


def test_the_laws_would_notice_a_harm_that_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: every entry taken as seen, every earlier reading as undone."""
    monkeypatch.setattr(Since, "unseen", lambda self, day: False)
    nothing = Standing((), ())
    monkeypatch.setattr("titrant.pathway.review.standing_since", lambda *given: nothing)
    with pytest.raises(AssertionError):
        test_an_unseen_harm_of_any_day_never_allows_more()
    with pytest.raises(AssertionError):
        test_a_good_day_never_undoes_a_bad_one()


def test_nothing_worse_is_followed_by_a_raise_that_was_not_there() -> None:
    for seed, change in enumerate(WORSE, 20):
        for way in never_more(change, seed, many=40):
            before, _, after = way.partition(" -> ")
            assert after != "raise" or before == "raise", way


def test_a_missing_fact_never_undoes_a_stop() -> None:
    """T10. What stops does not rest on anything else; without its own evidence nothing is proposed either."""
    stops = 0
    for place in range(MANY):
        random = Random(f"stop-{place}")
        tree = cases.a_case(random)
        cases._flag(tree, random)
        before = cases.decide(tree)
        if before.action is not Action.STOP:
            continue
        stops += 1
        kept = copy.deepcopy(tree)
        random.choice((cases._drop_reading, cases._drop_answer, cases._drop_condition, cases._drop_lists))(kept, random)
        assert cases.decide(kept).action is Action.STOP
    assert stops >= MANY // 2


def test_no_dose_passes_a_bound_and_no_raise_passes_a_step() -> None:
    raises = 0
    for place in range(MANY):
        decided = cases.decide(cases.a_case(Random(f"bound-{place}")))
        if decided.regimen is None:
            continue
        now, then, protocol = decided.review.level.regimen, decided.regimen, decided.review.protocol
        assert faults({"regimen": gate_content(decided, then)}, absolute_limits()) == []
        if decided.action is Action.RAISE:
            raises += 1
            assert now.dose.mg < then.dose.mg <= min(now.dose.mg + protocol.step.by.value.value, now.dose.mg * 2)
            assert then.dose.mg <= protocol.bounds.single.usual.value.value
            assert then.daily.mg <= protocol.bounds.daily.usual.value.value
            assert decided.outcome is Outcome.PROPOSED
            assert not decided.missing
        elif decided.action is not Action.HOLD:
            assert then.dose.mg < now.dose.mg
        assert (then.times_per_day, then.days_per_week) == (now.times_per_day, now.days_per_week)
    assert raises >= 10


def test_an_opinion_only_lowers_or_holds() -> None:
    """The seam of the response model: whatever it says, the dose is never above that of the rules."""
    for place in range(60):
        random = Random(f"opinion-{place}")
        case = shape_case(cases.a_case(random), "a case")
        assert case.on is not None
        alone = adjust_case(case, cases.library(), case.on)
        for most in (None, *Action):
            other = adjust_case(case, cases.library(), case.on, Opinion(most=most))
            assert proposed(other) <= proposed(alone)
            assert other.outcome is alone.outcome
            if alone.action in (Action.STOP, Action.PAUSE, Action.LOWER):
                assert other.action is alone.action


def test_the_order_of_entries_drugs_and_readings_does_not_matter() -> None:
    for place in range(80):
        random = Random(f"order-{place}")
        tree = cases.a_case(random)
        mixed = copy.deepcopy(tree)
        random.shuffle(mixed["given"]["diary"])
        random.shuffle(mixed["given"]["medications"]["list"])
        mixed["given"]["readings"] = dict(sorted(mixed["given"]["readings"].items(), reverse=True))
        assert _said(mixed) == _said(tree), place


_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


def test_shifting_every_day_shifts_every_answer() -> None:
    """T13. The same case three weeks or 101 days later: the same answer, its days moved by as many."""
    for place in range(60):
        for days in (21, 101):
            tree = cases.a_case(Random(f"shift-{place}"))
            moved = json.loads(_moved(json.dumps(tree), days))
            assert _said(moved) == _moved(_said(tree), days), place


def _moved(text: str, days: int) -> str:
    return _DAY.sub(lambda found: (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat(), text)


def _said(tree: cases.Tree) -> str:
    return json.dumps(adjustment_data(_adjusted(tree), _words()), sort_keys=True)


def _adjusted(tree: cases.Tree) -> Adjustment:
    case = shape_case(tree, "a case")
    assert case.on is not None
    return adjust_at(Desk(cases.library(), case.on), case)


_HELD: list[Words] = []


def _words() -> Words:
    if not _HELD:
        _HELD.append(Words(cases.library()))
    return _HELD[0]


def digest(many: int) -> str:
    """One name for the answers to many cases."""
    trees = [cases.a_case(Random(f"replay-{place}")) for place in range(many)]
    texts = [text for tree in trees for text in (case_sha256(_adjusted(tree)), _said(tree))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_replay_gives_the_same_bytes(hash_seed: str) -> None:
    """T13. Another process with another order of sets gives the same bytes."""
    program = "from tests.properties.test_following_laws import digest; print(digest(40))"
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == digest(40)


def test_a_changed_input_changes_the_name_of_the_case() -> None:
    """T11. A proposal names the inputs that it rests on; at signing the name must still be that of the case."""
    for place in range(80):
        random = Random(f"fresh-{place}")
        tree = cases.a_case(random)
        other = copy.deepcopy(tree)
        random.choice((cases.more_harm, cases.less_data, cases.later, cases.new_drug))(other, random)
        if other != tree:
            assert case_sha256(_adjusted(other)) != case_sha256(_adjusted(tree))


def test_the_laws_would_notice_a_raise() -> None:
    """A planted fault: a change that eases harm does give more, so the comparison is able to fail."""

    def eased(tree: cases.Tree, random: Random) -> None:
        tree.update(copy.deepcopy(cases.bases()[-1]))

    with pytest.raises(AssertionError):
        never_more(eased, 6)


@pytest.mark.release
@pytest.mark.parametrize("law", ["more_harm", "less_data", "later", "overdue", "new_drug", "unseen_harm"])
def test_a_hundred_thousand_pairs(law: str) -> None:
    """T10, 20,000 pairs for each of the six laws."""
    never_more(getattr(cases, law), 7, many=20_000)
