"""The figures of one clinic on one engine, asked over loopback of the server that a clinic runs. See benchmarks.web.

Run by ``python -m benchmarks.web``; TITRANT_DATA and TITRANT_DATABASE say where. Prints one line of JSON.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from tests.running.clinic import free_port

from benchmarks.web_diary import PHONES, Senders, phones
from benchmarks.web_paint import paints
from benchmarks.web_patient import kept
from benchmarks.web_worklist import TEAM, fill_rows

_TICKS = os.sysconf("SC_CLK_TCK")
_SERVE = (
    "import sys; from titrant.app.serving import *; serve(Serving(port=int(sys.argv[1]), workers=int(sys.argv[2])))"
)


class Server:
    """The server of ``titrant serve`` and its background worker, and what the server has cost the processor."""

    def __init__(self, workers: int, database: str) -> None:
        self.port = free_port()
        given = os.environ | ({"TITRANT_DATABASE": database} if database else {})
        command = [sys.executable, "-c", _SERVE, str(self.port), str(workers)]
        self.process = subprocess.Popen(command, env=given, stdout=sys.stderr)
        worker = [sys.executable, "-m", "titrant.cli.main", "worker"]
        self.worker = subprocess.Popen(worker, env=given | {"TITRANT_PARENT": str(os.getpid())}, stdout=sys.stderr)

    def wait(self) -> None:
        for _ in range(600):
            try:
                if self.ask("/p/")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not answer")

    def ask(self, path: str, cookie: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def busy_s(self) -> float:
        """Seconds of the processor that the server and its children have used."""
        listed = [self.process.pid, *descendants(self.process.pid)]
        return sum(sum(int(one) for one in _stat(pid)[11:13]) for pid in listed) / _TICKS

    def end(self) -> None:
        for process in (self.worker, self.process):
            process.terminate()
            process.wait(30)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have started."""
    own = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return own + [below for one in own for below in descendants(one)]


@contextmanager
def serving(workers: int, database: str) -> Iterator[Server]:
    server = Server(workers, database)
    try:
        server.wait()
        yield server
    finally:
        server.end()


def figure(
    name: str, target: str, values: list[float], limit: float, busy_ms: float | None = None, **more: Any
) -> dict[str, Any]:
    """One line: the middle and the 95th percentile in ms, and whether that is within ``limit``."""
    ranked = sorted(values)
    p50, p95 = ranked[len(ranked) // 2], ranked[min(int(0.95 * len(ranked)), len(ranked) - 1)]
    return {
        "name": name, "target": target, "p50": round(p50, 1), "p95": round(p95, 1), "times": len(ranked),
        "processor_ms": None if busy_ms is None else round(busy_ms, 1), "load": round(os.getloadavg()[0], 1),
        "met": p95 <= limit and more.pop("also", True), **more,
    }  # fmt: skip


def visited(server: Server, cookie: str, name: str, paths: list[str], shows: bytes, limit: float = 150) -> dict:
    """Pages opened one after the other."""
    server.ask(paths[0], cookie)
    took, before = [], server.busy_s()
    for path in paths:
        begun = time.perf_counter()
        status, page = server.ask(path, cookie)
        took.append((time.perf_counter() - begun) * 1000)
        if status != 200 or shows not in page:
            raise SystemExit(f"{path}: answered {status} and does not show what is measured")
    return figure(name, f"p95 ≤ {limit:.0f} ms", took, limit, (server.busy_s() - before) * 1000 / len(took))


def painted(server: Server, cookie: tuple[str, str], name: str, limit: float) -> dict[str, Any]:
    """Until the first line of the worklist stands there, in a browser with an empty cache."""
    found = [line for _, line in paints(server.port, *cookie)]
    return figure(name, f"≤ {limit:.0f} ms", found, limit)


def posted(server: Server, tokens: list[str], rate: int, seconds: float) -> dict[str, Any]:
    """Diary entries of many phones, each timed from when it was due to the answer, which comes after the sync."""
    Senders(server.port, tokens).run(rate=20, seconds=2)
    senders, before = Senders(server.port, tokens), server.busy_s()
    reached = senders.run(rate, seconds)
    busy = (server.busy_s() - before) * 1000 / len(senders.took)
    held = reached >= 0.98 * rate and not senders.wrong
    return figure(
        f"diary post at {rate} a second for {seconds:.0f} s", "p95 ≤ 60 ms, held, all kept",
        [1000 * one for one in senders.took], 60, busy, also=held, reached=round(reached, 1), wrong=len(senders.wrong),
    )  # fmt: skip


def begun(database: str) -> Any:
    """An empty synthetic clinic with its tables, in PostgreSQL those of the owner, for the program's role to use."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "titrant.app.settings"
    from titrant.app.place import Place

    Place.from_environment().make(synthetic=True)
    import django

    django.setup()
    from django.db import connection

    from titrant.app.database import ready_tables
    from titrant.app.postgres_roles import granting
    from titrant.app.wiring import office

    ready_tables()
    if database:
        with connection.cursor() as cursor:
            cursor.execute(granting("titrant"))
    return office()


def cookie_of_nurse() -> tuple[str, str]:
    from django.test import Client

    from titrant.app.demo.cast import member
    from titrant.record.events import Role
    from titrant.storage.models import Staff, TeamMember

    nurse = Staff.objects.get(id=member(Role.NURSE).id)
    TeamMember.objects.get_or_create(staff=nurse, team=TEAM)
    client = Client()
    client.force_login(nurse)
    morsel = next(iter(client.cookies.values()))
    return morsel.key, morsel.value


def timed(act: Callable[[], object]) -> float:
    before = time.perf_counter()
    act()
    return round(time.perf_counter() - before, 1)


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    from titrant.app.demo.making import make
    from titrant.clinic.acts.judging import judge_due

    office = begun(asked.database)
    today: date = office.today
    made = {"patients of the demo": timed(lambda: make(asked.patients, office))}
    whole = kept(asked.whole, today, TEAM)
    made["judging them"] = timed(lambda: judge_due(office, asked.patients + asked.whole))
    key, value = cookie_of_nurse()
    staff, lines = f"{key}={value}", []
    with serving(asked.workers, asked.database) as server:
        few = f"{asked.patients:,} patients"
        lines.append(visited(server, staff, f"worklist, {few}", ["/"] * asked.times, b'class="open'))
        lines.append(painted(server, (key, value), f"first line painted, {few}", 1000))
        made["lines of the worklist"] = timed(lambda: fill_rows(asked.rows - asked.patients, today))
        many = f"{asked.rows:,} patients"
        pages = [f"/patients/{case}/" for case in whole]
        lines.append(visited(server, staff, "patient page, two years of diary, first time", pages, b'class="course"'))
        again = [f"{pages[0]}?range={span}" for span in ("12w", "4w", "all")] * (asked.times // 3)
        lines.append(visited(server, staff, "patient page, two years of diary, again", again, b'class="course"'))
        lines.append(visited(server, staff, f"worklist, {many}", ["/"] * asked.times, b'class="open'))
        lines.append(painted(server, (key, value), f"first line painted, {many}", 1500))
        tokens = phones(PHONES)
        lines += [posted(server, tokens, rate, asked.seconds) for rate in (40, 100)]
    return {"made_s": made, "lines": lines}


def sizes(parser: argparse.ArgumentParser) -> None:
    """How large the clinic is, and how often or for how long it is asked."""
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--whole", type=int, default=40)
    parser.add_argument("--times", type=int, default=90)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    sizes(parser)
    parser.add_argument("--database", default="", help="the address by which the program's role opens PostgreSQL")
    print(json.dumps(measured(parser.parse_args())))


if __name__ == "__main__":
    main()
