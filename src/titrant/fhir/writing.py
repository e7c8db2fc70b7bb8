"""Small pieces of FHIR R4 as plain objects: concepts, quantities, references. Strict: units are UCUM codes."""

import uuid
from typing import Any

from titrant.knowledge.shapes.common import Code
from titrant.terms.quantity import UNITS, Quantity

Resource = dict[str, Any]

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
_HL7 = "http://terminology.hl7.org/CodeSystem"
ROUTES = {
    "oral": ("26643006", "Oral route"), "sublingual": ("37839007", "Sublingual route"),
    "buccal": ("54471007", "Buccal route"), "oral transmucosal": ("54471007", "Buccal route"),
    "intravenous": ("47625008", "Intravenous route"), "intramuscular": ("78421000", "Intramuscular route"),
    "nasal": ("46713006", "Nasal route"),
}  # fmt: skip


def coding(system: str, code: str, display: str = "") -> Resource:
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(text: str, *codings: Resource) -> Resource:
    return {**({"coding": list(codings)} if codings else {}), "text": text}


def hl7(system: str, code: str) -> Resource:
    """A concept of one of HL7's own code systems."""
    return {"coding": [coding(f"{_HL7}/{system}", code)]}


def coded(system: str, codes: tuple[Code, ...]) -> list[Resource]:
    return [coding(system, one.code, one.name) for one in codes]


def quantity(value: Quantity) -> Resource:
    unit = UNITS[value.unit]
    return {"value": value.value, "unit": unit.name, "system": UCUM, "code": unit.ucum}


def route(word: str) -> Resource:
    """The route as a concept; a word without a sure code stays a word."""
    known = ROUTES.get(word)
    return concept(word, coding(SNOMED, *known)) if known else concept(word)


def urn(case: str, name: str) -> str:
    """The same resource of the same case has the same address at every export."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'titrant:{case}:{name}')}"
