"""Serving: the web server and, beside it, one background worker."""

import http.client
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

_WORKER = (sys.executable, "-m", "titrant.cli.main", "worker")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_WENT_WELL_S = 300.0  # a worker that ran so long is started again after the first pause
_log = logging.getLogger("titrant.worker")


class Serving(Struct, frozen=True, kw_only=True):
    """How the clinic is reached."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    certificate: Path | None = None
    certificate_key: Path | None = None

    @property
    def address(self) -> str:
        scheme = "https" if self.certificate else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}/"


def serve(how: Serving) -> None:
    """Serve until the process is told to stop. TITRANT_DATA names the folder; children inherit it."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    Granian(
        "titrant.app.wsgi:application", address=how.host, port=how.port, interface=Interfaces.WSGI,
        workers=how.workers, blocking_threads=4, backpressure=64, ssl_cert=how.certificate,
        ssl_key=how.certificate_key, log_enabled=True, log_level="warning", websockets=False,
        respawn_failed_workers=True, http1_settings=HTTP1Settings(keep_alive=True),
    ).serve()  # fmt: skip


def serve_once(how: Serving) -> bool:
    """Open in a process of its own, ask until it is well or a minute is over, and close. Whether it was well."""
    command = [sys.executable, "-c", _SERVE, how.host, str(how.port)]
    process = subprocess.Popen(command)  # noqa: S603
    try:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and process.poll() is None:
            if is_well(how.host, how.port):
                return True
            time.sleep(0.2)
        return False
    finally:
        process.terminate()
        process.wait(timeout=20)


_SERVE = "import sys; from titrant.app.serving import *; serve(Serving(host=sys.argv[1], port=int(sys.argv[2])))"
_PATIENCE_S = 60.0


def is_well(host: str, port: int) -> bool:
    """Whether the clinic that is served there answers that it is well."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def background_worker() -> Iterator[None]:
    """The worker as a process of its own, ended with the server. What a first forecast needs is compiled meanwhile."""
    subprocess.Popen([sys.executable, "-m", "titrant.pkpd.compiled"], stderr=subprocess.DEVNULL)  # noqa: S603
    stop, first = threading.Event(), _started(_WORKER)  # before the web processes are forked off this one
    keeper = threading.Thread(target=keep_running, args=(_WORKER, first, stop), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join(timeout=30)


Process = subprocess.Popen[bytes]


def keep_running(
    command: Sequence[str], process: Process | None, stop: threading.Event, first_pause_s: float = _FIRST_PAUSE_S
) -> None:
    """Until ``stop``, start ``command`` again whenever it has ended by itself, after a pause that grows."""
    pause = first_pause_s
    while True:
        begun = time.monotonic()
        status = _until_ended(process, stop) if process else "not started"
        if time.monotonic() - begun >= _WENT_WELL_S:
            pause = first_pause_s
        if stop.wait(pause):
            return
        _log.error("the worker had ended by itself and is started again", extra={"status": status})
        process, pause = _started(command), min(2 * pause, _LONGEST_PAUSE_S)


def _started(command: Sequence[str]) -> Process | None:
    try:
        return subprocess.Popen(command, env=os.environ | {"TITRANT_PARENT": str(os.getpid())})  # noqa: S603
    except OSError as error:
        _log.error("the worker cannot be started", extra={"kind": type(error).__name__})
        return None


def _until_ended(process: Process, stop: threading.Event) -> int:
    """The exit code of a process that ended by itself, or was ended because of ``stop``."""
    while process.poll() is None and not stop.wait(0.2):
        pass
    process.terminate()
    try:
        return process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
