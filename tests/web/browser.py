"""A real browser on a real server: Chromium from Debian on granian over loopback, and axe on what they show."""

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.running.clinic import free_port

CHROMIUM = shutil.which("chromium")
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"phone": (360, 640), "tablet": (768, 1024), "desk": (1440, 900)}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def wait_for_answer(address: str) -> None:
    """Until the server there answers. Raises TimeoutError after a minute."""
    for _ in range(600):
        if _answers(f"{address}/account/login/"):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer within a minute")


@pytest.fixture(scope="session")
def live(clinic_database: None) -> Iterator[str]:
    """The address of the clinic of this worker, served by granian in a process of its own."""
    port = free_port()
    served = ["titrant.app.wsgi:application", "--interface", "wsgi", "--port", str(port)]
    quiet = ["--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *served, *quiet])
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_answer(address)
        yield address
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page_as(live: str, chromium: Any, signed_in: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A page with a member of staff signed in: ``page_as("nurse", size="desk")``; without a role, nobody.

    A script that fails or a policy that is broken on any page fails the test.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def made(role: str = "", size: str = "desk", **options: Any) -> Any:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, base_url=live, **options)
        contexts.append(context)
        if role:
            cookie = next(iter(signed_in(role).cookies.values()))
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(one.text) if "Content Security Policy" in one.text else None)
        return page

    yield made
    for context in contexts:
        context.close()
    assert not complaints


def settled(page: Any) -> None:
    """Until the page that was asked for is there: a press comes back when the answer has begun, not when it is read."""
    page.wait_for_load_state()


def no_wider(page: Any) -> None:
    """Asserts that nothing scrolls sideways."""
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def accessible(page: Any) -> None:
    """Asserts that axe finds nothing wrong by WCAG 2.2 A and AA.

    The whole page is in the window meanwhile: what a bar at its edge covers half is uncovered by scrolling.
    """
    from axe_playwright_python.sync_playwright import Axe

    settled(page)
    size = page.viewport_size
    whole = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size(size | {"height": max(size["height"], whole)})
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]})
    page.set_viewport_size(size)
    wrong = [
        f"{one['id']}: {one['help']} ({', '.join(str(node['target']) for node in one['nodes'][:3])})"
        for one in found.response["violations"]
    ]
    assert not wrong, "\n".join(wrong)
