"""A FHIR R4 bundle of one person becomes a case: what is certain is taken over, the rest is listed or asked.

Nothing is taken over in part: a bundle that is not one person's record is refused as a whole. A resource whose status,
modifiers or units are not certain is left out and listed. That something is absent is never read from a record.
"""

from titrant.fhir.allergies import read_allergies
from titrant.fhir.conditions import read_conditions
from titrant.fhir.diary import is_diary, read_diary
from titrant.fhir.elements import Resource, Tree, child, named, text
from titrant.fhir.envelope import Entry, References, entries_of, modified
from titrant.fhir.mapping import Mapping
from titrant.fhir.medicines import read_medicines
from titrant.fhir.observations import read_observations
from titrant.fhir.open_questions import open_questions
from titrant.fhir.person import Person, Whose, person_of, theirs
from titrant.fhir.readings import Readings
from titrant.fhir.responses import read_responses
from titrant.fhir.unused import Unused
from titrant.knowledge.library import Library
from titrant.pathway.case import Answer, Case, Facts, Patient

READ = (
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "QuestionnaireResponse",
)
# Read where another resource refers to them.
BESIDE = ("Patient", "Medication")
NOT_READ = "resources of types not read"


def case_from_bundle(bundle: Tree, library: Library, scenario: str = "Imported from a FHIR R4 record") -> Case:
    """The case that ``bundle`` gives, with its open questions and what was not used. Raises CaseFileError."""
    unused = Unused()
    entries = entries_of(bundle, unused)
    person = person_of(entries, unused)
    references = References(entries)
    usable = _usable(entries, person, references, unused)

    mapping = Mapping(library)
    readings = Readings(mapping, unused)
    observed = read_observations(usable["Observation"], mapping, readings, unused)
    responses = usable["QuestionnaireResponse"]
    read_responses([one for one in responses if not is_diary(one)], mapping, readings, unused)
    problems = read_conditions(usable["Condition"], observed, person, library, unused)
    ordered = [*usable["MedicationRequest"], *usable["MedicationStatement"]]
    medications = read_medicines(ordered, references, library.drugs, unused)
    allergies = read_allergies(usable["AllergyIntolerance"], unused)

    newest = readings.newest()
    answers = {"sex": person.sex} if person.sex and "sex" in library.facts else {}
    given = Facts(
        patient=Patient(birth_date=person.birth_date, id=person.id),
        indication=problems.indication,
        readings={fact: found if len(found) > 1 else found[0] for fact, found in newest.items()},
        answers={name: Answer(answer=word, by="record") for name, word in answers.items()},
        conditions=dict(problems.conditions),
        medications=medications,
        allergies=allergies,
        diary=read_diary(responses, unused),
    )
    questions = open_questions(newest, answers, problems, allergies.reviewed_on is not None, library)
    return Case(scenario=scenario, given=given, questions=questions, skipped=unused.lines())


def _usable(
    entries: tuple[Entry, ...], person: Person, references: References, unused: Unused
) -> dict[str, list[Resource]]:
    """The resources of the types that are read, as far as they are this person's and say nothing unknown."""
    owners = theirs(entries, person, references)
    usable: dict[str, list[Resource]] = {kind: [] for kind in READ}
    for entry in entries:
        if entry.kind not in READ:
            if entry.kind not in BESIDE:
                unused.count(NOT_READ, text(entry.resource, "resourceType"))
            continue
        reason = modified(entry.resource) or _NOT_THEIRS.get(owners[entry.place], "")
        if reason:
            unused.say(_what(entry), reason)
        else:
            usable[entry.kind].append(entry.resource)
    return usable


_NOT_THEIRS = {
    Whose.NOBODYS: "it is about a group, a device or a place, not about the patient",
    Whose.UNSTATED: "it does not say whose it is",
}


def _what(entry: Entry) -> str:
    concept = child(entry.resource, "code") or child(entry.resource, "medicationCodeableConcept")
    return f"{entry.kind} {named(concept)}" if concept else entry.kind
