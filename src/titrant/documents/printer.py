"""Printing: a template of this folder and data as JSON become a PDF. Nothing is read or fetched beyond that.

Every paper is tagged for screen readers (PDF/UA-1) and fit to be kept (PDF/A-2a). The same data on the same day give
the same bytes.
"""

import json
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Literal

import typst

from titrant.documents.shown import with_sure_letters
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow

_TEMPLATES = Path(__file__).parent / "templates"
_STANDARDS: list[Literal["a-2a", "ua-1"]] = ["a-2a", "ua-1"]
_LOCK = Lock()


def printed(template: str, data: Json, on: date, fonts: Path | None = None) -> bytes:
    """The PDF of ``data`` by ``template``. ``fonts``: a folder with further fonts, for scripts that ours lack."""
    try:
        return _compiled(template, data, on, fonts)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise _refused(template, str(error)) from None
    # Some letter has no font: it is printed as a sign, and the paper says so.
    try:
        return _compiled(template, {**with_sure_letters(data), "letters_missing": True}, on, fonts)
    except typst.TypstError as error:
        raise _refused(template, str(error)) from None


def _compiled(template: str, data: Json, on: date, fonts: Path | None) -> bytes:
    at = datetime(on.year, on.month, on.day, tzinfo=UTC)
    made = {**data, "on": on.isoformat()}
    with _LOCK:  # one compiler at a time; a page takes milliseconds
        pdf = _compiler(template, fonts).compile(
            format="pdf", sys_inputs={"data": json.dumps(made)}, pdf_standards=[*_STANDARDS], timestamp=at
        )
    assert isinstance(pdf, bytes), "a PDF is one file"
    return pdf


@lru_cache(maxsize=32)
def _compiler(template: str, fonts: Path | None) -> typst.Compiler:
    folders = [str(fonts)] if fonts is not None and fonts.is_dir() else []
    known = typst.Fonts(include_system_fonts=False, font_paths=folders)
    return typst.Compiler(str(_TEMPLATES / f"{template}.typ"), root=str(_TEMPLATES), font_paths=known)


def _refused(template: str, fault: str) -> NotNow:
    return NotNow(
        f"paper {template}", f"It could not be printed: {fault[:200]}.",
        "Half a paper is worse than none.", "Use the page on the screen, and tell the administrator.",
    )  # fmt: skip
