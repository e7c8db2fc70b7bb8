"""The facts of a case as FHIR resources: readings, conditions, allergies, other drugs. What has no form is named."""

from collections.abc import Iterator

from titrant.fhir.writing import (
    ATC,
    ICD10,
    LOINC,
    RXNORM,
    SNOMED,
    Resource,
    coded,
    coding,
    concept,
    hl7,
    quantity,
    route,
)
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.pathway.case import ConditionAnswer, Facts, Medication
from titrant.pathway.readings import Reading, parse_reading
from titrant.terms.errors import CaseFileError
from titrant.terms.numbers import parse_decimal
from titrant.terms.quantity import Quantity

_CLINICAL = {
    ConditionState.ACTIVE: "active", ConditionState.CONTROLLED: "active", ConditionState.PAST: "resolved",
    ConditionState.UNKNOWN: "active",
}  # fmt: skip
_NO_KNOWN_ALLERGY = coding(SNOMED, "716186003", "No known allergy")


# Readings


def observations(given: Facts, library: Library, left: list[str]) -> Iterator[Resource]:
    for name, written in given.readings.items():
        kind = library.facts.get(name)
        texts = (written,) if isinstance(written, str) else written
        if kind is None or not _coded(name, kind, library):
            left.append(f"Reading {name} ({len(texts)}): no LOINC code is sure enough")
            continue
        for text in texts:
            try:
                yield _observation(name, parse_reading(text, kind), kind, library)
            except (ValueError, CaseFileError) as error:
                left.append(f"Reading {name} “{text[:60]}”: {error}")


def _coded(name: str, kind: FactKind, library: Library) -> bool:
    if kind.kind is not Kind.PRESSURE:
        return bool(kind.loinc)
    parts = (library.facts.get(f"{name}.{one}") for one in ("systolic", "diastolic"))
    return bool(kind.loinc) and all(part is not None and part.loinc for part in parts)


def _observation(name: str, reading: Reading, kind: FactKind, library: Library) -> Resource:
    made: Resource = {
        "resourceType": "Observation", "status": "final", "code": concept(kind.label, *coded(LOINC, kind.loinc)),
        "effectiveDateTime": reading.on.isoformat(), **_source(reading),
    }  # fmt: skip
    if kind.kind is Kind.PRESSURE and reading.second is not None:
        values = (("systolic", reading.value), ("diastolic", reading.second))
        return made | {"component": [
            {"code": concept(part.label, *coded(LOINC, part.loinc)),
             "valueQuantity": quantity(Quantity(value, kind.unit))}
            for end, value in values
            for part in [library.facts[f"{name}.{end}"]]
        ]}  # fmt: skip
    made["valueQuantity"] = quantity(Quantity(reading.value, kind.unit))
    if reading.upper_limit is not None:
        made["referenceRange"] = [{"high": quantity(Quantity(reading.upper_limit, kind.unit))}]
    return made


def _source(reading: Reading) -> Resource:
    return {"note": [{"text": f"from {reading.source}"}]} if reading.source else {}


# Conditions


def conditions(given: Facts, library: Library, left: list[str]) -> Iterator[Resource]:
    denied = []
    for name, answer in given.conditions.items():
        known = library.conditions.get(name)
        held = answer if isinstance(answer, ConditionAnswer) else ConditionAnswer(state=ConditionState(answer))
        if held.state is ConditionState.NO:
            denied.append(name)
        elif known is None:
            left.append(f"Condition {name}: it is not known here")
        else:
            codes = (*coded(SNOMED, known.coding.snomed), *coded(ICD10, known.coding.icd10))
            yield _condition(concept(known.title, *codes), held)
            if held.state is ConditionState.CONTROLLED:
                left.append(f"Condition {name}: controlled; R4 has no such status, so it stands as active with a note")
    if denied:
        left.append(f"Conditions denied ({len(denied)}): {', '.join(sorted(denied))}; absence is told by words only")
    yield from _indication(given, library, left)


def _condition(code: Resource, held: ConditionAnswer) -> Resource:
    certain = "unconfirmed" if held.state is ConditionState.UNKNOWN else "confirmed"
    past = held.state is ConditionState.PAST
    made: Resource = {
        "resourceType": "Condition", "clinicalStatus": hl7("condition-clinical", _CLINICAL[held.state]),
        "verificationStatus": hl7("condition-ver-status", certain), "code": code,
    }  # fmt: skip
    if held.since:
        made["abatementDateTime" if past else "onsetDateTime"] = held.since.isoformat()
    if held.on:
        made["recordedDate"] = held.on.isoformat()
    told = [f"{name}: {value}" for name, value in (("state", held.state.value), ("grade", held.grade)) if value]
    made["note"] = [{"text": "; ".join([*told, *([held.note] if held.note else [])])}]
    return made


def _indication(given: Facts, library: Library, left: list[str]) -> Iterator[Resource]:
    """The painful condition that is treated, by the name of its evidence file."""
    if given.indication is None:
        return
    known = library.evidence.get(given.indication.condition)
    words = given.indication.words
    code = concept(words or (known.title if known else given.indication.condition))
    if known is not None:
        code = concept(known.title, *coded(ICD10, known.icd10))
        if words and words != known.title:
            left.append(f"The wording of the painful condition: {words[:120]}")
    made = _condition(code, ConditionAnswer(state=ConditionState.ACTIVE, since=given.indication.since))
    yield made | {"note": [{"text": "the condition that ketamine is given for"}]}


# Allergies


def allergies(given: Facts, left: list[str]) -> Iterator[Resource]:
    listed = given.allergies
    if listed is None:
        left.append("Allergies: never asked; nothing is said of them")
        return
    for one in listed.allergies:
        codes = [coding(RXNORM, one.rxnorm)] if one.rxnorm else []
        codes += [coding(SNOMED, one.snomed)] if one.snomed else []
        made = {
            "resourceType": "AllergyIntolerance", "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
            "code": concept(one.substance, *codes),
        }  # fmt: skip
        yield made | ({"reaction": [{"manifestation": [concept(one.reaction)]}]} if one.reaction else {})
    if not listed.allergies and listed.reviewed_on:
        yield {
            "resourceType": "AllergyIntolerance", "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
            "code": concept("No known allergy", _NO_KNOWN_ALLERGY), "recordedDate": listed.reviewed_on.isoformat(),
        }  # fmt: skip
    elif listed.reviewed_on:
        left.append(f"The day on which the allergies were gone through: {listed.reviewed_on}, by {listed.by}")


# Other drugs


def medicines(given: Facts, left: list[str]) -> Iterator[Resource]:
    listed = given.medications
    if listed is None:
        left.append("Other drugs: never asked; nothing is said of them")
        return
    if listed.reviewed_on:
        left.append(f"The day on which the drug list was gone through: {listed.reviewed_on}, by {listed.by}")
    for one in listed.drugs:
        if one.checked_by_hand is not None:
            left.append(f"The check by hand of {one.name}, by {one.checked_by_hand.by}")
        yield _statement(one)
    for several in listed.checked_by_hand:
        left.append(f"The check by hand of {', '.join(several.drugs)}, by {several.by}")


def _statement(one: Medication) -> Resource:
    codes = [coding(RXNORM, one.rxnorm)] if one.rxnorm else []
    codes += [coding(ATC, one.atc)] if one.atc else []
    ended = one.until is not None or one.stop_day_open
    period = {key: day.isoformat() for key, day in (("start", one.since), ("end", one.until)) if day}
    return {
        "resourceType": "MedicationStatement", "status": "completed" if ended else "active",
        "medicationCodeableConcept": concept(one.name, *codes),
        **({"effectivePeriod": period} if period else {}), "dosage": [_dosage(one)],
        **({"note": [{"text": one.matched}]} if one.matched else {}),
    }  # fmt: skip


def _dosage(one: Medication) -> Resource:
    made: Resource = {"route": route(one.route)}
    if one.dose is not None:
        rate = one.dose.dimension == "release rate"
        made["doseAndRate"] = [{"rateQuantity" if rate else "doseQuantity": quantity(one.dose)}]
    if one.times_per_day:
        often = parse_decimal(one.times_per_day)
        whole = often == often.to_integral_value()
        repeat = {"frequency": int(often), "period": 1} if whole else {"frequency": 1, "period": 1 / often}
        made["timing"] = {"repeat": {**repeat, "periodUnit": "d"}}
    return made
