"""The policy table: every address of the clinic, who may open it, and whose record it shows.

``urlpatterns`` are made from it, so that an address without a row does not exist; what a library brings (sign-in) is
listed by name, and anything else of theirs stops the start.
"""

from django.urls import URLPattern, include, path

from titrant.web.access import EVERYBODY, Route
from titrant.web.errors import not_found
from titrant.web.staff import patient, pharmacy, protocols, worklist

ROUTES: tuple[Route, ...] = (*worklist.ROUTES, *patient.ROUTES, *pharmacy.ROUTES, *protocols.ROUTES)

# Addresses of the sign-in library that may be opened, and by whom.
_SIGN_IN = ("account_login", "account_logout", "account_reauthenticate", "mfa_authenticate", "mfa_login_webauthn")
LIBRARY_ROUTES = tuple(Route("", not_found, name, EVERYBODY, methods=("GET", "POST")) for name in _SIGN_IN)
ROUTE_BY_NAME = {route.name: route for route in (*ROUTES, *LIBRARY_ROUTES)}
urlpatterns: list[URLPattern] = [
    *(path(route.path, route.view, name=route.name) for route in ROUTES),
    path("account/", include("allauth.urls")),  # type: ignore[list-item]
]
