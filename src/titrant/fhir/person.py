"""Whose record it is: one patient, and every resource about that patient, or nothing at all (H16)."""

from collections.abc import Iterator
from datetime import date
from enum import Enum, auto

from msgspec import Struct

from titrant.fhir.elements import Resource, Tree, child, children, code, day, for_people, text
from titrant.fhir.envelope import Entry, References, is_address, modified
from titrant.fhir.refusal import refused
from titrant.fhir.unused import Unused

_ABOUT = ("subject", "patient", "beneficiary")
_BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


class Person(Struct, frozen=True):
    """The patient of the bundle and every way in which resources may name the patient."""

    resource: Resource
    birth_date: date
    ids: frozenset[str]
    addresses: frozenset[str]
    urns: frozenset[str]
    identifiers: frozenset[tuple[str, str]]

    @property
    def id(self) -> str:
        """An opaque name: the resource's id, else what its full URL ends in."""
        own = text(self.resource, "id")
        return own or (for_people(sorted(self.ids)[0]) if self.ids else "")

    @property
    def sex(self) -> str:
        """Sex recorded at birth where the record states just that; administrative gender is something else."""
        stated = [
            code(one, "valueCode") for one in children(self.resource, "extension") if code(one, "url") == _BIRTH_SEX
        ]
        return {"F": "female", "M": "male"}.get(stated[0], "") if len(stated) == 1 else ""

    @property
    def deceased(self) -> bool:
        when = code(self.resource, "deceasedDateTime")
        return bool(when) or self.resource.get("deceasedBoolean") not in (None, False)

    @property
    def died_on(self) -> date | None:
        return day(code(self.resource, "deceasedDateTime"))


class Whose(Enum):
    """Whose a resource is, by one of its references."""

    THEIRS = auto()
    ANOTHERS = auto()
    NOBODYS = auto()  # a group, a device, a place
    UNSTATED = auto()


def person_of(entries: tuple[Entry, ...], unused: Unused) -> Person:
    """The one patient of the bundle. Refuses the bundle if there is none, or more than one."""
    patients = [entry for entry in entries if entry.kind == "Patient"]
    if len(patients) != 1:
        raise refused(
            "Patient",
            "It holds no Patient." if not patients else f"It holds {len(patients)} different patients.",
            "Without exactly one patient nobody can tell whose facts these are.",
            "Export the record of one patient, with the Patient resource.",
        )
    only = patients[0]
    _check_trustworthy(only)
    if children(only.resource, "link"):
        unused.say("Patient.link", "the record system links this patient to others; their records were not read")
    return _person(only)


def _check_trustworthy(patient: Entry) -> None:
    fault = modified(patient.resource)
    if not fault and patient.resource.get("active") not in (None, True):
        fault = "it is marked as not in active use"
    if not fault and any(code(link, "type") == "replaced-by" for link in children(patient.resource, "link")):
        fault = "it was replaced by the record of another Patient resource"
    if fault:
        raise refused(
            patient.label,
            f"The Patient cannot be relied on: {fault}.",
            "Whose record this is must be beyond doubt.",
            "Find the current record in the record system and export that.",
        )


def _person(entry: Entry) -> Person:
    resource, url = entry.resource, entry.full_url.split("/_history/", 1)[0]
    born = day(code(resource, "birthDate"))
    if born is None or code(resource, "birthDate") != born.isoformat():
        shown = text(resource, "birthDate") or "none"
        raise refused(
            f"{entry.label}: birthDate",
            f"A full birth date is needed; the record has {shown}.",
            "Age limits who may be treated and how low the start must be.",
            "Complete the birth date in the record system.",
        )
    urn = url.lower() if url.lower().startswith("urn:") else ""
    ids = {code(resource, "id"), urn.removeprefix("urn:uuid:") if urn.startswith("urn:uuid:") else ""}
    if is_address(url):
        ids.add(url.rsplit("/", 1)[-1])
    return Person(
        resource,
        born,
        frozenset(filter(None, ids)),
        frozenset({url} if is_address(url) else ()),
        frozenset({urn} if urn else ()),
        frozenset(_identifiers(resource)),
    )


def _identifiers(resource: Resource) -> Iterator[tuple[str, str]]:
    for one in children(resource, "identifier"):
        if code(one, "system") and code(one, "value"):
            yield code(one, "system"), code(one, "value")


def theirs(entries: tuple[Entry, ...], person: Person, references: References) -> dict[int, Whose]:
    """Whose each entry is, by its place. Refuses the whole bundle if any belongs to another person."""
    found = {}
    for entry in entries:
        if entry.kind == "Patient":
            continue
        verdicts = {whose(one, entry, holder, person, references) for holder, one in _subjects(entry.resource)}
        if Whose.ANOTHERS in verdicts:
            raise refused(
                entry.label,
                "It belongs to another patient, or to one who cannot be found in the bundle.",
                "Facts of two people in one record could give one person's dose to the other.",
                "Export the record again, for one patient only.",
            )
        own = {whose(one, entry, entry.resource, person, references) for one in _references(entry.resource)}
        found[entry.place] = _together(own)
    return found


def _together(verdicts: set[Whose]) -> Whose:
    if Whose.NOBODYS in verdicts:
        return Whose.NOBODYS
    return Whose.THEIRS if verdicts == {Whose.THEIRS} else Whose.UNSTATED


def _subjects(resource: Resource) -> Iterator[tuple[Resource, Tree]]:
    for holder in (resource, *children(resource, "contained")):
        yield from ((resource, one) for one in _references(holder))


def _references(holder: Resource) -> Iterator[Tree]:
    keys = (*_ABOUT, "for") if code(holder, "resourceType") == "Task" else _ABOUT
    for key in keys:
        if isinstance(holder.get(key), str):
            yield {"reference": holder[key]}
        yield from children(holder, key)


def whose(reference: Resource, entry: Entry, holder: Resource, person: Person, references: References) -> Whose:
    """Whose the thing is that carries ``reference`` as its subject."""
    target = code(reference, "reference").strip().split("/_history/", 1)[0]
    identifier = child(reference, "identifier")
    by_identifier = _by_identifier(identifier, person)
    if by_identifier is Whose.ANOTHERS and code(identifier, "system") in {system for system, _ in person.identifiers}:
        return Whose.ANOTHERS
    if not target:
        return by_identifier if code(reference, "type") in ("", "Patient") else Whose.NOBODYS
    if target.startswith("#"):
        return _contained(references.find(target, holder), person)
    if "?" in target:
        return _conditional(target, person)
    return _by_target(target, entry, person, references)


def _by_identifier(identifier: Resource, person: Person) -> Whose:
    pair = (code(identifier, "system"), code(identifier, "value"))
    if not all(pair):
        return Whose.UNSTATED
    return Whose.THEIRS if pair in person.identifiers else Whose.ANOTHERS


def _contained(found: Resource | None, person: Person) -> Whose:
    if found is None:
        return Whose.UNSTATED
    if code(found, "resourceType") != "Patient":
        return Whose.NOBODYS
    same = bool(person.identifiers & set(_identifiers(found))) and code(found, "birthDate") in (
        "",
        person.birth_date.isoformat(),
    )
    return Whose.THEIRS if same else Whose.ANOTHERS


def _conditional(target: str, person: Person) -> Whose:
    kind, _, query = target.partition("?")
    if kind.rsplit("/", 1)[-1] != "Patient":
        return Whose.NOBODYS
    system, _, value = query.removeprefix("identifier=").partition("|")
    known = query.startswith("identifier=") and (system, value) in person.identifiers
    return Whose.THEIRS if known else Whose.ANOTHERS


def _by_target(target: str, entry: Entry, person: Person, references: References) -> Whose:
    if target in person.addresses or target.lower() in person.urns:
        return Whose.THEIRS
    kind, _, own = target.rpartition("/")
    kind = kind.rsplit("/", 1)[-1]
    if not own or not kind:  # a urn, or words
        found = references.find(target, entry.resource)
        known = found is not None and code(found, "resourceType") != "Patient"
        return Whose.NOBODYS if known else Whose.ANOTHERS
    if kind != "Patient":
        return Whose.NOBODYS
    if own not in person.ids and own.lower() not in person.ids:
        return Whose.ANOTHERS
    return Whose.THEIRS if _same_server(target, entry, person) else Whose.ANOTHERS


def _same_server(target: str, entry: Entry, person: Person) -> bool:
    """Whether an id means the same patient: a relative reference is meant on the server of the one that refers."""
    if not person.addresses:
        return True
    if is_address(target):
        return target in person.addresses
    return not is_address(entry.full_url) or _base(entry.full_url) in {_base(one) for one in person.addresses}


def _base(url: str) -> str:
    return url.split("/_history/", 1)[0].rsplit("/", 2)[0]
