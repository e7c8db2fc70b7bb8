"""A diary response is taken whole or not at all: no harm in it is lost in silence."""

import json
from random import Random
from typing import Any

import pytest

from tests.fhir import diaries
from tests.fhir.diaries import item
from tests.following.test_adjust import base
from titrant.clinic.opening import shape_case
from titrant.fhir import diary
from titrant.fhir.diary import diary_of, may_be_diary, read_diary
from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import child, children, code
from titrant.fhir.unused import Unused
from titrant.terms.errors import CaseFileError

Tree = Any
ROUNDS = 4000
CASE = shape_case(base("titrating"), "a case")
DAY = item("day", {"valueDate": "2026-11-20"})


def response(*items: Tree, **changes: Any) -> Tree:
    return {**diaries.response(Random(0)), "item": [DAY, *items], **changes}


def read(tree: Tree) -> tuple[Any, ...]:
    return diary_of(json.dumps(tree).encode(), CASE, "a.json")


def refusal(tree: Tree) -> str:
    with pytest.raises(CaseFileError) as caught:
        read(tree)
    assert caught.value.repair
    return caught.value.fault


# Harms


def losses(rounds: int = ROUNDS) -> tuple[list[str], int]:
    """The damaged responses of which a harm is lost in silence, and how many were read at all."""
    found, taken = [], 0
    for seed in range(rounds):
        tree = diaries.damaged(Random(seed))
        try:
            (entry,) = read(tree)
        except CaseFileError:
            continue
        taken += 1
        if missing := diaries.lost(tree, entry):
            found.append(f"seed {seed}: {missing}")
    return found, taken


def test_no_damage_loses_a_harm_in_silence() -> None:
    found, taken = losses()
    assert found == []
    assert taken > ROUNDS // 8, "where everything is refused nothing is shown"


def test_an_undamaged_response_keeps_every_harm() -> None:
    for seed in range(200):
        tree = diaries.response(Random(seed))
        (entry,) = read(tree)
        assert diaries.harms(tree)
        assert diaries.lost(tree, entry) == set()


def _lenient(items: Tree) -> dict[str, Any]:
    """A reading as it must not be: it passes over what has no answer, takes the last of several, looks at one level."""
    tree: dict[str, Any] = {}
    for one in children({"item": items}, "item"):
        link, answers = code(one, "linkId"), children(one, "answer")
        head, _, name = link.partition(".")
        if not answers:
            continue
        values = [code(answer, "valueString") or code(child(answer, "valueCoding"), "code") for answer in answers]
        if link in ("flags", "blood_pressure"):
            tree[link] = values
        elif link == "day":
            tree["day"] = code(answers[0], "valueDate")
        elif link == "no_effects":
            tree.setdefault("effects", {})
        elif head == "effect":
            tree.setdefault("effects", {})[name] = answers[0]["valueInteger"]
        elif link not in ("taken", "pain.average"):
            raise ValueError(link)
    return tree


def test_the_search_for_lost_harms_finds_a_lenient_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diary, "entry_tree", _lenient)
    found, _ = losses(ROUNDS // 4)
    assert len(found) > 20


def test_a_record_reads_a_damaged_response_or_names_it() -> None:
    for seed in range(ROUNDS // 4):
        tree = diaries.damaged(Random(seed))
        found = read_diary([tree], [], Unused())
        assert len(found.entries) + len(found.unread) == 1
        assert not any(diaries.lost(tree, entry) for entry in found.entries)


# What refuses a response

GRADE = {"valueInteger": 3}
FLAG = {"valueString": "chest_pain"}


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([{"linkId": "safety", "item": [item("flags", FLAG)]}], "'safety' is not known"),
        ([{"linkId": "flags", "item": [item("flags", FLAG)]}], "'flags' holds further items"),
        ([item("taken", {"valueString": "all", "item": [item("flags", FLAG)]})], "an answer to 'taken' holds further"),
        ([item("effect.nausea", GRADE), item("effect.nausea", {"valueInteger": 0})], "'effect.nausea' stands there"),
        ([item("flags", FLAG), item("flags", {"valueString": "took_extra"})], "'flags' stands there more than once"),
        ([DAY], "'day' stands there more than once"),
        ([{"linkId": "comment", "text": "blood"}], "'comment' is not known"),
        ([{"linkId": "flags", "text": "chest pain"}], "'flags' has no answer"),
        ([{"linkId": "flags", "answer": []}], "'flags' has no answer"),
        ([{"linkId": "flags", "answer": FLAG}], "'flags' has no answer"),
        ([{"linkId": "flags", "answer": [None]}], "an answer to 'flags' holds nothing"),
        ([item("flags", {**FLAG, "valueBoolean": False})], "holds valueBoolean, valueString"),
        ([item("flags", {"valueString": " "})], "'flags' has no word"),
        ([item("flags", {"valueCoding": {"display": "chest_pain"}})], "'flags' has no word"),
        ([item("no_effects", {"valueBoolean": False})], "'no_effects' is not true"),
        ([item("no_effects", {"valueBoolean": True}), item("effect.nausea", GRADE)], "it says no_effects and effect"),
        ([item("effect.", GRADE)], "'effect.' is not known"),
        ([item("sleep", {"valueInteger": "3"})], "'sleep' is not a whole number"),
        ([[item("flags", FLAG)]], "item 2 is no item"),
        ([None], "item 2 is no item"),
        ([{**item("flags", FLAG), "value": "chest_pain"}], "'flags' holds 'value'"),
    ],
)  # fmt: skip
def test_an_item_that_is_not_certain_refuses_the_file(items: list[Tree], told: str) -> None:
    assert told in refusal(response(*items))


@pytest.mark.parametrize(
    "change",
    [
        {"item": item("flags", FLAG)}, {"item": []}, {"item": None}, {"items": [item("flags", FLAG)]},
        {"group": {"question": []}}, {"contained": [{"resourceType": "Observation"}]}, {"authored": 20261120},
        {"authored": "2026-11"}, {"authored": "2026-11-20T21:05:00+20:00"}, {"id": 3},
    ],
)  # fmt: skip
def test_a_response_with_something_beside_its_items_refuses_the_file(change: Tree) -> None:
    assert refusal(response(**change)).startswith("entry 1: ")


def test_what_harms_nothing_is_read() -> None:
    contained = [{"resourceType": "Questionnaire", "id": "q"}]
    (entry,) = read(response({**item("taken", {"valueString": "all"}), "text": "Doses"}, contained=contained))
    assert entry.taken == "all"
    zero = item("effect.nausea", {"valueInteger": 0})
    (entry,) = read(response(item("no_effects", {"valueBoolean": True}), zero))
    assert entry.effects == {"nausea": 0}


# The whole file, and whose it is

PATIENT = {"resourceType": "Patient", "id": "demo-01", "birthDate": "1974-05-02"}


def bundle(*resources: Tree, **changes: Any) -> Tree:
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources], **changes}


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (bundle(response(), total=50, type="searchset"), "1 of 50 entries"),
        (bundle(response(), link=[{"relation": "next", "url": "x"}]), "one page of several"),
        (bundle(response(), total="50"), "total is not a number"),
        (bundle(response(), type="history"), "type 'history'"),
        (bundle(response(), implicitRules="x"), "rules that are not known"),
        ({"resourceType": "Bundle", "entry": {"resource": response()}}, "no list of entries"),
        ({"resourceType": "Bundle", "entry": [{"resource": response()}, 3]}, "entry 2 of the bundle holds no resource"),
        ({"resourceType": "Bundle", "entry": [{"resource": response(), "request": {"method": "DELETE"}}]}, "change"),
        (bundle({**PATIENT, "birthDate": "1990-01-01"}, response()), "was born 1990-01-01"),
        (bundle({**PATIENT, "birthDate": "1975"}, response()), "was born 1975"),
        (bundle({**PATIENT, "id": "other"}, response()), "its Patient is other"),
        (bundle({**PATIENT, "active": False}, response()), "not in active use"),
        (bundle(PATIENT, {**PATIENT, "name": [{"family": "Synthetic"}]}, response()), "more than once"),
        (bundle(PATIENT, {**PATIENT, "identifier": [{"value": "7"}]}, response()), "more than once"),
        ({"resourceType": "Bundle", "entry": [
            {"fullUrl": "https://example.org/Patient/other", "resource": PATIENT}, {"resource": response()},
        ]}, "its Patient is demo-01"),
        ([response()], "no FHIR resource"),
    ],
)  # fmt: skip
def test_a_part_of_a_file_or_another_person_refuses_it(tree: Tree, told: str) -> None:
    assert told in refusal(tree)


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/other/demo-01"}, {"reference": "Group/demo-01"}, {"reference": "demo-01"},
        {"reference": "https://example.org/Patient/demo-01"}, {"reference": "Patient/demo-01/_history/2"},
        {"reference": "Patient/demo-01", "identifier": {"value": "zzz"}}, {"reference": "urn:uuid:1"},
        {"reference": "Patient/demo-01", "type": "Group"}, {"identifier": {"value": "demo-01"}}, {}, "Patient/demo-01",
    ],
)  # fmt: skip
def test_a_subject_that_is_not_surely_the_person_refuses_the_file(subject: Tree) -> None:
    assert "its subject" in refusal(response(subject=subject))


def test_the_person_may_be_named_by_the_patient_beside() -> None:
    known = {**PATIENT, "identifier": [{"system": "urn:clinic", "value": "7"}]}
    subject = {"reference": "urn:uuid:1", "identifier": {"system": "urn:clinic", "value": "7"}}
    entries = [{"fullUrl": "urn:uuid:1", "resource": known}, {"resource": response(subject=subject)}]
    assert len(read({"resourceType": "Bundle", "total": 2, "entry": entries})) == 1
    assert len(read(bundle({**PATIENT, "birthDate": "1974-05"}, response()))) == 1


# In a record


@pytest.mark.parametrize(
    "change",
    [
        {"item": [DAY, item("comment", FLAG)]}, {"status": "in-progress"}, {"status": "stopped"}, {"status": None},
        {"item": [DAY, item("effect.dissociation", {"valueInteger": 9})]}, {"questionnaire": "Titrant-Diary"},
        {"questionnaire": "https://example.org/titrant-diary#v1"}, {"questionnaire": "titrant_diary/history"},
        {"questionnaire": None, "item": [DAY, {"linkId": "g", "item": [item("flags", FLAG)]}]},
    ],
)  # fmt: skip
def test_a_response_of_a_record_that_cannot_be_read_is_named(change: Tree) -> None:
    found = read_diary([response(**change)], [], Unused())
    assert found.entries == ()
    (told,) = found.unread
    assert told.startswith("r1, written on 2026-11-20: ")


def test_of_what_was_entered_in_error_only_the_import_speaks() -> None:
    unused = Unused()
    wrong = response(status="entered-in-error")
    found = read_diary([wrong], [Doubtful(wrong, "it carries a modifier")], unused)
    assert found.unread == ()
    assert len(unused.lines()) == 2


def test_another_questionnaire_is_no_diary() -> None:
    assert not may_be_diary({"questionnaire": "https://example.org/phq9", "item": [item("sleep", GRADE)]})
