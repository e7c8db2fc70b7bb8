"""The policy table: every address of the clinic, who may open it, and whose record it shows.

``urlpatterns`` are made from it, so that an address without a row does not exist; what a library brings (sign-in) is
listed by name, and anything else of theirs stops the start.
"""

from django.urls import URLPattern, include, path

from titrant.web import health
from titrant.web.access import EVERYBODY, STAFF, Route
from titrant.web.checks import doubled, undeclared
from titrant.web.errors import not_found
from titrant.web.phone import copies, entries, joining, pages, push, reminder, shell
from titrant.web.staff import (
    audit,
    clinic_report,
    emergency,
    exports,
    law,
    messages,
    papers,
    patient,
    people,
    pharmacy,
    phones,
    protocols,
    queue_page,
    set_up,
    signing,
    starting,
    teams,
    worklist,
)

AREAS = (
    worklist,
    queue_page,
    messages,
    clinic_report,
    patient,
    starting,
    signing,
    people,
    teams,
    pharmacy,
    protocols,
    law,
    set_up,
    emergency,
    audit,
    health,
    pages,
    entries,
    joining,
    reminder,
    push,
    shell,
    phones,
    papers,
    exports,
    copies,
)
ROUTES: tuple[Route, ...] = tuple(route for area in AREAS for route in area.ROUTES)

# Addresses of the sign-in library that may be opened without a session, and those that a member of staff may open
# about themselves (also before the second factor is set up: it is set up there).
_SIGN_IN = ("account_login", "account_logout", "mfa_authenticate", "mfa_login_webauthn")
_OWN_ACCOUNT = (
    "account_reauthenticate", "account_change_password", "mfa_index", "mfa_reauthenticate", "mfa_activate_totp",
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_list_webauthn",
    "mfa_add_webauthn", "mfa_remove_webauthn", "mfa_reauthenticate_webauthn",
)  # fmt: skip
# Addresses of theirs that stay closed to everybody. One that a newer version brings is in neither list: no start.
CLOSED = frozenset({
    "account_inactive", "account_signup", "account_email", "account_email_verification_sent", "account_set_password",
    "account_reset_password", "account_confirm_login_code", "account_confirm_email", "account_reset_password_done",
    "account_reset_password_from_key_done", "account_reset_password_from_key", "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
})  # fmt: skip
_BOTH = ("GET", "POST")
LIBRARY_ROUTES = (
    *(Route("", not_found, name, EVERYBODY, methods=_BOTH) for name in _SIGN_IN),
    *(Route("", not_found, name, STAFF, methods=_BOTH) for name in _OWN_ACCOUNT),
)
BEFORE_SECOND_FACTOR = frozenset({*_SIGN_IN, *_OWN_ACCOUNT})
ROUTE_BY_NAME = {route.name: route for route in (*ROUTES, *LIBRARY_ROUTES)}
DECLARED = frozenset(ROUTE_BY_NAME) | CLOSED
urlpatterns: list[URLPattern] = [
    *(path(route.path, route.view, name=route.name) for route in ROUTES),
    path("account/", include("allauth.urls")),  # type: ignore[list-item]
]

_WRONG = [*undeclared(urlpatterns, DECLARED), *doubled((*ROUTES, *LIBRARY_ROUTES))]
if _WRONG:
    raise RuntimeError(f"Without a row, or with two, in the policy table: {', '.join(_WRONG)}")
