"""What waits and what is stuck, with who answers for it: nothing falls into a hole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.record.events import Role
from titrant.record.ports import Query
from titrant.storage.queues import queues
from titrant.web.access import CLINICAL, Route
from titrant.web.wired import office


def queue_page(request: HttpRequest) -> HttpResponse:
    here = office()
    visitor = request.visitor  # type: ignore[attr-defined]
    failed = here.store.rows(Query(teams=visitor.sees_teams, tally="queue"), here.today)
    context = {"queues": queues(here.now()), "failed": failed, "machine": (*here.degraded, *here.alarms)}
    return render(request, "titrant/queues.html", context)


ROUTES = (Route("queues/", queue_page, "queues", CLINICAL | {Role.ADMINISTRATOR}),)
