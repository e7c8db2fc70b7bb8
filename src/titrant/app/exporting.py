"""Exports from the command line: the same files as over the web, by whoever has the machine."""

import os
import secrets
from pathlib import Path

from titrant.app.place import Place
from titrant.record.events import SYSTEM


class Exporter:
    """Writes new files, readable by their owner alone."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def clinic(self, file: Path) -> dict[str, object]:
        from django.db import transaction

        from titrant.app.wiring import office
        from titrant.documents.clinic_export import write_clinic
        from titrant.documents.exporting import log_clinic_export
        from titrant.web.staff.exports import SOURCES, asked

        log_clinic_export(office(), SYSTEM)
        with _new(file) as out, transaction.atomic():
            head: dict[str, object] = write_clinic(out, office(), SOURCES, asked())
        return head

    def case(self, file: Path, case: str, *, as_bundle: bool) -> None:
        from titrant.app.wiring import office
        from titrant.documents.exporting import log_case_export
        from titrant.fhir.export_bundle import bundle_text
        from titrant.web.staff.exports import own_copy

        here = office()
        content = bundle_text(here, here.store.open(case)).encode() if as_bundle else own_copy(case)
        log_case_export(here, case, "FHIR R4 bundle" if as_bundle else "the patient's own copy", SYSTEM)
        with _new(file) as out:
            out.write(content)

    def research(self, file: Path, receiver: str, purpose: str) -> None:
        from titrant.app.wiring import office
        from titrant.documents.research import Wanted, research_csv

        text = research_csv(office(), Wanted(receiver, purpose), secrets.token_bytes(32), SYSTEM)
        with _new(file) as out:
            out.write(text.encode())


def _new(file: Path):  # type: ignore[no-untyped-def]
    """A file that was not there before, for its owner alone."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
