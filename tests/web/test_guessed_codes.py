"""Whoever guesses codes of phones gets nowhere, and no guesser shuts a patient out."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from tests.clinic.signing_by_hand import NURSE
from tests.web.conftest import new_case
from titrant.clinic.acts.enrolling import CODE_LENGTH, GOOD_FOR, LETTERS, invite
from titrant.record.events import instant_text

WRONG = {"code": "ABCD 2345"}


@pytest.fixture(autouse=True)
def nobody_guessed(office):
    from titrant.storage.models import Throttle

    Throttle.objects.all().delete()
    yield
    Throttle.objects.all().delete()


def guess(address: str) -> int:
    return Client(REMOTE_ADDR=address).post("/p/code/", WRONG).status_code


def let_in(office, address: str) -> bool:
    from titrant.storage.devices import Devices

    made = invite(office, Devices(), new_case(office.store), NURSE)
    return Client(REMOTE_ADDR=address).post("/p/code/", {"code": made.code}).status_code == 302


def under_attack() -> None:
    """Many wrong codes from many networks within this hour."""
    from titrant.storage.models import Throttle

    for hour in (datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)):  # the test may run over the hour
        Throttle.objects.create(key=f"code:* {hour:%Y-%m-%d %H}", window=instant_text(datetime.now(UTC)), tries=5_000)


def test_two_hundred_wrong_codes_from_elsewhere_shut_no_patient_out(office) -> None:
    for number in range(210):
        guess(f"198.{18 + number // 250}.{number % 250}.7")
    assert let_in(office, "203.0.113.9"), "the right code is refused to everybody"


def test_while_many_guess_a_wrong_code_costs_a_wait_and_the_right_one_is_taken_at_once(office) -> None:
    under_attack()
    assert guess("203.0.113.9") == 404
    assert guess("203.0.113.9") == 429
    assert let_in(office, "203.0.114.9")


@pytest.mark.parametrize("addresses", [
    [f"192.0.2.{number}" for number in range(1, 60)], [f"2001:db8:7:{number:x}::1" for number in range(60)],
])  # fmt: skip
def test_who_changes_to_a_neighbouring_address_is_still_slowed(office, addresses) -> None:
    answers = [guess(address) for address in addresses]
    assert answers[:30] == [404] * 30
    assert set(answers[30:]) == {429}


def test_a_right_code_gives_the_tries_of_its_network_back(office) -> None:
    from titrant.storage.models import Throttle

    assert guess("192.0.2.5") == 404
    assert let_in(office, "192.0.2.5")
    assert not Throttle.objects.filter(key="code:192.0.2.5").exists()
    assert Throttle.objects.get(key="code:around:192.0.2.0/24").tries == 1
    assert sum(Throttle.objects.filter(key__startswith="code:* ").values_list("tries", flat=True)) == 1


def test_the_arithmetic_of_guessing_holds() -> None:
    """As the comment beside the limits says it: tries of an address, and of a network, in the life of a code."""
    from titrant.storage.throttle import delay
    from titrant.web.phone import joining

    def tries(free: int) -> int:
        spent, done = timedelta(0), 0
        while spent <= GOOD_FOR:
            done += 1
            spent += delay(done, free)
        return done

    codes = len(LETTERS) ** CODE_LENGTH
    assert math.isclose(codes, 8.5e11, rel_tol=0.01)
    assert 240 <= tries(joining._FREE) <= 250
    assert 265 <= tries(joining._FREE_AROUND) <= 275
    assert 10_000 * tries(joining._FREE_AROUND) * 100 / codes <= 1 / 3_000
    assert 1_000_000 * joining._FREE_WHILE_MANY * 100 / codes <= 1 / 8_500
