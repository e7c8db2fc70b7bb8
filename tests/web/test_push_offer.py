"""In a real browser: what the page offers, that it asks only on a tap, and what the phone shows of a push."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clinic.signing_by_hand import NURSE
from tests.web.browser import accessible
from tests.web.phone_cases import on_plan, phone_of
from tests.web.push_service import Service, push_service
from tests.web.test_push import key, work  # noqa: F401 - a fixture
from titrant.clinic.acts import messages

OFFER, OFF = "Remind me on this phone", "No reminders on this phone"
ASKED = "window.asked = 0; const ask = Notification.requestPermission; Notification.requestPermission = "
COUNT = ASKED + "() => { window.asked += 1; return ask.call(Notification); };"


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as made:
        yield made


@pytest.fixture
def reminder(page_as, live, office):
    """The reminder page of a patient's phone: ``reminder(script, granted=True)``."""

    def made(script: str = COUNT, *, granted: bool = True, **person: Any) -> tuple[Any, str]:
        page, case = page_as("", size="phone"), on_plan(office, **person)
        cookie = {"name": "phone", "value": phone_of(office, case).token, "url": f"{live}/p/"}
        page.context.add_cookies([cookie])
        if granted:
            page.context.grant_permissions(["notifications"], origin=live)
        page.add_init_script(script)
        page.goto("/p/")
        page.wait_for_selector("html[data-ready=yes]")
        page.goto("/p/reminder/")
        page.wait_for_load_state("networkidle")
        return page, case

    return made


def stand_in(subscription: dict[str, Any]) -> str:
    """Takes the place of the maker of the browser, who cannot be reached here: gives out ``subscription``."""
    return f"""
    let made = null;
    PushManager.prototype.getSubscription = async () => made;
    PushManager.prototype.subscribe = async (how) => {{
      window.how = {{ visible: how.userVisibleOnly, bytes: how.applicationServerKey.length }};
      made = {{ toJSON: () => ({json.dumps(subscription)}), unsubscribe: async () => {{ made = null; return true; }} }};
      return made;
    }};"""


def test_without_a_key_nothing_is_offered(reminder) -> None:
    page, _ = reminder()
    assert page.locator("#push").count() == 0
    assert page.evaluate("window.asked") == 0


def test_it_is_offered_and_nobody_is_asked_before_a_tap(reminder, key) -> None:  # noqa: F811
    page, _ = reminder(COUNT + " PushManager.prototype.subscribe = async () => { throw new Error('none'); };")
    page.get_by_role("button", name=OFFER).wait_for()
    assert page.evaluate("window.asked") == 0
    assert not page.get_by_role("button", name=OFF).is_visible()
    accessible(page)
    page.get_by_role("button", name=OFFER).click()
    page.get_by_text("That did not work").wait_for()
    assert page.evaluate("window.asked") == 1


def test_where_the_browser_has_refused_it_says_so_and_offers_nothing(reminder, key) -> None:  # noqa: F811
    page, _ = reminder("Object.defineProperty(Notification, 'permission', { get: () => 'denied' });", granted=False)
    page.get_by_text("does not let the diary remind you").wait_for()
    assert not page.get_by_role("button", name=OFFER).is_visible()


def test_a_browser_that_cannot_is_offered_nothing(reminder, key) -> None:  # noqa: F811
    page, _ = reminder("delete window.PushManager;")
    assert not page.locator("#push").is_visible()


def test_a_no_on_the_tap_keeps_nothing(reminder, key, office) -> None:  # noqa: F811
    from titrant.storage.models import Device

    no = "Object.defineProperty(Notification, 'permission', { get: () => 'default' });"
    page, case = reminder(f"{no} Notification.requestPermission = async () => 'denied';", granted=False)
    page.get_by_role("button", name=OFFER).click()
    page.get_by_text("does not let the diary remind you").wait_for()
    assert Device.objects.get(case=case).push == ""


def test_a_service_that_cannot_be_reached_is_told(reminder, key) -> None:  # noqa: F811
    page, _ = reminder("PushManager.prototype.subscribe = async () => { throw new Error('none'); };")
    page.get_by_role("button", name=OFFER).click()
    page.get_by_text("That did not work").wait_for()
    assert page.get_by_role("button", name=OFFER).is_visible()


def test_one_tap_turns_it_on_and_one_off_and_what_is_pushed_arrives(reminder, key, service, office) -> None:  # noqa: F811
    from titrant.storage.models import Device

    page, case = reminder(stand_in(service.subscription()))
    page.get_by_label("Remind me at").fill("19:30")
    page.get_by_role("button", name=OFFER).click()
    page.get_by_text("This phone reminds you.").wait_for()
    assert page.evaluate("window.how") == {"visible": True, "bytes": 65}
    one = Device.objects.get(case=case)
    assert (bool(one.push), one.reminder_at) == (True, "19:30")
    accessible(page)
    messages.send(office, NURSE, case, "Please call.", "form")
    work(office, office.now())
    assert [said["title"] for said in service.got] == ["A message is waiting"]
    page.get_by_role("button", name=OFF).click()
    page.get_by_role("button", name=OFFER).wait_for()
    assert Device.objects.get(case=case).push == ""


PUSHED = [
    ('{"title": "Time for your diary", "tag": "reminder"}', "Time for your diary"),
    ("", "My diary"),
    ("not what was sent", "My diary"),
]


def pushed(page: Any, live: str, data: str) -> list[str]:
    """Deliver ``data`` to the service worker as the browser does; the titles of what the phone then shows."""
    page.evaluate("navigator.serviceWorker.ready")
    devtools, found = page.context.new_cdp_session(page), []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda news: found.extend(news["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    number = found[-1]["registrationId"]
    devtools.send("ServiceWorker.deliverPushMessage", {"origin": live, "registrationId": number, "data": data})
    page.wait_for_timeout(500)
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications())"
    return page.evaluate(f"{shown}.then((all) => all.map((one) => one.title))")


@pytest.mark.parametrize(("data", "shown"), PUSHED)
def test_the_phone_shows_what_was_pushed_and_a_push_without_words_too(reminder, live, data, shown) -> None:
    page, _ = reminder()
    assert pushed(page, live, data) == [shown]


TAPPED = """async () => {
  const went = [];
  self.clients.openWindow = async (url) => { went.push(url); };
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return [went, (await self.registration.getNotifications()).length];
}"""


def test_a_tap_on_it_opens_the_diary(reminder, live) -> None:
    page, _ = reminder()
    pushed(page, live, PUSHED[0][0])
    assert page.context.service_workers[0].evaluate(TAPPED) == [["/p/"], 0]
