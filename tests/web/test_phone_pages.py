"""Several pages of one phone, pages that are thrown away, a way to the clinic that refuses, a clock that is wrong."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clinic.signing_by_hand import NURSE
from tests.web.browser import accessible
from tests.web.phone_cases import client_of, on_plan, phone_of, today
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.enrolling import invite

ONE = timedelta(days=1)
PAIN = "How strong was your pain on average?"


@pytest.fixture
def phone(page_as, live, office):
    """A phone of a patient at 360 x 640; ``clock`` is what its clock says."""

    def made(case: str, clock: datetime | None = None) -> Any:
        page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
        page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
        if clock:
            page.clock.install(time=clock)
        return begun(page)

    return made


def begun(page: Any) -> Any:
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    return page


def another(page: Any) -> Any:
    return begun(page.context.new_page())


def tap(page: Any, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def taken_elsewhere(page: Any) -> Any:
    """Another page of the same phone, in which the dose was tapped as taken."""
    other = another(page)
    tap(other, "Taken")
    asked(other, PAIN)
    return other


def asked(page: Any, words: str) -> None:
    page.get_by_role("heading", name=words).wait_for()


def fits(page: Any) -> None:
    high, room = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert high <= room, f"{page.locator('h1').inner_text()}: {high} px high, {room} px of room"


def kept(office: Any, case: str, page: Any = None, wanted: int = 0) -> list[dict[str, Any]]:
    for _ in range(200):
        found = office.store.open(case).tree["given"].get("diary", [])
        if page is None or len(found) >= wanted:
            break
        page.wait_for_timeout(50)
    return found


def tasks(office: Any, case: str) -> list[str]:
    return [one.code for one in office.store.summary(case).tasks.values()]


# A day half told


def test_answers_that_were_given_are_there_again_after_the_phone_threw_the_page_away(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    for words in ("Questions", "9", "Partly"):
        tap(page, words)
    asked(page, "How well did you sleep?")
    begun(page)
    page.get_by_role("button", name="Go on with the questions").wait_for()
    fits(page)
    accessible(page)
    tap(page, "Go on with the questions")
    for words in ("3", "4", "No side effects"):
        tap(page, words)
    page.get_by_text("Receipt").wait_for()
    (one,) = kept(office, case)
    assert (one["pain"], one["activity"], one["sleep"], one["mood"]) == ({"average": 9}, "partly", 3, 4)
    begun(page)
    assert not page.get_by_role("button", name="Go on with the questions").is_visible()


def test_what_was_begun_can_be_thrown_away_and_does_not_come_back(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Questions")
    tap(page, "9")
    tap(page, "Back")
    tap(page, "Back")
    tap(page, "Throw answers away")
    page.get_by_role("button", name="Questions", exact=True).wait_for()
    begun(page)
    page.get_by_role("button", name="Questions", exact=True).wait_for()
    assert kept(office, case) == []


def test_what_one_person_had_begun_is_not_shown_to_the_next(phone, live, office) -> None:
    page = phone(on_plan(office))
    tap(page, "Questions")
    tap(page, "9")
    asked(page, "Did you manage")
    second = phone_of(office, on_plan(office))
    page.context.add_cookies([{"name": "phone", "value": second.token, "url": f"{live}/p/"}])
    begun(page)
    page.get_by_role("button", name="Taken", exact=True).wait_for()
    assert not page.get_by_role("button", name="Go on with the questions").is_visible()


def test_a_severe_side_effect_reaches_the_clinic_at_once_and_counts_once(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    left_out = ["Leave out"] * 3
    for words in ("Questions", "9", *left_out, "Yes, choose", "Dizzy", "Sick to the stomach", "Next"):
        tap(page, words)
    tap(page, "Strong, I could not do things")
    page.get_by_text("Call the clinic today.").wait_for()
    fits(page)
    (one,) = kept(office, case, page, 1)
    assert (one["effects"], tasks(office, case)) == ({"dizziness": 3}, ["effect_severe"])
    begun(page)  # thrown away by the phone in the middle
    tap(page, "Go on with the questions")
    tap(page, "A little")
    page.get_by_text("Receipt").wait_for()
    _, rest = kept(office, case)
    assert (rest["pain"], rest["effects"]) == ({"average": 9}, {"nausea": 1})
    assert tasks(office, case) == ["effect_severe"]


def test_each_emergency_grade_is_told_once_however_many_answers_follow(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    for words in ("Questions", "5", "Leave out", "Leave out", "Leave out", "Yes, choose", "Dizzy", "Sleepy", "Next"):
        tap(page, words)
    tap(page, "An emergency")
    tap(page, "Close")
    tap(page, "An emergency")
    page.get_by_text("Call the emergency number at once. Do not stay alone.").wait_for()
    tap(page, "Close")
    page.get_by_text("Receipt").wait_for()
    first, second = kept(office, case, page, 2)
    assert (first["effects"], second["effects"]) == ({"dizziness": 4}, {"drowsiness": 4})
    assert tasks(office, case) == ["effect_emergency"] * 2


def test_the_mean_of_grades_counts_a_day_told_in_two_entries_once() -> None:
    from titrant.pathway.diary import Day, Diary
    from titrant.pathway.entries import Entry
    from titrant.pathway.harm import _mean_grade

    day = today()
    entries = [Entry(day=day, effects={"dizziness": 3}), Entry(day=day, effects={"nausea": 1})]
    assert _mean_grade(Diary(tuple(Day(day, one, False) for one in entries)), day, day) == 3


# Two pages of one phone


def test_a_dose_that_another_page_wrote_is_not_offered_again(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    other = taken_elsewhere(page)
    page.get_by_text("taken at").wait_for()
    assert not page.get_by_role("button", name="Taken", exact=True).is_visible()
    tap(page, "Bad day")
    tap(page, "8")
    page.get_by_text("Receipt").wait_for()
    begun(other)
    other.get_by_text("taken at").wait_for()
    assert len(kept(office, case)) == 2


@pytest.mark.parametrize("words", ["Taken", "Not taken"])
def test_a_dose_that_stands_is_not_written_again_from_a_page_that_heard_nothing(phone, office, words) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate("Tabs.listen(() => {})")
    other = taken_elsewhere(page)
    tap(page, words)
    if words == "Not taken":
        tap(page, "I forgot")
    page.get_by_text("This dose stands already").wait_for()
    page.get_by_text("taken at").wait_for()
    fits(page)
    other.locator(".unsent").wait_for(state="detached")
    assert [len(one["doses"]) for one in kept(office, case)] == [1]


def test_a_dose_taken_in_one_page_is_not_missed_in_another_that_was_asking_why(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Not taken")
    asked(page, "Why not?")
    other = taken_elsewhere(page)
    page.wait_for_timeout(300)  # this page has heard of it
    tap(page, "I forgot")
    page.get_by_text("This dose stands already").wait_for()
    page.get_by_text("taken at").wait_for()
    fits(page)
    other.locator(".unsent").wait_for(state="detached")
    assert [one["doses"][0]["what"] for one in kept(office, case)] == ["taken"]


def test_the_first_of_three_doses_is_not_written_as_the_second_from_another_page(phone, office) -> None:
    case = on_plan(office, times=3, product="everything-known.yaml", dose="10 mg")
    page = phone(case)
    tap(page, "Dose 1: not taken")
    asked(page, "Why not?")
    other = another(page)
    tap(other, "Dose 1: taken")
    other.get_by_role("button", name="Dose 2: taken").wait_for()
    page.wait_for_timeout(300)
    tap(page, "I forgot")
    page.get_by_text("This dose stands already").wait_for()
    tap(page, "Dose 2: not taken")
    tap(page, "I forgot")
    page.get_by_role("button", name="Dose 3: taken").wait_for()
    page.locator(".unsent").wait_for(state="detached")
    assert [one["doses"][0]["what"] for one in kept(office, case, page, 2)] == ["taken", "missed"]


def test_a_dose_held_in_one_page_and_tapped_in_another_is_written_once(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.clock.install(time=datetime.now(UTC))
    tap(page, "Timer")
    tap(page, "Start")
    other = taken_elsewhere(page)
    other.locator(".unsent").wait_for(state="detached")
    page.wait_for_timeout(300)
    tap(page, "Done, swallowed")
    page.get_by_text("This dose stands already").wait_for()
    assert [len(one["doses"]) for one in kept(office, case)] == [1]


def test_one_missed_dose_has_one_reason_also_when_the_page_is_come_back_to(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Not taken")
    tap(page, "I forgot")
    asked(page, PAIN)
    page.go_back()
    page.get_by_text("This dose stands already").wait_for()
    assert page.get_by_role("button", name="Side effects", exact=True).count() == 0
    fits(page)
    page.locator(".unsent").wait_for(state="detached")
    tap(page, "Extra dose")
    page.get_by_label("Another amount").fill("1")
    tap(page, "Save")
    page.get_by_text("Do not stay alone").wait_for()
    first, extra = kept(office, case, page, 2)
    assert (first["doses"][0]["reason"], extra["doses"][0]["what"]) == ("forgot", "unplanned")


def test_why_a_dose_of_yesterday_was_missed_is_not_asked_of_today(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case)
    tap(page, "More")
    tap(page, "An earlier day")
    page.locator(".taps button").first.click()
    tap(page, "Not taken")
    asked(page, "Why not?")
    tap(page, "I forgot")
    for words in ("5", "Yes", "5", "5", "No side effects", "Close"):
        tap(page, words)
    page.get_by_role("button", name="Taken", exact=True).wait_for()
    page.evaluate("history.go(-7)")
    page.get_by_role("button", name="Taken", exact=True).wait_for()
    assert page.get_by_role("heading", name="Why not?").count() == 0
    page.locator(".unsent").wait_for(state="detached")
    assert {one["day"] for one in kept(office, case)} == {(today() - ONE).isoformat()}


def test_a_page_that_was_away_while_yesterday_was_chosen_shows_the_day_it_writes(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case)
    tap(page, "More")
    tap(page, "An earlier day")
    page.locator(".taps button").first.click()
    page.locator("h1").get_by_text("Yesterday").wait_for()
    page.route("**/p/state/", lambda route: None)  # the clinic does not answer
    page.evaluate("Date.now = ((real) => () => real() + 11 * 60 * 1000)(Date.now)")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert "Today" in page.locator("h1").inner_text()
    assert page.get_by_role("button", name="Yesterday", pressed=True).count() == 0
    tap(page, "Taken")
    asked(page, PAIN)
    assert [one["day"] for one in kept(office, case, page, 1)] == [today().isoformat()]


def test_a_page_that_comes_to_the_front_reads_again(phone, office) -> None:
    page = phone(on_plan(office))
    page.evaluate("Tabs.listen(() => {})")
    taken_elsewhere(page)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text("taken at").wait_for()


# Signed out or handed on in another page


def test_after_signing_out_no_other_page_shows_the_plan_or_takes_an_entry(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    beside = page.context.new_page()
    beside.goto("/p/plan/")
    other = page.context.new_page()
    other.goto("/p/phone/")
    tap(other, "Yes, wipe this phone")
    other.get_by_text("This phone is not connected any more").wait_for()
    for one in (page, beside):
        one.get_by_text("No phone is connected here").wait_for()
        assert not one.get_by_text("25 mg").is_visible()
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_a_danger_tapped_on_a_page_that_was_signed_out_elsewhere_is_said_not_to_be_sent(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Help now")
    other = page.context.new_page()
    other.goto("/p/")
    other.route("**/p/out/", lambda route: route.abort())  # wiped, and the clinic could not be told
    other.goto("/p/phone/")
    tap(other, "Yes, wipe this phone")
    page.get_by_text("Nothing that you tap here is written or sent.").wait_for()
    page.get_by_text("Call the emergency number now").wait_for()
    fits(page)
    accessible(page)
    assert page.get_by_role("button", name="Chest pain, or cannot breathe").count() == 0


def test_a_page_that_heard_nothing_of_a_new_owner_writes_nothing_into_the_new_store(phone, live, office) -> None:
    first, second = on_plan(office, dose="25 mg"), on_plan(office, dose="50 mg")
    page = phone(first)
    page.evaluate("Tabs.listen(() => {})")
    page.evaluate("window.addEventListener('unhandledrejection', (event) => event.preventDefault())")
    joins(page, office, second)
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_text("Call the emergency number at once. Sit down. Do not drive.").wait_for()
    page.get_by_text("This phone now belongs to another person.").wait_for()
    tap(page, "Close")
    page.get_by_text("50 mg").wait_for()
    assert (kept(office, first), kept(office, second)) == ([], [])


def test_when_the_phone_is_handed_on_the_page_of_the_person_before_turns_to_the_new_one(phone, office) -> None:
    first, second = on_plan(office, dose="25 mg"), on_plan(office, dose="50 mg")
    page = phone(first)
    joins(page, office, second)
    page.get_by_text("50 mg").wait_for()
    assert not page.get_by_text("25 mg").is_visible()
    tap(page, "Taken")
    asked(page, PAIN)
    assert (len(kept(office, second, page, 1)), kept(office, first)) == (1, [])


def joins(page: Any, office: Any, case: str) -> None:
    from titrant.storage.devices import Devices

    other = page.context.new_page()
    other.goto(f"/p/enrol/{invite(office, Devices(), case, NURSE).link}/")
    tap(other, "Connect this phone")
    other.wait_for_selector("html[data-ready=yes]")


# The way to the clinic


@pytest.mark.parametrize("status", [200, 401, 403, 404, 409])
def test_a_refusal_that_is_not_the_clinics_own_holds_up_no_red_flag(phone, office, status) -> None:
    case = on_plan(office)
    page = phone(case)
    sent: list[str] = []

    def proxy(route: Any) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.fulfill(status=status, body="<html>proxy: blocked</html>", content_type="text/html")
        else:
            route.continue_()

    page.route("**/p/entries/", proxy)
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    assert kept(office, case, page, 1)[0]["flags"] == ["chest_pain"]
    tap(page, "Close")
    page.get_by_text("25 mg").wait_for()
    assert not page.get_by_text("not connected to the clinic").is_visible()


def test_the_page_of_a_firewall_in_place_of_the_plan_takes_no_plan_away(phone, office) -> None:
    page = phone(on_plan(office))
    page.route("**/p/state/", lambda route: route.fulfill(status=403, body="<html>blocked</html>"))
    page.evaluate("Date.now = ((real) => () => real() + 11 * 60 * 1000)(Date.now)")
    with page.expect_response("**/p/state/"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(200)
    page.get_by_text("25 mg").wait_for()


def test_a_phone_that_was_let_out_still_tries_to_tell_a_danger(phone, live, office) -> None:
    from titrant.clinic.acts.enrolling import revoke
    from titrant.storage.devices import Devices

    case = on_plan(office)
    page = phone(case)
    revoke(office, Devices(), case, office.store.summary(case).devices[0], NURSE, "lost")
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_text("This phone is not connected to the clinic any more").wait_for()
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
    assert kept(office, case, page, 1)[0]["flags"] == ["chest_pain"]


def test_a_nurse_signed_in_on_that_browser_does_not_make_the_phone_a_stranger(office, signed_in) -> None:
    case = on_plan(office)
    client = signed_in("nurse")
    client.cookies["phone"] = phone_of(office, case).token
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "flags": ["chest_pain"]}
    sent = json.dumps({"id": str(uuid.uuid4()), "entry": entry})
    answer = client.post("/p/entries/", sent, content_type="application/json")
    assert (answer.status_code, tasks(office, case)) == (200, ["chest_pain"])
    assert client.get(f"/patients/{case}/").status_code == 200  # and on the clinic's pages she is who she is


def test_the_clinic_says_in_its_own_words_that_it_does_not_know_a_phone(office) -> None:
    answer = client_of("unknown").get("/p/state/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["not_enrolled"]) == (404, True)


# The clock


@pytest.mark.parametrize("days", [-1, 1])
def test_with_a_clock_that_is_a_day_off_the_clinics_day_is_offered_and_the_patient_is_told(phone, office, days) -> None:
    case = on_plan(office)
    page = phone(case, datetime.now(UTC) + days * ONE)
    page.get_by_role("alert").get_by_text("The clock of this phone is wrong.").wait_for()
    accessible(page)
    page.get_by_role("link", name="Your plan is new. Read it.").click()
    tap(page, "I have read the new plan")
    page.get_by_text("The clinic knows that you have read it.").wait_for()
    begun(page)
    page.get_by_role("alert").wait_for()
    fits(page)
    tap(page, "Taken")
    page.get_by_text("The clock of this phone is wrong.").wait_for()
    asked(page, PAIN)
    fits(page)
    (one,) = kept(office, case, page, 1)
    assert one["day"] == today().isoformat()
    assert abs(datetime.fromisoformat(office.store.events(case)[-1].body["written"]) - datetime.now(UTC)) < ONE / 24
    page.clock.run_for(1)


def test_a_clock_that_is_right_is_not_spoken_of(phone, office) -> None:
    page = phone(on_plan(office))
    assert not page.get_by_text("The clock of this phone is wrong.").is_visible()


def test_an_entry_that_the_clinic_refused_does_not_show_its_dose_as_taken(phone, office) -> None:
    page = phone(on_plan(office))
    page.route("**/p/entries/", lambda route: route.fulfill(status=422, json={"why": "That day has not come."}))
    tap(page, "Taken")
    asked(page, PAIN)
    tap(page, "Back")
    page.get_by_text("Call the clinic and read them this: That day has not come.").wait_for()
    page.get_by_role("button", name="Taken", exact=True).wait_for()
    assert not page.get_by_text("taken at").is_visible()


def test_an_entry_that_the_clinic_refused_hides_no_new_plan_and_no_new_phone(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    phone_of(office, case)
    page.route("**/p/entries/", lambda route: route.fulfill(status=422, json={"why": "That day has not come."}))
    tap(page, "Taken")
    asked(page, PAIN)
    tap(page, "Back")
    page.get_by_text("Call the clinic and read them this: That day has not come.").wait_for()
    accessible(page)
    page.get_by_role("link", name="Your plan is new. Read it.").click()
    tap(page, "I have read the new plan")
    page.get_by_text("The clinic knows that you have read it.").wait_for()
    begun(page)
    page.get_by_text("Call the clinic and read them this: That day has not come.").wait_for()
    page.locator("a.new[href='/p/phone/']").wait_for()


@pytest.mark.parametrize(("hours", "said"), [(-24, "24 h behind"), (3, "3 h ahead"), (0, "")])
def test_staff_see_beside_an_entry_that_the_clock_of_the_phone_was_off(office, signed_in, hours, said) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    day = min(datetime.now(UTC), datetime.now(UTC) + timedelta(hours=hours))
    entry = {"day": day.date().isoformat(), "entered": day.isoformat(timespec="seconds"), "pain": {"average": 3}}
    clock = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    sent = json.dumps({"id": str(uuid.uuid4()), "entry": entry, "clock": clock})
    assert client.post("/p/entries/", sent, content_type="application/json").status_code == 200
    shown = signed_in("nurse").get(f"/patients/{case}/diary/").content.decode()
    assert ("its clock was" in shown) is bool(said)
    assert said in shown


@pytest.mark.parametrize("clock", ["", "yesterday", 5, None, "2026-11-21T20:00:00"])
def test_a_clock_that_says_nothing_refuses_no_entry(office, clock) -> None:
    case = on_plan(office)
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "mood": 3}
    by = NURSE
    keep_entry(office, case, entry, str(uuid.uuid4()), by, received_at=datetime.now(UTC), clock=clock)
    assert "clock_off_hours" not in office.store.events(case)[-1].body


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_was_begun_fits_beside_three_doses(phone, office, language) -> None:
    words = office.library.phone.of(language).words
    page = phone(on_plan(office, times=3, product="everything-known.yaml", dose="10 mg", language=language))
    tap(page, words["questions_short"])
    tap(page, "9")
    page.locator(".eleven").wait_for(state="detached")
    begun(page)
    page.get_by_role("button", name=words["begun_go_on"]).wait_for()
    fits(page)
    accessible(page)
