"""What overtakes what: on the phone, at the pharmacist's and in the rules it is one and the same dose on each day."""

from datetime import timedelta

import pytest

from tests.signing.conftest import DOCTOR, NOW, NURSE, office_with
from titrant.clinic.acts import signing
from titrant.clinic.acts.signing import Chosen, sign
from titrant.clinic.office import Office
from titrant.clinic.pharmacy import may_supply
from titrant.clinic.phone_day import phone_state
from titrant.record.events import Actor, Draft, Kind, Role

PHARMACIST = Actor("ph1", "Pharmacist Example (synthetic)", Role.PHARMACIST)
HOLD, LOWER = Chosen(action="hold", reason="examined"), Chosen(action="lower", reason="effects")


def later(office: Office, days: int) -> Office:
    return office_with(office.store, NOW + timedelta(days=days))


def signed(office: Office, case: str, chosen: Chosen = Chosen()):  # noqa: B008
    made = signing.offer(office, office.store.open(case), chosen)
    assert made.may_be_signed, [one.code for one in made.refused]
    sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return made


def shown(office: Office, case: str) -> dict[str, str]:
    """Milligrams of each dose that the phone shows for each day from today on; none on a day without one."""
    days = phone_state(office, case)["days"]
    return {day: one["mg"] if one else "none" for day, one in days.items() if office.today.isoformat() <= day}


@pytest.fixture
def held(office, followed) -> str:
    """A signature of today that keeps the dose from tomorrow on."""
    signed(office, followed, HOLD)
    return followed


def test_a_lower_dose_overtakes_the_raise_that_was_signed_before_it(office, followed) -> None:
    assert signed(office, followed).action == "raise"
    lowered = signed(office, followed, LOWER)
    assert lowered.starts == "2026-11-21"
    for days in (0, 1, 3):
        assert set(shown(later(office, days), followed).values()) == {lowered.content["regimen"]["dose_mg"]}


def test_no_dose_is_shown_or_supplied_for_the_day_on_which_a_suspension_is_lifted(office, held) -> None:
    signing.suspend(later(office, 2), held, "very drowsy", NURSE)
    then = later(office, 4)
    made = signed(then, held, LOWER)
    assert made.starts == "2026-11-26"
    assert shown(then, held)["2026-11-25"] == "none"
    assert shown(then, held)["2026-11-26"] == made.content["regimen"]["dose_mg"]
    answer = may_supply(then, then.store.open(held))
    assert [one.day.isoformat() for one in answer.days][:1] == ["2026-11-26"]


def test_a_raise_that_never_began_is_no_dose_that_stays(office, followed) -> None:
    before = office.store.open(followed).tree["given"]["course"]["levels"][-1]["dose"]
    assert signed(office, followed).action == "raise"
    signing.suspend(office, followed, "very drowsy", NURSE)
    then = later(office, 6)
    stays = signed(then, followed, HOLD)
    assert f"{stays.content['regimen']['dose_mg']} mg" == before
    levels = then.store.open(followed).tree["given"]["course"]["levels"]
    assert [one["dose"] for one in levels[-2:]] == [before, before], "the raise that never began is no level"


def test_what_a_suspended_patient_kept_is_still_in_the_house(office, held) -> None:
    then = later(office, 1)
    pieces = may_supply(then, then.store.open(held)).most
    assert pieces > 0
    lines = [{"on": "2026-11-22", "pieces": str(pieces)}]
    body = {"on": "2026-11-22", "add": {"course.supplies": lines}, "plan": then.store.summary(held).plan}
    before = may_supply(then, then.store.open(held)).house
    then.store.append(held, [Draft(Kind.SUPPLIED, body, PHARMACIST, then.now())], expected=None)
    signing.suspend(then, held, "very drowsy", NURSE)
    back = later(office, 8)
    signed(back, held, HOLD)
    assert may_supply(back, back.store.open(held)).house == pieces + (before or 0)


def test_after_five_weeks_without_a_dose_nothing_but_a_new_start_is_signed(office, held) -> None:
    signing.suspend(later(office, 1), held, "very drowsy", NURSE)
    then = later(office, 35)
    for chosen in (HOLD, LOWER):
        made = signing.offer(then, then.store.open(held), chosen)
        assert [one.code for one in made.refused] == ["gap_is_a_new_start"]
