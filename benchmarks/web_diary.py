"""How fast a diary entry is taken: posts of many phones at a set rate over loopback, with the sync before the answer.

Run: python -m benchmarks.web_diary [--rate 100] [--seconds 30]. The time of a post counts from the moment at which it
was due, so that waiting in a line counts too. A data folder of its own is made and thrown away.
"""

import argparse
import http.client
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from benchmarks.web_patient import opened

PHONES = 200
_SENDERS = 16


def phones(number: int) -> list[str]:
    """The tokens of so many enrolled phones, each of a new patient of its own."""
    from titrant.record.events import Actor, Draft, Kind, Role
    from titrant.web.wired import office

    here, nurse, cases = office(), Actor("n1", "Nurse (synthetic)", Role.NURSE), []
    for _ in range(number):
        cases.append(str(uuid.uuid4()))
        facts = (Kind.CASE_OPENED, {}), (Kind.TEAMS_SET, {"teams": ["Team A (synthetic)"]})
        here.store.append(cases[-1], [Draft(kind, body, nurse, here.now()) for kind, body in facts], expected=0)
    return phones_of(cases)


def phones_of(cases: list[str]) -> list[str]:
    """The token of an enrolled phone for each of these patients."""
    from titrant.clinic.acts.enrolling import enrol, invite
    from titrant.record.events import Actor, Role
    from titrant.storage.devices import Devices
    from titrant.web.wired import office

    here, nurse = office(), Actor("n1", "Nurse (synthetic)", Role.NURSE)
    made = [invite(here, Devices(), case, nurse) for case in cases]
    return [enrol(here, Devices(), link=one.link).token for one in made]


def entry() -> bytes:
    now = datetime.now(UTC).astimezone()
    said = {
        "day": now.date().isoformat(), "entered": now.isoformat(), "doses": [{"what": "taken", "dose": "10 mg"}],
        "pain": {"average": 5}, "activity": "partly", "sleep": 6, "mood": 7, "effects": {"dizziness": 1},
    }  # fmt: skip
    return json.dumps({"id": str(uuid.uuid4()), "entry": said}).encode()


class Senders:
    """Threads with a connection each; every post is taken from one line, when it is due."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self.port, self.tokens = port, tokens
        self.due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
        self.took: list[float] = []
        self.wrong: list[int] = []
        self.threads = [threading.Thread(target=self._send, args=(place,)) for place in range(_SENDERS)]

    def _send(self, place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        number = place
        while (due := self.due.get()) is not None:
            number += _SENDERS
            cookie = f"phone={self.tokens[number % len(self.tokens)]}"
            connection.request("POST", "/p/entries/", entry(), {"Content-Type": "application/json", "Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.perf_counter() - due)
            if answer.status != 200:
                self.wrong.append(answer.status)

    def run(self, rate: int, seconds: float) -> float:
        """Posts at ``rate`` a second; the rate that was really reached."""
        for thread in self.threads:
            thread.start()
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            at = begun + number / rate
            time.sleep(max(at - time.perf_counter(), 0))
            self.due.put(at)
        for _ in self.threads:
            self.due.put(None)
        for thread in self.threads:
            thread.join()
        return len(self.took) / (time.perf_counter() - begun)


def served(port: int, workers: int) -> "subprocess.Popen[bytes]":
    quiet = ["--no-ws", "--log-level", "error", "--workers", str(workers), "--blocking-threads", "2"]
    what = ["titrant.app.wsgi:application", "--interface", "wsgi", "--port", str(port)]
    server = subprocess.Popen([sys.executable, "-m", "granian", *what, *quiet])
    for _ in range(300):
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            asked.request("GET", "/p/")
            if asked.getresponse().status == 200:
                return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def measured(rate: int, seconds: float, workers: int, port: int) -> dict[str, Any]:
    from titrant.storage.models import EntryReceipt

    tokens = phones(PHONES)
    server = served(port, workers)
    try:
        Senders(port, tokens).run(rate=20, seconds=2)  # warm
        before = EntryReceipt.objects.count()
        senders = Senders(port, tokens)
        reached = senders.run(rate, seconds)
    finally:
        server.terminate()
        server.wait(10)
    ms = sorted(1000 * one for one in senders.took)
    share = statistics.quantiles(ms, n=100)
    return {
        "posts": len(ms), "asked_per_second": rate, "reached_per_second": round(reached, 1),
        "wrong": len(senders.wrong),
        "kept": EntryReceipt.objects.count() - before, "p50_ms": round(share[49], 1), "p95_ms": round(share[94], 1),
        "p99_ms": round(share[98], 1), "max_ms": round(ms[-1], 1), "workers": workers,
        "load_of_the_machine": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8765)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="titrant-diary-") as folder:
        opened(folder)
        print(json.dumps(measured(asked.rate, asked.seconds, asked.workers, asked.port)))


if __name__ == "__main__":
    main()
