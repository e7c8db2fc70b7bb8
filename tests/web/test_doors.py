"""Sessions, forms, headers and cookies of every address; and nothing of a patient in what the program leaves behind."""

import io
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.test_authorisation import declared, knocked
from tests.web.visitors import CANARY, address_of, browser, come_back, everybody

PASSWORD = "a long synthetic password"


@pytest.fixture
def person(staff) -> Any:
    one = staff("nurse")
    one.set_password(PASSWORD)
    one.save()
    return one


def sign_in(client: Any, person: Any, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/account/login/", {"login": person.email, "password": password}, **more)


# Forms (T16)


def writing() -> list[Any]:
    from titrant.web.policy import LIBRARY_ROUTES, ROUTES

    return [
        (route, method)
        for route in (*ROUTES, *LIBRARY_ROUTES)
        for method in route.methods
        if method not in ("GET", "HEAD")
    ]


def refused_forms(store: Any, staff: Any) -> list[str]:
    """What took a form without this clinic's token, or from another place."""
    case, visitors = everybody(store, staff)
    taken = []
    for route, method in writing():
        visitor = next(one for one in visitors if declared(route, one, method))
        address = address_of(route, case, str(staff("nurse", ()).pk) if "<uuid:staff>" in route.path else "")
        visitor.client.handler.enforce_csrf_checks = True
        token = "a" * 32
        visitor.client.cookies["csrf"] = token
        answers = {
            "without a token": _sent(visitor, method, address),
            "from another place": _sent(
                visitor, method, address, HTTP_ORIGIN="https://elsewhere.invalid", HTTP_X_CSRFTOKEN=token
            ),
            "from a page that hides where it is": _sent(
                visitor, method, address, HTTP_ORIGIN="null", HTTP_X_CSRFTOKEN=token
            ),
            "across sites": _sent(visitor, method, address, HTTP_SEC_FETCH_SITE="cross-site", HTTP_X_CSRFTOKEN=token),
        }
        taken += [f"{route.name} {how}: {one.status_code}" for how, one in answers.items() if one.status_code != 403]
    return taken


def _sent(visitor: Any, method: str, address: str, **headers: Any) -> Any:
    return getattr(visitor.client, method.lower())(address, data={}, **headers)


def test_no_form_is_taken_from_elsewhere(office, staff) -> None:
    assert writing()
    assert refused_forms(office.store, staff) == []


def test_an_address_that_takes_any_form_is_found(office, staff, monkeypatch) -> None:
    """The planted fault."""
    from titrant.web.staff import people

    monkeypatch.setattr(people.person_link, "csrf_exempt", True, raising=False)
    assert any(line.startswith("person_link without a token") for line in refused_forms(office.store, staff))


# Headers and cookies (T16)

HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}  # fmt: skip
POLICY = ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'")


def test_every_address_answers_with_strict_headers(office, staff) -> None:
    from titrant.web.policy import LIBRARY_ROUTES, ROUTES

    case, visitors = everybody(office.store, staff)
    for route in (*ROUTES, *LIBRARY_ROUTES):
        for visitor in (visitors[0], next(one for one in visitors if declared(route, one, route.methods[0]))):
            person = str(staff("nurse", ()).pk) if "<uuid:staff>" in route.path else ""
            answer = knocked(visitor, route.methods[0], address_of(route, case, person))
            missing = [name for name, value in HEADERS.items() if value not in answer.headers.get(name, "")]
            if not route.roles and "javascript" in answer.headers["Content-Type"]:
                missing = [name for name in missing if name != "Cache-Control"]  # a program, the same for everybody
            policy = answer.headers["Content-Security-Policy"]
            assert not missing, (route.name, missing)
            assert all(part in policy for part in POLICY), route.name
            assert "unsafe" not in policy, route.name
            assert not _inline(answer), route.name


def _inline(answer: Any) -> list[str]:
    """Scripts, styles and handlers inside a page: the policy would stop them, so none may be there."""
    import re

    if "text/html" not in answer.headers.get("Content-Type", ""):
        return []
    text = re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.S)
    scripts = [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag and "application/json" not in tag]
    return scripts + re.findall(r"<style[^>]*>|<[^>]+\sstyle=|<[^>]+\son[a-z]+=", text)


def test_cookies_are_closed_to_scripts_and_to_other_sites(person) -> None:
    client = browser()
    client.get("/account/login/")
    sign_in(client, person)
    assert {"staff", "csrf"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert CANARY not in cookie.value


def test_behind_a_proxy_cookies_are_bound_to_this_host_and_to_tls(tmp_path) -> None:
    asked = (
        "from titrant.app import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME,"
        " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
    )
    where = {**os.environ, "TITRANT_BEHIND_PROXY": "1", "TITRANT_DATA": str(tmp_path / "data")}
    said = subprocess.run([sys.executable, "-c", asked], env=where, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["__Host-staff", "__Host-csrf", "True", "True", "True", "False"]


# Sessions


def test_a_session_that_somebody_else_chose_is_left_behind(person) -> None:
    client = browser()
    client.cookies["staff"] = "chosenbysomebodyelse000000000000"
    sign_in(client, person)
    assert client.get("/").status_code == 200
    assert client.cookies["staff"].value != "chosenbysomebodyelse000000000000"


def test_signing_in_again_gives_the_session_another_name(person, staff) -> None:
    client = browser()
    client.force_login(staff("nurse"))
    before = client.cookies["staff"].value
    client.force_login(person)
    assert client.cookies["staff"].value != before


def test_half_an_hour_idle_ends_it(person) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    client = browser()
    sign_in(client, person)
    left = Session.objects.get(pk=client.cookies["staff"].value).expire_date - timezone.now()
    assert 29 * 60 <= left.total_seconds() <= 30 * 60
    Session.objects.filter(pk=client.cookies["staff"].value).update(expire_date=timezone.now())
    assert client.get("/")["Location"].startswith("/account/login/")


def test_each_use_begins_the_half_hour_anew(person) -> None:
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    client = browser()
    sign_in(client, person)
    _set(client, seen=time.time() - 120)
    soon = timezone.now() + timezone.timedelta(minutes=5)
    Session.objects.filter(pk=client.cookies["staff"].value).update(expire_date=soon)
    assert client.get("/").status_code == 200
    assert Session.objects.get(pk=client.cookies["staff"].value).expire_date > soon


@pytest.mark.parametrize(("hours", "status"), [(11.9, 200), (12.1, 302)])
def test_twelve_hours_end_it_however_busy(person, hours, status) -> None:
    client = browser()
    sign_in(client, person)
    _set(client, began=time.time() - hours * 3600)
    assert client.get("/").status_code == status


def _set(client: Any, **values: float) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_signing_out_ends_it_on_the_server(person) -> None:
    client, copy = browser(), browser()
    sign_in(client, person)
    copy.cookies["staff"] = client.cookies["staff"].value
    client.post("/account/logout/")
    assert copy.get("/").status_code == 302


def test_a_role_taken_away_and_an_account_disabled_hold_at_once(person) -> None:
    client = browser()
    sign_in(client, person)
    person.role = "auditor"
    person.save()
    assert client.get("/").status_code == 404
    person.is_active = False
    person.save()
    assert client.get("/audit/").status_code == 302


def test_nothing_of_the_clinic_opens_before_the_second_factor(person) -> None:
    person.synthetic = False
    person.save()
    client = browser()
    sign_in(client, person)
    for address in ("/", "/people/"):
        assert client.get(address)["Location"] == "/account/2fa/totp/activate/"


def test_with_the_app_set_up_a_password_alone_is_not_enough(person) -> None:
    from tests.web.test_reauth import with_app
    from titrant.web.second_factor import code_at

    secret, client = with_app(person), browser()
    assert sign_in(client, person)["Location"] == "/account/2fa/authenticate/"
    assert client.get("/").status_code == 302
    code = code_at(secret, int(time.time()) // 30)
    assert client.post("/account/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/").status_code == 200
    again = browser()
    sign_in(again, person)
    assert again.post("/account/2fa/authenticate/", {"code": code}).status_code == 200
    assert again.get("/").status_code == 302


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(person) -> None:
    client, elsewhere, new = browser(), browser(), "another long synthetic one"
    sign_in(client, person)
    sign_in(elsewhere, person)
    wrong = {"oldpassword": "not it", "password1": new, "password2": new}
    answers = [client.post("/account/password/change/", wrong) for _ in range(6)]
    assert b"not the present password" in answers[0].content
    assert b"Too many wrong tries" in answers[-1].content
    from titrant.storage.models import Throttle

    Throttle.objects.filter(key=f"confirm:{person.pk}").delete()
    assert client.post("/account/password/change/", {**wrong, "oldpassword": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


# What is left behind (T31)


def left_behind(said: str) -> list[str]:
    """Places where something of a patient lies that is not the record."""
    from django.contrib.sessions.models import Session

    from titrant.storage.models import Fact, Outgoing, Throttle

    places = {
        "logs": said,
        "sessions": json.dumps([one.get_decoded() for one in Session.objects.all()], default=str),
        "throttles": str(list(Throttle.objects.values())),
        "outgoing": str(list(Outgoing.objects.values())),
        "the clinic's own stream": str(list(Fact.objects.filter(case="").values_list("body", flat=True))),
    }
    return [name for name, text in places.items() if CANARY in text]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program's own handlers write."""
    written = io.StringIO()
    [console] = [one for one in logging.getLogger("titrant").handlers if type(one) is logging.StreamHandler]
    before = console.setStream(written)
    yield written
    console.setStream(before)


def test_nothing_of_a_patient_is_left_in_logs_or_sessions(office, staff, log, monkeypatch) -> None:
    _walk(office, staff, monkeypatch)
    assert "ValueError" in log.getvalue()
    assert left_behind(log.getvalue()) == []


def test_a_log_line_that_carries_a_name_is_found(log, monkeypatch) -> None:
    """The planted fault."""
    for handler in logging.getLogger("titrant").handlers:
        monkeypatch.setattr(handler, "formatter", logging.Formatter("%(message)s"))
    logging.getLogger("titrant").warning("Opened the record of %s", CANARY)
    assert left_behind(log.getvalue()) == ["logs"]


def _walk(office: Any, staff: Any, monkeypatch: Any) -> None:
    """Everybody everywhere with a name in every field, wrong ways in, and a page that breaks with it in hand."""
    from titrant.web.policy import LIBRARY_ROUTES, ROUTES

    case, visitors = everybody(office.store, staff)
    for route in (*ROUTES, *LIBRARY_ROUTES):
        visitor = next(one for one in visitors if declared(route, one, route.methods[0]))
        person = str(staff("nurse", ()).pk) if "<uuid:staff>" in route.path else ""
        address = address_of(route, case, person)
        for method in route.methods:
            fields = ("name", "reason", "text", "note", "why", "words", "number", "what", "email", "login", "code")
            visitor.client.generic(method, f"{address}?words={CANARY}", "&".join(f"{one}={CANARY}" for one in fields),
                                   "application/x-www-form-urlencoded")  # fmt: skip
            if method == "POST":
                come_back(visitor)
    browser().post("/account/login/", {"login": f"{CANARY}@patient.invalid", "password": CANARY})
    logging.getLogger("titrant").warning("A sentence about %s", CANARY)

    def breaks(*_: Any, **__: Any) -> Any:
        raise ValueError(f"{CANARY} cannot be read")

    monkeypatch.setattr("titrant.web.staff.worklist.office", breaks)
    nurse = next(one for one in visitors if one.name == "nurse")
    answer = nurse.client.get("/")
    assert answer.status_code == 500
    assert CANARY not in answer.content.decode()
