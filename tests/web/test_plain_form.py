"""The form without scripts says what was shown on it, whatever became of the plan while it was open."""

import re
from datetime import timedelta

import pytest

from tests.clinic.signing_by_hand import PRESCRIBER, sign
from tests.web.conftest import actor
from tests.web.phone_cases import client_of, on_plan, phone_of, today
from titrant.clinic.acts.signing import suspend
from titrant.record.events import Kind


def opened_form(client):
    """The form as a browser holds it: every hidden field, and the day it offers first."""
    page = client.get("/p/").content.decode()
    return page, {**dict(re.findall(r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]+)"', page)),
                  "day": today().isoformat()}  # fmt: skip


def written(office, case):
    return office.store.open(case).tree["given"].get("diary", [])


def tasks(office, case):
    return {one.code for one in office.store.summary(case).tasks.values()}


def pause(office, case):
    suspend(office, case, "too drowsy", actor("nurse"))


def lower(office, case):
    sign(office, case, {"since": today().isoformat(), "dose": "20 mg", "times_per_day": 3})


def end(office, case):
    office.store.append(case, [office.draft(Kind.STOPPED, {}, PRESCRIBER)], expected=None)


TAKEN = [{"what": "taken", "dose": "25 mg"}] * 3


@pytest.mark.parametrize(
    ("happens", "told"), [(pause, "dose_suspended"), (lower, "dose_extra"), (end, "dose_unplanned")]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_taken_is_what_the_form_showed(office, happens, told, language) -> None:
    case, words = on_plan(office, times=3, language=language), office.library.phone.of(language)
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    happens(office, case)
    page = client.post("/p/write/", {**form, "dose": "all", "pain": "4"}).content.decode()
    (one,) = written(office, case)
    assert (one["doses"], one["pain"]) == (TAKEN, {"average": 4})
    assert words.say("plan_changed") in page
    assert words.say("kept_as_written") in page
    assert told in tasks(office, case)


def test_where_the_plan_still_holds_nothing_is_said_of_it(office) -> None:
    case = on_plan(office, times=3)
    client = client_of(phone_of(office, case).token)
    page, form = opened_form(client)
    assert "25 mg = 1 and a quarter troches, 3 times a day" in page
    page = client.post("/p/write/", {**form, "dose": "all"}).content.decode()
    assert written(office, case)[0]["doses"] == TAKEN
    assert "has changed" not in page
    assert tasks(office, case) == set()


def test_an_earlier_day_is_written_in_the_dose_of_that_day(office) -> None:
    case = on_plan(office, times=3)
    sign(office, case, {"since": today().isoformat(), "dose": "20 mg", "times_per_day": 2})
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    yesterday = (today() - timedelta(days=1)).isoformat()
    client.post("/p/write/", {**form, "day": yesterday, "dose": "all"})
    assert written(office, case)[0]["doses"] == TAKEN


def test_of_the_days_before_a_suspension_doses_can_still_be_written(office) -> None:
    case = on_plan(office, times=3)
    pause(office, case)
    client = client_of(phone_of(office, case).token)
    page, form = opened_form(client)
    assert "Take no ketamine until the clinic has told you to go on." in page
    assert form[f"shown_{today()}"] == "none"
    yesterday = (today() - timedelta(days=1)).isoformat()
    client.post("/p/write/", {**form, "day": yesterday, "dose": "all"})
    assert written(office, case)[0]["doses"] == TAKEN


def test_a_dose_on_a_day_without_one_is_kept_and_somebody_is_told(office) -> None:
    case = on_plan(office, times=3)
    pause(office, case)
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    client.post("/p/write/", {**form, "dose": "one"})
    assert written(office, case)[0]["doses"] == [{"what": "unplanned"}]
    assert "dose_suspended" in tasks(office, case)


@pytest.mark.parametrize("shown", ["", "3 x 9999999", "0 x 25", "3 x 0", "many", "3 x 25 mg", "-3 x 25"])
def test_a_form_that_does_not_say_what_it_showed_loses_no_dose_and_makes_none_up(office, shown) -> None:
    case = on_plan(office, times=3)
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    client.post("/p/write/", {**form, f"shown_{today()}": shown, "dose": "all", "pain": "4"})
    (one,) = written(office, case)
    assert (one.get("doses"), one["taken"], one["pain"]) == (None, "all", {"average": 4})


def test_the_same_form_sent_again_after_the_plan_has_changed_is_the_same_entry(office) -> None:
    case = on_plan(office, times=3)
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    client.post("/p/write/", {**form, "dose": "all"})
    pause(office, case)
    page = client.post("/p/write/", {**form, "dose": "all"}).content.decode()
    assert "This form was sent before" not in page
    assert len(written(office, case)) == 1
