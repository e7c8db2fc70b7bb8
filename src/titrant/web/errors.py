"""Pages for what cannot be shown. Each says what to do next, and none says whether a record exists."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.record.events import Role
from titrant.terms.errors import CaseFileError, NotAllowed, NotNow, Stale, TitrantError

_STATUS = ((Stale, 409), (NotAllowed, 403), (CaseFileError, 422), (NotNow, 409))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    del exception
    return _page(request, "not_found", 404)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    del exception
    return _page(request, "bad_request", 400)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that this page did not give out, or gave out too long ago."""
    from titrant.web.middleware import PHONE_PATH
    from titrant.web.phone.pages import not_taken

    del reason
    return not_taken(request) if request.path.startswith(PHONE_PATH) else _page(request, "not_from_here", 403)


def fault(request: HttpRequest) -> HttpResponse:
    return _page(request, "fault", 500)


def refused(request: HttpRequest, error: TitrantError) -> HttpResponse:
    """The page for an act that was refused: where, what is wrong, why it matters, what to do."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 409)
    return _page(request, "refused", status, error=error)


def _page(request: HttpRequest, name: str, status: int, **more: Any) -> HttpResponse:
    visitor = getattr(request, "visitor", None)
    if visitor is not None and visitor.actor.role is Role.PATIENT:
        more["messages"] = ()  # they are for staff who signed in on the same browser, and wait for them
    return render(request, f"titrant/{name}.html", more, status=status)
