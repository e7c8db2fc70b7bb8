"""Who may open what: every address, every method, everybody who might knock, against what the table declares."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.visitors import CANARY, Visitor, address_of, come_back, everybody


def declared(route: Any, visitor: Visitor, method: str) -> bool:
    """What the row says in words, read apart from the program's own ``may``."""
    if not route.roles:
        return True
    if visitor.role not in {role.value for role in route.roles}:
        return False
    named = "<uuid:case>" in route.path
    if visitor.in_emergency and route.reach.value == "team":
        return method in route.in_emergency
    return {"none": True, "any": True, "team": visitor.own, "own": visitor.own or not named}[route.reach.value]


def cells(store: Any, staff: Any, *, whole: bool = False) -> Iterator[tuple[Any, str, Visitor, Any]]:
    """Every cell of the matrix with its answer. Who may come in sees the page once by each method; others of those
    who may are counted at the door, unless ``whole``."""
    from titrant.web.policy import LIBRARY_ROUTES, ROUTES

    case, visitors = everybody(store, staff)
    for route in (*ROUTES, *LIBRARY_ROUTES):
        seen: set[str] = set()
        for visitor in visitors:
            for method in route.methods:
                address = address_of(route, case, str(staff("nurse", ()).pk) if "<uuid:staff>" in route.path else "")
                answer = knocked(visitor, method, address, to_the_door=method in seen and not whole)
                seen |= {method} if hasattr(answer.wsgi_request, "route") else set()
                yield route, method, visitor, answer


def knocked(visitor: Visitor, method: str, address: str, *, to_the_door: bool = False) -> Any:
    headers = {"HTTP_X_DOORSTEP": "1"} if to_the_door else {}
    answer = getattr(visitor.client, method.lower())(address, **({"data": {}} if method != "GET" else {}), **headers)
    if method == "POST" and not to_the_door:
        come_back(visitor)  # the form may have been the way out
    return answer


def wrong_cells(store: Any, staff: Any, *, whole: bool = False) -> Iterator[str]:
    """The cells that are not as declared, that show a denied person anything, or that break."""
    for route, method, visitor, answer in cells(store, staff, whole=whole):
        cell = f"{method} {route.name} for {visitor.name}"
        let_in = hasattr(answer.wsgi_request, "route")
        if let_in != declared(route, visitor, method):
            yield f"{cell}: {'let in' if let_in else 'denied'}"
        if not let_in and not looks_like_nothing(answer) and not refused_in_words(route, visitor, answer):
            yield f"{cell}: denied with {answer.status_code}"
        if answer.status_code == 500:
            yield f"{cell}: {answer.status_code}"


def looks_like_nothing(answer: Any) -> bool:
    """Not found, or the way to sign in; and not a byte of the record."""
    told = answer.content.decode(errors="replace") + str(dict(answer.headers))
    led = answer.status_code == 302 and answer["Location"].startswith("/account/login/")
    return (answer.status_code == 404 or led) and CANARY not in told


def refused_in_words(route: Any, visitor: Visitor, answer: Any) -> bool:
    """Who is in by an emergency knows the record already, and is told whose act it is; not a byte beside that."""
    told = answer.content.decode(errors="replace")
    known = visitor.in_emergency and route.reach.value == "team" and visitor.role in {one.value for one in route.roles}
    return known and answer.status_code == 403 and "care team" in told and CANARY not in told


@pytest.fixture
def store(office: Any) -> Any:
    return office.store


@pytest.fixture
def doorstep() -> Iterator[None]:
    from django.conf import settings
    from django.test import override_settings

    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, "tests.web.visitors.Doorstep"]):
        yield


@pytest.mark.usefixtures("doorstep")
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.release)])
def test_every_cell_is_as_declared(store, staff, whole) -> None:
    wrong = list(wrong_cells(store, staff, whole=whole))
    assert not wrong, "\n".join(wrong)


@pytest.mark.usefixtures("doorstep")
def test_doors_that_stand_open_are_found(store, staff, monkeypatch) -> None:
    """The planted fault."""
    monkeypatch.setattr("titrant.web.middleware.may", lambda *_: True)
    assert any("for nurse of another team: let in" in line for line in wrong_cells(store, staff))


def test_no_address_lacks_a_row() -> None:
    from django.urls import get_resolver

    from titrant.web.checks import every_address_has_a_row, undeclared
    from titrant.web.policy import DECLARED

    assert undeclared(get_resolver().url_patterns, DECLARED) == []
    assert every_address_has_a_row() == []


def test_an_address_without_a_row_stops_the_start(monkeypatch) -> None:
    """The planted fault: one more address, as somebody might write it in passing."""
    from django.core.management import call_command
    from django.core.management.base import SystemCheckError
    from django.urls import get_resolver, path

    from titrant.web.errors import not_found

    monkeypatch.setattr(
        get_resolver(), "url_patterns", [*get_resolver().url_patterns, path("new/", not_found, name="new")]
    )
    with pytest.raises(SystemCheckError, match="new/"):
        call_command("check")


def test_two_rows_of_one_name_and_a_nameless_address_are_found() -> None:
    from django.urls import path

    from titrant.web.checks import doubled, undeclared
    from titrant.web.errors import not_found
    from titrant.web.policy import ROUTES

    assert doubled((*ROUTES, ROUTES[0])) == [ROUTES[0].name]
    assert undeclared([path("x/", not_found)], {"worklist"}) == ["x/ (without a name)"]


def test_a_closed_address_of_the_library_looks_like_nothing(signed_in) -> None:
    for address in ("/account/signup/", "/account/email/", "/account/password/reset/", "/account/inactive/"):
        assert signed_in("administrator").get(address).status_code == 404


def test_every_view_of_a_record_leaves_a_line(store, staff) -> None:
    """T28: who looked is in the log of reads, for each address that shows a record."""
    from titrant.storage.models import ReadEntry
    from titrant.web.policy import ROUTES

    case, visitors = everybody(store, staff)
    for route in (one for one in ROUTES if "<uuid:case>" in one.path):
        for method in route.methods:
            visitor = next(one for one in visitors if declared(route, one, method))
            before = ReadEntry.objects.filter(case=case).count()
            knocked(visitor, method, address_of(route, case, ""))
            assert ReadEntry.objects.filter(case=case).count() == before + 1, route.name
