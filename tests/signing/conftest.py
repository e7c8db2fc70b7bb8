"""A clinic in memory on one day, with synthetic patients of the demo, and people of every role."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from titrant.clinic.office import Office
from titrant.clinic.opening import DEMO_CLINIC, bytes_of, differing
from titrant.knowledge.library import Library, load
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Kind, Role
from titrant.record.seal import key_name
from titrant.storage.memory_store import MemoryStore
from titrant.terms.reading import read_yaml

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
DEMO = Path(__file__).parents[2] / "demo"
KEY = Ed25519PrivateKey.from_private_bytes(b"\x11" * 32)
NURSE = Actor("n1", "Nurse Example (synthetic)", Role.NURSE)
DOCTOR = Actor("p1", "Dr Example (synthetic)", Role.PRESCRIBER)
OTHER = Actor("p2", "Dr Second (synthetic)", Role.PRESCRIBER)
CASE = "6f0f6e0e-0000-4000-8000-00000000000a"


@cache
def knowledge() -> Library:
    return load(clinic=DEMO_CLINIC)


@cache
def tree_of(name: str) -> Any:
    tree = read_yaml(bytes_of(DEMO / f"{name}.yaml")).tree
    base = tree_of(tree["based_on"].removesuffix(".yaml")) if "based_on" in tree else {}
    return differing(base, {key: value for key, value in tree.items() if key != "based_on"})


def office_with(store: Any = None, at: datetime = NOW) -> Office:
    keys = {key_name(KEY.public_key()): KEY.public_key()}
    return Office(store or MemoryStore(), knowledge(), ClinicSettings(), KEY, keys, lambda: at)


def opened(office: Office, name: str = "crps-everything-known", case: str = CASE, changes: Any = None) -> str:
    """A case as a nurse recorded it, not signed yet."""
    tree = differing(tree_of(name), changes or {})
    person = {"name": "Ada Example (synthetic)", "birth_date": "1974-05-02", "number": "R-1"}
    if case != CASE:  # another record is of another person
        person |= {"name": f"Ada Example {case} (synthetic)", "number": case}
    drafts = [
        Draft(Kind.CASE_OPENED, {}, NURSE, NOW), Draft(Kind.PERSON_RECORDED, {"person": person}, NURSE, NOW),
        Draft(Kind.TEAMS_SET, {"teams": ["A"]}, NURSE, NOW), Draft(Kind.FACTS_RECORDED, {"set": tree}, NURSE, NOW),
    ]  # fmt: skip
    office.store.append(case, drafts, expected=0)
    return case


@pytest.fixture
def office() -> Office:
    return office_with()


@pytest.fixture
def newcomer(office: Office) -> str:
    """Everything is known of this patient, and nothing is signed."""
    return opened(office)


@pytest.fixture
def followed(office: Office) -> str:
    """Two weeks in, and one step up is proposed."""
    return opened(office, "following-ready-for-a-step")
