"""What happened, in words that need no program: one line for each event, with every field that it holds."""

from collections.abc import Iterator
from typing import Any

from titrant.documents.shown import line, shown
from titrant.record.events import Event, Kind, instant_text
from titrant.terms.canonical import Json

# The whole of these stands elsewhere in the file, or is of no meaning to a reader.
_ELSEWHERE = frozenset({"seal", "content", "text", "set", "add", "sha256", "inputs_sha256", "legal"})
NARROW = 12  # letters of a word in a narrow column
_LONGEST = 200_000  # a whole file is whole; a row goes on over as many pages as it needs


def heading_of(event: Event) -> str:
    return event.kind.value.replace("_", " ").capitalize()


def when_of(event: Event) -> str:
    return instant_text(event.at)[:16].replace("T", " ")


def who_of(event: Event) -> str:
    return line(f"{event.by.name} ({event.by.role.value})", 60, NARROW)


def told(event: Event) -> str:
    """Everything that the event says, as words."""
    parts = [f"{_name(key)}: {_value(value)}" for key, value in event.body.items() if key not in _ELSEWHERE]
    if event.kind is Kind.SIGNED:
        parts.append(f"signed text: see signature {event.number}")
    if event.kind is Kind.DIARY_KEPT:
        parts.append("entry: see the diary")
    else:
        parts += [f"set {path}: {value}" for path, value in leaves(event.body.get("set") or {})]
        added = event.body.get("add") or {}
        parts += [f"added to {path}: {_value(values)}" for path, values in added.items()]
    return shown("; ".join(one for one in parts if not one.endswith(": ")), _LONGEST)


def leaves(tree: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a tree with its path."""
    for key, value in tree.items():
        place = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict) and value:
            yield from leaves(value, place)
        else:
            yield place.removeprefix("given."), _value(value)


def _name(key: str) -> str:
    return key.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_name(key)} {_value(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
