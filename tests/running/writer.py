"""A process that writes diary entries and new cases, and says of each only after it is kept. Run by the tests.

``prepare``: the tables and one case. ``write COUNT [RATE]``: entries, a line ``ACK id`` each; RATE: so many a second.
``kill COUNT SEED``: that many writers, each killed at some moment; says what was lost. Planted faults:
TITRANT_TEST_FAULT=early says so before it is kept; =normal turns the sync at each commit off.
"""

import os
import random
import select
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

CASE = "11111111-1111-4111-8111-111111111111"
FAULT = os.environ.get("TITRANT_TEST_FAULT", "")


def set_up() -> None:
    if FAULT == "normal":
        from django.db.backends.signals import connection_created

        connection_created.connect(_no_sync, weak=False)
    from titrant.app.starting import open_place

    open_place(None, synthetic=True)
    from titrant.app.database import ready_tables

    ready_tables()


def _no_sync(connection, **_) -> None:
    connection.cursor().execute("PRAGMA synchronous=NORMAL")


def prepare() -> None:
    from titrant.record.events import Actor, Draft, Kind, Role
    from titrant.storage.case_store import DjangoStore

    nurse = Actor("nurse-1", "Nurse (synthetic)", Role.NURSE)
    opened = [
        Draft(Kind.CASE_OPENED, {}, nurse, datetime.now(UTC)),
        Draft(Kind.TEAMS_SET, {"teams": ["Team A (synthetic)"]}, nurse, datetime.now(UTC)),
    ]
    DjangoStore().append(CASE, opened, expected=0)


def write(count: int, rate: float = 0.0) -> None:
    """``rate``: so many a second; 0: as fast as they are kept."""
    begun = time.monotonic()
    for number, client_id in enumerate(str(uuid.uuid4()) for _ in range(count)):
        if rate:
            time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        if FAULT == "early":
            acknowledge(client_id)
        keep(client_id)
        if FAULT != "early":
            acknowledge(client_id)


def keep(client_id: str) -> None:
    from titrant.record.events import Actor, Draft, Kind, Role
    from titrant.storage.case_store import DjangoStore

    patient = Actor("phone-1", "patient", Role.PATIENT)
    body = {"add": {"diary": [{"day": "2026-11-20", "pain": {"average": 5}, "entered": client_id[:8]}]}}
    draft = Draft(Kind.DIARY_KEPT, body, patient, datetime.now(UTC))
    DjangoStore().keep(CASE, client_id, "a" * 64, [draft])


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def acknowledge(client_id: str) -> None:
    os.write(1, f"ACK {client_id}\n".encode())


def sign_some(told: list) -> Iterator[None]:
    """New cases with whole courses, signatures and rows of plans, each in one transaction."""
    from titrant.storage.case_store import DjangoStore

    for case, drafts in told:
        DjangoStore().append(case, drafts, expected=0)
        yield


def kill(count: int, seed: int) -> None:
    """Fork a writer, kill it at some moment, and look whether what it had said is there."""
    from django.db import connections

    from titrant.app.demo import making
    from titrant.app.wiring import office

    chance, lost, acknowledged = random.Random(seed), 0, 0
    courses = [(one.case, one.drafts) for one in making.told(8 + count // 4, office())][:12]
    for number in range(count):
        connections.close_all()
        said = _killed(chance.uniform(0.0, 0.05), number % 4 > 0, courses[number % len(courses) :][:1])
        acknowledged += len(said)
        lost += len(said - _kept(said))
        if number % 10 == 0:
            say(*(f"CHAIN {fault}" for fault in office().store.check_chain()))
    from titrant.app.verifying import verify

    found = verify(office())
    say(f"RESULT kills={count} acknowledged={acknowledged} lost={lost} faults={len(found.faults)}")


def _kept(said: set[str]) -> set[str]:
    from titrant.storage.models import EntryReceipt

    return set(EntryReceipt.objects.filter(client_id__in=said).values_list("client_id", flat=True))


def _killed(after: float, writing_already: bool, courses: list) -> set[str]:
    """``writing_already``: count the moment from the first acknowledgement on, else from the birth of the writer."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        from titrant.terms.errors import TitrantError

        try:
            for _ in sign_some(courses):
                pass
        except TitrantError:
            pass  # written by an earlier child that lived long enough
        write(10_000)
        os._exit(0)
    os.close(writing)
    if writing_already:
        select.select([reading], [], [], 10.0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        return {line.split()[1] for line in said.read().splitlines() if line.startswith("ACK ") and len(line) == 40}


def look(ids: list[str]) -> None:
    """Of these ids, which are kept; and whether the file is sound."""
    from django.db import connection

    from titrant.storage.case_store import DjangoStore

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        sound = cursor.fetchone()[0]
    say(f"KEPT {len(_kept(set(ids)))} of {len(set(ids))} {sound} {DjangoStore().check_chain()}")


def main() -> None:
    set_up()
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
        case ["write", count, *rate]:
            write(int(count), *(float(one) for one in rate))
        case ["kill", count, seed]:
            kill(int(count), int(seed))
        case ["look", *ids]:
            look(ids)


if __name__ == "__main__":
    main()
