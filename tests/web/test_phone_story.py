"""Story 2 in a real browser: a day in six taps, a bad day in two, without scrolling, in flight mode, never twice."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.web.browser import accessible
from tests.web.phone_cases import of_one_clock, on_plan, phone_of, today


@pytest.fixture
def phone(page_as, live, office):
    """A phone of a patient: ``phone(case)`` opens the diary at 360 x 640."""

    def made(case: str, **options: Any) -> Any:
        page = page_as("", size="phone", timezone_id="UTC", **options)
        page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
        page.goto("/p/")
        page.wait_for_selector("html[data-ready=yes]")
        return page

    return made


def tap(page: Any, words: str, exact: bool = True) -> None:
    page.get_by_role("button", name=words, exact=exact).click()


def fits(page: Any) -> None:
    """Nothing to scroll, and every target of 44 px."""
    seen = page.evaluate("[document.documentElement.scrollHeight, innerHeight, document.documentElement.scrollWidth]")
    assert seen[0] <= seen[1], f"{page.locator('h1').inner_text()}: {seen[0]} px high, {seen[1]} px of room"
    assert seen[2] <= 360
    small = page.evaluate(
        """[...document.querySelectorAll('button, a, input, select')].filter((one) => one.offsetParent)
        .map((one) => [one.textContent, one.getBoundingClientRect().height])
        .filter(([, height]) => height < 44 && height > 0)"""
    )
    assert not [one for one in small if one[0]], small


def kept(office: Any, case: str) -> list[dict[str, Any]]:
    return office.store.open(case).tree["given"].get("diary", [])


def wait_sent(page: Any) -> None:
    page.get_by_text("Receipt").wait_for()


def test_a_normal_day_is_six_taps_and_no_scrolling(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    fits(page)
    page.get_by_text("25 mg = 1 and a quarter troches").wait_for()
    for words in ("Taken", "4", "Partly", "7", "6", "No side effects"):
        tap(page, words)
        fits(page)
    wait_sent(page)
    dose, scores = kept(office, case)
    written = office.store.events(case)[-2].body["written"]
    assert dose["doses"] == [{"what": "taken", "dose": "25 mg", "at": written[11:16]}]
    assert (scores["pain"], scores["activity"], scores["sleep"], scores["mood"], scores["effects"]) == (
        {"average": 4}, "partly", 7, 6, {},
    )  # fmt: skip


def test_in_danger_the_phone_says_who_answers_when_the_clinic_is_closed(phone, office, outside_hours) -> None:
    page = phone(on_plan(office))
    page.get_by_text("(closed: Sunday)").wait_for()
    fits(page)
    tap(page, "Help now")
    fits(page)
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_text(f"When the clinic is closed: {outside_hours}").wait_for()
    fits(page)


def test_a_bad_day_is_two_taps(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Bad day")
    fits(page)
    tap(page, "9")
    wait_sent(page)
    assert [(one["bad_day"], one["pain"]) for one in kept(office, case)] == [("yes", {"average": 9})]


def test_in_flight_mode_the_entry_is_kept_then_sent_once(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    page.get_by_text("25 mg = 1 and a quarter troches").wait_for()
    for words in ("Taken", "5", "Yes", "5", "5", "No side effects"):
        tap(page, words)
    page.get_by_text("Kept on this phone").wait_for()
    page.get_by_text("2 not yet sent").wait_for()
    assert kept(office, case) == []
    page.reload()  # the queue outlives the page
    page.wait_for_selector("html[data-ready=yes]")
    page.get_by_text("2 not yet sent").wait_for()
    page.get_by_text("taken at").wait_for()
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator(".unsent").wait_for(state="detached")
    assert len(kept(office, case)) == 2


def test_what_is_kept_on_the_phone_cannot_be_read_there(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    tap(page, "Bad day")
    tap(page, "9")
    page.get_by_text("Kept on this phone").wait_for()
    stored = page.evaluate(
        """async () => {
          const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
          const base = await asked(indexedDB.open('titrant-diary'));
          const all = (name) => asked(base.transaction(name).objectStore(name).getAll());
          const boxes = [...await all('outbox'), ...await all('kept')];
          const text = boxes.map((box) => new TextDecoder('latin1').decode(box.data)).join('');
          let out = 'no';
          try { await crypto.subtle.exportKey('raw', (await all('keys'))[0]); out = 'yes'; } catch {}
          const kept = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const one of await cache.keys()) kept.push([one.url, await (await cache.match(one)).text()]);
          }
          return { count: boxes.length, text, out, pages: kept.map((one) => one[0]),
            bodies: kept.map((one) => one[1]).join(''), local: JSON.stringify(localStorage) };
        }"""
    )
    assert stored["count"] >= 3
    assert not [word for word in ("dose", "pain", "bad_day", "entered", "troche") if word in stored["text"]]
    assert stored["out"] == "no"
    assert all("/p/shell/" in one or "/static/" in one for one in stored["pages"])
    assert case not in stored["bodies"] + stored["local"] + stored["text"]


def test_a_second_tap_does_not_count_twice(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.get_by_role("button", name="Taken", exact=True).dblclick()
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.go_back()
    page.get_by_text("taken at").wait_for()
    assert not page.get_by_role("button", name="Taken", exact=True).is_visible()
    page.get_by_text("not yet sent").wait_for(state="detached")
    assert len(kept(office, case)) == 1


def test_an_entry_for_an_earlier_day_is_marked(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "More")
    fits(page)
    tap(page, "An earlier day")
    page.locator(".taps button").nth(1).click()
    page.get_by_text("It is marked so").wait_for()
    fits(page)
    tap(page, "Bad day")
    tap(page, "8")
    wait_sent(page)
    (one,) = kept(office, case)
    assert one["day"] == (today() - timedelta(days=2)).isoformat()
    assert one["entered"][:10] > one["day"]


def test_emergency_words_come_at_once_also_without_a_network(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    tap(page, "Help now")
    fits(page)
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    page.get_by_text("Call the emergency number at once. Sit down. Do not drive.").wait_for()
    page.get_by_text("not yet sent").wait_for()
    fits(page)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.get_by_text("not yet sent").wait_for(state="detached")
    assert kept(office, case)[0]["flags"] == ["chest_pain"]
    assert [one.code for one in office.store.summary(case).tasks.values()] == ["chest_pain"]


def test_side_effects_are_chosen_and_graded_in_words(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    for words in ("Taken", "4", "Yes", "5", "5", "Yes, choose"):
        tap(page, words)
    fits(page)
    for words in ("Dizzy", "Sleepy"):
        tap(page, words)
    tap(page, "Next")
    fits(page)
    tap(page, "A little")
    tap(page, "Strong, I could not do things")
    page.get_by_text("Call the clinic today.").wait_for()
    tap(page, "Close")
    wait_sent(page)
    assert kept(office, case)[1]["effects"] == {"dizziness": 1, "drowsiness": 3}


def test_three_doses_are_three_slots(phone, office) -> None:
    case = on_plan(office, times=3, product="everything-known.yaml", dose="10 mg")
    page = phone(case)
    fits(page)
    tap(page, "Dose 1: taken")
    page.get_by_role("button", name="Dose 2: taken").wait_for()
    fits(page)
    tap(page, "Dose 2: not taken")
    tap(page, "I forgot")
    page.get_by_role("button", name="Dose 3: taken").wait_for()
    tap(page, "Dose 3: taken")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.get_by_text("not yet sent").wait_for(state="detached")
    assert [one["doses"][0]["what"] for one in kept(office, case)] == ["taken", "missed", "taken"]


def test_an_unplanned_dose_can_always_be_written(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    tap(page, "Extra dose")
    fits(page)
    page.get_by_label("Another amount").fill("0,5")
    tap(page, "Save")
    page.get_by_text("Do not stay alone").wait_for()
    tap(page, "Close")
    wait_sent(page)
    assert kept(office, case)[0]["doses"][0]["pieces"] == "0.5"


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_of_the_phone_is_accessible(phone, office, language) -> None:
    case = on_plan(office, language=language)
    page = phone(case)
    words = office.library.phone.of(language).words
    accessible(page)
    assert page.evaluate("document.documentElement.lang") == language
    for name in ("taken", None, "activity_done", None, None, "effects_some"):
        page.get_by_role("button", name=words[name] if name else "5", exact=True).click()
        fits(page)
        accessible(page)
    for name in ("effect_dizziness", "next", "grade_4"):
        page.get_by_role("button", name=words[name], exact=True).click()
        fits(page)
        accessible(page)
    page.get_by_role("button", name=words["close"], exact=True).click()
    accessible(page)
    for path in ("plan", "trend", "messages", "phone"):
        page.goto(f"/p/{path}/")
        accessible(page)


def mirrored(words: dict[str, str]) -> dict[str, str]:
    """A made-up language that is written from right to left: every letter another, every place to fill in as it was."""
    letters = "אבגדהוזחטיכלמנסעפצקרשתםןץף"
    return {
        name: "".join(
            part
            if part.startswith("{")
            else "".join(letters[(ord(one) - 97) % 26] if one.isalpha() else one for one in part)
            for part in re.split(r"(\{[a-z]+\})", text.lower())
        )
        for name, text in words.items()
    }


def test_a_language_from_right_to_left_has_its_frame_mirrored(page_as, live, office) -> None:
    case = on_plan(office)
    page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
    words = mirrored(office.library.phone.of("en").words)

    def answer(route: Any) -> None:
        got = route.fetch()
        text = got.text().replace('lang="en" dir="ltr"', 'lang="he" dir="rtl"')
        island = f'<script id="words" type="application/json">{json.dumps(words)}</script>'
        text = re.sub(r'<script id="words".*?</script>', lambda _: island, text, flags=re.DOTALL)
        route.fulfill(response=got, body=text)

    page.route(f"{live}/p/", answer)
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    fits(page)
    accessible(page)
    tap(page, words["taken"])
    page.locator(".eleven").wait_for()
    fits(page)
    page.locator(".unsent").wait_for(state="detached")
    back, help_now = page.locator(".bar .back").bounding_box(), page.locator(".help-now").bounding_box()
    assert back["x"] > help_now["x"]
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"


@pytest.mark.parametrize("language", ["en-US", "es-MX"])
def test_joining_by_link_and_by_code(page_as, office, language) -> None:
    from tests.clinic.signing_by_hand import NURSE
    from titrant.clinic.acts.enrolling import invite
    from titrant.storage.devices import Devices

    case = on_plan(office, language=language[:2])
    words = office.library.phone.of(language).words
    page = page_as("", size="phone", timezone_id="UTC", locale=language)
    page.goto(f"/p/enrol/{invite(office, Devices(), case, NURSE).link}/")
    fits(page)
    accessible(page)
    tap(page, words["enrol_button"])
    page.wait_for_selector("html[data-ready=yes]")
    for path in ("reminder", "phone"):
        page.goto(f"/p/{path}/")
        accessible(page)
    tap(page, words["phone_sign_out_sure"])
    page.get_by_text(words["phone_out"]).wait_for()
    accessible(page)
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    page.get_by_label(words["enrol_code"]).fill(invite(office, Devices(), case, NURSE).code)
    tap(page, words["enrol_button"])
    page.wait_for_selector("html[data-ready=yes]")


@pytest.mark.parametrize("language", ["en", "es"])
def test_another_phone_is_seen_and_reported_in_three_taps(phone, office, language) -> None:
    case = on_plan(office, language=language)
    page, words = phone(case), office.library.phone.of(language)
    phone_of(office, case)
    page.goto("/p/plan/")  # a new plan is read first
    tap(page, words.say("plan_confirm"))
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    added = words.say("phone_added", day=words.date(str(today())), name="Nurse (synthetic)")
    fits(page)
    page.get_by_role("link", name=added).click()
    page.get_by_text(words.say("phone_count_many", n=2)).wait_for()
    accessible(page)
    tap(page, words.say("phone_not_mine"))
    page.get_by_text(words.say("phone_not_mine_told")).wait_for()
    accessible(page)
    assert [one.code for one in office.store.summary(case).tasks.values() if one.grade == "today"] == ["phone_not_mine"]


def test_a_lost_phone_shows_no_dose_as_soon_as_it_is_online(phone, office) -> None:
    from tests.clinic.signing_by_hand import NURSE
    from titrant.clinic.acts.enrolling import revoke
    from titrant.storage.devices import Devices

    case = on_plan(office)
    page = phone(case)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    revoke(office, Devices(), case, office.store.summary(case).devices[0], NURSE, "lost")
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    tap(page, "Bad day")
    tap(page, "8")
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.get_by_text("1 not yet sent").wait_for()
    tap(page, "Close")
    page.get_by_text("This phone is not connected to the clinic any more").wait_for()
    assert not page.get_by_text("25 mg").is_visible()
    assert kept(office, case) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_phone_that_changed_hands_keeps_the_entries_of_two_people_apart(phone, live, office, language) -> None:
    from tests.clinic.signing_by_hand import NURSE
    from titrant.clinic.acts.enrolling import revoke
    from titrant.storage.devices import Devices

    first = on_plan(office, times=3, product="everything-known.yaml", dose="10 mg", language=language)
    second = on_plan(office, times=3, product="everything-known.yaml", dose="10 mg", language=language)
    words = office.library.phone.of(language)

    def handed_to(case: str) -> None:
        page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
        page.context.set_offline(False)
        page.goto("/p/")
        page.wait_for_selector("html[data-ready=yes]")

    page = phone(first)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    tap(page, words.say("taken_one", k=1))
    page.get_by_text(words.say("waiting_one")).wait_for()
    revoke(office, Devices(), first, office.store.summary(first).devices[0], NURSE, "lost")
    handed_to(second)
    page.get_by_text(words.say("others_one")).wait_for()
    accessible(page)
    page.get_by_role("button", name=words.say("taken_one", k=1), exact=True).wait_for()  # no dose of the other person
    assert not page.locator(".unsent").is_visible()
    tap(page, words.say("taken_one", k=1))
    page.get_by_role("button", name=words.say("taken_one", k=2), exact=True).wait_for()
    page.locator(".unsent").wait_for(state="detached")
    assert (len(kept(office, first)), len(kept(office, second))) == (0, 1)
    handed_to(first)
    page.locator(".unsent").wait_for(state="detached")
    page.get_by_role("button", name=words.say("taken_one", k=2), exact=True).wait_for()
    assert (len(kept(office, first)), len(kept(office, second))) == (1, 1)
    assert not page.get_by_text(words.say("others_one")).is_visible()


def test_what_an_older_page_kept_without_a_name_is_of_whom_the_kept_plan_is_for(phone, live, office) -> None:
    first, second = on_plan(office), on_plan(office)
    page = phone(first)
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(timespec="seconds"), "mood": 3}
    unnamed = "([id, entry]) => Keep.drop('owner').then(() => Keep.add({ id, made: 1, entry }))"
    page.evaluate(unnamed, [str(uuid.uuid4()), entry])
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    page.locator(".unsent").wait_for(state="detached")
    assert len(kept(office, first)) == 1
    page.evaluate(unnamed, [str(uuid.uuid4()), entry])
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, second).token, "url": f"{live}/p/"}])
    page.reload()
    page.get_by_text("1 entry of the person who used this phone before was not sent").wait_for()
    assert kept(office, second) == []


def test_a_page_left_open_by_the_person_before_writes_into_no_other_record(phone, live, office) -> None:
    first, second = on_plan(office), on_plan(office)
    page = phone(first)
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, second).token, "url": f"{live}/p/"}])
    tap(page, "Bad day")
    tap(page, "8")
    page.get_by_text("1 entry of the person who used this phone before was not sent").wait_for()
    assert kept(office, first) == kept(office, second) == []


def test_an_entry_that_the_clinic_refuses_stays_and_says_why(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.route(
        "**/p/entries/", lambda route: route.fulfill(status=409, json={"why": "An entry with this id is kept already."})
    )
    tap(page, "Bad day")
    tap(page, "8")
    tap(page, "Close")
    page.get_by_text("Call the clinic and read them this: An entry with this id is kept already.").wait_for()
    accessible(page)


def test_the_inviting_page_is_accessible(page_as, office) -> None:
    case = on_plan(office)
    page = page_as("nurse")
    page.goto(f"/patients/{case}/phone/")
    page.get_by_role("button", name="Invite a phone").click()
    page.locator(".qr svg").wait_for()
    accessible(page)


def test_a_pressure_that_forbids_the_drug_is_answered_at_once(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.context.set_offline(True)
    tap(page, "More")
    tap(page, "Blood pressure")
    page.get_by_label("Upper number").fill("120")
    page.get_by_label("Lower number").fill("130")
    tap(page, "Save")
    page.get_by_text("These numbers cannot be right").wait_for()
    page.get_by_label("Upper number").fill("182")
    page.get_by_label("Lower number").fill("95")
    fits(page)
    tap(page, "Save")
    page.get_by_text("This is too high for this medicine").wait_for()
    fits(page)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.get_by_text("not yet sent").wait_for(state="detached")
    assert kept(office, case)[0]["blood_pressure"] == ["182/95 mmHg"]
    assert "pressure_stop" in [one.code for one in office.store.summary(case).tasks.values()]


def test_the_timer_counts_the_hold_and_is_silent_unless_asked(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.clock.install(time=datetime.now(UTC) - timedelta(hours=1))
    tap(page, "Timer")
    fits(page)
    assert not page.get_by_label("Sound at the end").is_checked()
    assert not page.get_by_label("Vibrate at the end").is_checked()
    tap(page, "Start")
    page.get_by_text("20:00 left").or_(page.get_by_text("19:59 left")).wait_for()
    page.clock.fast_forward("20:01")
    page.get_by_text("Now swallow.").wait_for()
    fits(page)
    tap(page, "Done, swallowed")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.clock.resume()
    page.locator(".unsent").wait_for(state="detached")
    (dose,) = kept(office, case)[0]["doses"]
    assert (dose["hold_minutes"], dose["then"], dose["what"]) == (20, "swallowed", "taken")


@pytest.mark.parametrize(("set_by", "held"), [(-9, 5), (-2, 5), (3, 8)])
def test_a_clock_that_is_set_during_the_hold_costs_no_dose(phone, office, set_by, held) -> None:
    """``set_by`` in minutes, after five of holding. A clock that is ahead may be of a phone that slept."""
    case = on_plan(office)
    page = phone(case, service_workers="block")
    begun = datetime.now(UTC)
    page.clock.install(time=begun)
    tap(page, "Timer")
    tap(page, "Start")
    page.clock.fast_forward("05:00")
    page.clock.set_system_time(begun + timedelta(minutes=5 + set_by))
    tap(page, "Done, swallowed")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.locator(".unsent").wait_for(state="detached")
    (dose,) = kept(office, case)[0]["doses"]
    assert (dose["hold_minutes"], dose["then"], dose["what"]) == (held, "swallowed", "taken")


@pytest.mark.parametrize(("hour", "offered"), [(0, True), (11, True), (12, False), (23, False)])
def test_until_noon_an_entry_can_be_for_yesterday(phone, office, hour, offered) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case, service_workers="block")
    day = today() - timedelta(days=1)
    at = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    page.clock.set_fixed_time(at)
    of_one_clock(page, at)
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    choice = page.get_by_role("button", name="Yesterday", exact=True)
    assert choice.is_visible() is offered
    if offered:
        choice.click()
    tap(page, "Bad day")
    tap(page, "7")
    wait_sent(page)
    (one,) = kept(office, case)
    assert one["day"] == (day - timedelta(days=1 if offered else 0)).isoformat()
    assert one["entered"] == day.isoformat()


def at_night(page: Any) -> datetime:
    """The clock of the phone stands at three minutes to midnight of yesterday; the midnight that comes is returned."""
    midnight = datetime(today().year, today().month, today().day, tzinfo=UTC)
    page.clock.install(time=midnight - timedelta(minutes=3))
    of_one_clock(page, midnight - timedelta(minutes=3))
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    return midnight


def test_a_page_left_open_over_midnight_turns_to_the_new_day(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case, service_workers="block")
    at_night(page)
    tap(page, "Taken")
    tap(page, "Back")
    page.get_by_text("taken at").wait_for()
    page.clock.fast_forward("10:00")
    page.get_by_role("button", name="Yesterday", exact=True).wait_for()
    assert not page.get_by_text("taken at").is_visible()
    page.get_by_role("button", name="Taken", exact=True).wait_for()
    tap(page, "Bad day")
    assert not page.locator(".of-day").is_visible()
    tap(page, "8")
    wait_sent(page)
    assert [one["day"] for one in kept(office, case)] == [
        (today() - timedelta(days=1)).isoformat(), today().isoformat(),
    ]  # fmt: skip


def test_a_tap_on_the_page_of_the_day_before_turns_it_and_does_not_count(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case, service_workers="block")
    midnight = at_night(page)
    page.clock.set_fixed_time(midnight + timedelta(minutes=7))
    tap(page, "Taken")
    page.get_by_role("button", name="Yesterday", exact=True).wait_for()
    assert page.locator(".eleven").count() == 0
    assert kept(office, case) == []
    tap(page, "Bad day")
    tap(page, "8")
    wait_sent(page)
    assert [one["day"] for one in kept(office, case)] == [today().isoformat()]


def test_help_is_never_held_up_by_the_turn_of_the_day(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case, service_workers="block")
    midnight = at_night(page)
    page.clock.set_fixed_time(midnight + timedelta(minutes=7))
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    for _ in range(200):  # the page of danger shows no receipt
        if kept(office, case):
            break
        page.wait_for_timeout(50)
    assert [(one["day"], one["flags"]) for one in kept(office, case)] == [(today().isoformat(), ["chest_pain"])]


def test_what_was_begun_before_midnight_stays_of_its_day_and_says_so(phone, office) -> None:
    case = on_plan(office, since=today() - timedelta(days=5))
    page = phone(case, service_workers="block")
    at_night(page)
    tap(page, "Questions")
    tap(page, "6")
    page.clock.fast_forward("10:00")
    page.locator(".of-day").get_by_text("Yesterday").wait_for()
    fits(page)
    accessible(page)
    for words in ("Partly", "7", "6"):
        tap(page, words)
        page.locator(".of-day").get_by_text("Yesterday").wait_for()
    tap(page, "No side effects")
    wait_sent(page)
    tap(page, "Close")
    page.get_by_role("button", name="Today", exact=True, pressed=True).wait_for()
    (one,) = kept(office, case)
    assert (one["day"], one["pain"]) == ((today() - timedelta(days=1)).isoformat(), {"average": 6})


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_the_time_of_writing_is_the_local_one_with_its_offset(page_as, live, office, zone) -> None:
    case = on_plan(office, zone=zone)
    page = page_as("", size="phone", timezone_id=zone)
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    tap(page, "Bad day")
    tap(page, "7")
    wait_sent(page)
    (one,) = kept(office, case)
    written = datetime.fromisoformat(one["entered"])
    assert written.utcoffset() == datetime.now(ZoneInfo(zone)).utcoffset()
    assert abs(written - datetime.now(UTC)) < timedelta(minutes=1)
    assert one["day"] == datetime.now(ZoneInfo(zone)).date().isoformat()


def test_a_browser_without_a_safe_place_still_writes_while_it_is_online(page_as, live, office) -> None:
    case = on_plan(office)
    page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
    page.goto("/p/")
    page.get_by_text("This browser cannot keep entries").wait_for()
    tap(page, "Bad day")
    tap(page, "7")
    wait_sent(page)
    assert len(kept(office, case)) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_whom_to_call_stands_on_the_page_of_danger_and_can_be_tapped(page_as, live, office, language) -> None:
    case = on_plan(office, language=language)
    words = office.library.phone.of(language).words
    page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])

    def answer(route: Any) -> None:
        got = route.fetch()
        text = re.sub(
            r'"phone": "[^"]*", "emergency": "[^"]*"', '"phone": "+1 202 555 0100", "emergency": "112"', got.text()
        )
        route.fulfill(response=got, body=text)

    page.route(f"{live}/p/", answer)
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    tap(page, words["help"])
    fits(page)
    accessible(page)
    assert page.locator("a[href='tel:112']").is_visible()
    for name in ("flag_cannot_be_woken", "flag_took_extra", "flag_suicidal_thoughts"):
        tap(page, words[name])
        page.locator("a[href='tel:+12025550100']").wait_for()
        fits(page)
        page.go_back()
