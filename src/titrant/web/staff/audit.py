"""The audit: every event and every look, of a record, a person or a day; and who opened a record, for its care team."""

import csv
import io
import uuid
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from titrant.record.events import CLINIC, Kind
from titrant.storage.audit import Asked, Line, check_reads, lines, readers, with_details
from titrant.storage.models import Staff
from titrant.storage.reads import log_read
from titrant.web.access import AUDITORS, CLINICAL, Reach, Route
from titrant.web.wired import office

_PAGE = 100
_MOST = 50_000  # lines of one export
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def audit(request: HttpRequest) -> HttpResponse:
    """A person's or a day's lines, or all."""
    log_read(_actor(request), "audit", "")
    return _page(request, "")


def audit_case(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    return _page(request, str(case))


def audit_export(request: HttpRequest) -> HttpResponse:
    """The lines that were asked for, as a table for a spreadsheet; that they were taken is written down."""
    here, asked = office(), _asked(request.POST, request.POST.get("case", ""))
    found = lines(asked, 0, _MOST)
    body = {"what": "audit", "lines": len(found), "case": asked.case, "person": asked.person}
    here.store.append(CLINIC, [here.draft(Kind.EXPORTED, body, _actor(request))], expected=None)
    answer = HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def audit_check(request: HttpRequest) -> HttpResponse:
    """Walk both chains from the first line to the last."""
    head = request.POST.get("head", "").strip().lower()
    faults = [*office().store.check_chain(head), *check_reads()]
    return render(request, "titrant/audit_check.html", {"faults": faults, "head": office().store.head(), "kept": head})


def readers_page(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    """Who opened this record, for those who care for the patient."""
    summary = office().store.summary(str(case))
    return render(request, "titrant/readers.html", {"lines": readers(str(case)), "summary": summary})


def as_csv(found: list[Line]) -> str:
    """A table in which no cell can run as a formula, on any line of it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("when (UTC)", "who", "role", "what", "looked or did", "record", "number", "hash"))
    for line in found:
        kind = "looked" if line.read else "did"
        row = (line.at, line.by_name, line.by_role, line.what, kind, line.case, str(line.seq), line.hash)
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A spreadsheet runs what begins with one of a few signs, also behind blanks and on later lines of a cell."""
    return "\n".join(f"'{line}" if line.strip().startswith(_FORMULA) else line for line in cell.splitlines())


def _page(request: HttpRequest, case: str) -> HttpResponse:
    asked = _asked(request.GET, case)
    number = max(_whole(request.GET.get("page", "1")), 1)
    found = lines(asked, (number - 1) * _PAGE, _PAGE + 1)
    kept = {key: request.GET[key] for key in ("person", "day", "what", "show") if request.GET.get(key)}
    context = {
        "lines": with_details(found[:_PAGE]), "asked": asked, "case": case, "show": request.GET.get("show", ""),
        "staff": Staff.objects.order_by("name"), "number": office().store.head()[0],
        "before": f"?{urlencode(kept | {'page': number - 1})}" if number > 1 else "",
        "after": f"?{urlencode(kept | {'page': number + 1})}" if len(found) > _PAGE else "",
    }  # fmt: skip
    return render(request, "titrant/audit.html", context)


def _asked(said: Any, case: str) -> Asked:
    show = said.get("show", "")
    return Asked(
        case=_id(case), person=_id(said.get("person", "")), day=_day(said.get("day", "")),
        zone=office().settings.zone, what=said.get("what", "").strip().replace(" ", "_")[:40],
        reads=show != "did", facts=show != "looked",
    )  # fmt: skip


def _id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _actor(request: HttpRequest) -> Any:
    return request.visitor.actor  # type: ignore[attr-defined]


ROUTES = (
    Route("audit/", audit, "audit", AUDITORS),
    Route("audit/record/<uuid:case>/", audit_case, "audit_case", AUDITORS, Reach.ANY),
    Route("audit/export/", audit_export, "audit_export", AUDITORS, methods=("POST",)),
    Route("patients/<uuid:case>/readers/", readers_page, "readers", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
    Route("audit/check/", audit_check, "audit_check", AUDITORS, methods=("POST",)),
)
