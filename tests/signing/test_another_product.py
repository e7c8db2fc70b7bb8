"""Another product in a running course: prepared by anybody who cares, in force by a prescriber's signature alone."""

from datetime import timedelta
from typing import Any

import pytest

from tests.signing.conftest import DOCTOR, NOW, NURSE, office_with, opened
from titrant.clinic.acts import signing, starting
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.signing import Chosen
from titrant.clinic.following import adjust_at, review_at
from titrant.clinic.office import Office, case_in
from titrant.pathway.review import Review
from titrant.record.events import Actor, Role

PHONE = Actor("dev1", "Patient", Role.PATIENT)
CAPSULE = "capsule|10 mg|base"
HOLD = Chosen(action="hold", reason="supply")


def at(office: Office, days: int, hour: int = 10) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def sign(office: Office, case: str, chosen: Chosen = Chosen()) -> signing.Offer:  # noqa: B008
    made = signing.offer(office, office.store.open(case), chosen)
    signing.sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return made


def choose(office: Office, case: str, product: str) -> Any:
    return starting.choose(office, case, NURSE, expected=office.store.summary(case).version, product=product)


def took(office: Office, case: str, pieces: str) -> None:
    entry = {
        "day": office.today.isoformat(), "entered": office.now().isoformat(), "pain": {"average": 5}, "effects": {},
        "doses": [{"what": "taken", "at": "08:00", "pieces": pieces}],
    }  # fmt: skip
    keep_entry(office, case, entry, f"entry-{office.now():%d%H}", PHONE, received_at=office.now())


def read(office: Office, case: str) -> Review:
    return review_at(office.desk, case_in(office.store.open(case), office.today))


@pytest.fixture
def on_drops() -> tuple[Office, str]:
    """10 mg are 0.2 mL of a solution of 50 mg/mL, and the patient took 0.8 mL of it at once."""
    office = office_with()
    case = opened(office)
    choose(office, case, "oral-solution-50|50 mg/mL|base")
    sign(office, case)
    took(at(office, 1, 20), case, "0.8")
    return office, case


def codes(office: Office, case: str) -> set[str]:
    return {one.code for one in adjust_at(office.desk, case_in(office.store.open(case), office.today)).reasons}


def test_a_product_that_a_nurse_prepares_takes_no_extra_dose_away(on_drops) -> None:
    office, case = on_drops
    evening = at(office, 1, 21)
    assert choose(evening, case, CAPSULE).summary is not None
    assert "hold_took_extra" in codes(evening, case)
    assert read(evening, case).extra == (evening.today,)
    assert case_in(office.store.open(case)).product.family == "oral-solution-50"


def test_what_is_signed_next_is_in_the_prepared_product_and_says_so(on_drops) -> None:
    office, case = on_drops
    evening = at(office, 1, 21)
    choose(evening, case, CAPSULE)
    made = sign(evening, case, HOLD)
    assert "Another product than before, which was Oral solution 50 mg/mL." in made.text
    assert made.dose_text.startswith("10 mg = 1 capsule")
    tree = office.store.open(case).tree
    assert tree["product"]["family"] == "capsule"
    assert "next_product" not in tree
    assert [one["made_of"]["family"] for one in tree["given"]["course"]["levels"]] == ["oral-solution-50", "capsule"]


def test_pieces_of_a_day_are_those_of_the_product_that_was_signed_for_it(on_drops) -> None:
    """0.8 mL of the solution are 40 mg, whatever is swallowed since."""
    office, case = on_drops
    evening = at(office, 1, 21)
    choose(evening, case, CAPSULE)
    sign(evening, case, HOLD)
    took(at(office, 2, 20), case, "1")
    took(at(office, 3, 20), case, "4")
    later = at(office, 3, 21)
    assert read(later, case).extra == (evening.today, later.today)


def test_the_same_dose_of_another_product_is_no_new_level(on_drops) -> None:
    office, case = on_drops
    choose(at(office, 1), case, CAPSULE)
    sign(at(office, 1), case, HOLD)
    found = read(at(office, 3), case)
    assert found.regimen_since == found.levels[0].since
    assert found.steps == ()


def test_a_product_that_cannot_give_the_signed_dose_is_not_prepared(on_drops) -> None:
    office, case = on_drops
    before = office.store.summary(case).version
    for product in ("capsule|20 mg|base", "capsule|7 mg|base", "troche-quarters|20 mg|base", "nothing|1 mg|"):
        assert choose(office, case, product).faults[""], product
    assert office.store.summary(case).version == before


def test_choosing_the_signed_product_again_takes_the_preparation_back(on_drops) -> None:
    office, case = on_drops
    choose(office, case, CAPSULE)
    choose(office, case, "oral-solution-50|50 mg/mL|base")
    assert "next_product" not in office.store.open(case).tree
    assert "Another product" not in signing.offer(office, office.store.open(case), HOLD).text
