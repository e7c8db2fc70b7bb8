"""From a plain tree to a case: how many entries it may hold, and what does not fit said in a clinic's own words."""

import re
import types
import typing
from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from titrant.knowledge.library import decode
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError
from titrant.terms.phrases import did_you_mean
from titrant.terms.reading import HIDDEN, MAX_DEPTH, Document, is_plain_text

WHY_READ_WELL = "A case that is misread is a case that is misjudged."
# Far above what one person's case holds, and few enough to be judged at once.
MOST_ENTRIES = 1_000
MOST_OF_A_DIARY = 20_000  # ten years of five entries a day
_REPAIR = "Correct the field; see docs/case-file.md."
Path = list[str]


def shape_case(tree: Any, name: str, document: Document | None = None) -> Case:
    """``tree`` as a case. Raises CaseFileError with file, line and field of what does not fit."""
    if not (_looks_plain(tree) and _in_measure(tree, MAX_DEPTH)):  # a look; the walk that names the place is slow
        for path, fault, repair in _out_of_measure(tree, []):
            raise CaseFileError(_place(name, path, document), fault, WHY_READ_WELL, repair)
    try:
        return msgspec.convert(tree, Case, dec_hook=decode)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        message, path = _message_and_path(str(error), tree)
        path, fault = _plainly(message, path, tree)
        raise CaseFileError(
            _place(name, path, document), f"{fault}{'' if fault[-1] in '.?' else '.'}", WHY_READ_WELL, _REPAIR
        ) from None


def _place(name: str, path: Path, document: Document | None) -> str:
    field = ".".join(path)
    line = f", line {document.line_of(field)}" if document and document.lines else ""
    return f"{name}{line}{f': {field}' if field else ''}"


# Too many entries, and characters that cannot be seen


def _looks_plain(tree: Any) -> bool:
    """Whether each text in it can be shown as it stands. False also where only a closer look can tell."""
    try:
        written = msgspec.json.encode(tree).decode()
    except (TypeError, ValueError, RecursionError):
        return False
    return written.isprintable() and "\\" not in written


_NESTED = (dict, list)


def _in_measure(tree: Any, depth: int) -> bool:
    """Whether nothing is nested deeper, and no place has more entries, than a person's case has."""
    level, diaries = [tree] if isinstance(tree, _NESTED) else [], set[int]()
    for _ in range(depth):
        below: list[Any] = []
        for part in level:
            if (MOST_OF_A_DIARY if id(part) in diaries else MOST_ENTRIES) < len(part):
                return False
            if isinstance(part, dict):
                diaries.add(id(part.get("diary")))
            parts = part.values() if isinstance(part, dict) else part
            below += [one for one in parts if isinstance(one, _NESTED)]
        level = below
    return not level


def _out_of_measure(tree: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """What no case holds: more entries in one place than a person has, and text that hides something."""
    if isinstance(tree, str):
        if not is_plain_text(tree):
            yield path, f"In this text {HIDDEN.removeprefix('it ')}.", "Type the text again, without what is not seen."
        return
    if not isinstance(tree, dict | list):
        return
    if not len(path) < MAX_DEPTH:
        yield path[:3], f"This is nested more than {MAX_DEPTH} deep.", "Check how the file was made."
        return
    most = MOST_OF_A_DIARY if path[-1:] == ["diary"] else MOST_ENTRIES
    if not len(tree) <= most:
        yield path, f"{len(tree):,} entries stand here; at most {most:,} are read.", "Give one patient's case."
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, part in parts:
        if isinstance(key, str) and not is_plain_text(key):
            yield path, f"In a key {HIDDEN.removeprefix('it ')}.", "Type the key again, without what is not seen."
        if not _is_plain_leaf(part):  # most parts are; they need no walk of their own
            yield from _out_of_measure(part, [*path, str(key)])


def _is_plain_leaf(part: Any) -> bool:
    return is_plain_text(part) if isinstance(part, str) else not isinstance(part, dict | list)


# Where the shapes say that something does not fit

_MESSAGE = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def _message_and_path(text: str, tree: Any) -> tuple[str, Path]:
    """A shape error as its message and the steps to the place; a key that the shapes do not name is looked for."""
    found = _MESSAGE.fullmatch(text)
    assert found is not None
    steps = [one[1] or one[2] for one in _STEP.finditer(found[2] or "")]
    while "..." in steps:
        steps[steps.index("...")] = _key_at_fault(text, steps[: steps.index("...")], tree)
    return found[1].replace("`", "'"), steps


def _key_at_fault(text: str, path: Path, tree: Any) -> str:
    """The key of the mapping at ``path`` that gives this error: the shapes stop at the first, so it is bisected for."""
    entries = list(_at(tree, path).items())

    def fails(first: int) -> bool:
        try:
            msgspec.convert(_with(tree, path, dict(entries[:first])), Case, dec_hook=decode)
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            return str(error) == text
        return False

    at = bisect_left(range(1, len(entries) + 1), True, key=fails)
    return str(entries[min(at, len(entries) - 1)][0])


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        if isinstance(tree, list):
            tree = tree[int(step)] if step.isdigit() and int(step) < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _with(tree: Any, path: Path, part: Any) -> Any:
    """``tree`` with ``part`` at ``path``; ``tree`` itself stays as it is."""
    if not path:
        return part
    fresh = tree.copy()
    key = int(path[0]) if isinstance(tree, list) else path[0]
    fresh[key] = _with(fresh[key], path[1:], part)
    return fresh


# How the shapes complain, and what a person should read instead

_UNKNOWN_FIELD = re.compile(r"Object contains unknown field '(.*)'", re.DOTALL)
_MISSING_FIELD = re.compile(r"Object missing required field '(.*)'")
_WRONG_KIND = re.compile(r"Expected '(.*)', got '(.*)'")


def _plainly(message: str, path: Path, tree: Any) -> tuple[Path, str]:
    """The place and the words for people; a message that is plain already stays."""
    value = _at(tree, path)
    if found := _UNKNOWN_FIELD.fullmatch(message):
        near = did_you_mean(found[1], _fields_at(path))
        return [*path, found[1]], f"There is no field '{found[1][:40]}' here.{near}"
    if found := _MISSING_FIELD.fullmatch(message):
        return path, f"The field {found[1]} is missing"
    if message == "Invalid RFC3339 encoded date":
        return path, f"{str(value)[:40]} is not a day of the calendar: write YYYY-MM-DD, such as 2026-11-21"
    if message.startswith("Invalid enum value"):
        words = ", ".join(one for one in _words_at(path) if one)
        return path, f"{str(value)[:40]!r} is not one of the words that may stand here: {words}"
    if found := _WRONG_KIND.fullmatch(message):
        return path, _wrong_kind(found[1], found[2], path, value)
    return path, message


def _wrong_kind(expected: str, got: str, path: Path, value: Any) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)[:40]
    wanted = set(expected.split(" | "))
    if got == "null":
        return "Nothing stands here: give a value, or leave the line out"
    if "int" in wanted:
        return f"{shown!r} is not a whole number: a whole number is needed here, without quotes and without a unit"
    if "date" in wanted:
        return f"{shown} is not a day of the calendar: write YYYY-MM-DD, such as 2026-11-21"
    if path[:2] == ["given", "conditions"] and got in ("int", "float", "bool"):
        return f"{shown} is not a state: write one of {', '.join(ConditionState)}"
    if got == "bool":
        return (
            f"{shown} is no answer here: write a word, such as yes, no, or another that docs/reference/facts.md lists"
        )
    if got in ("int", "float"):
        return f"{shown!r} has no unit, or is no text: write it in quotes, with its unit if it is an amount"
    if "array" in wanted:
        return "A list is needed here: write it in square brackets"
    if "object" in wanted:
        return "Named fields are needed here: write {name: value}"
    return f"Text is needed here, not {_KINDS.get(got, got)}"


_KINDS = {"array": "a list", "object": "named fields"}


# What the shapes allow at a place, looked up only where something is wrong


def _fields_at(path: Path) -> tuple[str, ...]:
    """The names of the fields that may stand at ``path``."""
    shapes = [one for one in _kinds_at(path) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    return tuple(field.encode_name for shape in shapes for field in msgspec.structs.fields(shape))


def _words_at(path: Path) -> tuple[str, ...]:
    """The words of a fixed list at ``path``."""
    found: list[str] = []
    for kind in _kinds_at(path):
        if typing.get_origin(kind) is typing.Literal:
            found += typing.get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, StrEnum):
            found += list(kind)
    return tuple(found)


def _kinds_at(path: Path) -> list[Any]:
    """The types that may stand at ``path``: unions taken apart, lists and mappings entered."""
    kinds: list[Any] = [Case]
    for step in path:
        kinds = [part for kind in kinds for part in _below(kind, step)]
    return kinds


def _below(kind: Any, step: str) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        named = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        return _alternatives(named[step]) if step in named else []
    parts = typing.get_args(kind)
    if typing.get_origin(kind) is dict:
        return _alternatives(parts[1])
    return _alternatives(parts[0]) if typing.get_origin(kind) is tuple else []


def _alternatives(kind: Any) -> list[Any]:
    is_union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return [one for part in typing.get_args(kind) for one in _alternatives(part)] if is_union else [kind]
