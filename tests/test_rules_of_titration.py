"""The list of rules names scenarios and tests that are there, for every rule."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from tests.test_following import FILES, SEEN
from titrant.clinic.desk import Desk
from titrant.clinic.following import adjust_at
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.saying_following import adjustment_data
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Protocol
from titrant.terms.quantity import Quantity

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "rules-of-titration.md").read_text(encoding="utf-8")
SCENARIOS = ROOT / "tests" / "scenarios" / "following"


def test_all_forty_rules_are_listed_once_and_in_order() -> None:
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 41))


def test_every_scenario_that_is_named_is_there() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]
    named = {name for line in rows for name in re.findall(r"`([a-z-]+/[a-z0-9-]+)`", line)}
    assert len(named) >= 50
    assert [name for name in sorted(named) if not (SCENARIOS / f"{name}.yaml").exists()] == []


def test_every_test_that_is_named_is_there() -> None:
    assert [name for name in re.findall(r"`(tests/[a-z_/]+\.py)`", PAGE) if not (ROOT / name).exists()] == []


def test_the_twelve_worst_cases_are_there() -> None:
    listed = re.search(r"The twelve cases.*?all in", PAGE, re.DOTALL)
    assert listed
    names = re.findall(r"`([a-z-]+)`", listed[0])
    assert len(names) == 12
    assert {path.stem for path in (SCENARIOS / "worst-cases").glob("*.yaml")} == set(names)


# That a scenario turns on a rule is shown, not claimed: without the rule its expectation no longer holds.

Change = Callable[[Protocol], Protocol]


def silenced(code: str) -> Change:
    """The protocol without this rule of following."""

    def change(protocol: Protocol) -> Protocol:
        assert protocol.following is not None
        kept = tuple(rule for rule in protocol.following.rules if rule.code != code)
        return structs.replace(protocol, following=structs.replace(protocol.following, rules=kept))

    return change


def _ten_times(value: Sourced[Quantity]) -> Sourced[Quantity]:
    return structs.replace(value, value=Quantity(value.value.value * 10, value.value.unit))


def bounds_ten_times(protocol: Protocol) -> Protocol:
    held = protocol.bounds
    wider = {
        part: structs.replace(
            getattr(held, part), **{name: _ten_times(getattr(getattr(held, part), name)) for name in names}
        )
        for part, names in (
            ("single", ("usual", "hard_home")), ("daily", ("usual", "hard")), ("weekly", ("usual", "hard")),
        )
    }  # fmt: skip
    return structs.replace(protocol, bounds=structs.replace(held, **wider))


def steps_ten_times(protocol: Protocol) -> Protocol:
    return structs.replace(protocol, step=structs.replace(protocol.step, percent=_ten_times(protocol.step.percent)))


def any_baseline(protocol: Protocol) -> Protocol:
    assert protocol.following is not None
    response = protocol.following.response
    none = structs.replace(response.baseline_at_least, value=Quantity(Decimal(0), "points"))
    following = structs.replace(protocol.following, response=structs.replace(response, baseline_at_least=none))
    return structs.replace(protocol, following=following)


# Of each rule of the page that a running course can meet: a scenario that the page names, and what it turns on.
TURNS: list[tuple[int, str, Change]] = [
    (2, "hold/no-room-below-the-bound", bounds_ten_times),
    (3, "raise/cut-to-the-usual-bound", bounds_ten_times),
    (3, "by-hand/above-the-hard-bound", bounds_ten_times),
    (4, "raise/first-step-doubles-at-most", steps_ten_times),
    (5, "hold/goal-met", silenced("pain_goal_met")),
    (6, "by-hand/baseline-too-low", any_baseline),
    (7, "step-down/not-with-an-overdue-check", silenced("hold_overdue")),
    (8, "hold/four-diary-days", silenced("hold_thin_diary")),
    (9, "hold/interval-running", silenced("hold_interval")),
    (10, "hold/review-on-a-closed-day", silenced("hold_closed_day")),
    (11, "lower/moderate-dizziness", silenced("lower_effect")),
    (11, "stop/severe-dissociation-one-evening", silenced("stop_dissociation_severe")),
    (11, "pause/urinary-pain-mild", silenced("hold_urinary")),
    (13, "hold/poor-adherence", silenced("hold_not_taken")),
    (13, "hold/more-left-than-should-be", silenced("hold_left_over")),
    (14, "lower/missed-two-days", silenced("lower_missed")),
    (14, "pause/missed-four-days", silenced("pause_missed")),
    (15, "pause/resumed-by-oneself-after-five-days", silenced("pause_missed")),
    (16, "stop/missed-fifteen-days", silenced("stop_restart")),
    (17, "hold/sum-of-steps", silenced("hold_step_sum")),
    (20, "stop/plan-end-does-not-coast", silenced("plan_ended")),
    (21, "hold/resumed-and-not-signed", silenced("hold_resumed")),
    (22, "pause/suspended-by-programme", silenced("course_suspended")),
    (29, "stop/red-flag-chest-pain", silenced("stop_bp")),
    (37, "step-down/stable-and-good", silenced("step_down_trial")),
    (38, "hold/tolerance", silenced("hold_tolerance")),
    (38, "stop/no-benefit-after-the-trial", silenced("stop_no_benefit")),
    (39, "stop/two-flat-steps", silenced("stop_two_steps_no_effect")),
    (40, "hold/late-entries-do-not-count", silenced("hold_thin_diary")),
]


def with_protocol(known: Library, name: str, change: Change) -> Library:
    other = Library(known.trees, known.tables, known.approvals)
    other.__dict__.update(known.__dict__)
    other.__dict__["protocols"] = {**known.protocols, name: change(known.protocols[name])}
    return other


def holds(name: str, known: Library, change: Change | None = None) -> bool:
    """Whether the scenario's expectation holds, with the protocol as it is or changed."""
    case = case_of(open_document(SCENARIOS / f"{name}.yaml"))
    assert case.on is not None
    assert isinstance(case.expect, dict)
    here = with_protocol(known, case.protocol, change) if change else known
    desk = Desk(here, case.on)
    decided = adjust_at(desk, case)
    said = adjustment_data(decided, desk.words)
    try:
        return all(SEEN[key](decided, said, wanted) == wanted for key, wanted in case.expect.items() if key != "model")
    except (StopIteration, TypeError):  # what is looked for is not there any more
        return False


@pytest.mark.parametrize(("row", "name", "change"), TURNS, ids=[f"{row}-{name}" for row, name, _ in TURNS])
def test_the_scenario_turns_on_its_rule(row: int, name: str, change: Change, library: Library) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row} |"))
    assert f"`{name}`" in line, "the page does not name this scenario"
    assert holds(name, library)
    assert not holds(name, library, change)


def test_every_rule_with_a_scenario_is_shown_or_met_elsewhere() -> None:
    """A row that names scenarios and is not shown above is named here, so that none is forgotten."""
    rows = {
        int(line.split("|")[1])
        for line in PAGE.splitlines()
        if re.match(r"\| \d+ \|", line) and re.search(r"`[a-z-]+/[a-z0-9-]+`", line)
    }
    # What was taken, pieces, one proposal, tallies, stability and missing values are no rule that could be silenced.
    elsewhere = {12, 24, 28, 30, 32, 34}
    assert rows - {row for row, _, _ in TURNS} == elsewhere


def test_every_rule_of_following_has_a_scenario_that_turns_on_it(library: Library) -> None:
    spoken: dict[str, list[str]] = {}
    for path in FILES:
        case = case_of(open_document(path))
        assert case.on is not None
        decided = adjust_at(Desk(library, case.on), case)
        codes = {one.code for one in decided.reasons} | {one for many in decided.not_chosen.values() for one in many}
        for code in codes:
            spoken.setdefault(code, []).append(f"{path.parent.name}/{path.stem}")
    rules = {rule.code for one in library.protocols.values() if one.following for rule in one.following.rules}
    idle = [
        code
        for code in sorted(rules)
        if not any(not holds(name, library, silenced(code)) for name in spoken.get(code, []))
    ]
    assert idle == []


def test_a_scenario_that_does_not_turn_on_a_rule_is_seen(library: Library) -> None:
    """A planted fault: the proof is able to fail."""
    assert holds("hold/goal-met", library, silenced("hold_closed_day"))
