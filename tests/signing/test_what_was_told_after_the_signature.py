"""A drug or a clinic session that was told after the signature was not seen by it, and a step that begins by itself is
no signature."""

from datetime import timedelta
from typing import Any

import pytest

from tests.signing.conftest import CASE, DOCTOR, NOW, NURSE, knowledge, office_with, opened, tree_of
from titrant.clinic.acts import recording, signing
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.going_through import as_shown, medicines
from titrant.clinic.acts.sessions import SessionGiven, give_session
from titrant.clinic.acts.signing import Chosen
from titrant.clinic.following import adjust_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.opening import differing, shape_case
from titrant.pathway.adjust import Adjustment, adjust
from titrant.pathway.review import review
from titrant.record.events import Actor, Draft, Kind, Role

D = NOW.date()
PHONE = Actor("dev1", "Patient", Role.PATIENT)
HOLD = Chosen(action="hold", reason="examined")
DILTIAZEM = {"name": "diltiazem", "dose": "60 mg", "times_per_day": "2"}


def at(office: Office, days: int, hour: int = 10) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def followed(name: str = "following-ready-for-a-step", **changes: Any) -> Office:
    office = office_with()
    opened(office, name, changes=changes)
    return office


def sign(office: Office, chosen: Chosen = HOLD) -> None:
    made = signing.offer(office, office.store.open(CASE), chosen)
    assert made.may_be_signed, [one.code for one in made.refused]
    signing.sign(office, CASE, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)


def version(office: Office) -> int:
    return office.store.summary(CASE).version


def told(office: Office, drug: dict[str, str]) -> None:
    recording.add_drug(office, NURSE, CASE, drug, expected=version(office))
    recording.reviewed_list(office, NURSE, CASE, "medications", expected=version(office))


def listed(office: Office) -> list[dict[str, Any]]:
    return list(office.store.open(CASE).tree["given"]["medications"]["list"])


def list_again(office: Office, rows: list[dict[str, Any]]) -> None:
    """The whole list is written anew, as by an import or by somebody who went through it."""
    lists = {"reviewed_on": office.today.isoformat(), "by": NURSE.name, "list": rows}
    body = {"set": {"given": {"medications": lists}}}
    office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, body, NURSE, office.now())], expected=None)


def says(office: Office) -> Adjustment:
    return adjust_at(office.desk, case_in(office.store.open(CASE), office.today))


def action(office: Office) -> str:
    decided = says(office)
    return decided.action.value if decided.action else ""


def codes(office: Office) -> set[str]:
    return {one.code for one in says(office).reasons}


def since(days: int) -> dict[str, str]:
    return {"since": (D + timedelta(days=days)).isoformat()}


# Drugs


@pytest.mark.parametrize("days", [0, -2, -30])
def test_diltiazem_told_after_the_hold_of_the_day_lowers_on_every_day_until_somebody_signs(days: int) -> None:
    office = followed()
    sign(office)
    told(at(office, 0, 15), DILTIAZEM | since(days))
    for after in (1, 2, 8):
        decided = says(at(office, after))
        assert [one.code for one in decided.reasons] == ["lower_new_exposure"]
        assert str(decided.regimen.dose) == "10 mg"


def test_a_raise_was_signed_and_diltiazem_of_before_it_is_told_on_the_next_day() -> None:
    office = followed()
    sign(office, Chosen())
    told(at(office, 1), DILTIAZEM | since(-2))
    decided = says(at(office, 1))
    assert [one.code for one in decided.reasons] == ["lower_new_exposure"]
    assert str(decided.regimen.dose) == "15 mg", "of the 30 mg that were signed"


def test_once_a_prescriber_has_signed_after_it_the_drug_is_no_new_one() -> None:
    office = followed()
    sign(office)
    told(at(office, 0, 15), DILTIAZEM | since(0))
    sign(at(office, 1))
    assert action(at(office, 2)) == "hold"
    assert "lower_new_exposure" not in codes(at(office, 3))


def test_a_drug_of_which_nobody_says_since_when_is_new_if_it_was_told_after_the_signature() -> None:
    office = followed()
    sign(office)
    told(at(office, 1), DILTIAZEM)
    assert codes(at(office, 1)) == {"lower_new_exposure"}


def test_diazepam_told_after_the_signature_allows_no_raise() -> None:
    office = followed()
    sign(office)
    told(at(office, 0, 15), {"name": "diazepam", "dose": "5 mg", "times_per_day": "1", **since(0)})
    assert "raise_new_interaction" in codes(at(office, 1))
    sign(at(office, 1))
    assert "raise_new_interaction" not in codes(at(office, 2))


def test_a_drug_that_the_prescriber_had_before_him_is_as_before() -> None:
    office = followed()
    told(at(office, 0, 9), DILTIAZEM | since(-1))
    sign(office)
    assert "entered" not in listed(office)[-1]
    assert "lower_new_exposure" not in codes(at(office, 1))


def with_old_diltiazem() -> Office:
    """Diltiazem was there long before, and a hold was signed beside it."""
    drugs = [*tree_of("following-ready-for-a-step")["given"]["medications"]["list"], DILTIAZEM | since(-90)]
    office = followed(given={"medications": {"list": drugs}})
    sign(office)
    return office


def test_a_list_that_is_written_anew_makes_no_old_drug_new() -> None:
    office = with_old_diltiazem()
    then = at(office, 1)
    list_again(then, [{**one, "name": one["name"].capitalize(), "source": "pharmacy"} for one in listed(then)])
    assert all("entered" not in one for one in listed(then))
    assert "lower_new_exposure" not in codes(then)


def test_what_was_told_stays_told_when_the_list_is_written_anew() -> None:
    office = followed()
    sign(office)
    told(at(office, 0, 15), DILTIAZEM | since(0))
    list_again(
        at(office, 1), [{name: text for name, text in one.items() if name != "entered"} for one in listed(office)]
    )
    assert listed(office)[-1]["entered"] == "2026-11-21T15:00:00Z"
    assert codes(at(office, 1)) == {"lower_new_exposure"}


@pytest.mark.parametrize(
    "now",
    [{"dose": "120 mg"}, {"times_per_day": "3"}, {"dose": "0.1 g"}],
)
def test_more_of_an_old_drug_is_newly_told(now: dict[str, str]) -> None:
    then = at(with_old_diltiazem(), 1)
    list_again(then, [*listed(then)[:-1], listed(then)[-1] | now])
    assert codes(then) == {"lower_new_exposure"}


def test_less_of_it_is_not() -> None:
    then = at(with_old_diltiazem(), 1)
    list_again(then, [*listed(then)[:-1], listed(then)[-1] | {"dose": "120 mg", "times_per_day": "1"}])
    list_again(then, [*listed(then)[:-1], listed(then)[-1] | {"dose": "60 mg"}])
    assert "lower_new_exposure" not in codes(then)


def test_the_page_on_which_the_list_is_gone_through_tells_a_new_row_and_no_old_one() -> None:
    then = at(with_old_diltiazem(), 1)
    before = then.store.open(CASE).tree["given"]
    answers = {
        "medications.reviewed": "yes", "medications.shown": as_shown(before, "medications"), "drug.0": "fluconazole",
        "drug_since.0": (D - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    ((_, changes),) = medicines(before, answers, NURSE, then.today.isoformat())
    then.store.append(CASE, [Draft(Kind.FACTS_RECORDED, {"set": changes}, NURSE, then.now())], expected=None)
    assert [one["name"] for one in listed(then) if "entered" in one] == ["fluconazole"]
    assert "fluconazole" in str(says(then).reasons)


def test_a_further_medicine_that_the_phone_tells_after_the_signature_is_new() -> None:
    office = followed()
    sign(office)
    entry = {
        "day": (D - timedelta(days=1)).isoformat(), "entered": "2026-11-21T15:00Z",
        "rescue": [{"drug": "diltiazem", "times": 2}],
    }  # fmt: skip
    keep_entry(office, CASE, entry, "the-entry", PHONE, received_at=at(office, 0, 15).now())
    assert codes(at(office, 1)) == {"lower_new_exposure"}


# Sessions


def session(office: Office, days: int = 0) -> None:
    given = SessionGiven(
        dose_mg="60", dose_again="60", route="intravenous", on=D + timedelta(days=days), tolerated="yes"
    )
    give_session(office, DOCTOR, CASE, given, expected=version(office))


def takes_all(office: Office) -> None:
    entry = {"day": office.today.isoformat(), "entered": office.now().isoformat(), "taken": "all"}
    keep_entry(office, CASE, entry, f"entry-{office.now():%d%H}", PHONE, received_at=office.now())


def test_a_session_of_the_day_entered_after_the_signature_pauses_beside_the_home_doses() -> None:
    office = followed()
    sign(office)
    session(at(office, 0, 15))
    takes_all(at(office, 0, 21))
    for days in (1, 2):
        assert codes(at(office, days)) == {"pause_session_stacked"}
    sign(at(office, 2))
    assert "pause_session_stacked" not in codes(at(office, 3))


def test_and_so_does_a_home_dose_told_after_it_of_a_session_that_was_signed_beside() -> None:
    office = followed()
    session(at(office, 0, 9))
    sign(office)
    takes_all(at(office, 0, 21))
    assert codes(at(office, 1)) == {"pause_session_stacked"}


def test_a_session_with_its_home_doses_that_was_before_the_prescriber_is_seen() -> None:
    office = followed()
    session(at(office, 0, 9), -1)  # the diary of the case says that all was taken on the day before
    assert codes(office) == {"pause_session_stacked"}
    sign(office)
    assert "pause_session_stacked" not in codes(at(office, 1))


# Steps of one signature


def tapering() -> Office:
    """22 mg from today, 15 mg from the 24th, 7 mg from the 27th: one signature."""
    office = followed("following-two-flat-steps")
    sign(office, Chosen())
    levels = office.store.open(CASE).tree["given"]["course"]["levels"][-3:]
    assert [one["dose"] for one in levels] == ["22 mg", "15 mg", "7 mg"]
    assert len({one["signed"] for one in levels}) == 1
    return office


def says_none(office: Office, days: int) -> None:
    there = at(office, days, 20)
    entry = {"day": there.today.isoformat(), "entered": there.now().isoformat(), "taken": "none"}
    keep_entry(there, CASE, entry, f"entry-{days}-none", PHONE, received_at=there.now())


def test_days_missed_are_counted_over_the_steps_of_a_taper() -> None:
    office = tapering()
    for days in range(8):
        says_none(office, days)
    for days in (4, 6, 8):  # the steps begin on the third and on the sixth day
        found = says(at(office, days))
        assert found.review.missed.certain == days
        assert {one.code for one in found.reasons} == {"pause_missed"}


def test_a_new_signature_begins_the_count_anew() -> None:
    office = tapering()
    for days in range(4):
        says_none(office, days)
    sign(at(office, 4), HOLD)
    assert says(at(office, 5)).review.missed.certain == 0


def test_a_drug_begun_within_a_taper_is_not_forgotten_when_the_next_step_begins() -> None:
    office = tapering()
    told(at(office, 1), {"name": "clarithromycin", **since(1)})
    for days, dose in ((1, "7 mg"), (2, "7 mg"), (3, "5 mg"), (6, "2 mg")):
        decided = says(at(office, days))
        assert [one.code for one in decided.reasons] == ["lower_new_exposure"]
        assert str(decided.regimen.dose) == dose
    assert "clarithromycin" in says(at(office, 6)).review.loads.new


def test_a_session_within_a_taper_is_not_forgotten_either() -> None:
    office = tapering()
    takes_all(at(office, 1, 12))
    session(at(office, 1, 15), 1)
    assert codes(at(office, 4)) == {"pause_session_stacked"}


def test_the_days_at_the_present_dose_are_those_of_the_step() -> None:
    found = says(at(tapering(), 4)).review
    assert found.level.since == found.regimen_since == D + timedelta(days=3)
    assert found.since.looked == D


# Case files without instants


def by_hand(**given: Any) -> Adjustment:
    """A case file, with levels that say nothing of their instants."""
    tree = differing(tree_of("following-ready-for-a-step"), {"given": given})
    return adjust(review(shape_case(tree, "by hand"), knowledge(), D), knowledge())


def test_without_instants_the_days_alone_tell() -> None:
    since_level = tree_of("following-ready-for-a-step")["given"]["course"]["levels"][-1]["since"]
    old = DILTIAZEM | {"since": "2026-11-01"}
    assert "lower_new_exposure" not in {one.code for one in by_hand(medications={"list": [old]}).reasons}
    entered = old | {"entered": "2026-11-20T10:00Z"}
    assert "lower_new_exposure" not in {one.code for one in by_hand(medications={"list": [entered]}).reasons}
    new = DILTIAZEM | {"since": since_level}
    assert {one.code for one in by_hand(medications={"list": [new]}).reasons} == {"lower_new_exposure"}


def test_a_case_file_may_tell_the_instants_itself() -> None:
    levels = [dict(one) for one in tree_of("following-ready-for-a-step")["given"]["course"]["levels"]]
    levels[-1]["signed"] = "2026-11-19T10:00Z"
    for entered, new in (("2026-11-19T09:00Z", False), ("2026-11-19T11:00Z", True)):
        drug = DILTIAZEM | {"since": "2026-11-01", "entered": entered}
        found = by_hand(medications={"list": [drug]}, course={"levels": levels})
        assert ("lower_new_exposure" in {one.code for one in found.reasons}) is new
