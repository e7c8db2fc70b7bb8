"""Writing a case as a YAML file that a person can read and complete, and that reads back as the same case.

Where the knowledge is given, each open question stands as a comment at the place where its answer belongs.
"""

import json
import re
from collections.abc import Iterable, Iterator

from titrant.clinic.case_tree import Tree, tree_of
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.pathway.case import Case

_HEAD = """\
# A case file. What is open stands under questions; answer it under given, or in an answers file of the same form.
# Readings are VALUE UNIT on YYYY-MM-DD, answers one of the listed words, conditions no, active, past or controlled.
"""
_WORD = r"[A-Za-z0-9_./%()µ²+,;?'-]"
_PLAIN = re.compile(rf"[A-Za-z0-9]{_WORD}*(?: {_WORD}+)*")
_NOT_TEXT = re.compile(r"true|false|null|[0-9]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_EXAMPLE = {Kind.QUANTITY: "VALUE {unit} on YYYY-MM-DD", Kind.PRESSURE: "SYSTOLIC/DIASTOLIC {unit} on YYYY-MM-DD"}


def case_as_yaml(case: Case, library: Library | None = None) -> str:
    """``case`` as text that reads back as an equal case."""
    tree = tree_of(case)
    if library is None:
        return _HEAD + "\n".join(_object(tree, "")) + "\n"
    given = tree.pop("given")
    lines = [*_object({"scenario": tree.pop("scenario")}, ""), "given:", *_given(given, case, library)]
    return _HEAD + "\n".join([*lines, *_object(tree, "")]) + "\n"


def _given(given: Tree, case: Case, library: Library) -> Iterator[str]:
    stubs = {
        "readings": [_stub(name, _reading_form(kind), ask) for name, kind, ask in _facts(case, library, _EXAMPLE)],
        "answers": [
            _stub(name, " or ".join(kind.words), ask) for name, kind, ask in _facts(case, library, (Kind.WORD,))
        ],
        "conditions": [
            _stub(name, "no, or how it stands", ask)
            for name, ask in case.questions.items()
            if name in library.conditions and name not in library.facts
        ],
    }
    line = hand_check_line(_not_recognised(case, library))
    stubs["medications"] = [f"{line}  # for a pharmacist: those of these drugs that do not interact"] if line else []
    for key, value in given.items():
        yield from _object({key: value}, "  ")
        yield from (f"    # {line}" for line in stubs.pop(key, ()))
    for key, lines in stubs.items():
        if lines:
            yield f"  # {key}:"
            yield from (f"  #   {line}" for line in lines)


def _not_recognised(case: Case, library: Library) -> list[str]:
    listed = case.given.medications.drugs if case.given.medications else ()
    own = [one for one in listed if one.checked_by_hand is None and not one.matched]
    return [one.name for one in own if not library.drugs.resolve(one.name, one.rxnorm, one.atc)]


def hand_check_line(names: Iterable[str]) -> str:
    """The line that a pharmacist completes for these drugs of the list, all at once; empty without a drug."""
    listed = ", ".join(name if _IN_A_LIST.fullmatch(name) else json.dumps(name) for name in dict.fromkeys(names))
    return f"checked_by_hand: [{{drugs: [{listed}], by: NAME, on: YYYY-MM-DD}}]" if listed else ""


_IN_A_LIST = re.compile(r"[A-Za-z][A-Za-z0-9./ -]*[A-Za-z0-9]")


def _facts(case: Case, library: Library, kinds: object) -> Iterator[tuple[str, FactKind, str]]:
    for name, ask in case.questions.items():
        kind = library.facts.get(name)
        if kind is not None and kind.kind in kinds:  # type: ignore[operator]
            yield name, kind, ask


def _reading_form(kind: FactKind) -> str:
    return _EXAMPLE[kind.kind].format(unit=kind.unit)


def _stub(name: str, form: str, ask: str) -> str:
    return f"{name}: {form}  # {' '.join(ask.split())}"


# YAML, only as much of it as a case needs


def _object(tree: Tree, indent: str) -> Iterator[str]:
    for key, value in tree.items():
        yield from _entry(f"{indent}{_scalar(str(key))}:", value, indent + "  ")


def _entry(head: str, value: Tree, indent: str) -> Iterator[str]:
    """``head`` with its value behind it or below it, at ``indent``."""
    if isinstance(value, dict) and value:
        yield head
        yield from _object(value, indent)
    elif isinstance(value, list) and value:
        yield head
        for one in value:
            yield from _item(one, indent)
    else:
        yield f"{head} {'{}' if isinstance(value, dict) else '[]' if isinstance(value, list) else _scalar(value)}"


def _item(value: Tree, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        first, *rest = _object(value, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest
    elif isinstance(value, list) and value:
        yield f"{indent}-"
        for one in value:
            yield from _item(one, indent + "  ")
    else:
        yield from _entry(f"{indent}-", value, indent)


def _scalar(value: Tree) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        return text
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    point = ord(character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
