"""Everything that waits for somebody: each queue with its owner, its age and its count (safety.md, T26).

A table of waiting things that is not listed here, and not among those that hold none, stops the tests.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from msgspec import Struct

from titrant.record.events import instant_text
from titrant.storage.models import CaseRow, Heartbeat, Outgoing

STUCK_AFTER = timedelta(minutes=5)  # past its time, after which what waits is said to be stuck
MISSING_AFTER = timedelta(minutes=5)  # without a sign of life
JUDGED_WITHIN = timedelta(days=1)
_PARTS = ("worker",)  # the parts of the program that say that they live


class Queue(Struct, frozen=True):
    """How a queue stands. ``since``: how long the oldest that is stuck has waited; empty where none is."""

    name: str
    title: str
    owner: str
    waiting: int
    stuck: int
    since: str = ""
    why: str = ""


Reads = Callable[[datetime], Queue]


def _outgoing(now: datetime) -> Queue:
    waiting = Outgoing.objects.filter(done_at="")
    late = waiting.filter(Q(due_at__lt=instant_text(now - STUCK_AFTER)))
    oldest = late.order_by("due_at").values_list("due_at", "fault").first()
    since, fault = oldest or ("", "")
    return Queue(
        "outgoing", "Messages and alarms that were not delivered", "administrator", waiting.count(), late.count(),
        since, fault,
    )  # fmt: skip


def _failed(_now: datetime) -> Queue:
    found = CaseRow.objects.filter(failed=True).aggregate(count=Count("case"), since=Min("since"))
    count, since = found["count"], found["since"] or ""
    return Queue("not_judged", "Records that could not be judged", "prescriber", count, count, since)


def _to_judge(now: datetime) -> Queue:
    """Records that nobody has judged for a day: their lines are of yesterday's facts."""
    stale = CaseRow.objects.filter(judged_on__gt="", judged_on__lt=(now - JUDGED_WITHIN).date().isoformat())
    found = stale.aggregate(count=Count("pk"), since=Min("judged_on"))
    count, since = found["count"], found["since"] or ""
    return Queue("to_judge", "Records that were not judged today", "administrator", count, count, since)


def _heartbeats(now: datetime) -> Queue:
    """A part of the program that has stopped stops in silence; so its silence is shown."""
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    late = {name: seen.get(name, "") for name in _PARTS if not instant_text(now - MISSING_AFTER) <= seen.get(name, "")}
    why = f"No sign of life from: {', '.join(late)}" if late else ""
    return Queue(
        "heartbeat", "Parts of the program that are not running", "administrator", len(_PARTS), len(late),
        min(late.values(), default=""), why,
    )  # fmt: skip


QUEUES: dict[str, Reads] = {
    "storage_outgoing": _outgoing, "storage_caserow": _failed, "storage_caserow/judged": _to_judge,
    "storage_heartbeat": _heartbeats,
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
    return sum(one.stuck for one in queues(now))
