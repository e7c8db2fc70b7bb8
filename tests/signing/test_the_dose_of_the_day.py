"""One dose for each day: on the container, on the pages, on the card, and where an entry is held against it."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.documents.making import text_of
from tests.signing.conftest import DOCTOR, NOW, NURSE, office_with, opened
from titrant.clinic.acts import signing, starting
from titrant.clinic.acts import supply as acts
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.signing import Chosen, sign
from titrant.clinic.dose_now import dose_now
from titrant.clinic.labelling import directions, labels
from titrant.clinic.office import Office
from titrant.clinic.pharmacy import may_supply
from titrant.clinic.phone_day import signed_steps
from titrant.documents.card import wallet_card
from titrant.documents.label import newest_label
from titrant.documents.paper import Asked, desk_for
from titrant.documents.plan_in_hand import signed_plan
from titrant.record.events import Actor, Kind, Role
from titrant.record.seal import Broken
from titrant.record.steps import Step, recent, stretches
from titrant.record.summary import Summary
from titrant.terms.errors import NotNow

PHARMACIST = Actor("ph1", "Pharmacist Example (synthetic)", Role.PHARMACIST)
PATIENT = Actor("phone-1", "patient", Role.PATIENT)
TAPER = Chosen(action="taper", reason="ended")
HOLD = Chosen(action="hold", reason="examined")
OFTEN = "three times a day, every day"


def on_day(office: Office, days: int, hour: int = 10) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def signed(office: Office, case: str, chosen: Chosen = Chosen()) -> Any:  # noqa: B008
    made = signing.offer(office, office.store.open(case), chosen)
    assert made.may_be_signed, [one.code for one in made.refused]
    sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return made


def give(office: Office, case: str, quantity: str = "") -> None:
    answer = may_supply(office, office.store.open(case))
    assert answer.may, answer.refused
    assert answer.supply is not None
    one = answer.supply
    handed = acts.Handed(
        family=one.product.id, strength=str(one.strength), content=one.content.value, lot="A1",
        beyond_use="2027-06-30", quantity=quantity or str(answer.most), told=True, from_stock=False,
    )  # fmt: skip
    acts.supply(office, case, handed, PHARMACIST, expected=office.store.summary(case).version)


def line(office: Office, case: str) -> str:
    """How it is taken, by the label line of the newest supply."""
    record = office.store.open(case)
    return directions(labels(office, record)[record.of(Kind.SUPPLIED)[-1].number])


def desk(office: Office, case: str) -> Any:
    record = office.store.open(case)
    return desk_for(office, record, signed_plan(office, record), Asked(), staff=True)


def printed(office: Office, case: str, paper: Any = newest_label) -> str:
    return " ".join(text_of(paper(desk(office, case))).split())


def header(office: Office, case: str) -> str:
    return dose_now(office.store.summary(case), office.today).line


def told(office: Office, case: str, day: date, *milligrams: int, **more: Any) -> list[str]:
    """The tasks that an entry of so many doses opens."""
    tree = {
        "day": day.isoformat(), "entered": office.now().isoformat(),
        "doses": [{"what": "taken", "dose": f"{mg} mg"} for mg in milligrams], **more,
    }  # fmt: skip
    keep_entry(office, case, tree, f"entry-{day}-{len(milligrams)}", PATIENT, received_at=office.now())
    return sorted(one.code for one in office.store.summary(case).tasks.values())


@pytest.fixture
def tapered(office: Office) -> str:
    """15 mg from 21 November, 10 mg from the 24th, 5 mg from the 27th, the last dose on the 29th."""
    case = opened(office, "following-stable-and-good")
    signed(office, case, TAPER)
    return case


@pytest.fixture
def raised(office: Office, followed: str) -> str:
    """20 mg was taken before the first signature here, which is 30 mg from tomorrow."""
    assert signed(office, followed).content["regimen"]["dose_mg"] == "30"
    return followed


# The container


def test_a_bottle_of_the_second_step_of_a_taper_says_the_second_step_and_its_last_day(office, tapered) -> None:
    give(office, tapered, "14")
    assert line(office, tapered) == f"until 2026-11-23: 15 mg = 1.5 mL, {OFTEN}"
    then = on_day(office, 3)
    give(then, tapered)
    last = f"from 2026-11-27 until 2026-11-29: 5 mg = 0.5 mL, {OFTEN}"
    assert line(then, tapered) == f"until 2026-11-26: 10 mg = 1 mL, {OFTEN}; {last}"
    text = printed(then, tapered)
    assert f"Until Thu 26 Nov 2026: 10 mg = 1 mL, {OFTEN}." in text
    assert f"From Fri 27 Nov 2026 until Sun 29 Nov 2026: 5 mg = 0.5 mL, {OFTEN}." in text
    assert "15 mg" not in text


def test_a_bottle_for_a_raise_of_tomorrow_says_from_tomorrow(office, raised) -> None:
    give(office, raised)
    assert line(office, raised) == f"from 2026-11-22: 30 mg = 3 mL, {OFTEN}"
    assert f"From Sun 22 Nov 2026: 30 mg = 3 mL, {OFTEN}." in printed(office, raised)


def test_what_does_not_fit_on_a_label_names_the_plan_sheet_and_never_a_wrong_dose(office, tapered) -> None:
    """Five steps with long words do not fit: the first dose with its last day, and where the others stand."""
    from msgspec import structs

    from titrant.clinic.labelling import Part
    from titrant.documents.label import label_sheet, newest_supply
    from titrant.documents.paper import put

    give(office, tapered)
    here = desk(office, tapered)
    found = newest_supply(here)
    many = [Part(date(2026, 11, 21 + k), date(2026, 11, 21 + k), found.parts[0].regimen) for k in range(7)]
    parts = (structs.replace(found.parts[0], last=date(2026, 11, 23)), *many)
    data = label_sheet(here, structs.replace(found, parts=parts))
    text = " ".join(text_of(put(here, "label", data)).split())
    assert f"Until Mon 23 Nov 2026: 15 mg = 1.5 mL, {OFTEN}." in text
    assert "Then as on the plan sheet of Sat 21 Nov 2026." in text
    assert text.count(" mg = ") == 1


def test_another_strength_signed_later_is_never_printed_on_the_bottle_that_was_handed_out(office, newcomer) -> None:
    version = office.store.summary(newcomer).version
    starting.choose(office, newcomer, DOCTOR, expected=version, product="oral-solution-50|50 mg/mL|base")
    signed(office, newcomer)
    give(office, newcomer)
    assert "Oral solution 50 mg/mL" in printed(office, newcomer)
    then = on_day(office, 1)
    version = then.store.summary(newcomer).version
    starting.choose(then, newcomer, NURSE, expected=version, product="oral-solution-10|10 mg/mL|base")
    signed(then, newcomer, HOLD)
    for days in (1, 2, 30):
        later = on_day(office, days)
        assert line(later, newcomer) == f"10 mg = 0.2 mL, {OFTEN}", "the old line stays as it was supplied"
        with pytest.raises(NotNow, match="plan has changed since this was supplied on 2026-11-21"):
            printed(later, newcomer)
    acts.count(on_day(office, 2), newcomer, "0", PHARMACIST)  # nothing is left of the bottle of before
    give(on_day(office, 2), newcomer)
    assert "Oral solution 10 mg/mL" in printed(on_day(office, 2), newcomer)


def test_a_signature_that_keeps_dose_and_product_leaves_the_label_as_it_was(office, newcomer) -> None:
    signed(office, newcomer)
    give(office, newcomer)
    before = printed(office, newcomer)
    signed(on_day(office, 1), newcomer, HOLD)
    assert printed(on_day(office, 1), newcomer) == before


def test_a_label_says_what_was_truly_handed_out_and_none_is_printed_for_what_was_not(office, newcomer) -> None:
    signed(office, newcomer)
    give(office, newcomer)
    number = office.store.open(newcomer).of(Kind.SUPPLIED)[-1].number
    acts.correct_supply(office, newcomer, number, "18", "a bottle of 18 mL", PHARMACIST)
    assert "18 mL" in printed(office, newcomer)
    acts.correct_supply(office, newcomer, number, "0", "not collected", PHARMACIST)
    with pytest.raises(NotNow, match="was not handed out"):
        printed(office, newcomer)


def test_a_label_of_a_signature_that_was_changed_is_refused(office, tapered) -> None:
    give(office, tapered)
    signed(on_day(office, 1), tapered, HOLD)
    event = office.store.open(tapered).of(Kind.SIGNED)[0]
    event.body["content"]["regimen"]["dose_mg"] = "50"
    with pytest.raises((Broken, NotNow)):
        printed(on_day(office, 1), tapered)


# The pages and the card


def test_the_header_says_the_step_of_the_day(office, tapered) -> None:
    assert header(office, tapered) == f"15 mg = 1.5 mL, {OFTEN}; from 2026-11-24: 10 mg = 1 mL, {OFTEN}"
    assert header(on_day(office, 3), tapered) == f"10 mg = 1 mL, {OFTEN}; from 2026-11-27: 5 mg = 0.5 mL, {OFTEN}"
    assert header(on_day(office, 7), tapered) == f"5 mg = 0.5 mL, {OFTEN}"
    assert header(on_day(office, 9), tapered) == "none, the last day of the plan was 2026-11-29"


def test_until_a_raise_begins_the_header_says_what_holds_today(office, raised) -> None:
    assert header(office, raised) == f"20 mg = 2 mL, {OFTEN}; from 2026-11-22: 30 mg = 3 mL, {OFTEN}"
    signing.suspend(office, raised, "drowsy", NURSE)
    assert header(office, raised) == "none, while suspended"


def test_the_card_says_the_step_of_the_day_and_what_follows(office, tapered) -> None:
    text = printed(on_day(office, 3), tapered, wallet_card)
    assert "10 mg = 1 mL Three times a day, every day. From Tue 24 Nov 2026. Until Thu 26 Nov 2026." in text
    assert f"From Fri 27 Nov 2026: 5 mg = 0.5 mL, {OFTEN}." in text
    assert "15 mg" not in text
    assert "5 mg = 0.5 mL Three times a day" in printed(on_day(office, 7), tapered, wallet_card)


def test_the_card_of_a_raise_for_tomorrow_says_from_when(office, raised) -> None:
    assert "30 mg = 3 mL Three times a day, every day. From Sun 22 Nov 2026." in printed(office, raised, wallet_card)


# The door


def test_the_dose_of_the_first_step_on_the_last_step_of_a_taper_is_more_than_signed(office, tapered) -> None:
    then = on_day(office, 7, hour=20)
    assert told(then, tapered, then.today, 5, 5, 5) == []
    assert told(then, tapered, then.today, 15, 15) == ["dose_extra"]


def test_an_entry_of_yesterday_is_held_against_what_was_signed_for_yesterday(office, tapered) -> None:
    then = on_day(office, 3)
    assert told(then, tapered, date(2026, 11, 23), 15, 15, 15) == []
    assert told(then, tapered, then.today, 15) == ["dose_extra"]


def test_a_raise_that_is_taken_a_day_early_is_told(office, raised) -> None:
    then = on_day(office, 0, hour=20)
    assert told(then, raised, then.today, 20, 20, 20) == []
    assert told(then, raised, then.today, 30, 30) == ["dose_extra"]


def test_a_dose_after_the_last_day_of_a_taper_is_a_dose_beside_the_plan(office, tapered) -> None:
    assert told(on_day(office, 9, hour=20), tapered, date(2026, 11, 30), 5) == ["dose_unplanned"]


def test_a_dose_after_a_stop_is_told_and_one_of_the_day_before_is_not(office, newcomer) -> None:
    signed(office, newcomer)
    then = on_day(office, 2, hour=20)
    version = then.store.summary(newcomer).version
    signing.stop(then, newcomer, DOCTOR, expected=version, reason="ended")
    assert told(then, newcomer, date(2026, 11, 22), 10, 10, 10) == []
    assert told(then, newcomer, then.today, 10) == ["dose_unplanned"]


# One reading, also of rows that were written before the steps were kept


def test_the_summary_reads_the_signatures_as_the_phone_does(office, newcomer) -> None:
    signed(office, newcomer)
    signed(on_day(office, 1), newcomer, HOLD)
    signing.suspend(on_day(office, 2), newcomer, "drowsy", NURSE)
    signed(on_day(office, 3), newcomer, HOLD)
    here = on_day(office, 3)
    record = here.store.open(newcomer)
    assert record.summary.signed_steps == signed_steps(here, record)
    assert here.store.summary(newcomer).signed_steps == record.summary.signed_steps


def test_days_of_a_plan_that_was_suspended_on_its_first_day_are_days_without_a_dose(office, newcomer) -> None:
    signed(office, newcomer)
    signing.suspend(on_day(office, 0, hour=12), newcomer, "drowsy", NURSE)
    assert office.store.summary(newcomer).signed_steps == ()
    signed(on_day(office, 5), newcomer, HOLD)
    here = on_day(office, 6)
    record = here.store.open(newcomer)
    assert record.summary.signed_steps == signed_steps(here, record)
    assert here.store.summary(newcomer).signed_steps == signed_steps(here, record)
    assert told(here, newcomer, date(2026, 11, 23), 10) == ["dose_unplanned"]


def test_a_row_of_before_is_read_by_its_plan_and_folded_anew_it_has_the_steps(office, tapered) -> None:
    import msgspec

    kept = msgspec.to_builtins(office.store.summary(tapered))
    del kept["steps"]
    old = msgspec.convert(kept, Summary)
    first = old.step_on(date(2026, 11, 22))
    assert first is not None
    assert first.regimen["dose_mg"] == "15"
    assert old.step_on(date(2026, 11, 30)) is None
    anew = [one.regimen["dose_mg"] for one in office.store.open(tapered).summary.signed_steps]
    assert anew == ["20", "15", "10", "5"], "what was taken before it here, and every step of the taper"


def test_steps_that_are_long_past_are_not_carried_beside_the_record() -> None:
    first = date(2026, 1, 1)
    steps = tuple(Step(first + timedelta(days=30 * k), None, {"dose_mg": str(k)}) for k in range(40))
    kept = recent(steps)
    assert kept[-1] is steps[-1]
    assert 12 <= len(kept) <= 14


def test_days_on_one_dose_are_one_stretch_however_often_they_were_signed() -> None:
    day = date(2026, 11, 21)
    ten, five = {"dose_mg": "10", "supply_days": "7"}, {"dose_mg": "5"}
    steps = (
        Step(day, day + timedelta(days=2), ten),
        Step(day + timedelta(days=2), day + timedelta(days=4), ten | {"supply_days": "28"}),
        Step(day + timedelta(days=5), day + timedelta(days=9), five),
    )  # fmt: skip
    found = [(one.first.day, one.last and one.last.day, one.step.regimen["dose_mg"]) for one in stretches(steps, day)]
    assert found == [(21, 24, "10"), (26, 29, "5")]
