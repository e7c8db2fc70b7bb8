"""Delivering what is in the outbox. A message says that one is waiting, and nothing else: no name, dose or symptom.

A red flag climbs a ladder: the first address at once, the next after the clinic's minutes, and so on, round and round,
until the task is closed by a person. It rests while somebody holds the task who can act; who was disabled or left the
care team holds it no more. A call that nobody answered lets it rest until the task is due. The task on the screen does
not depend on any of it. A clock that was wrong for a while silences no ladder: no row waits for longer than FURTHEST
without being looked at, and what was put further ahead is due at once.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from titrant.clinic.acts.flags import due_by
from titrant.clinic.office import Office
from titrant.record.events import SYSTEM, Kind, instant_of
from titrant.record.summary import OpenTask, Summary
from titrant.storage.models import Outgoing
from titrant.storage.outbox import FURTHEST, RED_FLAG, SKEW, again_at, body_of, finish, hand_back, lease
from titrant.storage.people import can_act

Send = Callable[[str, str, str], None]  # to, subject, text; raises where it was not accepted
SUBJECT = "A message is waiting in Titrant"
TEXT = "A message is waiting in Titrant. Sign in to read it."
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(minutes=30)
_AT_ONCE = 20  # a red flag that comes meanwhile waits for so many at most
_ROUND_S = 20.0  # after so long the rest waits for the next round: judging and the sign of life come between
_SILENT_S = 3.0  # a server that failed us after so long is not asked again in the same round
_log = logging.getLogger("titrant.worker")


class NoMailServer(OSError):
    """None is set: nothing is mailed, and nothing counts as sent."""


def send_mail(to: str, subject: str, text: str) -> None:
    """Hand one mail over. Raises OSError where nobody took it; a demo mails nobody, and goes on as if it had."""
    from django.conf import settings
    from django.core.mail import EmailMessage

    if not settings.EMAIL_HOST and not settings.PLACE.is_demo:
        raise NoMailServer("no mail server is set")
    if EmailMessage(subject, text, to=[to]).send() != 1:
        raise OSError("the mail server took no message")


class _Round:
    """Sends for one round, and notices a mail server that lets everybody wait in vain."""

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self._send, self._clock, self._begun = send, clock, clock()
        self.is_silent = False

    def __call__(self, to: str, subject: str, text: str) -> None:
        begun = self._clock()
        try:
            self._send(to, subject, text)
        except Exception:
            self.is_silent = self._clock() - begun >= _SILENT_S
            raise

    @property
    def is_over(self) -> bool:
        return self.is_silent or self._clock() - self._begun >= _ROUND_S


def deliver_due(office: Office, send: Send, clock: Callable[[], float] = time.monotonic) -> bool:
    """One round over what is due; one row that fails does not stop the rest. Whether more may be due at once.

    Where the server is silent, the rest of the rows stay due, and come before the one that was tried: so each has its
    turn, and no round takes longer than the patience with one mail.
    """
    rows, asked = lease(office.now(), _AT_ONCE), _Round(send, clock)
    for index, row in enumerate(rows):
        if asked.is_over:
            hand_back(rows[index:])
            return not asked.is_silent
        try:
            (_red_flag if row.kind == RED_FLAG else _once)(office, row, asked)
        except Exception as error:
            put_off(office, row, error)
    return len(rows) == _AT_ONCE


def put_off(office: Office, row: Outgoing, error: Exception) -> None:
    """Try a row that failed in itself later and later, so that it never comes first for ever; it is shown as stuck."""
    kind = type(error).__name__
    _log.error("a delivery failed", exc_info=error, extra={"kind": f"{row.kind}: {kind}"})
    again_at(row, office.now() + pause_of(row), step=row.step, fault=f"a fault in Titrant ({kind})")


def _red_flag(office: Office, row: Outgoing, send: Send) -> None:
    now, ladder = office.now(), office.settings.red_flag_to
    if (task := _task(office, row)) is None:
        finish(row, now)
        return
    begun, climb = instant_of(row.created_at), min(timedelta(minutes=office.settings.red_flag_minutes), FURTHEST)
    if now < (rests := _rests_until(office, row, task, now, climb)):
        rests = min(rests, now + FURTHEST)
        again_at(row, rests, step=(rests - begun) // climb)
        return
    if not ladder:
        again_at(row, now + climb, step=row.step, fault="no address for red flags is set")
        return
    fault = _fault(send, ladder[row.step % len(ladder)])
    # The next step is due by the clock of the flag, whether or not this one was accepted: steps never wait for mail.
    steps = (now - begun) // climb
    next_step = begun + climb * (steps + 1)
    due = min(now + pause_of(row), next_step) if fault else next_step
    again_at(row, due, step=row.step if due < next_step else steps + 1, fault=fault)


def _task(office: Office, row: Outgoing) -> OpenTask | None:
    """The task of ``row``; None where it is closed. Of a record that cannot be read nobody knows that it is closed."""
    name = body_of(row)["task"]
    try:
        return office.store.summary(row.case).tasks.get(name)
    except Exception as error:
        _log.warning("the record of a red flag cannot be read", extra={"kind": type(error).__name__})
        return OpenTask(id=name, grade="now", code="", why="", since=row.created_at)


def _rests_until(office: Office, row: Outgoing, task: OpenTask, now: datetime, climb: timedelta) -> datetime:
    """Until when no alarm is sent: after a call without an answer, or while somebody who can act holds the task."""
    if task.quiet_until:
        rests = instant_of(task.quiet_until)
        return rests if rests <= _longest_rest(office, now) else now  # asked for while the clock was wrong
    if not task.owner:
        return now
    try:
        summary = office.store.summary(row.case)
        if _is_held(office, summary, task, now):
            return now + climb  # looked at again: a person can be disabled or leave the team at any time
        body = {"id": task.id, "why": f"{task.owner} took it, and is not of this care team or not of this clinic now."}
        office.store.append(row.case, [office.draft(Kind.TASK_RELEASED, body, SYSTEM)], expected=summary.version)
    except Exception as error:
        _log.warning("who holds a task cannot be found out: its alarm goes on", extra={"kind": type(error).__name__})
    return now


def _longest_rest(office: Office, now: datetime) -> datetime:
    """Until when an alarm can rest that is asked to at this moment: the time to answer, which a clinic may set."""
    try:
        return instant_of(due_by(office.library.triage, "now", now)) + SKEW
    except Exception as error:
        _log.warning("the time to answer cannot be read", extra={"kind": type(error).__name__})
        return now + FURTHEST


def _is_held(office: Office, summary: Summary, task: OpenTask, now: datetime) -> bool:
    taken = [one for one in office.store.events(summary.case, (Kind.TASK_TAKEN,)) if one.body["id"] == task.id]
    return bool(taken) and can_act(taken[-1].by.id, summary.case, summary.teams, now)


def _once(office: Office, row: Outgoing, send: Send) -> None:
    """Everything that needs one delivery: to an address, or to the patient of the case."""
    body, now = body_of(row), office.now()
    to = body.get("to") or (office.store.summary(row.case).person.email if row.case else "")
    if not to:
        finish(row, now, "there is no address to send it to")
        return
    fault = _fault(send, to, body.get("subject", SUBJECT), body.get("text", TEXT))
    if fault:
        again_at(row, now + pause_of(row), step=0, fault=fault)
    else:
        finish(row, now)


def _fault(send: Send, to: str, subject: str = SUBJECT, text: str = TEXT) -> str:
    """Why ``send`` failed, without what the server said of whom; empty where it was accepted."""
    try:
        send(to, subject, text)
    except Exception as error:
        _log.warning("a message was not accepted", extra={"kind": type(error).__name__})
        return f"not accepted ({type(error).__name__})"
    return ""


def pause_of(row: Outgoing) -> timedelta:
    return min(_FIRST_RETRY * 2 ** min(row.attempts, 10), _LONGEST_RETRY)
