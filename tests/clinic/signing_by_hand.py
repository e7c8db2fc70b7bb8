"""A clinic in memory whose prescriber signs by hand: the record as it would stand after a signature, for tests."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from titrant.clinic.acts.verifying import sealed_content
from titrant.clinic.office import Office, case_in
from titrant.clinic.opening import DEMO_CLINIC
from titrant.knowledge.library import Library, load
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.prescribe import regimen_content
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Event, Kind, Role
from titrant.record.seal import key_name, sealed
from titrant.storage.memory_store import MemoryStore
from titrant.terms.canonical import sha256_of
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reading import read_yaml
from titrant.terms.trees import differing

SCENARIOS = Path(__file__).parent.parent / "scenarios"
PRESCRIBER = Actor("p1", "Dr Prescriber (synthetic)", Role.PRESCRIBER)
PHARMACIST = Actor("ph1", "Pharmacist (synthetic)", Role.PHARMACIST)
NURSE = Actor("n1", "Nurse (synthetic)", Role.NURSE)
_PERSON = {"name": "Ada Example (synthetic)", "address": "1 Road"}
CASE = "00000000-0000-4000-8000-000000000001"


@lru_cache(maxsize=1)
def knowledge() -> Library:
    return load(clinic=DEMO_CLINIC)


def tree_of(name: str) -> Any:
    """The case file of a scenario, with what it is based on, without its expectations."""
    path = SCENARIOS / name
    tree = read_yaml(path.read_bytes()).tree
    base = tree.pop("based_on", None)
    if base:
        tree = differing(read_yaml((path.parent / base).read_bytes()).tree, tree)
    return {key: value for key, value in tree.items() if key not in ("expect", "on", "scenario")}


def office_on(day: date, **settings: Any) -> Office:
    key = Ed25519PrivateKey.generate()
    keys = {key_name(key.public_key()): key.public_key()}
    at = datetime.combine(day, time(9), UTC)
    return Office(MemoryStore(), knowledge(), ClinicSettings(**settings), key, keys, lambda: at)


def on(office: Office, day: date) -> Office:
    """The same clinic on another day."""
    return msgspec.structs.replace(office, now=lambda: datetime.combine(day, time(9), UTC))


def opened(office: Office, facts: Any, case: str = CASE, team: str = "Team A (synthetic)") -> str:
    """A case with these facts, nothing signed. Levels among the facts are left to be signed."""
    facts = {**facts, "given": {**facts["given"], "course": {}}}
    another = {} if case == CASE else {"name": f"Ada Example {case} (synthetic)"}
    office.store.append(
        case,
        [
            office.draft(Kind.CASE_OPENED, {}, NURSE),
            office.draft(Kind.PERSON_RECORDED, {"person": _PERSON | another}, NURSE),
            office.draft(Kind.TEAMS_SET, {"teams": [team]}, NURSE),
            office.draft(Kind.FACTS_RECORDED, {"set": facts}, NURSE),
        ],
        expected=0,
    )  # fmt: skip
    return case


def sign(
    office: Office, case: str, *levels: dict[str, Any],
    change: Callable[[Any], Any] = lambda it: it, plan_from: str = "",
) -> int:  # fmt: skip
    """The prescriber signs these levels: the first as the regimen, the others as its steps. The signature's number.

    With ``plan_from`` the plan is renewed: it runs anew from that day.
    """
    record = office.store.open(case)
    read = case_in(record)
    protocol = office.library.protocols[read.protocol]
    supply = supply_of(read.product, protocol, office.library)
    regimens = [_regimen(supply, one) for one in levels]
    content = change({
        "kind": "titrant/test", "case": case,
        "protocol": {
            "id": protocol.id, "version": str(protocol.version),
            "sha256": office.library.protocol_sha256(protocol.id, protocol.version),
        },
        "starts": levels[0]["since"], "ends": "", "regimen": regimens[0],
        "steps": [{"from": one["since"], "regimen": held} for one, held in zip(levels[1:], regimens[1:], strict=True)],
        "text": f"Take {levels[0]['dose']}.",
    })  # fmt: skip
    body = {
        "content": content, "text": content["text"], "sha256": sha256_of(content), "dose_text": content["text"],
        "printed_name": PRESCRIBER.name, "registration": "T-1", "meaning": "I prescribe it.",
        "levels": list(levels), "add": {"course.levels": list(levels)},
        **({"set": {"given": {"course": {"plan_from": plan_from}}}} if plan_from else {}),
    }  # fmt: skip
    event = Event(case=case, number=record.version + 1, kind=Kind.SIGNED, body=body, by=PRESCRIBER, at=office.now())
    draft = Draft(Kind.SIGNED, body | {"seal": sealed(sealed_content(event), office.key)}, PRESCRIBER, event.at)
    return office.store.append(case, [draft], expected=record.version).version


def _regimen(supply: Supply, level: dict[str, Any]) -> dict[str, str]:
    dose = Dose.of(Quantity.parse(level["dose"]))
    regimen = supply.regimen(dose, level["times_per_day"], level.get("days_per_week", 7))
    assert regimen is not None
    return regimen_content(regimen, supply, 7)
