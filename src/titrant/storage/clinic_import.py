"""A clinic from its own export, into an empty database: every fact checked on the way in, or nothing taken over."""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction
from msgspec import Struct

from titrant.record.chain import Link, chain_faults
from titrant.record.events import CLINIC, Actor, Draft, Event, Kind, Role, check_power, instant_of
from titrant.storage.bulk import tell_the_planner
from titrant.storage.case_store import DjangoStore, locked_head
from titrant.storage.clinic_sources import write_reads
from titrant.storage.models import EntryReceipt, Fact
from titrant.terms.canonical import Json, canonical_json
from titrant.terms.errors import NotNow

FORM = "titrant-clinic-export/1"
KNOWLEDGE = "clinic/knowledge/"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+){0,6}")
_MOST_LINE = 16_000_000  # bytes of one event


class Imported(Struct, frozen=True):
    """What was taken over."""

    facts: int
    cases: int
    head: str
    keys: dict[str, str]  # public keys of the clinic that it comes from, in hexadecimal


def import_clinic(path: Path, kept_head: str = "") -> Imported:
    """Take over the export at ``path``. Raises NotNow for anything but a whole chain into an empty database."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_form(archive)
            return _taken_over(archive, kept_head)
    except (zipfile.BadZipFile, OSError) as error:
        raise _refused(path.name, f"The file cannot be opened: {error}.") from None
    except (KeyError, ValueError, TypeError, msgspec.DecodeError) as error:
        raise _refused(path.name, f"It does not hold what an export holds: {error}.") from None


def knowledge_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The clinic's own knowledge: names below one folder only, whatever the file says."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            inner = name.removeprefix(KNOWLEDGE)
            if name.startswith(KNOWLEDGE) and _PLAIN.fullmatch(inner) and ".." not in inner:
                yield inner, archive.read(name)


def _check_form(archive: zipfile.ZipFile) -> None:
    said = archive.read("FORM").decode().strip() if "FORM" in archive.namelist() else ""
    if said != FORM:
        raise _refused("FORM", f"This is not an export of the form {FORM}.")


@transaction.atomic
def _taken_over(archive: zipfile.ZipFile, kept_head: str) -> Imported:
    head = locked_head()
    if head.seq or Fact.objects.exists():
        raise NotNow(
            "import", "This clinic has facts already.", "Two chains cannot become one.",
            "Import into a new, empty data folder.",
        )  # fmt: skip
    said = json.loads(archive.read("HEAD.json"))
    newest = (int(said["length"]), str(said["hash"]))
    faults = list(chain_faults(_links(archive), newest, kept_head))
    if faults:
        raise _refused("chain.jsonl", " ".join(faults))
    cases = _write_facts(archive)
    head.seq, head.hash = newest
    head.save()
    for event in DjangoStore().events(CLINIC):
        check_power(Draft(event.kind, event.body, event.by, event.at))
    for case in cases:
        DjangoStore().fold_anew(case)
    _write_receipts(archive)
    write_reads(_lines(archive, "clinic/reads.jsonl"))
    tell_the_planner()
    keys = {name: str(key) for name, key in json.loads(archive.read("keys.json")).items()}
    return Imported(newest[0], len(cases), newest[1], keys)


def _links(archive: zipfile.ZipFile) -> Iterator[Link]:
    for line in _lines(archive, "chain.jsonl"):
        event = _event(line["content"])
        yield Link(line["seq"], line["previous"], line["hash"], event, canonical_json(event.body).decode())


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[Any]:
    with archive.open(name) as file:
        for line in iter(lambda: file.readline(_MOST_LINE), b""):
            yield msgspec.json.decode(line)


def _event(content: Json) -> Event:
    by = content["by"]
    return Event(
        case=content["case"], number=content["number"], kind=Kind(content["kind"]), body=content["body"],
        by=Actor(by["id"], by["name"], Role(by["role"])), at=instant_of(content["at"]),
    )  # fmt: skip


def _write_facts(archive: zipfile.ZipFile) -> list[str]:
    """The facts as they stand in the chain, with its own hashes. Gives the cases in the order of their first fact."""
    cases: dict[str, None] = {}
    rows = []
    for link in _links(archive):
        event = link.event
        assert event is not None
        if event.case != CLINIC:
            cases.setdefault(event.case)
        by = event.content["by"]
        rows.append(Fact(
            seq=link.seq, case=event.case, number=event.number, kind=event.kind.value, body=link.body, by_id=by["id"],
            by_name=by["name"], by_role=by["role"], at=event.content["at"], previous=link.previous, hash=link.hash,
        ))  # fmt: skip
        if len(rows) == 1_000:
            Fact.objects.bulk_create(rows)
            rows = []
    Fact.objects.bulk_create(rows)
    return list(cases)


def _write_receipts(archive: zipfile.ZipFile) -> None:
    rows: Iterable[EntryReceipt] = (EntryReceipt(**line) for line in _lines(archive, "receipts.jsonl"))
    EntryReceipt.objects.bulk_create(rows, batch_size=1_000)


def _refused(place: str, fault: str) -> NotNow:
    return NotNow(
        place, fault, "A record that is not whole must not become one that looks whole. Nothing was taken over.",
        "Use another copy of the export; `VERIFY.txt` in it says how to check one.",
    )  # fmt: skip
