"""Papers of one patient: the list, each as PDF under a fixed name, the text for another system, and handing over."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from titrant.clinic.acts.signing import deliver
from titrant.documents.invitation import Invited, invitation_sheet
from titrant.documents.paper import desk_for
from titrant.documents.papers import PAPERS, Asked, plain_letter, print_paper, printable
from titrant.record.folding import Record
from titrant.terms.errors import TitrantError
from titrant.web.access import CLINICAL, Reach, Route
from titrant.web.errors import bad_request, refused
from titrant.web.staff.patient_page import head, standing_now
from titrant.web.staff.posted import number_of
from titrant.web.wired import office

LANGUAGES = (("", "the patient's own"), ("en", "English"), ("es", "Spanish"))
SIZES = (("", "the clinic's own"), ("A4", "A4"), ("Letter", "Letter"))


def asked_in(request: HttpRequest) -> Asked:
    """Language and size as asked for; anything else than the choices is left out."""
    language, size = request.GET.get("language", ""), request.GET.get("size", "")
    return Asked(
        language=language if language in dict(LANGUAGES) else "", size=size if size in dict(SIZES) else "",
        synthetic=settings.PLACE.is_demo, fonts=settings.PLACE.folder / "fonts",
    )  # fmt: skip


def pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF under a fixed file name: never a person's."""
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def papers(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    standing = standing_now(here, case)
    text, why = _letter_text(request, standing.record)
    context = {
        **head(here, standing, "papers"), "papers": [_row(one) for one in printable(standing.record)],
        "languages": LANGUAGES, "sizes": SIZES, "letter": text, "no_letter": why, "asked": asked_in(request),
        "query": _query(asked_in(request)),
    }  # fmt: skip
    return render(request, "titrant/papers.html", context)


def _row(kind: Any) -> dict[str, Any]:
    return {"kind": kind, "url": f"print_{kind.name}"}


def _query(asked: Asked) -> str:
    """What the links to the papers carry on."""
    chosen = {name: value for name, value in (("language", asked.language), ("size", asked.size)) if value}
    return f"?{urlencode(chosen)}" if chosen else ""


def _letter_text(request: HttpRequest, record: Record) -> tuple[str, str]:
    """The text to be copied; or why there is none."""
    if not record.summary.plan:
        return "", ""
    try:
        return plain_letter(office(), record, asked_in(request)), ""
    except TitrantError as error:
        return "", str(error)


def _paper(name: str) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, case: UUID) -> HttpResponse:
        try:
            return pdf(print_paper(office(), str(case), name, asked_in(request)), name)
        except TitrantError as error:
            return refused(request, error)

    return view


def invitation(request: HttpRequest, case: UUID) -> HttpResponse:
    """The invitation that was just shown, on paper; it is posted here because nothing keeps its link and code."""
    here, link = office(), request.POST.get("link", "")
    if not link.startswith(request.build_absolute_uri("/p/enrol/")):
        return bad_request(request)
    invited = Invited(link, request.POST.get("code", ""), request.POST.get("expires", "").replace("T", " "))
    desk = desk_for(here, here.store.open(str(case)), None, asked_in(request))
    try:
        return pdf(invitation_sheet(desk, invited), "invitation")
    except TitrantError as error:
        return refused(request, error)


def delivered(request: HttpRequest, case: UUID) -> HttpResponse:
    """Somebody has put the printed plan into the patient's hand."""
    try:
        shown = number_of(request.POST, "plan")
        deliver(office(), str(case), "printed and handed over", request.visitor.actor, shown=shown)  # type: ignore[attr-defined]
    except TitrantError as error:
        return refused(request, error)
    messages.success(request, "Recorded: the printed plan was handed over.", extra_tags="ok")
    return redirect("papers", case=case)


_HERE = "patients/<uuid:case>/papers/"
ROUTES = (
    Route(_HERE, papers, "papers", CLINICAL, Reach.TEAM),
    Route(f"{_HERE}invitation.pdf", invitation, "print_invitation", CLINICAL, Reach.TEAM, ("POST",)),
    Route(f"{_HERE}delivered/", delivered, "paper_delivered", CLINICAL, Reach.TEAM, ("POST",)),
    *(Route(f"{_HERE}{name}.pdf", _paper(name), f"print_{name}", CLINICAL, Reach.TEAM) for name in PAPERS),
)
