"""Resources of this person that may not be read, but must not go unnoticed: what they speak of is not settled."""

from collections.abc import Iterator

from msgspec import Struct

from titrant.fhir.elements import Resource, child, code, named, objects_in
from titrant.fhir.envelope import Entry, modified
from titrant.fhir.person import Whose
from titrant.fhir.unused import Unused

READ = (
    "AllergyIntolerance",
    "Condition",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "QuestionnaireResponse",
)
DISPENSE = "MedicationDispense"
ORDERED = ("MedicationRequest", "MedicationStatement", DISPENSE)
_NOT_THEIRS = {
    Whose.NOBODYS: "it is about a group, a device or a place, not about the patient",
    Whose.UNSTATED: "it does not say whose it is",
}


class Doubtful(Struct, frozen=True):
    """One such resource, and why it may not be read."""

    resource: Resource
    reason: str


class Sorted(Struct, frozen=True):
    """The resources by type: those that may be read, and those that are doubtful."""

    usable: dict[str, list[Resource]]
    doubtful: dict[str, list[Doubtful]]


def sort_out(entries: tuple[Entry, ...], owners: dict[int, Whose], unused: Unused) -> Sorted:
    """The resources of the types that are read, as far as they are this person's."""
    found = Sorted({kind: [] for kind in READ}, {kind: [] for kind in (*READ, DISPENSE)})
    for entry in entries:
        kind, owner = entry.kind, owners.get(entry.place, Whose.THEIRS)
        if kind == "Bundle":
            for one in _within(entry.resource):
                found.doubtful[code(one.resource, "resourceType")].append(one)
        elif kind in found.doubtful:
            reason = modified(entry.resource) or _NOT_THEIRS.get(owner, "")
            if reason and kind in READ:
                unused.say(_what(entry), reason)
            reason = reason or _doubt(entry)
            if not reason:
                found.usable[kind].append(entry.resource)
            elif owner is not Whose.NOBODYS or kind in ORDERED:
                found.doubtful[kind].append(Doubtful(entry.resource, reason))
    return found


def _doubt(entry: Entry) -> str:
    if entry.disputed:
        return "it stands in the record in several ways, and which one holds cannot be told"
    return "" if entry.kind in READ else "dispensed, but no order of it was read"


def _within(inner: Resource) -> Iterator[Doubtful]:
    """What a bundle within the bundle holds: whose it is was not checked."""
    for one in objects_in(inner):
        if code(one, "resourceType") in (*READ, DISPENSE):
            yield Doubtful(one, "it stands in a bundle within the bundle")


def _what(entry: Entry) -> str:
    concept = child(entry.resource, "code") or child(entry.resource, "medicationCodeableConcept")
    return f"{entry.kind} {named(concept)}" if concept else entry.kind
