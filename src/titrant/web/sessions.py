"""Sessions of staff: half an hour idle, twelve hours in all; who signed in and who failed to is in the record."""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.account.signals import user_logged_in as signed_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from titrant.record.events import CLINIC, SYSTEM, Actor, Kind, Role
from titrant.storage.models import Staff
from titrant.web.second_factor import has_second_factor, spend_steps
from titrant.web.wired import office

LONGEST_S = 12 * 3600
_TOUCH_S = 60  # a session is written again at most once a minute
_FRESH_S = 10 * 60
_BEGAN, _SEEN, _FIRST = "began", "seen", "first_factor"


def keep(request: HttpRequest) -> None:
    """Begin the half hour anew, or end what is older than twelve hours. Called at each request."""
    if not request.user.is_authenticated:
        return
    now, session = time.time(), request.session
    if not 0 <= now - session.get(_BEGAN, 0) <= LONGEST_S:
        logout(request)
    elif not 0 <= now - session.get(_SEEN, 0) < _TOUCH_S:
        session[_SEEN] = now


def sets_up_first(request: HttpRequest) -> bool:
    """Whether this person signed in a few minutes ago and is setting up their first second factor."""
    fresh = 0 <= time.time() - request.session.get(_BEGAN, 0) <= _FRESH_S
    return fresh and (request.session.get(_FIRST, False) or not has_second_factor(request.user))  # type: ignore[arg-type]


def actor_of(staff: Any) -> Actor:
    return Actor(str(staff.pk), staff.name, Role(staff.role))


@receiver(user_logged_in)
def _begin(sender: Any, request: HttpRequest, **_: Any) -> None:
    del sender
    request.session[_BEGAN] = request.session[_SEEN] = time.time()


@receiver(signed_in)
def _write_down(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    del sender
    by = [str(record.get("type") or record["method"]) for record in get_authentication_records(request, user)]
    _append(Kind.SIGNED_IN, {"by": by}, actor_of(user))


@receiver(authenticator_added)
def _added(sender: Any, request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any) -> None:
    del sender
    factors = Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    request.session[_FIRST] = request.session.get(_FIRST, False) or factors.count() == 1
    if authenticator.type == Authenticator.Type.TOTP:
        spend_steps(authenticator, office().now())
    _append(Kind.STAFF_CHANGED, {"staff": str(user.pk), "factor_added": str(authenticator.type)}, SYSTEM)


@receiver(password_changed)
def _password(sender: Any, user: Any, **_: Any) -> None:
    del sender
    _append(Kind.STAFF_CHANGED, {"staff": str(user.pk), "password_changed": True}, SYSTEM)


@receiver(authenticator_removed)
def _removed(sender: Any, user: Any, authenticator: Authenticator, **_: Any) -> None:
    del sender
    _append(Kind.STAFF_CHANGED, {"staff": str(user.pk), "factor_removed": str(authenticator.type)}, SYSTEM)


def sign_in_failed(email: str, network: str) -> None:
    """Written down with the account where there is one, and never with what was typed."""
    known = Staff.objects.filter(email__iexact=email.strip()).values_list("pk", flat=True).first()
    _append(Kind.SIGN_IN_FAILED, {"staff": str(known or ""), "network": network[-8:]}, SYSTEM)


def _append(kind: Kind, body: dict[str, Any], by: Actor) -> None:
    here = office()
    here.store.append(CLINIC, [here.draft(kind, body, by)], expected=None)
