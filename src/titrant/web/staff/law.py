"""What the law of the place asks, as the clinic's pack says it: to show, to log, to refuse."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.clinic import packs
from titrant.web.access import STAFF, Route
from titrant.web.wired import office


def law(request: HttpRequest) -> HttpResponse:
    here = office()
    pack = packs.pack_of(here.settings, here.library)
    return render(request, "titrant/law.html", {"pack": packs.pack_data(pack, here.settings, here.today)})


ROUTES = (Route("law/", law, "law", STAFF),)
