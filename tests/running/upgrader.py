"""Makes a record of an older release and upgrades it, stopped at a statement. Run by the tests.

TITRANT_TEST_FAULT=commits upgrades step by step, each in a transaction of its own: the planted fault.
TITRANT_TEST_MEGABYTES: how large the older record is made; without it, as large as fifty small facts are.
"""

import hashlib
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2

from tests.running.writer import FAULT, say

OLD = "0002_facts_stay"
MEGABYTES = int(os.environ.get("TITRANT_TEST_MEGABYTES", "0"))


def old_record() -> None:
    """A record as an early release has left it, with facts on its chain."""
    from titrant.app.starting import open_place

    open_place(None, synthetic=True)
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", "storage", OLD, verbosity=0)
    from datetime import UTC, datetime

    from titrant.record.events import CLINIC, SYSTEM, Draft, Kind
    from titrant.storage.case_store import DjangoStore

    names = [str(number) for number in range(50)] + [f"{number}-" + 99_990 * "x" for number in range(10 * MEGABYTES)]
    drafts = [Draft(Kind.BACKED_UP, {"file": name}, SYSTEM, datetime.now(UTC)) for name in names]
    with transaction.atomic():
        DjangoStore().append(CLINIC, drafts, expected=0)
    connection.close()


def picture(path: Path) -> tuple:
    """The whole form of the tables, the steps made, and the facts in one hash."""
    facts = hashlib.sha256()
    with closing(dbapi2.connect(str(path))) as one:
        sound = one.execute("PRAGMA integrity_check").fetchone()
        form = one.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        steps = one.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2").fetchall()
        for fact in one.execute("SELECT seq, hash, body FROM storage_fact ORDER BY seq"):
            facts.update(repr(fact).encode())
    return sound, form, steps, facts.hexdigest()


class Stop:
    """Ends the process, as a power cut does, before statement ``at``; 0: never."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, execute, sql, params, many, context):
        self.seen += 1
        if self.seen == self.at:
            os._exit(9)
        return execute(sql, params, many, context)


def upgraded(at: int) -> int:
    from django.db import connection

    from titrant.app.database import migrate
    from titrant.app.upgrading import migrate_whole

    stop = Stop(at)
    with connection.execute_wrapper(stop):
        migrate() if FAULT == "commits" else migrate_whole()
    return stop.seen


def in_a_child(at: int) -> None:
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        upgraded(at)
        connections.close_all()
        os._exit(0)
    os.waitpid(child, 0)


def kill(first: int, last: int, every: int) -> None:
    from titrant.app.settings import PLACE

    old_record()
    file = PLACE.database
    kept = file.with_name("old")
    fresh(file, kept)
    old = picture(file)
    in_a_child(0)
    new = picture(file)
    stops = wrong = 0
    for at in range(first, last + 1, every):
        fresh(kept, file)
        in_a_child(at)
        found = picture(file)
        stops, wrong = stops + 1, wrong + (found not in (old, new))
    say(f"STOPS {stops} BETWEEN {wrong}")


def fresh(source: Path, target: Path) -> None:
    for end in ("-wal", "-shm"):
        target.with_name(target.name + end).unlink(missing_ok=True)
    with closing(dbapi2.connect(str(source))) as one:
        one.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(source, target)


def main() -> None:
    match sys.argv[1:]:
        case ["old"]:
            old_record()
        case ["newer"]:
            old_record()
            from django.db import connection

            from titrant.app.database import migrate

            migrate()
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('storage', '9999_new', '')")
        case ["count"]:
            old_record()
            say(f"STATEMENTS {upgraded(0)}")
        case ["stop", at]:
            os.environ["DJANGO_SETTINGS_MODULE"] = "titrant.app.settings"
            import django

            django.setup()
            say(f"STATEMENTS {upgraded(int(at))}")
        case ["kill", first, last, every]:
            kill(int(first), int(last), int(every))


if __name__ == "__main__":
    main()
