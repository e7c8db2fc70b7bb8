"""The audit: what happened and who looked, of one record, one person or one day, newest first."""

import itertools
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Count, QuerySet
from msgspec import Struct

from titrant.record.events import BEGINNING, Kind, Role, instant_text
from titrant.storage.models import CaseTeam, ChainHead, Fact, ReadEntry, Staff, TeamMember
from titrant.storage.outbox import SKEW
from titrant.terms.canonical import sha256_of

EMERGENCY = timedelta(hours=4)  # how long a record stays open to somebody outside the care team
_AT_ONCE = 2_000
_COLUMNS = ("seq", "at", "by_id", "by_name", "by_role", "case", "hash")


class Asked(Struct, frozen=True, kw_only=True):
    """What an auditor asks for; what is empty is not asked."""

    case: str = ""
    person: str = ""  # id of a member of staff
    day: date | None = None
    zone: str = "UTC"
    what: str = ""  # a kind of event, or a route
    reads: bool = True
    facts: bool = True


class Line(Struct, frozen=True):
    """One line of the audit. ``read`` where somebody looked; else it is an event."""

    at: str
    by_id: str
    by_name: str
    by_role: str
    what: str
    case: str
    hash: str
    seq: int
    read: bool


def lines(asked: Asked, first: int, size: int) -> list[Line]:
    """``size`` lines from number ``first`` on, newest first, of events and reads together."""
    upto = first + size
    found: list[Line] = []
    if asked.facts:
        rows = _asked(Fact.objects.all(), asked, "kind").order_by("-seq").values_list(*_COLUMNS, "kind")[:upto]
        found += [_line(row, read=False) for row in rows]
    if asked.reads:
        rows = _asked(ReadEntry.objects.all(), asked, "route").order_by("-seq").values_list(*_COLUMNS, "route")[:upto]
        found += [_line(row, read=True) for row in rows]
    return sorted(found, key=lambda line: (line.at, line.seq), reverse=True)[first:upto]


def with_details(found: list[Line]) -> list[tuple[Line, str]]:
    """Each line with what an auditor asks next: the reason of an emergency, what changed of a person."""
    wanted = [line.seq for line in found if not line.read and line.what in _DETAILED]
    bodies = dict(Fact.objects.filter(seq__in=wanted).values_list("seq", "body"))
    return [(line, "" if line.read else _detail(bodies.get(line.seq, "{}"))) for line in found]


_DETAILED = (Kind.EMERGENCY_ACCESS, Kind.STAFF_CHANGED, Kind.STAFF_INVITED, Kind.EXPORTED)


def _detail(text: str) -> str:
    body = msgspec.json.decode(text)
    parts = (body.get("reason", ""), body.get("name", ""), _said(body), str(body.get("what", "")))
    return "; ".join(part for part in parts if part)


def opened_in_emergency(by_id: str, now: datetime) -> tuple[str, ...]:
    """The records that this person opened outside their care team, and that are still open to them."""
    # What a clock that ran ahead has dated later than now lets nobody in: it would stay open until that day.
    since, until = instant_text(now - EMERGENCY), instant_text(now + SKEW)
    rows = Fact.objects.filter(kind=Kind.EMERGENCY_ACCESS.value, by_id=by_id, at__gt=since, at__lte=until)
    return tuple(sorted(set(rows.values_list("case", flat=True))))


def readers(case: str, size: int = 200) -> list[Line]:
    """Who opened this record, newest first; each person's looking within one minute by one page is one line."""
    opened = lines(Asked(case=case, facts=False), 0, size)
    return [next(same) for _, same in itertools.groupby(opened, lambda line: (line.at[:16], line.by_id, line.what))]


def check_reads() -> list[str]:
    """What is wrong with the chain of reads, as sentences."""
    previous, place = BEGINNING, 0
    columns = ("seq", "previous", "hash", "at", "by_id", "by_name", "by_role", "route", "case")
    for seq, said_previous, said, *rest in ReadEntry.objects.order_by("seq").values_list(*columns).iterator(_AT_ONCE):
        if seq != place + 1 or said_previous != previous:
            return [f"Read {place + 1} is missing, or read {seq} does not follow it."]
        if sha256_of([previous, *rest]) != said:
            return [f"Read {seq} is not what was appended: it was changed."]
        previous, place = said, seq
    head = ChainHead.objects.filter(name="reads").first()
    if head is None or (head.seq, head.hash) != (place, previous):
        return [f"The chain of reads ends at {place}, and its head says otherwise: reads were cut off or added."]
    return []


def _asked(rows: QuerySet[Any], asked: Asked, what: str) -> QuerySet[Any]:
    if asked.case:
        rows = rows.filter(case=asked.case)
    if asked.person:
        rows = rows.filter(by_id=asked.person)
    if asked.what:
        rows = rows.filter(**{f"{what}__icontains": asked.what})
    if asked.day is not None:
        start = datetime(asked.day.year, asked.day.month, asked.day.day, tzinfo=ZoneInfo(asked.zone))
        rows = rows.filter(at__gte=instant_text(start), at__lt=instant_text(start + timedelta(days=1)))
    return rows


def _line(row: tuple[Any, ...], *, read: bool) -> Line:
    seq, at, by_id, by_name, by_role, case, link, what = row
    return Line(at, by_id, "patient" if by_role == Role.PATIENT else by_name, by_role, what, case, link, seq, read)


def changes_of_staff(size: int) -> list[dict[str, str]]:
    """The newest invitations and changes of staff in words, for everybody of the clinic to see."""
    kinds = (Kind.STAFF_INVITED.value, Kind.STAFF_CHANGED.value)
    rows = Fact.objects.filter(kind__in=kinds).order_by("-seq").values_list("at", "by_name", "body")[:size]
    names = {str(key): name for key, name in Staff.objects.values_list("pk", "name")}
    found = [(at, by, msgspec.json.decode(body)) for at, by, body in rows]
    return [
        {"at": at, "by": by, "name": names.get(body["staff"], body.get("name", "")), "text": _said(body)}
        for at, by, body in found
    ]


def _said(body: dict[str, Any]) -> str:
    """One change of a member of staff in words."""
    parts = [f"{key}: {_shown(one['from'])} → {_shown(one['to'])}" for key, one in body.get("changes", {}).items()]
    if "role" in body:
        parts.append(f"invited as {body['role']}" if "by" not in body else f"first {body['role']}, by the set-up code")
    if body.get("new_link"):
        parts.append("new link; the old password and second factor ended")
    if body.get("accepted"):
        parts.append("chose a password by their link")
    if body.get("password_changed"):
        parts.append("changed their own password")
    parts += [f"second factor {word}: {body[key].replace('_', ' ')}" for key, word in _FACTORS if key in body]
    return "; ".join(parts)


_FACTORS = (("factor_added", "added"), ("factor_removed", "removed"))


def _shown(value: Any) -> str:
    match value:
        case True | False:
            return "yes" if value else "no"
        case list():
            return ", ".join(value) or "none"
    return str(value) or "none"


def teams_of_clinic() -> list[tuple[str, int, int]]:
    """Every care team with its number of staff and of records."""
    members = dict(TeamMember.objects.values_list("team").annotate(Count("id")))
    records = dict(CaseTeam.objects.values_list("team").annotate(Count("id")))
    return [(team, members.get(team, 0), records.get(team, 0)) for team in sorted({*members, *records})]
