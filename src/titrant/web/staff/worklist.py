"""The front page: who needs somebody, in order of risk, with the reason in words; beside it one patient at a time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from msgspec import Struct

from titrant.clinic.acts import contacts
from titrant.clinic.dose_now import DoseNow, dose_now
from titrant.clinic.listing import titles
from titrant.clinic.office import Office
from titrant.clinic.phone_day import readers
from titrant.clinic.worklines import Shown, shown_lines
from titrant.explain.small_chart import SmallChart, small_chart
from titrant.record.events import instant_text
from titrant.record.folding import Record
from titrant.record.ports import TALLIES, Query, Row
from titrant.record.states import State
from titrant.record.summary import Summary
from titrant.storage.models import SavedView
from titrant.storage.queues import problems
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.quantity import Quantity
from titrant.web.access import CLINICAL, Reach, Route, Visitor
from titrant.web.errors import refused
from titrant.web.wired import office

PAGE = 50
_CHART_DAYS = 56
_LAST_ENTRIES = 3
_MOST_VIEWS = 20
_FILTERS = ("tally", "words", "state", "protocol", "team", "page")
_TALLY_WORDS = {
    "call_now": ("Call now", "now"), "review_today": ("Review today", "today"), "overdue": ("Overdue checks", ""),
    "silent": ("Silent", ""), "no_next_date": ("No next date", ""), "undelivered": ("Signed, not delivered", ""),
    "refill_due": ("Supply due", ""), "draft": ("Drafts to sign", ""), "unread": ("Unread messages", ""),
}  # fmt: skip


class Item(Struct, frozen=True):
    """One row of the table, ready to be written down."""

    summary: Summary
    lines: list[Shown]
    grade: str
    dose: DoseNow
    next_date: str
    next_why: str
    reviewed: str
    link: str
    here: bool

    @property
    def first(self) -> list[Shown]:
        return self.lines[:3]

    @property
    def more(self) -> int:
        return len(self.lines) - len(self.first)


def worklist(request: HttpRequest) -> HttpResponse:
    return render(request, "titrant/worklist.html", _listed(request, office()))


def panel(request: HttpRequest, case: UUID) -> HttpResponse:
    """The worklist with one patient beside it."""
    here = office()
    context = _listed(request, here, str(case))
    context |= _beside(here, str(case), context["items"])
    by = request.visitor.actor  # type: ignore[attr-defined]
    context["for_others"] = contacts.for_others(here, by, context["one"])
    return render(request, "titrant/worklist.html", context)


def done(request: HttpRequest, case: UUID) -> HttpResponse:
    """Done, next: record the outcome and open the line that follows."""
    visitor: Visitor = request.visitor  # type: ignore[attr-defined]
    sent = request.POST
    how = contacts.Done(
        outcome=sent.get("outcome", ""), note=sent.get("note", "").strip(), next_on=sent.get("next_on", ""),
        tasks=tuple(sent.getlist("task")), shown=sent.get("shown", "unknown"),
    )  # fmt: skip
    try:
        contacts.done(office(), visitor.actor, str(case), how)
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, "Kept.", extra_tags="ok")
    return HttpResponseRedirect(_after(request))


def take(request: HttpRequest, case: UUID) -> HttpResponse:
    try:
        contacts.take(office(), request.visitor.actor, str(case), request.POST.get("task", ""))  # type: ignore[attr-defined]
    except TitrantError as error:
        return refused(request, error)
    return HttpResponseRedirect(_with_filters(reverse("worklist_panel", args=[case]), request))


def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the present search under a name, or forget one."""
    staff, name = request.user.pk, request.POST.get("name", "").strip()[:60]
    own = SavedView.objects.filter(staff_id=staff)
    if request.POST.get("forget"):
        own.filter(name=name).delete()
    elif name and own.count() < _MOST_VIEWS:
        own.update_or_create(staff_id=staff, name=name, defaults={"query": urlencode(_filters(request))[:400]})
    return HttpResponseRedirect(_with_filters(reverse("worklist"), request))


# What is asked


def _filters(request: HttpRequest) -> dict[str, str]:
    """The filters of this address, or of the form that was sent from it; nothing else goes into a link."""
    given = request.POST if request.method == "POST" else request.GET
    found = {name: given.get(name, "").strip()[:60] for name in _FILTERS}
    return {name: value for name, value in found.items() if value}


def _with_filters(address: str, request: HttpRequest, **changes: str) -> str:
    filters = {name: value for name, value in {**_filters(request), **changes}.items() if value}
    return f"{address}?{urlencode(filters)}" if filters else address


def _after(request: HttpRequest) -> str:
    try:
        following = str(UUID(request.POST.get("next", "")))
    except ValueError:
        return _with_filters(reverse("worklist"), request)
    return _with_filters(reverse("worklist_panel", args=[following]), request)


def _query(request: HttpRequest, page: int) -> Query:
    asked, visitor = _filters(request), request.visitor  # type: ignore[attr-defined]
    teams: tuple[str, ...] | None = visitor.sees_teams
    if asked.get("team") in (visitor.teams or ()):
        teams = (asked["team"],)
    tally = asked.get("tally", "")
    return Query(
        teams=teams, tally=tally if tally in TALLIES else "", words=asked.get("words", ""),
        protocol=asked.get("protocol", ""), state=asked.get("state", ""), first=(page - 1) * PAGE, size=PAGE + 1,
    )  # fmt: skip


def _page(request: HttpRequest) -> int:
    text = _filters(request).get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= 10_000 else 1


# What is shown


def _listed(request: HttpRequest, here: Office, case: str = "") -> dict[str, Any]:
    page = _page(request)
    query = _query(request, page)
    rows = here.store.rows(query, here.today)
    items = [_item(request, here, row, case) for row in rows[:PAGE]]
    return {
        "items": items, "query": query, "today": here.today, "filters": _filters(request),
        "tallies": list(_tallies(request, here)), "views": _views(request),
        "states": [state.value for state in State if state is not State.ABSENT],
        "protocols": titles(here.library), "page": page, "engine_on": not here.no_proposals,
        "before": _with_filters(reverse("worklist"), request, page=str(page - 1)) if page > 1 else "",
        "after": _with_filters(reverse("worklist"), request, page=str(page + 1)) if len(rows) > PAGE else "",
        "first": (page - 1) * PAGE + 1, "last": (page - 1) * PAGE + len(items),
    }  # fmt: skip


def _views(request: HttpRequest) -> list[tuple[str, str]]:
    kept = SavedView.objects.filter(staff_id=request.user.pk).order_by("name").values_list("name", "query")
    return [(name, f"{reverse('worklist')}?{query}") for name, query in kept]


def _tallies(request: HttpRequest, here: Office) -> Iterator[dict[str, Any]]:
    visitor: Visitor = request.visitor  # type: ignore[attr-defined]
    counts = here.store.tallies(visitor.sees_teams, here.today)
    chosen = _filters(request).get("tally", "")
    for name, (words, grade) in _TALLY_WORDS.items():
        url = f"{reverse('worklist')}?tally={name}"
        yield {"name": name, "words": words, "count": counts[name], "grade": grade, "url": url, "here": name == chosen}
    stuck = problems(here.now())
    grade = "now" if stuck else ""
    yield {"name": "queue", "words": "Queue problems", "count": stuck, "grade": grade, "url": reverse("queues")}


def _item(request: HttpRequest, here: Office, row: Row, case: str) -> Item:
    one, judged = row.summary, row.judged
    return Item(
        one, shown_lines(one, judged), ("now", "today", "note", "ok")[row.grade], dose_now(one, here.today),
        one.contact_on,
        one.contact_why, local_time(one.reviewed_at, here),
        _with_filters(reverse("worklist_panel", args=[one.case]), request), one.case == case,
    )  # fmt: skip


def local_time(instant: str, here: Office) -> str:
    """An instant by the clinic's own clock, to the minute."""
    if not instant:
        return ""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(here.settings.zone)).strftime("%Y-%m-%d %H:%M")


# One patient beside the list


def _beside(here: Office, case: str, items: list[Item]) -> dict[str, Any]:
    shown = instant_text(here.now())  # before anything is read: what is met from now on does not stand on this page
    record, judged = here.store.open(case), here.store.judged(case)
    summary = record.summary
    cases = [item.summary.case for item in items]
    place = cases.index(case) if case in cases else -1
    return {
        "one": summary, "judged": judged, "lines": shown_lines(summary, judged), "dose": dose_now(summary, here.today),
        "chart": _chart(record, here.today), "entries": last_entries(record),
        "reviewed": local_time(summary.reviewed_at, here),
        "outcomes": here.library.triage.outcomes, "next_on": contacts.next_day(here, summary, judged),
        "following": cases[place + 1] if place + 1 < len(cases) else "", "judged_at": judged and judged.on.isoformat(),
        "stale": judged is None or judged.version != summary.version or judged.on != here.today,
        "patient_url": _where("patient", case), "messages_url": _where("thread", case),
        "told": patients_told(here), "shown": shown,
    }  # fmt: skip


def patients_told(here: Office) -> dict[str, str]:
    """What patients are told of who reads what they write, and whom they call."""
    who, when = readers(here.settings, here.library.phone.of("en"))
    return {"who": who, "when": when, "emergency": here.emergency_phone, "on_call": here.settings.on_call}


def _where(name: str, case: str) -> str:
    """The address of another page about this patient, where the clinic has such a page."""
    from titrant.web.policy import ROUTE_BY_NAME

    return reverse(name, args=[case]) if name in ROUTE_BY_NAME else ""


def last_entries(record: Record) -> list[Json]:
    """The newest entries of the diary, by their day."""
    diary = record.tree["given"].get("diary") or []
    return sorted(diary, key=lambda entry: str(entry["day"]), reverse=True)[:_LAST_ENTRIES]


def _chart(record: Record, today: date) -> SmallChart:
    given, first = record.tree["given"], today - timedelta(days=_CHART_DAYS)
    levels = (given.get("course") or {}).get("levels") or []
    doses = [
        (_day(one["since"]), float(Quantity.parse(one["dose"]).to("mg").value) * int(one["times_per_day"]))
        for one in levels
    ]
    return small_chart(_pain(given.get("diary") or [], first), doses, first, today)


def _pain(diary: list[Json], first: date) -> dict[date, float]:
    """The average pain of each day; of several entries of a day the newest."""
    found: dict[date, float] = {}
    for entry in diary:
        last = _day(entry.get("through") or entry["day"])
        value = (entry.get("pain") or {}).get("average")
        if last < first or value is None:
            continue
        day = max(_day(entry["day"]), first)
        while day <= last:
            found[day] = float(value)
            day += timedelta(days=1)
    return found


def _day(written: str | date) -> date:
    return date.fromisoformat(written) if isinstance(written, str) else written


ROUTES = (
    Route("", worklist, "worklist", CLINICAL),
    Route("worklist/views/", keep_view, "worklist_view", CLINICAL, methods=("POST",)),
    Route("worklist/<uuid:case>/", panel, "worklist_panel", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
    Route("worklist/<uuid:case>/done/", done, "worklist_done", CLINICAL, Reach.TEAM, ("POST",)),
    Route("worklist/<uuid:case>/take/", take, "worklist_take", CLINICAL, Reach.TEAM, ("POST",)),
)
