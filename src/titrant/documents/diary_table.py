"""The diary as CSV in the form that the clinic reads (docs/diary-csv.md); what has no column there is named."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from titrant.clinic.diary_csv import COLUMNS
from titrant.documents.cells import csv_text
from titrant.terms.canonical import Json

_KNOWN = frozenset(
    ("day", "through", "entered", "id", "taken", "reason", "doses", "pain", "activity", "sleep", "mood", "peg",
     "effects", "flags", "blood_pressure", "rescue", "bad_day")
)  # fmt: skip


def diary_csv(entries: list[Json]) -> str:
    """One line for each day; ``through`` is written out as the days that it stands for."""
    return csv_text([*COLUMNS], (row for entry in entries for row in _rows(entry)))


def not_in_csv(entries: list[Json]) -> list[str]:
    """What the table cannot hold, by entry; case.yaml and events.jsonl have it."""
    told = []
    for entry in entries:
        left = sorted(set(entry) - _KNOWN)
        left += ["rescue dose" for one in entry.get("rescue") or () if one.get("dose")]
        told += [f"{entry.get('day')}: {', '.join(left)}"] if left else []
    return told


def _rows(entry: Json) -> Iterator[list[str]]:
    first = date.fromisoformat(str(entry["day"]))
    last = date.fromisoformat(str(entry.get("through") or entry["day"]))
    for ahead in range((last - first).days + 1):
        day = (first + timedelta(days=ahead)).isoformat()
        # One id stands for one entry: the days of a stretch share none.
        told = entry | {"day": day} | ({"id": ""} if last != first else {})
        yield [_cell(told, column) for column in COLUMNS]


def _cell(entry: Json, column: str) -> str:
    path, _ = COLUMNS[column]
    value = entry
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return ""
    if column in _WRITTEN:
        return _WRITTEN[column](value)
    return str(value)


def _effects(value: Json) -> str:
    return "; ".join(f"{name} {grade}" for name, grade in value.items()) or "none"


def _dose(one: Json) -> str:
    parts = [one["what"]]
    for key, form in (("at", "at {}"), ("dose", "{}"), ("pieces", "= {} pieces"), ("hold_minutes", "held {} minutes")):
        if one.get(key):
            parts.append(form.format(one[key]))
    parts += [f"then {one['then']}"] if one.get("then") else []
    return " ".join([*parts, *([f"because {one['reason'].replace(';', ',')}"] if one.get("reason") else [])])


_WRITTEN: dict[str, Callable[[Json], str]] = {
    "effects": _effects,
    "doses": lambda value: "; ".join(map(_dose, value)),
    "flags": "; ".join,
    "blood_pressure": "; ".join,
    "rescue": lambda value: "; ".join(f"{one['drug'].replace(';', ',')} x {one.get('times', 1)}" for one in value),
}
