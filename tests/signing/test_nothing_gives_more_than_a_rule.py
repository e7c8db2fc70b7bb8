"""What comes first, was answered, or is called otherwise lets no dose through that a rule behind it forbids."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.signing.conftest import CASE, DOCTOR, NOW, NURSE, office_with, opened
from titrant.clinic.acts import signing
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.signing import Chosen, sign
from titrant.clinic.following import adjust_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.pharmacy import may_supply
from titrant.knowledge.shapes.following import Action
from titrant.record.events import Actor, Draft, Kind, Role

PATIENT = Actor("device1", "Patient (synthetic)", Role.PATIENT)
EXAMINED = {"reason": "examined"}
HOLD = Chosen(action="hold", **EXAMINED)
URINARY = {"effects": {"urinary_pain": 1}}
DAILY = {"pain": {"average": 7}, "activity": "no", "blood_pressure": ["124/78 mmHg"]}


def later(office: Office, days: int, hour: int = 20) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def offered(office: Office, chosen: Chosen = Chosen()):  # noqa: B008
    return signing.offer(office, office.store.open(CASE), chosen)


def signed(office: Office, chosen: Chosen = Chosen()):  # noqa: B008
    made = offered(office, chosen)
    assert made.may_be_signed, [one.code for one in made.refused]
    sign(office, CASE, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return made


def writes(office: Office, **told) -> None:
    nonce = f"entry{office.now():%Y%m%d%H%M%S}"
    entry = {"day": office.today.isoformat(), "entered": office.now().isoformat(), "effects": {}, **told}
    keep_entry(office, CASE, entry, nonce, PATIENT, received_at=office.now())


def takes(office: Office, name: str, since: str) -> None:
    listed = {"reviewed_on": office.today.isoformat(), "by": "Nurse Demo (synthetic)",
              "list": [{"name": name, "since": since}]}  # fmt: skip
    body = {"set": {"given": {"medications": listed}}}
    office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, body, NURSE, office.now())], expected=None)


def decided(office: Office):
    return adjust_at(office.desk, case_in(office.store.open(CASE), office.today))


def step_doses(made) -> list[Decimal]:
    return [made.regimen.dose.mg, *(Decimal(one["regimen"]["dose_mg"]) for one in made.content["steps"])]


@pytest.fixture
def tapered(office: Office) -> Office:
    """A taper of 22, 15 and 7 mg that was signed today."""
    opened(office, "following-two-flat-steps")
    assert step_doses(signed(office)) == [22, 15, 7]
    return office


# Less, as the rules mean it


@pytest.mark.parametrize("action", ["lower", "step_down_trial"])
def test_a_lower_dose_that_goes_on_is_not_the_taper_that_was_proposed(office, action) -> None:
    opened(office, "following-two-flat-steps")
    assert offered(office).against is False
    assert offered(office, Chosen(action=action, **EXAMINED)).against
    assert offered(office, Chosen(dose_mg="22", **EXAMINED)).against


def test_lower_behind_a_pause_is_no_more_than_the_rule_lowers_to(office) -> None:
    opened(office, "following-ready-for-a-step")
    takes(office, "clarithromycin", "2026-11-18")
    by_rule = decided(office).regimen.dose
    writes(office, taken="all", **DAILY | URINARY)
    paused = decided(office)
    assert paused.action is Action.PAUSE
    assert [one.regimen.dose for one in paused.alternatives if one.action == "lower"] == [by_rule]
    made = offered(office, Chosen(action="lower", **EXAMINED))
    assert made.regimen.dose == by_rule
    assert "clarithromycin" in made.text, "what is signed answers the rule, so it names it"
    assert "clarithromycin" in offered(office, HOLD).text


def test_a_taper_that_is_chosen_behind_a_pause_has_no_step_above_what_a_rule_lowers_to(office) -> None:
    opened(office, "following-two-flat-steps")
    takes(office, "clarithromycin", "2026-11-18")
    most = max(step_doses(offered(office)))
    writes(office, taken="all", **DAILY | URINARY)
    assert offered(office).regimen is None, "stop at once"
    made = offered(office, Chosen(action="taper", **EXAMINED))
    assert made.against
    assert max(step_doses(made)) <= most
    assert "clarithromycin" in made.text


def test_who_goes_on_after_a_suspension_reads_what_was_begun_meanwhile(office) -> None:
    opened(office, "following-ready-for-a-step")
    signed(office, HOLD)
    signing.suspend(later(office, 2), CASE, "dental surgery", NURSE)
    then = later(office, 4)
    takes(then, "diltiazem", "2026-11-24")
    assert "diltiazem" in offered(then, HOLD).text


# Inside a taper, and after it


def test_a_hold_inside_a_taper_says_which_steps_it_takes_back_and_needs_a_reason(tapered) -> None:
    for day in range(3):
        writes(later(tapered, day), taken="all", **DAILY)
    then = later(tapered, 2, hour=22)
    assert decided(then).action is Action.HOLD
    made = offered(then)
    assert made.against
    assert not made.unchanged, "the patient has to be told"
    assert "15 mg from 2026-11-24 on, 7 mg from 2026-11-27 on" in made.text


def test_a_lower_dose_inside_a_taper_is_no_way_to_end_it_without_a_word(tapered) -> None:
    for day in range(3):
        writes(later(tapered, day), taken="all", **DAILY | {"effects": {"dizziness": 2}})
    made = offered(later(tapered, 2, hour=22))
    assert made.action == "lower"
    assert made.against
    assert "Less is signed for later" in made.text


def test_after_its_last_step_no_second_taper_is_proposed(tapered) -> None:
    for day in range(12):
        writes(later(tapered, day), taken="all", **DAILY)
    then = later(tapered, 12)
    found = decided(then)
    assert (found.action, found.regimen, found.taper) == (Action.STOP, None, ())
    assert "no_taper_after_a_signed_end" in [one.code for one in found.reasons]
    assert offered(then).regimen is None


# At the counter


def test_a_second_gap_of_the_same_length_is_not_answered_by_the_first(office) -> None:
    opened(office, "following-ready-for-a-step")
    signed(office, HOLD)
    for day in range(1, 5):
        writes(later(office, day), taken="none", **DAILY)
    then = later(office, 5, hour=9)
    assert not may_supply(then, then.store.open(CASE)).may
    signed(then, HOLD)
    assert may_supply(then, then.store.open(CASE)).may
    for day in range(5, 7):
        writes(later(office, day), taken="all", **DAILY)
    for day in range(7, 11):
        writes(later(office, day), taken="none", **DAILY)
    again = later(office, 11, hour=9)
    assert decided(again).action is Action.PAUSE
    assert not may_supply(again, again.store.open(CASE)).may


def test_who_hands_out_the_signed_dose_is_told_that_the_rules_lower_it(office) -> None:
    opened(office, "following-ready-for-a-step")
    signed(office, HOLD)
    assert not [one for one in may_supply(office, office.store.open(CASE)).warnings if "The rules say lower" in one]
    then = later(office, 2)
    takes(then, "diltiazem", "2026-11-23")
    answer = may_supply(then, then.store.open(CASE))
    assert answer.may, "the signed dose stays until a prescriber has signed"
    (told,) = [one for one in answer.warnings if one.startswith("The rules say lower: ")]
    assert "diltiazem" in told
    signed(then, HOLD)
    assert not [one for one in may_supply(then, then.store.open(CASE)).warnings if "The rules say lower" in one]
