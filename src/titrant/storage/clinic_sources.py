"""What a whole export and an import need of the database beyond the store of cases."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from titrant.record.chain import Link
from titrant.record.events import BEGINNING
from titrant.storage.audit import check_reads
from titrant.storage.case_store import links
from titrant.storage.models import ChainHead, EntryReceipt, ReadEntry, Staff, TeamMember
from titrant.terms.canonical import Json

_AT_ONCE = 2_000
_READ = ("seq", "at", "by_id", "by_name", "by_role", "route", "case", "previous", "hash")
_RECEIPT = ("case", "client_id", "sha256", "number", "at")


def chain_links() -> Iterator[Link]:
    return links()


def reads() -> Iterator[Json]:
    """Who looked at what, oldest first."""
    for row in ReadEntry.objects.order_by("seq").values_list(*_READ).iterator(_AT_ONCE):
        yield dict(zip(_READ, row, strict=True))


def write_reads(rows: Iterable[Json]) -> None:
    """Take over the log of looking of an export, and check it. Raises ValueError where it is broken."""
    newest: Json = {"seq": 0, "hash": BEGINNING}
    batch: list[ReadEntry] = []
    for newest in rows:
        batch.append(ReadEntry(**{name: newest[name] for name in _READ}))
        if len(batch) == _AT_ONCE:
            ReadEntry.objects.bulk_create(batch)
            batch = []
    ReadEntry.objects.bulk_create(batch)
    ChainHead.objects.filter(name="reads").update(seq=newest["seq"], hash=newest["hash"])
    faults = check_reads()
    if faults:
        raise ValueError(f"the log of looking is broken: {' '.join(faults)}")


def receipts() -> Iterator[Json]:
    rows = EntryReceipt.objects.order_by("case", "number", "client_id").values_list(*_RECEIPT)
    for row in rows.iterator(_AT_ONCE):
        yield dict(zip(_RECEIPT, row, strict=True))


def people() -> Iterator[Json]:
    """The members of staff, without anything that opens a door."""
    teams: dict[str, list[str]] = {}
    for staff, team in TeamMember.objects.order_by("team").values_list("staff_id", "team"):
        teams.setdefault(str(staff), []).append(team)
    for one in Staff.objects.order_by("email"):
        yield {
            "id": str(one.pk), "name": one.name, "email": one.email, "role": one.role, "registration": one.registration,
            "teams": "; ".join(teams.get(str(one.pk), [])), "active": "yes" if one.is_active else "no",
        }  # fmt: skip


def knowledge_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The clinic's own files of knowledge, by their names below ``folder``."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path.read_bytes()
