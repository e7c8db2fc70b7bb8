"""A FHIR R4 bundle of one person becomes a case: what is certain is taken over, the rest is listed or asked.

Nothing is taken over in part: a bundle that is not one person's record is refused as a whole. A resource whose status,
modifiers or units are not certain is left out and listed. That something is absent is never read from a record.
"""

from titrant.fhir.allergies import read_allergies
from titrant.fhir.conditions import read_conditions
from titrant.fhir.diary import FURTHER_PAGES, is_diary, read_diary
from titrant.fhir.doubtful import ORDERED, READ, Doubtful, Sorted, sort_out
from titrant.fhir.elements import Tree, text
from titrant.fhir.envelope import Entry, References, entries_of, has_further_pages
from titrant.fhir.mapping import Mapping
from titrant.fhir.medicines import read_medicines, with_further_pages
from titrant.fhir.observations import doubt_observations, read_observations
from titrant.fhir.open_questions import open_questions
from titrant.fhir.person import person_of, theirs
from titrant.fhir.readings import Readings
from titrant.fhir.responses import doubt_responses, read_responses
from titrant.fhir.unused import Unused
from titrant.knowledge.library import Library
from titrant.pathway.case import Answer, Case, Facts, Patient

# Read where another resource refers to them.
BESIDE = ("Patient", "Medication")
NOT_READ = "resources of types not read"


def case_from_bundle(bundle: Tree, library: Library, scenario: str = "Imported from a FHIR R4 record") -> Case:
    """The case that ``bundle`` gives, with its open questions and what was not used. Raises CaseFileError."""
    unused = Unused()
    entries = entries_of(bundle, unused)
    person = person_of(entries, unused)
    references = References(entries)
    _count_not_read(entries, unused)
    held = sort_out(entries, theirs(entries, person, references), unused)
    usable, doubtful = held.usable, held.doubtful

    mapping = Mapping(library)
    readings = Readings(mapping, unused)
    observed = read_observations(usable["Observation"], mapping, readings, unused)
    responses = usable["QuestionnaireResponse"]
    read_responses([one for one in responses if not is_diary(one)], mapping, readings, unused)
    doubt_observations(doubtful["Observation"], mapping, readings)
    doubt_responses(doubtful["QuestionnaireResponse"], mapping, readings)
    problems = read_conditions(usable["Condition"], doubtful["Condition"], observed, person, library, unused)
    ordered = [*usable["MedicationRequest"], *usable["MedicationStatement"]]
    not_ordered = [one for kind in ORDERED for one in doubtful[kind]]
    medications = read_medicines(ordered, not_ordered, references, library.drugs, unused)
    if has_further_pages(bundle):
        medications = with_further_pages(medications)
    diary = read_diary(responses, _not_usable(entries, held), unused)
    allergies = read_allergies(usable["AllergyIntolerance"], doubtful["AllergyIntolerance"], unused)

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
        diary=diary.entries,
        diary_unread=(*diary.unread, *((FURTHER_PAGES,) if has_further_pages(bundle) else ())),
    )
    questions = open_questions(newest, answers, problems, allergies.reviewed_on is not None, library)
    return Case(scenario=scenario, given=given, questions=questions, skipped=unused.lines())


def _not_usable(entries: tuple[Entry, ...], held: Sorted) -> list[Doubtful]:
    """Responses that may not be read, also those that are said to be about something else than the patient."""
    doubtful = held.doubtful["QuestionnaireResponse"]
    told = {id(one) for one in (*held.usable["QuestionnaireResponse"], *(one.resource for one in doubtful))}
    rest = (one.resource for one in entries if one.kind == "QuestionnaireResponse" and id(one.resource) not in told)
    return [*doubtful, *(Doubtful(one, "it does not say that it is about the patient") for one in rest)]


def _count_not_read(entries: tuple[Entry, ...], unused: Unused) -> None:
    for entry in entries:
        if entry.kind not in (*READ, *BESIDE):
            unused.count(NOT_READ, text(entry.resource, "resourceType"))
