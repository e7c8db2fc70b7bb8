"""Questionnaires: a score only from complete answers, never a zero for a missing one."""

import pytest

from .building import LOINC, response

PEG = {"75893-8": 7, "91145-3": 6, "91146-1": 8}
PHQ9 = {f"item-{number}": 1 for number in range(1, 9)} | {"44260-8": 2}
DAY = "on 2026-11-03 from record"


def _coded(code, weight=None):
    url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
    extension = [] if weight is None else [{"url": url, "valueDecimal": weight}]
    return {"valueCoding": {"system": LOINC, "code": code, "extension": extension}}


@pytest.mark.parametrize(
    "changes",
    [{}, {"status": "amended"}, {"item": [{"linkId": "g", "item": response("", PEG)["item"]}]}],
)
def test_a_complete_peg_gives_its_mean(imported, changes):
    assert imported(response("", PEG, **changes)).given.readings["peg"] == f"7 points {DAY}"


def test_a_mean_keeps_its_decimals(imported):
    assert imported(response("", PEG | {"75893-8": 8})).given.readings["peg"] == f"7.333333 points {DAY}"


def test_link_ids_as_paths_are_read(imported):
    assert imported(response("", {f"/91148-7/{code}": value for code, value in PEG.items()})).given.readings["peg"]


@pytest.mark.parametrize(
    "answers",
    [
        {"75893-8": 7, "91145-3": 6},
        PEG | {"91146-1": 11},
        PEG | {"91146-1": -1},
        PEG | {"91146-1": "8"},
        PEG | {"91146-1": True},
        PEG | {"91146-1": None},
    ],
    ids=range(6),
)
def test_a_missing_or_impossible_answer_gives_no_score_and_never_a_zero(imported, answers):
    case = imported(response("", answers))
    assert "peg" not in case.given.readings
    assert any("no score" in line for line in case.skipped)


def test_an_item_answered_twice_gives_no_score(imported):
    twice = response("", PEG)
    twice["item"].append(twice["item"][0])
    assert "peg" not in imported(twice).given.readings


@pytest.mark.parametrize(
    "changes", [{"status": "in-progress"}, {"status": "stopped"}, {"status": "entered-in-error"}, {"authored": "2026"}]
)
def test_only_completed_dated_answers_count(imported, changes):
    assert not imported(response("", PEG, **changes)).given.readings


@pytest.mark.parametrize("name", ["http://loinc.org/q/44249-1", "https://clinic.example/Questionnaire/phq9|1.0", ""])
def test_phq9_by_canonical_name_or_by_its_codes(imported, name):
    readings = imported(response(name, PHQ9)).given.readings
    assert readings == {"phq9": f"10 points {DAY}", "phq9_item9": f"2 points {DAY}"}


def test_question_nine_counts_even_where_the_rest_is_incomplete(imported):
    readings = imported(response("phq9", {"44260-8": 1})).given.readings
    assert readings == {"phq9_item9": f"1 points {DAY}"}


@pytest.mark.parametrize(
    "newer",
    [
        response("phq9", PHQ9 | {"44260-8": "3"}, authored="2026-11-09"),
        response("phq9", {"item-1": 1}, authored="2026-11-09"),
        response("phq9", PHQ9, authored="2026-11-09", status="in-progress"),
        response("phq9", PHQ9, authored="2026-11-09", modifierExtension=[{"url": "x"}]),
        response("phq9", PHQ9, authored="2026"),
    ],
    ids=range(5),
)
def test_a_newer_answer_that_cannot_be_read_leaves_no_older_zero(imported, newer):
    older = response("phq9", PHQ9 | {"44260-8": 0})
    assert imported(older).given.readings["phq9_item9"]
    case = imported(older, newer)
    assert not {"phq9", "phq9_item9"} & case.given.readings.keys()


def test_an_answer_entered_in_error_leaves_the_older_one_alone(imported):
    newer = response("phq9", PHQ9, authored="2026-11-09", status="entered-in-error")
    assert imported(response("phq9", PHQ9), newer).given.readings["phq9_item9"]


def test_coded_answers_by_ordinal_or_by_loinc_answer_code(imported):
    gad7 = response("https://x.example/gad7", {f"item-{number}": 0 for number in range(1, 8)})
    for place, item in enumerate(gad7["item"]):
        item["answer"] = [_coded("x", 2) if place else _coded("LA6571-9")]
    assert imported(gad7).given.readings["gad7"] == f"15 points {DAY}"


def test_a_coded_answer_without_a_known_value_gives_no_score(imported):
    gad7 = response("gad7", {f"item-{number}": 0 for number in range(1, 8)})
    gad7["item"][3]["answer"] = [_coded("LA0-0")]
    assert "gad7" not in imported(gad7).given.readings


def test_pain_now_does_not_stand_for_average_pain(imported):
    assert imported(response("pain-nrs", {"72514-3": 6})).given.readings["pain"] == f"6 points {DAY}"
    assert "pain" not in imported(response("pain-nrs", {"worst": 9})).given.readings


def test_other_questionnaires_are_counted(imported):
    case = imported(response("https://x.example/other", {"a": 1}))
    assert "1 answered questionnaires of kinds not read: https://x.example/other 1" in case.skipped
