"""A signed plan is checked at every use: the phone, the pharmacist and the papers ask here and nowhere else."""

from collections.abc import Iterator
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from titrant.clinic.dose_now import Told, told
from titrant.clinic.office import Office
from titrant.record.appending import plan_columns
from titrant.record.dating import level_dated
from titrant.record.events import Draft, Event, instant_text
from titrant.record.folding import Record
from titrant.record.seal import broken, check, sealed
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import NotNow


class SignedPlan(Struct, frozen=True, kw_only=True):
    """A signature in force whose seal, levels and stored row were just checked."""

    case: str
    number: int  # of the event
    content: Json
    text: str
    sha256: str
    regimen: dict[str, str]
    dose_text: str
    starts: str
    ends: str
    printed_name: str
    registration: str
    meaning: str
    at: datetime

    @property
    def told(self) -> Told:
        """The days of what was signed, every step of it."""
        return told(self.content)


def verified_plan(office: Office, record: Record) -> SignedPlan:
    """The signed plan in force. Raises Broken where anything of it is not what was signed, NotNow where none is."""
    event = record.plan
    if event is None:
        raise NotNow(
            "signed plan", "There is no signed plan in force.", "Only what a prescriber has signed may be followed.",
            "Have a plan signed first.",
        )  # fmt: skip
    try:
        return _verified(office, record, event)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise broken("It cannot be read.") from None


def _verified(office: Office, record: Record, event: Event) -> SignedPlan:
    faults = [] if _reads(event) else ["It cannot be read."]
    if not faults:
        check_signature(event, office.keys)
        faults = list(_faults(office, record, event))
    if faults:
        raise broken(" ".join(faults))
    body = event.body
    return SignedPlan(
        case=event.case, number=event.number, content=body["content"], text=body["text"], sha256=body["sha256"],
        regimen=body["content"]["regimen"], dose_text=body["dose_text"], starts=body["content"]["starts"],
        ends=body["content"]["ends"], printed_name=body["printed_name"], registration=body["registration"],
        meaning=body["meaning"], at=event.at,
    )  # fmt: skip


def check_signature(event: Event, keys: dict[str, Ed25519PublicKey]) -> None:
    """Raises Broken unless the seal of a signature, old or new, is over exactly what stands in it."""
    check(sealed_content(event), event.body.get("seal"), keys)


def sealed_content(event: Event) -> Json:
    """What the seal covers: everything of the signature but the seal, with whose record it is, by whom and when."""
    return {
        "case": event.case, "kind": event.kind.value, "time": instant_text(event.at),
        "by": {"id": event.by.id, "name": event.by.name, "role": event.by.role.value},
        "body": {name: value for name, value in event.body.items() if name != "seal"},
    }  # fmt: skip


def sealed_body(case: str, draft: Draft, key: Ed25519PrivateKey) -> Json:
    """The body of ``draft`` with the seal of the organisation over all of it."""
    event = Event(case=case, number=0, kind=draft.kind, body=draft.body, by=draft.by, at=draft.at)
    return {**draft.body, "seal": sealed(sealed_content(event), key)}


_NEEDED = ("content", "text", "sha256", "dose_text", "printed_name", "registration", "meaning", "seal", "levels")


def _reads(event: Event) -> bool:
    body = event.body
    return isinstance(body, dict) and all(name in body for name in _NEEDED) and isinstance(body["content"], dict)


def _faults(office: Office, record: Record, event: Event) -> Iterator[str]:
    """Where what is kept beside the signature does not agree with it."""
    body, content = event.body, event.body["content"]
    if body["sha256"] != sha256_of(content) or body["text"] != content["text"]:
        yield "The content is not the one that was shown."
    if content["case"] != record.summary.case or event.by.name != body["printed_name"]:
        yield "It belongs to another record or another signer."
    course = record.tree["given"].get("course") or {}
    if list(course.get("levels") or [])[-len(body["levels"]) :] != [level_dated(one, event) for one in body["levels"]]:
        yield "The dose levels of the record are not those that were signed."
    yield from _summary_faults(office, record, event)
    row = office.store.plan_row(record.summary.case)
    if row is None or row != plan_columns(event):
        yield "The stored row of the plan in force is not that of this signature."


def _summary_faults(office: Office, record: Record, event: Event) -> Iterator[str]:
    content = event.body["content"]
    kept = (
        event.number, content["regimen"], event.body["dose_text"], content["protocol"]["id"], content["starts"],
        content["ends"],
    )  # fmt: skip
    for one in (record.summary, office.store.summary(record.summary.case)):
        if (one.plan, one.regimen, one.dose_text, one.protocol, one.plan_from, one.plan_ends) != kept:
            yield "The standing kept beside the record does not agree with the signature."
            return
