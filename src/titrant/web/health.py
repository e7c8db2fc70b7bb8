"""Whether the clinic is well, for a supervisor of the machine: a word and a status, and nothing about anybody."""

from django.http import HttpRequest, HttpResponse

from titrant.web.access import EVERYBODY, Route
from titrant.web.wired import office


def health(request: HttpRequest) -> HttpResponse:
    del request
    here = office()
    well = not (here.degraded or here.alarms)
    return HttpResponse("well\n" if well else "not well\n", status=200 if well else 503, content_type="text/plain")


ROUTES = (Route("health", health, "health", EVERYBODY),)
