"""What a patient may take from the phone: the plan, a report for a visit, and a copy of the whole record."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from titrant.documents.exporting import log_case_export
from titrant.documents.papers import print_paper
from titrant.terms.errors import TitrantError
from titrant.web.access import PATIENTS, Reach, Route
from titrant.web.errors import refused
from titrant.web.staff.exports import attached, own_copy
from titrant.web.staff.papers import asked_in, pdf
from titrant.web.wired import office


def _paper(name: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        try:
            return pdf(print_paper(office(), request.visitor.case, name, asked_in(request)), name)  # type: ignore[attr-defined]
        except TitrantError as error:
            return refused(request, error)

    return view


def own_record(request: HttpRequest) -> HttpResponse:
    """Everything that the clinic holds of this patient, as files; taking it leaves a line in the record."""
    visitor = request.visitor  # type: ignore[attr-defined]
    try:
        log_case_export(office(), visitor.case, "the patient's own copy", visitor.actor)
        return attached(own_copy(visitor.case), "record.zip", "application/zip")
    except TitrantError as error:
        return refused(request, error)


ROUTES = (
    Route("p/report", _paper("visit"), "phone_report", PATIENTS, Reach.OWN),
    Route("p/plan.pdf", _paper("plan"), "phone_plan_paper", PATIENTS, Reach.OWN),
    Route("p/copy.zip", own_record, "phone_copy", PATIENTS, Reach.OWN, ("POST",)),
)
