"""The drugs of a record: orders and statements, each drug once, nothing recognised that is not certain."""

from datetime import date

from msgspec import Struct

from titrant.fhir.doses import Dose, dose_of
from titrant.fhir.elements import SNOMED, Resource, child, children, code, codings, day, for_people, last_day, text
from titrant.fhir.envelope import References
from titrant.fhir.identity import CONFLICT, Identity, identities_of
from titrant.fhir.unused import Unused
from titrant.knowledge.drugs import DrugTable
from titrant.pathway.case import Medication, MedicationList

REQUEST = "MedicationRequest"
CURRENT = ("active", "on-hold")
ENDED = ("completed", "stopped")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
_ROUTES = {
    "26643006": "oral", "37839007": "sublingual", "54471007": "buccal", "47625008": "intravenous",
    "78421000": "intramuscular", "46713006": "nasal",
}  # fmt: skip
_FORMS = {
    "transdermal": "transdermal",
    "inject": "injection",
    "nasal": "nasal",
    "rectal": "rectal",
    "suppository": "rectal",
}


class Taken(Struct, frozen=True):
    """One drug of one resource."""

    identity: Identity
    dose: Dose | None
    request: bool
    current: bool
    since: date | None
    until: date | None
    route: str

    @property
    def rank(self) -> tuple[object, ...]:
        """Largest last. Ties are settled by content, so that the order of entries does not matter."""
        size = self.dose.size if self.dose else 0
        known = self.identity.drug is not None
        return (
            self.until or date.min, known, size, self.request, self.since or date.min, self.route,
            self.identity.how, self.identity.product, self.dose.times_per_day if self.dose else "",
        )  # fmt: skip


def read_medicines(
    resources: list[Resource], references: References, table: DrugTable, unused: Unused
) -> MedicationList:
    """All drugs. The list carries no day of review: a record is not a list that somebody went through."""
    taken: dict[str, list[Taken]] = {}
    for resource in resources:
        identities = identities_of(resource, references, table)
        reason = _not_usable(resource)
        if reason:
            unused.say(_what(resource, identities), reason)
            continue
        for one in _taken(resource, identities):
            taken.setdefault(_same(one.identity), []).append(one)
    drugs = [drug for _, several in sorted(taken.items()) for drug in _once(several, unused)]
    for one in drugs:
        if one.identity.how == CONFLICT:
            unused.say(
                f"Drug {one.identity.name}", "its code and its words name different things, so it is not checked"
            )
        elif one.identity.drug is None:
            unused.say(f"Drug {one.identity.name}", "it is not recognised, so it is listed but not checked")
    return MedicationList(drugs=tuple(_listed(one) for one in drugs))


def _same(identity: Identity) -> str:
    return identity.drug.name if identity.drug else f"~{identity.name.casefold()}"


def _what(resource: Resource, identities: tuple[Identity, ...]) -> str:
    return f"{text(resource, 'resourceType')} {' and '.join(one.name for one in identities)}"


def _not_usable(resource: Resource) -> str:
    status, intent = code(resource, "status"), code(resource, "intent")
    if resource.get("doNotPerform") not in (None, False):
        return "it says that the drug is not to be given"
    if status not in (*CURRENT, *ENDED):
        return f"its status is {for_people(status) or 'not given'}"
    if code(resource, "resourceType") == REQUEST and intent and intent not in ORDERS:
        return f"its intent is {for_people(intent)}, which is not an order"
    return ""


def _taken(resource: Resource, identities: tuple[Identity, ...]) -> list[Taken]:
    request = code(resource, "resourceType") == REQUEST
    instructions = children(resource, "dosageInstruction" if request else "dosage")
    alone = len(identities) == 1
    current = code(resource, "status") in CURRENT
    return [
        Taken(
            identity,
            dose_of(instructions, identity.strength, by_mass=alone),
            request,
            current,
            _since(resource, request),
            None if current else _until(resource, instructions),
            _route(instructions, identity),
        )
        for identity in identities
    ]


def _since(resource: Resource, request: bool) -> date | None:
    if request:
        return day(code(resource, "authoredOn"))
    return day(code(child(resource, "effectivePeriod"), "start") or code(resource, "effectiveDateTime"))


def _until(resource: Resource, instructions: list[Resource]) -> date | None:
    """The last day of which the record says that the drug was taken; a date in part counts as late as it can."""
    bounds = [child(child(child(one, "timing"), "repeat"), "boundsPeriod") for one in instructions]
    ends = [code(bound, "end") for bound in (*bounds, child(resource, "effectivePeriod"))]
    known = [found for written in ends if (found := last_day(written)) is not None]
    return max(known, default=None)


def _route(instructions: list[Resource], identity: Identity) -> str:
    coded = {
        _ROUTES[one.code]
        for instruction in instructions
        for one in codings(child(instruction, "route"))
        if one.of(SNOMED) and one.code in _ROUTES
    }
    if len(coded) == 1:
        return coded.pop()
    return next((route for form, route in _FORMS.items() if form in identity.form.casefold()), "oral")


def _once(several: list[Taken], unused: Unused) -> list[Taken]:
    """The drug once: the active entry with the largest dose. Different products ordered side by side stay apart."""
    current = [one for one in several if one.current]
    if not current:
        return _ended(several, unused)
    products = sorted({one.identity.product for one in current if one.request and one.identity.product})
    if len(products) < 2:
        if len({one.dose for one in current if one.dose}) > 1:
            unused.say(f"Another entry for {current[0].identity.name}", "only the one with the largest dose was kept")
        return [_largest(current)]
    largest = [_largest([one for one in current if one.identity.product == product]) for product in products]
    others = [one for one in current if one.identity.product not in products]
    beyond = [one for one in others if one.dose and one.dose.size > max(o.dose.size if o.dose else 0 for o in largest)]
    return [*largest, *([_largest(beyond)] if beyond else [])]


def _largest(several: list[Taken]) -> Taken:
    return max(several, key=lambda one: one.rank)


def _ended(several: list[Taken], unused: Unused) -> list[Taken]:
    dated = [one for one in several if one.until is not None]
    if dated:
        return [_largest(dated)]
    for one in several:
        unused.say(f"Stopped drug {one.identity.name}", "the day on which it ended is not recorded")
    return []


def _listed(one: Taken) -> Medication:
    drug, conflict = one.identity.drug, one.identity.how == CONFLICT
    return Medication(
        name=one.identity.name,
        rxnorm=drug.rxcui if drug else "",
        atc=drug.atc[0] if drug and drug.atc and not drug.rxcui else "",
        dose=one.dose.each if one.dose and not conflict else None,
        times_per_day=one.dose.times_per_day if one.dose and not conflict else "",
        route=one.route,
        since=one.since,
        until=one.until,
        matched=one.identity.how,
        source="record",
    )
