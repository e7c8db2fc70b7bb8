"""Opening what somebody hands over: a case file, an answers file, or a bundle from another system."""

import os
import stat
from pathlib import Path
from typing import Any

from msgspec import Struct

from titrant.clinic.shaping import WHY_READ_WELL, shape_case
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import MAX_BYTES, Document, Unreadable, read_json, read_yaml
from titrant.terms.trees import differing

__all__ = ["DEMO_CLINIC", "DEMO_PASSWORD", "Opened", "bytes_of", "case_of", "differing", "open_document", "shape_case"]

DEMO_PASSWORD = "synthetic-demo-clinic"  # noqa: S105 - shown on the sign-in page of a folder that holds nobody real
DEMO_CLINIC = Path(__file__).parent / "demo"  # the synthetic clinic that stands in where no clinic is named


class Opened(Struct, frozen=True):
    """A readable document, told apart by its content. ``path`` is where a case looks for what it is based on."""

    name: str
    document: Document
    is_bundle: bool
    path: Path


def open_document(path: Path) -> Opened:
    """Read ``path`` as a case file or a FHIR bundle. Raises CaseFileError with place and repair."""
    raw = bytes_of(path)
    try:
        if raw.lstrip()[:1] in (b"{", b"["):
            tree = read_json(raw)
            is_bundle = isinstance(tree, dict) and "resourceType" in tree
            return Opened(path.name, Document(tree, {}), is_bundle, path)
        return Opened(path.name, read_yaml(raw), is_bundle=False, path=path)
    except Unreadable as error:
        place = f"{path.name}, line {error.line}" if error.line else path.name
        raise CaseFileError(place, f"The file cannot be read: {error.fault}.", WHY_READ_WELL, error.repair) from None


def bytes_of(path: Path) -> bytes:
    """The bytes of a file that somebody hands over, within the size limit. Raises CaseFileError."""
    try:
        seen = path.stat()
        _check_plain(path, seen)
        with path.open("rb") as file:
            raw = file.read(min(seen.st_size, MAX_BYTES) + 1)
    except (OSError, ValueError) as error:
        fault = f"The file cannot be opened: {getattr(error, 'strerror', None) or error}."
        raise CaseFileError(
            path.name, fault, "Without it there is no case.", "Check the name and the folder."
        ) from None
    if len(raw) > seen.st_size:
        fault = "The file grew while it was being read."
        raise CaseFileError(path.name, fault, WHY_READ_WELL, "Wait until it is written, then try again.")
    return raw


def _check_plain(path: Path, seen: os.stat_result) -> None:
    """A pipe or a device may have no end, and a file may be too large to be one case."""
    if not stat.S_ISREG(seen.st_mode):
        fault = "This is a folder, a device or a pipe; as a file it is empty."
        raise CaseFileError(path.name, fault, "Without a file there is no case.", "Give a case file or a bundle.")
    if seen.st_size > MAX_BYTES:
        fault = f"The file has {seen.st_size:,} bytes; at most {MAX_BYTES:,} are read."
        raise CaseFileError(path.name, fault, WHY_READ_WELL, "Export one patient, not a population.")


def case_of(opened: Opened) -> Case:
    """The case in a case file. Raises CaseFileError naming the line and the field that does not fit."""
    if not isinstance(opened.document.tree, dict):
        raise CaseFileError(
            opened.name,
            "The file does not hold a case.",
            WHY_READ_WELL,
            "See docs/case-file.md for the form of a case file.",
        )
    return shape_case(_whole(opened), opened.name, opened.document)


def _whole(opened: Opened) -> Any:
    """The case with what it is based on: ``based_on`` names another case file, and this one says what differs."""
    tree = opened.document.tree
    if "based_on" not in tree:
        return tree
    own = {key: value for key, value in tree.items() if key != "based_on"}
    named = tree["based_on"]
    base = open_document(opened.path.parent / named).document.tree if isinstance(named, str) else None
    if not isinstance(base, dict) or "based_on" in base:
        raise CaseFileError(
            f"{opened.name}: based_on",
            f"{str(named)[:60]!r} is not a complete case file.",
            "A case is either complete or says how it differs from a complete one.",
            "Name a complete case file, by its path from this file.",
        )
    return differing(base, own)
