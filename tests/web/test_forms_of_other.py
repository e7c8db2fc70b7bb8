"""A page that one patient left open does nothing in the record, or to the phone, of the next."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.phone_cases import client_of, on_plan, phone_of

REFUSED = "of the person who used this phone before"


class Handed:
    """A phone that was of one patient and is of another now, with a page of the first still open."""

    def __init__(self, office: Any) -> None:
        self.first, self.second = on_plan(office), on_plan(office)
        self.other = phone_of(office, self.second)  # a second phone of the same patient
        self.own = phone_of(office, self.second)
        self.old, self.client = client_of(phone_of(office, self.first).token), client_of(self.own.token)


def plan(here: Handed) -> tuple[str, dict[str, str]]:
    return "/p/plan/", hidden(here.old.get("/p/plan/"))


def reminder(here: Handed) -> tuple[str, dict[str, str]]:
    return "/p/reminder/", {**hidden(here.old.get("/p/reminder/")), "hour": "20:00", "zone": "UTC"}


def no_reminder(here: Handed) -> tuple[str, dict[str, str]]:
    return "/p/reminder/", {**hidden(here.old.get("/p/reminder/")), "off": "yes"}


def not_mine(here: Handed) -> tuple[str, dict[str, str]]:
    return f"/p/phone/{here.other.device}/not-mine/", hidden(here.old.get("/p/phone/"))


def out(here: Handed) -> tuple[str, dict[str, str]]:
    return "/p/out/", hidden(here.old.get("/p/phone/"))


def hidden(page: Any) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="(case|plan)" value="([^"]+)"', page.content.decode()))
    assert "case" in found
    return found


def standing(office: Any, here: Handed) -> list[Any]:
    from titrant.storage.models import Device

    rows = list(Device.objects.filter(case__in=[here.first, here.second]).order_by("pk").values())
    return [rows, *(office.store.summary(one).version for one in (here.first, here.second))]


@pytest.mark.parametrize("form", [plan, reminder, no_reminder, not_mine, out], ids=lambda one: one.__name__)
@pytest.mark.parametrize("is_old", [False, True], ids=["of the first", "of a release before"])
def test_a_form_of_the_person_before_does_nothing_for_the_next(office, form: Callable, is_old) -> None:
    here = Handed(office)
    where, sent = form(here)
    assert sent["case"] == here.first
    before = standing(office, here)
    if is_old:
        del sent["case"]
    page = here.client.post(where, sent)
    assert REFUSED in page.content.decode()
    assert "phone" not in page.cookies
    assert "Clear-Site-Data" not in page.headers
    assert standing(office, here) == before


def test_the_own_plan_is_confirmed_as_ever(office) -> None:
    here = Handed(office)
    assert here.old.post(*plan(here)).status_code == 302
    assert office.store.summary(here.first).read
    assert not office.store.summary(here.second).read


def test_whoever_is_refused_signing_out_does_it_on_the_page_of_the_answer(office) -> None:
    here = Handed(office)
    page = here.client.post("/p/out/")
    assert REFUSED in page.content.decode()
    assert 'action="/p/out/"' in page.content.decode()
    assert "storage" in here.client.post("/p/out/", hidden(page))["Clear-Site-Data"]
    assert here.client.get("/p/state/").status_code == 404
