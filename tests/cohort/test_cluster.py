"""On a Dask cluster on this machine: the same answer, also when a worker is killed midway."""

import os
import signal
import threading
import time

import pytest

from tests.cohort.shared import knowledge, question, task
from titrant.cohort import running
from titrant.cohort.running import patients_of, run
from titrant.terms.errors import CaseFileError

distributed = pytest.importorskip("distributed", reason="the group cluster is not installed")


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(running, "_PEOPLE_IN_CHUNK", 25)


@pytest.fixture
def cluster():
    held = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    )
    with held:
        yield held


def test_two_workers_and_one_killed_midway(small_chunks, cluster):
    """Killed after the first chunks have come: its chunks go to the other one, nobody is lost or counted twice."""
    finished: list[int] = []
    first_came = threading.Event()

    def told(people: int) -> None:
        finished.append(people)
        if len(finished) > 2:
            first_came.set()

    victim = cluster.workers[0].pid

    def kill() -> None:
        if first_came.wait(240):
            os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    found = run(question(patients=600), knowledge(), scheduler=cluster.scheduler_address, told=told)
    killer.join()
    assert first_came.is_set()
    assert sum(finished) == 600
    assert found.tobytes() == patients_of(task(), 0, 600).tobytes()


def test_no_scheduler_there_is_said(monkeypatch):
    monkeypatch.setattr("titrant.cohort.cluster._WAIT_S", 1)
    begun = time.monotonic()
    with pytest.raises(CaseFileError, match="no Dask scheduler"):
        run(question(), knowledge(), scheduler="tcp://127.0.0.1:9")
    assert time.monotonic() - begun < 30
