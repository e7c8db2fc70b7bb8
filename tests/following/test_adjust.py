"""What holds for every adjustment, beyond single scenarios."""

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from tests.properties import following_cases as cases
from titrant.clinic.opening import shape_case
from titrant.knowledge.library import Library, load
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Opinion, adjust, adjust_case
from titrant.pathway.next_dose import taper
from titrant.pathway.plan import Outcome
from titrant.pathway.review import Review, review
from titrant.pathway.screen import Ledger
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.reason import Reason


def base(name: str) -> cases.Tree:
    names = sorted(path.stem for path in cases.BASES.glob("*.yaml"))
    return copy.deepcopy(cases.bases()[names.index(name)])


def test_a_protocol_that_is_not_in_use_proposes_nothing() -> None:
    case = shape_case(base("titrating"), "a case")
    assert case.on is not None
    decided = adjust_case(case, load(), case.on)
    assert decided.outcome is Outcome.REFUSED
    assert decided.regimen is None
    assert "protocol_not_in_use" in {one.code for one in decided.reasons}


def test_a_protocol_without_rules_of_following_is_refused(library: Library) -> None:
    trees = dict(library.trees)
    path = "protocols/oral-guideline/1.yaml"
    trees[path] = {key: value for key, value in trees[path].items() if key != "following"}
    case = shape_case(base("titrating"), "a case")
    assert case.on is not None
    with pytest.raises(CaseFileError, match="rules for following"):
        adjust_case(case, Library(trees, library.tables, library.approvals), case.on)


def test_a_check_that_did_not_run_stops_every_proposal_but_a_safer_one(library: Library) -> None:
    """T27. Fail closed: nothing is kept or raised on a check that failed; a stop needs no other check."""
    broken = Ledger(("a", "b"), ("a",), ("b: ValueError",))
    for flags, action in (((), None), (("yellow_eyes",), Action.STOP)):
        tree = base("titrating")
        tree["given"]["diary"][-1]["flags"] = list(flags)
        case = shape_case(tree, "a case")
        assert case.on is not None
        found = review(case, library, case.on)
        failed = structs.replace(found, screening=structs.replace(found.screening, ledger=broken))
        decided = adjust(failed, library)
        assert decided.action is action
        assert decided.regimen is None


def at_its_end(library: Library) -> Review:
    """The stable course on the day on which its plan ends: stop, by a taper."""
    tree = base("stable")
    tree["given"]["course"]["plan_from"] = "2026-08-29"
    case = shape_case(tree, "a case")
    assert case.on is not None
    return review(case, library, case.on)


def test_no_taper_is_proposed_on_a_check_that_failed_or_knowledge_past_its_review(library: Library) -> None:
    """A taper gives doses: what forbids every proposal forbids it, and says so."""
    found = at_its_end(library)
    assert adjust(found, library).taper
    ledger = Ledger(("a", "b"), ("a",), ("b: ValueError",))
    old = structs.replace(found.protocol, next_review=found.on - timedelta(days=1))
    for code, changed in (
        ("check_failed", {"screening": structs.replace(found.screening, ledger=ledger)}),
        ("check_failed", {"standing": structs.replace(found.standing, failed=("a check",))}),
        ("knowledge_past_review", {"protocol": old}),
    ):
        decided = adjust(structs.replace(found, **changed), library)
        assert (decided.action, decided.taper, decided.regimen, decided.call) == (Action.STOP, (), None, True), code
        assert {"no_taper_refused", code} <= {one.code for one in decided.reasons}


def test_a_taper_of_which_no_step_can_be_measured_is_a_stop(library: Library) -> None:
    assert taper(at_its_end(library), Dose.parse("0.1 mg")) == ()


def test_knowledge_past_its_review_raises_nothing(library: Library) -> None:
    case = shape_case(base("titrating"), "a case")
    assert case.on is not None
    found = review(case, library, case.on)
    gone = structs.replace(found.protocol, next_review=found.on - timedelta(days=1))
    decided = adjust(structs.replace(found, protocol=gone), library)
    assert decided.outcome is Outcome.REFUSED
    assert decided.regimen is None


def test_the_next_review_follows_stability(library: Library) -> None:
    """Rule 32: a call brings it within days, a change within an interval."""
    days = {}
    for name, change in (("titrating", {}), ("stable", {}), ("stable", {"flags": ["yellow_eyes"]})):
        tree = base(name)
        tree["given"]["diary"][-1].update(change)
        case = shape_case(tree, "a case")
        assert case.on is not None
        decided = adjust_case(case, library, case.on)
        assert decided.next_review is not None
        days[name, bool(change)] = (decided.next_review - case.on).days
    assert days == {("titrating", False): 7, ("stable", False): 7, ("stable", True): 3}


@pytest.mark.parametrize(
    ("most", "action"), [(Action.HOLD, Action.HOLD), (Action.LOWER, Action.STEP_DOWN_TRIAL), (None, Action.RAISE)]
)
def test_an_opinion_holds_back_a_raise_and_says_why(library: Library, most: Action | None, action: Action) -> None:
    why = Reason("model_holds_back", "model", {})
    case = shape_case(base("titrating"), "a case")
    assert case.on is not None
    decided = adjust_case(case, library, case.on, Opinion(most=most, reason=why))
    assert decided.action is action
    assert (decided.reasons[0].code == "model_holds_back") is (most is not None)


def test_no_course_is_refused_with_what_to_do(library: Library) -> None:
    tree = base("titrating")
    del tree["given"]["course"]
    with pytest.raises(CaseFileError, match="titrant plan"):
        cases.decide(tree)


@pytest.mark.parametrize(
    "entry",
    [
        {"day": "2026-11-22", "entered": "same day"},
        {"day": "2026-11-20", "entered": "2026-11-19"},
        {"day": "2026-11-20", "entered": "2026-11-25"},
        {"day": "2025-01-01", "through": "2026-11-20", "entered": "same day"},
        {"day": "2026-11-20", "entered": "same day", "blood_pressure": ["78/126 mmHg"]},
        {"day": "2026-11-20", "entered": "yesterday"},
        {"day": "2026-11-20", "entered": "same day", "effects": {"dizziness": 5}},
        {"day": "2026-11-20", "entered": "same day", "effects": {"giddiness": 1}},
        {"day": "2026-11-20", "entered": "same day", "pain": {"average": 11}},
        {"day": "2026-11-20", "entered": "same day", "pain": {"average": -1}},
        {"day": "2026-11-20", "entered": "same day", "sleep": 12},
        {"day": "2026-11-20", "entered": "same day", "doses": [{"what": "taken", "dose": "10"}]},
        {"day": "2026-11-20", "entered": "same day", "doses": [{"what": "taken", "pieces": "NaN"}]},
        {"day": "2026-11-20", "entered": "same day", "mystery": 1},
    ],
)
def test_an_entry_that_cannot_be_is_refused(entry: dict[str, Any]) -> None:
    tree = base("titrating")
    tree["given"]["diary"].append(entry)
    with pytest.raises(CaseFileError):
        cases.decide(tree)


def test_the_same_id_counts_once_and_never_for_two_things() -> None:
    """T20: sameness is the device's id, never time or value."""
    tree = base("titrating")
    dose = {"what": "taken", "dose": "10 mg"}
    entry = {"day": "2026-11-20", "entered": "same day", "id": "e1", "doses": [dose] * 3}
    tree["given"]["diary"][-1] = {**tree["given"]["diary"][-1], "taken": ""}
    tree["given"]["diary"] += [entry, copy.deepcopy(entry)]
    once = cases.decide(tree).review.taken.taken
    tree["given"]["diary"][-1]["id"] = "e2"
    assert cases.decide(tree).review.taken.taken == once + 3
    tree["given"]["diary"][-1]["id"] = "e1"
    tree["given"]["diary"][-1]["mood"] = 3
    with pytest.raises(CaseFileError, match="two different entries"):
        cases.decide(tree)


def test_the_taper_ends_and_never_rises() -> None:
    decided = cases.decide(base("steps"))
    doses = [one.regimen.dose.mg if one.regimen else Decimal(0) for one in decided.taper]
    assert doses == sorted(doses, reverse=True)
    assert len(set(doses)) == len(doses) == 4
    assert doses[-1] == 0
    assert all(one.earliest <= one.latest for one in decided.taper)
