"""A diary file as it is handed over: the whole of it, of this person, or ValueError with what to do."""

from typing import Any

from msgspec import Struct

from titrant.fhir.elements import Resource, Tree, child, children, code, for_people, number
from titrant.fhir.envelope import KINDS, has_further_pages, is_address, matches, modified
from titrant.pathway.case import Patient


class Own(Struct, frozen=True):
    """How responses may name the person of the case: references, and identifiers as pairs of system and value."""

    id: str
    references: frozenset[str]
    identifiers: frozenset[tuple[str, str]] = frozenset()


class Handed(Struct, frozen=True):
    """What a file holds: its responses, each as it stands, and whose they must be."""

    responses: tuple[Resource, ...]
    own: Own


def handed_over(tree: Tree, patient: Patient) -> Handed:
    """The responses of a file for ``patient``. Raises ValueError for a part of a bundle, or for another person's."""
    own = Own(patient.id, frozenset({f"Patient/{patient.id}"} if patient.id else ()))
    if not isinstance(tree, dict):
        raise ValueError("it holds no FHIR resource; give a QuestionnaireResponse, or a Bundle of them")
    if tree.get("resourceType") != "Bundle":
        return Handed((tree,), own)
    _check_kind(tree)
    entries = _entries(tree)
    _check_complete(tree)
    persons = [one for one in entries if child(one, "resource").get("resourceType") == "Patient"]
    others = [child(one, "resource") for one in entries if one not in persons]
    return Handed(tuple(others), _with_persons(own, persons, patient))


def _check_kind(bundle: Resource) -> None:
    if code(bundle, "type") not in KINDS:
        kinds = ", ".join(filter(None, KINDS))
        raise ValueError(f"bundles of the type {for_people(code(bundle, 'type'))[:40]!r} are not read; send {kinds}")
    if modified({key: value for key, value in bundle.items() if key != "entry"}):
        raise ValueError("the bundle follows rules that are not known here; export it without them")


def _entries(bundle: Resource) -> list[Resource]:
    raw = bundle.get("entry")
    if not isinstance(raw, list):
        raise ValueError("the bundle has no list of entries; export it again")
    for place, one in enumerate(raw, start=1):
        if not isinstance(one, dict) or not child(one, "resource"):
            raise ValueError(f"entry {place} of the bundle holds no resource; export it again")
        if one.get("modifierExtension") or code(child(one, "request"), "method") in ("DELETE", "PATCH"):
            raise ValueError(f"entry {place} of the bundle asks for a change, or carries a modifier that is not known")
    return raw


def _check_complete(bundle: Resource) -> None:
    """One page of several is a part of a diary."""
    if "total" in bundle and number(bundle, "total") is None:
        raise ValueError("Bundle.total is not a number; export it again")
    if has_further_pages(bundle):
        told = f"{matches(bundle)} of {bundle['total']} entries" if "total" in bundle else "one page of several"
        raise ValueError(f"the bundle holds {told}; fetch every page and hand them over together")


def _with_persons(own: Own, persons: list[Resource], patient: Patient) -> Own:
    """``own`` with the names that the Patient of the bundle gives. Refuses one who is not the person of the case."""
    references, identifiers = set(own.references), set()
    for entry in persons:
        person, url = child(entry, "resource"), code(entry, "fullUrl")
        _check_person(person, url, patient)
        if person != child(persons[0], "resource"):
            raise ValueError("the Patient stands in the bundle more than once, with different content; export it again")
        references |= {url} if url.startswith("urn:") else set()
        identifiers |= {(code(one, "system"), code(one, "value")) for one in children(person, "identifier")}
    return Own(own.id, frozenset(references), frozenset(identifiers))


def _check_person(person: Resource, url: str, patient: Patient) -> None:
    name, born = for_people(code(person, "id"))[:40] or "no id", code(person, "birthDate")
    own_born = patient.birth_date.isoformat()
    if not patient.id or code(person, "id") != patient.id or _elsewhere(url, patient.id):
        raise ValueError(f"its Patient is {name}, the case is of {patient.id or 'nobody with an id'}")
    if born and not (own_born == born or own_born.startswith(f"{born}-")):
        raise ValueError(f"its Patient {name} was born {for_people(born)[:40]}, the case's person {own_born}")
    if modified(person) or person.get("active") not in (None, True):
        raise ValueError(f"its Patient {name} is not in active use, or follows rules that are not known here")


def _elsewhere(url: str, own_id: str) -> bool:
    return is_address(url) and url.split("/_history/", 1)[0].rsplit("/", 2)[-2:] != ["Patient", own_id]


def check_subject(resource: Resource, own: Own) -> None:
    """Raise ValueError unless ``resource`` says that it is of the person of the case."""
    subject: Any = child(resource, "subject")
    reference, kind = code(subject, "reference"), code(subject, "type")
    if reference not in own.references or kind not in ("", "Patient"):
        shown = for_people(reference)[:60] or "not given"
        expected = f"Patient/{own.id}" if own.id else "nobody with an id"
        raise ValueError(f"its subject is {shown}, the case is of {expected}")
    identifier = child(subject, "identifier")
    pair = (code(identifier, "system"), code(identifier, "value"))
    if "identifier" in subject and pair not in own.identifiers and pair[1] != own.id:
        raise ValueError(
            f"its subject has the identifier {for_people(pair[1])[:40] or 'not given'}, which no Patient beside it "
            "has; send the Patient in the bundle, or leave the identifier out"
        )
