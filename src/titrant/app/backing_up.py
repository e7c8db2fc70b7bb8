"""Backup and restore: a copy taken in use, read again before it counts, sealed, and written down (rule 18)."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from titrant import __version__
from titrant.app.copying import POSTGRESQL_NAME, SQLITE_NAME, copy_database, load_dump
from titrant.app.place import Place
from titrant.app.sealed_file import read_sealed, write_sealed
from titrant.clinic.office import Office
from titrant.record.events import CLINIC, SYSTEM, Kind, instant_text
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow

_MANIFEST = "manifest.json"
_BESIDE = ("keys", "clinic", "heads")
_SHORTEST = 12
_LARGEST_MANIFEST = 1_000_000


@contextmanager
def _told(place: Path, why: str, room: str) -> Iterator[None]:
    """Say what the machine refuses, or what cannot be unpacked, as every other fault: place, fault, why, repair."""
    try:
        yield
    except OSError as error:
        fault = f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}."
        raise NotNow(str(place), fault, why, room) from error
    except (tarfile.TarError, ValueError, KeyError) as error:
        fault = f"What is inside cannot be read ({type(error).__name__})."
        raise NotNow(str(place), fault, why, "Take another copy of the backup.") from error


_ROOM_TO_BACK_UP = (
    "Free space, or give a place that can be written: while a backup is made it needs twice the size of the record in "
    "the data folder and three times that size where FILE is. Then run it again."
)
_ROOM_TO_RESTORE = (
    "Free space, or give a folder that can be written: while it restores it needs twice the size of the record there. "
    "Then run it again."
)


def backup(office: Office, place: Place, target: Path, passphrase: str) -> Json:
    """Write a sealed backup to the new file ``target``. What it holds. Raises NotNow, and then there is no file."""
    _check_new(target)
    _check_passphrase(passphrase)
    with _told(target, "A backup that is not whole is none, so nothing of it was left there.", _ROOM_TO_BACK_UP):
        made = _made(office, place, target, passphrase)
    body = {
        "file": target.name,
        "sha256": _sha256(target),
        "clinic": made["clinic"],
        "bytes": str(target.stat().st_size),
    }
    office.store.append(CLINIC, [office.draft(Kind.BACKED_UP, body, SYSTEM)], expected=None)
    return made


def _made(office: Office, place: Place, target: Path, passphrase: str) -> Json:
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="backup-") as name:
        folder = Path(name)
        _fill(place, folder)
        _verify_copy(folder)
        made = _manifest(office, place, folder)
        (folder / _MANIFEST).write_text(json.dumps(made, indent=1), encoding="utf-8")
        _seal(folder, target, passphrase)
        _read_back(target, passphrase, made)
    return made


def _fill(place: Place, folder: Path) -> None:
    copy_database(folder)
    for name in (*_BESIDE, "SYNTHETIC"):
        source = place.folder / name
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.is_file():
                copied = folder / path.relative_to(place.folder)
                copied.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                copied.write_bytes(path.read_bytes())
                copied.chmod(0o600)


def _verify_copy(folder: Path) -> None:
    """Read the copy as a clinic of its own. A dump of PostgreSQL is read when it is restored."""
    if not (folder / SQLITE_NAME).exists():
        return
    done = _titrant(folder, "verify")
    if done.returncode:
        raise NotNow(
            "backup", "The copy does not verify: " + done.stdout.strip()[-300:], "A backup of a broken record is none.",
            "Run `titrant verify`; keep the last good backup.",
        )  # fmt: skip


def _titrant(folder: Path, command: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "titrant.cli.main", command, "--data", str(folder)],
        env=environment | {"TITRANT_DATA": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _manifest(office: Office, place: Place, folder: Path) -> Json:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "kind": "titrant/backup", "clinic": place.clinic_id, "version": __version__, "at": instant_text(office.now()),
        "database": "sqlite" if (folder / SQLITE_NAME).exists() else "postgresql",
        "files": {str(path.relative_to(folder)): _sha256(path) for path in files},
    }  # fmt: skip


def _seal(folder: Path, target: Path, passphrase: str) -> None:
    with tempfile.TemporaryFile(dir=folder) as whole:
        with tarfile.open(fileobj=whole, mode="w") as tar:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                tar.add(path, arcname=str(path.relative_to(folder)))
        whole.seek(0)
        write_sealed(cast(BinaryIO, whole), target, passphrase)


def _read_back(target: Path, passphrase: str, made: Json) -> None:
    """The file itself is opened again and every part compared: what was written is what can be restored."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".read-back-") as name:
            if _opened(target, passphrase, Path(name)) != made:
                raise NotNow("backup", "What was written is not what was meant.", "It was removed.", "Try again.")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


# Restoring


def restore(source: Path, into: Path, passphrase: str, expected_clinic: str = "") -> Json:
    """Restore into an empty folder, and read all of it again. Raises NotNow, and then the folder is empty as before."""
    _check_empty(into)
    with _told(into, "Half a record must not be used, so nothing of it was left there.", _ROOM_TO_RESTORE):
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            made = _opened(source, passphrase, into)
            _check_clinic(source, made, expected_clinic)
        except BaseException:
            _clear(into)
            raise
        (into / _MANIFEST).unlink()
    return made


def _check_clinic(source: Path, made: Json, expected: str) -> None:
    if expected and made["clinic"] != expected:
        raise NotNow(
            source.name, f"It is a backup of the clinic {made['clinic']}, not of {expected}.",
            "The record of one clinic never becomes that of another.", "Take the backup of this clinic.",
        )  # fmt: skip


def restore_whole(source: Path, into: Path, passphrase: str, clinic: str) -> Json:
    """Restore, load, read all of it again, and write down that it was restored. What it holds. Raises NotNow."""
    made = restore(source, into, passphrase, clinic)
    from titrant.app.starting import open_place

    open_place(into)
    from titrant.app.wiring import office

    _load_dump(into)
    _check_restored(into)
    here, body = office(), {"clinic": made["clinic"], "made_at": made["at"], "version": made["version"]}
    here.store.append(CLINIC, [here.draft(Kind.RESTORED, body, SYSTEM)], expected=None)
    return made


def _check_restored(into: Path) -> None:
    """Read the restored record whole. Raises NotNow with what is wrong; the files stay, to be looked at."""
    done = _titrant(into, "verify")
    if done.returncode:
        raise NotNow(
            str(into), "What was restored does not verify: " + done.stdout.strip()[-300:],
            "A record that does not hold must not be used.", "Restore an older backup into another folder.",
        )  # fmt: skip


def _load_dump(into: Path) -> None:
    """A dump of PostgreSQL goes into the empty database of TITRANT_DATABASE."""
    dump = into / POSTGRESQL_NAME
    if dump.exists():
        load_dump(dump)
        dump.unlink()


def _opened(source: Path, passphrase: str, into: Path) -> Json:
    """Unpack into ``into`` and compare every file with the manifest."""
    with tempfile.TemporaryFile(dir=into) as whole:
        for chunk in read_sealed(source, passphrase):
            whole.write(chunk)
        whole.seek(0)
        with tarfile.open(fileobj=whole, mode="r") as tar:
            tar.extractall(into, filter="data")
    (into / _MANIFEST).chmod(0o600)
    made = json.loads((into / _MANIFEST).read_text(encoding="utf-8")[:_LARGEST_MANIFEST])
    wrong = [name for name, sha256 in made["files"].items() if _sha256(into / name) != sha256]
    if wrong:
        raise NotNow(
            source.name, f"{', '.join(wrong[:3])} is not whole.", "Nothing was restored.", "Take another copy."
        )
    return made


def _sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_new(target: Path) -> None:
    if target.exists():
        raise NotNow(str(target), "The file exists.", "A backup never overwrites another.", "Give another name.")


def _check_passphrase(passphrase: str) -> None:
    if not len(passphrase) >= _SHORTEST:
        raise NotNow(
            "passphrase", f"It has fewer than {_SHORTEST} characters.", "Whoever finds the file could guess it.",
            "Give a longer one, and keep it where the backup is not.",
        )  # fmt: skip


def _check_empty(into: Path) -> None:
    if into.exists() and any(_entries(into)):
        raise NotNow(
            str(into), "The folder is not empty.", "A restore never overwrites what is there: it could be newer.",
            "Give an empty or new folder with --into.",
        )  # fmt: skip


def _entries(folder: Path) -> Iterator[Any]:
    return folder.iterdir() if folder.is_dir() else iter([folder])


def _clear(into: Path) -> None:
    import shutil

    for path in into.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
