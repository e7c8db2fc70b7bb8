"""A browser without a store: its pages tell each other whose phone it is, and only another person clears a page."""

from typing import Any

import pytest

from tests.web.phone_cases import on_plan, phone_of

NO_STORE = """Object.defineProperty(IDBFactory.prototype, 'open', {
  value() { throw new DOMException('The operation is insecure.', 'SecurityError'); } })"""
TYPED = "My chest has been tight since this morning and"


@pytest.fixture
def browser_of(page_as, live, office):
    def made(case: str) -> Any:
        page = page_as("", size="phone", timezone_id="UTC", service_workers="block")
        page.context.add_init_script(NO_STORE)
        handed_to(page, live, office, case)
        return page

    return made


def handed_to(page: Any, live: str, office: Any, case: str) -> None:
    page.context.add_cookies([{"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}])


def diary(page: Any) -> Any:
    page.goto("/p/")
    page.wait_for_selector("html[data-ready=yes]")
    return page


@pytest.mark.parametrize("channel", [True, False], ids=["channel", "storage event"])
def test_a_message_that_is_being_typed_stays_while_the_same_person_opens_the_diary(browser_of, office, channel) -> None:
    page = browser_of(on_plan(office))
    if not channel:
        page.context.add_init_script("delete window.BroadcastChannel")
    page.goto("/p/messages/")
    page.evaluate("window.heard = 0; addEventListener('storage', () => { heard += 1; })")
    page.fill("#text", TYPED)
    diary(page.context.new_page())
    page.wait_for_function("heard > 0")
    page.wait_for_timeout(300)
    assert (page.url.endswith("/p/messages/"), page.input_value("#text")) == (True, TYPED)


@pytest.mark.parametrize("address", ["/p/messages/", "/p/trend/", "/p/plan/", "/p/phone/", "/p/reminder/"])
def test_a_page_of_the_person_before_is_cleared(browser_of, live, office, address) -> None:
    page = browser_of(on_plan(office, name="Before (synthetic)"))
    page.goto(address)
    handed_to(page, live, office, on_plan(office))
    with page.expect_navigation(url="**/p/"):
        diary(page.context.new_page())


def test_a_diary_of_the_person_before_is_left(browser_of, live, office) -> None:
    before, after = on_plan(office), on_plan(office, dose="50 mg")
    page = diary(browser_of(before))
    page.get_by_text("25 mg = 1 and a quarter troches").wait_for()
    handed_to(page, live, office, after)
    diary(page.context.new_page())
    page.get_by_text("50 mg = ").wait_for()
    assert page.get_by_text("25 mg = 1 and a quarter").count() == 0


def test_of_whose_phone_it_was_nothing_stays_in_the_open(browser_of, office) -> None:
    case = on_plan(office)
    page = diary(browser_of(case))
    assert case not in page.evaluate("JSON.stringify(localStorage)")
