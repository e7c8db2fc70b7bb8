"""The engine under Django's SQLite backend: SQLCipher's build, which has the fixed write-ahead log (ADR 0400).

Python's own sqlite3 may be a build that can lose committed rows (3.7.0 to 3.51.2 in WAL mode with two connections), so
it is put aside before Django loads, and nothing starts on an engine without the fix.
"""

import sys
from typing import Any

import sqlcipher3
from sqlcipher3 import dbapi2

FIRST_FIXED = (3, 51, 3)


def put_in_place() -> None:
    """Let every later ``import sqlite3`` of Django find the fixed engine. Raises RuntimeError on an unfixed one."""
    if not dbapi2.sqlite_version_info >= FIRST_FIXED:
        raise RuntimeError(f"SQLite {dbapi2.sqlite_version} can lose committed rows; {FIRST_FIXED} is the first fixed")
    if "django.db.backends.sqlite3.base" in sys.modules:
        _check_chosen()
        return
    sys.modules["sqlite3"] = sqlcipher3
    sys.modules["sqlite3.dbapi2"] = dbapi2


def keyed(key: str) -> type[dbapi2.Connection]:
    """A connection that opens with ``key`` (64 hexadecimal digits) before anything else touches the file."""

    class Keyed(dbapi2.Connection):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.execute(f"PRAGMA key = \"x'{key}'\"")

    return Keyed


def _check_chosen() -> None:
    from django.db.backends.sqlite3 import base

    if base.Database is not dbapi2:
        raise RuntimeError("Django has loaded another SQLite before Titrant could choose the fixed one")
