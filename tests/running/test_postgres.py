"""The same store over PostgreSQL, under a role that owns nothing and cannot change a fact (T15)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.running import postgres
from tests.running.clinic import python, titrant
from titrant.app.postgres_roles import APPENDED, RIGHTS, granting, making

pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing() or "there is one")
WRITER = ("-m", "tests.running.writer")


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        running.psql(making("titrant") + "\n")
        running.psql(making("other"))
        yield running


@pytest.fixture(scope="module")
def folder(server, tmp_path_factory) -> Path:
    """A clinic whose tables the owner made, and which the program's role may use."""
    made = tmp_path_factory.mktemp("clinic") / "data"
    done = python(made, *WRITER, "prepare", TITRANT_DATABASE=server.url("titrant_owner", "titrant"))
    assert done.returncode == 0, done.stderr[-2000:]
    server.psql(granting("titrant"), "titrant_owner", "titrant")
    return made


@pytest.fixture
def program(server, folder) -> dict[str, str]:
    return {"TITRANT_DATABASE": server.url("titrant_program", "titrant")}


def rights(server) -> list[str]:
    with psycopg.connect(server.url("titrant_program", "titrant")) as one:
        return [row[0] for row in one.execute(RIGHTS, [list(APPENDED)])]


def facts(server) -> int:
    return int(server.psql("SELECT count(*) FROM storage_fact", database="titrant"))


def test_the_contract_of_the_store_holds_over_postgresql(server, program, tmp_path) -> None:
    before = facts(server)
    done = python(
        tmp_path, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", "tests/web/test_store_contract.py",
        **program,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert before + 20 < facts(server), "the contract was not run over PostgreSQL"


def test_the_program_writes_and_verifies_as_its_own_role(program, folder) -> None:
    assert python(folder, *WRITER, "write", "5", **program).stdout.count("ACK ") == 5
    done = titrant(folder, "verify", **program)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_programs_role_owns_nothing_and_cannot_change_a_fact(server, folder) -> None:
    assert rights(server) == []
    for act in ("UPDATE storage_fact SET body = '{}'", "DELETE FROM storage_fact", "TRUNCATE storage_fact",
                "DROP TRIGGER storage_fact_update_refused ON storage_fact"):  # fmt: skip
        with (
            psycopg.connect(server.url("titrant_program", "titrant")) as one,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            one.execute(act)


def test_the_check_of_rights_finds_a_right_too_many_and_the_trigger_still_refuses(server, folder) -> None:
    server.psql("GRANT DELETE ON storage_fact TO titrant_program", "titrant_owner", "titrant")
    try:
        assert rights(server) == ["may delete storage_fact"]
        with (
            psycopg.connect(server.url("titrant_program", "titrant")) as one,
            pytest.raises(psycopg.errors.RaiseException, match="never edited"),
        ):
            one.execute("DELETE FROM storage_fact")
    finally:
        server.psql(granting("titrant"), "titrant_owner", "titrant")


def test_another_clinic_is_another_database(server, folder) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.url("other_program", "titrant"))


def test_the_doctor_speaks_of_postgresql(program, folder) -> None:
    said = titrant(folder, "doctor", **program).stdout
    assert "PostgreSQL 1" in said
    assert "owns nothing, and can only add facts" in said


def test_a_backup_of_postgresql_restores_into_an_empty_database(server, folder, tmp_path) -> None:
    key = {"TITRANT_BACKUP_KEY": "a long passphrase (synthetic)"}
    programs = {"PATH": f"{postgres.FOLDERS[-1]}:{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = titrant(folder, "backup", str(tmp_path / "b"), **key, **programs,
                   TITRANT_DATABASE=server.url("titrant_owner", "titrant"))  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    into, other = tmp_path / "into", {"TITRANT_DATABASE": server.url("other_owner", "other")}
    done = titrant(into, "restore", str(tmp_path / "b"), "--into", str(into), **key, **programs, **other)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It holds." in titrant(into, "verify", **other).stdout
    planned_for = server.psql("SELECT reltuples FROM pg_class WHERE relname = 'storage_fact'", database="other")
    assert float(planned_for) > 0, "PostgreSQL plans for empty tables until its own round comes by"
