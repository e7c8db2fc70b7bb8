"""The store of cases over Django's database: SQLite on one machine, PostgreSQL beyond it; one code for both."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Q

from titrant.record.appending import again, bounded, numbered
from titrant.record.chain import Link, chain_faults
from titrant.record.events import (
    BEGINNING,
    CLINIC,
    Actor,
    Draft,
    Event,
    Kind,
    Role,
    chained,
    instant_of,
    instant_text,
)
from titrant.record.folding import Record, fold
from titrant.record.ports import Batch, Bound, Query, Receipt, Row
from titrant.record.summary import Judged, Summary
from titrant.storage import worklist_rows
from titrant.storage.memory_store import conflict, not_found, too_many
from titrant.storage.models import CaseRow, CaseTeam, ChainHead, EntryReceipt, Fact, Plan, micrograms, milligrams
from titrant.storage.outbox import write_for, write_open
from titrant.storage.statements import first, insert, update
from titrant.storage.worklist_rows import judged_in, set_columns, set_failed
from titrant.terms.canonical import Json, canonical_json

_FACTS = "facts"
_AT_ONCE = 2_000  # rows read at one time where a whole chain is walked
_OF_CLINIC = tuple(
    kind.value
    for kind in (
        Kind.SETTINGS_CHANGED, Kind.PROTOCOL_APPROVED, Kind.PROTOCOL_SECONDED, Kind.PROTOCOL_WITHDRAWN,
    )
)  # fmt: skip
_OVER = (Kind.WITHDRAWN, Kind.STOPPED)


class DjangoStore:
    """Cases in the database that Django is set to. Every method that writes is one transaction."""

    def open(self, case: str) -> Record:
        return fold(case, self.events(case))

    def summary(self, case: str) -> Summary:
        found = first(CaseRow, ("summary",), case=case)
        if found is None:
            raise not_found()
        return msgspec.json.decode(found[0], type=Summary)

    def events(self, case: str, kinds: Sequence[Kind] = ()) -> list[Event]:
        facts = Fact.objects.filter(case=case)
        if kinds:
            facts = facts.filter(kind__in=[kind.value for kind in kinds])
        found = [_event(row) for row in facts.order_by("number").values_list(*_COLUMNS)]
        if not found and not kinds and case != CLINIC:
            raise not_found()
        return found

    @transaction.atomic
    def append(self, case: str, drafts: Sequence[Draft], *, expected: int | None) -> Summary:
        return self._appended(locked_head(), self._standing(case), drafts, expected)

    def _appended(
        self, head: ChainHead, standing: "_Standing", drafts: Sequence[Draft], expected: int | None
    ) -> Summary:
        """The append itself, inside a transaction that holds ``head`` and has read ``standing`` since."""
        events, summary = numbered(standing.summary, drafts, expected)
        _write_facts(head, events)
        if summary.case != CLINIC:
            _write_plans(events)
            write_for(events)
            _write_row(summary, standing)
        return summary

    @transaction.atomic
    def append_together(self, batches: Sequence[Batch]) -> list[Summary]:
        return [self.append(case, drafts, expected=expected) for case, drafts, expected in batches]

    def keep(
        self, case: str, client_id: str, sha256: str, drafts: Sequence[Draft], bound: Bound | None = None
    ) -> Receipt:
        receipt = self._kept(case, client_id, sha256, drafts, bound)
        if bound and receipt is None:
            raise too_many(bound)  # after the transaction: the task that tells of it is on disk
        assert receipt is not None
        return receipt

    @transaction.atomic
    def _kept(
        self, case: str, client_id: str, sha256: str, drafts: Sequence[Draft], bound: Bound | None
    ) -> Receipt | None:
        """None: ``bound`` refused it."""
        head = locked_head()
        found = first(EntryReceipt, ("sha256", "number", "at"), case=case, client_id=client_id)
        if found is not None:
            said, number, at = found
            if said != sha256:
                raise conflict()
            return again(Receipt(number, at))
        standing = self._standing(case)
        if standing.summary.version == 0:
            raise not_found()
        sent = _from_phones(case, bound.since, drafts[0].kind) if bound else 0
        told, refused = bounded(bound, sent, standing.summary)
        if refused:
            if told:
                self._appended(head, standing, told, None)
            return None
        self._appended(head, standing, [*drafts, *told], None)
        receipt = Receipt(standing.summary.version + 1, instant_text(drafts[0].at))
        insert(EntryReceipt(case=case, client_id=client_id, sha256=sha256, number=receipt.number, at=receipt.at))
        return receipt

    @transaction.atomic
    def judge(self, case: str, judged: Judged) -> None:
        locked_head()
        row = CaseRow.objects.filter(case=case).first()
        if row is None or (judged.version, judged.on.isoformat()) < (row.judged_version, row.judged_on):
            return
        row.judged = msgspec.json.encode(judged).decode()
        row.judged_version, row.judged_on = judged.version, judged.on.isoformat()
        set_columns(row, msgspec.json.decode(row.summary, type=Summary), judged)
        row.save()

    @transaction.atomic
    def set_aside(self, case: str, judged: Judged) -> None:
        locked_head()
        row = CaseRow.objects.filter(case=case).first()
        if row is not None:
            judged = msgspec.structs.replace(judged, version=row.version)
            row.judged = msgspec.json.encode(judged).decode()
            row.judged_version, row.judged_on = row.version, judged.on.isoformat()
            set_failed(row, judged)
            row.save()

    def judged(self, case: str) -> Judged | None:
        return judged_in(CaseRow.objects.filter(case=case).values_list("judged", flat=True).first() or "")

    def rows(self, query: Query, on: date) -> list[Row]:
        return worklist_rows.rows(query, on)

    def tallies(self, teams: tuple[str, ...] | None, on: date) -> Mapping[str, int]:
        return worklist_rows.tallies(teams, on)

    def to_judge(self, on: date, limit: int) -> list[str]:
        from django.db.models import F

        old = CaseRow.objects.filter(~Q(judged_on=on.isoformat()) | ~Q(judged_version=F("version")))
        return list(old.order_by("grade", "judged_on", "case").values_list("case", flat=True)[:limit])

    def plan_row(self, case: str) -> Json | None:
        row = Plan.objects.filter(case=case, active=True).first()
        if row is None:
            return None
        return {
            "number": row.number, "sha256": row.sha256, "product": row.product, "protocol_sha256": row.protocol_sha256,
            **{f"{name}_mg": milligrams(getattr(row, f"{name}_ug")) for name in ("dose", "daily", "weekly")},
            **{name: str(getattr(row, name)) for name in ("times_per_day", "days_per_week", "supply_days")},
        }  # fmt: skip

    def events_of(self, kinds: Sequence[Kind]) -> Iterator[Event]:
        facts = Fact.objects.filter(kind__in=[kind.value for kind in kinds]).order_by("seq")
        return (_event(row) for row in facts.values_list(*_COLUMNS).iterator(_AT_ONCE))

    def patients_on(self, protocol_sha256: str) -> list[str]:
        found = Plan.objects.filter(active=True, protocol_sha256=protocol_sha256)
        return list(found.order_by("case").values_list("case", flat=True))

    def cases(self) -> Iterator[str]:
        return CaseRow.objects.order_by("case").values_list("case", flat=True).iterator()

    def check_chain(self, head: str = "") -> list[str]:
        return list(chain_faults(links(), self.head(), head))

    def clinic_version(self) -> int:
        """The newest number in the clinic's own stream."""
        return Fact.objects.filter(case=CLINIC).order_by("-number").values_list("number", flat=True).first() or 0

    def clinic_changed(self) -> int:
        """The link of the newest change of settings or approvals: they are read again when it moves, at no sign-in."""
        with connection.cursor() as cursor:
            cursor.execute(_NEWEST_OF_CLINIC, _OF_CLINIC)
            return cursor.fetchone()[0] or 0

    def changes_of_clinic(self) -> list[Event]:
        """Changes of settings and approvals, oldest first."""
        return [_event(row) for row in Fact.objects.filter(kind__in=_OF_CLINIC).order_by("seq").values_list(*_COLUMNS)]

    def head(self) -> tuple[int, str]:
        found = ChainHead.objects.filter(name=_FACTS).first()
        return (found.seq, found.hash) if found else (0, BEGINNING)

    def _standing(self, case: str) -> "_Standing":
        """How a case stands now; a case that is not there yet stands at version 0."""
        if case == CLINIC:
            return _Standing(Summary(case=CLINIC, version=self.clinic_version()))
        found = first(CaseRow, ("summary", *_OF_JUDGING), case=case)
        if found is None:
            return _Standing(Summary(case=case))
        summary, *judged = found
        return _Standing(msgspec.json.decode(summary, type=Summary), dict(zip(_OF_JUDGING, judged, strict=True)))

    def fold_anew(self, case: str) -> None:
        """Make the rows beside imported facts, by every rule that an append keeps. Raises NotAllowed, NotNow."""
        drafts = [Draft(one.kind, one.body, one.by, one.at) for one in self.events(case)]
        events, summary = numbered(Summary(case=case), drafts, None)
        _write_plans(events)
        write_open(summary)
        _write_row(summary, _Standing(Summary(case=case)))


_COLUMNS = ("case", "number", "kind", "body", "by_id", "by_name", "by_role", "at")


_OF_JUDGING = ("judged", "judged_version", "judged_on")
# "+ 0" keeps PostgreSQL from walking the chain backwards, link by link, to the newest of these rare kinds.
_NEWEST_OF_CLINIC = f"SELECT MAX(seq + 0) FROM storage_fact WHERE kind IN ({', '.join(['%s'] * len(_OF_CLINIC))})"  # noqa: S608


class _Standing(msgspec.Struct, frozen=True):
    """The row of a case as it is before an append: its summary, and what was judged of it, which an append keeps."""

    summary: Summary
    judged: dict[str, Any] = {}


def _event(row: tuple[Any, ...]) -> Event:
    case, number, kind, body, by_id, by_name, by_role, at = row
    return Event(
        case=case, number=number, kind=Kind(kind), body=msgspec.json.decode(body),
        by=Actor(by_id, by_name, Role(by_role)), at=instant_of(at),
    )  # fmt: skip


def locked_head() -> ChainHead:
    """The newest link, held until the transaction ends: on SQLite every write transaction is alone anyway."""
    found = first(ChainHead, _HEAD, lock=True, name=_FACTS)
    if found is None:
        raise LookupError("the chain has no head: these tables were never made ready")
    return ChainHead.from_db(None, _HEAD, found)


def _write_facts(head: ChainHead, events: Sequence[Event]) -> None:
    for event in events:
        insert(fact_of(head, event))
    update(head, _HEAD[1:])


def _write_row(summary: Summary, before: _Standing) -> None:
    row = CaseRow(case=summary.case, version=summary.version, **before.judged)
    row.summary = msgspec.json.encode(summary).decode()
    set_columns(row, summary, judged_in(row.judged))
    if before.summary.version == 0:
        insert(row)
    else:
        update(row, _ROW)
    if summary.teams != before.summary.teams:
        CaseTeam.objects.filter(case=row).delete()
        CaseTeam.objects.bulk_create(CaseTeam(case=row, team=team) for team in summary.teams)


def _from_phones(case: str, since: str, sent: Kind) -> int:
    """How many of a kind were kept since then that the patient wrote; what is typed in from paper is none.

    By the numbers of the case alone: asked for a kind, SQLite walks through every entry of the clinic.
    """
    numbers = set(EntryReceipt.objects.filter(case=case, at__gte=since).values_list("number", flat=True))
    if not numbers:
        return 0
    later = Fact.objects.filter(case=case, number__gte=min(numbers)).values_list("number", "kind", "by_role")
    written = (sent.value, Role.PATIENT.value)
    return sum(number in numbers and (kind, role) == written for number, kind, role in later)


_HEAD = ("name", "seq", "hash")
_ROW = tuple(field.attname for field in CaseRow._meta.concrete_fields if not field.primary_key)


def fact_of(head: ChainHead, event: Event) -> Fact:
    """The next link of the chain; ``head`` moves on to it."""
    previous = head.hash
    head.seq, head.hash = head.seq + 1, chained(previous, event)
    return Fact(
        seq=head.seq, case=event.case, number=event.number, kind=event.kind.value,
        body=canonical_json(event.body).decode(), by_id=event.by.id, by_name=event.by.name,
        by_role=event.by.role.value, at=instant_text(event.at), previous=previous, hash=head.hash,
    )  # fmt: skip


def _write_plans(events: Sequence[Event]) -> None:
    for event in events:
        if event.kind in (*_OVER, Kind.SIGNED):
            Plan.objects.filter(case=event.case, active=True).update(active=False)
        if event.kind is Kind.SIGNED:
            plan_of(event, active=True).save(force_insert=True)


def plan_of(event: Event, *, active: bool) -> Plan:
    """The row of a signed plan, from the very content that was signed."""
    content = event.body["content"]
    regimen = content["regimen"]
    return Plan(
        case=event.case, number=event.number, active=active,
        sha256=event.body["seal"]["sha256"], protocol_sha256=content["protocol"]["sha256"],
        product=regimen["product"][:60], times_per_day=int(regimen["times_per_day"]),
        days_per_week=int(regimen["days_per_week"]), supply_days=int(regimen["supply_days"]),
        **{f"{name}_ug": micrograms(regimen[f"{name}_mg"]) for name in ("dose", "daily", "weekly")},
    )  # fmt: skip


def links() -> Iterator[Link]:
    """Every fact of the clinic with its place in the chain, oldest first."""
    rows = Fact.objects.order_by("seq").values_list("seq", "previous", "hash", *_COLUMNS)
    for seq, previous, said, *row in rows.iterator(_AT_ONCE):
        yield Link(seq, previous, said, _readable(tuple(row)), row[3])


def _readable(row: tuple[Any, ...]) -> Event | None:
    try:
        event = _event(row)
        canonical_json(event.content)
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        return None
    return event
