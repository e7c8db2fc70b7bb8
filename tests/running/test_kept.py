"""What was acknowledged is on disk: killed at any moment (T18), traced, and with a disk that fails (T19)."""

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.running.clinic import python
from tests.running.crash_images import Image, acknowledged, images

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


DATABASE = ("clinic.sqlite3", "clinic.sqlite3-wal")


def on_the_database(folder: Path, *more: str) -> tuple[str, ...]:
    """The writes and syncs of the database, written down in ``trace`` beside it; ``more``: what befalls them."""
    watched = [word for name in DATABASE for word in ("-P", str(folder / name))]
    return ("strace", "-f", "-e", "trace=pwrite64,fsync", *more, *watched, "-o", str(folder.parent / "trace"))


def failing(folder: Path, call: str, error: str, nth: int, entries: int = 6) -> None:
    """One call of the disk fails while entries are written; what was acknowledged must be there afterwards."""
    inject = f"inject={call}:error={error}:when={nth}+"
    done = python(folder, *WRITER, "write", str(entries), before=on_the_database(folder, "-e", inject))
    said = re.findall(r"ACK ([0-9a-f-]{36})", done.stdout)
    trace = (folder.parent / "trace").read_text(errors="replace")
    assert "INJECTED" in trace, f"{call} {nth} never came: nothing failed"
    assert len(said) < entries, f"all was acknowledged although {call} failed with {error} from call {nth} on"
    kept = python(folder, *WRITER, "look", *said).stdout
    assert f"KEPT {len(said)} of {len(said)} ok []" in kept, (call, error, nth, kept)


FAILING = [("fsync", "EIO", 1), ("fsync", "EIO", 4), ("pwrite64", "ENOSPC", 3), ("pwrite64", "EIO", 15)]


@needs_strace
@pytest.mark.parametrize(("call", "error", "nth"), FAILING)
def test_a_failing_disk_is_never_called_success(folder, call, error, nth) -> None:
    failing(folder, call, error, nth)


@pytest.fixture(scope="module")
def calls(tmp_path_factory) -> tuple[Path, list[tuple[str, int]]]:
    """A folder that is ready, and the first 300 writes and syncs of a writer there: each by name and how-manieth."""
    made = tmp_path_factory.mktemp("calls") / "data"
    assert python(made, *WRITER, "prepare").returncode == 0
    ready = shutil.copytree(made, made.parent / "ready")
    done = python(made, *WRITER, "write", str(MANY), before=on_the_database(made))
    assert done.returncode == 0, done.stderr[-2000:]
    seen, order = Counter(), []
    for name in re.findall(r"^\d+ +(pwrite64|fsync)\(", (made.parent / "trace").read_text(errors="replace"), re.M):
        seen[name] += 1
        order.append((name, seen[name]))
    assert len(order) >= 300
    assert len({name for name, _ in order[:300]}) == 2
    return ready, order[:300]


MANY = 60  # entries: enough for 300 calls


@needs_strace
@pytest.mark.night
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("first", range(0, 300, 25))
def test_each_of_the_first_calls_of_the_disk_may_fail(calls, tmp_path, error, first) -> None:
    ready, order = calls
    for number, (call, nth) in enumerate(order[first : first + 25]):
        folder = shutil.copytree(ready, tmp_path / str(number) / "data")
        failing(folder, call, error, nth, MANY)
        shutil.rmtree(folder.parent)


# Crash images: what a disk may hold after a power cut at each sync (T19)

FILES = ("clinic.sqlite3", "clinic.sqlite3-wal", "clinic.sqlite3-journal")


def trace_of(folder: Path, count: int, fault: str = "") -> Path:
    """The trace of a writer that keeps so many entries: each write, sync and acknowledgement, with its bytes."""
    trace, said = folder.parent / f"calls-{fault}", folder.parent / "said"
    watched = [word for path in (*(folder / name for name in FILES), said) for word in ("-P", str(path))]
    calls = "trace=pwrite64,write,ftruncate,fsync,fdatasync,unlink"
    before = ("strace", "-f", "-y", "-xx", "-s", "100000", "-e", calls, *watched, "-o", str(trace))
    done = python(folder, *WRITER, "write", str(count), before=before, said=said, TITRANT_TEST_FAULT=fault)
    assert done.returncode == 0, done.stderr[-2000:]
    return trace


def kept_in(image: Image, folder: Path) -> set[str] | None:
    """Opens the files of an image as the clinic would after the cut. None: the file is not sound."""
    from sqlcipher3 import dbapi2

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, held in image.files.items():
        (folder / name).write_bytes(held)
    connection = dbapi2.connect(str(folder / FILES[0]))
    try:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return None
        return {row[0] for row in connection.execute("SELECT client_id FROM storage_entryreceipt")}
    except dbapi2.DatabaseError:
        return None
    finally:
        connection.close()


def after_cuts(folder: Path, count: int, fault: str = "") -> Counter[str]:
    """How many images there were, how many were not sound, and in how many an acknowledged entry was missing."""
    before = {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}
    trace, found = trace_of(folder, count, fault), Counter()
    said = acknowledged(trace)
    assert len(said) == count
    for image in images(trace, before, random.Random(19)):
        kept = kept_in(image, folder.parent / "after the cut")
        found["images"] += 1
        found["unsound"] += kept is None
        found["lost"] += kept is not None and not kept.issuperset(said[: image.acknowledged])
    return found


@needs_strace
def test_after_a_power_cut_at_any_sync_all_that_was_acknowledged_is_there(folder) -> None:
    found = after_cuts(folder, 60)
    assert found["images"] >= 180
    assert (found["unsound"], found["lost"]) == (0, 0)


@needs_strace
def test_the_images_find_a_store_that_does_not_sync(folder) -> None:
    assert after_cuts(folder, 20, fault="normal")["lost"] > 0


@needs_strace
@pytest.mark.release
def test_after_a_power_cut_at_any_of_many_syncs_nothing_is_lost(folder) -> None:
    found = after_cuts(folder, 1_500)
    assert found["images"] >= 4_500
    assert (found["unsound"], found["lost"]) == (0, 0)
