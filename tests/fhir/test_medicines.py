"""Drugs: recognised for certain or not at all, each once, with the highest dose the record allows (H13, H15; T07)."""

from datetime import date
from decimal import Decimal

import pytest

from tests.growth import assert_in_proportion
from titrant.fhir.import_bundle import case_from_bundle
from titrant.pathway.assess import assess
from titrant.pathway.screen import screen
from titrant.terms.reason import Bar

from .building import ABSENT, RXNORM, SNOMED, bundle, changed, concept, every, request, statement

DIAZEPAM = ("3322", "diazepam")
OXYCODONE_5 = ("1049221", "Acetaminophen 325 MG / oxyCODONE Hydrochloride 5 MG Oral Tablet")
TRAMADOL_50 = ("835603", "tramadol hydrochloride 50 MG Oral Tablet")


def _drugs(case):
    return {one.name: one for one in case.given.medications.drugs}


@pytest.mark.parametrize("make", [request, statement])
@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_current_drugs_are_listed(imported, make, status):
    drug = _drugs(imported(make(*DIAZEPAM, status=status)))["diazepam"]
    assert (drug.rxnorm, drug.until, drug.matched) == ("3322", None, "by RxNorm 3322")


@pytest.mark.parametrize(
    "changes",
    [
        {"doNotPerform": True},
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "draft"},
        {"intent": "proposal"},
        {"intent": "plan"},
        {"doNotPerform": True, "modifierExtension": [{"url": "x"}]},
    ],
)
def test_an_order_that_is_none_is_not_listed_as_a_drug_and_said(imported, changes):
    case = imported(request(*DIAZEPAM, **changes))
    assert not case.given.medications.drugs
    assert any(line.startswith("MedicationRequest diazepam") for line in case.skipped)


@pytest.mark.parametrize("status", ["not-taken", "entered-in-error"])
def test_a_statement_that_denies_is_not_listed_as_a_drug(imported, status):
    assert not imported(statement(*DIAZEPAM, status=status)).given.medications.drugs


ZZ = {"text": "Zzunknownum 5 MG"}
DISPENSED = changed(request(), resourceType="MedicationDispense", medicationCodeableConcept=ZZ, status="completed")


@pytest.mark.parametrize(
    "one",
    [
        request("", "Zzunknownum 5 MG", **changes)
        for changes in (
            {"doNotPerform": "true"},
            {"doNotPerform": "false"},
            {"doNotPerform": 1},
            {"status": "unknown"},
            {"status": "banana"},
            {"status": ABSENT},
            {"intent": "option"},
            {"modifierExtension": [{"url": "https://x.example"}]},
            {"implicitRules": "https://x.example"},
            {"subject": ABSENT},
            {"subject": {"reference": "Group/1"}},
        )
    ]
    + [statement("", "Zzunknownum 5 MG", status=status) for status in ("intended", "unknown", ABSENT)]
    + [DISPENSED, {"resourceType": "Bundle", "entry": [{"resource": request("", "Zzunknownum 5 MG")}]}]
    + [{"resourceType": "Bundle", "entry": [{"resource": DISPENSED}]}],
    ids=range(17),
)
def test_a_drug_that_cannot_be_used_stays_in_the_list_and_bars_until_it_is_settled(imported, library, one):
    case = imported(one)
    assert [(drug.name, drug.rxnorm, drug.until) for drug in case.given.medications.drugs] == [
        ("Zzunknownum 5 MG", "", None)
    ]
    assert case.given.medications.drugs[0].matched.startswith("not usable: ")
    assert any(line.startswith("Drug Zzunknownum 5 MG: it stays in the list") for line in case.skipped)
    found = screen(assess(case, library, date(2026, 11, 21)), library).findings
    assert [one.bar for one in found if one.code == "drug_not_checked"] == [Bar.UNTIL_SETTLED]


def test_a_code_without_words_that_cannot_be_used_is_not_recognised(imported, library):
    drug = imported(request("3322", "", status="unknown")).given.medications.drugs[0]
    assert (drug.name, drug.rxnorm, drug.matched) == ("3322", "", "not usable: its status is unknown")
    assert library.drugs.resolve(drug.name, drug.rxnorm, drug.atc) is None


def test_orders_of_one_id_with_different_content_all_stay_in_the_list(imported):
    drugs = imported(request("", "Zzunknownum", id="r"), request(*DIAZEPAM, id="r")).given.medications.drugs
    assert [one.name for one in drugs] == ["Zzunknownum", "diazepam"]
    assert all("cannot be told" in one.matched for one in drugs)


def test_a_supply_of_a_drug_that_is_listed_adds_nothing(imported):
    supply = changed(DISPENSED, medicationCodeableConcept={"text": "Diazepam 5 MG tablet"})
    assert [one.name for one in imported(request(*DIAZEPAM), supply).given.medications.drugs] == ["diazepam"]
    cancelled = changed(DISPENSED, status="cancelled")
    assert not imported(cancelled).given.medications.drugs


def test_further_pages_of_the_record_must_be_settled_by_hand(library):
    whole = bundle(request(*DIAZEPAM)) | {"link": [{"relation": "next", "url": "https://x.example/2"}]}
    case = case_from_bundle(whole, library)
    assert [one.name for one in case.given.medications.drugs] == ["diazepam", "further pages of the record"]
    found = screen(assess(case, library, date(2026, 11, 21)), library).findings
    assert {"drug": "further pages of the record"} in [one.facts for one in found if one.code == "drug_not_checked"]


def test_many_orders_with_long_names_are_read_quickly(library):
    def orders(many: int):
        names = [f"Zzunknownum{place} " + "extended release oral suspension " * 6 for place in range(many)]
        whole = bundle(*(request("", name) for name in names))
        return lambda: case_from_bundle(whole, library)

    assert_in_proportion(orders, 1_500)


def test_a_record_is_never_a_reconciled_list(imported):
    case = imported(request(*DIAZEPAM))
    assert case.given.medications.reviewed_on is None
    assert "medications" in case.questions


# Each drug once


def test_the_same_drug_in_an_order_and_a_statement_counts_once_with_the_larger_dose(imported):
    case = imported(
        request(*TRAMADOL_50, dosageInstruction=every(8, 1)),
        statement("10689", "tramadol", dosage=[{"doseAndRate": [{"doseQuantity": {"value": 25, "unit": "mg"}}]}]),
    )
    assert [(str(d.dose), d.times_per_day) for d in case.given.medications.drugs] == [("50 mg", "3")]


def test_two_products_of_one_drug_side_by_side_stay_apart(imported, library):
    codes = [code for code in ("835603", "833709") if library.drugs.resolve_product(code)]
    orders = [request(code, "tramadol hydrochloride Oral Tablet", dosageInstruction=every(12, 1)) for code in codes]
    assert len(imported(*orders).given.medications.drugs) == len(codes)


def test_an_active_entry_hides_stopped_ones(imported):
    case = imported(request(*DIAZEPAM), request(*DIAZEPAM, status="stopped"))
    assert [one.until for one in case.given.medications.drugs] == [None]
    assert not any("Stopped" in line for line in case.skipped)


def test_a_stopped_drug_is_kept_with_its_last_day(imported):
    ended = statement(
        "2002", "carbamazepine", status="completed", effectivePeriod={"start": "2020-01-01", "end": "2026-10"}
    )
    assert imported(ended).given.medications.drugs[0].until == date(2026, 10, 31)
    bounds = [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-09-15"}}}}]
    stopped = request("2002", "carbamazepine", status="stopped", dosageInstruction=bounds)
    assert imported(stopped).given.medications.drugs[0].until == date(2026, 9, 15)
    half = request("2002", "carbamazepine", status="stopped", dosageInstruction=[*bounds, {"text": "then as needed"}])
    assert imported(half).given.medications.drugs[0].until is None


@pytest.mark.parametrize("status", ["stopped", "completed"])
@pytest.mark.parametrize("make", [request, statement])
def test_a_stopped_drug_without_a_day_counts_as_taken_until_somebody_gives_the_day(imported, make, status):
    dated = statement("2002", "carbamazepine", status="completed", effectivePeriod={"end": "2020-01-01"})
    case = imported(make("2002", "carbamazepine", status=status), dated)
    assert [(one.name, one.until) for one in case.given.medications.drugs] == [("carbamazepine", None)]
    told = "stop day not recorded; counted as taken until a person gives the day"
    assert case.given.medications.drugs[0].matched == f"by RxNorm 2002; {told}"
    assert f"Stopped drug carbamazepine: {told}" in case.skipped


def test_an_end_before_the_beginning_is_no_end(imported):
    case = imported(
        statement(
            "2002", "carbamazepine", status="completed", effectivePeriod={"start": "2026-11-10", "end": "2026-10-01"}
        )
    )
    (drug,) = case.given.medications.drugs
    assert (drug.since, drug.until) == (date(2026, 11, 10), None)
    assert "counted as taken until a person gives the day" in drug.matched


# Which drug it is


def test_every_drug_of_the_table_is_found_by_code_and_by_name(imported, library):
    for drug in library.drugs.drugs.values():
        if drug.rxcui:
            listed = imported(request(drug.rxcui, drug.name)).given.medications.drugs
            assert drug.name in {one.name for one in listed}, drug.name
        for one in imported(request("", f"{drug.name.title()} 10 MG Oral Tablet")).given.medications.drugs:
            found = library.drugs.resolve(one.name, one.rxnorm, one.atc)
            assert found is None or found.drug.name == one.name
        listed = imported(statement("", f"{drug.name} tablet")).given.medications.drugs
        assert drug.name in {one.name for one in listed}, (drug.name, listed)


def test_what_is_written_into_the_case_resolves_to_the_same_drug(library):
    for drug in library.drugs.drugs.values():
        atc = drug.atc[0] if drug.atc and not drug.rxcui else ""
        found = library.drugs.resolve(drug.name, drug.rxcui, atc)
        assert found is not None, drug.name
        assert found.drug.name == drug.name


@pytest.mark.parametrize("number", range(20))
def test_an_unknown_drug_is_kept_as_written_and_recognised_as_nothing(imported, library, number):
    drug = imported(request(f"99999{number:02}", f"Zzunknownum{number} 5 MG Oral Tablet")).given.medications.drugs[0]
    assert drug.name == f"Zzunknownum{number} 5 MG Oral Tablet"
    assert (drug.rxnorm, drug.atc, drug.matched) == ("", "", "")
    assert library.drugs.resolve(drug.name, drug.rxnorm, drug.atc) is None


def test_a_part_of_a_combination_that_is_not_recognised_stays_visible(imported):
    drugs = _drugs(imported(request("", "oxycodone 5 MG / zzunknownum 10 MG Oral Tablet")))
    assert drugs["oxycodone"].matched == "matched by name"
    assert drugs["zzunknownum 10 MG Oral Tablet"].matched == ""


def test_several_ingredients_give_several_drugs(imported):
    drugs = _drugs(imported(request(*OXYCODONE_5, dosageInstruction=every(6, 2))))
    assert drugs.keys() == {"acetaminophen", "oxycodone"}
    assert str(drugs["oxycodone"].dose) == "10 mg"
    assert drugs["oxycodone"].times_per_day == "4"
    assert drugs["oxycodone"].matched == "by product code 1049221"
    assert drugs["acetaminophen"].dose is None


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ("6130", "metformin"),
        ("6130", "diazepam"),
        ("3322", "ketamine"),
        ("835603", "diazepam 5 MG Oral Tablet"),
        ("835603", "Zzunknownum 50 MG Oral Tablet"),
    ],
)
def test_a_code_whose_words_name_something_else_is_not_believed(imported, library, code, display):
    drugs = imported(request(code, display)).given.medications.drugs
    assert [one.matched for one in drugs] == ["conflicting identity"]
    assert library.drugs.resolve(drugs[0].name, drugs[0].rxnorm, drugs[0].atc) is None
    assert display in drugs[0].name


def test_codes_of_two_systems_that_contradict_each_other_are_not_believed(imported):
    both = {"coding": [{"system": RXNORM, "code": "6130"}, {"system": "http://www.whocc.no/atc", "code": "N05BA01"}]}
    drugs = imported(request(medicationCodeableConcept=both)).given.medications.drugs
    assert [one.matched for one in drugs] == ["conflicting identity"]


def test_a_code_without_words_is_believed(imported):
    assert _drugs(imported(request("6130", "")))["ketamine"].matched == "by RxNorm 6130"


def _medication(*ingredients, **changes):
    parts = [{"itemCodeableConcept": one, "isActive": True} for one in ingredients]
    return changed({"resourceType": "Medication", "id": "m", "ingredient": parts}, **changes)


def _referring(reference, contained=(), **changes):
    return request(
        medicationCodeableConcept=ABSENT,
        medicationReference={"reference": reference},
        contained=list(contained),
        **changes,
    )


def test_a_contained_medication_is_read_by_its_ingredients(imported):
    inner = _medication(concept(RXNORM, "6130", "ketamine"), concept(RXNORM, "3322", "diazepam"))
    assert _drugs(imported(_referring("#m", [inner]))).keys() == {"ketamine", "diazepam"}


def test_a_compounded_troche_gives_its_dose(imported):
    strength = {"numerator": {"value": 25, "unit": "mg"}, "denominator": {"value": 1, "unit": "{troche}"}}
    inner = _medication(code={"text": "Ketamine troche"})
    inner["ingredient"] = [{"itemCodeableConcept": concept(RXNORM, "6130", "Ketamine"), "strength": strength}]
    drug = _drugs(imported(_referring("#m", [inner], dosageInstruction=every(12, 1, "troche"))))["ketamine"]
    assert (str(drug.dose), drug.times_per_day) == ("25 mg", "2")


@pytest.mark.parametrize("reference", ["Medication/m", "urn:uuid:00000000-0000-4000-8000-000000000101"])
def test_a_medication_beside_the_order_is_found(imported, reference):
    beside = _medication(concept(RXNORM, "3322", "diazepam"))
    assert "diazepam" in _drugs(imported(_referring(reference), beside))


def test_a_medication_that_cannot_be_found_is_kept_as_not_recognised(imported):
    drug = imported(_referring("Medication/gone")).given.medications.drugs[0]
    assert drug.matched == ""
    assert "Medication/gone" in drug.name


def test_medications_that_refer_to_each_other_in_a_circle_end(imported):
    inner = {"resourceType": "Medication", "id": "m", "ingredient": [{"itemReference": {"reference": "#m"}}]}
    assert imported(_referring("#m", [inner])).given.medications.drugs


@pytest.mark.parametrize("changes", [{"status": "entered-in-error"}, {"modifierExtension": [{"url": "x"}]}])
def test_a_medication_that_may_not_be_interpreted_is_not_recognised(imported, changes):
    inner = _medication(concept(RXNORM, "6130", "ketamine"), **changes)
    assert [one.matched for one in imported(_referring("#m", [inner])).given.medications.drugs] == [""]


def test_ingredients_and_product_code_that_share_nothing_are_not_believed(imported):
    inner = _medication(concept(RXNORM, "3322", "diazepam"), code=concept(RXNORM, "6130", "ketamine"))
    assert [one.matched for one in imported(_referring("#m", [inner])).given.medications.drugs] == [
        "conflicting identity"
    ]


def test_an_inactive_ingredient_is_not_a_drug(imported):
    inner = _medication(concept(RXNORM, "6130", "ketamine"), concept(RXNORM, "3322", "diazepam"))
    inner["ingredient"][1]["isActive"] = False
    assert _drugs(imported(_referring("#m", [inner]))).keys() == {"ketamine"}


# Doses


def _dosed(imported, instructions, make=TRAMADOL_50):
    drug = imported(request(*make, dosageInstruction=instructions)).given.medications.drugs[0]
    return (str(drug.dose) if drug.dose else None, drug.times_per_day)


def _timed(amount, repeat, **changes):
    return changed({"timing": {"repeat": repeat}, "doseAndRate": [amount]}, **changes)


MG = {"doseQuantity": {"value": 50, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
ONE_OR_TWO = {"doseRange": {"low": {"value": 1, "unit": "TAB"}, "high": {"value": 2, "unit": "TAB"}}}
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("instructions", "dose"),
    [
        ([_timed(MG, DAILY)], ("50 mg", "1")),
        ([_timed(MG, {"frequency": 1, "frequencyMax": 4, "period": 1, "periodUnit": "d"})], ("50 mg", "4")),
        ([_timed(MG, {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"})], ("50 mg", "6")),
        ([_timed(MG, {"frequency": 1, "period": 3, "periodUnit": "d"})], ("50 mg", "0.333334")),
        ([_timed(MG, {"timeOfDay": ["08:00:00", "20:00:00"]})], ("50 mg", "2")),
        ([{"timing": {"code": concept("", "TID")}, "doseAndRate": [MG]}], ("50 mg", "3")),
        ([_timed(ONE_OR_TWO, DAILY)], ("100 mg", "1")),
        ([_timed({"doseQuantity": {"value": Decimal("0.5"), "unit": "tablet"}}, DAILY)], ("25 mg", "1")),
        ([_timed(MG, DAILY, sequence=1), _timed(MG, DAILY | {"frequency": 3}, sequence=2)], ("50 mg", "3")),
        ([_timed(MG, DAILY, sequence=1), _timed(MG, DAILY | {"frequency": 3}, sequence=1)], ("50 mg", "4")),
        ([_timed(MG, DAILY, sequence=1), {"text": "as needed", "sequence": 2}], (None, "")),
        ([{"doseAndRate": [MG]}], ("50 mg", "")),
        ([_timed({"doseQuantity": {"value": 1}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": {"value": 50, "unit": "mcg"}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": {"value": 50, "unit": "mcg", "code": "mg"}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": MG["doseQuantity"] | {"comparator": "<"}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": {"value": 1, "unit": "mg/kg"}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": {"value": -1, "unit": "mg"}}, DAILY)], (None, "")),
        ([_timed({"doseQuantity": {"value": "50", "unit": "mg"}}, DAILY)], (None, "")),
        ([], (None, "")),
        ([{"text": "one a day"}], (None, "")),
    ],
)  # fmt: skip
def test_the_highest_dose_that_the_instructions_allow(imported, instructions, dose):
    assert _dosed(imported, instructions) == dose


def test_a_calculated_dose_gives_way_to_the_ordered_one(imported):
    calculated = {"type": concept("", "calculated"), "doseQuantity": {"value": 1, "unit": "mg/kg"}}
    instruction = {"timing": {"repeat": DAILY}, "doseAndRate": [calculated, MG]}
    assert _dosed(imported, [instruction]) == ("50 mg", "1")


def test_a_patch_is_read_as_its_rate(imported):
    patch = ("197696", "72 HR Fentanyl 0.075 MG/HR Transdermal System")
    repeat = {"frequency": 1, "period": 72, "periodUnit": "h"}
    order = request(*patch, dosageInstruction=[_timed({"doseQuantity": {"value": 1, "unit": "patch"}}, repeat)])
    drug = imported(order).given.medications.drugs[0]
    assert (str(drug.dose), drug.times_per_day, drug.route) == ("75 µg/h", "", "transdermal")


@pytest.mark.parametrize(
    ("code", "route"),
    [("26643006", "oral"), ("37839007", "sublingual"), ("54471007", "buccal"), ("47625008", "intravenous")],
)
def test_routes_go_by_code_and_not_by_display(imported, code, route):
    order = request("6130", "ketamine", dosageInstruction=[{"route": concept(SNOMED, code, "Topical")}])
    assert imported(order).given.medications.drugs[0].route == route
