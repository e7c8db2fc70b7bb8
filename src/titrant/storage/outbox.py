"""What has to be delivered: written with the fact that caused it, leased by one worker at a time, never dropped.

A row ends when it was delivered or when the reason for it is gone. What is late is counted and shown, so that no row
lies where nobody looks (safety.md, rule 11, T26).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, When

from titrant.clinic.acts.people import RED_FLAG_MINUTES
from titrant.record.events import Event, Kind, Role, instant_of, instant_text
from titrant.record.summary import Summary
from titrant.storage.models import Device, Outgoing
from titrant.terms.canonical import Json, canonical_json
from titrant.terms.reading import read_json

RED_FLAG = "red_flag"
PUSH = "push"
LATE = timedelta(minutes=5)
# So often each red flag is looked at, also while it rests: one that is due later was put there by a wrong clock.
FURTHEST = timedelta(minutes=RED_FLAG_MINUTES[1])
_LEASE = timedelta(minutes=2)
SKEW = timedelta(minutes=1)  # by so much two machines may differ


def write_for(events: Sequence[Event]) -> None:
    """The deliveries that these facts cause, in the transaction of the facts."""
    for event in events:
        if event.kind is Kind.TASK_OPENED and event.body["grade"] == "now":
            put(event.case, RED_FLAG, {"task": event.body["id"]}, event.at)
        if event.kind is Kind.TASK_TAKEN and event.body.get("until"):
            _climb_on(event.case, event.body["id"], instant_of(event.body["until"]))
        if event.kind is Kind.MESSAGE_SENT and event.by.role is not Role.PATIENT:
            phones = Device.objects.filter(case=event.case, revoked_at="").exclude(push="")
            for phone in phones.values_list("id", flat=True):
                put(event.case, PUSH, {"device": str(phone), "what": "message"}, event.at)


def write_open(summary: Summary) -> None:
    """The ladders of an imported record: each open task of grade now has one, whoever took it where it comes from."""
    for task in summary.tasks.values():
        if task.grade == "now":
            put(summary.case, RED_FLAG, {"task": task.id}, instant_of(task.since))


def _climb_on(case: str, task: str, at: datetime) -> None:
    """The ladder of a task that was tried without an answer goes on at ``at``, and no later."""
    body, due = canonical_json({"task": task}).decode(), instant_text(at)
    rows = Outgoing.objects.filter(case=case, kind=RED_FLAG, body=body, done_at="")
    if not rows.exists():  # a release before this one ended it when the task was taken
        put(case, RED_FLAG, {"task": task}, at)
    rows.filter(due_at__gt=due).update(due_at=due)


def put(case: str, kind: str, body: Json, due: datetime) -> None:
    """Something to deliver at ``due``. ``body`` holds ids and settings, never a name, a dose or a symptom."""
    at = instant_text(due)
    Outgoing.objects.create(case=case, kind=kind, body=canonical_json(body).decode(), created_at=at, due_at=at)


@transaction.atomic
def lease(now: datetime, limit: int, *, pushes: bool = False) -> list[Outgoing]:
    """Rows that are due, for this worker alone until the lease is over: what is pushed to phones, or all the rest.

    Red flags come first: no reminder is sent before one, however long it waits. A lease that is longer than any was
    taken while the clock was wrong, and holds nobody off.
    """
    if not pushes:
        _back_to_now(now)
    at, is_flag = instant_text(now), Case(When(kind=RED_FLAG, then=0), default=1)
    is_free = Q(leased_until__lte=at) | Q(leased_until__gt=instant_text(now + _LEASE + SKEW))
    rows = waiting(pushes=pushes).filter(is_free, due_at__lte=at).order_by(is_flag, "due_at")
    if connection.vendor != "sqlite":
        rows = rows.select_for_update(skip_locked=True)
    found = list(rows[:limit])
    for row in found:
        row.leased_until = instant_text(now + _LEASE)
        row.save(update_fields=["leased_until"])
    return found


def _back_to_now(now: datetime) -> None:
    """Red flags that a wrong clock put into the future are due now; what was written there counts from now."""
    at = instant_text(now)
    ahead = Outgoing.objects.filter(_ahead(now), done_at="")
    ahead.filter(created_at__gt=at).update(created_at=at, due_at=at)
    ahead.update(due_at=at)


def _ahead(now: datetime) -> Q:
    """Red flags that were written later than now, or are due later than any can be."""
    soon, far = instant_text(now + SKEW), instant_text(now + FURTHEST + SKEW)
    return Q(kind=RED_FLAG, due_at__gt=soon) & (Q(due_at__gt=far) | Q(created_at__gt=soon))


def hand_back(rows: Sequence[Outgoing]) -> None:
    """Rows that this round did not come to: they stay due, for whoever leases next."""
    Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(leased_until="")


def finish(row: Outgoing, now: datetime, fault: str = "") -> None:
    row.done_at, row.leased_until, row.fault = instant_text(now), "", fault
    row.save(update_fields=["done_at", "leased_until", "fault"])


def again_at(row: Outgoing, due: datetime, *, step: int, fault: str = "") -> None:
    """Keep the row for another try. ``fault``: why this one failed; empty where it did not."""
    row.due_at, row.leased_until, row.step, row.fault = instant_text(due), "", step, fault[:200]
    row.attempts = row.attempts + 1 if fault else 0
    row.save(update_fields=["due_at", "leased_until", "step", "fault", "attempts"])


def body_of(row: Outgoing) -> Json:
    return read_json(row.body.encode())


def stuck(now: datetime, *, pushes: bool = False) -> QuerySet[Outgoing]:
    """Rows that are late: due long ago, or failing since long. Pushes are apart: they carry no red flag.

    A row that fails is due again soon, whatever its age: so its age is counted from when it was put here. A red flag
    that waits for a time to which a wrong clock put it is late at once.
    """
    limit = instant_text(now - LATE)
    failing = ~Q(fault="") & Q(created_at__lte=limit)
    late = Q(due_at__lte=limit) | failing
    return waiting(pushes=pushes).filter(late if pushes else late | _ahead(now))


def waiting(*, pushes: bool = False) -> QuerySet[Outgoing]:
    rows = Outgoing.objects.filter(done_at="")
    return rows.filter(kind=PUSH) if pushes else rows.exclude(kind=PUSH)
