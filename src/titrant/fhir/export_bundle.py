"""One case as a FHIR R4 bundle that our own import reads back. What it cannot carry is listed in it, never dropped.

The bundle is a collection with fixed addresses: the same case gives the same bundle. Its last entry, an
OperationOutcome, says what is not in it or stands there in another form.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from titrant.clinic.office import Office, case_in
from titrant.documents.plan_in_hand import PlanInHand, signed_plan
from titrant.fhir.export_course import diary_days, doses_taken, provenance_of, request_of, tasks_of
from titrant.fhir.export_facts import allergies, conditions, medicines, observations
from titrant.fhir.writing import Resource, urn
from titrant.pathway.case import Answer, Case, Facts
from titrant.record.events import Kind
from titrant.record.folding import Record

_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEX = {"female": "F", "male": "M"}
_ABOUT = {"AllergyIntolerance": "patient", "Task": "for"}
_NOBODYS = ("OperationOutcome", "Provenance", "Patient")
# What a case file holds and FHIR carries in no form that is sure.
_NO_FORM = (
    "answers",
    "failed_treatments",
    "goals",
    "candidate",
    "parenteral",
    "reviews",
    "confirmations",
    "questionnaires",
)


def bundle_text(office: Office, record: Record) -> str:
    """The bundle as JSON, exact decimals kept. Raises CaseFileError where the facts do not make a case."""
    return msgspec.json.format(
        msgspec.json.Encoder(decimal_format="number").encode(bundle_of(office, record)), indent=1
    ).decode() + "\n"  # fmt: skip


def bundle_of(office: Office, record: Record) -> dict[str, Any]:
    case = case_in(record)
    left: list[str] = []
    resources = [("patient", _patient(case, record)), *_resources(office, record, case, left)]
    resources.append(("outcome", _outcome(left)))
    owner = case.given.patient.id or record.summary.case
    entries = [
        {"fullUrl": urn(record.summary.case, name), "resource": _about(resource, owner)} for name, resource in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": _instant(office), "entry": entries}


def not_carried(bundle: dict[str, Any]) -> list[str]:
    """What a bundle says of itself that it does not carry."""
    outcome = bundle["entry"][-1]["resource"]
    return [one["diagnostics"] for one in outcome["issue"]]


def _instant(office: Office) -> str:
    return office.now().isoformat(timespec="seconds")


def _about(resource: Resource, owner: str) -> Resource:
    kind = resource["resourceType"]
    if kind in _NOBODYS:
        return resource
    return {"resourceType": kind, _ABOUT.get(kind, "subject"): {"reference": f"Patient/{owner}"}} | resource


def _patient(case: Case, record: Record) -> Resource:
    person, patient = record.summary.person, case.given.patient
    sex = case.given.answers.get("sex", "")
    word = sex.answer if isinstance(sex, Answer) else sex
    made: Resource = {
        "resourceType": "Patient", "id": patient.id or record.summary.case, "birthDate": patient.birth_date.isoformat(),
        "identifier": [{"system": "urn:titrant:case", "value": record.summary.case}],
    }  # fmt: skip
    if word in _SEX:
        made["extension"] = [{"url": _BIRTH_SEX, "valueCode": _SEX[word]}]
    if person.number:
        made["identifier"].append({"system": "urn:titrant:record-number", "value": person.number})
    if person.name:
        made["name"] = [{"text": person.name}]
    telecom = [("phone", person.phone), ("email", person.email)]
    made |= (
        {"telecom": [{"system": system, "value": value} for system, value in telecom if value]}
        if any(value for _, value in telecom)
        else {}
    )
    return made


def _resources(office: Office, record: Record, case: Case, left: list[str]) -> Iterator[tuple[str, Resource]]:
    given, library = case.given, office.library
    for name, made in (
        ("observation", observations(given, library, left)),
        ("condition", conditions(given, library, left)),
        ("allergy", allergies(given, left)),
        ("medicine", medicines(given, left)),
    ):
        yield from ((f"{name}-{place}", one) for place, one in enumerate(made))
    yield from _plan(office, record, left)
    yield from diary_days(given.diary, left)
    yield from doses_taken(given.diary, left)
    yield from tasks_of(record)
    left += _without_form(given)


def _plan(office: Office, record: Record, left: list[str]) -> Iterator[tuple[str, Resource]]:
    signed = record.of(Kind.SIGNED)
    if not signed:
        left.append("No plan has been signed; a draft is never exported as an order")
        return
    plan: PlanInHand = signed_plan(office, record)
    event = record.event(plan.number)
    yield "plan", request_of(plan, str(event.body.get("registration") or ""))
    yield "signature", provenance_of(event, urn(record.summary.case, "plan"))
    if len(signed) > 1:
        left.append(f"Earlier signatures ({len(signed) - 1}): they stand in events.jsonl of the patient's copy")
    if record.summary.draft:
        left.append("A draft waits for a signature; it is never exported as an order")


def _without_form(given: Facts) -> Iterator[str]:
    for name in _NO_FORM:
        held = getattr(given, name)
        count = len(held) if isinstance(held, tuple | dict) else int(held != type(held)())
        if name == "answers":
            count -= int("sex" in given.answers)
        if count:
            yield f"{name.replace('_', ' ').capitalize()} ({count}): no sure form in FHIR; case.yaml has them"
    course = given.course
    if course.supplies or course.suspensions:
        yield f"Supplies ({len(course.supplies)}) and suspensions ({len(course.suspensions)}): case.yaml has them"
    if len(course.levels) > 1:
        yield f"Earlier dose levels ({len(course.levels) - 1}): case.yaml has them"


def _outcome(left: list[str]) -> Resource:
    told = left or ["Everything of the case file is in this bundle."]
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational", "diagnostics": one} for one in told],
    }
