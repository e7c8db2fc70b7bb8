"""What goes wrong under the page, the store or the way to the clinic: no tap is lost, no red flag waits in silence."""

from typing import Any

import pytest

from tests.web.browser import accessible
from tests.web.phone_cases import on_plan, phone_of

# As WebKit does it to a page in the background: every connection that stands is dead, and a new one works.
DROPPED = """
  const bases = window.bases = [];
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    const request = open.apply(this, given);
    request.addEventListener('success', () => bases.push(request.result));
    return request;
  };
"""
DROP = "bases.forEach((base) => base.close())"
DELETE = """new Promise((done, fail) => {
  Object.assign(indexedDB.deleteDatabase('titrant-diary'), { onsuccess: done, onblocked: fail });
})"""
FAIL = """() => {
  window.whole = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = () => {
    throw new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError');
  };
}"""
HANG = "IDBFactory.prototype.open = () => ({}); bases.forEach((base) => base.close())"
MEND = "IDBDatabase.prototype.transaction = window.whole; document.dispatchEvent(new Event('visibilitychange'))"
NOT_KEPT = "This browser cannot keep entries without the internet."


@pytest.fixture
def phone(page_as, live, office):
    def made(case: str) -> Any:
        page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
        page.add_init_script(DROPPED)
        page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])
        page.goto("/p/")
        page.wait_for_selector("html[data-ready=yes]")
        return page

    return made


def tap(page: Any, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def taken_and_a_red_flag(page: Any) -> None:
    tap(page, "Taken")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.locator(".unsent").wait_for(state="detached")
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()


def reached(office: Any, case: str, page: Any) -> list[dict[str, Any]]:
    """The entries of the clinic, once two of them are there."""
    for _ in range(100):
        found = office.store.open(case).tree["given"].get("diary", [])
        if len(found) >= 2:
            break
        page.wait_for_timeout(100)
    page.locator(".unsent").wait_for(state="detached")
    return office.store.open(case).tree["given"].get("diary", [])


def both(office: Any, case: str, page: Any) -> None:
    dose, flag = reached(office, case, page)
    assert (dose["doses"][0]["what"], flag["flags"]) == ("taken", ["chest_pain"])
    assert [task.code for task in office.store.summary(case).tasks.values()] == ["chest_pain"]


@pytest.mark.parametrize("loss", [DROP, DELETE], ids=["dropped", "deleted"])
def test_a_store_that_was_taken_away_is_opened_again_and_nothing_is_lost(phone, office, loss) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate(loss)
    tap(page, "Taken")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.locator(".unsent").wait_for(state="detached")
    page.evaluate(loss)
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    both(office, case, page)
    assert not page.get_by_text(NOT_KEPT).is_visible()


def test_after_the_store_was_lost_an_entry_is_still_kept_without_a_network(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate(DELETE)  # the key goes with the boxes: what is kept from now on is sealed with the new one
    page.context.set_offline(True)
    tap(page, "Bad day")
    tap(page, "9")
    page.get_by_text("Kept on this phone").wait_for()
    page.context.set_offline(False)
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    page.locator(".unsent").wait_for(state="detached")
    assert [one["pain"] for one in office.store.open(case).tree["given"]["diary"]] == [{"average": 9}]


@pytest.mark.parametrize("fault", [FAIL, HANG], ids=["fails", "never answers"])
def test_where_the_store_is_lost_for_good_all_is_sent_and_the_page_says_so(phone, office, fault) -> None:
    case = on_plan(office)
    page = phone(case)
    page.evaluate(fault)
    taken_and_a_red_flag(page)
    both(office, case, page)
    page.get_by_text(NOT_KEPT).wait_for()
    accessible(page)


def red_flag_offline(page, fault: str) -> None:
    """Chest pain is told where there is no network and the store has a fault."""
    page.evaluate(fault)
    page.context.set_offline(True)
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()


def go_online(page) -> None:
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def test_without_store_and_network_the_page_of_danger_says_that_nothing_is_kept(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    red_flag_offline(page, FAIL)
    page.get_by_text(NOT_KEPT).wait_for()
    page.get_by_text("1 not yet sent").wait_for()
    help_now, not_kept = (page.get_by_text(one).bounding_box() for one in ("Sit down. Do not drive.", NOT_KEPT))
    assert help_now["y"] < not_kept["y"], "the words of danger come first"
    tap(page, "Close")
    assert not page.get_by_text("Kept on this phone").is_visible()
    tap(page, "Bad day")
    tap(page, "9")
    page.get_by_role("heading", name="Thank you").wait_for()
    assert not page.get_by_text("Kept on this phone").is_visible()
    go_online(page)
    flag, bad = reached(office, case, page)
    assert (flag["flags"], bad["pain"]) == (["chest_pain"], {"average": 9})


def test_while_the_store_does_not_answer_a_red_flag_is_not_said_to_be_kept(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    red_flag_offline(page, HANG)
    tap(page, "Close")
    page.wait_for_timeout(1_000)
    assert not page.get_by_text("Kept on this phone").is_visible()
    page.get_by_text("1 not yet sent", exact=True).first.wait_for()  # the store was given up, the page holds it
    assert not page.get_by_text("Kept on this phone").is_visible()
    go_online(page)
    page.locator(".unsent").wait_for(state="detached")
    assert [one["flags"] for one in office.store.open(case).tree["given"]["diary"]] == [["chest_pain"]]


def test_a_store_that_comes_back_takes_over_what_the_page_alone_had_kept(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.context.set_offline(True)
    page.evaluate(FAIL)
    tap(page, "Taken")
    page.get_by_text(NOT_KEPT).wait_for()
    page.evaluate(MEND)
    page.get_by_text(NOT_KEPT).wait_for(state="detached")
    page.context.set_offline(False)
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    page.get_by_text("taken at").wait_for()
    page.locator(".unsent").wait_for(state="detached")
    assert len(office.store.open(case).tree["given"]["diary"]) == 1


def test_a_red_flag_that_waits_on_the_phone_is_sent_also_when_the_store_fails_later(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.context.set_offline(True)
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    page.get_by_text("1 not yet sent").wait_for()
    assert not page.get_by_text(NOT_KEPT).is_visible(), "it is on the disk"
    page.evaluate(FAIL)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_text(NOT_KEPT).wait_for()
    for _ in range(2):  # what was looked at once more is not forgotten either
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(200)
        page.locator(".unsent").get_by_text("1 not yet sent").wait_for()
    tap(page, "Close")
    page.locator(".banner.ok").get_by_text("1 not yet sent").wait_for()
    assert page.get_by_text("Sent", exact=True).count() == 0
    go_online(page)
    page.locator(".unsent").wait_for(state="detached")
    page.evaluate(MEND)  # on the disk it lay still: sent again, it counts once
    page.get_by_text(NOT_KEPT).wait_for(state="detached")
    page.locator(".unsent").wait_for(state="detached")
    assert [one["flags"] for one in office.store.open(case).tree["given"]["diary"]] == [["chest_pain"]]
    assert [task.code for task in office.store.summary(case).tasks.values()] == ["chest_pain"]


def test_an_act_of_the_page_that_fails_is_said(phone, office) -> None:
    page = phone(on_plan(office))
    page.evaluate("() => { Keep.add = async () => { throw new Error('planted'); }; }")
    page.evaluate("window.addEventListener('unhandledrejection', (event) => event.preventDefault())")
    tap(page, "Taken")
    page.get_by_text("Something went wrong on this page.").wait_for()
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    page.get_by_text("Something went wrong on this page.").wait_for()


def test_a_red_flag_that_comes_while_another_entry_is_on_its_way_is_sent_after_it(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    held: list[Any] = []
    page.route("**/p/entries/", lambda route: held.append(route) if not held else route.continue_())
    tap(page, "Taken")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    page.get_by_text("2 not yet sent").wait_for()
    held[0].continue_()
    both(office, case, page)


def test_an_entry_at_which_the_clinic_stumbles_holds_back_no_red_flag(phone, office) -> None:
    case = on_plan(office)
    page = phone(case)
    page.route("**/p/entries/", lambda route: route.continue_() if "chest_pain" in (route.request.post_data or "")
               else route.fulfill(status=500))  # fmt: skip
    tap(page, "Taken")
    page.get_by_role("heading", name="How strong was your pain on average?").wait_for()
    page.get_by_text("1 not yet sent").wait_for()
    tap(page, "Help now")
    tap(page, "Chest pain, or cannot breathe")
    page.get_by_role("heading", name="Get help now").wait_for()
    for _ in range(50):
        if office.store.summary(case).tasks:
            break
        page.wait_for_timeout(100)
    assert [task.code for task in office.store.summary(case).tasks.values()] == ["chest_pain"]
    page.unroute("**/p/entries/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator(".unsent").wait_for(state="detached")
    assert len(office.store.open(case).tree["given"]["diary"]) == 2
