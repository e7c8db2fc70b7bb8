"""What the report of the clinic is made from: the judged columns, and the decisions and tasks of some weeks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import msgspec

from titrant.clinic.clinic_report import SIGNING, Happened, Standing
from titrant.record.events import Kind, instant_of
from titrant.storage.models import CaseRow, CaseTeam, Fact
from titrant.storage.worklist_rows import judged_in

_KINDS = (*SIGNING, Kind.REFUSED, Kind.TASK_OPENED)


def of_teams(teams: Sequence[str]) -> frozenset[str]:
    """The cases that one of these care teams looks after."""
    return frozenset(CaseTeam.objects.filter(team__in=teams).values_list("case_id", flat=True))


def standings(own: frozenset[str]) -> Iterator[Standing]:
    """Every case of the clinic; those that are not among the reader's ``own`` are marked."""
    rows = CaseRow.objects.values_list("case", "state", "protocol", "judged")
    for case, state, protocol, judged in rows.iterator():
        yield Standing(state, protocol, judged_in(judged), case not in own)


def happened_since(first: date, own: frozenset[str]) -> Iterator[Happened]:
    """The newest events of these kinds, back to a day; the chain is in the order of time."""
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for kind in _KINDS:
        rows = Fact.objects.filter(kind=kind.value).order_by("-seq").values_list("at", "body", "case")
        for at, body, case in rows.iterator():
            if instant_of(at) < since:
                break
            yield Happened(kind, instant_of(at).date(), msgspec.json.decode(body), case, case not in own)
