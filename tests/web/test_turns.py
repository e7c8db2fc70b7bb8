"""Writers of one process in a line: nobody is told that the database is locked because others came again and again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, transaction

from titrant.app.sqlite.turns import Turns


def waiting(turns: Turns, served: list[int], number: int) -> threading.Thread:
    """Somebody who waits in the line already, behind all who came before."""
    before = len(turns._waiting)

    def wait() -> None:
        assert turns.take(within=10)
        served.append(number)
        turns.leave()

    thread = threading.Thread(target=wait)
    thread.start()
    while len(turns._waiting) == before:
        time.sleep(0.001)
    return thread


def test_who_came_first_is_served_first() -> None:
    turns, served = Turns(), []
    assert turns.take(within=0)
    threads = [waiting(turns, served, number) for number in range(8)]
    turns.leave()
    for thread in threads:
        thread.join(10)
    assert served == list(range(8))
    assert turns.take(within=0), "the turn was not given back"


def test_who_waits_too_long_leaves_the_line() -> None:
    turns = Turns()
    assert turns.take(within=0)
    assert not turns.take(within=0.01)
    turns.leave()
    assert turns.take(within=0), "the turn went to somebody who had left"


on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has a line of its own")


def written(name: str, seconds: float = 0) -> str:
    """A transaction of a thread of its own, which ends without leaving a connection behind."""
    from titrant.storage.models import Heartbeat

    try:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(name=name, defaults={"at": "2026-11-20T08:00:00Z"})
            time.sleep(seconds)
        return "kept"
    except OperationalError as error:
        return str(error)
    finally:
        connection.close()


@on_sqlite
def test_a_writer_waits_for_the_one_before_and_a_failed_one_gives_its_turn_back() -> None:
    with ThreadPoolExecutor(4) as pool:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        assert list(pool.map(written, "abcd", (0.05, 0.05, 0.05, 0.05))) == ["kept"] * 4


@on_sqlite
def test_a_writer_that_gets_no_turn_in_time_is_refused_aloud(monkeypatch) -> None:
    def hurried(name: str) -> str:
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
        return written(name)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert pool.submit(hurried, "e").result() == "database is locked"
        assert pool.submit(hurried, "e").result() == "kept"
