"""Pages for what cannot be shown. Each says what to do next, and none says whether a record exists."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.terms.errors import CaseFileError, NotAllowed, NotNow, Stale, TitrantError

_STATUS = ((Stale, 409), (NotAllowed, 403), (CaseFileError, 422), (NotNow, 409))


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    del exception
    return render(request, "titrant/not_found.html", status=404)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    del exception
    return render(request, "titrant/bad_request.html", status=400)


def not_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that this page did not give out, or gave out too long ago."""
    del reason
    return render(request, "titrant/not_from_here.html", status=403)


def fault(request: HttpRequest) -> HttpResponse:
    return render(request, "titrant/fault.html", status=500)


def refused(request: HttpRequest, error: TitrantError) -> HttpResponse:
    """The page for an act that was refused: where, what is wrong, why it matters, what to do."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 409)
    return render(request, "titrant/refused.html", {"error": error}, status=status)
