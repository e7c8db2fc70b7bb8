"""The real things put together: the database, the knowledge of the clinic, its keys, and the clock of the machine."""

import time
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from titrant.app.settings import PLACE
from titrant.clinic.office import Office
from titrant.clinic.opening import DEMO_CLINIC
from titrant.knowledge.library import Library, load
from titrant.record.clinic_settings import ClinicSettings, settings_of
from titrant.storage.case_store import DjangoStore

STORE = DjangoStore()
_EXAMINED_S = 5


def now() -> datetime:
    return datetime.now(UTC)


def office() -> Office:
    """The office at this moment: a change of settings or a withdrawn protocol holds from the next request on."""
    version = STORE.clinic_changed()
    degraded, alarms = condition(int(time.monotonic() // _EXAMINED_S))
    return Office(STORE, _library(version), _settings(version), _key(), _keys(), now, degraded, alarms)


def settings_now() -> ClinicSettings:
    return _settings(STORE.clinic_changed())


def library_now() -> Library:
    return _library(STORE.clinic_changed())


@lru_cache(maxsize=1)
def condition(_moment: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Why no dose may be proposed, and what else is red; looked at again every few seconds, not at every request."""
    from titrant.app.doctor import examine

    red = [one for one in examine(PLACE, now()) if one.state == "red"]
    lines = [(one.blocks, f"{one.name.capitalize()}: {one.says} {one.do}") for one in red]
    return tuple(text for blocks, text in lines if blocks), tuple(text for blocks, text in lines if not blocks)


@lru_cache(maxsize=1)
def _key() -> Ed25519PrivateKey:
    return PLACE.signing_key()


@lru_cache(maxsize=1)
def _keys() -> dict[str, Ed25519PublicKey]:
    return PLACE.verifying_keys()


@lru_cache(maxsize=2)
def _settings(_version: int) -> ClinicSettings:
    return settings_of(STORE.changes_of_clinic())


@lru_cache(maxsize=2)
def _library(_version: int) -> Library:
    return load(clinic=PLACE.clinic if PLACE.clinic.exists() else DEMO_CLINIC if PLACE.is_demo else None)
