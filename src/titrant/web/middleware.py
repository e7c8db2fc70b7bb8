"""At every request: strict headers, who is asking, whether they may, and a line in the log."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode

from titrant.record.events import Actor, Role
from titrant.record.ports import NotFound
from titrant.storage.audit import opened_in_emergency
from titrant.storage.devices import device_of
from titrant.storage.models import TeamMember
from titrant.storage.reads import log_read
from titrant.web.access import CLINICAL, PATIENTS, Reach, Route, Visitor, belongs_to_the_team, in_by_emergency, may
from titrant.web.errors import not_found, not_from_here, refused
from titrant.web.second_factor import has_second_factor
from titrant.web.sessions import actor_of, keep
from titrant.web.wired import office

Respond = Callable[[HttpRequest], HttpResponse]
DEVICE_COOKIE = "phone"
PHONE_PATH = "/p/"
_SAFE = ("GET", "HEAD")


def headers(respond: Respond) -> Respond:
    """Nothing may run, load or frame but what this page names; nothing personal is kept by a cache."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = respond(request)
        allowed = (
            f"default-src 'none'; script-src 'nonce-{request.nonce}'; style-src 'self'; img-src 'self' data:; "  # type: ignore[attr-defined]
            "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
        )
        response.headers.setdefault("Content-Security-Policy", allowed)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def access(respond: Respond) -> Any:
    """Let a request through only where the policy table has a row for it. Denied looks like not found."""
    from titrant.web.policy import BEFORE_SECOND_FACTOR, ROUTE_BY_NAME

    def answer(request: HttpRequest) -> HttpResponse:
        keep(request)
        request.visitor = visitor_of(request)  # type: ignore[attr-defined]
        return respond(request)

    def process_view(request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        match = request.resolver_match
        route = ROUTE_BY_NAME.get(match.view_name if match else "")
        if route is None or request.method not in (*route.methods, *(["HEAD"] if "GET" in route.methods else [])):
            return not_found(request)
        if request.method not in _SAFE and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return not_from_here(request)
        visitor: Visitor | None = request.visitor  # type: ignore[attr-defined]
        case = str(kwargs.get("case", ""))
        teams = _teams_of(case) if case else ()
        if not may(route, visitor, teams, case):
            if _asked_by_phone(request, route):
                return JsonResponse({"not_enrolled": True, "why": "This phone is not known to the clinic."}, status=404)
            return _sign_in(request) if visitor is None and _is_page(request, route) else not_found(request)
        if route.roles and route.name not in BEFORE_SECOND_FACTOR and _lacks_second_factor(request):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        request.in_emergency = in_by_emergency(visitor, teams, case)  # type: ignore[attr-defined]
        method = "GET" if request.method == "HEAD" else request.method
        if request.in_emergency and method not in route.in_emergency:  # type: ignore[attr-defined]
            return refused(request, belongs_to_the_team())
        request.route = route  # type: ignore[attr-defined]
        if visitor is not None and (case or visitor.case) and route.logged:
            log_read(visitor.actor, f"{request.method} {route.name}", case or visitor.case)
        return None

    answer.process_view = process_view  # type: ignore[attr-defined]
    return _WithView(answer, process_view)


class _WithView:
    """Django asks a middleware for ``process_view`` as an attribute of what it calls."""

    def __init__(self, answer: Respond, process_view: Any) -> None:
        self._answer, self.process_view = answer, process_view

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)


def visitor_of(request: HttpRequest) -> Visitor | None:
    """The member of staff of the session, or the patient of the device; never both.

    On the phone's own pages the device goes first: a nurse who once signed in on that browser must not make the phone
    a stranger, whose red flags nobody takes.
    """
    user = request.user
    phone = _phone_of(request)
    if phone is not None and (request.path.startswith(PHONE_PATH) or not user.is_authenticated):
        return phone
    if user.is_authenticated:
        if not user.is_active:
            return None
        teams = tuple(TeamMember.objects.filter(staff_id=user.pk).values_list("team", flat=True))
        actor = actor_of(user)
        opened = opened_in_emergency(actor.id, office().now()) if actor.role in CLINICAL else ()
        return Visitor(actor, teams, opened=opened)
    return None


def _phone_of(request: HttpRequest) -> Visitor | None:
    token = request.COOKIES.get(DEVICE_COOKIE, "")
    device = device_of(token) if token else None
    return Visitor(Actor(device.id, "patient", Role.PATIENT), (), device.case) if device is not None else None


def _lacks_second_factor(request: HttpRequest) -> bool:
    """Nothing of the clinic opens before it is set up; only made-up staff of a made-up clinic need none."""
    user, visitor = request.user, request.visitor  # type: ignore[attr-defined]
    if visitor is None or visitor.actor.role is Role.PATIENT:
        return False
    if not user.is_authenticated or (settings.PLACE.is_demo and user.synthetic):  # type: ignore[union-attr]
        return False
    return not has_second_factor(user)  # type: ignore[arg-type]


def _teams_of(case: str) -> tuple[str, ...] | None:
    try:
        return office().store.summary(case).teams
    except NotFound:
        return None


def _is_page(request: HttpRequest, route: Route) -> bool:
    return request.method in _SAFE and route.reach is not Reach.OWN and not request.headers.get("HX-Request")


def _asked_by_phone(request: HttpRequest, route: Route) -> bool:
    """Whether a script of the phone asks: it believes the clinic alone that it was let out, never a proxy's page."""
    return route.roles == PATIENTS and "application/json" in request.headers.get("Accept", "")


def _sign_in(request: HttpRequest) -> HttpResponse:
    # Without a page in mind everybody begins where their role does; not everybody has the worklist at "/".
    wanted = "" if request.path == "/" else f"?{urlencode({'next': request.path})}"
    return HttpResponseRedirect(reverse("account_login") + wanted)
