"""The doors through which a running course comes in: answers, imports, days. What cannot be is refused, and said."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.fhir.diaries import item
from tests.following.test_adjust import base
from titrant.cli.main import main
from titrant.clinic import answers
from titrant.clinic.answers import answers_onto
from titrant.clinic.case_tree import tree_of
from titrant.clinic.opening import shape_case
from titrant.clinic.write_case import case_as_yaml
from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.library import Library
from titrant.pathway.adjust import Adjustment, adjust_case
from titrant.pathway.case import Case
from titrant.pathway.diary import read_diary
from titrant.pathway.entries import entered_between
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import read_yaml

Tree = Any


def titrating(**given: Tree) -> Tree:
    tree = base("titrating")
    tree["given"].update(given)
    return tree


def case_of(tree: Tree) -> Case:
    return shape_case(tree, "a case")


def adjusted(case: Case, library: Library) -> Adjustment:
    return adjust_case(case, library, case.on or date(2026, 11, 21))


# Answers

HARMFUL = {"psychosis_screen": "positive", "urinary_symptoms": "some", "urine_drug_test": "unexpected", "consent": "no"}
CALM = {"psychosis_screen": "negative", "urinary_symptoms": "none", "urine_drug_test": "expected", "consent": "yes"}


def with_harm(name: str, on: str = "2026-11-20") -> Case:
    tree = titrating()
    tree["given"]["answers"][name] = {"answer": HARMFUL[name], "on": on, "by": "Dr Demo (synthetic)"}
    return case_of(tree)


def onto(case: Case, name: str, on: str | None) -> Case:
    return answers_onto(case, {"given": {"answered_on": on, "answers": {name: CALM[name]}}})


@pytest.mark.parametrize("on", ["2026-11-01", "2026-11-20", None])
@pytest.mark.parametrize("name", HARMFUL)
def test_an_older_or_same_day_answer_takes_no_harm_back(name: str, on: str | None) -> None:
    with pytest.raises(CaseFileError) as caught:
        onto(with_harm(name), name, on)
    assert f"The case says {HARMFUL[name]} on 2026-11-20 by Dr Demo (synthetic)" in caught.value.fault
    assert f"the answers say {CALM[name]}" in caught.value.fault


@pytest.mark.parametrize("name", HARMFUL)
def test_a_newer_answer_replaces_an_older_one_and_both_are_seen(name: str) -> None:
    merged = onto(with_harm(name, "2026-11-19"), name, "2026-11-21")
    replaced = merged.given.answers[name]
    assert not isinstance(replaced, str)
    assert replaced.answer == CALM[name]
    (line,) = merged.skipped
    assert f"{HARMFUL[name]} on 2026-11-19 by Dr Demo (synthetic) was replaced by {CALM[name]} on 2026-11-21" in line


def test_the_same_word_of_an_earlier_day_makes_nothing_older() -> None:
    case = with_harm("urinary_symptoms")
    same = {"urinary_symptoms": {"answer": "some", "on": "2026-10-01"}}
    assert (
        answers_onto(case, {"given": {"answers": same}}).given.answers["urinary_symptoms"]
        == (case.given.answers["urinary_symptoms"])
    )


def test_a_word_without_a_day_is_not_known_to_be_older() -> None:
    tree = titrating(answered_on=None)
    tree["given"]["answers"]["consent"] = "no"
    with pytest.raises(CaseFileError, match="The case says no"):
        onto(case_of(tree), "consent", "2026-11-21")


@pytest.mark.parametrize(
    "course", [{"plan_from": "2026-11-20"}, {"ends": "2026-12-30"}, {"daily_contact": "yes"}], ids=str
)
def test_what_was_signed_is_not_answered(course: Tree) -> None:
    tree = titrating()
    tree["given"]["course"] |= {"plan_from": "2026-11-07", "ends": "2026-12-01", "daily_contact": "no"}
    with pytest.raises(CaseFileError, match="what was signed is not answered"):
        answers_onto(case_of(tree), {"given": {"course": course}})


def test_an_entry_that_could_not_be_read_is_not_answered_away() -> None:
    case = case_of(titrating(diary_unread=["r1: x"]))
    assert answers_onto(case, {"given": {"diary_unread": []}}).given.diary_unread == ("r1: x",)


def test_these_tests_notice_answers_that_win_whatever_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_may_replace", lambda mine, other: True)
    assert onto(with_harm("consent"), "consent", "2026-11-01").given.answers["consent"]


# An import

DAY = item("day", {"valueDate": "2026-11-20"})
PATIENT = {"resourceType": "Patient", "id": "demo-01", "birthDate": "1974-05-02"}
CHEST_PAIN = item("flags", {"valueString": "chest_pain"})


def record(*items: Tree, **changes: Tree) -> Tree:
    made = {
        "resourceType": "QuestionnaireResponse", "id": "r7", "questionnaire": "titrant-diary", "status": "completed",
        "subject": {"reference": "Patient/demo-01"}, "authored": "2026-11-20", "item": [DAY, *items],
    }  # fmt: skip
    entries = [{"fullUrl": f"urn:x:{one['id']}", "resource": one} for one in (PATIENT, {**made, **changes})]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def everything_else(library: Library, bundle: Tree) -> Case:
    """The record with a whole, calm course laid over it."""
    return answers_onto(case_from_bundle(bundle, library), titrating())


LEFT_OUT = [
    record(CHEST_PAIN, item("comment", {"valueString": "hi"})),
    record(CHEST_PAIN, status="in-progress"),
    record(CHEST_PAIN, questionnaire="Titrant-Diary"),
    record(CHEST_PAIN, questionnaire="https://example.org/titrant-diary#v"),
    record(CHEST_PAIN, modifierExtension=[{"url": "x"}]),
    record(CHEST_PAIN, subject={"reference": "Group/demo-01"}),
    record(CHEST_PAIN, subject={"reference": "Patient/other/demo-01"}),
    record(item("effect.dissociation", {"valueInteger": 9})),
    record({"linkId": "g", "item": [CHEST_PAIN]}),
    {**record(item("taken", {"valueString": "all"})), "link": [{"relation": "next", "url": "x"}]},
    {**record(item("taken", {"valueString": "all"})), "total": 50},
]


@pytest.mark.parametrize("bundle", LEFT_OUT, ids=lambda one: str(LEFT_OUT.index(one)))
def test_a_diary_entry_that_an_import_leaves_out_keeps_from_deciding(bundle: Tree, library: Library) -> None:
    case = everything_else(library, bundle)
    assert len(case.given.diary_unread) == 1
    decided = adjusted(case, library)
    assert decided.outcome.value == "undecided"
    assert decided.regimen is None
    assert ("diary_unread", "diary_not_read") in {(one.fact, one.why) for one in decided.missing}


def test_what_was_entered_in_error_never_happened(library: Library) -> None:
    case = everything_else(library, record(CHEST_PAIN, status="entered-in-error"))
    assert case.given.diary_unread == ()
    assert not any(one.fact == "diary_unread" for one in adjusted(case, library).missing)


def test_what_was_left_out_is_written_down_and_read_back(library: Library) -> None:
    case = case_from_bundle(LEFT_OUT[0], library)
    again = case_of(read_yaml(case_as_yaml(case, library).encode()).tree)
    assert again.given.diary_unread == case.given.diary_unread != ()


@pytest.mark.parametrize("command", ["review", "adjust"])
def test_what_was_left_out_is_said_in_text_and_data(command: str, tmp_path: Path, library: Library) -> None:
    case = everything_else(library, LEFT_OUT[0])
    path = tmp_path / "case.json"
    path.write_text(json.dumps({**tree_of(case), "skipped": ["something of the record: not used"]}))
    run = CliRunner().invoke(main, [command, str(path), "--on", "2026-11-21"])
    assert "Diary entry r7, written on 2026-11-20: the item 'comment'" in " ".join(run.output.split())
    assert "something of the record: not used" in run.output
    said = json.loads(CliRunner().invoke(main, [command, str(path), "--on", "2026-11-21", "--json"]).output)
    reviewed = said if command == "review" else said["review"]
    assert [line.split(":")[0] for line in reviewed["skipped"]] == [
        "Diary entry r7, written on 2026-11-20", "something of the record",
    ]  # fmt: skip


# Days that cannot be


def with_course(**course: Tree) -> Tree:
    tree = titrating()
    tree["given"]["course"] |= course
    return tree


def supply(**changes: Tree) -> list[Tree]:
    return [{"on": "2026-11-14", "pieces": "42", "left": "6", "counted_on": "2026-11-20"} | changes]


def lifted(by: str, **changes: Tree) -> list[Tree]:
    one = {
        "since": "2026-11-10",
        "by": "patient",
        "lifted_on": "2026-11-12",
        "lifted_by": by,
        "lifted_as": "prescriber",
    }
    return [one | changes]


@pytest.mark.parametrize(
    ("course", "told"),
    [
        ({"supplies": [{"on": "2026-11-14", "pieces": "42", "left": "6"}]}, "left and counted_on belong together"),
        ({"supplies": [{"on": "2026-11-14", "pieces": "42", "counted_on": "2026-11-20"}]}, "belong together"),
        ({"supplies": supply(counted_on="2026-11-13")}, "before the supply of 2026-11-14"),
        ({"supplies": supply(counted_on="2026-11-25")}, "2026-11-25, after the day"),
        ({"plan_from": "2027-06-01"}, "run from 2027-06-01, after the day"),
        ({"ends": "2099-01-01"}, "by the protocol it ends by"),
        ({"ends": "2026-11-01"}, "is said to end on 2026-11-01"),
        ({"suspensions": lifted("the patient")}, "write the name of the prescriber"),
        ({"suspensions": lifted("Her husband")}, "write the name of the prescriber"),
        ({"suspensions": lifted("  ")}, "write the name of the prescriber"),
        ({"suspensions": lifted("Synthetic One")}, "who is the patient"),
        ({"suspensions": lifted("demo-01")}, "who is the patient"),
        ({"suspensions": lifted("Dr Demo", lifted_on=None)}, "lifted_on is missing"),
    ],
)  # fmt: skip
def test_a_course_that_cannot_be_is_refused(course: Tree, told: str, library: Library) -> None:
    with pytest.raises(CaseFileError, match=told):
        adjusted(case_of(with_course(**course)), library)


@pytest.mark.parametrize(
    "course",
    [
        {"supplies": supply()}, {"supplies": supply(counted_on="2026-11-14")}, {"plan_from": "2026-11-21"},
        {"ends": "2026-12-01"}, {"suspensions": lifted("Dr Son (synthetic)")}, {"suspensions": lifted("Ida Friend")},
    ],
    ids=str,
)  # fmt: skip
def test_a_course_that_can_be_is_read(course: Tree, library: Library) -> None:
    assert adjusted(case_of(with_course(**course)), library)


# The day of writing


@pytest.mark.parametrize(
    ("entered", "first", "last"),
    [
        ("2026-11-20", "2026-11-20", "2026-11-20"),
        ("2026-11-20T23:30:00-12:00", "2026-11-20", "2026-11-20"),
        ("2026-11-20T00:30:00+14:00", "2026-11-20", "2026-11-20"),
        ("2026-11-20T21:05", "2026-11-20", "2026-11-20"),
        ("2026-11-19T22:30:00Z", "2026-11-19", "2026-11-20"),
        ("2026-11-20T02:00:00Z", "2026-11-19", "2026-11-20"),
        ("2026-11-20T12:00:00+00:00", "2026-11-20", "2026-11-21"),
    ],
)  # fmt: skip
def test_an_instant_in_utc_may_be_of_two_days(entered: str, first: str, last: str) -> None:
    assert entered_between(entered) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("entered", ["2026-11-20T21:05+15:00", "0001-01-01T00:00Z", "9999-12-31T23:00Z", "yesterday"])
def test_what_is_no_day_of_writing_is_refused(entered: str) -> None:
    with pytest.raises(ValueError, match="entered is"):
        entered_between(entered)


def written(entered: str, library: Library, day: str = "2026-11-20") -> bool:
    """Whether an entry written then is late; decided on 21 November, in time up to the next day."""
    tree = titrating(diary=[{"day": day, "entered": entered}])
    protocol = library.protocols["oral-guideline"]
    assert protocol.following is not None
    (found,) = read_diary(case_of(tree), library, date(2026, 11, 21), protocol.following.late_after).days
    return found.late


def test_utc_is_not_the_future_and_never_in_time_when_it_was_late(library: Library) -> None:
    assert not written("2026-11-19T22:30:00Z", library)  # the 20th, east of UTC
    assert not written("2026-11-22T02:00:00Z", library)  # still the 21st, west of UTC
    assert not written("2026-11-20T01:00:00+01:00", library, "2026-11-19")
    assert written("2026-11-20T12:00:00Z", library, "2026-11-19")  # may be the 21st, so it counts as that
    assert not written("2026-11-20T09:00:00Z", library, "2026-11-19")


@pytest.mark.parametrize("entered", ["2026-11-22T12:00:00Z", "2026-11-19T09:00:00Z", "2026-11-22T00:30:00+01:00"])
def test_what_cannot_have_been_written_then_is_refused(entered: str, library: Library) -> None:
    with pytest.raises(CaseFileError, match="has not happened yet"):
        written(entered, library)
