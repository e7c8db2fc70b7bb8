"""The walk decides what the spine decides, on the same patient-days; and a slip in the walk would be seen."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from msgspec import structs

from tests.cohort.shared import PROTOCOLS, knowledge, question, rows, task
from titrant.cohort import spine
from titrant.cohort.running import Task, rows_of, task_of
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import REDUCING


def told(found: list[spine.Difference]) -> str:
    return "\n".join(
        f"person {one.person}, day {one.day}\n  walk  {one.walk}\n  spine {one.spine}" for one in found[:5]
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_walk_and_spine_agree_on_days_of_every_kind(protocol):
    held = rows(protocol)
    picked = spine.sampled(held, 60, seed=1)
    found = list(spine.differences(task(protocol).here, held, picked, knowledge()))
    assert len(picked) == 60
    assert not found, told(found)


def test_the_sample_holds_every_action():
    held = rows()
    actions = {int(held.days[i, t]["action"]) for i, t in spine.sampled(held, 60, seed=1)}
    assert actions == set(range(6))


def slipped(name: str, value: int):
    """The task with one length of the compiled protocol altered, as a slip of the pen would."""
    changed = task().here.rules.n.copy()
    changed[name] = value
    here = task().here
    return replace(task(), here=replace(here, rules=here.rules._replace(n=changed)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("window", 8), ("late_after", 2), ("diary_days", 4), ("step", 9000), ("aim", 310), ("interval", 8), ("trial", 27)],
)
def test_a_slip_in_the_walk_is_seen(name, value):
    broken = slipped(name, value)
    held = rows_of(broken, 0, 200)
    picked = spine.sampled(held, 400, seed=1)
    assert any(True for _ in spine.differences(broken.here, held, picked, knowledge())), name


@lru_cache(maxsize=1)
def lenient():
    """Knowledge in which no harm ends or lowers a course, so that severe harm lies behind many days of the walk."""
    known, name = knowledge(), "oral-guideline"
    following = known.protocols[name].following
    kept = tuple(
        rule
        for rule in following.rules
        if rule.action not in REDUCING
        or (rule.when is not None and not any(one.startswith(("flag_", "worst_")) for one in rule.when.facts()))
    )
    other = Library(known.trees, known.tables, known.approvals)
    other.__dict__.update(known.__dict__)
    changed = structs.replace(known.protocols[name], following=structs.replace(following, rules=kept))
    other.__dict__["protocols"] = {**known.protocols, name: changed}
    return other


def after_severe_harm(here: Task, many: int):
    """The walk of ``here``, and its days held by severe harm with those on which the dose was raised or held."""
    codes = [rule.code for rule in lenient().protocols["oral-guideline"].following.rules]
    held = rows_of(here, 0, 300)
    by_it = np.argwhere((held.days["rules"] >> np.uint64(codes.index("hold_severe_before"))) & np.uint64(1) == 1)
    return held, by_it[:: max(len(by_it) // many, 1)], spine.sampled(held, many, seed=3)


def test_walk_and_spine_agree_after_severe_harm():
    here = task_of(question(world="sensitive"), lenient())
    held, by_it, others = after_severe_harm(here, 80)
    assert len(by_it) >= 40
    found = list(spine.differences(here.here, held, np.concatenate([by_it, others]), lenient()))
    assert not found, told(found)


def test_a_walk_that_forgets_severe_harm_is_seen():
    """A planted fault: the rule that holds below an earlier severe harm never applies in the walk."""
    here = task_of(question(world="sensitive"), lenient())
    codes = [rule.code for rule in lenient().protocols["oral-guideline"].following.rules]
    table = here.here.rules.rules.copy()
    table[codes.index("hold_severe_before"), 6:8] = 0  # a rule over findings, with none
    broken = replace(here, here=replace(here.here, rules=here.here.rules._replace(rules=table)))
    held, _, others = after_severe_harm(broken, 200)
    assert any(True for _ in spine.differences(broken.here, held, others, lenient()))


def test_no_signature_of_the_walk_only_repeats_the_dose_before():
    """So the interval may run from the newest level; at the desk it runs from the first day of the regimen."""
    held = rows()
    for course, levels in zip(held.courses, held.levels, strict=True):
        parts = levels["parts"][: course["levels"]]
        assert not (parts[1:] == parts[:-1]).any()


@pytest.mark.release
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_walk_and_spine_agree_on_four_thousand_days(protocol):
    """Five protocols, 4,400 decisions each: at least 20,000 patient-days in all, over three worlds."""
    count = 0
    for world in ("usual", "careless", "sensitive"):
        here = task(protocol, "rules", world)
        held = rows_of(here, 0, 700)
        picked = spine.sampled(held, 1500, seed=2)
        found = list(spine.differences(here.here, held, picked, knowledge()))
        assert not found, told(found)
        assert held.courses["near_ties"].sum() == 0
        count += len(np.unique(picked, axis=0))
    assert count >= 4400
