"""Story 2 in a real browser: a day in six taps, a bad day in two, without scrolling, in flight mode, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from tests.web.browser import accessible
from tests.web.phone_cases import on_plan, phone_of, today


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
    page.get_by_text("2 not yet sent").wait_for(state="detached")
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
          const base = await new Promise((done) => { const r = indexedDB.open('titrant-diary'); r.onsuccess = () => done(r.result); });
          const all = (name) => new Promise((done) => { const r = base.transaction(name).objectStore(name).getAll(); r.onsuccess = () => done(r.result); });
          const boxes = [...await all('outbox'), ...await all('kept')];
          const text = boxes.map((box) => new TextDecoder('latin1').decode(box.data)).join('');
          const key = (await all('keys'))[0];
          let out = 'no'; try { await crypto.subtle.exportKey('raw', key); out = 'yes'; } catch {}
          const names = await caches.keys();
          const pages = (await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)))).flat();
          const bodies = (await Promise.all(names.map(async (name) => { const cache = await caches.open(name);
            return Promise.all((await cache.keys()).map(async (one) => (await cache.match(one)).clone().text())); }))).flat().join('');
          return { count: boxes.length, text, out, pages, bodies, local: JSON.stringify(localStorage) };
        }"""
    )
    assert stored["count"] >= 3
    assert "mg" not in stored["text"].replace("\n", "") or "dose" not in stored["text"]
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
