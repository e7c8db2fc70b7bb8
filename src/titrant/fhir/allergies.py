"""Allergies: ketamine by any sign of it, others by name. That there is none is believed only where it is stated.

Only what is refuted, entered in error or resolved is left out. Whatever else is not certain stays listed.
"""

import re
from datetime import date

from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import (
    ATC,
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
    text,
    words,
)
from titrant.fhir.unused import Unused
from titrant.pathway.case import Allergy, AllergyList

NO_KNOWN_ALLERGY = "716186003"
KETAMINE_SNOMED = ("373464007",)
KETAMINE_RXNORM = ("6130", "203184", "2119365")
KETAMINE_ATC = ("N01AX03", "N01AX14", "N06AX27")
CERTAIN_CLINICAL = ("active", "")
CERTAIN_VERIFICATION = ("confirmed", "")
_KETAMINE = re.compile(r"ketamin|ketalar|ketanest|spravato", re.IGNORECASE)
_DENIAL = re.compile(r"(no|nil|nka|nkda|none)\b", re.IGNORECASE)


def read_allergies(resources: list[Resource], doubtful: list[Doubtful], unused: Unused) -> AllergyList:
    """The list, with a day of review only where the record states that no allergy is known, and nothing else."""
    found: set[Allergy] = set()
    none_known: list[date | None] = []
    others = bool(doubtful)
    for resource, doubt in [*((one, "") for one in resources), *((one.resource, one.reason) for one in doubtful)]:
        what = f"AllergyIntolerance {named(child(resource, 'code'))}"
        gone, unsure = _gone(resource), doubt or _unsure(resource)
        denied = _denies(resource)
        if not (gone or unsure) and denied and _states_none(resource):
            none_known.append(day(code(resource, "recordedDate")))
            continue
        others = True
        if gone:
            unused.say(what, gone)
        elif denied:
            unused.say(
                what, unsure or "it denies something; only the general statement that no allergy is known is used"
            )
        else:
            found.add(_allergy(resource))
            if unsure:
                unused.say(what, f"it stays listed, although it is not certain: {unsure}")
    if others and none_known:
        unused.say("The statement that no allergy is known", "allergies are recorded as well")
    days = [] if others else [one for one in none_known if one is not None]
    return AllergyList(
        reviewed_on=max(days, default=None),
        by="record" if days else "",
        allergies=tuple(sorted(found, key=lambda one: (one.substance, one.reaction))),
    )


def _gone(resource: Resource) -> str:
    """Why the entry does not hold any more; empty if it may."""
    clinical = status_of(resource, "clinicalStatus").casefold()
    verified = status_of(resource, "verificationStatus").casefold()
    if verified in ("refuted", "entered-in-error"):
        return f"its verification status is {verified}"
    return "its clinical status is resolved" if clinical == "resolved" else ""


def _unsure(resource: Resource) -> str:
    clinical, verified = status_of(resource, "clinicalStatus"), status_of(resource, "verificationStatus")
    if verified.casefold() not in CERTAIN_VERIFICATION:
        return f"its verification status is {for_people(verified)}"
    return "" if clinical.casefold() in CERTAIN_CLINICAL else f"its clinical status is {for_people(clinical)}"


def _denies(resource: Resource) -> bool:
    """Whether it says nothing but that something is not so."""
    concept = child(resource, "code")
    said = words(concept)
    only_code = not said and _states_none(resource)
    denied = only_code or (bool(said) and all(_DENIAL.match(one) for one in said))
    return denied and not any(_DENIAL.match(one) is None for one in _signs_of_ketamine(resource))


def _states_none(resource: Resource) -> bool:
    coded = [one for one in codings(child(resource, "code")) if one.of(SNOMED)]
    return bool(coded) and all(one.code == NO_KNOWN_ALLERGY for one in coded)


def _allergy(resource: Resource) -> Allergy:
    concept = child(resource, "code")
    manifestations = (
        named(one) for reaction in children(resource, "reaction") for one in children(reaction, "manifestation")
    )
    reaction = for_people(", ".join(sorted(set(manifestations))))
    signs = _signs_of_ketamine(resource)
    if not signs:
        return Allergy(substance=named(concept), reaction=reaction)
    # Whatever else the entry is called: an allergy that may be to ketamine is taken as one.
    told = for_people("; ".join(dict.fromkeys((named(concept), *signs))))
    return Allergy(
        substance=f"ketamine ({told})", rxnorm=KETAMINE_RXNORM[0], snomed=KETAMINE_SNOMED[0], reaction=reaction
    )


def _signs_of_ketamine(resource: Resource) -> list[str]:
    """The words that name ketamine, or what a concept with its code is called."""
    reactions = children(resource, "reaction")
    concepts = (child(resource, "code"), *(child(one, "substance") for one in reactions))
    said = [one for concept in concepts for one in words(concept)]
    said += [text(one, "description") for one in reactions]
    said += [
        text(one, "text") for one in (*children(resource, "note"), *(n for r in reactions for n in children(r, "note")))
    ]
    return [*(named(one) for one in concepts if _coded(one)), *(one for one in said if _KETAMINE.search(one))]


def _coded(concept: Resource) -> bool:
    return any(
        (one.of(SNOMED) and one.code in KETAMINE_SNOMED)
        or (one.of(RXNORM) and one.code in KETAMINE_RXNORM)
        or (one.of(ATC) and one.code in KETAMINE_ATC)
        for one in codings(concept)
    )
