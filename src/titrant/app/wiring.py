"""The real things put together: the database, the knowledge of the clinic, its keys, and the clock of the machine."""

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


def now() -> datetime:
    return datetime.now(UTC)


def office() -> Office:
    """The office at this moment: a change of settings or a withdrawn protocol holds from the next request on."""
    version = STORE.clinic_changed()
    return Office(STORE, _library(version), _settings(version), _key(), _keys(), now)


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
