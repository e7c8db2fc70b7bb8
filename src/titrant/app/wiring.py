"""The real things put together: the database, the knowledge of the clinic, its keys, and the clock of the machine."""

import gc
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from titrant.app.settings import PLACE
from titrant.clinic.approving import APPROVAL_KINDS, approvals_of
from titrant.clinic.office import Office
from titrant.clinic.opening import DEMO_CLINIC
from titrant.knowledge.library import Approvals, Library, load
from titrant.record.clinic_settings import ClinicSettings, settings_of
from titrant.record.events import CLINIC
from titrant.storage.case_store import DjangoStore

STORE = DjangoStore()
_EXAMINED_S = 5


def now() -> datetime:
    return datetime.now(UTC)


def office() -> Office:
    """The office at this moment: a change of settings or a withdrawn protocol holds from the next request on."""
    settings, library = read_now()
    return Office(STORE, library, settings, _key(), _keys(), now, *condition(int(time.monotonic() // _EXAMINED_S)))


def read_now() -> tuple[ClinicSettings, Library]:
    """The settings and the knowledge of the clinic at this moment."""
    version = STORE.clinic_changed()
    settings = _settings(version)
    return settings, _library(version, _stamp(), settings.name)


@lru_cache(maxsize=1)
def condition(_moment: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why no dose may be proposed, and what else is red; looked at every few seconds, not at every request."""
    from titrant.app.doctor import reds

    return reds(PLACE, now())


@lru_cache(maxsize=1)
def _key() -> Ed25519PrivateKey:
    return PLACE.signing_key()


@lru_cache(maxsize=1)
def _keys() -> dict[str, Ed25519PublicKey]:
    return PLACE.verifying_keys()


@lru_cache(maxsize=2)
def _settings(_version: int) -> ClinicSettings:
    return settings_of(STORE.changes_of_clinic())


Stamp = tuple[tuple[str, int, int], ...]


def _folder() -> Path | None:
    return PLACE.clinic if PLACE.clinic.exists() else DEMO_CLINIC if PLACE.is_demo else None


def _stamp() -> Stamp:
    """Names the state of the clinic's own folder: who puts a file there need not start the program again."""
    folder = _folder()
    return tuple(sorted(_stamps(folder))) if folder else ()


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    """A file that vanishes while it is looked at is not there; the next look finds the folder as it is then."""
    for inner, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inner, name)
            try:
                found = os.stat(path)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(found.st_mode):
                yield path, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=2)
def _library(_version: int, stamp: Stamp, clinic: str) -> Library:
    """The knowledge with the approvals as they stand; only what was approved or withdrawn makes a new one."""
    folder = _read(stamp).approvals
    return _in_use(stamp, approvals_of(folder, STORE.events(CLINIC, APPROVAL_KINDS), _keys(), clinic))


@lru_cache(maxsize=2)
def _in_use(stamp: Stamp, approvals: Approvals | None) -> Library:
    return _read(stamp).with_approvals(approvals)


@lru_cache(maxsize=1)
def _read(_stamp: Stamp) -> Library:
    library = load(clinic=_folder())
    gc.collect()
    gc.freeze()  # the knowledge stays: no later collection needs to walk through it
    return library
