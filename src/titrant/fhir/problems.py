"""Which condition a problem list entry names: by code, else by name, with an eye on negations and histories."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property

from msgspec import Struct

from titrant.fhir.elements import SNOMED, Coding, Resource, codings, words
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Code

# A hyphen within a word separates nothing.
_BETWEEN = re.compile(r"\s-+\s*|-+\s|[;,.–—]\s*")
_FILLERS = (
    r"(?:\s+(?:any|a|an|the|of|for|to|known|current|active|further|past|previous|prior|personal|clear|documented"
    r"|evidence|signs?|symptoms?|history|mention|diagnosis|suspected|possible|probable))*"
)
# Words directly before a name that turn it around, words that make it doubtful, or move it to the past.
_NOT = re.compile(
    r"\b(?:no|not|nil|never|denies|denied|denying|without|negative|absence|absent|excludes?|excluded|excluding"
    r"|rule[sd]? out|r/o|free of|unlikely)\b:?" + _FILLERS + r"\W*$"
)
_NOT_AFTER = re.compile(r"^[\s:(]*(?:was |is |has been )?(?:denied|ruled out|excluded|absent|not present|unlikely)\b")
# Standing alone behind the name, also behind a comma or a hyphen.
_NOT_ALONE = re.compile(
    r"^[\s:(,;–—-]*(?:was |is |has been )?(?:denied|ruled out|excluded|absent|not present|negative|none|no)\W*$"
)
# Words that make a name a suspicion, and words that speak of something beside it.
_SUSPECTED = re.compile(r"\b(suspect\w*|possible|possibly|probable|probably|query)\b|\?")
_SUSPECTED_AFTER = re.compile(r"^\s*(\?|\(?(?:suspected|possible|probable)\b)")
_BESIDE = re.compile(r"\b(risk|screen\w*|fear|concern|exposure|vaccin\w*|monitor\w*)")
# Words in the clause of a name that say it of relatives.
_OTHERS = re.compile(
    r"\b(family|fh|familial|mother|father|maternal|paternal|parents?|siblings?|brother|sister|relatives?|son|daughter|spouse|partner)\b"
)
_PAST = re.compile(r"\b(history|h/o|hx|past|previous|prior|status post|s/p|former)\b")
_PAST_AFTER = re.compile(r"(?<!not )(?<!not in )(?<!no )(?<!never )\b(remission|resolved|recovered|in the past)\b")
_NOW = re.compile(r"\b(active|current|currently|ongoing|acute)\b")
_TURNED_FROM_THE_START = re.compile(
    r"^\W*(no|not|denies|denied|negative for|absence of|family history|fh of|fhx?:?|rule[sd]? out|r/o)\b"
)
_ICD10 = re.compile(r"[A-Za-z][0-9][0-9A-Za-z](\.?[0-9A-Za-z]{1,4})?")
_SHORTEST = 3


class Named(Struct, frozen=True):
    """One thing that a problem entry names. ``past`` means that the name itself says history of."""

    id: str
    how: str
    past: bool = False
    suspected: bool = False


class Turned(ValueError):  # noqa: N818 - an outcome, not a failure
    """The words say that it is not so, not sure, or not this person's."""


class _Names(Struct, frozen=True):
    """The names of one family of knowledge: conditions, or painful conditions."""

    snomed: dict[str, set[tuple[str, bool]]]
    icd10: dict[str, set[tuple[str, bool]]]
    words: tuple[tuple[str, str], ...]  # name, id; longest first


class Catalogue:
    """All codes and names of the conditions and of the painful conditions."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @cached_property
    def conditions(self) -> _Names:
        found = _Names({}, {}, _by_length((name, c.id) for c in self._library.conditions.values() for name in c.names))
        for one in self._library.conditions.values():
            _enter(found.snomed, one.coding.snomed, one.id, past=False)
            _enter(found.snomed, one.coding.snomed_past, one.id, past=True)
            _enter(found.icd10, one.coding.icd10, one.id, past=False)
            _enter(found.icd10, one.coding.icd10_past, one.id, past=True)
        return found

    @cached_property
    def pains(self) -> _Names:
        found = _Names({}, {}, _by_length((name, e.id) for e in self._library.evidence.values() for name in e.names))
        for one in self._library.evidence.values():
            _enter(found.snomed, one.snomed, one.id, past=False)
            _enter(found.icd10, one.icd10, one.id, past=False)
        return found


def _by_length(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    known = {(name.casefold(), one) for name, one in pairs if len(name) > _SHORTEST}
    return tuple(sorted(known, key=lambda pair: (-len(pair[0]), pair)))


def _enter(table: dict[str, set[tuple[str, bool]]], codes: Iterable[Code], name: str, *, past: bool) -> None:
    for one in codes:
        table.setdefault(_plain(one.code), set()).add((name, past))


def _plain(code: str) -> str:
    return code.replace(".", "").upper()


def names_in(concept: Resource, catalogue: _Names) -> tuple[Named, ...]:
    """Everything of ``catalogue`` that ``concept`` names. Raises Turned where the words turn it around."""
    coded = tuple(dict.fromkeys(named for one in codings(concept) for named in _by_code(one, catalogue)))
    said = words(concept)
    if coded:
        # The official names of codes are full of "not" and "without"; only an outright denial counts beside a code.
        if any(_denies_outright(one.casefold(), catalogue) for one in said):
            raise Turned("its words say that it is not so, or that it is a relative's")
        return coded
    named = [each for one in said for each in _by_words(one.casefold(), catalogue)]
    found = [one for one in named if isinstance(one, Named)]
    turned = [one for one in named if isinstance(one, Turned)]
    if turned and not found:
        raise turned[0]
    return tuple(dict.fromkeys(found))


def _denies_outright(said: str, catalogue: _Names) -> bool:
    """Whether the words begin with a denial and say nothing else."""
    if not _TURNED_FROM_THE_START.search(said):
        return False
    named = list(_by_words(said, catalogue))
    return all(isinstance(one, Turned) for one in named) if named else not _BETWEEN.search(said)


def _by_code(one: Coding, catalogue: _Names) -> Iterator[Named]:
    if one.of(SNOMED):
        for name, past in sorted(catalogue.snomed.get(one.code, ())):
            yield Named(name, f"SNOMED CT {one.code}", past)
    elif one.icd10 and _ICD10.fullmatch(one.code):
        code = _plain(one.code)
        longest = next((code[:size] for size in range(len(code), 2, -1) if code[:size] in catalogue.icd10), "")
        for name, past in sorted(catalogue.icd10.get(longest, ())):
            yield Named(name, f"ICD-10 {one.code}", past)


def _by_words(said: str, catalogue: _Names) -> Iterator[Named | Turned]:
    """Each name that stands in the words; Turned where they turn it around everywhere it stands."""
    rest = said
    for name, one in catalogue.words:
        if name not in rest:
            continue
        places = [found.span() for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", rest)]
        told = [_told(said, start, end) for start, end in places]
        kept = [each for each in told if not isinstance(each, Turned)]
        if kept:
            past, suspected = all(each is _Told.PAST for each in kept), all(each is _Told.SUSPECTED for each in kept)
            yield Named(one, "matched by name", past, suspected)
        elif told:
            yield next(each for each in told if isinstance(each, Turned))
        # A longer name hides the shorter ones within it: pulmonary hypertension is not hypertension.
        for start, end in places:
            rest = rest[:start] + "\0" * (end - start) + rest[end:]


class _Told(Enum):
    """What the clause around a name says of it."""

    NOW = "now"
    PAST = "past"
    SUSPECTED = "suspected"


def _told(said: str, start: int, end: int) -> _Told | Turned:
    """What the clause around a name says of it, or why it does not say that the person has it."""
    behind = said[end:]
    before, after = _BETWEEN.split(said[:start])[-1], _BETWEEN.split(behind)[0]
    if _NOT.search(before) or _NOT_AFTER.search(after) or _NOT_ALONE.search(behind):
        return Turned("its words say that it is not so")
    clause = before + said[start:end] + after
    if _OTHERS.search(clause):
        return Turned("its words may speak of somebody else")
    if _BESIDE.search(before):
        return Turned("its words say that it is not certain")
    if _SUSPECTED.search(before) or _SUSPECTED_AFTER.search(after):
        return _Told.SUSPECTED
    past = bool(_PAST.search(before) or _PAST_AFTER.search(after)) and not _NOW.search(clause)
    return _Told.PAST if past else _Told.NOW
