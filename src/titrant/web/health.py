"""Whether the clinic is well, for a supervisor of the machine: a word and a status, and nothing about anybody."""

from django.http import HttpRequest, HttpResponse

from titrant.web.access import EVERYBODY, Route
from titrant.web.wired import office


def health(request: HttpRequest) -> HttpResponse:
    del request
    here = office()
    well = not (here.degraded or here.alarms)
    answer = HttpResponse("well\n" if well else "not well\n", status=200 if well else 503, content_type="text/plain")
    answer._has_been_logged = True  # Django's own mark: the reason is told by `titrant doctor`, not once a second here
    return answer


ROUTES = (Route("health", health, "health", EVERYBODY),)
