"""What stands on the drug list and among the allergies stays there until somebody takes it off, name by name."""

import pytest

from tests.signing.conftest import CASE, NURSE, opened
from titrant.clinic.acts import starting
from titrant.clinic.acts.going_through import as_shown
from titrant.record.events import Kind
from titrant.terms.errors import Stale

MAOI = {"name": "tranylcypromine 10 mg tablet", "rxnorm": "10734", "dose": "10 mg", "times_per_day": "2",
        "since": "2024-02-01", "matched": "rxnorm", "source": "record"}  # fmt: skip
OPIOID = {"name": "oxycodone", "rxnorm": "7804", "atc": "N02AA05", "dose": "5 mg", "times_per_day": "3"}
UNKNOWN = {"name": "Zzyzxol forte", "checked_by_hand": {"by": "Pharmacist Example (synthetic)", "on": "2026-11-20"}}
DRUGS = [MAOI, OPIOID, UNKNOWN]
ALLERGIES = [{"substance": "penicillin", "reaction": "rash"}, {"substance": "ketamine", "snomed": "91936005"}]


@pytest.fixture
def imported(office) -> str:
    """Medicines and allergies of a record that was handed over; nobody has gone through them yet."""
    lists = {"medications": {"reviewed_on": None, "list": DRUGS}, "allergies": {"reviewed_on": None, "list": ALLERGIES}}
    return opened(office, changes={"given": lists})


def answer(office, **given):
    shown = {name: as_shown(office.store.open(CASE).tree["given"], name) for name in ("medications", "allergies")}
    page = {f"{name}.shown": value for name, value in shown.items()}
    return starting.answer(office, CASE, page | given, NURSE, expected=office.store.summary(CASE).version)


def held(office, name):
    return office.store.open(CASE).tree["given"][name]


TICKS = {"medications.reviewed": "1", "allergies.reviewed": "1"}


def test_a_tick_alone_keeps_every_drug_and_allergy_as_it_stands(office, imported):
    assert answer(office, **TICKS).faults == {}
    assert held(office, "medications") == {"reviewed_on": "2026-11-21", "by": NURSE.name, "list": DRUGS}
    assert held(office, "allergies") == {"reviewed_on": "2026-11-21", "by": NURSE.name, "list": ALLERGIES}


def test_both_dangers_of_the_imported_list_are_still_found_after_the_tick(office, imported):
    answer(office, **TICKS)
    found = {
        (one.code, str(one.facts.get("drug", ""))) for one in starting.planned(office, office.store.open(CASE)).findings
    }
    text = str(found)
    assert "tranylcypromine" in text
    assert "oxycodone" in text


@pytest.mark.parametrize("name", ["medications", "allergies"])
def test_a_tick_under_a_list_that_was_not_shown_is_refused(office, imported, name):
    kept = starting.answer(office, CASE, {f"{name}.reviewed": "1"}, NURSE, expected=office.store.summary(CASE).version)
    assert "not the list as it stands" in kept.faults[name]
    assert held(office, name).get("reviewed_on") is None


@pytest.mark.parametrize("name", ["medications", "allergies"])
def test_a_tick_under_a_list_that_changed_since_is_refused(office, imported, name):
    before = as_shown(office.store.open(CASE).tree["given"], name)
    more = {"medications": {"name": "rasagiline"}, "allergies": {"substance": "latex"}}[name]
    office.store.append(
        CASE, [office.draft(Kind.FACTS_RECORDED, {"add": {f"{name}.list": [more]}}, NURSE)], expected=None
    )
    kept = answer(office, **{f"{name}.reviewed": "1", f"{name}.shown": before})
    assert "not the list as it stands" in kept.faults[name]
    assert held(office, name)["list"][-1] == more


def test_answers_to_a_page_that_is_out_of_date_are_refused_before_anything_is_said_of_them(office, imported):
    """Said first, a wrong answer would bring the form up again as if it were of now."""
    with pytest.raises(Stale):
        starting.answer(office, CASE, {"heart_rate": "7,2"}, NURSE, expected=office.store.summary(CASE).version - 1)


def test_what_is_taken_off_by_its_own_tick_is_gone_and_the_rest_stays(office, imported):
    answer(office, **TICKS, **{"listed_off.1": "1", "allergy_off.0": "1"})
    assert held(office, "medications")["list"] == [MAOI, UNKNOWN]
    assert held(office, "allergies")["list"] == ALLERGIES[1:]


def test_a_drug_that_was_stopped_stays_with_its_last_day_for_it_may_still_act(office, imported):
    answer(office, **TICKS, **{"listed_until.0": "2026-11-18"})
    assert held(office, "medications")["list"][0] == MAOI | {"until": "2026-11-18"}
    found = str(starting.planned(office, office.store.open(CASE)).findings)
    assert "tranylcypromine" in found


def test_a_dose_is_put_right_and_what_else_is_known_of_the_drug_stays(office, imported):
    fields = {"listed_dose.1": "10 mg", "listed_times.1": "4", "listed_until.1": "", "listed_dose.0": "10 mg"}
    answer(office, **TICKS, **fields)
    assert held(office, "medications")["list"] == [MAOI, OPIOID | {"dose": "10 mg", "times_per_day": "4"}, UNKNOWN]


def test_what_was_changed_without_the_tick_is_not_kept_in_silence(office, imported):
    assert set(answer(office, **{"listed_off.1": "1", "allergy_off.0": "1"}).faults) == {"medications", "allergies"}
    assert held(office, "medications")["list"] == DRUGS


def test_thirteen_medicines_and_more_are_all_kept(office, imported):
    new = {f"drug.{place}": f"Medicine {place}" for place in range(20)}
    answer(office, **TICKS, **new, **{"drug_dose.19": "5 mg", "allergies": "latex, iodine"})
    assert [one["name"] for one in held(office, "medications")["list"][3:]] == list(new.values())
    assert held(office, "medications")["list"][-1]["dose"] == "5 mg"
    assert [one["substance"] for one in held(office, "allergies")["list"]] == [
        "penicillin",
        "ketamine",
        "latex",
        "iodine",
    ]


def test_a_check_by_hand_in_one_line_loses_the_drug_that_was_taken_off(office, imported):
    several = {"drugs": ["zzyzxol forte", "oxycodone"], "by": "Pharmacist Example (synthetic)", "on": "2026-11-20"}
    lines = {
        "set": {"given": {"medications": {"checked_by_hand": [several], "list": [OPIOID, {"name": "Zzyzxol forte"}]}}}
    }
    office.store.append(CASE, [office.draft(Kind.FACTS_RECORDED, lines, NURSE)], expected=None)
    assert answer(office, **TICKS, **{"listed_off.1": "1"}).faults == {}
    assert held(office, "medications")["checked_by_hand"] == [several | {"drugs": ["oxycodone"]}]


@pytest.mark.parametrize("typed", [{"drug_dose.0": "10 mg"}, {"drug_times.3": "2", "drug.3": " "}])
def test_a_dose_in_a_row_without_a_medicine_is_not_passed_over(office, imported, typed):
    kept = answer(office, **TICKS, **typed)
    assert "without a medicine" in kept.faults["medications"]
    assert held(office, "medications").get("reviewed_on") is None
