"""What the report of the clinic is made from: the judged columns, and the decisions and tasks of some weeks."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec

from titrant.clinic.clinic_report import SIGNING, Happened, Standing
from titrant.record.events import Kind, instant_of
from titrant.storage.models import CaseRow, Fact
from titrant.storage.worklist_rows import judged_in

_KINDS = (*SIGNING, Kind.REFUSED, Kind.TASK_OPENED)


def standings() -> Iterator[Standing]:
    rows = CaseRow.objects.values_list("state", "protocol", "judged")
    return (Standing(state, protocol, judged_in(judged)) for state, protocol, judged in rows.iterator())


def happened_since(first: date) -> Iterator[Happened]:
    """The newest events of these kinds, back to a day; the chain is in the order of time."""
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    for kind in _KINDS:
        rows = Fact.objects.filter(kind=kind.value).order_by("-seq").values_list("at", "body")
        for at, body in rows.iterator():
            if instant_of(at) < since:
                break
            yield Happened(kind, instant_of(at).date(), msgspec.json.decode(body))
