"""The drugs of a record: orders and statements, each drug once, nothing recognised that is not certain.

What names a drug and cannot be used stays in the list by its name, so that it is settled by hand.
"""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec
from msgspec import Struct

from titrant.fhir.doses import Dose, dose_of
from titrant.fhir.doubtful import DISPENSE, Doubtful
from titrant.fhir.elements import (
    SNOMED,
    Resource,
    child,
    children,
    code,
    codings,
    day,
    for_people,
    last_day,
    named,
    text,
)
from titrant.fhir.envelope import References
from titrant.fhir.identity import CONFLICT, Identity, identities_of
from titrant.fhir.unused import Unused
from titrant.knowledge.drugs import DrugTable
from titrant.pathway.case import NO_STOP_DAY, Medication, MedicationList

REQUEST = "MedicationRequest"
FURTHER_PAGES = "further pages of the record"
CURRENT = ("active", "on-hold")
ENDED = ("completed", "stopped")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
_NEVER_MEANT = ("not-taken", "entered-in-error", "cancelled", "declined", "draft")
_NO_ORDERS = ("proposal", "plan")
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
    resources: list[Resource], doubtful: list[Doubtful], references: References, table: DrugTable, unused: Unused
) -> MedicationList:
    """All drugs. The list carries no day of review: a record is not a list that somebody went through."""
    taken: dict[str, list[Taken]] = {}
    lost: list[tuple[Doubtful, tuple[Identity, ...]]] = []
    for resource in resources:
        identities = identities_of(resource, references, table)
        reason = _not_usable(resource)
        if reason:
            unused.say(_what(resource, identities), reason)
            lost.append((Doubtful(resource, reason), identities))
            continue
        for one in _taken(resource, identities):
            taken.setdefault(_same(one.identity), []).append(one)
    lost += [(one, identities_of(one.resource, references, table)) for one in doubtful]
    drugs = [drug for _, several in sorted(taken.items()) for drug in _once(several, unused)]
    _say_unrecognised(drugs, unused)
    held = {_same(one.identity) for one in drugs if one.until is None}
    return MedicationList(drugs=(*(_listed(one) for one in drugs), *_not_used(_still_open(lost, held), unused)))


def with_further_pages(listed: MedicationList) -> MedicationList:
    """The list of a record of which only a part is at hand: drugs may stand on the other pages."""
    rest = Medication(name=FURTHER_PAGES, matched="not usable: they are not in the file", source="record")
    return msgspec.structs.replace(listed, drugs=(*listed.drugs, rest))


def _say_unrecognised(drugs: list[Taken], unused: Unused) -> None:
    for one in drugs:
        if one.identity.how == CONFLICT:
            unused.say(
                f"Drug {one.identity.name}", "its code and its words name different things, so it is not checked"
            )
        elif one.identity.drug is None:
            unused.say(f"Drug {one.identity.name}", "it is not recognised, so it is listed but not checked")


def _still_open(lost: Iterable[tuple[Doubtful, tuple[Identity, ...]]], held: set[str]) -> Iterator[tuple[str, str]]:
    """Name as written and reason of each drug that may be taken. A supply of what is listed anyway adds nothing."""
    for one, identities in lost:
        resource = one.resource
        supplied = code(resource, "resourceType") == DISPENSE and all(_same(each) in held for each in identities)
        if not _never_meant(resource) and not supplied:
            concept = child(resource, "medicationCodeableConcept")
            clear = concept and all(each.how != CONFLICT for each in identities)
            yield named(concept) if clear else " and ".join(each.name for each in identities), one.reason


def _never_meant(resource: Resource) -> bool:
    """Whether the record itself says that the drug was not, or not yet, to be taken."""
    planned = code(resource, "resourceType") == REQUEST and code(resource, "intent") in _NO_ORDERS
    return planned or code(resource, "status") in _NEVER_MEANT or resource.get("doNotPerform") is True


def _not_used(found: Iterable[tuple[str, str]], unused: Unused) -> Iterator[Medication]:
    reasons: dict[str, set[str]] = {}
    for name, reason in found:
        reasons.setdefault(name, set()).add(reason)
    for name, why in sorted(reasons.items()):
        told = for_people("; ".join(sorted(why)))
        unused.say(f"Drug {name}", f"it stays in the list to be settled by hand, because it is not usable: {told}")
        yield Medication(name=name, matched=f"not usable: {told}", source="record")


def _same(identity: Identity) -> str:
    return identity.drug.name if identity.drug else f"~{identity.name.casefold()}"


def _what(resource: Resource, identities: tuple[Identity, ...]) -> str:
    return f"{text(resource, 'resourceType')} {' and '.join(one.name for one in identities)}"


def _not_usable(resource: Resource) -> str:
    status, intent = code(resource, "status"), code(resource, "intent")
    if resource.get("doNotPerform") is True:
        return "it says that the drug is not to be given"
    if resource.get("doNotPerform") not in (None, False):
        return "whether the drug is to be given (doNotPerform) is neither true nor false"
    if status not in (*CURRENT, *ENDED):
        return f"its status is {for_people(status) or 'not given'}"
    if code(resource, "resourceType") == REQUEST and intent and intent not in ORDERS:
        return f"its intent is {for_people(intent)}, which is not an order"
    return ""


def _taken(resource: Resource, identities: tuple[Identity, ...]) -> list[Taken]:
    request = code(resource, "resourceType") == REQUEST
    instructions = children(resource, "dosageInstruction" if request else "dosage")
    alone = len(identities) == 1
    since, until = _since(resource, request), _until(resource, instructions)
    current = code(resource, "status") in CURRENT
    if current or (since is not None and until is not None and until < since):
        until = None  # an end before the beginning is a wrong day: as good as none
    return [
        Taken(
            identity,
            dose_of(instructions, identity.strength, by_mass=alone),
            request,
            current,
            since,
            until,
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
    whole = last_day(code(child(resource, "effectivePeriod"), "end"))
    bounds = [child(child(child(one, "timing"), "repeat"), "boundsPeriod") for one in instructions]
    ends = [last_day(code(bound, "end")) for bound in bounds]
    if whole is None and None in ends:
        return None
    return max((end for end in (whole, *ends) if end is not None), default=None)


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
        return [_last(several, unused)]
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


def _last(several: list[Taken], unused: Unused) -> Taken:
    """Of entries that have ended: one without a day, because it may have ended today, else the last."""
    undated = [one for one in several if one.until is None]
    if undated:
        unused.say(f"Stopped drug {several[0].identity.name}", NO_STOP_DAY)
    return _largest(undated or several)


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
        matched=_matched(one),
        source="record",
    )


def _matched(one: Taken) -> str:
    how = one.identity.how
    stopped = not one.current and one.until is None and how != CONFLICT
    return "; ".join(filter(None, (how, NO_STOP_DAY))) if stopped else how
