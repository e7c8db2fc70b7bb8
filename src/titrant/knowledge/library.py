"""Loading the knowledge: every file is there, unchanged and readable, or nothing is proposed.

The shipped files are sealed by ``manifest.json``: a file that is missing, extra or altered stops the loading. A
clinic's own folder adds files of the same kinds and the approvals of its prescribers.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from titrant.knowledge.drugs import DrugTable
from titrant.knowledge.own_files import check_heads, check_names, check_table, review_date
from titrant.knowledge.shapes.common import Header
from titrant.knowledge.shapes.conditions import Condition
from titrant.knowledge.shapes.facts import FactKind, FactList
from titrant.knowledge.shapes.interactions import Combination, DrugVariants, Interaction, MorphineEquivalents
from titrant.knowledge.shapes.jurisdictions import Jurisdiction
from titrant.knowledge.shapes.monitoring import Check
from titrant.knowledge.shapes.phone import DiaryForm, Languages, PhoneWords
from titrant.knowledge.shapes.products import Product, SaltFactor
from titrant.knowledge.shapes.protocols import Protocol, Standing
from titrant.knowledge.shapes.questionnaires import Questionnaire
from titrant.knowledge.shapes.sessions import SessionAmounts
from titrant.knowledge.shapes.texts import Disagreements, Evidence, Source, Sources, Texts, Wording
from titrant.knowledge.shapes.triage import Triage
from titrant.terms.canonical import sha256_of
from titrant.terms.dose import Dose
from titrant.terms.errors import KnowledgeError
from titrant.terms.quantity import Quantity
from titrant.terms.reading import MAX_BYTES, Document, Unreadable, read_yaml

H = TypeVar("H", bound=Header)
Trees = dict[str, Any]
SHIPPED = Path(__file__).parent / "data"
# The folders whose files the numbers room reads by its own shapes.
NUMBERS = ("pk", "response")
# The kinds of knowledge file, by folder. Tables (csv) and notes (md) stand beside them.
SHAPES: dict[str, type[Header]] = {
    "facts": FactList,
    "conditions": Condition,
    "monitoring": Check,
    "interactions": Interaction,
    "combinations": Combination,
    "opioids": MorphineEquivalents,
    "products": Product,
    "salt": SaltFactor,
    "protocols": Protocol,
    "questionnaires": Questionnaire,
    "evidence": Evidence,
    "disagreements": Disagreements,
    "texts": Texts,
    "sources": Sources,
    "wording": Wording,
    "drugs": DrugVariants,
    "phone": PhoneWords,
    "diary_form": DiaryForm,
    "triage": Triage,
    "sessions": SessionAmounts,
    "jurisdictions": Jurisdiction,
}


class Approval(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A prescriber of the clinic puts one version of a protocol in use, by its content hash."""

    protocol: str
    version: int
    sha256: str
    standing: Standing
    approved_by: str
    on: date

    @property
    def counts(self) -> bool:
        """What nobody has put a name to puts nothing in use; it may still take something out of use."""
        return bool(self.approved_by.strip()) or self.standing is Standing.RETIRED


class Approvals(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    clinic: str
    synthetic: bool
    approvals: tuple[Approval, ...]


class InUse(Struct, frozen=True):
    """In whose name a protocol is in use."""

    clinic: str
    synthetic: bool
    by: str
    on: date


class Library:
    """All knowledge of one clinic. Kinds are shaped when first asked for, so that a command loads what it needs."""

    def __init__(
        self,
        trees: Trees,
        tables: Mapping[str, str],
        approvals: Approvals | None = None,
        own: frozenset[str] = frozenset(),
        numbers: Mapping[str, bytes] | None = None,
    ) -> None:
        self.trees, self.tables, self.approvals = trees, tables, approvals
        self._raw_numbers = dict(numbers or {})
        self.own = own  # which files are the clinic's
        self._hashes: dict[str, str] = {}

    def with_approvals(self, approvals: "Approvals | None") -> "Library":
        """The same knowledge with other approvals; what was shaped already is kept."""
        found = Library(self.trees, self.tables, approvals, self.own, self._raw_numbers)
        kept = {name: value for name, value in vars(self).items() if name not in ("approvals", "protocols", "sha256")}
        vars(found).update(kept)
        return found

    def _kind(self, folder: str, shape: type[H]) -> dict[str, H]:
        return {path: shaped(tree, shape, path) for path, tree in self.trees.items() if path.split("/")[0] == folder}

    def _by_id(self, folder: str, shape: type[H]) -> dict[str, H]:
        return {item.id: item for item in self._kind(folder, shape).values()}

    @cached_property
    def numbers(self) -> Trees:
        """The files of the numbers room, whose shapes it checks itself; read only when somebody looks at them."""
        return _parsed(self._raw_numbers)

    @cached_property
    def facts(self) -> dict[str, FactKind]:
        return {name: kind for part in self._kind("facts", FactList).values() for name, kind in part.facts.items()}

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        return self._by_id("conditions", Condition)

    @cached_property
    def checks(self) -> dict[str, Check]:
        return self._by_id("monitoring", Check)

    @cached_property
    def interactions(self) -> dict[str, Interaction]:
        return self._by_id("interactions", Interaction)

    @cached_property
    def combinations(self) -> dict[str, Combination]:
        return self._by_id("combinations", Combination)

    @cached_property
    def opioids(self) -> MorphineEquivalents:
        return self._only("opioids", MorphineEquivalents)

    @cached_property
    def products(self) -> dict[str, Product]:
        return self._by_id("products", Product)

    @cached_property
    def salt(self) -> SaltFactor:
        return self._only("salt", SaltFactor)

    @cached_property
    def questionnaires(self) -> dict[str, Questionnaire]:
        return self._by_id("questionnaires", Questionnaire)

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        return self._by_id("evidence", Evidence)

    @cached_property
    def disagreements(self) -> Disagreements:
        return self._only("disagreements", Disagreements)

    @cached_property
    def texts(self) -> dict[str, Texts]:
        return self._by_id("texts", Texts)

    @cached_property
    def sources(self) -> dict[str, Source]:
        return {name: one for part in self._kind("sources", Sources).values() for name, one in part.sources.items()}

    @cached_property
    def jurisdictions(self) -> dict[str, Jurisdiction]:
        """The packs of the places: what the law asks to show, to log and to refuse."""
        return self._by_id("jurisdictions", Jurisdiction)

    @cached_property
    def wording(self) -> Wording:
        return self._only("wording", Wording)

    @cached_property
    def triage(self) -> Triage:
        return self._only("triage", Triage)

    @cached_property
    def phone(self) -> Languages:
        return Languages(self._by_id("phone", PhoneWords))

    @cached_property
    def diary_form(self) -> DiaryForm:
        return self._only("diary_form", DiaryForm)

    @cached_property
    def sessions(self) -> SessionAmounts:
        return self._only("sessions", SessionAmounts)

    @cached_property
    def variants(self) -> dict[str, tuple[str, ...]]:
        """Other spellings of each drug."""
        return self._only("drugs", DrugVariants).variants

    @cached_property
    def drugs(self) -> DrugTable:
        tables = (self.tables[path] for path in sorted(self.tables) if path.endswith("drugs.csv"))
        return DrugTable(tables, self.variants, self.tables.get("drugs/opioid_products.csv", ""))

    @cached_property
    def versions(self) -> tuple[Protocol, ...]:
        """Every version of every protocol, older ones first, as written."""
        return tuple(sorted(self._kind("protocols", Protocol).values(), key=lambda one: one.version))

    @cached_property
    def protocols(self) -> dict[str, Protocol]:
        """The version of each protocol that is in use here, else its newest version, with its standing here."""
        chosen: dict[str, Protocol] = {}
        for protocol in self.versions:
            held = chosen.get(protocol.id)
            protocol = msgspec.structs.replace(protocol, status=self.standing(protocol))
            if held is None or protocol.status is Standing.IN_USE or held.status is not Standing.IN_USE:
                chosen[protocol.id] = protocol
        return chosen

    def standing(self, protocol: Protocol) -> Standing:
        """The standing of this version in this clinic: what its newest approval over this very content says.

        Without one it is a draft, or retired, whatever the file says of itself.
        """
        newest = self._newest_approval(protocol)
        unapproved = Standing.RETIRED if protocol.status is Standing.RETIRED else Standing.DRAFT
        return newest.standing if newest else unapproved

    def in_use(self, protocol: Protocol) -> "InUse | None":
        """By whom, where and since when this version is in use."""
        newest = self._newest_approval(protocol)
        if newest is None or self.approvals is None or newest.standing is not Standing.IN_USE:
            return None
        return InUse(self.approvals.clinic, self.approvals.synthetic, newest.approved_by, newest.on)

    def _newest_approval(self, protocol: Protocol) -> Approval | None:
        wanted = (protocol.id, protocol.version, self.protocol_sha256(protocol.id, protocol.version))
        given = self.approvals.approvals if self.approvals else ()
        own = [one for one in given if (one.protocol, one.version, one.sha256) == wanted and one.counts]
        # Of two approvals on one day the stricter holds.
        return max(own, key=lambda one: (one.on, one.standing is not Standing.IN_USE), default=None)

    def protocol_sha256(self, name: str, version: int) -> str:
        """The content hash that an approval signs."""
        path = f"protocols/{name}/{version}.yaml"
        if path not in self._hashes:
            self._hashes[path] = sha256_of(self.trees[path])
        return self._hashes[path]

    @cached_property
    def sha256(self) -> str:
        """Names exactly the knowledge that decisions rest on: every file, and the clinic's approvals."""
        content = {path: sha256_of(tree) for path, tree in self.trees.items()}
        content |= {path: hashlib.sha256(text.encode()).hexdigest() for path, text in self.tables.items()}
        content |= {path: hashlib.sha256(raw).hexdigest() for path, raw in self._raw_numbers.items()}
        return sha256_of(content | {"approvals": _approvals_named(self.approvals)})

    def past_review(self, on: date, folders: Iterable[str]) -> list[str]:
        """Files of these folders whose review date has passed by ``on``."""
        wanted = set(folders)
        return [path for path, (folder, due) in self._reviews.items() if folder in wanted and not on <= due]

    @cached_property
    def _reviews(self) -> dict[str, tuple[str, date]]:
        """The folder and the review date of every file, by path in order."""
        return {path: (path.split("/")[0], review_date(self.trees[path], path)) for path in sorted(self.trees)}

    def _only(self, folder: str, shape: type[H]) -> H:
        found = list(self._kind(folder, shape).values())
        if len(found) != 1:
            raise KnowledgeError(
                f"knowledge/{folder}",
                f"{len(found)} files of this kind were found; exactly one is needed.",
                "Without it a check cannot run, and nothing may be proposed on a check that did not run.",
                "Restore the shipped file, or remove the second one.",
            )
        return found[0]


def _approvals_named(approvals: Approvals | None) -> str:
    return hashlib.sha256(msgspec.json.encode(approvals)).hexdigest()


def load(folder: Path = SHIPPED, clinic: Path | None = None, cache: Path | None = None) -> Library:
    """The knowledge in ``folder``, with a clinic's own folder on top. Raises KnowledgeError if anything is amiss.

    ``cache`` is a folder in which the parsed form is kept, named by the hash of what it was parsed from.
    """
    raw = sealed_files(folder)
    approvals, own = None, {}
    if clinic is not None:
        own = files_below(clinic)
        own.pop("manifest.json", None)
        approvals = _approvals(own.pop("approvals.yaml", None), clinic)
        check_names(own, raw, SHAPES, str(clinic))
        raw |= own
    tables = {path: _table(one, path, path in own) for path, one in raw.items() if path.endswith(".csv")}
    yamls = {path: one for path, one in raw.items() if path.endswith(".yaml") and path.split("/")[0] in SHAPES}
    numbers = {path: one for path, one in raw.items() if path.endswith(".yaml") and path.split("/")[0] in NUMBERS}
    trees = _trees(yamls, cache)
    if own:
        check_heads(trees, own.keys() & trees.keys(), str(clinic))
    return Library(trees, tables, approvals, frozenset(own), numbers)


def _table(raw: bytes, path: str, own: bool) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            path,
            f"Byte {error.start} is not UTF-8 text.",
            "A drug that is read wrongly is a drug that is not checked.",
            "Save the table as UTF-8.",
        ) from None
    if own:
        check_table(text, path)
    return text


def sealed_files(folder: Path) -> dict[str, bytes]:
    """Every file that the manifest of ``folder`` lists, each with the bytes that it seals."""
    found = files_below(folder)
    try:
        listed: dict[str, str] = json.loads(found.pop("manifest.json"))
    except (KeyError, ValueError):
        raise KnowledgeError(
            f"{folder}/manifest.json",
            "The list of knowledge files is missing or unreadable.",
            "Without it a missing or altered file would go unnoticed.",
            "Install this release again.",
        ) from None
    for path in sorted(listed.keys() | found.keys()):
        _check_seal(folder, path, found.get(path), listed.get(path))
    return found


def files_below(folder: Path) -> dict[str, bytes]:
    """All files below ``folder`` by their relative path. Raises KnowledgeError for what is no plain file."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        for name in (*names, *(name for name in folders if os.path.islink(os.path.join(place, name)))):
            path = os.path.join(place, name)  # pathlib triples the cost of reading some 200 files
            found[os.path.relpath(path, folder).replace(os.sep, "/")] = _plain_file(path)
    return found


def _plain_file(path: str) -> bytes:
    try:
        seen = os.stat(path)
        if stat.S_ISREG(seen.st_mode) and seen.st_size <= MAX_BYTES:
            with open(path, "rb") as file:
                return file.read()
        fault = f"It is not a plain file of at most {MAX_BYTES:,} bytes."
    except OSError as error:
        fault = f"The file cannot be opened: {error.strerror}."
    raise KnowledgeError(
        path,
        fault,
        "A check that rests on it cannot be relied on, so nothing is proposed.",
        "Put a readable file in its place, or remove it.",
    )


def _check_seal(folder: Path, path: str, raw: bytes | None, sealed: str | None) -> None:
    if raw is not None and sealed == hashlib.sha256(raw).hexdigest():
        return
    fault = (
        "The file is missing."
        if raw is None
        else "The file is not part of this release."
        if sealed is None
        else "The file is not as it was released: its content has changed."
    )
    raise KnowledgeError(
        f"{folder}/{path}",
        fault,
        "A check that rests on it cannot be relied on, so nothing is proposed.",
        "Install this release again; a clinic's own files belong in the clinic's folder.",
    )


def _approvals(raw: bytes | None, clinic: Path) -> Approvals:
    if raw is None:
        raise KnowledgeError(
            f"{clinic}/approvals.yaml",
            "The clinic's folder has no approvals.",
            "Only a protocol that a prescriber of the clinic has approved may propose a dose.",
            "Add approvals.yaml, or leave the clinic's folder out.",
        )
    place = f"{clinic}/approvals.yaml"
    return shaped(_read(raw, place).tree, Approvals, place)


def _trees(raw: dict[str, bytes], cache: Path | None) -> Trees:
    if cache is None:
        return _parsed(raw)
    named = hashlib.sha256(b"".join(hashlib.sha256(raw[path]).digest() + path.encode() for path in sorted(raw)))
    place = cache / f"knowledge-{named.hexdigest()[:32]}.json"
    held = _from_cache(place)
    if held is not None:
        return held
    trees = _parsed(raw)
    _to_cache(place, trees)
    return trees


def _parsed(raw: dict[str, bytes]) -> Trees:
    return {path: _read(raw[path], path).tree for path in sorted(raw)}


def _from_cache(place: Path) -> Trees | None:
    # The hash in the first line finds what was cut short or damaged. It is no protection against somebody who can
    # write here, because he can write the hash too: so only what this user alone can write is read.
    try:
        if not (_is_ours_alone(place.parent) and _is_ours_alone(place)):
            return None
        head, _, body = place.read_bytes().partition(b"\n")
    except OSError:
        return None
    if head.decode("ascii", "replace") != hashlib.sha256(body).hexdigest():
        return None
    trees: Trees = msgspec.json.decode(body)
    return trees


_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def _is_ours_alone(place: Path) -> bool:
    """Whether ``place`` is no link, belongs to this user and can be written by nobody else."""
    seen = place.lstat()
    if stat.S_ISLNK(seen.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True  # Windows: the user's profile is closed to others by its access list
    return seen.st_uid == os.getuid() and not seen.st_mode & _OTHERS_WRITE


def _to_cache(place: Path, trees: Trees) -> None:
    import tempfile  # only where there is something to write

    body = msgspec.json.encode(trees)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours_alone(place.parent):
            return
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:  # readable by this user only
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        Path(file.name).replace(place)
    except OSError:
        return  # a cache that cannot be written costs time, nothing else


def _read(raw: bytes, path: str) -> Document:
    try:
        return read_yaml(raw)
    except Unreadable as error:
        raise KnowledgeError(
            f"{path}, line {error.line}" if error.line else path,
            f"The file cannot be read: {error.fault}.",
            "A check that rests on it cannot be relied on, so nothing is proposed.",
            error.repair,
        ) from None


S = TypeVar("S")


def shaped(tree: Any, shape: type[S], path: str, line_of: Callable[[str], int] | None = None) -> S:
    """``tree`` as ``shape``. Raises KnowledgeError naming the field that does not fit."""
    try:
        return msgspec.convert(tree, shape, dec_hook=decode)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        message, field = split_message(str(error))
        place = f"{path}, line {line_of(field)}" if line_of else path
        raise KnowledgeError(
            f"{place}: {field}" if field else place,
            f"{message}.",
            "A value that does not fit its place cannot be relied on.",
            "Correct the field; the shapes in knowledge/shapes say what may stand there.",
        ) from None


def decode(kind: type, value: Any) -> Any:
    """Quantities and doses from their text, for the shapes. ValueError for anything else."""
    if kind is object:
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected text such as '10 mg', got {value!r}")
    if kind is Quantity:
        return Quantity.parse(value)
    if kind is Dose:
        return Dose.parse(value)
    raise TypeError(f"{kind.__name__} cannot be read")


_MESSAGE = re.compile(r"(.*?)(?: - at `\$\.?(.*)`)?$", re.DOTALL)


def split_message(text: str) -> tuple[str, str]:
    """A shape error as (message, dotted field)."""
    found = _MESSAGE.match(text)
    if not found:
        return text, ""
    field = re.sub(r"\[(\d+)\]", r".\1", found[2] or "").replace("[...]", "").lstrip(".")
    return found[1].replace("`", "'"), field
