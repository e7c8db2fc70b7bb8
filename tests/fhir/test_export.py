"""One case as a FHIR bundle: what goes out comes in again, and what cannot go out is named."""

import json
from datetime import date, timedelta

import pytest

from tests.documents.making import CASE, office_of, opened, sign
from titrant.clinic.acts import signing
from titrant.clinic.office import case_in
from titrant.fhir.export_bundle import bundle_of, bundle_text, not_carried
from titrant.fhir.import_bundle import case_from_bundle
from titrant.pathway.entries import SAME_DAY
from titrant.pathway.readings import parse_reading
from titrant.terms.reading import read_json


def round_trip(office, record):
    text = bundle_text(office, record)
    return json.loads(text), case_from_bundle(read_json(text.encode()), office.library)


@pytest.fixture(scope="module")
def running():
    """A course in its third week, the raise of today signed."""
    office = office_of()
    opened(office, "following/_base/titrating", upto="opened")
    sign(office, reason=signing.reasons_to_choose(office)[0][0])
    record = office.store.open(CASE)
    return office, record, *round_trip(office, record)


def resources(bundle, kind):
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]


def test_the_signed_dose_comes_back_to_the_milligram(running):
    _, record, bundle, case = running
    held = record.plan.body["content"]["regimen"]
    ketamine = next(one for one in case.given.medications.drugs if one.rxnorm == "6130")
    assert (str(ketamine.dose), ketamine.times_per_day) == (f"{held['dose_mg']} mg", held["times_per_day"])
    order = resources(bundle, "MedicationRequest")[0]
    assert order["status"] == "active"
    assert order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["code"] == "mg"
    assert order["substitution"] == {"allowedBoolean": False}


def test_the_order_carries_the_signature(running):
    _, record, bundle, _ = running
    provenance = resources(bundle, "Provenance")[0]
    seal = record.plan.body["seal"]
    assert provenance["signature"][0]["data"] == seal["signature"]
    order = next(one for one in bundle["entry"] if one["resource"]["resourceType"] == "MedicationRequest")
    assert provenance["target"][0]["reference"] == order["fullUrl"]
    assert order["resource"]["identifier"][0]["value"] == seal["sha256"]


def test_every_coded_reading_comes_back_or_is_named(running):
    office, record, bundle, case = running
    left = "\n".join(not_carried(bundle))
    facts, given = office.library.facts, case_in(record).given.readings
    for name, written in given.items():
        texts = (written,) if isinstance(written, str) else written
        back = case.given.readings.get(name, ())
        backs = {parse_reading(one, facts[name]) for one in ((back,) if isinstance(back, str) else back)}
        for text in texts:
            sent = parse_reading(text, facts[name])
            same = [one for one in backs if (one.value, one.second, one.on, one.upper_limit)
                    == (sent.value, sent.second, sent.on, sent.upper_limit)]  # fmt: skip
            assert same or f"Reading {name} " in left, text


def test_every_day_of_the_diary_comes_back(running):
    _, record, _, case = running
    sent = []
    for entry in case_in(record).given.diary:
        last = entry.through or entry.day
        for ahead in range((last - entry.day).days + 1):
            sent.append(
                (entry.day + timedelta(days=ahead), entry.pain, entry.taken, entry.activity, entry.effects, entry.flags)
            )
    back = [(one.day, one.pain, one.taken, one.activity, one.effects, one.flags) for one in case.given.diary]
    assert sorted(back, key=lambda one: one[0]) == sorted(sent, key=lambda one: one[0])
    assert case.given.diary_unread == ()
    assert {one.entered for one in case.given.diary} == {one.day.isoformat() for one in case.given.diary}
    assert SAME_DAY not in {one.entered for one in case.given.diary}


def test_patient_indication_and_allergies_come_back(running):
    _, record, _, case = running
    sent = case_in(record).given
    assert (case.given.patient.id, case.given.patient.birth_date) == (sent.patient.id, sent.patient.birth_date)
    assert (case.given.indication.condition, case.given.indication.since) == ("crps", sent.indication.since)
    assert case.given.allergies.reviewed_on == sent.allergies.reviewed_on
    assert case.given.answers["sex"].answer == "male"


def test_conditions_drugs_and_allergies_keep_their_codes():
    office = office_of()
    record = opened(office, upto="opened")
    given = {
        "conditions": {"epilepsy_seizures": {"state": "past", "since": "2010-05-01"}, "sleep_apnoea": "active"},
        "medications": {"reviewed_on": "2026-11-20", "by": "Nurse Demo (synthetic)", "list": [
            {"name": "pregabalin", "rxnorm": "187832", "dose": "75 mg", "times_per_day": "2", "since": "2024-01-01"},
            {"name": "amitriptyline", "rxnorm": "704", "until": "2025-03-01", "since": "2024-01-01"},
            {"name": "my herbal tea"}]},
        "allergies": {"reviewed_on": "2026-11-20", "by": "Nurse Demo (synthetic)", "list": [
            {"substance": "penicillin", "reaction": "rash"}]},
    }  # fmt: skip
    from tests.documents.making import NOW, NURSE
    from titrant.record.events import Draft, Kind

    office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, {"set": {"given": given}}, NURSE, NOW)], expected=None)
    record = office.store.open(CASE)
    bundle, case = round_trip(office, record)
    states = {name: one.state.value for name, one in case.given.conditions.items()}
    assert states["epilepsy_seizures"] == "past"
    assert states["sleep_apnoea"] == "active"
    drugs = {one.name: one for one in case.given.medications.drugs}
    assert (str(drugs["pregabalin"].dose), drugs["pregabalin"].times_per_day) == ("75 mg", "2")
    assert drugs["amitriptyline"].until == date(2025, 3, 1)
    assert "my herbal tea" in drugs
    assert [(one.substance, one.reaction) for one in case.given.allergies.allergies] == [("penicillin", "rash")]
    left = "\n".join(not_carried(bundle))
    assert "Conditions denied" in left
    assert "No plan has been signed" in left


def test_a_draft_is_never_an_order():
    office = office_of()
    record = opened(office, upto="drafted")
    bundle = bundle_of(office, record)
    assert resources(bundle, "MedicationRequest") == []
    assert any("never exported as an order" in one for one in not_carried(bundle))


@pytest.mark.parametrize(("upto", "status"), [("suspended", "on-hold"), ("stopped", "stopped")])
def test_a_plan_that_rests_or_is_over_is_no_active_order(upto, status):
    office = office_of()
    bundle = bundle_of(office, opened(office, upto=upto))
    assert [one["status"] for one in resources(bundle, "MedicationRequest")] == [status]


def test_what_has_no_form_is_named_and_the_rest_of_the_case_is_there(running):
    _, record, bundle, _ = running
    left = "\n".join(not_carried(bundle))
    for word in ("Answers", "Failed treatments", "Goals", "Candidate"):
        assert word in left, word
    assert resources(bundle, "OperationOutcome") == [bundle["entry"][-1]["resource"]]


def test_the_same_case_gives_the_same_bundle(running):
    office, record, _, _ = running
    assert bundle_text(office, record) == bundle_text(office, record)


def test_no_element_is_empty_and_every_resource_is_the_patients(running):
    _, _, bundle, _ = running

    def empty(tree, path="$"):
        if tree in ("", [], {}, None):
            yield path
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
            yield from empty(value, f"{path}.{key}")

    assert list(empty(bundle)) == []
    for one in bundle["entry"]:
        resource = one["resource"]
        if resource["resourceType"] not in ("Patient", "Provenance", "OperationOutcome"):
            holder = resource.get("subject") or resource.get("patient") or resource.get("for")
            assert holder == {"reference": f"Patient/{CASE}"}, resource["resourceType"]
    urls = [one["fullUrl"] for one in bundle["entry"]]
    assert len(set(urls)) == len(urls)


def test_a_lost_dose_would_be_seen(running, monkeypatch):
    """The harness fails on a planted fault: an order whose dose is dropped."""
    from titrant.fhir import export_course

    office, record, _, _ = running
    real = export_course._instruction
    monkeypatch.setattr(export_course, "_instruction", lambda *given: real(*given) | {"doseAndRate": []})
    _, case = round_trip(office, record)
    ketamine = next(one for one in case.given.medications.drugs if one.rxnorm == "6130")
    assert ketamine.dose is None
