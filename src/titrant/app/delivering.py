"""Delivering what is in the outbox. A message says that one is waiting, and nothing else: no name, dose or symptom.

A red flag climbs a ladder: the first address at once, the next after the clinic's minutes, and so on, round and round,
until the task is taken or closed by a person; a call that nobody answered only lets it rest until the task is due. The
task on the screen does not depend on any of it.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from titrant.clinic.office import Office
from titrant.record.events import instant_of
from titrant.record.summary import OpenTask
from titrant.storage.models import Outgoing
from titrant.storage.outbox import RED_FLAG, again_at, body_of, finish, hand_back, lease

Send = Callable[[str, str, str], None]  # to, subject, text; raises where it was not accepted
SUBJECT = "A message is waiting in Titrant"
TEXT = "A message is waiting in Titrant. Sign in to read it."
_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_RETRY = timedelta(minutes=30)
_AT_ONCE = 20  # a red flag that comes meanwhile waits for so many at most
_ROUND_S = 20.0  # after so long the rest waits for the next round: judging and the sign of life come between
_SILENT_S = 3.0  # a server that failed us after so long is not asked again in the same round
_log = logging.getLogger("titrant.worker")


def send_mail(to: str, subject: str, text: str) -> None:
    from django.core.mail import EmailMessage

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
            self.is_silent = _SILENT_S <= self._clock() - begun
            raise

    @property
    def is_over(self) -> bool:
        return self.is_silent or _ROUND_S <= self._clock() - self._begun


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
    if _is_done(task := _task(office, row)):
        finish(row, now)
        return
    begun, climb = instant_of(row.created_at), timedelta(minutes=office.settings.red_flag_minutes)
    if task and task.quiet_until and now < (rests := instant_of(task.quiet_until)):
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


def _is_done(task: OpenTask | None) -> bool:
    """Closed, or taken by somebody who did not say since that nobody was reached."""
    return task is None or bool(task.owner and not task.quiet_until)


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
