"""Reading the CSV file of ``titrant fit``: doses taken and levels measured, one row each."""

import csv
import io
import re
from pathlib import Path
from typing import Any

from titrant.clinic.opening import bytes_of
from titrant.pkpd.faults import UnusableNumbers
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.terms.numbers import parse_decimal

# How a dose was given: the column, what of the dose it says, and what is assumed where the cell is empty.
_MANNER = {"over_min": ("over_h", "0"), "hold_min": ("hold_h", "20"), "form": ("form", "solid"),
           "swallowed": ("swallowed", "yes"), "sprays": ("sprays", "1")}  # fmt: skip
_COLUMNS = ("time_h", "dose_mg", "route", "level_ng_per_ml", "output", *_MANNER)
_NEEDED = ("time_h", "dose_mg", "route", "level_ng_per_ml")
_MOST_BYTES, _MOST_ROWS = 1_000_000, 5_000
_WHY = "A number whose meaning is unsure must not move a forecast."


Lines = dict[str, list[int]]  # of the doses and of the levels, in the order of the file


def read_levels(path: str) -> tuple[list[Any], list[Any], Lines]:
    """Doses and levels of the file, and their lines. Raises CaseFileError with the line that is wrong."""
    from titrant.pkpd.measured import Level

    doses, levels = [], []
    lines: Lines = {"dose": [], "level": []}
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
            lines["dose"].append(number)
            doses.append(_dose(path, number, row, at_h))
        else:
            lines["level"].append(number)
            _check_manner(path, number, row, (), "a measured level")
            output = (row.get("output") or "").strip() or "ketamine"
            levels.append(Level(at_h, _number(path, number, row, "level_ng_per_ml"), output))
    return doses, levels, lines


def placed(error: UnusableNumbers, path: str, lines: Lines) -> TitrantError:
    """``error`` with the file and the line, where it speaks of one dose or one level; else as it is."""
    found = re.match(r"(dose|level) (\d+)\b", error.place)
    if found is None:
        return error
    line = lines[found[1]][int(found[2]) - 1]
    return CaseFileError(f"{path}, line {line}: {error.place}", error.fault, error.why, error.repair)


def _dose(path: str, line: int, row: dict[str, str], at_h: float) -> Any:
    from titrant.pkpd.doses import MANNERS, Given

    route = row["route"].strip()
    own = MANNERS.get(route, ())
    _check_manner(path, line, row, own, f"a dose by route {route!r}")
    manner = {name: _manner(path, line, row, column) for column, (name, _) in _MANNER.items() if name in own}
    return Given(at_h, _number(path, line, row, "dose_mg"), route, **manner)


def _check_manner(path: str, line: int, row: dict[str, str], own: tuple[str, ...], what: str) -> None:
    """Refuses a cell that would change nothing in silence."""
    for column, (name, _) in _MANNER.items():
        if name not in own and (row.get(column) or "").strip():
            raise _wrong(path, line, f"{column} does not belong to {what}", "Empty the cell, or correct the route.")


def _manner(path: str, line: int, row: dict[str, str], column: str) -> Any:
    name, assumed = _MANNER[column]
    text = (row.get(column) or "").strip().lower() or assumed
    if name == "form":
        return text
    if name == "swallowed":
        if text not in ("yes", "no"):
            raise _wrong(path, line, f"swallowed is {text[:40]!r}", "Write yes or no (spat out).")
        return text == "yes"
    value = _number(path, line, row, column, assumed)
    if name == "sprays":
        if value != int(value):
            raise _wrong(path, line, f"sprays is {value:g}", "Give a whole number of sprays.")
        return int(value)
    return value / 60


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
