"""What counts as a bundle, and how its entries are told apart."""

import pytest

from tests.growth import assert_in_proportion
from titrant.fhir.import_bundle import case_from_bundle
from titrant.terms.errors import CaseFileError

from .building import ABSENT, ME, bundle, changed, concept, condition, observation, patient, quantity, request, weight


@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset", "batch", "document", None])
def test_bundles_as_systems_write_them_are_read(library, kind):
    assert case_from_bundle(bundle(weight(), kind=kind), library).given.readings


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "Bundle",
        {},
        {"resourceType": "Patient", "birthDate": "1970-01-01"},
        {"resourceType": "Bundle", "type": "collection"},
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Bundle", "type": "history", "entry": [{"resource": {"resourceType": "Patient"}}]},
        {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {}}]},
        {"resourceType": "Bundle", "type": "collection", "implicitRules": "x", "entry": [{}]},
    ],
)
def test_what_is_no_record_is_refused_with_a_sentence(library, tree):
    with pytest.raises(CaseFileError) as caught:
        case_from_bundle(tree, library)
    assert all((caught.value.place, caught.value.fault, caught.value.why, caught.value.repair))


@pytest.mark.parametrize(
    "resource",
    [
        request("3322", "diazepam", medicationCodeableConcept=ABSENT, medication={"concept": {"text": "diazepam"}}),
        changed(request(), resourceType="MedicationOrder"),
        changed(request(), resourceType="MedicationUsage"),
        changed(request(), resourceType="MedicationStatement", status="recorded"),
        changed(request(), resourceType="MedicationStatement", taken="n"),
        condition("84757009", "Epilepsy", clinicalStatus="active"),
        {"resourceType": "AllergyIntolerance", "patient": {"reference": ME}, "type": concept("", "allergy")},
    ],
)
def test_other_releases_of_fhir_are_refused(library, resource):
    with pytest.raises(CaseFileError, match="only R4"):
        case_from_bundle(bundle(resource), library)


def test_an_entry_without_resource_is_said_and_the_rest_is_read(library):
    whole = bundle(weight())
    whole["entry"] += [{"fullUrl": "urn:uuid:9"}, {"resource": None}, None, {"resource": {"id": "x"}}]
    case = case_from_bundle(whole, library)
    assert case.given.readings["weight"]
    assert "An entry without a resource: there is nothing to read (3 times)" in case.skipped


def test_the_same_resource_twice_counts_once(library):
    whole = bundle(changed(weight(), id="w"), changed(weight(), id="w"))
    assert case_from_bundle(whole, library).given.readings["weight"] == "71 kg on 2026-11-02 from record"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"versionId": "9"}, {"versionId": "10"}),
        ({"lastUpdated": "2026-11-02T09:00:00+05:00"}, {"lastUpdated": "2026-11-02T05:00:00Z"}),
    ],
)
def test_the_newest_version_holds(library, older, newer):
    first = weight(90, id="w", meta=older)
    second = weight(71, id="w", meta=newer)
    for order in ((first, second), (second, first)):
        case = case_from_bundle(bundle(*order), library)
        assert case.given.readings["weight"] == "71 kg on 2026-11-02 from record"


def test_a_correction_takes_the_earlier_version_back(library):
    case = case_from_bundle(
        bundle(
            weight(71, id="w", meta={"versionId": "1"}),
            weight(71, id="w", meta={"versionId": "2"}, status="entered-in-error"),
        ),
        library,
    )
    assert "weight" not in case.given.readings


def test_two_versions_that_cannot_be_ranked_are_both_left_out(library):
    case = case_from_bundle(bundle(weight(71, id="w"), weight(90, id="w")), library)
    assert "weight" not in case.given.readings
    assert any("cannot be told" in line for line in case.skipped)


def test_duplicate_full_urls_with_different_content_are_left_out(library):
    whole = bundle(weight(71), weight(90))
    whole["entry"][2]["fullUrl"] = whole["entry"][1]["fullUrl"]
    assert "weight" not in case_from_bundle(whole, library).given.readings


@pytest.mark.parametrize("meta", [{}, {"versionId": "3"}])
def test_many_entries_of_one_name_are_told_apart_quickly(library, meta):
    def entries(many: int):
        whole = bundle(*(weight(50 + place % 100, meta=meta) for place in range(many)))
        for entry in whole["entry"][1:]:
            entry["fullUrl"] = "urn:uuid:one"
        return lambda: case_from_bundle(whole, library)

    assert "weight" not in entries(12_000)().given.readings
    assert_in_proportion(entries, 1_500)


def test_entries_without_full_url_or_request_are_read(library):
    whole = bundle(changed(weight(), subject={"reference": "Patient/p1"}), person=patient(id="p1"))
    for entry in whole["entry"]:
        del entry["fullUrl"]
    assert case_from_bundle(whole, library).given.readings["weight"]


def test_an_incomplete_search_answer_is_said(library):
    whole = bundle(weight(), kind="searchset") | {"link": [{"relation": "next", "url": "https://x.example/2"}]}
    assert any(line.startswith("Further pages") for line in case_from_bundle(whole, library).skipped)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_an_entry_that_deletes_gives_nothing(library, method):
    whole = bundle(weight())
    whole["entry"][1]["request"] = {"method": method, "url": "Observation/1"}
    assert "weight" not in case_from_bundle(whole, library).given.readings


def test_types_that_are_not_read_are_counted_in_one_line(library):
    claims = [{"resourceType": "Claim", "patient": {"reference": ME}} for _ in range(3)]
    case = case_from_bundle(bundle(*claims, {"resourceType": "Organization"}), library)
    assert "4 resources of types not read: Claim 3, Organization 1" in case.skipped


@pytest.mark.parametrize("where", ["top", "component", "code"])
def test_an_unknown_modifier_anywhere_stops_the_use_of_the_resource(library, where):
    mark = {"modifierExtension": [{"url": "https://x.example/not", "valueBoolean": True}]}
    one = observation("29463-7", quantity(71, "kg"), component=[])
    if where == "top":
        one |= mark
    elif where == "component":
        one["component"] = [{"code": {}, **mark}]
    else:
        one["code"] |= mark
    case = case_from_bundle(bundle(one), library)
    assert "weight" not in case.given.readings
    assert any("modifier extension" in line for line in case.skipped)


def test_implicit_rules_stop_the_use_of_the_resource(library):
    case = case_from_bundle(bundle(weight(implicitRules="https://x.example/rules")), library)
    assert "weight" not in case.given.readings
    assert any("implicit rules" in line for line in case.skipped)
