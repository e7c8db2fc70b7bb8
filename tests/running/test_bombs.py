"""What is sent to exhaust the server is refused at once, and others are served meanwhile (T36)."""

import gzip
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.clinic import ROOT, environment, free_port, python

MB = 1_000_000


class Clinic:
    """A served clinic, and what its processes hold in memory."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        self.port, more = free_port(), {"DJANGO_SETTINGS_MODULE": settings} if settings else {}
        command = [sys.executable, "-m", "titrant.cli.main", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=environment(folder, **more), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self.get("/account/login/")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the clinic did not open")

    def get(self, path: str) -> tuple[int, float]:
        return self.send("GET", path, b"", {})

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, float]:
        """Status (0: the connection was cut) and seconds."""
        began, one = time.monotonic(), http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            one.request(method, path, body, headers)
            status = one.getresponse().status
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            status = 0
        finally:
            one.close()
        return status, time.monotonic() - began

    def memory(self) -> int:
        """Bytes in memory of the server and what it started."""
        out = subprocess.run(["ps", "-eo", "pid,ppid,rss"], capture_output=True, text=True, check=True).stdout
        rows = [tuple(int(cell) for cell in line.split()) for line in out.splitlines()[1:]]
        ours, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, parent, _ in rows if parent in ours} | ours
            grown, ours = more != ours, more
        return sum(rss for pid, _, rss in rows if pid in ours) * 1024

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("served") / "data"
    assert python(made, "-m", "tests.running.writer", "prepare").returncode == 0
    return made


@pytest.fixture(scope="module")
def clinic(folder) -> Iterator[Clinic]:
    served = Clinic(folder)
    yield served
    served.close()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
BOMBS = {
    "fifty megabytes of form": (b"login=" + b"a" * 50 * MB, FORM),
    "fifty megabytes of JSON": (json.dumps({"a": "b" * 50 * MB}).encode(), JSON),
    "a hundred thousand brackets": (b"[" * 100_000, JSON),
    "a hundred thousand fields": ("&".join(f"f{n}=1" for n in range(100_000)).encode(), FORM),
    "a gzip bomb": (gzip.compress(b"0" * 50 * MB), FORM | {"Content-Encoding": "gzip"}),
}


def refused(clinic: Clinic, path: str, name: str) -> tuple[int, float]:
    body, headers = BOMBS[name]
    return clinic.send("POST", path, body, headers)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_within_a_second(clinic, name) -> None:
    before, took = clinic.memory(), []
    while not took or (took[-1] > 1.0 and len(took) < 3):  # what else runs on the machine may slow one of them
        status, seconds = refused(clinic, "/account/login/", name)
        assert status == 0 or 400 <= status < 500, status
        took.append(seconds)
    assert min(took) <= 1.0, took
    assert clinic.memory() - before <= 200 * MB
    assert clinic.get("/account/login/")[0] == 200


def test_others_are_served_while_bombs_arrive(clinic) -> None:
    over = threading.Event()

    def throwing() -> None:
        while not over.is_set():
            refused(clinic, "/account/login/", "fifty megabytes of form")

    thrower = threading.Thread(target=throwing)
    thrower.start()
    try:
        seconds = sorted(clinic.get("/account/login/")[1] for _ in range(40))
    finally:
        over.set()
        thrower.join()
    assert seconds[int(len(seconds) * 0.95) - 1] < 1.0


def test_the_harness_finds_a_server_without_a_limit_of_size(folder) -> None:
    unlimited = Clinic(folder, settings="tests.running.unlimited")
    try:
        before = unlimited.memory()
        status, _ = refused(unlimited, "/account/login/", "fifty megabytes of form")
        assert not 400 <= status < 403 or unlimited.memory() - before > 100 * MB
    finally:
        unlimited.close()
