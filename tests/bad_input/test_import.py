"""Importing a record: a bad one is refused, and nothing is ever half-written."""

import json
import re

import pytest

from tests.bad_input.door import DEMO, ask, assert_refused, case, run

PATIENT = {"resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1974-05-02"}}


def bundle(*resources, patient=PATIENT):
    entries = [patient, *({"resource": one} for one in resources)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def weight(value='"value": 70', unit='"unit": "kg", "code": "kg", "system": "http://unitsofmeasure.org"'):
    """A bundle with one weight, whose quantity is written as it stands."""
    resource = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}, "effectiveDateTime": "2026-11-20",
        "valueQuantity": "HERE",
    }  # fmt: skip
    return bundle(resource).replace('"HERE"', f"{{{', '.join(filter(None, (value, unit)))}}}")


BAD = {
    "empty": ("", ["it is empty"]),
    "XML": ("<Bundle/>", ["XML"]),
    "an empty bundle": ('{"resourceType": "Bundle"}', ["It is empty"]),
    "no bundle": ('{"resourceType": "Patient"}', ["not a FHIR Bundle"]),
    "a list": ("[]", ["not a FHIR bundle"]),
    "entries that are no list": ('{"resourceType": "Bundle", "entry": {"a": 1}}', ["FHIR bundle"]),
    "entries that are numbers": ('{"resourceType": "Bundle", "entry": [1]}', ["FHIR bundle"]),
    "two patients": (
        bundle({"resourceType": "Patient", "id": "q", "birthDate": "1980-01-01"}), ["FHIR bundle", "Patient"],
    ),
    "another patient's reading": (weight().replace("Patient/p", "Patient/q"), ["FHIR bundle"]),
    "a birth date that is none": (bundle().replace("1974-05-02", "1974-13-02"), ["birthDate", "1974-13-02"]),
    "half a birth date": (bundle().replace("1974-05-02", "1974"), ["birthDate", "1974"]),
    "a key twice": ('{"resourceType": "Bundle", "resourceType": "Bundle"}', ["stands twice"]),
    "a number that is none": (weight('"value": NaN'), ["NaN is not a number"]),
    "a number without end": (weight('"value": 1e400'), ["1e400"]),
    "5,000 digits": (weight(f'"value": {"7" * 5000}'), ["7777"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_record_is_refused_and_nothing_is_written(name, tmp_path):
    text, words = BAD[name]
    record, folder = case(tmp_path, text, "record.json"), tmp_path / "out"
    folder.mkdir()
    assert_refused(ask("import", record, "-o", folder / "case.yaml"), *words)
    assert list(folder.iterdir()) == []


WEIGHED = re.compile(
    r"weight: ([0-9.]+) (kg|lb) on [0-9]{4}-"
)  # a weight in a case file, and not the form that asks for one


def weights_of(folder, text):
    """The weights in the case file of a record."""
    answer = ask("import", case(folder, text, "record.json"))
    assert answer.code == 0, answer.err
    return WEIGHED.findall(answer.out)


def test_a_plain_weight_is_imported(tmp_path):
    assert weights_of(tmp_path, weight()) == [("70", "kg")]


QUANTITIES = [
    ('"value": 70', ""),  # no unit at all
    ('"value": 70', '"unit": "kg"'),  # a printed unit only: no code
    ('"value": "70"', None),  # a number in quotes
    ('"value": "NaN"', None), ('"value": true', None), ('"value": null', None), ('"value": [70]', None),
    ('"value": {"value": 70}', None), ('"value": "7O"', None), ('"value": "７０"', None), ('"value": "2,5"', None),
    ('"value": -70', None), ('"value": 0', None), ('"value": 700', None), ('"value": 7', None), ("", None),
    ('"value": 70, "comparator": "<"', None), ('"value": 70, "comparator": "banana"', None),
    ('"value": 70', '"unit": "furlong", "code": "furlong", "system": "http://unitsofmeasure.org"'),
    ('"value": 70', '"unit": "mg", "code": "mg", "system": "http://unitsofmeasure.org"'),
    ('"value": 70', '"unit": "mcg", "code": "mcg", "system": "http://unitsofmeasure.org"'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit"), QUANTITIES, ids=range(len(QUANTITIES)))
def test_a_weight_that_cannot_be_relied_on_does_not_become_one(value, unit, tmp_path):
    text = weight(value) if unit is None else weight(value, unit)
    answer = ask("import", case(tmp_path, text, "record.json"))
    if answer.code:
        assert_refused(answer)
    elif unit != '"unit": "kg"':  # a printed unit without a code may be believed
        assert not WEIGHED.search(answer.out), answer.out


@pytest.mark.parametrize(("value", "unit", "found"), [("154", "[lb_av]", ("154", "lb")), ("70000", "g", ("70", "kg"))])
def test_pounds_and_grams_keep_their_meaning(value, unit, found, tmp_path):
    code = f'"unit": "{unit}", "code": "{unit}", "system": "http://unitsofmeasure.org"'
    assert weights_of(tmp_path, weight(f'"value": {value}', code)) == [found]


# Writing


def test_a_birth_date_in_the_future_is_not_imported(tmp_path):
    record, out = case(tmp_path, bundle().replace("1974-05-02", "2999-01-01"), "record.json"), tmp_path / "case.yaml"
    assert_refused(ask("import", record, "-o", out), "2999-01-01")
    assert not out.exists()


@pytest.mark.parametrize(
    "name", ["odd \ud800 drug", "odd \x1b[2J drug", "odd \x00 drug", "odd\ndrug", "odd \u202e drug"]
)
def test_characters_that_would_change_a_page_do_not_reach_it(name, tmp_path):
    taken = {
        "resourceType": "MedicationStatement", "status": "active", "subject": {"reference": "Patient/p"},
        "medicationCodeableConcept": {"text": name},
    }  # fmt: skip
    record, out = case(tmp_path, bundle(taken), "record.json"), tmp_path / "case.yaml"
    assert run("import", record, "-o", out).code == 0
    text = out.read_text(encoding="utf-8") + run("plan", out).out
    assert "odd" in text
    assert not {"\ud800", "\x1b", "\x00", "\u202e"} & set(text)


def test_a_file_that_exists_is_not_written_over(tmp_path):
    record, out = case(tmp_path, bundle(), "record.json"), tmp_path / "case.yaml"
    out.write_text("answers that somebody gave\n", encoding="utf-8")
    assert_refused(run("import", record, "-o", out), "The file exists", "--force")
    assert out.read_text(encoding="utf-8") == "answers that somebody gave\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.yaml", "record.json"]
    assert run("import", record, "-o", out, "--force").code == 0
    assert "1974-05-02" in out.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.yaml", "record.json"]


def test_a_folder_that_is_not_there_is_named_and_nothing_is_written(tmp_path):
    record = case(tmp_path, bundle(), "record.json")
    answer = run("import", record, "-o", tmp_path / "nowhere" / "case.yaml")
    assert_refused(answer, "nowhere", "Nothing was written", "Choose another folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.json"]


def test_what_is_written_can_be_planned_with_and_asks_what_is_open(tmp_path):
    record, out = case(tmp_path, bundle(), "record.json"), tmp_path / "case.yaml"
    assert run("import", record, "-o", out).code == 0
    answer = run("plan", out, "--on", "2026-11-21")
    assert answer.code == 0
    assert answer.out.startswith("UNDECIDED")


def test_a_case_file_is_not_imported(tmp_path):
    assert_refused(run("import", DEMO, "-o", tmp_path / "out.yaml"), "This is not a FHIR bundle", "used as it is")
    assert list(tmp_path.iterdir()) == []
