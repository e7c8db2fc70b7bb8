"""What the report of the clinic is made from: the judged columns, and the decisions and tasks of some weeks.

A report holds all of them at once, so each is cut down to what is counted as it is read: a signature carries its whole
text, and the signatures of a large clinic would fill the memory of the server.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from titrant.clinic.clinic_report import SIGNING, Happened, Standing
from titrant.record.events import Kind, instant_of
from titrant.storage.models import CaseRow, CaseTeam, Fact
from titrant.storage.worklist_rows import judged_in

_KINDS = (*SIGNING, Kind.REFUSED, Kind.TASK_OPENED)


class _Reason(Struct):
    code: str = ""


class _Content(Struct):
    action: str = ""
    reasons: tuple[_Reason, ...] = ()


class _Counted(Struct, omit_defaults=True):
    """What the report reads of an event."""

    content: _Content | None = None
    against: Any = None
    reason: Any = None
    codes: Any = None
    grade: Any = None


def of_teams(teams: Sequence[str]) -> frozenset[str]:
    """The cases that one of these care teams looks after."""
    return frozenset(CaseTeam.objects.filter(team__in=teams).values_list("case_id", flat=True))


def standings(own: frozenset[str]) -> Iterator[Standing]:
    """Every case of the clinic; those that are not among the reader's ``own`` are marked."""
    rows = CaseRow.objects.values_list("case", "state", "protocol", "judged")
    for case, state, protocol, judged in rows.iterator():
        counted = judged_in(judged)
        if counted is not None:
            counted = msgspec.structs.replace(counted, lines=(), known={})
        yield Standing(state, protocol, counted, case not in own)


def happened_since(first: date, own: frozenset[str]) -> Iterator[Happened]:
    """The newest events of these kinds, back to a day; the chain is in the order of time."""
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for kind in _KINDS:
        rows = Fact.objects.filter(kind=kind.value).order_by("-seq").values_list("at", "body", "case")
        for at, body, case in rows.iterator():
            if instant_of(at) < since:
                break
            counted = msgspec.to_builtins(msgspec.json.decode(body, type=_Counted))
            yield Happened(kind, instant_of(at).date(), counted, case, case not in own)
