"""Everything that waits for somebody: each queue with its owner, its age and its count (safety.md, T26).

A table of waiting things that is not listed here, and not among those that hold none, stops the tests.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min
from msgspec import Struct

from titrant.record.events import instant_text
from titrant.storage.models import CaseRow, Fact, Heartbeat
from titrant.storage.outbox import stuck, waiting

WORKER = "worker"
SILENT = timedelta(minutes=3)  # a worker says that it lives every few seconds
JUDGED_WITHIN = timedelta(days=1)
_PARTS = (WORKER,)  # the parts of the program that say that they live


class Queue(Struct, frozen=True):
    """How a queue stands. ``since``: how long the oldest that is stuck has waited; empty where none is.

    ``counts``: among the problems of the front page; not where one dead phone would colour it for ever.
    """

    name: str
    title: str
    owner: str
    waiting: int
    stuck: int
    since: str = ""
    why: str = ""
    counts: bool = True


Reads = Callable[[datetime], Queue]


def _outgoing(now: datetime) -> Queue:
    return _sending("outgoing", "Messages and alarms that were not delivered", now, pushes=False)


def _pushes(now: datetime) -> Queue:
    return _sending("pushes", "Reminders that were not pushed to phones", now, pushes=True)


def _sending(name: str, title: str, now: datetime, *, pushes: bool) -> Queue:
    """What the doctor counts, with the oldest of it."""
    late = stuck(now, pushes=pushes)
    since, fault = late.order_by("created_at").values_list("created_at", "fault").first() or ("", "")
    return Queue(
        name, title, "administrator", waiting(pushes=pushes).count(), late.count(), since, fault, counts=not pushes
    )  # fmt: skip


def _failed(_now: datetime) -> Queue:
    found = CaseRow.objects.filter(failed=True).aggregate(count=Count("case"), since=Min("since"))
    count, since = found["count"], found["since"] or ""
    return Queue("not_judged", "Records that could not be judged", "prescriber", count, count, since)


def _to_judge(now: datetime) -> Queue:
    """Records that nobody has judged for a day, or ever: their lines are of yesterday's facts, or there are none."""
    limit = now - JUDGED_WITHIN
    stale = CaseRow.objects.filter(judged_on__gt="", judged_on__lt=limit.date().isoformat())
    never = Fact.objects.filter(
        number=1, at__lt=instant_text(limit), case__in=CaseRow.objects.filter(judged_on="").values("case")
    )
    found = stale.aggregate(count=Count("pk"), since=Min("judged_on"))
    new = never.aggregate(count=Count("pk"), since=Min("at"))
    count, since = found["count"] + new["count"], min(filter(None, (found["since"], new["since"])), default="")
    return Queue("to_judge", "Records that were not judged today", "administrator", count, count, since)


def _heartbeats(now: datetime) -> Queue:
    """A part of the program that has stopped stops in silence; so its silence is shown."""
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    late = {name: seen.get(name, "") for name in _PARTS if not instant_text(now - SILENT) <= seen.get(name, "")}
    why = f"No sign of life from: {', '.join(late)}" if late else ""
    return Queue(
        "heartbeat", "Parts of the program that are not running", "administrator", len(_PARTS), len(late),
        min(late.values(), default=""), why,
    )  # fmt: skip


QUEUES: dict[str, Reads] = {
    "storage_outgoing": _outgoing, "storage_outgoing/pushes": _pushes, "storage_caserow": _failed,
    "storage_caserow/judged": _to_judge, "storage_heartbeat": _heartbeats,
}  # fmt: skip


# Tables in which nothing waits for anybody.
NO_QUEUE = frozenset({
    "storage_fact", "storage_chainhead", "storage_caseteam", "storage_plan", "storage_entryreceipt",
    "storage_readentry", "storage_throttle", "storage_savedview", "storage_staff", "storage_teammember",
    "storage_device", "storage_invitation", "storage_setupcode", "storage_staffinvitation",
})  # fmt: skip


def unregistered(tables: Iterable[str]) -> list[str]:
    """Tables of which nobody has said whether something waits in them."""
    listed = {name.partition("/")[0] for name in QUEUES} | NO_QUEUE
    return sorted(set(tables) - listed)


def queues(now: datetime) -> list[Queue]:
    return [read(now) for read in QUEUES.values()]


def problems(now: datetime) -> int:
    """How many things are stuck, for the front page."""
    return sum(one.stuck for one in queues(now) if one.counts)
