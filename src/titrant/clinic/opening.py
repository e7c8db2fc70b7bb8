"""Opening what somebody hands over: a case file, an answers file, or a bundle from another system."""

import os
import re
import stat
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from titrant.knowledge.library import decode, split_message
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import MAX_BYTES, Document, Unreadable, read_json, read_yaml

_WHY = "A case that is misread is a case that is misjudged."


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
        raise CaseFileError(place, f"The file cannot be read: {error.fault}.", _WHY, error.repair) from None


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
        raise CaseFileError(path.name, fault, _WHY, "Wait until it is written, then try again.")
    return raw


def _check_plain(path: Path, seen: os.stat_result) -> None:
    """A pipe or a device may have no end, and a file may be too large to be one case."""
    if not stat.S_ISREG(seen.st_mode):
        fault = "This is a folder, a device or a pipe; as a file it is empty."
        raise CaseFileError(path.name, fault, "Without a file there is no case.", "Give a case file or a bundle.")
    if seen.st_size > MAX_BYTES:
        fault = f"The file has {seen.st_size:,} bytes; at most {MAX_BYTES:,} are read."
        raise CaseFileError(path.name, fault, _WHY, "Export one patient, not a population.")


def case_of(opened: Opened) -> Case:
    """The case in a case file. Raises CaseFileError naming the line and the field that does not fit."""
    if not isinstance(opened.document.tree, dict):
        raise CaseFileError(
            opened.name, "The file does not hold a case.", _WHY, "See docs/case-file.md for the form of a case file."
        )
    return shape_case(_whole(opened), opened.name, opened.document)


def _whole(opened: Opened) -> Any:
    """The case with what it is based on: ``based_on`` names another case file, and this one says what differs."""
    tree = opened.document.tree
    if "based_on" not in tree:
        return tree
    own = {key: value for key, value in tree.items() if key != "based_on"}
    named = tree["based_on"]
    base = open_document(opened.path.parent / str(named))
    if not isinstance(named, str) or not isinstance(base.document.tree, dict) or "based_on" in base.document.tree:
        raise CaseFileError(
            f"{opened.name}: based_on",
            f"{named!r} is not a complete case file.",
            "A case is either complete or says how it differs from a complete one.",
            "Name a complete case file, by its path from this file.",
        )
    return differing(base.document.tree, own)


def differing(base: Any, own: Any) -> Any:
    """``base`` with the differences of ``own``: objects merge by key, null takes a key away, all else replaces."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    kept = {key: value for key, value in base.items() if own.get(key, value) is not None}
    return kept | {key: differing(base.get(key), value) for key, value in own.items() if value is not None}


def shape_case(tree: Any, name: str, document: Document | None = None) -> Case:
    """``tree`` as a case."""
    try:
        return msgspec.convert(tree, Case, dec_hook=decode)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        message, field = split_message(str(error))
        message = _plainly(message)
        line = f", line {document.line_of(field)}" if document and document.lines else ""
        place = f"{name}{line}{f': {field}' if field else ''}"
        raise CaseFileError(place, f"{message}.", _WHY, "Correct the field; see docs/case-file.md.") from None


# How the shapes complain, and what a person should read instead.
_PLAIN = (
    (re.compile(r"Expected '.*(str|Quantity).*', got 'bool'"), "true and false are no answers here: write yes or no"),
    (
        re.compile(r"Expected '.*str.*', got '(int|float)'"),
        "A bare number stands here: put it in quotes, with its unit",
    ),
    (re.compile(r"Expected '.*', got 'null'"), "Nothing stands here: give a value, or leave the line out"),
    (re.compile(r"Expected 'int', got 'str'"), "A whole number is needed here, without quotes and without a unit"),
    (re.compile(r"Expected 'array', got '.*'"), "A list is needed here: write it in square brackets"),
    (re.compile(r"Expected '.*object.*', got '.*'"), "Named fields are needed here: write {name: value}"),
    (
        re.compile(r"Invalid RFC3339 encoded date"),
        "This is no day of the calendar: write YYYY-MM-DD",
    ),
    (re.compile(r"Invalid enum value (.*)"), r"\1 is not one of the words that may stand here"),
    (re.compile(r"Object contains unknown field (.*)"), r"There is no field \1 here"),
    (re.compile(r"Object missing required field (.*)"), r"The field \1 is missing"),
)


def _plainly(message: str) -> str:
    for pattern, plain in _PLAIN:
        found = pattern.fullmatch(message)
        if found:
            return found.expand(plain)
    return message
