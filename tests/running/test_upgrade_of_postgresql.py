"""Over PostgreSQL too, an upgrade that is stopped at any statement leaves the old record or the new one (T30)."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.running import postgres
from tests.running.clinic import python
from titrant.app.postgres_roles import making

pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing() or "there is one")
UPGRADER = ("-m", "tests.running.upgrader")
FORM = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY 1, 2",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " ORDER BY 1, 2",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT app, name FROM django_migrations ORDER BY 1, 2",
    "SELECT seq, hash, body FROM storage_fact ORDER BY seq",
)


class Record:
    """A record of an early release, and a copy of it that is upgraded and stopped."""

    def __init__(self, server: postgres.Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.url = server.url("early_owner", "copy")
        server.psql(making("early"))
        made = python(folder, *UPGRADER, "old", TITRANT_DATABASE=server.url("early_owner", "early"))
        assert made.returncode == 0, made.stderr[-2000:]
        self.fresh()
        self.old = self.picture()
        self.statements = self.stopped(0)
        self.new = self.picture()
        assert self.old != self.new

    def fresh(self) -> None:
        self.server.psql("DROP DATABASE IF EXISTS copy WITH (FORCE)")
        self.server.psql("CREATE DATABASE copy TEMPLATE early OWNER early_owner")

    def stopped(self, at: int, fault: str = "") -> int:
        """How many statements were run; 0 where the process ended before statement ``at``."""
        done = python(self.folder, *UPGRADER, "stop", str(at), TITRANT_DATABASE=self.url, TITRANT_TEST_FAULT=fault)
        assert done.returncode == (9 if at else 0), done.stderr[-2000:]
        found = re.search(r"STATEMENTS (\d+)", done.stdout)
        return int(found[1]) if found else 0

    def picture(self) -> list[list[tuple]]:
        """The whole form of the tables, the steps made, and the facts."""
        with psycopg.connect(self.url) as one:
            return [one.execute(asked).fetchall() for asked in FORM]

    def between(self, stops: range, fault: str = "") -> list[int]:
        """The statements before which a stop left something that is neither the old nor the new record."""
        wrong = []
        for at in stops:
            self.fresh()
            self.stopped(at, fault)
            if self.picture() not in (self.old, self.new):
                wrong.append(at)
        return wrong


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Iterator[Record]:
    with postgres.server() as running:
        yield Record(running, tmp_path_factory.mktemp("early") / "data")


def test_an_upgrade_stopped_on_its_way_is_old_or_new(record) -> None:
    at = record.statements * 2 // 3
    assert record.between(range(at, at + 1)) == []


def test_the_harness_finds_an_upgrade_in_several_commits(record) -> None:
    at = record.statements // 2
    assert record.between(range(at, at + 1), fault="commits") == [at]


@pytest.mark.release
def test_an_upgrade_stopped_at_each_statement_is_old_or_new(record) -> None:
    assert record.between(range(1, record.statements + 1)) == []
