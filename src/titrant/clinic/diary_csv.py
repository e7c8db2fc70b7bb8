"""A diary as CSV, in one form (docs/diary-csv.md): every bad line is named, and then nothing is taken over."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import msgspec

from titrant.knowledge.library import decode
from titrant.pathway.entries import Entry
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, text_of

Row = dict[str, str]
_WHOLE = re.compile(r"0|[1-9][0-9]{0,2}")
_MOST_LINES = 5000
_UNEVEN = "number of cells"  # marks a line that does not fit the head


def entries_of(raw: bytes, name: str) -> tuple[Entry, ...]:
    """Every entry of the file, or CaseFileError with the fault of each line that cannot be read."""
    rows = _rows(raw, name)
    found, faults = [], []
    for number, row in rows:
        try:
            found.append(_entry(row))
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            faults.append(f"line {number}: {str(error).split(' - at ')[0].rstrip('.')}")
    if faults:
        raise _refused(name, f"{len(faults)} of {len(rows)} lines cannot be read: {'; '.join(faults)}.")
    return tuple(found)


def _refused(name: str, fault: str) -> CaseFileError:
    why = "A diary of which a part is left out could hide a harm, so nothing of it was taken over."
    return CaseFileError(name, fault, why, "Correct these lines; docs/diary-csv.md says what each column holds.")


def _rows(raw: bytes, name: str) -> list[tuple[int, Row]]:
    """The lines by their number in the file, each under the names of the head."""
    try:
        reader = csv.reader(io.StringIO(text_of(raw), newline=""), strict=True)
        head = next(reader)
        _check_head(head, name)
        found: list[tuple[int, Row]] = []
        for cells in reader:
            if not cells:
                continue
            if len(found) >= _MOST_LINES:
                raise _refused(name, f"The file has more than {_MOST_LINES} lines.")
            row = {key: cell.strip() for key, cell in zip(head, cells, strict=False)}
            if len(cells) != len(head):
                row[_UNEVEN] = f"{len(cells)} cells, the head has {len(head)}"
            found.append((reader.line_num, row))
    except Unreadable as error:
        raise _refused(name, f"The file cannot be read: {error.fault}.") from None
    except csv.Error as error:
        raise _refused(name, f"The file is not CSV: {error}.") from None
    if not found:
        raise _refused(name, "The file holds no line below its head.")
    return found


def _check_head(head: list[str], name: str) -> None:
    unknown = [one for one in head if one not in COLUMNS]
    if unknown or len(set(head)) != len(head) or not {"day", "entered"} <= set(head):
        listed, known = ", ".join(head)[:200], ", ".join(COLUMNS)
        raise _refused(name, f"The head is {listed}; it must be of these, each once, with day and entered: {known}.")


def _entry(row: Row) -> Entry:
    if _UNEVEN in row:
        raise ValueError(row[_UNEVEN])
    tree: dict[str, Any] = {}
    for column, cell in row.items():
        if cell:
            path, read = COLUMNS[column]
            place = tree
            for part in path[:-1]:
                place = place.setdefault(part, {})
            place[path[-1]] = _read(column, cell, read)
    return msgspec.convert(tree, Entry, dec_hook=decode)


def _read(column: str, cell: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(cell)
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from None


def _text(cell: str) -> str:
    return cell


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError(f"{cell[:20]!r} is not a whole number")
    return int(cell)


def _effects(cell: str) -> dict[str, int]:
    """``none``, or ``dizziness 1; nausea 2``."""
    if cell == "none":
        return {}
    found: dict[str, int] = {}
    for part in cell.split(";"):
        effect, _, grade = part.strip().rpartition(" ")
        if not effect or effect in found:
            raise ValueError(f"{part.strip()[:40]!r} is not a side effect and its grade, such as dizziness 1")
        found[effect] = _whole(grade)
    return found


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


_DOSE = re.compile(
    r"(?P<what>taken|missed|unplanned)(?: at (?P<at>[0-2][0-9]:[0-5][0-9]))?(?: (?P<dose>[0-9.]+ mg))?"
    r"(?: = (?P<pieces>[0-9.]+) pieces?)?(?: held (?P<hold_minutes>[0-9]+) minutes)?(?: then (?P<then>swallowed|spat))?"
    r"(?: because (?P<reason>[^;]+))?"
)


def _doses(cell: str) -> list[dict[str, Any]]:
    """``taken at 08:00 10 mg; missed at 14:00 because forgot``."""
    found = []
    for part in _listed(cell):
        match = _DOSE.fullmatch(part)
        if not match:
            raise ValueError(f"{part[:60]!r} is not a dose, such as: taken at 08:00 10 mg")
        dose: dict[str, Any] = {key: value for key, value in match.groupdict().items() if value is not None}
        if "hold_minutes" in dose:
            dose["hold_minutes"] = _whole(dose["hold_minutes"])
        found.append(dose)
    return found


_RESCUE = re.compile(r"(?P<drug>[^;]+?) x (?P<times>[1-9][0-9]?)")


def _rescue(cell: str) -> list[dict[str, Any]]:
    """``paracetamol x 2``."""
    found = []
    for part in _listed(cell):
        match = _RESCUE.fullmatch(part)
        if not match:
            raise ValueError(f"{part[:60]!r} is not a medicine and how often, such as paracetamol x 2")
        found.append({"drug": match["drug"], "times": int(match["times"])})
    return found


# Column: where it stands in an entry, and how its cell is read.
COLUMNS: dict[str, tuple[tuple[str, ...], Callable[[str], Any]]] = {
    "day": (("day",), _text),
    "entered": (("entered",), _text),
    "id": (("id",), _text),
    "taken": (("taken",), _text),
    "reason": (("reason",), _text),
    "doses": (("doses",), _doses),
    "pain_average": (("pain", "average"), _whole),
    "pain_now": (("pain", "now"), _whole),
    "pain_worst": (("pain", "worst"), _whole),
    "activity": (("activity",), _text),
    "sleep": (("sleep",), _whole),
    "mood": (("mood",), _whole),
    "peg_pain": (("peg", "pain"), _whole),
    "peg_enjoyment": (("peg", "enjoyment"), _whole),
    "peg_activity": (("peg", "activity"), _whole),
    "effects": (("effects",), _effects),
    "flags": (("flags",), _listed),
    "blood_pressure": (("blood_pressure",), _listed),
    "rescue": (("rescue",), _rescue),
    "bad_day": (("bad_day",), _text),
}
