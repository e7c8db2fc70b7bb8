"""How staff sign in: nobody signs up by themselves, guesses grow slow, and a passkey is never slowed."""

import hashlib
import ipaddress
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from titrant.record.events import Role
from titrant.storage.models import Staff
from titrant.storage.throttle import Limit, wait_for, was_right
from titrant.web.reauth import wait_text
from titrant.web.sessions import sets_up_first, sign_in_failed
from titrant.web.wired import office

_FREE_FOR_A_NETWORK = 30  # a clinic's staff share one address, and mistype


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        del request
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> Any:
        return home_of(Role(request.user.role))  # type: ignore[union-attr]

    def get_client_ip(self, request: HttpRequest) -> str:
        return network_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The member of staff, or None: unknown, wrong and disabled look and last alike. A wait is no answer at all."""
        account = Limit("account:" + _hidden(str(credentials.get("email", "")).strip().lower()))
        network = Limit("network:" + _hidden(network_of(request)), _FREE_FOR_A_NETWORK)
        _wait(account, network)
        found = authenticate(request, **credentials)
        if found is None:
            sign_in_failed(str(credentials.get("email", "")), network.key)
            return None
        was_right(account, network)
        return found

    def reauthenticate(self, user: Any, password: str) -> bool:
        limit = Limit(f"confirm:{user.pk}")
        _wait(limit)
        right = bool(user.check_password(password))
        if right:
            was_right(limit)
        return right

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Always before a second factor is changed; not to set up the first one just after signing in."""
        return not sets_up_first(context.request) and super().is_reauthentication_required(app=app, **kwargs)


def home_of(role: Role) -> str:
    """Where a working day begins."""
    return {Role.AUDITOR: "/audit/", Role.ADMINISTRATOR: "/people/"}.get(role, "/")


def network_of(request: HttpRequest) -> str:
    """The address that asks; of the sixth version the half that belongs to one household or clinic."""
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        said = request.headers.get("X-Forwarded-For", said).rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


def wider_of(network: str) -> str:
    """The larger network around what ``network_of`` names: whoever has one address of it can often change to others."""
    try:
        found = ipaddress.ip_network(network)
    except ValueError:
        return network
    return str(found.supernet(new_prefix=24 if found.version == 4 else 48))


def demo_staff() -> list[Staff]:
    """The made-up people of the demo; nobody in a real clinic."""
    if not settings.PLACE.is_demo:
        return []
    return list(Staff.objects.filter(synthetic=True, is_active=True, email__endswith="@demo.invalid").order_by("name"))


def _wait(*limits: Limit) -> None:
    wait = wait_for(limits, office().now())
    if wait > timedelta(0):
        raise ValidationError(f"Too many wrong tries. {wait_text(wait)} A passkey works at once.")


def _hidden(text: str) -> str:
    """What was typed may be anything, even a password in the wrong box: only its hash is kept."""
    return hashlib.sha256(f"{settings.SECRET_KEY}{text}".encode()).hexdigest()[:32]
