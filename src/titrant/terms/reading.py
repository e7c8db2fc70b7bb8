"""The one door for outside bytes: JSON and a strict YAML 1.2 subset become a plain tree, or a refusal that says where.

Refused before anything is interpreted: too many bytes or entries, too deep, duplicate keys, anchors, tags, several
documents, numbers that are not plain decimals, and text that is not UTF-8. YAML's guesses are off: only ``true``,
``false``, ``null`` and whole numbers are read as such; everything else is text, for the shapes to judge.
"""

import json
import re
import unicodedata
from decimal import Decimal
from typing import Any

import yaml
from msgspec import Struct

from titrant.terms.numbers import parse_decimal

MAX_BYTES = 20_000_000
MAX_DEPTH = 40
MAX_NODES = 200_000  # of YAML, which people write by hand
Tree = Any
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")
_FHIR_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,24})?([eE][+-]?[0-9])?")


class Unreadable(ValueError):
    """Bytes that cannot be read as a document. ``line`` is 0 where it is not known."""

    def __init__(self, fault: str, repair: str, line: int = 0) -> None:
        super().__init__(fault)
        self.fault, self.repair, self.line = fault, repair, line


class Document(Struct, frozen=True):
    """A plain tree and the line on which each dotted path begins."""

    tree: Tree
    lines: dict[str, int]

    def line_of(self, path: str) -> int:
        """The line of ``path``, or of its nearest parent that has one."""
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)


def is_plain_text(text: str) -> bool:
    """Whether ``text`` can be shown as it stands: no control or direction character, no half of a character."""
    return text.isprintable() or not any(map(_is_hidden, text))


def shown_text(text: str) -> str:
    """``text`` with line ends as one character, and a visible mark in place of each that cannot be seen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if is_plain_text(lines) else "".join("\ufffd" if _is_hidden(one) else one for one in lines)


HIDDEN = "it holds a control character, a direction character or half a character"
_RETYPE = "Type the text again, without what cannot be seen."
# Signs that turn the direction of what follows, so that a page shows another order than the file holds.
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def _is_hidden(character: str) -> bool:
    hidden = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in "\n\t"
    return hidden or character in _TURNS


def text_of(raw: bytes) -> str:
    """``raw`` as text, within the size limit and free of what no clinical document holds."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(
            f"it has {len(raw):,} bytes; at most {MAX_BYTES:,} are read", "Export one patient, not a population."
        )
    if not raw.strip():
        raise Unreadable("it is empty", "Give a case file (YAML) or a FHIR R4 Bundle (JSON).")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8 text", "Save the file as UTF-8.") from None
    if text.lstrip()[0] == "<":
        raise Unreadable("it is XML or HTML", "Only JSON and YAML are read; ask for the JSON form.")
    return text


def read_json(raw: bytes) -> Tree:
    """JSON as plain Python with exact decimals. Raises Unreadable."""
    text = text_of(raw)
    try:
        return json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_int=_json_number,
            parse_float=_json_number,
        )
    except RecursionError:
        raise Unreadable("it is nested too deeply to be a record", "Check how the file was made.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"it is not valid JSON: {error.msg}", "Export it again; do not edit it by hand.", error.lineno
        ) from None


def read_yaml(raw: bytes) -> Document:
    """A strict YAML document as a plain tree with line numbers. Raises Unreadable."""
    composer = _Composer()
    try:
        for event in yaml.parse(text_of(raw), Loader=_loader()):
            composer.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        fault = getattr(error, "problem", None) or "it is not readable"
        if "cannot start any token" in fault:
            fault = "a tab, or a sign that YAML keeps for itself; indent with spaces, put such words in quotes"
        raise Unreadable(
            f"it is not valid YAML: {fault}",
            "Check indentation, colons and quotes near this line.",
            mark.line + 1 if mark else 0,
        ) from None
    return Document(composer.root, composer.lines)


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Composer:
    """Builds the tree from parser events, without recursion, refusing what the strict subset leaves out."""

    def __init__(self) -> None:
        self.root: Tree = None
        self.lines: dict[str, int] = {}
        self._open: list[tuple[Any, str, list[str]]] = []  # container, its path, [key waiting for its value]
        self._documents = 0
        self._events = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self._count(line)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise Unreadable("it holds more than one document", "Keep one document in one file.", line)
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable("it uses an anchor or alias", "Write the value out.", line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _count(self, line: int) -> None:
        self._events += 1
        if self._events > MAX_NODES:
            place = f" (the last of them under {self._open[-1][1]})" if self._open and self._open[-1][1] else ""
            fault = f"it has more than {MAX_NODES:,} entries{place}; at most {MAX_NODES:,} are read"
            raise Unreadable(fault, "Give one patient's case in one file.", line)

    def _scalar(self, event: Any, line: int) -> None:
        if event.tag is not None and event.tag != "!":
            raise Unreadable(f"it uses the tag {event.tag}", "Remove the tag.", line)
        if not is_plain_text(event.value):
            raise Unreadable(HIDDEN, _RETYPE, line)
        container, path, waiting = self._open[-1] if self._open else (None, "", [])
        if isinstance(container, dict) and not waiting:
            if event.value == "<<":
                raise Unreadable("it uses the merge key '<<'", "Write the fields out where they belong.", line)
            if event.value in container:
                raise Unreadable(f"the key {event.value!r} stands twice in one place", "Keep one of them.", line)
            waiting.append(event.value)
            container[event.value] = None
            self.lines[_join(path, event.value)] = line
            return
        self._put(event.value if event.style else _plain_scalar(event.value), line)

    def _begin(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise Unreadable(f"it uses the tag {event.tag}", "Remove the tag.", line)
        if self._open and isinstance(self._open[-1][0], dict) and not self._open[-1][2]:
            raise Unreadable("a key is not plain text", "Keys are words.", line)
        if len(self._open) >= MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep", "Check how the file was made.", line)
        fresh: Tree = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._put(fresh, line)
        self._open.append((fresh, path, []))

    def _put(self, value: Tree, line: int) -> str:
        if not self._open:
            self.root = value
            return ""
        container, path, waiting = self._open[-1]
        if isinstance(container, dict):
            key = waiting.pop()
            container[key] = value
            return _join(path, key)
        container.append(value)
        place = _join(path, str(len(container) - 1))
        self.lines[place] = line
        return place


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _plain_scalar(text: str) -> Tree:
    if text in ("", "null", "~"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE.fullmatch(text) else text


def _no_duplicates(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Unreadable(
            f"the key {twice!r} stands twice in one object", "Keep one of them; nobody can know which is meant."
        )
    return found


def _no_constant(text: str) -> Tree:
    raise Unreadable(f"{text} is not a number", "Write the measured value, or leave the entry out.")


def _json_number(text: str) -> Tree:
    if _WHOLE.fullmatch(text):
        return int(text)
    if len(text) > 40 or not _FHIR_NUMBER.fullmatch(text):
        shown = text if len(text) <= 20 else text[:20] + "…"
        raise Unreadable(f"the number {shown} is too large or too long to be a measurement", "Correct the value.")
    try:
        return parse_decimal(text)
    except ValueError:
        return Decimal(text)
