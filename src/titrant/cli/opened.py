"""From command-line options to a desk and a case. The only place of the command line that knows clock and folders."""

import os
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from titrant.clinic.desk import Desk
from titrant.clinic.opening import DEMO_CLINIC, Opened, case_of, open_document
from titrant.knowledge.library import Library, load
from titrant.pathway.case import Case, Dispense
from titrant.pathway.dated import check_birth
from titrant.terms.errors import CaseFileError


def today() -> date:
    return date.today()  # noqa: DTZ011 - the clinic's own calendar day is meant


def library(clinic: Path | None, *, checked: bool = True) -> Library:
    """The knowledge of this clinic. A clinic's own folder is checked whole before anything is decided on it."""
    if clinic is None or not checked:
        return load(clinic=clinic or DEMO_CLINIC, cache=_cache())
    from titrant.knowledge.clinic_folder import load_checked

    return load_checked(clinic, _cache())


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "titrant"


class Opening(Struct, frozen=True):
    """The options by which a case is opened."""

    path: Path
    answers: tuple[Path, ...]
    on: date | None
    protocol: str | None
    clinic: Path | None

    def open(self, days: int | None = None, starts: date | None = None) -> tuple[Desk, Case]:
        """The desk on the day of the decision, and the case with its answers."""
        opened = open_document(self.path)
        knowledge = library(self.clinic)
        case = with_answers(_case(opened, knowledge), self.answers)
        if self.protocol:
            case = msgspec.structs.replace(case, protocol=self.protocol)
        if days is not None or starts is not None:
            before = case.dispense or Dispense()
            wanted = Dispense(starts=starts or before.starts, days=days or before.days)
            case = msgspec.structs.replace(case, dispense=wanted)
        return Desk(knowledge, self.on or case.on or today()), case


def _case(opened: Opened, knowledge: Library) -> Case:
    if not opened.is_bundle:
        return case_of(opened)
    # Imported here: a case file does not need the translation of bundles.
    from titrant.fhir.import_bundle import case_from_bundle

    return case_from_bundle(opened.document.tree, knowledge)


def with_answers(case: Case, answers: tuple[Path, ...]) -> Case:
    for path in answers:
        from titrant.clinic.answers import answers_onto

        opened = open_document(path)
        if opened.is_bundle:
            raise CaseFileError(
                path.name,
                "A bundle was given where answers are expected.",
                "A record cannot answer what only a person can.",
                "Give answers in the form of a case file.",
            )
        case = answers_onto(case, opened.document.tree)
    return case


def imported(bundle: Path, answers: tuple[Path, ...], output: Path | None, force: bool) -> str:
    """The case file for ``bundle``; written to ``output`` whole or not at all."""
    from titrant.clinic.write_case import case_as_yaml

    opened = open_document(bundle)
    if not opened.is_bundle:
        raise CaseFileError(
            bundle.name,
            "This is not a FHIR bundle.",
            "Only a record from another system needs importing.",
            "Give a FHIR R4 Bundle as JSON; a case file is used as it is.",
        )
    knowledge = library(None)
    case = with_answers(_case(opened, knowledge), answers)
    try:
        check_birth(case, knowledge, today())
    except CaseFileError as error:
        raise CaseFileError(f"{bundle.name}: Patient.birthDate", error.fault, error.why, error.repair) from None
    text = case_as_yaml(case, knowledge)
    if output is not None:
        _write_whole(output, text, force)
    return text


def _write_whole(output: Path, text: str, force: bool) -> None:
    if output.exists() and not force:
        raise CaseFileError(
            str(output),
            "The file exists.",
            "It may hold answers that somebody has given.",
            "Choose another name, or add --force.",
        )
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=output.parent, delete=False) as file:
            file.write(text)
        Path(file.name).replace(output)
    except OSError as error:
        raise CaseFileError(
            str(output),
            f"The file cannot be written: {error.strerror}.",
            "Nothing was written.",
            "Choose another folder.",
        ) from None
