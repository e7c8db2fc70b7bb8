"""Copies of the record: one case for the patient or another system, and the whole clinic for its administrator."""

import json
import secrets
import tempfile
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render

from titrant.documents.case_folder import case_files
from titrant.documents.clinic_export import Sources, write_clinic, zipped
from titrant.documents.exporting import log_case_export, log_clinic_export
from titrant.documents.papers import Asked
from titrant.documents.research import CONSENT, Wanted, research_csv
from titrant.fhir.export_bundle import bundle_text
from titrant.storage import clinic_sources
from titrant.storage.clinic_sources import knowledge_of
from titrant.terms.errors import TitrantError
from titrant.web.access import ADMINISTRATORS, CLINICAL, Reach, Route
from titrant.web.errors import refused
from titrant.web.wired import office

SOURCES = Sources(
    clinic_sources.chain_links, clinic_sources.reads, clinic_sources.receipts, clinic_sources.people,
    lambda: knowledge_of(settings.PLACE.clinic),
)  # fmt: skip


def asked() -> Asked:
    return Asked(synthetic=settings.PLACE.is_demo, fonts=settings.PLACE.folder / "fonts")


def attached(content: bytes, name: str, kind: str) -> HttpResponse:
    """A download under a fixed file name: never a person's."""
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def copy_of_case(request: HttpRequest, case: UUID) -> HttpResponse:
    try:
        log_case_export(office(), str(case), "the patient's own copy", request.visitor.actor)  # type: ignore[attr-defined]
        return attached(own_copy(str(case)), "record.zip", "application/zip")
    except TitrantError as error:
        return refused(request, error)


def own_copy(case: str) -> bytes:
    """Everything of one record, for people (PDF) and for programs (JSON, FHIR)."""
    here = office()
    record = here.store.open(case)
    files = [*case_files(here, record, asked())]
    try:
        files.append(("record.fhir.json", bundle_text(here, record).encode()))
    except TitrantError as error:
        files.append(("FHIR-NOT-WRITTEN.txt", f"{error}\n".encode()))
    return zipped(files)


def bundle_of_case(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    try:
        text = bundle_text(here, here.store.open(str(case)))
        log_case_export(here, str(case), "FHIR R4 bundle", request.visitor.actor)  # type: ignore[attr-defined]
    except TitrantError as error:
        return refused(request, error)
    return attached(text.encode(), "record.fhir.json", "application/fhir+json")


def export_page(request: HttpRequest) -> HttpResponse:
    length, head = office().store.head()
    consent = office().library.facts[CONSENT].label
    return render(request, "titrant/export.html", {"length": length, "head": head, "consent": consent})


def export_clinic(request: HttpRequest) -> FileResponse:
    """The zip is made in a file of the machine that has no name, and is gone with the answer."""
    log_clinic_export(office(), request.visitor.actor)  # type: ignore[attr-defined]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with transaction.atomic():  # one moment of the clinic for all files
        write_clinic(file, office(), SOURCES, asked())
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="clinic.zip", content_type="application/zip")


def export_research(request: HttpRequest) -> HttpResponse:
    wanted = Wanted(request.POST.get("receiver", "")[:200], request.POST.get("purpose", "")[:400])
    try:
        text = research_csv(office(), wanted, secrets.token_bytes(32), request.visitor.actor)  # type: ignore[attr-defined]
    except TitrantError as error:
        return refused(request, error)
    return attached(text.encode(), "research.csv", "text/csv; charset=utf-8")


def head_file(request: HttpRequest) -> HttpResponse:
    """Length and last hash of the chain, small enough to be kept anywhere."""
    del request
    length, head = office().store.head()
    return attached(json.dumps({"length": length, "hash": head}).encode() + b"\n", "HEAD.json", "application/json")


ROUTES = (
    Route("patients/<uuid:case>/copy.zip", copy_of_case, "copy_of_case", CLINICAL, Reach.TEAM, ("POST",)),
    Route("patients/<uuid:case>/record.fhir.json", bundle_of_case, "bundle_of_case", CLINICAL, Reach.TEAM, ("POST",)),
    Route("clinic/export/", export_page, "export", ADMINISTRATORS),
    Route("clinic/export/clinic.zip", export_clinic, "export_clinic", ADMINISTRATORS, methods=("POST",)),
    Route("clinic/export/research.csv", export_research, "export_research", ADMINISTRATORS, methods=("POST",)),
    Route("clinic/export/HEAD.json", head_file, "export_head", ADMINISTRATORS),
)
