"""Whether a page of this clinic sent it: by where the browser says it comes from, not by a token.

A token stands in a cookie that all people of one browser share: a nurse who signs in there makes those of a patient's
open pages no good, and a red flag would be lost for it (docs/adr/0502).
"""

from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from titrant.web.access import Visitor


def is_own_form(request: HttpRequest, patient: Visitor) -> bool:
    """Whether the form was shown to this patient: a page may stay open while the phone goes to somebody else."""
    return request.POST.get("case") == patient.case


def from_own_page(request: HttpRequest) -> bool:
    """Whether a page of this clinic sent this JSON, which needs a permission across sites that is never given."""
    return request.content_type == "application/json" and _is_from_here(request) is not False


def without_token(form: Any) -> Any:
    """A form of the phone that carries the patient: taken from this clinic's own pages, however old their token is.

    An old browser says nothing of where it comes from: then the patient's own case stands for it, which no other site
    knows. Anything else has to bring a good token.
    """
    with_token = csrf_protect(form)

    @csrf_exempt
    @wraps(form)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from_here = _is_from_here(request)
        if from_here is None:
            from_here = is_own_form(request, request.visitor)  # type: ignore[attr-defined]
        taken: HttpResponse = (form if from_here else with_token)(request, *args, **kwargs)
        return taken

    return answer


def _is_from_here(request: HttpRequest) -> bool | None:
    """What the browser says of where the request comes from; None where it says nothing."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return None
    return site in (None, "same-origin") and (origin is None or urlsplit(origin).netloc == request.get_host())
