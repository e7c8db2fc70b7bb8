"""What an entry opens at once: a task in plain words with its grade, without reading the past."""

import time
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from msgspec import structs

from titrant.clinic.acts.flags import tasks_for
from titrant.knowledge.shapes.triage import DoseSign
from titrant.pathway.entries import DoseTaken, Entry, Flag, PainScores
from titrant.record.states import State
from titrant.record.summary import OpenTask, Summary
from titrant.terms.quantity import Quantity

DAY = date(2026, 11, 20)
REGIMEN = {"dose_mg": "20", "pieces_per_dose": "1", "times_per_day": "2", "product": "a troche"}
ON_PLAN = Summary(case="a", version=7, state=State.ON_PLAN, regimen=REGIMEN)


@pytest.fixture
def desk(office: Any) -> Any:
    return structs.replace(office, now=lambda: datetime(2026, 11, 20, 20, 0, tzinfo=UTC))


def told(desk: Any, summary: Summary = ON_PLAN, **entry: Any) -> list[tuple[str, str]]:
    drafts = tasks_for(desk, summary, Entry(day=DAY, id="e1", **entry))
    return [(one.body["grade"], one.body["why"]) for one in drafts]


def dose(mg: str = "", what: Any = "taken", pieces: str = "") -> DoseTaken:
    return DoseTaken(what=what, dose=Quantity.parse(mg) if mg else None, pieces=pieces)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"flags": ("chest_pain",)}, ("now", "Chest pain on 2026-11-20")),
        ({"flags": ("suicidal_thoughts",)}, ("now", "Thoughts of suicide on 2026-11-20")),
        ({"flags": ("took_extra",)}, ("today", "Says that more was taken than planned on 2026-11-20")),
        ({"effects": {"urinary_blood": 1}}, ("today", "Blood in the urine on 2026-11-20")),
        ({"effects": {"urinary_urgency": 1}}, ("today", "Urinary urgency on 2026-11-20")),
        ({"effects": {"confusion": 3, "nausea": 3}}, ("today", "Severe confusion, nausea on 2026-11-20")),
        ({"effects": {"dissociation": 4}}, ("now", "Dissociation: emergency grade, on 2026-11-20")),
        ({"blood_pressure": ("184/96 mmHg",)}, ("now", "Blood pressure 184/96 mmHg on 2026-11-20")),
        ({"blood_pressure": ("126/78 mmHg", "164/92 mmHg")}, ("today", "Blood pressure 164/92 mmHg on 2026-11-20")),
        ({"doses": (dose("30 mg"),)}, ("today", "More than the signed dose: 30 mg instead of 20 mg on 2026-11-20")),
        ({"doses": (dose(pieces="2"),)}, ("today", "More than the signed dose: 2 pieces instead of 1 on 2026-11-20")),
        ({"doses": (dose("20 mg"),) * 3},
         ("today", "More than the signed dose: 3 doses, 2 are planned on 2026-11-20")),
        ({"doses": (dose("10 mg", "unplanned"),)}, ("today", "An unplanned dose (10 mg) on 2026-11-20")),
    ],
)  # fmt: skip
def test_an_entry_says_who_is_told_and_in_which_words(desk: Any, entry: Any, says: tuple[str, str]) -> None:
    assert told(desk, **entry) == [says]


def test_an_ordinary_day_opens_nothing(desk: Any) -> None:
    mild = {"dizziness": 1, "fatigue": 2}
    day = {"taken": "all", "pain": PainScores(average=6), "effects": mild, "blood_pressure": ("138/84 mmHg",)}
    assert told(desk, **day, doses=(dose("20 mg"), dose("20 mg"))) == []


def test_a_dose_while_suspended_and_a_dose_without_a_plan_are_told(desk: Any) -> None:
    suspended = structs.replace(ON_PLAN, state=State.SUSPENDED)
    assert told(desk, suspended, taken="all") == [
        ("today", "A dose was taken while the plan is suspended on 2026-11-20")
    ]
    assert told(desk, Summary(case="b"), taken="all") == [
        ("today", "An unplanned dose (amount not given) on 2026-11-20")
    ]


def test_the_gravest_comes_first_and_a_stretch_names_its_days(desk: Any) -> None:
    entry = {"flags": ("took_extra", "chest_pain"), "effects": {"urinary_pain": 2}}
    assert [grade for grade, _ in told(desk, **entry)] == ["now", "today", "today"]
    assert told(desk, through=date(2026, 11, 21), flags=("yellow_eyes",)) == [
        ("today", "Yellow eyes or skin from 2026-11-20 to 2026-11-21")
    ]


def test_what_is_open_is_not_opened_again_unless_it_may_be_an_emergency(desk: Any) -> None:
    tasks = {
        code: OpenTask(id=code, grade="today", code=code, why="", since="")
        for code in ("urinary_symptom", "chest_pain")
    }
    known = structs.replace(ON_PLAN, tasks=tasks)
    assert told(desk, known, effects={"urinary_urgency": 1}) == []
    assert told(desk, known, flags=("chest_pain",)) == [("now", "Chest pain on 2026-11-20")]


def test_a_task_says_until_when_somebody_answers(desk: Any) -> None:
    (task,) = tasks_for(desk, ON_PLAN, Entry(day=DAY, id="e1", flags=("chest_pain",)))
    assert task.body["due"] == "2026-11-20T21:00:00.000000Z"
    assert task.body["entry"] == "e1"
    again = tasks_for(desk, ON_PLAN, Entry(day=DAY, id="e1", flags=("chest_pain",)))
    assert [one.body["id"] for one in again] == [task.body["id"]]


def test_every_red_flag_of_the_diary_and_every_dose_beyond_the_plan_is_graded(desk: Any) -> None:
    triage = desk.library.triage
    assert {flag for sign in triage.signs for flag in sign.flags} == set(get_args(Flag))
    assert {dose for sign in triage.signs for dose in sign.doses} == set(get_args(DoseSign))
    severe = [rule.following.severe_effect_from.value.value for rule in desk.library.protocols.values()]
    any_effect = [sign.grade_from.value for sign in triage.signs if sign.grade_from and not sign.effects]
    assert min(any_effect) <= min(severe)  # what a protocol calls severe is never left without a grade


def test_every_line_that_the_program_says_has_words(desk: Any) -> None:
    """The codes stand in the program as text: each must be a line of the triage."""
    import re
    from inspect import getsource

    from titrant.clinic import worklines
    from titrant.clinic.acts import judging

    said = re.findall(r'line\((?:office\.)?library, "([a-z_]+)"', getsource(worklines) + getsource(judging))
    codes = {*said, *worklines._CODES.values(), "decide_by_hand", "silent", "silent_long"}
    assert len(codes) > 15
    assert codes <= {one.code for one in desk.library.triage.lines}


def test_it_holds_up_no_entry(desk: Any) -> None:
    """Half a millisecond of this thread is usual; only a fall out of all proportion is looked for."""
    entry = Entry(day=DAY, id="e1", flags=("chest_pain",), effects={"confusion": 3}, blood_pressure=("190/110 mmHg",))
    tasks_for(desk, ON_PLAN, entry)
    begun = time.thread_time()
    for _ in range(50):
        tasks_for(desk, ON_PLAN, entry)
    assert (time.thread_time() - begun) / 50 < 0.05
