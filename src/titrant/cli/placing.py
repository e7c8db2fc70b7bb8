"""Where in the files a fault stands that was found only when the case was judged: file and line, read again for it."""

import re
from pathlib import Path
from typing import Any

from titrant.clinic.opening import Opened, open_document
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError, TitrantError

_INDEX = re.compile(r"\[(\d+)\]")
_FIELDS = frozenset(Case.__struct_fields__)


def placed(
    error: CaseFileError, case: Path, answers: tuple[Path, ...], diaries: tuple[Path, ...], protocol: str | None
) -> CaseFileError:
    """``error`` with the file, and the line if it has one, before the field. A place that names a file stays."""
    field = _INDEX.sub(r".\1", error.place.partition(" ")[0])
    if field.split(".")[0] not in _FIELDS:
        return error
    if field == "protocol" and protocol:
        place = "--protocol"
    elif diaries and field.startswith("given.diary"):
        # The days of all files stand in one list, so that a number in it tells no line.
        place = f"{', '.join(path.name for path in (case, *answers, *diaries))}: {error.place}"
    else:
        place = _place(field, error.place, (case, *answers))
    return CaseFileError(place, error.fault, error.why, error.repair)


def _place(field: str, shown: str, paths: tuple[Path, ...]) -> str:
    """The file and the line that say ``field``. Where several do, their lists are joined: then all are named."""
    found = [next((one for one in _chain(path) if _says(one.document.tree, field)), None) for path in paths]
    saying = [one for one in found if one is not None]
    if len(saying) != 1:
        return f"{', '.join(path.name for path in paths)}: {shown}"
    line = f", line {saying[0].document.line_of(field)}" if saying[0].document.lines else ""
    return f"{saying[0].name}{line}: {shown}"


def _chain(path: Path) -> list[Opened]:
    """The file and the one that it is based on; nothing where it cannot be read any more."""
    try:
        opened = open_document(path)
        tree = opened.document.tree
        based_on = tree.get("based_on") if isinstance(tree, dict) else None
        return [opened, open_document(path.parent / based_on)] if isinstance(based_on, str) else [opened]
    except TitrantError:
        return []


def _says(tree: Any, field: str) -> bool:
    """Whether the file has the field itself, or the list or the value in which it stands."""
    for step in field.split("."):
        if not isinstance(tree, dict):
            return True
        if step not in tree:
            return False
        tree = tree[step]
    return True
