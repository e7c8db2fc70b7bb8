"""One person, or nothing (H16)."""

from datetime import date

import pytest

from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.terms.errors import CaseFileError

from .building import ABSENT, ME, bundle, patient, request, weight

OTHER = {
    "urn": {"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"},
    "relative": {"reference": "Patient/other"},
    "address": {"reference": "https://ehr.example/fhir/Patient/other"},
    "version": {"reference": "Patient/other/_history/2"},
    "conditional": {"reference": "Patient?identifier=https://mrn.example|999"},
    "identifier": {"identifier": {"system": "https://mrn.example", "value": "999"}},
    "identifier beside a reference": {
        "reference": ME,
        "identifier": {"system": "https://mrn.example", "value": "999"},
    },
    "unknown identifier": {"identifier": {"system": "https://elsewhere.example", "value": "1"}},
    "words": {"reference": "John Doe"},
}
MRN = [{"system": "https://mrn.example", "value": "123"}]


@pytest.mark.parametrize("subject", OTHER.values(), ids=OTHER.keys())
@pytest.mark.parametrize("kind", ["Observation", "Claim", "Basic"])
def test_anything_of_another_patient_refuses_the_whole_bundle(library, subject, kind):
    one = {"resourceType": kind, "subject": subject} if kind != "Observation" else weight(subject=subject)
    with pytest.raises(CaseFileError, match="another patient"):
        case_from_bundle(bundle(weight(), one, person=patient(identifier=MRN, id="p1")), library)


def test_another_patient_within_a_contained_resource_refuses_the_bundle(library):
    inner = {"resourceType": "ServiceRequest", "id": "s", "subject": {"reference": "Patient/other"}}
    claim = {"resourceType": "Claim", "patient": {"reference": ME}, "contained": [inner]}
    with pytest.raises(CaseFileError, match="another patient"):
        case_from_bundle(bundle(claim), library)


def test_a_contained_patient_must_be_known_to_be_the_same(library):
    inner = {"resourceType": "Patient", "id": "me", "birthDate": "1970-03-01", "identifier": MRN}
    one = weight(subject={"reference": "#me"}, contained=[inner])
    assert case_from_bundle(bundle(one, person=patient(identifier=MRN)), library).given.readings
    with pytest.raises(CaseFileError, match="another patient"):
        case_from_bundle(bundle(one), library)


@pytest.mark.parametrize(
    ("full_url", "own", "reference"),
    [
        (ME, None, ME),
        (ME, None, ME.replace("urn:uuid:", "Patient/")),
        (ME, "p1", "Patient/p1"),
        ("", "p1", "Patient/p1"),
        ("", "p1", "https://ehr.example/fhir/Patient/p1"),
        ("https://ehr.example/fhir/Patient/p1", "p1", "Patient/p1"),
        ("https://ehr.example/fhir/Patient/p1", "p1", "Patient/p1/_history/3"),
        ("https://ehr.example/fhir/Patient/p1", None, "https://ehr.example/fhir/Patient/p1"),
    ],
)
def test_every_way_of_naming_the_patient_is_understood(library, full_url, own, reference):
    person = patient(id=own or ABSENT)
    whole = bundle(weight(subject={"reference": reference}), person=person)
    whole["entry"][0]["fullUrl"] = full_url
    assert case_from_bundle(whole, library).given.readings["weight"]


def test_the_same_id_on_another_server_is_another_patient(library):
    whole = bundle(weight(subject={"reference": "https://b.example/Patient/p1"}), person=patient(id="p1"))
    whole["entry"][0]["fullUrl"] = "https://a.example/Patient/p1"
    with pytest.raises(CaseFileError, match="another patient"):
        case_from_bundle(whole, library)


def test_a_relative_reference_is_meant_on_the_server_of_the_one_that_refers(library):
    whole = bundle(weight(subject={"reference": "Patient/p1"}), person=patient(id="p1"))
    whole["entry"][0]["fullUrl"] = "https://a.example/Patient/p1"
    whole["entry"][1]["fullUrl"] = "https://b.example/Observation/1"
    with pytest.raises(CaseFileError, match="another patient"):
        case_from_bundle(whole, library)


@pytest.mark.parametrize("subject", [ABSENT, {}, {"display": "she"}, {"reference": "#nowhere"}])
def test_what_does_not_say_whose_it_is_is_not_used(library, subject):
    case = case_from_bundle(bundle(weight(subject=subject)), library)
    assert "weight" not in case.given.readings
    assert any("whose it is" in line for line in case.skipped)


@pytest.mark.parametrize(
    "subject", [{"reference": "Group/1"}, {"reference": "Device/1"}, {"type": "Location", "display": "x"}]
)
def test_what_is_about_no_person_is_not_used(library, subject):
    case = case_from_bundle(bundle(weight(subject=subject)), library)
    assert "weight" not in case.given.readings


def test_a_bundle_without_a_patient_or_with_two_is_refused(library):
    alone = bundle(weight())
    alone["entry"] = alone["entry"][1:]
    with pytest.raises(CaseFileError, match="no Patient"):
        case_from_bundle(alone, library)
    with pytest.raises(CaseFileError, match="2 different patients"):
        case_from_bundle(bundle(weight(), patient(birthDate="1980-01-01")), library)


def test_the_same_patient_twice_with_other_content_is_refused(library):
    twice = bundle(patient(id="p1", birthDate="1971-03-01"), person=patient(id="p1"))
    with pytest.raises(CaseFileError, match="more than once"):
        case_from_bundle(twice, library)


@pytest.mark.parametrize(
    "changes",
    [
        {"birthDate": ABSENT},
        {"birthDate": "1970"},
        {"birthDate": "1970-03"},
        {"birthDate": "1970-02-30"},
        {"birthDate": 1970},
        {"active": False},
        {"link": [{"type": "replaced-by", "other": {"reference": "Patient/new"}}]},
        {"implicitRules": "https://x.example"},
        {"modifierExtension": [{"url": "https://x.example"}]},
    ],
)
def test_a_patient_that_cannot_be_relied_on_is_refused(library, changes):
    with pytest.raises(CaseFileError):
        case_from_bundle(bundle(weight(), person=patient(**changes)), library)


@pytest.mark.parametrize("changes", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-05T10:00:00Z"}])
def test_a_dead_person_is_shown_as_dead(library, changes):
    answer = case_from_bundle(bundle(person=patient(**changes)), library).given.conditions["deceased"]
    assert answer.state is ConditionState.ACTIVE
    if "deceasedDateTime" in changes:
        assert answer.since == date(2026, 1, 5)


def test_alive_is_not_written_down_as_dead(library):
    case = case_from_bundle(bundle(person=patient(deceasedBoolean=False)), library)
    assert "deceased" not in case.given.conditions


def test_only_sex_recorded_at_birth_answers_the_question_of_sex(library):
    birth_sex = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "M"}
    stated = case_from_bundle(bundle(person=patient(extension=[birth_sex])), library)
    assert stated.given.answers["sex"].answer == "male"
    assert not {"childbearing", "pregnancy_test", "pregnancy"} & stated.questions.keys()
    gender_only = case_from_bundle(bundle(person=patient(gender="male")), library)
    assert "sex" not in gender_only.given.answers
    assert {"sex", "childbearing", "pregnancy"} <= gender_only.questions.keys()


def test_no_name_enters_the_case(library):
    case = case_from_bundle(
        bundle(request("3322", "diazepam"), person=patient(name=[{"family": "Secretname"}])), library
    )
    assert "Secretname" not in repr(case)
