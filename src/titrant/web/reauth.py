"""To sign is to say once more who one is: in the form that signs, by password or by a code of the authenticator app.

A passkey confirms through ``/account/2fa/webauthn/reauthenticate/?next=...``; that mark holds for one act, and for five
minutes at most.
"""

from datetime import datetime, timedelta
from typing import cast

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

from titrant.storage.models import Staff
from titrant.storage.throttle import Limit, wait_for, was_right
from titrant.web.second_factor import use_code
from titrant.web.wired import office

_MARK_HOLDS = timedelta(minutes=5)
_USED = "confirmed_until"  # in the session: passkey marks up to this second are spent


def confirmed(request: HttpRequest) -> bool:
    """Whether the form's ``password`` or ``code``, or a passkey just used, is that of the person signed in.

    Where not, ``why_not(request)`` says it in words.
    """
    return confirm(request, password=request.POST.get("password", ""), code=request.POST.get("code", ""))


def confirm(request: HttpRequest, *, password: str = "", code: str = "") -> bool:
    now = office().now()
    if not request.user.is_authenticated:
        return _said(request, "Nobody is signed in. Sign in again.")
    if not password and not code:
        said = "" if _spend_mark(request, now) else "Type your password or a code of your authenticator app."
    else:
        said = _wrong(cast(Staff, request.user), password, code, now)
    if said:
        return _said(request, said)
    request.session.cycle_key()
    return True


def _wrong(staff: Staff, password: str, code: str, now: datetime) -> str:
    """What is wrong with what was typed; nothing where it is right."""
    limit = Limit(f"confirm:{staff.pk}")
    wait = wait_for([limit], now)
    if wait > timedelta(0):
        return f"Too many wrong tries. {wait_text(wait)} A passkey works at once."
    if not (_is_password(staff, password) or (code and use_code(staff, code, now))):
        return "That was not right. Nothing was signed. Each code of the app works once."
    was_right(limit)
    return ""


def why_not(request: HttpRequest) -> str:
    """Why the last ``confirmed`` said no."""
    return getattr(request, "not_confirmed", "")


def wait_text(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    return f"Wait {seconds} seconds." if seconds <= 90 else f"Wait {-(-seconds // 60)} minutes."


def _is_password(staff: Staff, password: str) -> bool:
    return bool(password) and staff.check_password(password)


def _said(request: HttpRequest, why: str) -> bool:
    request.not_confirmed = why  # type: ignore[attr-defined]
    return False


def _spend_mark(request: HttpRequest, now: datetime) -> bool:
    """A passkey used since the last act, and within the last minutes."""
    spent, at_s = request.session.get(_USED, 0.0), now.timestamp()
    marks = [
        record["at"]
        for record in get_authentication_records(request, cast(Staff, request.user))
        if record.get("reauthenticated") and record.get("type") == "webauthn"
    ]
    newest = max(marks, default=0.0)
    if not (spent < newest and 0 <= at_s - newest <= _MARK_HOLDS.total_seconds()):
        return False
    request.session[_USED] = newest
    return True
