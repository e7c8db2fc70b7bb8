"""Small synthetic bundles for tests. Nobody in them exists."""

from copy import deepcopy
from typing import Any

Resource = dict[str, Any]

ME = "urn:uuid:00000000-0000-4000-8000-000000000001"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM, UCUM = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://unitsofmeasure.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ABSENT = object()


def bundle(*resources: Resource, person: Resource | None = None, kind: str | None = "collection") -> Resource:
    """A bundle of the patient and ``resources``, each with a full URL of its own."""
    entries = [{"fullUrl": ME, "resource": person or patient()}]
    entries += [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012d}", "resource": deepcopy(one)}
        for place, one in enumerate(resources, start=100)
    ]
    whole: Resource = {"resourceType": "Bundle", "entry": entries}
    return whole if kind is None else whole | {"type": kind}


def changed(resource: Resource, **changes: Any) -> Resource:
    """``resource`` with other elements; ABSENT takes one away."""
    merged = {**deepcopy(resource), **changes}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def concept(system: str, code: str, display: str = "", text: str = "") -> Resource:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def patient(**changes: Any) -> Resource:
    return changed({"resourceType": "Patient", "birthDate": "1970-03-01", "gender": "female"}, **changes)


def _about(kind: str, key: str = "subject") -> Resource:
    return {"resourceType": kind, key: {"reference": ME}}


def quantity(value: Any, unit: str, code: str | None = None) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit if code is None else code}


def observation(
    code: str, value: Resource | None, on: str = "2026-11-02T08:00:00+02:00", /, **changes: Any
) -> Resource:
    base = _about("Observation") | {"status": "final", "code": concept(LOINC, code), "effectiveDateTime": on}
    return changed(base | ({"valueQuantity": value} if value else {}), **changes)


def weight(value: Any = 71, unit: str = "kg", **changes: Any) -> Resource:
    return observation("29463-7", quantity(value, unit), **changes)


def blood_pressure(systolic: Any = 131, diastolic: Any = 79, unit: str = "mm[Hg]", **changes: Any) -> Resource:
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    component = [{"code": concept(LOINC, code), "valueQuantity": quantity(value, unit)} for code, value in parts]
    return observation("85354-9", None, component=component, **changes)


def condition(code: str = "", display: str = "", system: str = SNOMED, /, **changes: Any) -> Resource:
    named = concept(system, code, display) if code else {"text": display}
    status = {"clinicalStatus": concept("", "active"), "verificationStatus": concept("", "confirmed")}
    return changed(_about("Condition") | {"code": named, "onsetDateTime": "2020-05-04"} | status, **changes)


def request(code: str = "", display: str = "", **changes: Any) -> Resource:
    named = concept(RXNORM, code, display, display) if code else {"text": display}
    base = _about("MedicationRequest") | {"status": "active", "intent": "order", "authoredOn": "2026-01-02"}
    return changed(base | {"medicationCodeableConcept": named}, **changes)


def statement(code: str = "", display: str = "", **changes: Any) -> Resource:
    named = concept(RXNORM, code, display, display) if code else {"text": display}
    base = _about("MedicationStatement") | {"status": "active", "medicationCodeableConcept": named}
    return changed(base, **changes)


def allergy(code: str, display: str, system: str = SNOMED, /, **changes: Any) -> Resource:
    status = {"clinicalStatus": concept("", "active"), "verificationStatus": concept("", "confirmed")}
    base = _about("AllergyIntolerance", "patient") | {"code": concept(system, code, display)} | status
    return changed(base, **changes)


def response(questionnaire: str, answers: dict[str, Any], **changes: Any) -> Resource:
    items = [{"linkId": link, "answer": [{"valueInteger": value}]} for link, value in answers.items()]
    base = _about("QuestionnaireResponse") | {"status": "completed", "authored": "2026-11-03", "item": items}
    return changed(base | ({"questionnaire": questionnaire} if questionnaire else {}), **changes)


def every(hours: int, count: Any, unit: str = "{tablet}") -> list[Resource]:
    """A dosage instruction: so many pieces every so many hours."""
    timing = {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}}
    return [{"timing": timing, "doseAndRate": [{"doseQuantity": {"value": count, "unit": unit}}]}]
