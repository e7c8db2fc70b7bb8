"""What a session at the clinic means for the home: severe dissociation is told, and the phone asks for no dose."""

import pytest

from tests.web.conftest import actor, new_case
from tests.web.phone_cases import client_of, on_plan, phone_of, today
from tests.web.test_patient_page import facts_of, given_session, on_the_day, settings_of, text_of  # noqa: F401
from tests.web.test_plain_form import opened_form, written
from titrant.clinic.acts.sessions import SessionGiven, give_session
from titrant.clinic.phone_day import phone_state


def test_severe_dissociation_goes_to_a_prescriber_and_stands_on_the_page(on_the_day, signed_in) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert given_session(client, case, dissociation="severe", tolerated="yes").status_code == 302
    (task,) = on_the_day.store.summary(case).tasks.values()
    assert (task.grade, task.code) == ("today", "session_dissociation")
    page = text_of(client.get(f"/patients/{case}/"))
    assert "Severe dissociation in the clinic session of 2026-11-20 (40 mg)" in page
    assert "not counted as tolerated until a named prescriber has looked at it" in page
    decided = client.get(f"/patients/{case}/").context["standing"].followed.decided
    assert "session_severe_dissociation" in {one.code for one in decided.findings}
    assert decided.action is None or decided.action.value != "raise"


@pytest.mark.parametrize("seen", ["", "none", "mild", "moderate"])
def test_what_is_less_than_severe_opens_no_task(on_the_day, signed_in, seen) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert given_session(client, case, dissociation=seen).status_code == 302
    assert not on_the_day.store.summary(case).tasks


def test_dissociation_is_one_of_the_words(on_the_day, signed_in) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answer = given_session(client, case, dissociation="SEVERE!")
    assert answer.status_code == 422
    assert "dissociation cannot be read" in text_of(answer)


def test_a_finding_is_called_by_its_sentence_with_its_day_and_dose(on_the_day) -> None:  # noqa: F811
    words = on_the_day.desk.words
    said = words.label("session_not_tolerated", {"on": "2026-11-20", "dose": "40 mg"})
    assert said == "The clinic session of 2026-11-20 (40 mg over 24 hours) was not tolerated"
    assert not [code for code in words.sentences if "{" in words.label(code)]


def had_session(office, case, **more):
    given = {"dose_mg": "40", "dose_again": "40", "route": "intravenous", "tolerated": "yes", "on": office.today}
    version = office.store.summary(case).version
    give_session(office, actor("nurse"), case, SessionGiven(**given, **more), expected=version)


@pytest.mark.parametrize("language", ["en", "es"])
def test_on_the_day_of_a_session_the_phone_asks_for_no_dose(office, language) -> None:
    case, words = on_plan(office, times=3, language=language), office.library.phone.of(language)
    had_session(office, case)
    said = words.say("session_day", day=words.date(today().isoformat()))
    assert phone_state(office, case)["days"][today().isoformat()]["not_asked"] == said
    client = client_of(phone_of(office, case).token)
    page, form = opened_form(client)
    assert said in page
    assert '<p class="big amount">' not in page
    assert said in client.get("/p/plan/").content.decode()
    client.post("/p/write/", {**form, "dose": "one", "pain": "4", "dizziness": "2"})
    (one,) = written(office, case)
    assert (one["doses"], one["pain"], one["effects"]) == (
        [{"what": "taken", "dose": "25 mg"}], {"average": 4}, {"dizziness": 2},
    )  # fmt: skip


def test_on_other_days_the_dose_is_asked_for_as_before(office) -> None:
    case = on_plan(office)
    had_session(office, case)
    asked = {day: dose["not_asked"] for day, dose in phone_state(office, case)["days"].items() if dose}
    assert [day for day, why in asked.items() if why] == [today().isoformat()]
    assert len(asked) > 1


def test_a_form_opened_before_the_session_says_it_in_the_answer(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    _, form = opened_form(client)
    had_session(office, case)
    page = client.post("/p/write/", {**form, "dose": "one"}).content.decode()
    assert "Take no dose at home on this day" in page


# Amounts


@pytest.mark.parametrize("dose", ["5000", "961", "0.9", "0.04"])
def test_a_dose_that_nobody_gives_is_not_believed(on_the_day, signed_in, dose) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answer = given_session(client, case, dose_mg=dose, dose_again=dose, looked=dose)
    assert answer.status_code == 422
    assert "not believable" in text_of(answer)
    assert not on_the_day.store.open(case).tree["given"].get("parenteral")


@pytest.mark.parametrize("dose", ["400", "100.5", "4"])
def test_an_unusual_dose_is_looked_at_a_second_time(on_the_day, signed_in, dose) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answer = given_session(client, case, dose_mg=dose, dose_again=dose)
    assert answer.status_code == 422
    assert f"I have looked again: {dose} mg were given" in text_of(answer)
    other = given_session(client, case, dose_mg="450", dose_again="450", looked=dose)
    assert other.status_code == 422  # the look was at another dose
    assert given_session(client, case, dose_mg=dose, dose_again=dose, looked=dose).status_code == 302
    page = text_of(client.get(f"/patients/{case}/sessions/"))
    assert "unusual amount, looked at twice" in page


@pytest.mark.parametrize("dose", ["10", "40", "100"])
def test_a_usual_dose_is_written_down_at_once(on_the_day, signed_in, dose) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert given_session(client, case, dose_mg=dose, dose_again=dose).status_code == 302


def test_the_ranges_stand_on_the_form_with_their_sources_and_marks(on_the_day, signed_in) -> None:  # noqa: F811
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    page = text_of(client.get(f"/patients/{case}/sessions/"))
    for words in ("10 mg", "100 mg", "960 mg", "mid-essex", "goldberg-2010", "proposal"):
        assert words in page
