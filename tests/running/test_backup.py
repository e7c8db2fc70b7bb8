"""Backup in use, restore into an empty place (T29); an encrypted database; what starts and what does not."""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running.clinic import ROOT, environment, python, titrant

KEY = {"TITRANT_BACKUP_KEY": "a long passphrase (synthetic)"}
WRITER = ("-m", "tests.running.writer")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory) -> Path:
    """A small clinic with signed plans."""
    folder = tmp_path_factory.mktemp("clinic") / "data"
    done = python(folder, "-c", _MAKE)
    assert done.returncode == 0, done.stderr[-2000:]
    assert python(folder, *WRITER, "prepare").returncode == 0
    return folder


_MAKE = """
from titrant.app.starting import open_place
open_place(None, synthetic=True)
from titrant.app.database import ready_tables
ready_tables()
from titrant.app.demo.making import make
from titrant.app.wiring import office
make(12, office())
"""


class Writing:
    """A process that writes entries for as long as the block lasts, and what it said was kept."""

    def __init__(self, folder: Path, rate: int = 0) -> None:
        self._log = folder.parent / "said"
        with self._log.open("wb") as said:
            command = [sys.executable, *WRITER, "write", "1000000", str(rate)]
            self._process = subprocess.Popen(command, stdout=said, env=environment(folder), cwd=ROOT)

    def said(self) -> list[str]:
        return re.findall(r"ACK ([0-9a-f-]{36})", self._log.read_text())

    def __enter__(self) -> "Writing":
        until = time.monotonic() + 60
        while not self.said() and time.monotonic() < until:
            time.sleep(0.05)
        return self

    def __exit__(self, *_) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


def restored(file: Path, into: Path, ids: list[str]) -> str:
    done = titrant(into, "restore", str(file), "--into", str(into), **KEY)
    assert done.returncode == 0, done.stdout + done.stderr
    return python(into, *WRITER, "look", *ids).stdout


def test_a_backup_under_load_holds_everything_from_before_it(clinic, tmp_path) -> None:
    with Writing(clinic) as writing:
        for number in range(1):
            before, file = writing.said(), tmp_path / f"backup-{number}"
            done = titrant(clinic, "backup", str(file), **KEY)
            assert done.returncode == 0, done.stdout + done.stderr
            found = restored(file, tmp_path / f"restored-{number}", before)
            assert f"KEPT {len(set(before))} of {len(set(before))} ok []" in found
        assert len(writing.said()) > len(before) > 0, "nothing was written meanwhile: the test shows nothing"


@pytest.mark.night
def test_a_hundred_backups_under_load(clinic, tmp_path) -> None:
    """Each under a hundred writes a second; what it must hold is looked for among all that was said before it began."""
    chance, kept = random.Random(29), []
    for number in range(100):
        file, into = tmp_path / "backup", tmp_path / f"restored-{number}"
        with Writing(clinic, rate=100) as writing:
            before = [*kept, *writing.said()]
            assert titrant(clinic, "backup", str(file), **KEY).returncode == 0
            kept = [*kept, *writing.said()]
        assert len(kept) > len(before) > 0, "nothing was written meanwhile: the test shows nothing"
        looked = chance.sample(before, min(len(before), 500))
        assert f"KEPT {len(looked)} of {len(looked)} ok []" in restored(file, into, looked)
        file.unlink()
        shutil.rmtree(into)


def test_the_harness_finds_a_copy_of_the_file_without_its_log(clinic, tmp_path) -> None:
    def whole(copied: Path) -> bool:
        with Writing(clinic, rate=40) as writing:
            time.sleep(0.5)
            before = writing.said()
            shutil.copytree(clinic, copied, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
        return f"KEPT {len(before)} of {len(before)} ok []" in python(copied, *WRITER, "look", *before).stdout

    # A copy made just after the log was laid into the file is whole by luck; not every time.
    assert not all(whole(tmp_path / f"copied{number}") for number in range(5))


@pytest.fixture(scope="module")
def backup(clinic, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "clinic.titrant"
    assert titrant(clinic, "backup", str(file), **KEY).returncode == 0
    return file


def test_a_backup_is_for_its_owner_alone_and_shows_nobody(backup) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    assert b"synthetic" not in backup.read_bytes()


def test_another_passphrase_is_refused_and_leaves_nothing(backup, tmp_path) -> None:
    into = tmp_path / "into"
    done = titrant(into, "restore", str(backup), "--into", str(into), TITRANT_BACKUP_KEY="another passphrase")
    assert done.returncode != 0
    assert "passphrase is another one" in done.stderr
    assert list(into.iterdir()) == []


def test_another_clinic_is_refused(backup, tmp_path) -> None:
    into = tmp_path / "into"
    done = titrant(into, "restore", str(backup), "--into", str(into), "--clinic", "of-somebody-else", **KEY)
    assert done.returncode != 0
    assert "not of of-somebody-else" in done.stderr
    assert list(into.iterdir()) == []


def test_what_is_there_is_never_overwritten(clinic, backup) -> None:
    before = sorted(path.name for path in clinic.iterdir())
    assert "not empty" in titrant(clinic, "restore", str(backup), "--into", str(clinic), **KEY).stderr
    assert "exists" in titrant(clinic, "backup", str(backup), **KEY).stderr
    assert before == sorted(path.name for path in clinic.iterdir())


# What stops a backup on its way: a limit of the file's size stands for the full disk, and an interruption for the rest.
_STOPPED = """
import resource, sys
from titrant.app import backing_up
from titrant.cli.main import main

def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))

def interrupted():
    raise KeyboardInterrupt

stop = {"small": small_files, "interrupted": interrupted}[sys.argv[1]]
inner = getattr(backing_up, sys.argv[2])

def stopped(*given):
    stop()
    return inner(*given)

setattr(backing_up, sys.argv[2], stopped)
main(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("stop", "step"), [("small", "write_sealed"), ("small", "_opened"), ("interrupted", "_opened")]
)
def test_a_backup_that_is_stopped_leaves_no_file_and_does_not_bar_the_next(clinic, tmp_path, stop, step) -> None:
    file = tmp_path / "clinic.titrant"
    done = python(clinic, "-c", _STOPPED, stop, step, "backup", str(file), **KEY)
    assert done.returncode != 0
    if stop == "small":
        told = (str(file), "File too large", "nothing of it was left there", "Free space")
        assert [one for one in told if one not in done.stderr] == [], done.stderr
    assert list(tmp_path.iterdir()) == []
    assert titrant(clinic, "backup", str(file), **KEY).returncode == 0


@pytest.mark.parametrize(("stop", "step"), [("small", "_opened"), ("interrupted", "_check_clinic")])
def test_a_restore_that_is_stopped_leaves_the_folder_empty(backup, tmp_path, stop, step) -> None:
    into = tmp_path / "into"
    done = python(into, "-c", _STOPPED, stop, step, "restore", str(backup), "--into", str(into), **KEY)
    assert done.returncode != 0
    if stop == "small":
        told = (str(into), "File too large", "nothing of it was left there", "Free space")
        assert [one for one in told if one not in done.stderr] == [], done.stderr
    assert list(into.iterdir()) == []


def test_a_backup_never_removes_a_file_that_came_meanwhile(tmp_path) -> None:
    import io

    from titrant.app.sealed_file import write_sealed

    target = tmp_path / "of somebody else"
    target.write_bytes(b"kept")
    with pytest.raises(FileExistsError):
        write_sealed(io.BytesIO(b"x"), target, "a long passphrase (synthetic)")
    assert target.read_bytes() == b"kept"


@pytest.mark.parametrize("place", [20, 5_000, -3])
def test_a_changed_or_cut_backup_is_refused(backup, tmp_path, place) -> None:
    changed = bytearray(backup.read_bytes())
    changed[place] ^= 1
    for name, content in (("changed", bytes(changed)), ("cut", backup.read_bytes()[:place])):
        file = tmp_path / name
        file.write_bytes(content)
        done = titrant(tmp_path, "restore", str(file), "--into", str(tmp_path / f"into-{name}"), **KEY)
        assert done.returncode != 0, (name, place)


def test_a_changed_fact_is_found_by_verify(clinic, backup, tmp_path) -> None:
    into = tmp_path / "into"
    restored(backup, into, [])
    assert titrant(into, "verify").returncode == 0
    sql = "DROP TRIGGER storage_fact_update_refused;"
    sql += "UPDATE storage_fact SET body = body || ' ' WHERE seq = 30"
    changing = f"from sqlcipher3 import dbapi2; c = dbapi2.connect('{into}/clinic.sqlite3'); c.executescript(\"{sql}\")"
    assert python(into, "-c", changing).returncode == 0
    done = titrant(into, "verify")
    assert done.returncode == 10
    assert "Fact 30 is not what was appended" in done.stdout


# Encryption of the database itself


def test_with_a_key_the_file_cannot_be_read_and_another_key_is_refused(tmp_path) -> None:
    folder, key = tmp_path / "data", "ab" * 32
    assert python(folder, *WRITER, "prepare", TITRANT_KEY=key).returncode == 0
    raw = (folder / "clinic.sqlite3").read_bytes()
    assert not raw.startswith(b"SQLite format 3")
    assert b"case_opened" not in raw
    assert titrant(folder, "verify", TITRANT_KEY=key).returncode == 0
    for wrong in ({"TITRANT_KEY": "cd" * 32}, {}):
        done = titrant(folder, "verify", **wrong)
        assert done.returncode != 0
        assert "cannot be opened with this key" in done.stderr, done.stderr


def test_a_backup_of_an_encrypted_clinic_restores(tmp_path) -> None:
    folder, key = tmp_path / "data", {"TITRANT_KEY": "ab" * 32}
    assert python(folder, *WRITER, "prepare", **key).returncode == 0
    assert titrant(folder, "backup", str(tmp_path / "b"), **KEY, **key).returncode == 0
    into = tmp_path / "into"
    done = titrant(into, "restore", str(tmp_path / "b"), "--into", str(into), **KEY, **key)
    assert done.returncode == 0, done.stderr
    assert not (into / "clinic.sqlite3").read_bytes().startswith(b"SQLite format 3")


# What starts, and what does not


def test_a_public_address_without_encryption_is_refused(tmp_path) -> None:
    done = titrant(tmp_path / "data", "serve", "--host", "0.0.0.0")
    assert done.returncode != 0
    assert "nothing encrypts what is sent" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_where_somebody_answers_is_refused(tmp_path) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(("127.0.0.1", 0))
        one.listen()
        done = titrant(tmp_path / "data", "serve", "--port", str(one.getsockname()[1]))
    assert done.returncode != 0
    assert "answers there" in done.stderr


def test_a_demo_never_enters_a_folder_that_is_not_one(tmp_path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "clinic.sqlite3").write_bytes(b"somebody's record")
    done = titrant(folder, "demo", "--once", "--data", str(folder))
    assert done.returncode != 0
    assert (folder / "clinic.sqlite3").read_bytes() == b"somebody's record"


def test_the_doctor_finds_what_others_can_read(clinic) -> None:
    assert os.stat(clinic / "clinic.sqlite3").st_mode & 0o077 == 0
    (clinic / "clinic.sqlite3").chmod(0o644)
    try:
        done = titrant(clinic, "doctor")
        assert done.returncode == 10
        assert "Others can read clinic.sqlite3" in done.stdout
    finally:
        (clinic / "clinic.sqlite3").chmod(0o600)
