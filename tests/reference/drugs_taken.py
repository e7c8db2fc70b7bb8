"""Which drug a line of the list names, and which interaction files speak of it: the second reading's own view."""

import re
from datetime import date, timedelta
from typing import Any

from tests.reference.files import Files, Tree, folded, size


def named_by(files: Files, line: dict[str, Any]) -> set[str]:
    """The drugs that the codes and the name of a line stand for; more than one contradict each other."""
    found = {files.by_rx.get(line["rxnorm"]), files.by_atc.get(line["atc"]), files.spellings.get(folded(line["name"]))}
    return {one for one in found if one}


def known_drugs(files: Files, line: dict[str, Any]) -> list[Tree]:
    """The one drug that the codes and the name of a line agree on."""
    found = named_by(files, line)
    return [files.drugs[one] for one in found] if len(found) == 1 else []


def _in_words(files: Files, text: str) -> list[str]:
    """Drugs named in ``text``, longer names first, so that no part of a name is taken for another drug."""
    rest, found = f" {folded(text)} ", []
    for spelling in files.longest_first if rest.strip() else ():
        if f" {spelling} " in rest:
            rest = rest.replace(f" {spelling} ", " | ")
            found.append(files.spellings[spelling])
    return list(dict.fromkeys(found))


def effects(files: Files, line: dict[str, Any], on: date) -> list[Tree]:
    """The interaction files that hold for this line on that day."""
    agreed = known_drugs(files, line)
    if agreed or len(named_by(files, line)) > 1:
        drugs = agreed or [_unknown(line)]
    else:
        # A combination by its words: a part without a known name stays unknown.
        parts = [_in_words(files, part) for part in re.split(r" / |\+| and | with ", line["name"])]
        drugs = [drug for names in parts for drug in ([files.drugs[one] for one in names] or [_unknown(line)])]
    return [one for drug in drugs for one in _effects_of(files, drug, line, on)]


def _unknown(line: dict[str, Any]) -> Tree:
    """A drug of which only its group or a pharmacist's word is known."""
    by_hand = line["checked_by_hand"] or {}
    return {"name": "", "classes": by_hand.get("treat_as", ()), "atc": (line["atc"],)}


def _effects_of(files: Files, drug: Tree, line: dict[str, Any], on: date) -> list[Tree]:
    found = _speaking(files, drug["name"], tuple(drug["classes"]), tuple(drug["atc"]))
    instead = {name for one in found for name in one.get("replaces", ())}
    return [
        one | {"taken": drug["name"] or line["name"]}
        for one in found
        if one["id"] not in instead and _acts(one, line, on)
    ]


def _acts(one: Tree, line: dict[str, Any], on: date) -> bool:
    until, since = _day(line["until"]), _day(line["since"])
    # An end before the beginning is a wrong date; the drug then counts as taken.
    if until is None or on <= until or (since is not None and until < since):
        return True
    lasts = one.get("persists")
    return bool(lasts) and on <= until + timedelta(int(size(lasts["after_stop"])))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_SPOKEN: dict[tuple[Any, ...], list[Tree]] = {}


def _speaking(files: Files, name: str, classes: tuple[str, ...], codes: tuple[str, ...]) -> list[Tree]:
    key = (id(files), name, classes, codes)
    if key not in _SPOKEN:
        _SPOKEN[key] = [one for one in files.interactions if _speaks(one, name, classes, codes)]
    return _SPOKEN[key]


def _speaks(one: Tree, name: str, classes: tuple[str, ...], codes: tuple[str, ...]) -> bool:
    if name and name in one.get("drugs", ()):
        return True
    if any(kind in one.get("classes", ()) for kind in classes):
        return True
    return any(code.startswith(prefix) for code in codes for prefix in one.get("atc_prefixes", ()) if code)


def counted(taken: list[Tree], kind: str) -> int:
    """How many different drugs count as ``kind``."""
    return len({one["taken"] for one in taken if kind in one.get("counts", ())})
