"""An office over the in-memory store, with a synthetic patient at any standing, for the tests of papers and exports."""

import subprocess
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from titrant.clinic.acts import signing
from titrant.clinic.office import Office
from titrant.clinic.opening import DEMO_CLINIC, case_of, open_document
from titrant.documents.paper import Asked, desk_for
from titrant.documents.plan_in_hand import drafted_plan, signed_plan
from titrant.knowledge.library import load
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Event, Kind, Role
from titrant.record.seal import key_name
from titrant.storage.memory_store import MemoryStore

SCENARIOS = Path(__file__).parents[1] / "scenarios"
DAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NURSE = Actor("n1", "Nurse Example (synthetic)", Role.NURSE)
PRESCRIBER = Actor("p1", "Dr Example (synthetic)", Role.PRESCRIBER)
CASE = "6f0f6e0e-0000-4000-8000-000000000001"


def office_of(**settings):
    key = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    given = {"name": "Example Pain Clinic", "phone": "+44 20 7946 0000", "emergency_phone": "999", **settings}
    keys = {key_name(key.public_key()): key.public_key()}
    return Office(MemoryStore(), load(clinic=DEMO_CLINIC), ClinicSettings(**given), key, keys, lambda: NOW)


def tree_of(scenario="everything-known-troche"):
    from titrant.clinic.opening import _whole

    tree = _whole(open_document(SCENARIOS / f"{scenario}.yaml"))
    tree["given"]["patient"]["id"] = CASE
    tree["on"] = str(tree["on"])
    return tree


def opened(office, scenario="everything-known-troche", person=None, upto="signed", tree=None):
    """A case at ``upto``: opened, drafted, signed, suspended, stopped."""
    tree = tree or tree_of(scenario)
    who = {"name": "Ada Example (synthetic)", "birth_date": "1974-05-02", "number": "R-1001", **(person or {})}
    drafts = [
        Draft(Kind.CASE_OPENED, {}, NURSE, NOW), Draft(Kind.PERSON_RECORDED, {"person": who}, NURSE, NOW),
        Draft(Kind.TEAMS_SET, {"teams": ["A"]}, NURSE, NOW),
        Draft(Kind.FACTS_RECORDED, {"set": json_of(tree)}, NURSE, NOW),
    ]  # fmt: skip
    office.store.append(CASE, drafts, expected=0)
    if upto == "opened":
        return office.store.open(CASE)
    signing.draft(office, CASE, NURSE, expected=office.store.summary(CASE).version)
    if upto == "drafted":
        return office.store.open(CASE)
    sign(office)
    if upto == "suspended":
        signing.suspend(office, CASE, "a fit", NURSE)
    if upto == "stopped":
        summary = office.store.summary(CASE)
        reason = signing.reasons_to_choose(office)[0][0]
        signing.stop(office, CASE, PRESCRIBER, expected=summary.version, reason=reason)
    return office.store.open(CASE)


def sign(office, **chosen):
    made = signing.offer(office, office.store.open(CASE), signing.Chosen(**chosen))
    assert made.may_be_signed, (made.refused, made.missing)
    expected = office.store.summary(CASE).version
    signing.sign(office, CASE, made.sha256, made.daily_mg, PRESCRIBER, expected=expected, chosen=made.chosen,
                 registration="GMC 0000000 (synthetic)")  # fmt: skip


def json_of(tree):
    import json

    return json.loads(json.dumps(tree, default=str))


def desk_at(record, office, **asked):
    plan = None
    if record.draft is not None and record.plan is None:
        plan = drafted_plan(office, record)
    elif record.plan is not None or record.of(Kind.SIGNED):
        plan = signed_plan(office, record)
    return desk_for(office, record, plan, Asked(**asked))


def supplied(record, **changes):
    """The record with one more supply under the plan in force."""
    body = {
        "on": "2026-11-21", "until": "2026-11-27", "quantity": "7", "lot": "L-22", "beyond_use": "2027-01-10",
        "plan": record.of(Kind.SIGNED)[-1].number, "add": {"course.supplies": [{"on": "2026-11-21", "pieces": "7"}]},
    }  # fmt: skip
    who = Actor("ph1", "Pharmacist Example (synthetic)", Role.PHARMACIST)
    number = len(record.events) + 1
    event = Event(case=CASE, number=number, kind=Kind.SUPPLIED, body=body | changes, by=who, at=NOW)
    return structs.replace(record, events=(*record.events, event))


def text_of(pdf, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(pdf)
        return subprocess.run(
            ["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True
        ).stdout


def info_of(pdf):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paper.pdf"
        path.write_bytes(pdf)
        said = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    return {key.strip(): value.strip() for key, _, value in (row.partition(":") for row in said.splitlines())}


__all__ = ["case_of", "desk_at", "info_of", "office_of", "opened", "sign", "supplied", "text_of", "tree_of"]
