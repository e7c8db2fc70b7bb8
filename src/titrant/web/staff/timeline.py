"""Everything that happened to a case, in order and in words."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.telling_events import sentence, spaced
from titrant.record.events import Kind
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.staff import patient_page
from titrant.web.wired import office

_OF_A_PAGE = 200


def timeline(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    standing = patient_page.standing_now(here, case)
    with_diary = request.GET.get("diary") != "no"
    before = request.GET.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else standing.record.version + 1
    shown = [
        event
        for event in reversed(standing.record.events[: max(0, last - 1)])
        if with_diary or event.kind is not Kind.DIARY_KEPT
    ]
    page, facts = shown[:_OF_A_PAGE], here.library.facts

    def label(name: str) -> str:
        return facts[name].label if name in facts else spaced(name)

    context = {
        **patient_page.head(here, standing, "timeline"),
        "events": [{"number": one.number, "at": one.at, "by": one.by, "text": sentence(one, label)} for one in page],
        "older": page[-1].number if len(shown) > len(page) else 0,
        "with_diary": with_diary,
        "readers": reverse("readers", args=[case]),
    }
    return render(request, "titrant/timeline.html", context)


ROUTES: tuple[Route, ...] = (
    Route("patients/<uuid:case>/timeline/", timeline, "timeline", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
)
