"""What the law of a place refuses, in the words of those who work there."""

from datetime import date

import msgspec
import pytest

from tests.clinic.signing_by_hand import CASE, knowledge, office_on, opened, sign, tree_of
from titrant.clinic import packs
from titrant.clinic.standing import standing_of
from titrant.knowledge.checking import faults_of_form
from titrant.knowledge.library import Library
from titrant.record.clinic_settings import ClinicSettings
from titrant.terms.errors import KnowledgeError, NotAllowed

TODAY = date(2026, 11, 21)
CONTENT = {
    "starts": "2026-11-21",
    "text": "Take 10 mg three times a day.",
    "regimen": {"supply_days": "7", "piece_mg": "10"},
    "quantity": {"pieces": "31.5", "unit": "mL"},
}


def pack(name):
    return packs.pack_of(ClinicSettings(pack=name), knowledge())


def record(answers=None, signed=False):
    office = office_on(TODAY)
    facts = tree_of("everything-known.yaml")
    facts["given"]["answers"] = {**facts["given"]["answers"], **(answers or {})}
    opened(office, facts)
    if signed:
        sign(office, CASE, {"since": "2026-11-21", "dose": "10 mg", "times_per_day": 3})
    return office.store.open(CASE)


def signing(name, answers=None, on=TODAY, content=CONTENT, reasons=None, signed=False, **settings):
    found = packs.sign_faults(
        pack(name), record(answers, signed), content, ClinicSettings(pack=name, **settings), on, reasons or {}
    )
    return {one.code: one for one in found}


def standing(found):
    return {code for code, one in found.items() if one.stands}


@pytest.mark.parametrize("name", ["us", "uk", "none"])
def test_nothing_stands_against_an_ordinary_first_plan_of_somebody_seen_in_person(name):
    answers = {"seen_in_person": {"answer": "yes", "on": "2026-11-20"}}
    assert signing(name, answers) == {}


@pytest.mark.parametrize("name", ["us", "uk", "none"])
def test_no_first_plan_without_consent_on_record(name):
    assert standing(signing(name, {"consent": None})) == {"consent"}


def test_the_clinic_relaxes_the_consent_with_a_reason_that_is_kept():
    found = signing("uk", {"consent": None}, reasons={"consent": "signed on paper, scan follows"})
    assert standing(found) == set()
    assert packs.reasons_given(tuple(found.values())) == {"consent": "signed on paper, scan follows"}


def test_blanks_are_no_reason():
    assert standing(signing("us", {"consent": None}, reasons={"consent": "   "})) == {"consent"}


def test_until_the_end_of_2026_a_first_plan_by_telehealth_is_only_warned_of():
    found = signing("us", on=date(2026, 12, 31), content=CONTENT | {"starts": "2026-12-31"})
    assert not found["in_person_visit"].refuses
    assert "2026-12-31" in found["in_person_visit"].text


def test_from_2027_on_a_first_plan_needs_a_visit_in_person_or_a_named_legal_basis():
    day, content = date(2027, 1, 1), CONTENT | {"starts": "2027-01-01"}
    assert "in_person_visit" in standing(signing("us", on=day, content=content))
    named = {"in_person_visit": "patient of a hospital clinic, 21 USC 829(e)"}
    assert "in_person_visit" not in standing(signing("us", on=day, content=content, reasons=named))


def test_of_a_plan_by_telehealth_it_is_kept_how_where_and_who_was_seen():
    asked = signing("us")["how_seen"]
    assert not asked.refuses
    assert "how the person was seen, where the person was, whether the identity was checked" in asked.text
    said = {"seen_how": "audio_and_video", "seen_where": "in_this_state"}
    assert "not: whether the identity was checked." in signing("us", said)["how_seen"].text
    assert "how_seen" not in signing("us", said | {"identity_checked": "yes"})
    assert "how_seen" not in signing("us", {"seen_in_person": {"answer": "yes", "on": "2026-11-20"}})
    assert "how_seen" not in signing("uk")


def test_a_plan_after_the_first_needs_no_new_visit():
    day = date(2027, 1, 1)
    assert "in_person_visit" not in signing("us", on=day, content=CONTENT | {"starts": "2027-01-01"}, signed=True)


def test_an_old_monitoring_check_warns_and_refuses_only_where_the_clinic_wants_one():
    old = {"prescription_monitoring": {"answer": "checked_nothing_unexpected", "on": "2026-10-01"}}
    assert not signing("us", old)["monitoring_check"].refuses
    assert "monitoring_check" in standing(signing("us", old, check_monitoring=True))
    assert "monitoring_check" not in signing("uk", old, check_monitoring=True)


@pytest.mark.parametrize("words", ["Take as directed.", "Take 10 mg  When\nRequired."])
def test_as_directed_is_no_dose_in_the_united_kingdom(words):
    assert "plain_directions" in standing(signing("uk", content=CONTENT | {"text": words}))


def test_nothing_is_dated_back():
    assert "issued_today" in standing(signing("us", content=CONTENT | {"starts": "2026-11-20"}))
    assert "issued_today" not in signing("us", content=CONTENT | {"starts": "2026-11-28"})


def test_more_than_thirty_days_in_the_united_kingdom_needs_a_written_reason():
    long = CONTENT | {"regimen": {"supply_days": "31", "piece_mg": "10"}}
    assert standing(signing("uk", content=long)) == {"supply_advised"}
    assert not standing(signing("uk", content=long, reasons={"supply_advised": "at sea until February"}))
    assert "supply_advised" not in signing("us", content=long)


def supplying(name, supplies, on, days=7):
    place = pack(name)
    found = packs.supply_faults(place, packs.fills_of(place, TODAY, supplies), days, on, {})
    return {one.code for one in found if one.stands}


def test_the_fifth_refill_is_filled_and_the_sixth_refused():
    assert supplying("us", 5, date(2027, 2, 1)) == set()
    assert supplying("us", 6, date(2027, 2, 1)) == {"refills"}


def test_a_fill_on_the_last_day_of_six_months_and_none_after_it():
    assert supplying("us", 1, date(2027, 5, 21)) == set()
    assert supplying("us", 1, date(2027, 5, 22)) == {"fill_within"}


def test_six_months_from_the_end_of_august_end_with_february():
    assert packs.fills_of(pack("us"), date(2026, 8, 31), 0).last_day == date(2027, 2, 28)


def test_a_british_prescription_is_supplied_once_within_28_days():
    assert supplying("uk", 0, date(2026, 12, 19)) == set()
    assert supplying("uk", 0, date(2026, 12, 20)) == {"fill_within"}
    assert supplying("uk", 1, date(2026, 11, 28)) == {"refills"}


def test_without_a_pack_no_law_is_claimed():
    assert supplying("none", 99, date(2028, 1, 1), days=99) == set()


PRESCRIBER = {"name": "Dr P (synthetic)", "registration": "AB123", "address": "2 Road"}


@pytest.mark.parametrize("name", ["us", "uk", "none"])
def test_a_whole_prescription_is_printed(name):
    fields = packs.paper_fields(pack(name), record(), CONTENT, ClinicSettings(), PRESCRIBER)
    assert fields["quantity"] == "31.5 (thirty-one point five) mL"
    assert "does not transmit" in fields["transmits"]
    assert packs.paper_faults(pack(name), fields) == ()


@pytest.mark.parametrize("field", ["patient", "address", "quantity", "registration", "issued", "strength"])
def test_nothing_is_printed_with_a_field_empty(field):
    fields = packs.paper_fields(pack("us"), record(), CONTENT, ClinicSettings(), PRESCRIBER)
    (fault,) = packs.paper_faults(pack("us"), fields | {field: " "})
    assert fault.stands
    assert f"{field} is empty" in fault.text


@pytest.mark.parametrize("quantity", ["31.5 mL", "31.5 (thirteen point five) mL", "thirty-one mL"])
def test_the_quantity_stands_in_words_and_figures(quantity):
    fields = packs.paper_fields(pack("uk"), record(), CONTENT, ClinicSettings(), PRESCRIBER)
    found = packs.paper_faults(pack("uk"), fields | {"quantity": quantity})
    assert [one.code for one in found] == ["quantity_in_words"]


def test_a_liquid_without_ml_is_not_printed_in_the_united_kingdom():
    fields = packs.paper_fields(pack("uk"), record(), CONTENT, ClinicSettings(), PRESCRIBER)
    found = packs.paper_faults(pack("uk"), fields | {"quantity": "21 (twenty-one)"})
    assert [one.code for one in found] == ["ml_for_liquid"]


def test_proposals_are_off_in_the_united_kingdom_until_manufacturer_and_certificate_are_named():
    assert packs.proposals_refused(ClinicSettings(pack="uk"), pack("uk"))
    assert packs.proposals_refused(ClinicSettings(pack="uk", manufacturer="Maker Ltd"), pack("uk"))
    named = ClinicSettings(pack="uk", manufacturer="Maker Ltd", certificate="X-1")
    assert not packs.proposals_refused(named, pack("uk"))
    assert packs.device_line(named) == "Manufacturer Maker Ltd, certificate X-1"
    assert not packs.proposals_refused(ClinicSettings(pack="us"), pack("us"))
    assert packs.proposals_refused(ClinicSettings(pack="us", engine_on=False), pack("us"))


def test_the_emergency_number_is_that_of_the_place_unless_the_clinic_sets_its_own():
    assert packs.emergency_phone(ClinicSettings(), pack("us")) == "911"
    assert packs.emergency_phone(ClinicSettings(emergency_phone="112"), pack("us")) == "112"
    assert packs.emergency_phone(ClinicSettings(), pack("none")) == ""


def test_a_pack_that_is_not_there_stops_the_signing():
    with pytest.raises(KnowledgeError):
        packs.pack_of(ClinicSettings(pack="atlantis"), knowledge())


def test_a_standing_fault_is_refused_out_loud():
    found = tuple(signing("us", {"consent": None}).values())
    with pytest.raises(NotAllowed, match="No written consent"):
        packs.check_stands(found, pack("us"), "sign the plan")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rule: rule.update(value="5 mg"), "no value in count"),
        (lambda rule: rule.update(code="fill_within"), "2 rules speak of fill_within"),
        (lambda rule: rule.update(source="nowhere"), "is not listed"),
        (lambda rule: rule.update(status="unverified", note=""), "without a note"),
    ],
)
def test_a_faulty_pack_is_found(change, said):
    """The check is first shown to fail on planted faults."""
    trees = {**knowledge().trees}
    tree = msgspec.json.decode(msgspec.json.encode(trees["jurisdictions/us.yaml"]))
    change(next(rule for rule in tree["rules"] if rule["code"] == "refills"))
    planted = Library({**trees, "jurisdictions/us.yaml": tree}, knowledge().tables, knowledge().approvals)
    assert any(said in fault for fault in faults_of_form(planted))
    assert not [fault for fault in faults_of_form(knowledge()) if "jurisdictions" in fault]


def test_every_area_of_the_law_says_what_is_shown_logged_and_refused():
    for name in ("us", "uk", "none"):
        shown = packs.pack_data(pack(name), ClinicSettings(), TODAY)
        assert all(area["show"] and area["log"] and area["refuse"] and area["source"] for area in shown["areas"])
    telehealth = next(one for one in packs.pack_data(pack("us"), ClinicSettings(), TODAY)["areas"] if one["until"])
    assert telehealth["days_left"] == 40


def test_in_the_united_kingdom_the_patient_page_proposes_nothing_until_the_operator_has_named_them():
    for settings, proposes in (
        ({"pack": "uk"}, False),
        ({"pack": "uk", "manufacturer": "Maker Ltd", "certificate": "X-1"}, True),
        ({"pack": "us"}, True),
        ({"pack": "us", "engine_on": False}, False),
    ):
        office = office_on(TODAY, **settings)
        opened(office, tree_of("everything-known.yaml"))
        standing = standing_of(office, office.store.open(CASE))
        assert (standing.plan is not None) is proposes
        assert bool(office.no_proposals) is not proposes
