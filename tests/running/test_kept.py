"""What was acknowledged is on disk: killed at any moment (T18), traced, and with a disk that fails (T19)."""

import re
import shutil
from pathlib import Path

import pytest

from tests.running.clinic import python

WRITER = ("-m", "tests.running.writer")
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not on this machine: T19 is not run")
_SYNC = re.compile(r"\b(fsync|fdatasync)\((\d+)\) += 0")
_ACK = re.compile(r'write\(1, "ACK ([0-9a-f-]{36})')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    assert python(made, *WRITER, "prepare").returncode == 0
    return made


def killed(folder: Path, kills: int, seed: int, fault: str = "") -> dict[str, int]:
    done = python(folder, *WRITER, "kill", str(kills), str(seed), TITRANT_TEST_FAULT=fault)
    assert "RESULT" in done.stdout, done.stderr[-2000:]
    assert "CHAIN" not in done.stdout
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", done.stdout)}


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(folder) -> None:
    found = killed(folder, 60, seed=18)
    assert found["acknowledged"] > 60, "the writers were killed before they wrote anything: the test shows nothing"
    assert (found["lost"], found["faults"]) == (0, 0)


def test_the_killing_finds_an_answer_before_the_commit(folder) -> None:
    assert killed(folder, 20, seed=19, fault="early")["lost"] > 0


@pytest.mark.night
def test_a_thousand_kills(folder) -> None:
    found = killed(folder, 1_000, seed=1)
    assert (found["lost"], found["faults"]) == (0, 0)


def unsynced(folder: Path, count: int, fault: str = "") -> tuple[int, int]:
    """Acknowledgements, and those of them before which nothing was synced since the one before."""
    trace = folder.parent / f"trace-{fault}"
    before = ("strace", "-f", "-s", "64", "-e", "trace=fsync,fdatasync,write", "-o", str(trace))
    done = python(folder, *WRITER, "write", str(count), before=before, TITRANT_TEST_FAULT=fault)
    assert done.returncode == 0, done.stderr[-2000:]
    acknowledged = bare = synced = 0
    for line in trace.read_text(errors="replace").splitlines():
        synced += bool(_SYNC.search(line))
        if _ACK.search(line):
            acknowledged, bare, synced = acknowledged + 1, bare + (not synced), 0
    return acknowledged, bare


@needs_strace
def test_every_acknowledgement_comes_after_a_sync(folder) -> None:
    assert unsynced(folder, 60) == (60, 0)


@needs_strace
def test_the_tracing_finds_a_store_that_does_not_sync(folder) -> None:
    acknowledged, bare = unsynced(folder, 30, fault="normal")
    assert acknowledged == 30
    assert bare > 20


@needs_strace
@pytest.mark.release
def test_a_thousand_acknowledgements_come_after_a_sync(folder) -> None:
    assert unsynced(folder, 1_000) == (1_000, 0)


def failing(folder: Path, call: str, error: str, nth: int) -> None:
    """One call of the disk fails while entries are written; what was acknowledged must be there afterwards."""
    trace = str(folder.parent / "injected")
    inject = f"inject={call}:error={error}:when={nth}+"
    before = ("strace", "-f", "-e", f"trace={call}", "-e", inject, "-P", str(folder / "clinic.sqlite3"), "-P",
              str(folder / "clinic.sqlite3-wal"), "-o", trace)  # fmt: skip
    done = python(folder, *WRITER, "write", "6", before=before)
    said = re.findall(r"ACK ([0-9a-f-]{36})", done.stdout)
    assert "INJECTED" in Path(trace).read_text(errors="replace"), f"{call} {nth} never came: nothing failed"
    assert len(said) < 6, f"all was acknowledged although {call} failed with {error} from call {nth} on"
    kept = python(folder, *WRITER, "look", *said).stdout
    assert f"KEPT {len(said)} of {len(said)} ok []" in kept, (call, error, nth, kept)


FAILING = [("fsync", "EIO", 1), ("fsync", "EIO", 4), ("pwrite64", "ENOSPC", 3), ("pwrite64", "EIO", 15)]


@needs_strace
@pytest.mark.parametrize(("call", "error", "nth"), FAILING)
def test_a_failing_disk_is_never_called_success(folder, call, error, nth) -> None:
    failing(folder, call, error, nth)


@needs_strace
@pytest.mark.night
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("nth", range(1, 40))
def test_every_early_write_of_the_disk_may_fail(folder, error, nth) -> None:
    failing(folder, "pwrite64", error, nth)
