"""Reading the CSV file of ``titrant fit``: doses taken and levels measured, one row each."""

import csv
import io
from pathlib import Path
from typing import Any

from titrant.clinic.opening import bytes_of
from titrant.terms.errors import CaseFileError
from titrant.terms.numbers import parse_decimal

_COLUMNS = ("time_h", "dose_mg", "route", "level_ng_per_ml", "output", "over_min", "hold_min")
_NEEDED = ("time_h", "dose_mg", "route", "level_ng_per_ml")
_MOST_BYTES, _MOST_ROWS = 1_000_000, 5_000
_WHY = "A number whose meaning is unsure must not move a forecast."


def read_levels(path: str) -> tuple[list[Any], list[Any]]:
    """Doses and levels of the file. Raises CaseFileError with the line that is wrong."""
    from titrant.pkpd.doses import Given
    from titrant.pkpd.measured import Level

    doses, levels = [], []
    for number, row in _rows(path):
        at_h = _number(path, number, row, "time_h")
        given, seen = row["dose_mg"].strip(), row["level_ng_per_ml"].strip()
        if bool(given) == bool(seen):
            raise _wrong(
                path,
                number,
                "a row is either a dose or a level",
                "Fill dose_mg or level_ng_per_ml, not both.",
            )
        if given:
            over = _number(path, number, row, "over_min", "0") / 60
            hold = _number(path, number, row, "hold_min", "20") / 60
            doses.append(Given(at_h, _number(path, number, row, "dose_mg"), row["route"].strip(), over, hold))
        else:
            output = (row.get("output") or "").strip() or "ketamine"
            levels.append(Level(at_h, _number(path, number, row, "level_ng_per_ml"), output))
    return doses, levels


def _rows(path: str) -> list[tuple[int, dict[str, str]]]:
    raw = bytes_of(Path(path))
    if len(raw) > _MOST_BYTES:
        raise _wrong(path, 0, f"it has {len(raw):,} bytes", f"At most {_MOST_BYTES:,} are read: give one person.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(path, 0, "it is not UTF-8 text", "Save it as CSV in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        _check_columns(path, names)
        reader.fieldnames = names
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"it is not CSV: {error}", "Export it again with commas.") from None
    if not rows:
        raise _wrong(path, 0, "it has no rows", "Give the doses taken and the levels measured.")
    if len(rows) > _MOST_ROWS:
        raise _wrong(path, 0, f"it has {len(rows):,} rows", f"At most {_MOST_ROWS:,} are read: give one person.")
    for number, row in rows:
        if None in row or None in row.values():
            raise _wrong(path, number, "the row has more or fewer cells than the header", "Correct the row.")
    return rows


def _check_columns(path: str, names: list[str]) -> None:
    if not names:
        raise _wrong(path, 0, "it is empty", f"The first line names the columns: {', '.join(_NEEDED)}.")
    unknown = [name for name in names if name not in _COLUMNS]
    missing = [name for name in _NEEDED if name not in names]
    if unknown or missing or len(set(names)) != len(names):
        fault = (
            f"column {unknown[0][:40]!r} is not known"
            if unknown
            else f"column {(missing or ['twice'])[0]!r} is missing or doubled"
        )
        raise _wrong(path, 1, fault, f"Columns, with their units, are: {', '.join(_COLUMNS)}.")


def _number(path: str, line: int, row: dict[str, str], name: str, default: str = "") -> float:
    text = (row.get(name) or "").strip() or default
    try:
        return float(parse_decimal(text))
    except ValueError as error:
        raise _wrong(path, line, f"{name}: {error}", "Correct the cell.") from None


def _wrong(path: str, line: int, fault: str, repair: str) -> CaseFileError:
    return CaseFileError(f"{path}, line {line}" if line else path, fault, _WHY, repair)
