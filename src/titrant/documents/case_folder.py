"""One case as open files: what a clinic, a patient or another program can read without Titrant."""

import json
from collections.abc import Iterator

from titrant.clinic.office import Office, case_in
from titrant.clinic.write_case import case_as_yaml
from titrant.documents.diary_table import diary_csv, not_in_csv
from titrant.documents.papers import PAPERS, Asked, print_paper
from titrant.record.events import Event, Kind
from titrant.record.folding import Record
from titrant.terms.canonical import Json, canonical_json
from titrant.terms.errors import TitrantError

_SIGNED = (Kind.SIGNED, Kind.SUSPENDED, Kind.STOPPED)


def case_files(office: Office, record: Record, asked: Asked, *, papers: bool = True) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file. What cannot be written is not left out: a file says why."""
    left_out: list[str] = []
    yield "events.jsonl", events_jsonl(record.events)
    yield _case_file(record, left_out)
    entries = [plain_entry(one) for one in record.tree["given"].get("diary") or []]
    yield "diary.csv", diary_csv(entries).encode()
    left_out += [f"diary.csv, {one}" for one in not_in_csv(entries)]
    for event in record.of(*_SIGNED):
        if "seal" in event.body:
            yield f"plans/{event.number:05d}.json", readable(signature(event))
    if papers:
        yield from _papers(office, record, asked, left_out)
    if left_out:
        yield "NOT-IN-THESE-FILES.txt", ("\n".join([*left_out, "events.jsonl holds all of it."]) + "\n").encode()


def events_jsonl(events: tuple[Event, ...]) -> bytes:
    """Every event in canonical JSON, one on each line."""
    return b"".join(canonical_json(one.content) + b"\n" for one in events)


def signature(event: Event) -> Json:
    """A signature with its seal: with the key of the clinic it can be checked (VERIFY.txt)."""
    by = {"id": event.by.id, "name": event.by.name, "role": event.by.role.value}
    return {"case": event.case, "number": event.number, "kind": event.kind.value, "at": event.content["at"], "by": by,
            "body": event.body}  # fmt: skip


def plain_entry(entry: Json) -> Json:
    return {key: value for key, value in entry.items() if value not in (None, "", [], ())}


def _case_file(record: Record, left_out: list[str]) -> tuple[str, bytes]:
    """The case file; where the facts do not make one, the plain tree of them."""
    try:
        return "case.yaml", case_as_yaml(case_in(record)).encode()
    except TitrantError as error:
        left_out.append(f"case.yaml: the facts do not make a case file ({error}); case.json has them as they are.")
        return "case.json", readable(record.tree)


def _papers(office: Office, record: Record, asked: Asked, left_out: list[str]) -> Iterator[tuple[str, bytes]]:
    wanted = ("plan", "file") if record.summary.plan else ("file",)
    for name in wanted:
        try:
            yield f"{PAPERS[name].name}.pdf", print_paper(office, record.summary.case, name, asked)
        except TitrantError as error:
            left_out.append(f"{name}.pdf: {error}")


def readable(tree: Json) -> bytes:
    """JSON for people to read."""
    return (json.dumps(tree, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
