"""Messages between patients and the clinic: what is not read first, and one thread for each patient."""

from uuid import UUID, uuid4

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts import messages
from titrant.clinic.acts.judging import judge_and_keep
from titrant.record.ports import Query
from titrant.storage.threads import recent_threads
from titrant.terms.errors import NotNow, TitrantError
from titrant.web.access import CLINICAL, Reach, Route, belongs_to_the_team
from titrant.web.errors import refused
from titrant.web.staff.posted import number_of
from titrant.web.staff.worklist import last_entries, local_time, patients_told
from titrant.web.wired import office

_MOST = 50


def inbox(request: HttpRequest) -> HttpResponse:
    """Whoever waits for an answer, the longest first; then where somebody wrote lately."""
    here, teams = office(), request.visitor.sees_teams  # type: ignore[attr-defined]
    waiting = [row.summary for row in here.store.rows(Query(teams=teams, tally="unread", size=_MOST), here.today)]
    open_now = {one.case for one in waiting}
    recent = [here.store.summary(case) for case in recent_threads(teams, _MOST) if case not in open_now]
    context = {"waiting": waiting, "recent": recent, "told": patients_told(here)}
    return render(request, "titrant/messages.html", context)


def thread(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    if request.method == "POST":
        return _act(request, str(case))
    record = here.store.open(str(case))
    told = messages.thread(record)
    context = {
        "one": record.summary, "thread": [(one, local_time(one.at, here)) for one in told], "told": patients_told(here),
        "newest": told[0].number if told else 0, "entries": last_entries(record), "longest": messages.LONGEST,
        "about": request.GET.get("entry", "")[:64], "form": str(uuid4()),
    }  # fmt: skip
    return render(request, "titrant/thread.html", context)


def _act(request: HttpRequest, case: str) -> HttpResponse:
    """Read, or answer: an answer marks as read what was on the page, and nothing that came since."""
    here, by = office(), request.visitor.actor  # type: ignore[attr-defined]
    seen = number_of(request.POST, "up_to")
    as_guest = request.in_emergency  # type: ignore[attr-defined]
    try:
        if as_guest and request.POST.get("act") == "read":  # it would leave the list of those who have to answer
            raise belongs_to_the_team()
        if request.POST.get("act") == "read" and seen < 0:
            raise NotNow(
                "messages", "The form does not say what was shown.",
                "What nobody has seen must not stand there as read.", "Open the messages again, read, and mark them.",
            )  # fmt: skip
        if request.POST.get("act") != "read":
            text, form = request.POST.get("text", ""), request.POST.get("form", "") or str(uuid4())
            messages.send(here, by, case, text, form[:64], request.POST.get("entry", "")[:64])
        if here.store.summary(case).unread and not as_guest:
            messages.read(here, by, case, seen)
        judge_and_keep(here, case)
    except TitrantError as error:
        return refused(request, error)
    notices.success(request, "Kept.", extra_tags="ok")
    return HttpResponseRedirect(reverse("thread", args=[case]))


ROUTES = (
    Route("messages/", inbox, "messages", CLINICAL),
    Route(
        "messages/<uuid:case>/", thread, "thread", CLINICAL, Reach.TEAM, ("GET", "POST"), in_emergency=("GET", "POST")
    ),
)
