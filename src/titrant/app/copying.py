"""Copies of the database while it is in use: SQLite's online backup, or pg_dump. Never a copy of the file itself."""

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection

from titrant.app.engine import keyed
from titrant.terms.errors import NotNow

SQLITE_NAME, POSTGRESQL_NAME = "clinic.sqlite3", "clinic.pgdump"


def copy_database(folder: Path) -> Path:
    """A whole and consistent copy in ``folder``, of one moment. Raises NotNow where it is not sound."""
    if connection.vendor == "sqlite":
        return _sqlite_copy(folder / SQLITE_NAME)
    return _dump(folder / POSTGRESQL_NAME)


def _sqlite_copy(target: Path) -> Path:
    from sqlcipher3 import dbapi2

    target.touch(mode=0o600)
    factory = keyed(settings.SQLITE_KEY) if settings.SQLITE_KEY else dbapi2.Connection
    source, copy = (dbapi2.connect(str(one), factory=factory) for one in (settings.PLACE.database, target))
    try:
        source.execute("PRAGMA busy_timeout = 20000")
        source.backup(copy)
        said = str(copy.execute("PRAGMA integrity_check").fetchone()[0])
    except dbapi2.Error as error:  # a full disk, say
        said = str(error)
    finally:
        source.close()
        copy.close()
    if said != "ok":
        raise _unsound(said[:200])
    return target


def _dump(target: Path) -> Path:
    target.touch(mode=0o600)
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])
    return target


def load_dump(dump: Path) -> None:
    """Put a dump into the database of TITRANT_DATABASE, all or nothing; it must be empty. Raises NotNow."""
    name = connection.settings_dict["NAME"]
    _run(["pg_restore", "--single-transaction", "--no-owner", "--no-privileges", f"--dbname={name}", str(dump)])
    from titrant.storage.bulk import tell_the_planner

    tell_the_planner()


def _run(command: list[str]) -> None:
    """A program of PostgreSQL on the database of the settings; the password goes by the environment, not the list."""
    one = connection.settings_dict
    named = {"PGHOST": one["HOST"], "PGPORT": one["PORT"], "PGUSER": one["USER"], "PGPASSWORD": one["PASSWORD"]}
    environment = os.environ | {"PGDATABASE": one["NAME"]} | {name: value for name, value in named.items() if value}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise _unsound(f"{command[0]} is not installed here") from None
    if done.returncode:
        raise _unsound(f"{command[0]}: {done.stderr.strip()[:300]}")


def _unsound(said: str) -> NotNow:
    return NotNow(
        "copy of the database", f"It failed: {said}.", "A backup that cannot be read back is none.",
        "Run `titrant doctor` and `titrant verify`; keep the last good backup.",
    )  # fmt: skip
