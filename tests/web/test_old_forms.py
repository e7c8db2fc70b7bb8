"""Forms of the phone whose token is no longer good: what they say is kept, and no other site gains by it."""

import html
import re

import pytest
from django.test import Client

from tests.web.phone_cases import on_plan, phone_of, today
from tests.web.start_flow import PASSWORD
from tests.web.test_plain_form import opened_form, tasks, written

HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
SAYS = {"a browser of today": HERE, "Origin alone": {"Origin": "http://testserver"}, "an old browser": {}}
DANGER = "flag_chest_pain"


@pytest.fixture
def checking(office):
    """A browser whose tokens are checked: ``checking(case)`` is the phone of a patient."""

    def made(case):
        client = Client(enforce_csrf_checks=True)
        client.cookies["phone"] = phone_of(office, case).token
        return client

    return made


@pytest.fixture
def nurse_signs_in(staff):
    """On the browser of the patient, while a page stands open there."""

    def done(client):
        person = staff("nurse")
        person.set_password(PASSWORD)
        person.save()
        page = client.get("/account/login/").content.decode()
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[-1]
        said = {"login": person.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert client.post("/account/login/", said).status_code == 302

    return done


def read(answer):
    return html.unescape(re.sub("<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("says", SAYS.values(), ids=SAYS)
def test_a_red_flag_is_kept_though_a_nurse_signed_in_meanwhile(office, checking, nurse_signs_in, says) -> None:
    case = on_plan(office)
    client = checking(case)
    _, form = opened_form(client)
    nurse_signs_in(client)
    answer = client.post("/p/write/", {**form, DANGER: "yes"}, headers=says)
    words = office.library.phone.of("en")
    assert (answer.status_code, words.say("do_chest_pain") in read(answer)) == (200, True)
    assert [one["flags"] for one in written(office, case)] == [["chest_pain"]]
    assert tasks(office, case)
    assert "Successfully signed in" not in read(answer)


def test_a_typed_message_is_kept_though_a_nurse_signed_in_meanwhile(office, checking, nurse_signs_in) -> None:
    from titrant.clinic.acts import messages

    case = on_plan(office)
    client = checking(case)
    page = client.get("/p/messages/").content.decode()
    form = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]+)"', page))
    nurse_signs_in(client)
    answer = client.post("/p/messages/", {**form, "text": "My chest feels tight"}, headers=HERE, follow=True)
    assert [one.text for one in messages.thread(office.store.open(case))] == ["My chest feels tight"]
    assert "Successfully signed in" not in read(answer)


ELSEWHERE = (
    {"Origin": "https://elsewhere.invalid"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://near.testserver", "Sec-Fetch-Site": "same-origin"},
)  # fmt: skip


@pytest.mark.parametrize("says", ELSEWHERE, ids=str)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_form_from_elsewhere_is_not_taken_and_the_answer_is_the_patients(
    office, checking, nurse_signs_in, says, language
) -> None:
    case = on_plan(office, language=language)
    client, words = checking(case), office.library.phone.of(language)
    nurse_signs_in(client)
    sent = {"case": case, "day": today().isoformat(), DANGER: "yes", "csrfmiddlewaretoken": "a" * 64}
    answer = client.post("/p/write/", sent, headers=says)
    assert (answer.status_code, written(office, case)) == (403, [])
    for name in ("form_old", "do_chest_pain"):
        assert words.say(name) in read(answer)
    assert f'lang="{language}"' in answer.content.decode()
    assert "Successfully signed in" not in read(answer)


def test_who_says_nothing_and_knows_no_case_is_not_taken(office, checking) -> None:
    case = on_plan(office)
    client = checking(case)
    for named in ("", on_plan(office)):
        assert client.post("/p/write/", {"case": named, DANGER: "yes"}).status_code == 403
        assert client.post("/p/messages/", {"case": named, "text": "Hello"}).status_code == 403
    assert written(office, case) == []


@pytest.mark.parametrize("address", ["/p/nowhere/", "/p/report"])
def test_no_page_of_a_patient_shows_what_is_said_to_staff(office, checking, nurse_signs_in, address) -> None:
    client = checking(on_plan(office))
    nurse_signs_in(client)
    assert b"Successfully signed in" not in client.get(address).content
    assert b"Successfully signed in" in client.get("/").content  # it waits for the nurse


@pytest.mark.parametrize("held", [-6, 241, 5_000_000])
def test_a_dose_is_kept_without_the_time_of_a_clock_that_was_set(office, held) -> None:
    """The page may be older than its repair: see the timer in test_phone_story.py."""
    from tests.web.phone_cases import client_of

    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    dose = {"what": "taken", "dose": "25 mg", "then": "swallowed"}
    entry = {
        "day": today().isoformat(),
        "entered": f"{today()}T00:00:01+00:00",
        "doses": [{**dose, "hold_minutes": held}],
    }
    sent = {"id": "4d8f2a1c-1111-4222-8333-444455556666", "entry": entry, "case": case}
    answers = [client.post("/p/entries/", sent, content_type="application/json") for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert [one["doses"] for one in written(office, case)] == [[dose]]
