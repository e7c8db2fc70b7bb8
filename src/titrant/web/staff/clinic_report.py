"""The report of the clinic on a page and as a table; it holds no name and opens no record."""

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.clinic.clinic_report import ClinicReport, clinic_report, first_day, table_of
from titrant.clinic.office import Office
from titrant.record.events import Role
from titrant.storage.report_rows import happened_since, of_teams, standings
from titrant.web.access import Route, Visitor
from titrant.web.staff.audit import harmless
from titrant.web.wired import office

_READERS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.ADMINISTRATOR})


def page(request: HttpRequest) -> HttpResponse:
    here = office()
    report = _made(here, request.visitor)  # type: ignore[attr-defined]
    return render(request, "titrant/clinic_report.html", {"report": report, "clinic": here.settings.name})


def table(request: HttpRequest) -> HttpResponse:
    here = office()
    report = _made(here, request.visitor)  # type: ignore[attr-defined]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("section", "what", "number", "of how many known"))
    writer.writerows([harmless(cell) for cell in row] for row in table_of(report))
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="clinic-report-{here.today}.csv"'
    return answer


def _made(here: Office, visitor: Visitor) -> ClinicReport:
    own = of_teams(visitor.teams)
    events = happened_since(first_day(here.today), own)
    return clinic_report(standings(own), events, here.library, here.desk.words, here.today)


ROUTES = (
    Route("report/", page, "clinic_report", _READERS),
    Route("report/table.csv", table, "clinic_report_csv", _READERS),
)
