"""The background worker: sends what is due, judges cases anew, exports the head of the chain, says that it lives."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, OperationalError, close_old_connections, connection

from titrant.app.beats import DATABASE, EVERY, beat, done, failing, last
from titrant.app.delivering import Send, deliver_due, send_mail
from titrant.app.heads import export_head
from titrant.app.place import Place
from titrant.app.pushing import push_due, pusher
from titrant.clinic.acts.judging import judge_due
from titrant.clinic.acts.reminding import reminders_due
from titrant.clinic.office import Office
from titrant.record.events import instant_of
from titrant.storage.devices import Devices
from titrant.storage.outbox import put
from titrant.storage.queues import WORKER

_PAUSE_S = 5.0
_BREATH_S = 0.2  # between rounds while something waits: others write too
_JUDGE_AT_ONCE = 50
_log = logging.getLogger("titrant.worker")
Job = Callable[[Office, Place], object]


def run(office: Callable[[], Office], place: Place, stop: threading.Event, send: Send = send_mail) -> None:
    """Rounds until ``stop``. One round that fails, in whatever way, is told and does not end the worker."""
    here: list[Office] = []
    while not stop.is_set():
        more: list[bool] = []
        if _tried("office", lambda: here.append(office())):
            del here[:-1]
            _tried("round", lambda more=more: more.append(one_round(here[0], place, send)))
        elif here:
            # The knowledge cannot be read (a file is being put there, say): alarms need none of it. Nobody beats.
            _tried("deliver", lambda: deliver_due(here[0], send))
        _let_go()
        stop.wait(_BREATH_S if any(more) else _PAUSE_S)


def one_round(office: Office, place: Place, send: Send) -> bool:
    """Send, judge, and do what is due, each part by itself. Whether something is left to be sent or judged."""
    more: list[bool] = []
    _tried("beat", lambda: beat(WORKER, office.now()))
    _tried("deliver", lambda: more.append(deliver_due(office, send)))
    _tried("push", lambda: push_due(office, pusher(place)))
    _tried("judge", lambda: judge_due(office, _JUDGE_AT_ONCE))
    for name, job in JOBS.items():
        _tried(f"job {name}", lambda name=name, job=job: _do_if_due(name, job, office, place))
    _tried("to judge", lambda: more.append(bool(office.store.to_judge(office.today, 1))))
    return any(more)


def _tried(name: str, act: Callable[[], object]) -> bool:
    """Whether ``act`` was done. What failed is told, and a database connection that it broke is not used again."""
    try:
        act()
    except Exception as error:
        _log.exception("a job of the worker failed", extra={"kind": f"{name}: {type(error).__name__}"})
        _let_go()
        return False
    return True


def _let_go() -> None:
    """Close a database connection that is broken or old; the next question opens another."""
    try:
        close_old_connections()
    except Exception as error:
        _log.warning("a connection could not be closed", extra={"kind": type(error).__name__})


def _do_if_due(name: str, job: Job, office: Office, place: Place) -> None:
    if _is_due(name, office.now()):
        ended = done if _tried(name, lambda: job(office, place)) else failing
        ended(name, office.now())


def _is_due(name: str, now: datetime) -> bool:
    said = last(f"job {name}")
    return said is None or EVERY[name] <= now - instant_of(said[0])


# Jobs with a period


def _test_alert(office: Office, _place: Place) -> None:
    """Once a month a test goes the way of a red flag, so that a dead address is found before it is needed."""
    for to in office.settings.red_flag_to:
        text = "This is the monthly test of alerts from Titrant. Nothing needs to be done."
        put("", "test_alert", {"to": to, "subject": "Titrant: monthly test of alerts", "text": text}, office.now())


def _quick_check(office: Office, _place: Place) -> None:
    """Have the database look for damage; ``doctor`` reads the answer and blocks on it."""
    if connection.vendor == "sqlite":
        beat(DATABASE, office.now(), _damage()[:200])


def _damage() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            return str(cursor.fetchone()[0])
    except OperationalError:
        raise  # it could not be asked (locked, say): the job has failed, and is told as such
    except DatabaseError as error:
        return str(error)  # too damaged to be looked through


def _remind(office: Office, _place: Place) -> None:
    """Reminders at the patients' own hours; ``reminded`` puts each into the outbox once for its day."""
    devices, now = Devices(), office.now()
    for due in reminders_due(office, devices.wanted(), now):
        devices.reminded(due, now)


def _sessions_end(_office: Office, _place: Place) -> None:
    from django.core.management import call_command

    call_command("clearsessions")


JOBS: dict[str, Job] = {
    "head of the chain": export_head, "test alert": _test_alert, DATABASE: _quick_check, "reminders": _remind,
    "old sessions": _sessions_end,
}  # fmt: skip


def until_told(stop: threading.Event) -> None:
    """Let Ctrl+C, TERM, and the end of the server that started this worker end it."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    parent = os.environ.get("TITRANT_PARENT")
    if parent:
        threading.Thread(target=_with_parent, args=(int(parent), stop), daemon=True).start()


def _with_parent(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent:
        if stop.wait(1.0):
            return
    stop.set()
