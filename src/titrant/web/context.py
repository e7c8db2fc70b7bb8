"""What every page may show: the clinic, who is signed in, and whether the patients are synthetic."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from titrant.clinic.opening import DEMO_PASSWORD
from titrant.record.events import Role
from titrant.storage.people import waits_for_first
from titrant.web.accounts import demo_staff, home_of
from titrant.web.navigation import navigation
from titrant.web.wired import office


def everywhere(request: HttpRequest) -> dict[str, Any]:
    visitor = getattr(request, "visitor", None)
    return {
        "visitor": visitor,
        "home": home_of(visitor.actor.role) if visitor else "/",
        "navigation": navigation(request),
        "nonce": getattr(request, "nonce", ""),
        "synthetic": settings.PLACE.is_demo,
        "unwell": _unwell(request),
        "demo_staff": demo_staff,  # asked for by the sign-in page alone
        "waits_for_first": waits_for_first,  # this too
        "demo_password": DEMO_PASSWORD if settings.PLACE.is_demo else "",
    }


def _unwell(request: HttpRequest) -> tuple[str, ...]:
    """What members of staff must know of the machine before they trust what it shows."""
    visitor = getattr(request, "visitor", None)
    if visitor is None or visitor.actor.role is Role.PATIENT:
        return ()
    here = office()
    return (*here.degraded, *here.alarms)
