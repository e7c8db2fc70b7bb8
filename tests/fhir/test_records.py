"""Whole records: two of our own, and the six of Synthea where they are at hand."""

from datetime import date
from pathlib import Path

import pytest

from titrant.clinic.opening import shape_case
from titrant.clinic.write_case import case_as_yaml
from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.assess import assess
from titrant.pathway.screen import screen
from titrant.terms.reading import read_json, read_yaml

OWN = Path(__file__).parent / "bundles"
SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "patients"


def _case(path, library):
    return case_from_bundle(read_json(path.read_bytes()), library)


@pytest.fixture
def back_pain(library):
    return _case(OWN / "synthetic-back-pain.json", library)


@pytest.fixture
def crps(library):
    return _case(OWN / "synthetic-crps-on-ketamine.json", library)


def test_back_pain_what_is_taken_over(back_pain):
    given = back_pain.given
    assert (given.indication.condition, given.indication.since) == ("low-back-pain", date(2017, 2, 3))
    assert given.readings == {
        "alt": "0.5 µkat/L (upper limit 0.7 µkat/L) on 2026-10-12 from record",
        "ast": "28 U/L (upper limit 40 U/L) on 2026-10-12 from record",
        "bilirubin": "10.26 µmol/L (upper limit 20.52 µmol/L) on 2026-10-12 from record",
        "blood_pressure": "138/84 mmHg on 2026-10-20 from record",
        "creatinine": "79.56 µmol/L on 2026-10-12 from record",
        "weight": "176.4 lb on 2026-10-20 from record",
    }
    assert {name: one.state for name, one in given.conditions.items()} == {"hypertension": ConditionState.ACTIVE}
    assert [(one.name, str(one.dose), one.times_per_day, one.matched) for one in given.medications.drugs] == [
        ("acetaminophen", "None", "", "matched by name"),
        ("oxycodone", "5 mg", "4", "by product code 1049221"),
        ("Simvastatin 10 MG Oral Tablet", "None", "", ""),
    ]


def test_back_pain_what_is_left_out_is_said(back_pain):
    assert back_pain.skipped == (
        "Condition Family history of schizophrenia: its words may speak of somebody else",
        "Condition Psychotic disorder (disorder): its verification status is refuted",
        "Drug Simvastatin 10 MG Oral Tablet: it is not recognised, so it is listed but not checked",
        "MedicationRequest diazepam: it says that the drug is not to be given",
        "Observation Body Height of 2026-10-20: 165 has no unit",
        "Observation GGT of 2026-10-12: < 30 is a bound and not a value",
        "1 resources of types not read: Encounter 1",
    )
    assert {"psychosis", "ggt", "consent", "medications", "allergies"} <= back_pain.questions.keys()


def test_crps_what_is_taken_over(crps):
    given = crps.given
    assert given.readings == {
        "blood_pressure": "126/78 mmHg on 2026-11-10 from record",
        "peg": "7 points on 2026-11-12 from record",
        "weight": "84.2 kg on 2026-11-10 from record",
    }
    assert {name: one.state for name, one in given.conditions.items()} == {
        "epilepsy_seizures": ConditionState.PAST,
        "sleep_apnoea": ConditionState.UNKNOWN,
    }
    drugs = {one.name: one for one in given.medications.drugs}
    ketamine = drugs["ketamine"]
    assert (str(ketamine.dose), ketamine.times_per_day, ketamine.route) == ("25 mg", "3", "buccal")
    assert drugs["carbamazepine"].until == date(2026, 10, 20)
    assert drugs["metformin, coded as ketamine"].matched == "conflicting identity"
    assert given.allergies.reviewed_on == date(2026, 10, 30)
    assert "sleep_apnoea" in crps.questions


def _paths():
    found = sorted(SYNTHEA.glob("*.json")) if SYNTHEA.is_dir() else []
    return [*OWN.glob("*.json"), *found]


@pytest.mark.parametrize("path", _paths(), ids=lambda path: path.stem)
def test_every_record_can_be_written_read_again_assessed_and_screened(library, path):
    case = _case(path, library)
    for text in (case_as_yaml(case), case_as_yaml(case, library)):
        assert shape_case(read_yaml(text.encode()).tree, path.name) == case
    assert case.given.medications.reviewed_on is None
    screening = screen(assess(case, library, date(2026, 11, 21)), library)
    assert screening.ledger.complete, screening.ledger.failed
    assert {"medications", "failed_treatments", "consent"} <= {one.fact for one in screening.missing}


def _synthea(name, library):
    found = list(SYNTHEA.glob(f"{name}*.json"))
    if not found:
        pytest.skip(f"the Synthea records are not in {SYNTHEA}")
    return _case(found[0], library)


def _states(case):
    return {name: one.state.value for name, one in case.given.conditions.items()}


def _drug_names(case):
    """The drugs of active orders; others ended on a day that the record does not give, so they are listed as well."""
    assert all(one.until is None for one in case.given.medications.drugs)
    return [one.name for one in case.given.medications.drugs if "stop day not recorded" not in one.matched]


def test_casimira_has_died_and_has_epilepsy(library):
    case = _synthea("Casimira", library)
    assert _states(case) == {"deceased": "active", "epilepsy_seizures": "active"}
    assert _drug_names(case) == ["carbamazepine"]
    assert "weight" not in case.given.readings  # a child's weights are outside what is believable


def test_kendall_has_died_misused_drugs_and_takes_diazepam(library):
    case = _synthea("Kendall", library)
    assert {"deceased": "active", "substance_use_disorder": "active"}.items() <= _states(case).items()
    assert _drug_names(case) == ["diazepam"]


def test_lovetta_has_no_painful_condition_and_two_drugs(library):
    case = _synthea("Lovetta", library)
    assert case.given.indication is None
    assert _states(case) == {}
    assert _drug_names(case) == ["diphenhydramine", "Simvastatin 10 MG Oral Tablet"]
    assert case.given.readings["weight"][0] == "62.4 kg on 2021-12-04 from record"


def test_magaret_has_back_pain_and_two_opioids_of_unknown_dose(library):
    case = _synthea("Magaret", library)
    assert case.given.indication.condition == "low-back-pain"
    opioids = [one for one in case.given.medications.drugs if one.name in ("hydrocodone", "tramadol")]
    assert [(one.name, one.dose) for one in opioids] == [("hydrocodone", None), ("tramadol", None)]


def test_nigel_has_no_drug_and_no_painful_condition(library):
    case = _synthea("Nigel", library)
    assert (case.given.indication, _drug_names(case)) == (None, [])
    assert case.given.answers["sex"].answer == "male"


def test_terrance_has_had_a_stroke_and_has_epilepsy(library):
    case = _synthea("Terrance", library)
    assert _states(case) == {"epilepsy_seizures": "active", "stroke": "active"}
    assert case.skipped[-1].split(":")[0].endswith("resources of types not read")
