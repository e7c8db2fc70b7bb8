"""Diaries from CSV and from FHIR: every bad line is named, nothing is half taken over."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.following.test_adjust import base
from titrant.cli.main import main
from titrant.clinic.diary_csv import COLUMNS, entries_of
from titrant.clinic.opening import shape_case
from titrant.fhir.diary import diary_of
from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.library import Library
from titrant.pathway.entries import Entry
from titrant.terms.errors import CaseFileError

ROOT = Path(__file__).parent.parent.parent
CASE = str(ROOT / "demo" / "following-ready-for-a-step.yaml")
HEAD = "day,entered,taken,pain_average,effects,blood_pressure"


def csv_of(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines, "")).encode()


def test_a_full_line_becomes_an_entry() -> None:
    head = ",".join(COLUMNS)
    line = (
        '2026-11-20,2026-11-20T21:05+01:00,e1,,slept in,"taken at 08:00 10 mg; unplanned at 03:00 5 mg = 0.5 pieces; '
        'taken at 21:00 25 mg = 0.25 pieces held 20 minutes then swallowed; missed at 14:00 because forgot",'
        '5,4,8,partly,6,7,5,6,7,"dizziness 1; nausea 2",took_extra,"126/78 mmHg; 130/80 mmHg",paracetamol x 2,no'
    )
    (found,) = entries_of(f"{head}\r\n{line}\r\n".encode(), "a.csv")
    assert [one.what for one in found.doses] == ["taken", "unplanned", "taken", "missed"]
    assert (found.doses[2].hold_minutes, found.doses[2].then, found.doses[3].reason) == (20, "swallowed", "forgot")
    assert found.effects == {"dizziness": 1, "nausea": 2}
    assert (found.id, found.rescue[0].drug, found.rescue[0].times) == ("e1", "paracetamol", 2)
    assert len(found.blood_pressure) == 2


def test_none_and_not_asked_are_two_things() -> None:
    asked, not_asked = entries_of(csv_of("2026-11-20,same day,all,5,none,", "2026-11-19,same day,all,5,,"), "a.csv")
    assert asked.effects == {}
    assert not_asked.effects is None


BAD = (
    "2026-13-20,same day,all,5,none,",
    "2026-11-20,same day,all,11,none,",
    "2026-11-20,same day,all,5.5,none,",
    "2026-11-20,same day,ALL,5,none,",
    "2026-11-20,same day,all,5,giddiness 1,",
    "2026-11-20,same day,all,5,dizziness 5,",
    "2026-11-20,same day,all,5,dizziness,",
    "2026-11-20,tomorrow,all,5,none,",
    "2026-11-20,same day,all,5,none",
    "2026-11-20,same day,all,5,none,,extra",
    "2026-11-20,same day,all,٥,none,",
    "2026-11-20,same day,all,NaN,none,",
    ",same day,all,5,none,",
)


def test_each_bad_line_is_named_and_nothing_is_taken_over() -> None:
    good = "2026-11-20,same day,all,5,none,126/78 mmHg"
    with pytest.raises(CaseFileError) as caught:
        entries_of(csv_of(good, *BAD, good), "a.csv")
    for number in range(3, 3 + len(BAD)):
        assert f"line {number}: " in caught.value.fault
    assert f"{len(BAD)} of {len(BAD) + 2} lines" in caught.value.fault


@pytest.mark.parametrize("bad", BAD)
def test_one_bad_line_refuses_the_file(bad: str) -> None:
    with pytest.raises(CaseFileError, match="line 2: "):
        entries_of(csv_of(bad), "a.csv")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", HEAD.encode(), b"day,entered,day\n2026-11-20,same day,2026-11-20\n", b"day,entered,dose\n1,2,3\n",
        b"day,taken\n2026-11-20,all\n", b"\xff\xfe", b"<html>", b'day,entered\n"2026-11-20,same day\n',
    ],
)  # fmt: skip
def test_what_is_no_diary_is_refused(raw: bytes) -> None:
    with pytest.raises(CaseFileError):
        entries_of(raw, "a.csv")


# FHIR


def response(**changes: Any) -> dict[str, Any]:
    made = {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "questionnaire": "https://example.org/Questionnaire/titrant-diary|1",
        "status": "completed",
        "subject": {"reference": "Patient/demo-01"},
        "authored": "2026-11-20T21:05:00+01:00",
        "item": [
            {"linkId": "day", "answer": [{"valueDate": "2026-11-20"}]},
            {"linkId": "taken", "answer": [{"valueCoding": {"code": "all"}}]},
            {"linkId": "pain.average", "answer": [{"valueInteger": 5}]},
            {"linkId": "effect.dizziness", "answer": [{"valueInteger": 1}]},
            {"linkId": "blood_pressure", "answer": [{"valueString": "126/78 mmHg"}]},
            {"linkId": "flags", "answer": [{"valueString": "took_extra"}]},
        ],
    }
    return {**made, **changes}


def read(tree: Any) -> tuple[Entry, ...]:
    return diary_of(json.dumps(tree).encode(), shape_case(base("titrating"), "a case"), "a.json")


def test_a_response_and_a_bundle_of_them() -> None:
    (found,) = read(response())
    assert (found.day.isoformat(), found.taken, found.effects, found.flags) == (
        "2026-11-20", "all", {"dizziness": 1}, ("took_extra",),
    )  # fmt: skip
    assert found.entered == "2026-11-20T21:05:00+01:00"
    bundle = {"resourceType": "Bundle", "entry": [{"resource": response()}, {"resource": response(id="r2")}]}
    assert len(read(bundle)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"status": "entered-in-error"}, {"status": "in-progress"}, {"status": None},
        {"subject": {"reference": "Patient/another"}}, {"subject": None}, {"resourceType": "Observation"},
        {"questionnaire": "https://example.org/Questionnaire/phq9"}, {"modifierExtension": [{"url": "x"}]},
        {"implicitRules": "x"}, {"authored": "20 November"}, {"item": []},
        {"item": [{"linkId": "day", "answer": [{"valueDate": "2026-11"}]}]},
        {"item": [*response()["item"], {"linkId": "strange", "answer": [{"valueInteger": 3}]}]},
        {"item": [*response()["item"], {"linkId": "effect.giddiness", "answer": [{"valueInteger": 3}]}]},
        {"item": [*response()["item"], {"linkId": "mood", "answer": [{"valueInteger": 3}, {"valueInteger": 9}]}]},
        {"item": [*response()["item"], {"linkId": "sleep", "answer": [{"valueString": "3"}]}]},
    ],
)  # fmt: skip
def test_a_response_that_is_not_certain_refuses_the_file(change: dict[str, Any]) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": response()}, {"resource": response(**change)}]}
    with pytest.raises(CaseFileError, match="entry 2: "):
        read(bundle)


# The commands


@pytest.mark.parametrize("command", ["review", "adjust"])
def test_a_diary_file_is_added_to_the_case(command: str, tmp_path: Path) -> None:
    path = tmp_path / "diary.csv"
    path.write_bytes(csv_of("2026-11-20,same day,all,5,dissociation 3,"))
    run = CliRunner().invoke(main, [command, CASE, "--diary", str(path), "--json"])
    assert run.exit_code == 0, run.output
    said = json.loads(run.output)
    worst = (said if command == "review" else said["review"])["harm"]["worst_now"]
    assert worst["dissociation"] == 3
    if command == "adjust":
        assert said["action"] == "stop"


def test_a_bad_diary_file_changes_nothing_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "diary.csv"
    path.write_bytes(csv_of("2026-11-20,same day,all,50,none,"))
    run = CliRunner().invoke(main, ["adjust", CASE, "--diary", str(path)])
    assert run.exit_code == 11
    assert "line 2: pain.average is 50" in run.output


@pytest.mark.parametrize("command", ["review", "adjust"])
def test_the_commands_speak_to_people_too(command: str) -> None:
    run = CliRunner().invoke(main, [command, CASE])
    assert run.exit_code == 0
    assert "BENEFIT" in run.output


def test_a_record_with_a_diary_is_imported_with_it_and_an_uncertain_entry_is_listed(library: Library) -> None:
    patient = {"resourceType": "Patient", "id": "demo-01", "birthDate": "1974-05-02", "gender": "male"}
    told = (response(), response(id="r2", status="entered-in-error"), response(id="r3", item=[]))
    entries = [{"fullUrl": f"urn:x:{one['id']}", "resource": one} for one in (patient, *told)]
    case = case_from_bundle({"resourceType": "Bundle", "type": "collection", "entry": entries}, library)
    assert [entry.day.isoformat() for entry in case.given.diary] == ["2026-11-20"]
    assert sum("diary" in line for line in case.skipped) >= 1
