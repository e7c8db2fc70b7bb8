"""What the server holds in memory over hours of steady use: 20 requests a second of staff and phones (T36).

    python -m benchmarks.web_soak --hours 2

Prints a line of JSON: the memory of the server and of its background worker at the start and at the end, by how much
it grows in an hour, and how the requests fared. Growth is told twice, by least squares: over every reading after the
first quarter, while the caches of the connections still fill; and over the least of each five minutes of the second
half, when they are full and what a request holds for a moment is left out. Then a fresh server answers the same
requests on the records as they have grown: what the old one holds above that, it has not given back.
"""

import argparse
import http.client
import itertools
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.web_diary import entry, phones_of
from benchmarks.web_engine import Server, begun, cookie_of_nurse, descendants, serving

RATE = 20  # requests a second, as T36 asks
PATIENTS = 2_000  # so that an hour of entries adds a few days to each record, and not a month
FRESH_S = 400.0  # for the fresh server: as many requests as fill every cache
_SENDERS = 8
_READ_EVERY_S, _LEAST_OF_S = 30.0, 300.0
_MB = 1_000_000
Request = tuple[str, str, str, bytes]  # method, path, cookie, body


def requests(staff: str, tokens: list[str], cases: list[str]) -> Iterator[Request]:
    """One second after the other: two entries of the diary, eight looks of phones, ten pages of staff."""
    for second in itertools.count():
        for number in (2 * second, 2 * second + 1):
            token = f"phone={tokens[number % len(tokens)]}"
            yield "POST", "/p/entries/", token, entry()
            for path in ("/p/", "/p/state/", "/p/plan/", "/p/trend/"):
                yield "GET", path, token, b""
            case = cases[number % len(cases)]
            for path in ("/", f"/worklist/{case}/", "/messages/", f"/patients/{case}/"):
                yield "GET", path, staff, b""
            part = ("checks/", "exposure/", "phone/", "diary/", "timeline/", "papers/")[number % 6]
            yield "GET", "/report/" if number % 120 == 0 else f"/patients/{case}/{part}", staff, b""


class Visitors:
    """Threads that send each request when it is due, and count the answers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.due: queue.SimpleQueue[tuple[float, Request] | None] = queue.SimpleQueue()
        self.statuses: Counter[str] = Counter()
        self.late_s: list[float] = []
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(_SENDERS)]
        for thread in self.threads:
            thread.start()

    def _send(self) -> None:
        while one := self.due.get():
            at, (method, path, cookie, body) = one
            kind = f"{method} {'/'.join(part for part in path.split('/') if '-' not in part)}"
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {"Cookie": cookie, "Content-Type": "application/json"} if body else {"Cookie": cookie}
            try:
                connection.request(method, path, body or None, headers)
                answer = connection.getresponse()
                answer.read()
                self.statuses[f"{kind} {answer.status}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self.statuses[f"{kind} {type(error).__name__}"] += 1
            finally:
                connection.close()
            self.late_s.append(time.perf_counter() - at)

    def end(self) -> None:
        for _ in self.threads:
            self.due.put(None)
        for thread in self.threads:
            thread.join()


def memory(pid: int) -> int:
    """Bytes that a process and all that it has started hold in memory."""
    page = os.sysconf("SC_PAGESIZE")
    return sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * page for one in (pid, *descendants(pid)))


def per_hour(read: list[tuple[float, int]]) -> float | None:
    """Growth in MB an hour, by least squares; None where there are too few readings to tell."""
    if len(read) < 2:
        return None
    slope = statistics.linear_regression([at for at, _ in read], [held for _, held in read]).slope
    return round(slope * 3600 / _MB, 2)


def least(read: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """The least reading of each five minutes: what is held, without what a request needs for a moment."""
    several = (list(group) for _, group in itertools.groupby(read, key=lambda one: one[0] // _LEAST_OF_S))
    return [min(group, key=lambda one: one[1]) for group in several]


def soaked(server: Server, asked: Iterator[Request], seconds: float) -> dict[str, Any]:
    visitors, held = Visitors(server.port), {"server": [], "worker": []}
    start, reading = time.perf_counter(), 0.0
    for number, request in enumerate(itertools.islice(asked, int(seconds * RATE))):
        at = start + number / RATE
        time.sleep(max(at - time.perf_counter(), 0))
        visitors.due.put((at, request))
        if at - start >= reading:
            reading += _READ_EVERY_S
            held["server"].append((at - start, memory(server.process.pid)))
            held["worker"].append((at - start, memory(server.worker.pid)))
    visitors.end()
    ranked = sorted(visitors.late_s)
    return {
        "requests": len(ranked), "reached_per_second": round(len(ranked) / (time.perf_counter() - start), 1),
        "p95_ms": round(1000 * ranked[int(0.95 * (len(ranked) - 1))], 1),
        "answers": dict(sorted(visitors.statuses.items())),
        "first_mb": {name: round(read[0][1] / _MB, 1) for name, read in held.items()},
        "last_mb": {name: round(read[-1][1] / _MB, 1) for name, read in held.items()},
        "growth_mb_per_hour": {name: per_hour(read[len(read) // 4 :]) for name, read in held.items()},
        "growth_when_full_mb_per_hour": {name: per_hour(least(read[len(read) // 2 :])) for name, read in held.items()},
        "read_mb": {name: [round(one / _MB, 1) for _, one in read[::10]] for name, read in held.items()},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="titrant-soak-") as folder:
        os.environ["TITRANT_DATA"] = str(Path(folder) / "data")
        subprocess.run([sys.executable, "-m", "titrant.pkpd.compiled"], check=True)
        office = begun("")
        from titrant.app.demo.making import make
        from titrant.clinic.acts.judging import judge_due

        make(PATIENTS, office)
        judge_due(office, PATIENTS)
        cases = list(office.store.cases())
        key, value = cookie_of_nurse()
        visits = requests(f"{key}={value}", phones_of(cases), cases)
        with serving(1, "") as server:
            found = soaked(server, visits, asked.hours * 3600)
        print(json.dumps(found), flush=True)
        with serving(1, "") as server:
            fresh = soaked(server, visits, FRESH_S)
    print(json.dumps({"fresh_mb": fresh["last_mb"], "fresh_read_mb": fresh["read_mb"]}))


if __name__ == "__main__":
    main()
