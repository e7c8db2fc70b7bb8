"""Answers of a person over what a record shows."""

import re
from datetime import date

import pytest

from titrant.clinic.answers import answers_onto
from titrant.clinic.opening import shape_case
from titrant.pathway.case import Answer, Case
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import read_yaml

from .building import concept, condition, patient, request, weight


@pytest.fixture
def case(imported) -> Case:
    return imported(weight(), condition("84757009", "Epilepsy"), request("3322", "diazepam"))


ANSWERS = b"""
given:
  answered_on: 2026-11-20
  answered_by: Nurse Synthetic
  answers: {consent: yes, frail: {answer: no, on: 2026-11-01}}
  conditions: {psychosis: no, stroke: {state: past, since: 2010-01-01}}
  goals: [walk to the shop]
  failed_treatments:
    - {treatment: pregabalin, result: no_benefit}
  medications: {reviewed_on: 2026-11-20, by: Pharmacist Synthetic}
product: {family: capsule, strength: 5 mg}
"""


def _over(case, text):
    return answers_onto(case, read_yaml(text).tree)


def test_answers_complete_the_case_and_settle_their_questions(case):
    merged = _over(case, ANSWERS)
    given = merged.given
    assert given.answers["consent"] == Answer(answer="yes", on=date(2026, 11, 20), by="Nurse Synthetic")
    assert given.answers["frail"].on == date(2026, 11, 1)
    assert given.conditions["psychosis"].source == "asked"
    assert given.conditions["psychosis"].on == date(2026, 11, 20)
    assert given.conditions["epilepsy_seizures"] == case.given.conditions["epilepsy_seizures"]
    assert given.medications.reviewed_on == date(2026, 11, 20)
    assert [one.name for one in given.medications.drugs] == ["diazepam"]
    assert merged.product.family == "capsule"
    settled = case.questions.keys() - merged.questions.keys()
    assert settled == {"consent", "frail", "psychosis", "stroke", "goals", "failed_treatments", "medications"}
    assert merged.skipped == case.skipped


def test_a_whole_case_and_its_tree_give_the_same(case):
    tree = {"scenario": "answers", "given": {"patient": {"birth_date": "1970-03-01"}, "answers": {"consent": "yes"}}}
    assert answers_onto(case, tree) == answers_onto(case, shape_case(tree, "answers"))


def test_answers_of_two_days_keep_their_own_days(case):
    first = answers_onto(case, {"given": {"answered_on": "2026-11-01", "answers": {"consent": "yes"}}})
    second = answers_onto(first, {"given": {"answered_on": "2026-11-20", "answers": {"frail": "no"}}})
    days = {name: one.on for name, one in second.given.answers.items()}
    assert days == {"consent": date(2026, 11, 1), "frail": date(2026, 11, 20)}
    undated = answers_onto(second, {"given": {"answers": {"safe_storage": "yes"}}})
    assert undated.given.answered_on is None
    assert undated.given.answers["safe_storage"] == "yes"


def test_a_drug_of_the_same_name_completes_the_entry_and_others_are_added(case):
    over = b"given: {medications: {list: [{name: Diazepam, dose: 2 mg}, {name: ibuprofen}]}}"
    drugs = _over(case, over).given.medications
    assert [(one.name, str(one.dose)) for one in drugs.drugs] == [("Diazepam", "2 mg"), ("ibuprofen", "None")]
    assert drugs.reviewed_on is None


def test_a_drug_that_a_record_shows_as_taken_is_not_ended_by_an_answer(case):
    over = b"given: {medications: {reviewed_on: 2026-11-20, list: [{name: diazepam, until: 2025-06-01}]}}"
    with pytest.raises(CaseFileError, match=r"list without a day of review.*until 2025-06-01") as caught:
        _over(case, over)
    assert caught.value.place == "answers: given.medications.diazepam"


def test_a_person_gives_the_stop_day_that_a_record_leaves_open(imported):
    case = imported(request("3322", "diazepam", status="stopped"))
    over = b"given: {medications: {reviewed_on: 2026-11-20, list: [{name: diazepam, until: 2026-11-01}]}}"
    once = _over(case, over)
    assert [one.until for one in once.given.medications.drugs] == [date(2026, 11, 1)]
    assert _over(once, over) == once
    with pytest.raises(CaseFileError, match="until 2025-06-01"):
        _over(once, over.replace(b"2026-11-01", b"2025-06-01"))


def test_lists_grow_and_the_same_entry_stands_once(case):
    once = _over(case, ANSWERS)
    twice = _over(once, ANSWERS)
    assert twice == once
    more = _over(once, b"given: {goals: [sleep through]}")
    assert more.given.goals == ("walk to the shop", "sleep through")


@pytest.mark.parametrize(
    "patient", ["{birth_date: 1971-03-01}", "{id: somebody-else}", "{birth_date: 1970-03-01, id: x}"]
)
def test_answers_of_another_person_are_refused(case, patient):
    with pytest.raises(CaseFileError, match="answers are for"):
        _over(case, f"given: {{patient: {patient}, answers: {{consent: yes}}}}".encode())


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "yes",
        {"given": []},
        {"given": "x"},
        {"given": {"answers": ["consent"]}},
        {"given": {"answers": {"consent": True}}},
        {"given": {"conditions": {"psychosis": 0}}},
        {"given": {"goals": "walk"}},
        {"given": {"medications": []}},
        {"given": {"medications": {"list": "none"}}},
        {"given": {"course": 3}},
        {"given": {"patient": "me"}},
        {"given": {"weight": "70 kg"}},
        {"consent": "yes"},
    ],
    ids=lambda what: re.sub(r"<object object at \w+>", "absent", repr(what)),
)
def test_what_is_no_answers_file_is_refused_with_a_sentence(case, tree):
    with pytest.raises(CaseFileError) as caught:
        answers_onto(case, tree)
    assert all((caught.value.place, caught.value.fault, caught.value.why, caught.value.repair))


def test_what_is_left_blank_changes_nothing(case):
    assert _over(case, b"given:\n  answers:\n  indication:\n  medications:\nproduct:\n") == case


def test_an_unknown_state_leaves_the_question_open(case):
    merged = answers_onto(case, {"given": {"conditions": {"psychosis": "unknown"}}})
    assert "psychosis" in merged.questions


# What an answer may not take back

SEX = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}


def test_readings_of_both_are_joined_so_that_the_newest_counts(case):
    merged = answers_onto(case, {"given": {"readings": {"weight": "90 kg on 2026-10-01"}}})
    assert merged.given.readings["weight"] == ("71 kg on 2026-11-02 from record", "90 kg on 2026-10-01")
    again = answers_onto(
        merged, {"given": {"readings": {"weight": ["90 kg on 2026-10-01"], "pain": "6 on 2026-11-01"}}}
    )
    assert again.given.readings["weight"] == merged.given.readings["weight"]
    assert again.given.readings["pain"] == "6 on 2026-11-01"


def test_answered_questionnaires_are_joined_too(case):
    one = {"on": "2026-11-01", "answers": {"a": 1}}
    first = answers_onto(case, {"given": {"questionnaires": {"peg": one}}})
    second = answers_onto(first, {"given": {"questionnaires": {"peg": one | {"on": "2026-11-08"}, "phq9": one}}})
    assert [given.on.day for given in second.given.questionnaires["peg"]] == [1, 8]
    assert second.given.questionnaires["phq9"].on.day == 1


def _epilepsy(imported, status="active"):
    return imported(condition("84757009", "Epilepsy", recordedDate="2026-11-10", clinicalStatus=concept("", status)))


@pytest.mark.parametrize("status", ["active", "resolved"])
@pytest.mark.parametrize("answer", ["no", "unknown", {"state": "no", "by": "Dr Synthetic", "on": "2026-11-20"}])
def test_an_answer_does_not_take_a_condition_of_the_record_back(imported, status, answer):
    case = _epilepsy(imported, status)
    with pytest.raises(CaseFileError, match="record says (active|past) since 2020-05-04 on 2026-11-10") as caught:
        answers_onto(case, {"given": {"conditions": {"epilepsy_seizures": answer}}})
    assert "epilepsy_seizures" in caught.value.place
    assert "titrant import -o" in caught.value.repair


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        ("past", False),
        ("controlled", False),
        ({"state": "past", "on": "2026-11-20"}, False),
        ({"state": "past", "by": "Dr Synthetic"}, False),
        ({"state": "past", "by": "Dr Synthetic", "on": "2026-11-09"}, False),
        ({"state": "active", "since": "2001-01-01"}, False),
        ({"state": "active", "grade": "mild"}, False),
        ({"state": "past", "by": "Dr Synthetic", "on": "2026-11-10"}, True),
        ({"state": "controlled", "by": "Dr Synthetic", "on": "2026-11-20"}, True),
        ("active", True),
    ],
)
def test_a_milder_state_needs_a_person_and_a_day_not_before_the_entry(imported, answer, fits):
    tree = {"given": {"conditions": {"epilepsy_seizures": answer}}}
    if fits:
        assert answers_onto(_epilepsy(imported), tree).given.conditions["epilepsy_seizures"]
    else:
        with pytest.raises(CaseFileError):
            answers_onto(_epilepsy(imported), tree)


def test_a_graver_answer_and_an_answer_to_what_is_not_sure_are_taken(imported):
    graver = answers_onto(_epilepsy(imported, "resolved"), {"given": {"conditions": {"epilepsy_seizures": "active"}}})
    assert graver.given.conditions["epilepsy_seizures"] == "active"
    unsure = imported(condition("84757009", "Epilepsy", verificationStatus=concept("", "provisional")))
    assert answers_onto(unsure, {"given": {"conditions": {"epilepsy_seizures": "no"}}})


@pytest.mark.parametrize("state", ["no", "past", "controlled", "unknown"])
def test_that_somebody_has_died_is_never_answered_away(imported, state):
    case = imported(person=patient(deceasedBoolean=True))
    answer = {"state": state, "by": "Dr Synthetic", "on": "2026-11-20"}
    with pytest.raises(CaseFileError, match="record says active"):
        answers_onto(case, {"given": {"conditions": {"deceased": answer}}})


def test_a_word_of_the_record_is_not_contradicted(imported):
    case = imported(person=patient(extension=[SEX]))
    assert answers_onto(case, {"given": {"answers": {"sex": "female"}}}).given.answers["sex"] == "female"
    with pytest.raises(CaseFileError, match="record says female; the answers say male"):
        answers_onto(case, {"given": {"answered_by": "N", "answers": {"sex": "male"}}})
