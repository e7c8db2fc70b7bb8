"""Allergies: ketamine by code or by name, others by name. That there is none is believed only where it is stated."""

from datetime import date

from titrant.fhir.elements import (
    RXNORM,
    SNOMED,
    Resource,
    child,
    children,
    code,
    codings,
    day,
    for_people,
    named,
    status_of,
    words,
)
from titrant.fhir.unused import Unused
from titrant.pathway.case import Allergy, AllergyList

NO_KNOWN_ALLERGY = "716186003"
KETAMINE_SNOMED = ("373464007",)
KETAMINE_RXNORM = ("6130", "203184")
USED_CLINICAL = ("active", "")
USED_VERIFICATION = ("confirmed", "unconfirmed", "")


def read_allergies(resources: list[Resource], unused: Unused) -> AllergyList:
    """The list, with a day of review only where the record states that no allergy is known."""
    found: set[Allergy] = set()
    none_known: list[date | None] = []
    for resource in resources:
        what = f"AllergyIntolerance {named(child(resource, 'code'))}"
        reason = _not_usable(resource)
        if reason:
            unused.say(what, reason)
        elif _states_none(resource):
            none_known.append(day(code(resource, "recordedDate")))
        elif any(one.casefold().startswith("no ") for one in words(child(resource, "code"))):
            unused.say(what, "it denies something; only the general statement that no allergy is known is used")
        else:
            found.add(_allergy(resource))
    if found and none_known:
        unused.say("The statement that no allergy is known", "allergies are recorded as well")
    days = [one for one in none_known if one is not None]
    return AllergyList(
        reviewed_on=max(days) if days and not found else None,
        by="record" if days and not found else "",
        allergies=tuple(sorted(found, key=lambda one: (one.substance, one.reaction))),
    )


def _not_usable(resource: Resource) -> str:
    clinical, verified = status_of(resource, "clinicalStatus"), status_of(resource, "verificationStatus")
    if verified not in USED_VERIFICATION:
        return f"its verification status is {for_people(verified)}"
    if clinical not in USED_CLINICAL:
        return f"its clinical status is {for_people(clinical)}"
    return ""


def _states_none(resource: Resource) -> bool:
    return any(one.of(SNOMED) and one.code == NO_KNOWN_ALLERGY for one in codings(child(resource, "code")))


def _allergy(resource: Resource) -> Allergy:
    concept = child(resource, "code")
    reactions = children(resource, "reaction")
    substances = (concept, *(child(one, "substance") for one in reactions))
    manifestations = (named(one) for reaction in reactions for one in children(reaction, "manifestation"))
    reaction = for_people(", ".join(sorted(set(manifestations))))
    if any(_is_ketamine(one) for one in substances):
        # Whatever else the entry is called: an allergy that may be to ketamine is taken as one.
        return Allergy(substance="ketamine", rxnorm=KETAMINE_RXNORM[0], snomed=KETAMINE_SNOMED[0], reaction=reaction)
    return Allergy(substance=named(concept), reaction=reaction)


def _is_ketamine(concept: Resource) -> bool:
    coded = any(
        (one.of(SNOMED) and one.code in KETAMINE_SNOMED) or (one.of(RXNORM) and one.code in KETAMINE_RXNORM)
        for one in codings(concept)
    )
    return coded or any("ketamin" in one.casefold() for one in words(concept))
