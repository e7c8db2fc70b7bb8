"""What may lie in a clinic's own folder: more files of the shipped kinds, each with a name and an id of its own."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from titrant.terms.errors import KnowledgeError

Trees = Mapping[str, Any]
_COLUMNS = ("name", "rxcui", "atc", "classes")
# Kinds of which there is one file, and that is shipped.
_SHIPPED_ONLY = ("wording", "salt", "opioids", "disagreements", "drugs", "triage")
_WHY = "Which of the two holds would be a matter of chance, and a shipped limit could be loosened."


def check_names(own: Iterable[str], shipped: Collection[str], kinds: Collection[str], clinic: str) -> None:
    """Every file is of a known kind and takes no shipped file's place. Raises KnowledgeError."""
    for path in own:
        kind, _, rest = path.partition("/")
        if path in shipped:
            raise KnowledgeError(
                f"{clinic}/{path}",
                "A file of the same name is shipped.",
                "Which of the two holds would be a matter of chance.",
                "Give it another name; a protocol gets the next version number.",
            )
        if kind in _SHIPPED_ONLY and rest.endswith(".yaml"):
            raise KnowledgeError(
                f"{clinic}/{path}", f"There is one file of the kind {kind}, and it is shipped.", _WHY, "Remove it."
            )
        if path != "README.md" and not _is_of_a_kind(kind, rest, kinds):
            raise KnowledgeError(
                f"{clinic}/{path}",
                "No file of this name is read.",
                "A rule in a file that is not read protects nobody.",
                f"Put it as <id>.yaml into one of {', '.join(sorted(set(kinds) - set(_SHIPPED_ONLY)))}; a table of "
                "drugs is drugs/<name>_drugs.csv. Or remove it.",
            )


def _is_of_a_kind(kind: str, rest: str, kinds: Collection[str]) -> bool:
    if kind == "drugs":
        return rest.endswith("drugs.csv") and "/" not in rest
    return kind in kinds and rest.endswith(".yaml")


def check_table(text: str, place: str) -> None:
    """A table of drugs has its columns and every row all of them. Raises KnowledgeError."""
    try:
        header, *rows = list(csv.reader(io.StringIO(text), strict=True)) or [[]]
    except csv.Error as error:
        raise _bad_table(place, f"It is not a table: {error}.") from None
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise _bad_table(place, f"Its first line has no column {', '.join(missing)}.")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header) or not row[header.index("name")].strip():
            raise _bad_table(f"{place}, line {number}", f"The row has {len(row)} of {len(header)} fields, or no name.")


def _bad_table(place: str, fault: str) -> KnowledgeError:
    return KnowledgeError(
        place,
        fault,
        "A drug that is read wrongly is a drug that is not checked.",
        f"Write a line with the columns {', '.join(_COLUMNS)} and then a row for each drug, saved as UTF-8.",
    )


def check_heads(trees: Trees, own: Iterable[str], clinic: str) -> None:
    """Every file names itself and its review date, and no id of a shipped file. Raises KnowledgeError."""
    own = set(own)
    taken = {name for path in trees.keys() - own for name in _names_in(path, trees[path])}
    for path in sorted(own):
        place, tree = f"{clinic}/{path}", trees[path]
        if not isinstance(tree, dict) or not isinstance(tree.get("id"), str):
            raise _bad_head(place, "The file has no 'id'.")
        review_date(tree, place)
        for name in _names_in(path, tree):
            if name in taken:
                raise KnowledgeError(
                    place, f"{name[1]!r} is already shipped, as one of {name[0]}.", _WHY, "Give it another name."
                )
    _check_versions(trees, own, clinic)


def _check_versions(trees: Trees, own: set[str], clinic: str) -> None:
    """A clinic's version of a shipped protocol is numbered above the shipped ones."""
    shipped = [tree for path, tree in trees.items() if path.startswith("protocols/") and path not in own]
    for path in own:
        tree = trees[path]
        before = [int(one["version"]) for one in shipped if one["id"] == tree["id"]]
        if path.startswith("protocols/") and before and not str(tree.get("version")).isdigit():
            raise _bad_head(f"{clinic}/{path}", "The protocol has no version number.")
        if path.startswith("protocols/") and before and not int(tree["version"]) > max(before):
            fault = f"Version {tree['version']} of {tree['id']} is not above the shipped version {max(before)}."
            raise KnowledgeError(f"{clinic}/{path}", fault, _WHY, "Give it the next version number.")


def _names_in(path: str, tree: Any) -> Iterator[tuple[str, str]]:
    """Everything by which a file can be asked for: its id, and what it lists by name. Protocols go by version too."""
    kind = path.partition("/")[0]
    if kind == "protocols" or not isinstance(tree, dict):
        return
    yield kind, str(tree.get("id"))
    listed = tree.get(kind) if kind in ("facts", "sources", "texts") else None
    for one in listed if isinstance(listed, dict | list) else ():
        yield f"{kind} by name", str(one.get("id")) if isinstance(one, dict) else str(one)


def review_date(tree: Any, place: str) -> date:
    """The day after which a file is no longer relied on. Raises KnowledgeError if it says none."""
    try:
        return date.fromisoformat(str(tree["next_review"]))
    except (KeyError, TypeError, ValueError):
        raise _bad_head(place, "The file has no 'next_review', or it is no day of the calendar.") from None


def _bad_head(place: str, fault: str) -> KnowledgeError:
    return KnowledgeError(
        place,
        fault,
        "A file that does not say what it is and until when it holds cannot be relied on.",
        "Begin the file with id, title, reviewed_on and next_review (YYYY-MM-DD).",
    )
