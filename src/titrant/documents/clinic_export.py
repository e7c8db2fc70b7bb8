"""The whole clinic as open files, any day, by the clinic itself: one zip, read and checked without Titrant."""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from msgspec import Struct, to_builtins

from titrant.clinic.office import Office
from titrant.documents.case_folder import case_files, events_jsonl
from titrant.documents.cells import csv_text
from titrant.documents.papers import Asked
from titrant.record.chain import Link
from titrant.record.events import BEGINNING, CLINIC
from titrant.record.seal import public_bytes
from titrant.terms.canonical import Json, canonical_json

FORM = "titrant-clinic-export/1"
_STAFF = ("id", "name", "email", "role", "registration", "teams", "active")

_README = """\
{name}: everything that this clinic holds, written on {on} (times in UTC).

chain.jsonl         every fact of the clinic in the order in which it happened, each with the hash before it and its own
HEAD.json           length and last hash of the chain: keep it elsewhere, it shows whether the chain was cut later
keys.json           the public keys of the seals, in hexadecimal (Ed25519)
receipts.jsonl      which entry of which phone became which fact, so that none is counted twice
clinic/             settings, people (without passwords), own knowledge and approvals, own events, who looked at what
cases/<id>/         one folder for each patient:
    case.yaml       the facts as they stand, in the form of docs/case-file.md
    events.jsonl    everything that happened, one event on each line
    diary.csv       the diary as a table (docs/diary-csv.md)
    plans/*.json    each signature with its seal
    plan.pdf        the plan in force on paper

Not in here: passwords, secret keys, and the tokens of phones. After an import people are invited again and phones are
enrolled again.
VERIFY.txt says how to check that nothing was changed. `titrant import-clinic FILE` reads this into an empty clinic.
"""

_VERIFY = """\
How to check that nothing was changed, without Titrant:

1. Each line of chain.jsonl is JSON with seq, previous, hash and content. seq counts from 1 without gaps.
2. previous is the hash of the line before; of the first line it is 64 zeros.
3. hash is the SHA-256 of the JSON list [previous, content], written with sorted keys and without blanks, in UTF-8.
4. The last line has the length and the hash of HEAD.json. Compare HEAD.json with a copy that was kept elsewhere.
5. cases/<id>/events.jsonl holds the contents of the lines of that case, in their order.
6. A signature (plans/*.json): its seal is an Ed25519 signature by the key of keys.json that it names, over the JSON of
   case, kind, time (at), by and body without the seal, written as in 3.

The first four as a program for Python 3 (save it as verify.py beside chain.jsonl):

import hashlib, json
previous, seq = "0" * 64, 0
for line in open("chain.jsonl", encoding="utf-8"):
    link = json.loads(line)
    text = json.dumps([previous, link["content"]], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert link["seq"] == seq + 1 and link["previous"] == previous, "a line is missing before %s" % link["seq"]
    assert link["hash"] == hashlib.sha256(text.encode("utf-8")).hexdigest(), "line %s was changed" % link["seq"]
    previous, seq = link["hash"], link["seq"]
head = json.load(open("HEAD.json", encoding="utf-8"))
assert (seq, previous) == (head["length"], head["hash"]), "the end was cut off"
print("whole:", seq, "facts")
"""


class Sources(Struct, frozen=True):
    """What the store of cases alone does not tell. Plain rows, read as they are written out."""

    links: Callable[[], Iterable[Link]]
    reads: Callable[[], Iterable[Json]]
    receipts: Callable[[], Iterable[Json]]
    staff: Callable[[], Iterable[Json]]
    knowledge: Callable[[], Iterable[tuple[str, bytes]]]  # the clinic's own files, by name


def write_clinic(out: IO[bytes], office: Office, sources: Sources, asked: Asked) -> Json:
    """Write the zip to ``out`` as it is made; gives the head of the chain that is in it."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        head = _write_lines(archive, "chain.jsonl", _chain(sources.links()))
        _put(archive, "HEAD.json", canonical_json(head) + b"\n")
        _write_lines(archive, "receipts.jsonl", (canonical_json(one) for one in sources.receipts()))
        for name, content in _clinic_files(office, sources):
            _put(archive, name, content)
        for name, content in sources.knowledge():
            _put(archive, f"clinic/knowledge/{name}", content)
        if asked.synthetic:
            _put(archive, "SYNTHETIC", b"All patients in this file are made up.\n")
        _write_lines(archive, "clinic/reads.jsonl", (canonical_json(one) for one in sources.reads()))
        for case in office.store.cases():
            for name, content in case_files(office, office.store.open(case), asked, papers=False):
                _put(archive, f"cases/{case}/{name}", content)
            for name, content in _plan_pdf(office, case, asked):
                _put(archive, f"cases/{case}/{name}", content)
    return head


def _plan_pdf(office: Office, case: str, asked: Asked) -> Iterator[tuple[str, bytes]]:
    from titrant.documents.papers import print_paper
    from titrant.terms.errors import TitrantError

    if not office.store.summary(case).plan:
        return
    try:
        yield "plan.pdf", print_paper(office, case, "plan", asked)
    except TitrantError as error:
        yield "PLAN-NOT-PRINTED.txt", f"{error}\n".encode()


def _clinic_files(office: Office, sources: Sources) -> Iterator[tuple[str, bytes]]:
    keys = {name: public_bytes(key).hex() for name, key in sorted(office.keys.items())}
    yield "README.txt", _README.format(name=office.settings.name, on=office.today.isoformat()).encode()
    yield "VERIFY.txt", _VERIFY.encode()
    yield "FORM", f"{FORM}\n".encode()
    yield "keys.json", (json.dumps(keys, indent=2) + "\n").encode()
    yield (
        "clinic/settings.json",
        (json.dumps(to_builtins(office.settings), indent=2, ensure_ascii=False) + "\n").encode(),
    )
    yield "clinic/events.jsonl", events_jsonl(tuple(office.store.events(CLINIC)))
    rows = [[str(one.get(name, "")) for name in _STAFF] for one in sources.staff()]
    yield "clinic/people.csv", csv_text(_STAFF, rows).encode()


def _chain(links: Iterable[Link]) -> Iterator[tuple[bytes, Json]]:
    """Each line with the head that it makes. A link that cannot be read is written as it is stored, not left out."""
    for link in links:
        content = link.event.content if link.event is not None else {"unreadable": link.body}
        line = {"seq": link.seq, "previous": link.previous, "hash": link.hash, "content": content}
        yield canonical_json(line), {"length": link.seq, "hash": link.hash}


def _write_lines(archive: zipfile.ZipFile, name: str, lines: Iterable[bytes | tuple[bytes, Json]]) -> Json:
    """A file written line by line, so that a large clinic needs no large memory. Gives the last head."""
    head: Json = {"length": 0, "hash": BEGINNING}
    with archive.open(_info(name), "w", force_zip64=True) as file:
        for one in lines:
            if isinstance(one, tuple):
                line, head = one
            else:
                line = one
            file.write(line + b"\n")
    return head


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_info(name), content)


def _info(name: str) -> zipfile.ZipInfo:
    """Without a time of its own: the same clinic gives the same files."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A small zip in memory, for one case."""
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            _put(archive, name, content)
    return out.getvalue()
