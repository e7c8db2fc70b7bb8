"""Which drug an order or a statement means (H13): by its ingredients, its product code, its name, or not recognised.

A code whose words name something else is not believed; a part of a combination that is not recognised stays visible as
a drug of its own. What is not recognised carries no code, so that nothing later can take it for a known drug.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

from titrant.fhir.elements import (
    ATC,
    RXNORM,
    Resource,
    child,
    children,
    code,
    codings,
    for_people,
    named,
    number,
    words,
)
from titrant.fhir.envelope import References, modified
from titrant.knowledge.drugs import Drug, DrugTable, Match
from titrant.terms.quantity import Quantity

CONFLICT = "conflicting identity"
BY_NAME = "matched by name"
_PARTS = re.compile(r"\s[/+]\s")
_STRENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(MG/HR|MCG/HR|MG/ML|MG|MCG|mg|g|ug|µg)")
_DEEPEST = 3
# What is left of a part when strengths and forms are taken away: a name has at least one longer word.
_NAME = re.compile(r"[^\W\d_]{4,}")
_NO_NAME = re.compile(
    r"\b(oral|tablets?|capsules?|solution|injectable|injection|dose|doses|actuation|hour|hours|day|days|pack|daily|week|spray)\b",
    re.IGNORECASE,
)


class Identity(Struct, frozen=True):
    """One drug that a resource means. ``drug`` None: not recognised, and ``name`` is what was written."""

    name: str
    drug: Drug | None = None
    how: str = ""
    strength: Quantity | None = None  # of one piece, one millilitre, or the rate of one patch
    product: str = ""  # code of the product
    form: str = ""


def identities_of(resource: Resource, references: References, table: DrugTable) -> tuple[Identity, ...]:
    """Every drug that ``resource`` means; never empty."""
    by_concept = _of_concept(child(resource, "medicationCodeableConcept"), table)
    reference = child(resource, "medicationReference")
    by_reference = _of_reference(reference, resource, references, table) if reference else ()
    shown = _of_words((for_people(code(reference, "display")),), table)
    found = _agreed(_agreed(by_reference, shown), by_concept)
    return found or (Identity(_nameless(resource)),)


def _nameless(resource: Resource) -> str:
    said = named(child(resource, "medicationCodeableConcept"))
    return for_people(code(child(resource, "medicationReference"), "display")) or said


def _agreed(ingredients: tuple[Identity, ...], coded: tuple[Identity, ...]) -> tuple[Identity, ...]:
    """Ingredients, with whatever else the code names. If both are known and share nothing, neither is believed."""
    if not ingredients or not coded:
        return ingredients or coded
    known = {one.drug.name for one in ingredients if one.drug}
    also = {one.drug.name for one in coded if one.drug}
    if any(one.how == CONFLICT for one in (*ingredients, *coded)) or (known and also and not known & also):
        return (_conflict(f"{coded[0].name}, with the ingredient {ingredients[0].name}"),)
    if not also:  # words that are not recognised beside ingredients that are
        return ingredients
    # The product code knows strengths that ingredients often leave out.
    strengths = {one.drug.name: one for one in coded if one.drug}
    filled = [_filled(one, strengths) for one in ingredients]
    return (*filled, *(one for one in coded if one.drug and one.drug.name not in known))


def _filled(one: Identity, others: dict[str, Identity]) -> Identity:
    other = others.get(one.drug.name) if one.drug else None
    if other is None:
        return one
    return Identity(one.name, one.drug, one.how, one.strength or other.strength, other.product, other.form)


def _conflict(written: str) -> Identity:
    return Identity(for_people(written), how=CONFLICT)


# A Medication resource, within the order or beside it


def _of_reference(
    reference: Resource, holder: Resource, references: References, table: DrugTable
) -> tuple[Identity, ...]:
    target = code(reference, "reference")
    medication = references.find(target, holder) if target else None
    shown = for_people(code(reference, "display"))
    if medication is None or code(medication, "resourceType") != "Medication" or not _readable(medication):
        unresolved = _of_words((shown,), table) if shown else ()
        return unresolved or (
            Identity(f"a medicine that the record only refers to ({for_people(target) or 'unnamed'})"),
        )
    scope = holder if target.startswith("#") else medication
    return _of_medication(medication, scope, references, table, 0) or (Identity(shown or "a medicine without a name"),)


def _readable(medication: Resource) -> bool:
    return not modified(medication) and code(medication, "status") in ("", "active", "inactive")


def _of_medication(
    medication: Resource, scope: Resource, references: References, table: DrugTable, depth: int
) -> tuple[Identity, ...]:
    ingredients: list[Identity] = []
    for one in children(medication, "ingredient"):
        if one.get("isActive") is not False:
            ingredients += _of_ingredient(one, scope, references, table, depth)
    form = named(child(medication, "form")) if child(medication, "form") else ""
    found = _agreed(tuple(ingredients), _of_concept(child(medication, "code"), table))
    return tuple(Identity(i.name, i.drug, i.how, i.strength, i.product, i.form or form) for i in found)


def _of_ingredient(
    ingredient: Resource, scope: Resource, references: References, table: DrugTable, depth: int
) -> tuple[Identity, ...]:
    strength = _ratio(child(ingredient, "strength"))
    found = _of_concept(child(ingredient, "itemCodeableConcept"), table)
    target = code(child(ingredient, "itemReference"), "reference")
    inner = references.find(target, scope) if target and depth < _DEEPEST else None
    if not found and inner is not None and _readable(inner):
        if code(inner, "resourceType") == "Medication":
            found = _of_medication(inner, scope, references, table, depth + 1)
        else:
            found = _of_concept(child(inner, "code"), table)
    if not found:
        found = (Identity(named(child(ingredient, "itemCodeableConcept"))),)
    return tuple(Identity(i.name, i.drug, i.how, strength or i.strength, i.product, i.form) for i in found)


def _ratio(strength: Resource) -> Quantity | None:
    """Mass in one piece. A strength per volume or per anything else is left out."""
    upper, lower = child(strength, "numerator"), child(strength, "denominator")
    mass, pieces = number(upper, "value"), number(lower, "value")
    unit = {"mg": "mg", "g": "g", "ug": "µg"}.get(code(upper, "code") or code(upper, "unit"))
    counted = is_count(lower)
    if mass is None or unit is None or not counted or pieces is None or not pieces > 0 or not mass > 0:
        return None
    return Quantity(mass / pieces, unit)


# A concept


def _of_concept(concept: Resource, table: DrugTable) -> tuple[Identity, ...]:
    if not concept:
        return ()
    said = words(concept)
    coded = tuple(_by_codes(concept, table))
    if not coded:
        return _of_words(said, table) or (Identity(named(concept)),)
    recognised = {one.drug.name for one in coded if one.drug}
    by_words = tuple(one for text in said for one in _of_words((text,), table))
    named_drugs = {one.drug.name for one in by_words if one.drug}
    if _contradicted(concept, table) or (said and recognised and not recognised & named_drugs):
        codes = ", ".join(sorted(f"{one.drug.name}" for one in coded if one.drug))
        return (_conflict(f"{named(concept)}, coded as {codes}"),)
    extra = [one for one in by_words if not (one.drug and one.drug.name in recognised)]
    return _once((*coded, *extra))


def _contradicted(concept: Resource, table: DrugTable) -> bool:
    """Whether its RxNorm and its ATC codes name different drugs."""
    by_rxnorm = {one.drug.name for one in _by_rxnorm(concept, table) if one.drug}
    by_atc = {one.drug.name for one in _by_atc(concept, table) if one.drug}
    return bool(by_rxnorm and by_atc and not by_rxnorm & by_atc)


def _by_codes(concept: Resource, table: DrugTable) -> Iterator[Identity]:
    found = [*_by_rxnorm(concept, table), *_by_atc(concept, table)]
    yield from _once(tuple(found))


def _by_rxnorm(concept: Resource, table: DrugTable) -> Iterator[Identity]:
    for one in codings(concept):
        if not one.of(RXNORM):
            continue
        match = table.resolve(rxnorm=one.code)
        if match:
            yield Identity(match.drug.name, match.drug, f"by RxNorm {one.code}")
        for part in () if match else table.resolve_product(one.code):
            known = table.named(part.ingredient)
            strength = _written_strength(part.strength)
            how = f"by product code {one.code}"
            drug = known.drug if known else None
            yield Identity(
                drug.name if drug else part.ingredient, drug, how if drug else "", strength, one.code, part.dose_form
            )


def _by_atc(concept: Resource, table: DrugTable) -> Iterator[Identity]:
    for one in codings(concept):
        match = table.resolve(atc=one.code) if one.of(ATC) else None
        if match:
            yield Identity(match.drug.name, match.drug, f"by ATC {one.code}")


def _written_strength(written: str) -> Quantity | None:
    found = _STRENGTH.fullmatch(written.strip())
    if not found:
        return None
    unit = {"MG/HR": "mg/h", "MCG/HR": "µg/h", "MG/ML": "mg/mL", "MG": "mg", "MCG": "µg", "ug": "µg"}
    return Quantity(Decimal(found[1]), unit.get(found[2], found[2]))


def _of_words(said: tuple[str, ...], table: DrugTable) -> tuple[Identity, ...]:
    """Drugs named as whole words. Of a combination, a part that is not recognised is kept as it is written."""
    found: list[Identity] = []
    for text in said:
        for part in _PARTS.split(text):
            matches = _named_in(part, table)
            found += [Identity(one.drug.name, one.drug, BY_NAME) for one in matches]
            if not matches and _NAME.search(_NO_NAME.sub("", part)):
                found.append(Identity(part.strip()))
    if not any(one.drug for one in found):
        return ()
    # Several ways of writing the same thing: what one of them leaves unrecognised another may have named.
    texts = [text for text in said if all(_named_in(part, table) for part in _PARTS.split(text))]
    return _once(tuple(one for one in found if one.drug) if texts else tuple(found))


@lru_cache(maxsize=1024)
def _named_in(part: str, table: DrugTable) -> tuple[Match, ...]:
    """The drugs in a piece of text; the same words stand in a record many times."""
    return table.in_text(part)


def _once(found: tuple[Identity, ...]) -> tuple[Identity, ...]:
    kept: dict[str, Identity] = {}
    for one in found:
        kept.setdefault(one.name if one.drug else f"?{one.name}", one)
    return tuple(kept.values())


# Pieces

_PIECES = re.compile(
    r"\{?(tab|tabs|tablet|tablets|tbl|tbls|cap|caps|capsule|capsules|pill|pills|troche|troches|lozenge|lozenges|patch|patches"
    r"|film|films|suppository|suppositories|each|piece|pieces)\}?",
    re.IGNORECASE,
)


def is_count(quantity: Resource) -> bool:
    """Whether ``quantity`` counts pieces, such as tablets or patches."""
    written = [one for one in (code(quantity, "unit").strip(), code(quantity, "code").strip()) if one]
    return bool(written) and all(_PIECES.fullmatch(one) or one == "1" for one in written) and written != ["1"]
