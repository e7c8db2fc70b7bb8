"""Which care teams look after a patient: handed on or shared by those who care for them."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts.people import set_teams
from titrant.storage.audit import teams_of_clinic
from titrant.terms.errors import TitrantError
from titrant.web.access import CARING, Reach, Route
from titrant.web.errors import refused
from titrant.web.staff.posted import version_of
from titrant.web.wired import office


def teams(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    """The teams of one patient. The policy table keeps out whom an emergency lets in: none takes over so."""
    here, visitor = office(), request.visitor  # type: ignore[attr-defined]
    summary = here.store.summary(str(case))
    staffed = [team for team, members, _ in teams_of_clinic() if members]
    if request.method != "POST":
        context = {"summary": summary, "teams": sorted({*staffed, *summary.teams}), "own": visitor.teams}
        return render(request, "titrant/teams.html", context)
    chosen = tuple(team for team in request.POST.getlist("team") if team in staffed)
    try:
        after = set_teams(here, visitor.actor, str(case), chosen, expected=version_of(request.POST))
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, f"Care teams of {summary.person.name}: {', '.join(after.teams)}.")
    stays = set(after.teams) & set(visitor.teams)
    return HttpResponseRedirect(reverse("patient", args=[case]) if stays else "/")


ROUTES = (Route("patients/<uuid:case>/teams/", teams, "teams", CARING, Reach.TEAM, ("GET", "POST")),)
