"""Reading single elements of FHIR trees: tolerant of clumsy shapes, never guessing a value.

Every function takes a tree that may be anything and gives a plain value or an empty one. An object where a list is
due counts as a list of one; ``null`` counts as absent; a value of the wrong type counts as absent.
"""

import calendar
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

Tree = Any
Resource = dict[str, Any]

SNOMED = ("http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96")
LOINC = ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1")
RXNORM = ("http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88")
ATC = ("http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73")
UCUM = ("http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8")
_ICD10 = re.compile(r"https?://.*\bicd-?10\b.*|urn:oid:2\.16\.840\.1\.113883\.6\.(3|90)", re.IGNORECASE)
_DATE = re.compile(
    r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-([0-2][0-9]|3[01])(?:T[0-9]{2}:[0-9]{2}[0-9:.]{0,20}(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_LONGEST = 120


class Coding(Struct, frozen=True):
    """One code in one system, with the name that the sender gave it."""

    system: str
    code: str
    display: str

    def of(self, systems: tuple[str, ...]) -> bool:
        return self.system in systems and bool(self.code)

    @property
    def icd10(self) -> bool:
        return bool(self.code) and _ICD10.fullmatch(self.system) is not None


def child(tree: Tree, key: str) -> Resource:
    """The object under ``key``, or an empty one."""
    found = tree.get(key) if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def children(tree: Tree, key: str) -> list[Resource]:
    """The objects under ``key``; a single object counts as a list of one."""
    found = tree.get(key) if isinstance(tree, dict) else None
    if isinstance(found, dict):
        return [found]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def code(tree: Tree, key: str) -> str:
    """The text under ``key`` exactly as it stands, for comparing; empty if it is not text."""
    found = tree.get(key) if isinstance(tree, dict) else None
    return found if isinstance(found, str) else ""


def text(tree: Tree, key: str) -> str:
    """The text under ``key`` for people: one line, no control signs, not too long."""
    return for_people(code(tree, key))


def for_people(raw: str) -> str:
    """``raw`` on one line, without control and direction signs, cut at a readable length."""
    kept = raw[: 4 * _LONGEST]
    if not kept.isprintable():
        kept = "".join(" " if c.isspace() else c for c in kept if c.isspace() or not _hidden(c))
    line = " ".join(kept.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")


def number(tree: Tree, key: str) -> Decimal | None:
    """The number under ``key``. Text that looks like a number is not one."""
    found = tree.get(key) if isinstance(tree, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        return None
    value = Decimal(found)
    return value if value.is_finite() else None


def day(raw: str) -> date | None:
    """The calendar day as written, whatever the time zone. None for a date without a day."""
    found = _DATE.fullmatch(raw)
    if not found or not found[3]:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def last_day(raw: str) -> date | None:
    """The latest day that ``raw`` can mean: 2019 gives the last of December."""
    found = _DATE.fullmatch(raw)
    if not found or found[3] or found[1] == "0000":
        return day(raw)
    year, month = int(found[1]), int(found[2] or 12)
    return date(year, month, calendar.monthrange(year, month)[1])


def codings(concept: Tree) -> list[Coding]:
    return [
        Coding(code(one, "system"), code(one, "code").strip(), text(one, "display"))
        for one in children(concept, "coding")
    ]


def words(concept: Tree) -> tuple[str, ...]:
    """Everything that names the concept in words: its text, then the names of its codes, each once."""
    found = (text(concept, "text"), *(one.display for one in codings(concept)))
    return tuple(dict.fromkeys(filter(None, found)))


def named(concept: Tree) -> str:
    """How to call the concept before people: its first words, else its first code."""
    found = (*words(concept), *(for_people(one.code) for one in codings(concept)))
    return next(iter(filter(None, found)), "without a name")


def status_of(resource: Tree, key: str) -> str:
    """The code of a status that is written as a concept; empty if there is none."""
    return next((one.code for one in codings(child(resource, key)) if one.code), "")


def objects_in(tree: Tree, skip: tuple[str, ...] = ()) -> Iterator[Resource]:
    """Every object within ``tree``, itself included, without recursion. ``skip`` names branches left out at the top."""
    waiting: list[Tree] = [tree]
    top = True
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            waiting.extend(value for key, value in here.items() if not (top and key in skip))
        elif isinstance(here, list):
            waiting.extend(here)
        top = False
