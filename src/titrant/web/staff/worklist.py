"""The front page: who needs somebody, most urgent first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.record.ports import TALLIES, Query
from titrant.web.access import CLINICAL, Route
from titrant.web.wired import office


def worklist(request: HttpRequest) -> HttpResponse:
    here = office()
    visitor = request.visitor  # type: ignore[attr-defined]
    tally = request.GET.get("tally", "")
    query = Query(
        teams=visitor.sees_teams, tally=tally if tally in TALLIES else "", words=request.GET.get("words", "")[:60]
    )
    context = {
        "rows": here.store.rows(query, here.today),
        "tallies": here.store.tallies(visitor.sees_teams, here.today),
        "query": query,
        "today": here.today,
    }
    return render(request, "titrant/worklist.html", context)


ROUTES = (Route("", worklist, "worklist", CLINICAL),)
