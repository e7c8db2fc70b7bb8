"""An upgrade that is stopped at any statement leaves the old record or the new one, nothing between (T30)."""

import re
from pathlib import Path

import pytest

from tests.running.clinic import python, titrant

UPGRADER = ("-m", "tests.running.upgrader")


@pytest.fixture(scope="module")
def statements(tmp_path_factory) -> int:
    folder = tmp_path_factory.mktemp("count") / "data"
    done = python(folder, *UPGRADER, "count")
    found = re.search(r"STATEMENTS (\d+)", done.stdout)
    assert found, done.stderr[-2000:]
    return int(found[1])


def between(folder: Path, first: int, last: int, every: int, **more: str) -> tuple[int, int]:
    """Of how many stops: how many left something that is neither the old nor the new record."""
    done = python(folder, *UPGRADER, "kill", str(first), str(last), str(every), **more)
    found = re.search(r"STOPS (\d+) BETWEEN (\d+)", done.stdout)
    assert found, done.stderr[-2000:]
    return int(found[1]), int(found[2])


def test_an_upgrade_stopped_on_its_way_is_old_or_new(tmp_path, statements) -> None:
    stops, wrong = between(tmp_path / "data", 1, statements, max(1, statements // 6))
    assert stops >= 6
    assert wrong == 0


def test_the_harness_finds_an_upgrade_in_several_commits(tmp_path, statements) -> None:
    assert between(tmp_path / "data", 1, statements, max(1, statements // 6), TITRANT_TEST_FAULT="commits")[1] > 0


@pytest.mark.release
def test_an_upgrade_stopped_at_each_statement_is_old_or_new(tmp_path, statements) -> None:
    assert between(tmp_path / "data", 1, statements, 1) == (statements, 0)


@pytest.mark.night
def test_a_record_of_a_gigabyte_whose_upgrade_is_stopped_is_old_or_new(tmp_path, statements) -> None:
    found = between(tmp_path / "data", statements // 5, statements, statements // 5, TITRANT_TEST_MEGABYTES="1000")
    assert found == (5, 0)
    size_bytes = (tmp_path / "data" / "clinic.sqlite3").stat().st_size
    assert size_bytes > 1_000_000_000


def test_an_older_record_is_not_opened_before_the_upgrade_and_a_copy_stays_behind(tmp_path) -> None:
    folder = tmp_path / "data"
    assert python(folder, *UPGRADER, "old").returncode == 0
    refused = titrant(folder, "verify")
    assert refused.returncode != 0
    assert "Run `titrant upgrade`" in refused.stderr
    done = titrant(folder, "upgrade")
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("before-upgrade-*/clinic.sqlite3"))) == 1
    assert "It holds." in titrant(folder, "verify").stdout


def test_a_newer_record_is_refused_by_an_older_release(tmp_path) -> None:
    folder = tmp_path / "data"
    assert python(folder, *UPGRADER, "newer").returncode == 0
    for command in ("verify", "upgrade"):
        done = titrant(folder, command)
        assert done.returncode != 0
        assert "newer release" in done.stderr
