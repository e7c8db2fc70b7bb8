"""Guesses grow slow for whoever guesses, and never lock out the true clinician."""

import itertools
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.test_doors import sign_in
from tests.web.visitors import browser
from titrant.terms.canonical import sha256_of

BEGUN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "a long synthetic password"
ALLOWED = 20  # evaluated guesses at one account in an hour


def evaluated(guess: Any, every_s: float, tries: int = 5_000) -> list[datetime]:
    """When the guesses of fifty addresses at one account are looked at."""
    when = (BEGUN + timedelta(seconds=index * every_s) for index in range(tries))
    return [now for index, now in enumerate(when) if guess(index, now)]


def most_in_an_hour(looked: list[datetime]) -> int:
    return max((sum(one <= other < one + timedelta(hours=1) for other in looked) for one in looked), default=0)


def in_database(account: str) -> Any:
    from titrant.storage.throttle import Limit, wait_for

    def guess(index: int, now: datetime) -> bool:
        limits = [Limit(f"account:{account}"), Limit(f"network:{account}{index % 50}", 30)]
        return wait_for(limits, now) == timedelta(0)

    return guess


_LONG = pytest.mark.release


@pytest.mark.parametrize("every_s", [pytest.param(1 / 50, marks=_LONG), 0.72, pytest.param(10.0, marks=_LONG)])
def test_of_five_thousand_guesses_at_most_twenty_an_hour_are_looked_at(every_s) -> None:
    tries = 5_000 if every_s < 1 else 1_000
    looked = evaluated(in_database(sha256_of(str(every_s))[:20]), every_s, tries)
    assert 1 <= most_in_an_hour(looked) <= ALLOWED


def test_a_count_that_each_worker_keeps_for_itself_is_found() -> None:
    """The planted fault: two workers, each with a memory of its own."""
    from titrant.storage.throttle import delay

    workers: list[list[datetime]] = [[], []]

    def guess(index: int, now: datetime) -> bool:
        seen = workers[index % 2]
        if seen and now - seen[-1] < delay(len(seen), 5):
            return False
        seen.append(now)
        return True

    assert most_in_an_hour(evaluated(guess, 0.72)) > ALLOWED


def test_of_thirty_guesses_at_once_five_are_looked_at() -> None:
    """A try is counted before it is looked at; counted after, all thirty would be."""
    guess, now = in_database(sha256_of("at once")[:20]), BEGUN

    def try_once(index: int) -> bool:
        from django.db import connection

        try:
            return bool(guess(index, now))
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(try_once, range(30))) == 5


def test_the_wait_grows_and_ends() -> None:
    from titrant.storage.throttle import delay

    waits = [delay(failed, 5) for failed in range(60)]
    assert waits == sorted(waits)
    assert waits[4] == timedelta(0)
    assert waits[-1] == timedelta(minutes=6)


def test_the_same_at_the_door(staff) -> None:
    """Wrong passwords from many addresses: five are looked at, then even the right one waits, in words."""
    person = _person(staff)
    answers = [sign_in(browser(), person, f"wrong {i}", REMOTE_ADDR=f"198.51.100.{i}") for i in range(12)]
    assert _failed(person) == 5
    assert {one.status_code for one in answers} == {200}
    late = sign_in(browser(), person, PASSWORD, REMOTE_ADDR="203.0.113.9")
    assert b"Too many wrong tries" in late.content
    assert b"A passkey works at once" in late.content


def test_a_colleague_at_the_same_address_still_gets_in(staff) -> None:
    guessed, colleague = _person(staff), _person(staff)
    for i in range(8):
        sign_in(browser(), guessed, f"wrong {i}")
    assert sign_in(browser(), colleague).status_code == 302


def test_known_and_unknown_look_alike_and_cost_the_same(staff, monkeypatch) -> None:
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashed: list[int] = []
    verify, encode = Argon2PasswordHasher.verify, Argon2PasswordHasher.encode
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append(1) or verify(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args, **more: hashed.append(1) or encode(*args, **more))
    person, disabled, costs, texts = _person(staff), _person(staff), [], []
    hashed.clear()
    disabled.is_active = False
    disabled.save()
    nobody = type(person)(email="nobody@clinic.invalid")
    for one, password in ((person, "wrong"), (nobody, "wrong"), (disabled, "wrong"), (disabled, PASSWORD)):
        texts.append(sign_in(browser(), one, password).content.decode().replace(one.email, ""))
        costs.append(len(hashed))
        hashed.clear()
    assert costs == [1, 1, 1, 1]
    assert len({_without_tokens(text) for text in texts}) == 1


@pytest.fixture
def clinics_hash() -> Iterator[None]:
    from django.test import override_settings

    from tests.web.hashing import AS_IN_THE_CLINIC

    with override_settings(PASSWORD_HASHERS=AS_IN_THE_CLINIC):
        yield


@pytest.mark.release
def test_known_and_unknown_take_the_same_time(staff, clinics_hash) -> None:
    """Medians of interleaved tries within a tenth (T35); in this thread alone, which neighbours do not disturb."""
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    for index in range(40):
        person = _person(staff)
        nobody = type(person)(email=f"nobody{index}@clinic.invalid")
        pair = (("known", person), ("unknown", nobody))
        for name, one in pair if index % 2 else pair[::-1]:
            begun = time.thread_time()
            sign_in(browser(), one, "wrong", REMOTE_ADDR=f"198.51.100.{index}")
            took[name].append(time.thread_time() - begun)
    known, unknown = (statistics.median(values[5:]) for values in took.values())
    assert abs(known - unknown) <= 0.1 * max(known, unknown)


def test_codes_of_the_app_are_slowed_as_well(staff) -> None:
    from tests.web.test_reauth import with_app

    person, client = _person(staff), browser()
    with_app(person)
    sign_in(client, person)
    answers = [client.post("/account/2fa/authenticate/", {"code": f"{i:06}"}) for i in range(7)]
    assert b"Too many wrong tries" in answers[-1].content
    assert client.get("/").status_code == 302


def test_a_recovery_code_lets_in_once(staff) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    from tests.web.test_reauth import with_app

    person = _person(staff)
    with_app(person)
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    for expected in (302, 200):
        client = browser()
        sign_in(client, person)
        assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == expected


def test_what_was_typed_wrongly_is_kept_nowhere(staff) -> None:
    from titrant.storage.models import Fact, Throttle

    typed = "my-password-in-the-wrong-box@clinic.invalid"
    browser().post("/account/login/", {"login": typed, "password": "wrong"})
    kept = itertools.chain(Fact.objects.values_list("body", flat=True), Throttle.objects.values_list("key", flat=True))
    assert not [one for one in kept if "my-password" in one]


def _person(staff: Any) -> Any:
    one = staff("nurse")
    one.set_password(PASSWORD)
    one.save()
    return one


def _failed(person: Any) -> int:
    from titrant.storage.models import Fact

    return Fact.objects.filter(kind="sign_in_failed", body__contains=str(person.pk)).count()


def _without_tokens(text: str) -> str:
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"|value=""', "", text)
