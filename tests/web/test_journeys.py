"""Journeys by role, as a clinician would tell them (journeys/*.yaml), played on the demo clinic in Chromium.

Only what a person can see and press is used: buttons and links by keyboard on the desk, taps on the phone. Each kind of
page that is met must fit its window and pass axe, once for each size.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from tools.stories import PASSWORD, demo

from tests.web.browser import SIZES, accessible, no_wider, wait_for_answer

PEOPLE = {
    "prescriber": "Dr Petra Salt", "second prescriber": "Dr Samir Stone", "nurse": "Nora Kettle",
    "south nurse": "Sven Ladle", "pharmacist": "Phil Mortar", "administrator": "Adele Ledger", "auditor": "Otto Ruler",
}  # fmt: skip
_JOURNEYS = [
    one for path in sorted(Path(__file__).parent.glob("journeys/*.yaml")) for one in yaml.safe_load(path.open())
]
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\?.*|(?<=/p/enrol/).*")
_SIZES = ["desk", *(pytest.param(size, marks=pytest.mark.release) for size in SIZES if size != "desk")]


class Journey:
    """One or several people at their browsers; ``page`` is where the story is at the moment."""

    def __init__(self, browser: Any, address: str, size: str, looked: set[tuple[str, str]]) -> None:
        self._browser, self._address, self._size, self._looked = browser, address, size, looked
        self._pages: dict[str, Any] = {}
        self._case = ""
        self.page: Any = None

    def tell(self, who: str, steps: list[dict[str, Any]]) -> None:
        self.as_(who)
        for step in steps:
            ((verb, what),) = step.items()
            getattr(self, f"{verb.replace(' ', '_')}{'_' if verb == 'as' else ''}")(what)

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    # Who

    def as_(self, who: str) -> None:
        if who not in self._pages:
            self._pages[who] = self._phone(who) if who.startswith("the phone of") else self._signed_in(who)
        self.page = self._pages[who]
        self._look()

    def _new(self, size: str) -> Any:
        width, height = SIZES[size]
        context = self._browser.new_context(viewport={"width": width, "height": height}, base_url=self._address)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    def _signed_in(self, who: str) -> Any:
        page = self._new(self._size)
        page.goto("/account/login/")
        page.get_by_role("button", name=PEOPLE[who]).press("Enter")
        page.wait_for_url(lambda url: "/account/login/" not in url)
        return page

    def _phone(self, who: str) -> Any:
        """A phone that a nurse has just let in."""
        self.as_("nurse")
        self.page_of(who.removeprefix("the phone of "))
        self.presses("Phone")
        self.presses("Invite a phone")
        link = self.page.locator("text=/p\\/enrol\\//").first.inner_text()
        phone = self._new("phone")
        phone.goto("/p/enrol/" + link.split("/p/enrol/")[1].split()[0])
        phone.locator("main button").first.click()
        phone.wait_for_selector("html[data-ready=yes]")
        phone.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        return phone

    def meanwhile(self, other: dict[str, Any]) -> None:
        page, case = self.page, self._case
        self.tell(other["who"], other["steps"])
        self.page, self._case = page, case

    # Where

    def finds(self, name: str) -> None:
        self.page.goto("/?" + urlencode({"words": name}))
        self._look()

    def page_of(self, name: str) -> None:
        self.finds(name)
        link = self.page.locator("a.open", has_text=name).get_attribute("href")
        self._case = re.findall(r"[0-9a-f-]{36}", link)[0]
        self.goes_to("")

    def goes_to(self, path: str) -> None:
        self.page.goto(path if path.startswith("/") else f"/patients/{self._case}/{path}")
        self._look()

    # What is done

    def _named(self, name: str) -> Any:
        button, link = (self.page.get_by_role(role, name=name, exact=True) for role in ("button", "link"))
        return button.or_(link).locator("visible=true")

    def presses(self, name: str) -> None:
        """With the keyboard: reached, and Enter."""
        self._named(name).first.press("Enter")
        self._look()

    def unfolds(self, name: str) -> None:
        self.page.locator("summary", has_text=name).first.press("Enter")

    def picks(self, name: str) -> None:
        found = self.page.get_by_role("radio", name=name).or_(self.page.get_by_role("checkbox", name=name))
        found.first.press("Space")
        assert found.first.is_checked(), name

    def chooses(self, what: dict[str, str]) -> None:
        for label, option in what.items():
            self.page.get_by_label(label).locator("visible=true").first.select_option(label=option)

    def types(self, what: dict[str, str]) -> None:
        for label, text in what.items():
            self.page.get_by_label(label).locator("visible=true").first.fill(self._said(text))

    def _said(self, text: str) -> str:
        if text == "the demo password":
            return PASSWORD
        if text == "what the text says":
            found = re.search(r"([0-9.]+) mg on a dosing day", self.page.locator("#signed-text").inner_text())
            return found[1] if found else "0"
        back = re.fullmatch(r"(\d) days ago", text)
        return f"{datetime.now(UTC).date() - timedelta(days=int(back[1]))}" if back else text

    def taps(self, names: list[str]) -> None:
        for name in names:
            self.page.get_by_role("button", name=name, exact=True).first.click()

    def loses_the_network(self, _: None) -> None:
        self.page.context.set_offline(True)

    def has_the_network_again(self, _: None) -> None:
        self.page.locator(".unsent").wait_for()  # the words of danger come before the phone has written them down
        self.page.context.set_offline(False)
        self.page.evaluate("window.dispatchEvent(new Event('online'))")
        self.page.locator(".unsent").wait_for(state="detached")

    # What is seen

    def reads(self, texts: list[str]) -> None:
        for text in texts:
            self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def does_not_read(self, texts: list[str]) -> None:
        said = self.page.inner_text("body")
        assert not [text for text in texts if text in said]

    def cannot_press(self, name: str) -> None:
        assert self._named(name).count() == 0, name

    def _look(self) -> None:
        """Nothing scrolls sideways, ever; axe once for each kind of page."""
        no_wider(self.page)
        kind = (_IDS.sub("", self.page.url), self._size)
        if kind not in self._looked:
            accessible(self.page)
            self._looked.add(kind)


@pytest.fixture(scope="module", params=_SIZES)
def clinic(request: Any, chromium: Any) -> Iterator[Any]:
    """A fresh demo clinic for all journeys of a size; each has a patient of its own."""
    looked: set[tuple[str, str]] = set()
    with demo() as address:
        wait_for_answer(address)
        yield lambda: Journey(chromium, address, request.param, looked)


@pytest.mark.parametrize("one", _JOURNEYS, ids=lambda one: one["journey"])
def test_journey(clinic: Any, one: dict[str, Any]) -> None:
    journey = clinic()
    try:
        journey.tell(one["who"], one["steps"])
    finally:
        journey.close()


def test_a_journey_that_ends_elsewhere_is_found(clinic: Any) -> None:
    """The planted fault: a nurse who could press Sign would fail the story that says she cannot."""
    journey = clinic()
    try:
        journey.tell("prescriber", [{"page of": "Signe Dahl"}, {"goes to": "sign/?action=stop"}])
        with pytest.raises(AssertionError, match="Sign"):
            journey.cannot_press("Sign out")
        with pytest.raises(AssertionError):
            journey.does_not_read(["Signe Dahl"])
    finally:
        journey.close()
