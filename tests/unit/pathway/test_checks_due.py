"""The calendar of checks, counted by hand: what must be there before a start, and what falls due on which day."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from tests.unit.made_up import DAY, quantity
from titrant.knowledge.library import shaped
from titrant.knowledge.shapes.monitoring import Check
from titrant.pathway.assess import Known
from titrant.pathway.checks_due import State, baseline, calendar, missing_baseline

SOURCED = {"source": "made-up", "status": "proposal"}
ENDS = DAY + timedelta(56)
OLDER = {"fact": "age", "is": "at_least", "value": "65 years"}


def check(name="liver", facts=("alt", "ast"), due=(), **needed):
    tree = {
        "id": name, "title": name.title(),
        "reviewed_on": "2026-01-01", "next_review": "2027-01-01", "facts": list(facts),
        "baseline": {"required": True, **SOURCED, **needed}, "due": [{**SOURCED, **one} for one in due],
        "blocks_raise": {"value": True, **SOURCED},
    }  # fmt: skip
    return shaped(tree, Check, f"{name}.yaml")


def knowing(*checks):
    return SimpleNamespace(checks={one.id: one for one in checks}, facts={})


def known(days_ago=0, fresh=True, readings=1):
    return Known("value", None if days_ago is None else DAY - timedelta(days_ago), fresh=fresh, readings=readings)


def assessed(**facts):
    return SimpleNamespace(on=DAY, facts=facts)


def days(*checks, values=None, steps=(DAY,), ends=ENDS):
    found = calendar(knowing(*checks), values or {}, steps, ends)
    return [(one.what, (one.due - DAY).days, one.after_dose) for one in found]


def gaps(assessment, row, values=None, already=()):
    return list(missing_baseline(assessment, knowing(row), values or {}, set(already)))


# Before a start


@pytest.mark.parametrize(
    ("alt", "ast", "state", "missing"),
    [
        (known(0), known(0), State.DONE, []),
        (known(30), known(30), State.DONE, []),
        (known(31), known(0), State.OVERDUE, [("alt", "baseline_too_old")]),
        (known(0), known(31), State.OVERDUE, [("ast", "baseline_too_old")]),
        (known(0, fresh=False), known(0), State.OVERDUE, [("alt", "baseline_too_old")]),
        (None, known(0), State.DUE, [("alt", "baseline_missing")]),
        (None, known(31), State.DUE, [("alt", "baseline_missing"), ("ast", "baseline_too_old")]),
        (None, None, State.DUE, [("alt", "baseline_missing"), ("ast", "baseline_missing")]),
        (known(None), known(0), State.OVERDUE, [("alt", "baseline_too_old")]),
    ],
)
def test_a_baseline_is_done_due_or_overdue(alt, ast, state, missing):
    facts = {name: one for name, one in (("alt", alt), ("ast", ast)) if one}
    row = check(within="30 days")
    (due,) = baseline(assessed(**facts), knowing(row), {})
    assert (due.what, due.state, due.due, due.phase, due.blocks_raise) == ("liver", state, DAY, "baseline", True)
    found = gaps(assessed(**facts), row)
    assert [(one.fact, one.why) for one in found] == missing


def test_a_check_without_an_age_limit_needs_only_to_be_there():
    (due,) = baseline(assessed(alt=known(9999)), knowing(check(facts=["alt"])), {})
    assert due.state is State.DONE


@pytest.mark.parametrize(("readings", "state"), [(1, State.OVERDUE), (2, State.DONE), (3, State.DONE)])
def test_a_check_may_need_two_readings(readings, state):
    row, facts = check(facts=["pulse"], readings=2), assessed(pulse=known(readings=readings))
    (due,) = baseline(facts, knowing(row), {})
    assert due.state is state
    found = [(one.why, one.facts["have"]) for one in gaps(facts, row)]
    assert found == ([] if state is State.DONE else [("baseline_too_few", "1")])


@pytest.mark.parametrize(
    ("values", "needed"),
    [({"age": quantity("65 years")}, True), ({"age": quantity("64 years")}, False), ({}, True)],
)
def test_a_check_that_only_some_need_is_needed_where_it_cannot_be_told(values, needed):
    row = check(when=OLDER)
    assert len(baseline(assessed(), knowing(row), values)) == (1 if needed else 0)
    assert bool(gaps(assessed(), row, values)) is needed


def test_a_check_that_is_not_required_is_not_asked_for():
    row = check(required=False)
    assert baseline(assessed(), knowing(row), {}) == ()
    assert gaps(assessed(), row) == []


# From the start to the end of the plan


def test_fixed_times_count_from_the_start_and_end_with_the_plan():
    row = check(due=[{"phase": "titration", "at": ["4 weeks", "8 weeks", "12 weeks"]}])
    assert days(row) == [("liver", 28, ""), ("liver", 56, "")]
    assert days(row, ends=DAY + timedelta(55)) == [("liver", 28, "")]


def test_a_rhythm_runs_from_the_start_to_the_last_day_of_the_plan():
    row = check(due=[{"phase": "titration", "every": "2 weeks"}])
    assert days(row) == [("liver", n, "") for n in (14, 28, 42, 56)]
    assert days(row, ends=DAY + timedelta(55)) == [("liver", n, "") for n in (14, 28, 42)]
    assert days(row, ends=DAY + timedelta(13)) == []


def test_a_rhythm_shorter_than_a_day_is_daily():
    row = check(due=[{"phase": "titration", "every": "8 hours"}])
    assert days(row, ends=DAY + timedelta(2)) == [("liver", 1, ""), ("liver", 2, "")]


def test_a_check_tied_to_a_dose_falls_on_each_step():
    row = check(due=[{"phase": "each_step", "after_dose": ["60 minutes", "2 hours"]}])
    steps = (DAY, DAY + timedelta(7))
    assert days(row, steps=steps) == [
        ("liver", 0, "2 hours"), ("liver", 0, "60 minutes"), ("liver", 7, "2 hours"), ("liver", 7, "60 minutes"),
    ]  # fmt: skip


def test_the_rhythm_of_maintenance_counts_only_where_titration_has_none():
    upkeep = {"phase": "maintenance", "every": "4 weeks"}
    assert days(check(due=[upkeep])) == [("liver", 28, ""), ("liver", 56, "")]
    assert days(check(due=[upkeep, {"phase": "titration", "at": ["1 weeks"]}])) == [("liver", 7, "")]
    both = check(due=[upkeep, {"phase": "each_step", "after_dose": ["1 hours"]}])
    assert days(both) == [("liver", 0, "1 hours"), ("liver", 28, ""), ("liver", 56, "")]


@pytest.mark.parametrize(
    ("values", "due"), [({"age": quantity("65 years")}, True), ({"age": quantity("64 years")}, False), ({}, True)]
)
def test_a_rule_for_some_holds_where_it_cannot_be_told(values, due):
    row = check(due=[{"phase": "titration", "every": "4 weeks", "when": OLDER}])
    assert bool(days(row, values=values)) is due


def test_the_calendar_is_in_order_of_days_and_then_of_names():
    late = check("bladder", due=[{"phase": "titration", "at": ["2 weeks", "1 weeks"]}])
    early = check("age", due=[{"phase": "titration", "at": ["2 weeks"]}])
    assert days(late, early) == [("bladder", 7, ""), ("age", 14, ""), ("bladder", 14, "")]


def test_what_falls_due_says_from_where_it_is_known():
    row = check(due=[{"phase": "titration", "at": ["1 weeks"]}])
    (one,) = calendar(knowing(row), {}, (DAY,), ENDS)
    assert (one.title, one.state, one.source, one.status, one.phase) == (
        "Liver", State.DUE, "made-up", "proposal", "titration",
    )  # fmt: skip
    assert one.due == date(2026, 11, 28)


@pytest.mark.parametrize(
    ("stroke", "already", "asked"),
    [(None, [], True), (None, ["stroke"], False), (None, ["psychosis"], True), ("active", ["stroke"], True),
     ("no", [], False)],
)  # fmt: skip
def test_a_check_that_hangs_on_a_condition_waits_while_that_is_being_asked(stroke, already, asked):
    row = check(when={"fact": "condition.stroke", "is": "equals", "value": "active"})
    values = {} if stroke is None else {"condition.stroke": stroke}
    assert bool(gaps(assessed(), row, values, already)) is asked
