"""To sign, a clinician says once more who they are; guesses grow slow, and a code works once."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PASSWORD = "a long synthetic password"


@pytest.fixture
def prescriber(staff) -> Any:
    one = staff("prescriber")
    one.set_password(PASSWORD)
    one.save()
    return one


def posted(person: Any, **fields: str) -> Any:
    """A form as it arrives, from somebody signed in."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().post("/", fields)
    request.user, request.session = person, SessionStore()
    request.session.save()
    return request


def with_app(person: Any) -> str:
    """Give ``person`` an authenticator app. Its secret."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def test_the_right_password_confirms_and_the_session_gets_a_new_name(prescriber) -> None:
    from titrant.web.reauth import confirmed

    request = posted(prescriber, password=PASSWORD)
    before = request.session.session_key
    assert confirmed(request)
    assert request.session.session_key != before


def test_a_wrong_password_and_none_at_all_do_not(prescriber) -> None:
    from titrant.web.reauth import confirmed, why_not

    request = posted(prescriber, password="something else")
    assert not confirmed(request)
    assert "not right" in why_not(request)
    assert not confirmed(posted(prescriber))


def test_a_code_confirms_once(prescriber) -> None:
    from titrant.web.reauth import confirmed
    from titrant.web.second_factor import code_at

    code = code_at(with_app(prescriber), int(time.time()) // 30)
    assert confirmed(posted(prescriber, code=code))
    assert not confirmed(posted(prescriber, code=code))


def test_a_code_of_yesterday_is_none(prescriber) -> None:
    from titrant.web.second_factor import code_at, use_code

    secret, now = with_app(prescriber), datetime.now(UTC)
    assert not use_code(prescriber, code_at(secret, int(now.timestamp()) // 30 - 2880), now)
    assert use_code(prescriber, code_at(secret, int(now.timestamp()) // 30 - 1), now)


def test_after_five_wrong_tries_even_the_right_password_waits(prescriber) -> None:
    from titrant.web.reauth import confirmed, why_not

    assert not any(confirmed(posted(prescriber, password=f"wrong {i}")) for i in range(5))
    request = posted(prescriber, password=PASSWORD)
    assert not confirmed(request)
    assert "Wait" in why_not(request)


def test_a_passkey_just_used_confirms_one_act_while_password_tries_wait(prescriber) -> None:
    from titrant.web.reauth import confirmed

    for i in range(6):
        confirmed(posted(prescriber, password=f"wrong {i}"))
    request = posted(prescriber)
    _used_passkey(request, time.time() - 10)
    assert confirmed(request)
    assert not confirmed(request)


def test_a_passkey_used_ten_minutes_ago_does_not(prescriber) -> None:
    from titrant.web.reauth import confirmed

    request = posted(prescriber)
    _used_passkey(request, time.time() - timedelta(minutes=10).total_seconds())
    assert not confirmed(request)


def _used_passkey(request: Any, at: float) -> None:
    from allauth.account.internal.flows import login

    record = {"method": "mfa", "type": "webauthn", "reauthenticated": True, "at": at}
    request.session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [record]
    request.session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = login.user_id_to_str(request.user)


@pytest.mark.parametrize("has_one", [True, False])
def test_who_has_a_passkey_is_offered_to_confirm_by_it(staff, has_one) -> None:
    from allauth.mfa.models import Authenticator
    from django.template import Context, Template
    from django.test import RequestFactory

    one = staff("prescriber")
    if has_one:
        Authenticator.objects.create(user=one, type=Authenticator.Type.WEBAUTHN, data={"name": "key (synthetic)"})
    request = RequestFactory().get("/patients/x/sign/?action=raise")
    request.user = one
    shown = Template("{% passkey_instead %}").render(Context({"request": request}))
    assert ("next=/patients/x/sign/%3Faction%3Draise" in shown) is has_one
