"""The doors in a real browser: accessible at every size, whole under the strict policy, and open by passkey."""

import time
import uuid
from typing import Any

import pytest

from tests.web.browser import SIZES, accessible, no_wider
from tests.web.conftest import new_case
from tests.web.test_doors import sign_in
from tests.web.visitors import browser

PASSWORD = "a long synthetic password"
PAGES = {
    "": ("/account/login/",),
    "administrator": (
        "/people/",
        "/people/invite/",
        "/clinic/",
        "/set-up/clinic/",
        "/account/2fa/",
        "/account/2fa/totp/activate/",
    ),
    "auditor": ("/audit/", "/people/"),
    "nurse": ("/emergency/",),
}


@pytest.mark.parametrize("role", PAGES)
def test_pages_of_people_fit_and_are_accessible(page_as, office, role) -> None:
    new_case(office.store)
    pages = {size: page_as(role, size) for size in SIZES}
    for address in PAGES[role]:
        for page in pages.values():
            page.goto(address)
            no_wider(page)
        accessible(pages["desk"])


def test_everything_at_the_sign_in_works_by_keyboard(page_as, staff) -> None:
    person = _person(staff)
    page = page_as()
    page.goto("/account/login/")
    page.focus("[name=login]")
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    assert page.locator(".who").inner_text().startswith(person.name)


def test_a_passkey_lets_in_while_somebody_guesses(page_as, staff, live) -> None:
    """T35: the true clinician is in within five seconds, whatever is tried at the password meanwhile."""
    person, page = _person(staff), page_as()
    here = live.replace("127.0.0.1", "localhost")  # passkeys belong to a name, not to a number
    _authenticator(page)
    page.goto(f"{here}/account/login/")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button.primary")
    page.goto(f"{here}/account/2fa/webauthn/add/")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/**")
    accessible(page)
    page.click("text=Sign out")
    for index in range(8):
        sign_in(browser(), person, f"wrong {index}", REMOTE_ADDR=f"198.51.100.{index}")
    assert b"Too many" in sign_in(browser(), person, PASSWORD).content
    begun = time.monotonic()
    page.goto(f"{here}/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{here}/")
    assert time.monotonic() - begun < 5
    _confirm_by_passkey(page, here)


def _confirm_by_passkey(page: Any, here: str) -> None:
    """The mark that a signature may use."""
    page.goto(f"{here}/account/2fa/webauthn/reauthenticate/?next=/people/")
    accessible(page)
    page.click("#mfa_webauthn_reauthenticate")
    page.wait_for_url("**/people/")


def test_where_no_passkey_can_be_used_it_is_said(page_as) -> None:
    page = page_as()
    page.goto("/account/login/")
    page.click("#passkey_login")
    page.wait_for_selector("#passkey_fault:visible")
    assert "secure address" in page.inner_text("#passkey_fault")


def _authenticator(page: Any) -> None:
    """A platform authenticator of the browser's own, which says yes."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    now = {"isUserVerified": True, "automaticPresenceSimulation": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **now}})


def _person(staff: Any) -> Any:
    one = staff("nurse", name=f"Nora {uuid.uuid4().hex[:4]} (synthetic)")
    one.set_password(PASSWORD)
    one.save()
    return one
