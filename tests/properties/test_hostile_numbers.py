"""No number is read as another one (T05). Controls H02 and H05.

Sixty spellings that a person, a spreadsheet, a phone or an enemy may produce, in every place where a number stands,
through every door that exists: a case file as YAML (with and without quotes) and as JSON, and a FHIR bundle. Each is
refused. A spelling that a door must accept by its own standard (1e1 as a JSON number) counts as wrong only if another
amount is read.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.properties.deciding import library
from tests.properties.figures import none_of, record
from titrant.clinic.opening import case_of, open_document, shape_case
from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.shapes.facts import Kind
from titrant.pathway.assess import assess
from titrant.pathway.case import Case
from titrant.pathway.plan import plan_case
from titrant.terms import quantity
from titrant.terms import reading as door
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, read_json, read_yaml

ON = date(2026, 12, 1)
HOSTILE = (
    "NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", ".inf", ".nan", "1e400", "1e1", "1E1", "1e-1", "1e+1",
    "10e0", ".5", "5.", "-.5", "+5", "++5", "--5", "-5", "-0.5", "5_0", "1_000", "2,5", "1,000", "1.000,5",
    "1'000", "1 000", "007", "00.5", "0x10", "0o17", "0b11", "017", "５", "٥", "५", "²", "½", "Ⅴ", "5\u00a0",
    "\u200b5", "\u202e5", "5\u0660", "−5", "O5", "5O", "l0", "5..0", "5.0.0", "1/2", "5-10", "~5", "<5", ">5",
    "5?", "5*", "ca 5", "five", "true", "false", "null", "", "[5]", "{}", "5mg5", "1d5", "5f", "$5", "5\\n0",
    "0.0000001", "1234567890", "9" * 5000, "0." + "1" * 5000,
)  # fmt: skip
PATIENT = {"birth_date": "1974-05-02"}


def units() -> dict[str, str]:
    """Every reading that is a number, with its unit."""
    kinds = library().facts
    return {name: kind.unit for name, kind in kinds.items() if kind.kind in (Kind.QUANTITY, Kind.PRESSURE)}


def places(number: str) -> Iterator[tuple[str, dict[str, object], bool]]:
    """Every place of a case where a number stands: its name, a small case with ``number``, and whether it is whole."""
    for name, unit in units().items():
        value = f"{number}/40" if name == "blood_pressure" else number
        yield f"readings.{name}", _given(readings={name: f"{value} {unit} on 2026-11-30"}), False
    yield "diastolic", _given(readings={"blood_pressure": f"120/{number} mmHg on 2026-11-30"}), False
    yield "upper limit", _given(readings={"alt": f"20 U/L (upper limit {number} U/L) on 2026-11-30"}), False
    yield "asked.dose", {**_given(), "asked": {"dose": f"{number} mg"}}, False
    yield "asked.dose by weight", {**_given(), "asked": {"dose": f"{number} mg/kg"}}, False
    yield "product.strength", {**_given(), "product": {"family": "capsule", "strength": f"{number} mg"}}, False
    drug = {"name": "morphine", "dose": f"{number} mg", "times_per_day": "2"}
    yield "medications.dose", _given(medications={"list": [drug]}), False
    yield "medications.times", _given(medications={"list": [{**drug, "dose": "5 mg", "times_per_day": number}]}), False
    session = {"dose_24h": f"{number} mg", "route": "intravenous", "on": "2026-11-30", "tolerated": "yes"}
    yield "parenteral.dose_24h", _given(parenteral=[session]), False
    level = {"since": "2026-11-01", "dose": f"{number} mg", "times_per_day": 3}
    yield "level.dose", _given(course={"levels": [level]}), False
    supply = {"on": "2026-11-01", "pieces": number}
    yield "supply.pieces", _given(course={"supplies": [supply]}), False
    yield "supply.left", _given(course={"supplies": [{**supply, "pieces": "5", "left": number}]}), False
    yield "asked.times_per_day", {**_given(), "asked": {"times_per_day": number}}, True
    yield "asked.days_per_week", {**_given(), "asked": {"days_per_week": number}}, True
    yield "level.times_per_day", _given(course={"levels": [{**level, "dose": "5 mg", "times_per_day": number}]}), True
    yield "dispense.days", {**_given(), "dispense": {"days": number}}, True


def _given(**more: object) -> dict[str, object]:
    return {"scenario": "hostile", "on": "2026-12-01", "given": {"patient": PATIENT, **more}}


def accepted(case: Case) -> bool:
    """Everything that reads the case takes the number: its facts, and the plan for what else it holds."""
    assess(case, library(), ON)
    plan_case(case, library(), ON)
    return True


def let_in(raw: bytes, *, as_json: bool) -> bool:
    try:
        tree = read_json(raw) if as_json else read_yaml(raw).tree
        return accepted(shape_case(tree, "hostile"))
    except (Unreadable, CaseFileError):
        return False
    except ValueError:
        return True  # it came in, and something broke on it: that is no refusal


# Places that may be left empty, and then hold no number at all.
MAY_BE_EMPTY = ("medications.times", "supply.left")


def through_case_files(hostile: tuple[str, ...]) -> tuple[list[str], int]:
    """Where a hostile number was let in through the doors of the case file, and how many were tried."""
    wrong, tried = [], 0
    for number in hostile:
        for place, tree, whole in places(number):
            if not number and place in MAY_BE_EMPTY:
                continue
            quoted = json.dumps(tree, ensure_ascii=False).encode()
            doors = {"JSON": let_in(quoted, as_json=True), "YAML, quoted": let_in(quoted, as_json=False)}
            if whole:
                # The same place with the number standing bare, as people write whole numbers.
                bare = quoted.replace(json.dumps(number, ensure_ascii=False).encode(), number.encode())
                doors["YAML, bare"] = number.strip() not in ("", "null", "~") and let_in(bare, as_json=False)
            tried += len(doors)
            wrong += [f"{place} {number[:12]!r} by {name}" for name, came in doors.items() if came]
    return wrong, tried


def test_no_hostile_number_comes_in_by_a_case_file() -> None:
    wrong, tried = through_case_files(HOSTILE)
    spellings = len(HOSTILE)
    assert spellings >= 60
    record("T05", f"{spellings} spellings, {tried} entries by case file, taken", none_of(wrong), "0", met=not wrong)


JSON_NUMBERS = {
    "NaN": None, "Infinity": None, "-Infinity": None, "1e400": None, "-1e400": None, "9" * 5000: None, "1e99": None,
    "true": None, "false": None, "null": None, "[3]": None, "{}": None, '"3"': None, "3.5": None, "-3": None, "0": None,
    "1" * 30: None, "3e0": 3, "3.0": 3,
}  # fmt: skip


@pytest.mark.parametrize("number", JSON_NUMBERS)
def test_a_bare_json_number_is_read_exactly_or_not_at_all(number: str) -> None:
    raw = json.dumps({**_given(), "asked": {"times_per_day": "HERE"}}).replace('"HERE"', number).encode()
    try:
        case = shape_case(read_json(raw), "hostile")
    except (Unreadable, CaseFileError):
        return
    read = case.asked.times_per_day if case.asked else None
    plan = plan_case(case, library(), ON)
    refused = any(one.code == "asked_too_often" for one in plan.reasons)
    assert read is None or refused or read == JSON_NUMBERS[number], f"{number} was read as {read!r}"


@pytest.mark.parametrize(
    "asks",
    ['{"dose": 10}', '{"dose": 10.0}', '{"dose": {"value": "10", "unit": "mg"}}', '{"dose": "10 mg", "unit": "g"}'],
)
def test_an_amount_is_text_with_its_unit_and_nothing_beside(asks: str) -> None:
    raw = json.dumps({**_given(), "asked": "HERE"}).replace('"HERE"', asks).encode()
    assert not let_in(raw, as_json=True)


DOUBLE = (
    b'{"scenario": "x", "scenario": "y", "given": {"patient": {"birth_date": "1974-05-02"}}}',
    b'{"scenario": "x", "given": {"patient": {"birth_date": "1974-05-02"}}, "asked": {"dose": "5 mg", "dose": "9 mg"}}',
    b'{"scenario": "x", "given": {"patient": {"birth_date": "1974-05-02", "birth_date": "1934-05-02"}}}',
)


@pytest.mark.parametrize("raw", DOUBLE)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_key_that_stands_twice_is_refused(raw: bytes, as_json: bool) -> None:
    assert not let_in(raw, as_json=as_json)


def test_the_door_on_disk_is_the_same_door(tmp_path: Path) -> None:
    """Opening a file goes through the very readers that are tried above."""
    for name, text in (("a.yaml", 'asked: {dose: "5_0 mg"}'), ("a.json", '{"asked": {"dose": "5_0 mg"}}')):
        place = tmp_path / name
        tree = json.dumps(_given(readings={"weight": "5_0 kg on 2026-11-30"}))
        place.write_text(tree if name.endswith("json") else f"{text}\n", encoding="utf-8")
        with pytest.raises(CaseFileError):
            accepted(case_of(open_document(place)))


# FHIR


def bundle(number: str) -> bytes:
    """A record with one weight, whose value is ``number`` as it stands."""
    weight = {
        "resourceType": "Observation",
        "id": "w",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-11-30",
        "valueQuantity": {"value": "HERE", "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }
    person = {"resourceType": "Patient", "id": "p", "birthDate": "1974-05-02", "gender": "male"}
    entries = [{"resource": person}, {"resource": weight}]
    tree = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(tree).replace('"HERE"', number).encode()


FHIR_RIGHT = {"1e1": 10, "1E1": 10, "7e1": 70, "70.0": 70, "10e0": 10, "1e+1": 10, "1e-1": Decimal("0.1"), "70": 70}


def read_from_record(number: str) -> Decimal | None:
    """The weight in kg that a record with ``number`` gives to a case; None if none."""
    try:
        case = case_from_bundle(read_json(bundle(number)), library())
        known = assess(case, library(), ON).facts.get("weight")
    except (Unreadable, CaseFileError):
        return None
    return known.value.to("kg").value if known else None


def test_no_hostile_number_comes_in_by_a_record() -> None:
    spellings = [
        *HOSTILE,
        *(json.dumps(one, ensure_ascii=False) for one in HOSTILE),
        "70",
        "70.0",
        "7e1",
        '"70"',
        '"70 kg"',
    ]
    wrong = [
        f"{number[:14]} as {read}"
        for number in spellings
        if (read := read_from_record(number)) is not None and read != FHIR_RIGHT.get(number)
    ]
    assert read_from_record("70") == 70, "a sound record must come through, or nothing was tried"
    record("T05", f"{len(spellings)} entries by FHIR record, taken wrongly", none_of(wrong), "0", met=not wrong)


# The harness is shown to fail


def test_a_parser_that_is_too_kind_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own number parsing, as a default model would have it."""
    monkeypatch.setattr("titrant.pathway.readings.parse_decimal", Decimal)
    monkeypatch.setattr("titrant.pathway.case.parse_decimal", Decimal)
    # What the kind parser has read must not be remembered for the tests that come after.
    monkeypatch.setattr("titrant.terms.quantity.parse_decimal", Decimal)
    monkeypatch.setattr("titrant.terms.quantity._parsed", quantity._parsed.__wrapped__)
    assert through_case_files(("5_0", "5.", "１"))[0]


def test_a_json_reader_that_takes_constants_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_no_duplicates", dict)
    assert let_in(DOUBLE[1], as_json=True)
