"""A red flag climbs its ladder whatever fails beside it: the mail server, the database, the worker itself."""

import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.web.conftest import new_case
from tests.web.test_outbox import BEGINS, LADDER, Post, at, delivering, empty, flag, no_beats, working  # noqa: F401


class Silent(Post):
    """A mail server that takes the connection and says nothing: each try costs the whole patience."""

    patience = timedelta(seconds=10)

    def __init__(self) -> None:
        super().__init__(failing=0.0)
        self.answers = False

    def send(self, to: str, subject: str, text: str) -> None:
        if not self.answers:
            self.tried.append((self.now, to))
            self.now += self.patience
            raise OSError("timed out")
        super().send(to, subject, text)

    def clock(self) -> float:
        return (self.now - BEGINS).total_seconds()


def one_round(office, post: Silent) -> bool:
    moving = msgspec.structs.replace(at(office, BEGINS), now=lambda: post.now)
    return delivering.deliver_due(moving, post.send, post.clock)


def test_mail_waits_some_seconds_for_a_server_and_no_longer(office) -> None:
    from django.conf import settings
    from django.test import override_settings

    assert settings.EMAIL_TIMEOUT is not None, "a server that says nothing stops the worker for good"
    assert 1 <= settings.EMAIL_TIMEOUT <= 10
    with socket.create_server(("127.0.0.1", 0)) as silent, override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=silent.getsockname()[1], EMAIL_TIMEOUT=0.3,
    ):  # fmt: skip
        begun = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            delivering.send_mail("nurse@clinic.invalid", "s", "t")
        assert time.monotonic() - begun < 5


def test_one_silent_server_holds_a_round_of_many_rows_up_only_once(office, empty) -> None:  # noqa: F811
    post, case = Silent(), new_case(office.store)
    for number in range(20):
        flag(office, case, f"t{number}", BEGINS)
    one_round(office, post)
    assert post.now - BEGINS <= timedelta(seconds=20), "judging and the sign of life wait for twenty times the patience"
    assert len(post.tried) == 1


def test_under_a_silent_server_every_flag_has_its_turn_and_none_is_lost(office, empty) -> None:  # noqa: F811
    from titrant.storage.models import Outgoing

    post, case = Silent(), new_case(office.store)
    for number in range(8):
        flag(office, case, f"t{number}", BEGINS)
    for _ in range(8):
        one_round(office, post)
        post.now += timedelta(seconds=1)
    assert Outgoing.objects.filter(attempts=1).count() == 8, "the first row is tried again and again"
    post.now, post.answers = BEGINS + timedelta(minutes=3), True
    one_round(office, post)
    assert [to for _, to, _ in post.accepted] == [LADDER[0]] * 8


def test_under_a_silent_server_the_ladder_is_climbed(office, empty) -> None:  # noqa: F811
    post, case = Silent(), new_case(office.store)
    flag(office, case, "t1", BEGINS)
    while post.now < BEGINS + timedelta(minutes=25):
        one_round(office, post)
        post.now += timedelta(seconds=5)
    first = {to: next(moment for moment, tried in post.tried if tried == to) - BEGINS for to in LADDER}
    for step, to in enumerate(LADDER):
        late = first[to] - step * timedelta(minutes=10)
        assert timedelta(0) <= late <= timedelta(seconds=30), to


def test_a_server_that_is_slow_and_takes_everything_leaves_time_for_the_rest_of_a_round(office, empty) -> None:  # noqa: F811
    class Slow(Silent):
        def send(self, to: str, subject: str, text: str) -> None:
            self.now += timedelta(seconds=4)
            self.accepted.append((self.now, to, text))

    post, case = Slow(), new_case(office.store)
    for number in range(20):
        flag(office, case, f"t{number}", BEGINS)
    assert one_round(office, post), "more waits, and the next round should come at once"
    assert post.now - BEGINS <= timedelta(seconds=24)
    while one_round(office, post):
        pass
    assert len(post.accepted) == 20


# The worker goes on


def _module():
    from titrant.app import working as module

    return module


class Rounds:
    """Runs the worker in a thread of its own, quickly, and ends it."""

    def __init__(self, monkeypatch) -> None:
        monkeypatch.setattr(_module(), "_PAUSE_S", 0.02)
        monkeypatch.setattr(_module(), "_BREATH_S", 0.02)

    def until(self, happened: Callable[[], bool], office: Callable[[], object], send=lambda *_: None) -> bool:
        from django.conf import settings
        from django.db import connection

        def work() -> None:
            try:
                working.run(office, settings.PLACE, stop, send)
            finally:
                connection.close()

        stop = threading.Event()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        end = time.monotonic() + 20
        while thread.is_alive() and not happened() and time.monotonic() < end:
            time.sleep(0.02)
        lives = thread.is_alive()
        stop.set()
        thread.join(20)
        return lives and happened()


@pytest.fixture
def rounds(office, empty, monkeypatch) -> Rounds:  # noqa: F811
    return Rounds(monkeypatch)


def broken_once(name: str, monkeypatch) -> list[int]:
    """The first call of ``name`` in the worker meets a database that is gone."""
    from django.db import OperationalError

    whole, calls = getattr(working, name), []

    def once(*args):
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("server closed the connection unexpectedly")
        return whole(*args)

    monkeypatch.setattr(_module(), name, once)
    return calls


@pytest.mark.parametrize(
    "name", ["beat", "last", "done", "judge_due", "push_due", "deliver_due", "close_old_connections"]
)
def test_one_error_of_the_database_does_not_end_the_worker(office, rounds, no_beats, monkeypatch, name) -> None:  # noqa: F811
    calls = broken_once(name, monkeypatch)
    assert rounds.until(lambda: len(calls) >= 2, lambda: office), f"after one error in {name} nothing is sent any more"


def test_alarms_go_on_while_the_knowledge_cannot_be_read(office, rounds) -> None:
    """A file vanishes from the clinic's folder, or one is half written."""
    calls, sent = [], []

    def opened():
        calls.append(1)
        if len(calls) == 1:
            return at(office, BEGINS)
        if len(calls) == 2:
            flag(office, new_case(office.store), "t1", BEGINS)
        raise FileNotFoundError("clinic/drugs.yaml")

    alarm = (LADDER[0], "A message is waiting in Titrant. Sign in to read it.")
    assert rounds.until(lambda: alarm in sent, opened, lambda to, _subject, text: sent.append((to, text)))


def test_a_write_that_another_process_holds_does_not_end_the_worker(office, rounds, monkeypatch) -> None:
    """As long as somebody else writes nothing can be written; afterwards the worker says again that it lives."""
    from django.conf import settings
    from django.db import connection

    from titrant.storage.models import Heartbeat

    if connection.vendor != "sqlite":
        pytest.skip("one writer at a time is SQLite's rule")
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    import sqlcipher3

    Heartbeat.objects.filter(name="worker").delete()
    other = sqlcipher3.connect(str(settings.PLACE.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    locked = [True]

    def alive_again() -> bool:
        if locked and time.monotonic() - begun > 1:
            other.execute("ROLLBACK")
            locked.clear()
        return not locked and Heartbeat.objects.filter(name="worker").exists()

    begun = time.monotonic()
    try:
        assert rounds.until(alive_again, lambda: office)
    finally:
        other.close()


def test_a_file_that_vanishes_from_the_folder_of_the_clinic_is_no_error(office, tmp_path, monkeypatch) -> None:
    import os

    from titrant.app import wiring

    (tmp_path / "stays.yaml").write_text("a: 1")
    (tmp_path / "gone.yaml").write_text("a: 1")
    whole = os.stat

    def vanishing(path, *args, **more):
        if str(path).endswith("gone.yaml"):
            raise FileNotFoundError(path)
        return whole(path, *args, **more)

    monkeypatch.setattr(wiring, "_folder", lambda: tmp_path)
    monkeypatch.setattr(os, "stat", vanishing)
    assert [Path(path).name for path, *_ in wiring._stamp()] == ["stays.yaml"]


def test_a_worker_that_has_ended_by_itself_is_started_again_until_the_server_stops(tmp_path, caplog) -> None:
    from titrant.app.serving import keep_running

    told, stop = tmp_path / "starts", threading.Event()
    command = (sys.executable, "-S", "-c", f"open({str(told)!r}, 'a').write('.'); raise SystemExit(1)")
    keeper = threading.Thread(target=keep_running, args=(command, None, stop, 0.01))
    keeper.start()
    end = time.monotonic() + 30
    while not (told.exists() and len(told.read_text()) >= 3) and time.monotonic() < end:
        time.sleep(0.02)
    stop.set()
    keeper.join(30)
    assert not keeper.is_alive()
    starts = len(told.read_text())
    assert starts >= 3, "the worker is started once and never again"
    time.sleep(0.3)
    assert len(told.read_text()) == starts, "it is started although the server has stopped"


def test_a_worker_that_runs_is_ended_with_the_server(tmp_path) -> None:
    from titrant.app.serving import _started, keep_running

    stop = threading.Event()
    process = _started((sys.executable, "-S", "-c", "import time; time.sleep(600)"))
    keeper = threading.Thread(target=keep_running, args=(("false",), process, stop, 0.01))
    keeper.start()
    stop.set()
    keeper.join(30)
    assert not keeper.is_alive()
    assert process.poll() is not None
