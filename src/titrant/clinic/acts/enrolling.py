"""Let one phone of a patient in, by an invitation that works once and for a day; and let it out again."""

import secrets
import uuid
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

from msgspec import Struct

from titrant.clinic.acts.phones import tasks_of_joining
from titrant.clinic.office import Office
from titrant.record.events import Actor, Kind, Role, instant_text
from titrant.record.ports import NotFound
from titrant.terms.errors import NotNow

GOOD_FOR = timedelta(hours=24)
# Without 0, O, 1, I and L, which are misread on paper.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
_TOKEN_BYTES = 32
KEEP, OUT = "keep", "out"  # what becomes of the phones that are in when another is invited


class DeviceStore(Protocol):
    """Where invitations and phones are kept."""

    def together(self) -> AbstractContextManager[None]: ...
    def invite(self, case: str, link: str, code: str, *, now: str, expires_at: str) -> None: ...
    def invited(self, *, link: str = "", code: str = "", now: str) -> tuple[uuid.UUID, str] | None: ...
    def enrol(self, invitation: uuid.UUID, case: str, token: str, label: str, *, now: str) -> str: ...
    def revoke(self, case: str, device: str, *, now: str) -> bool: ...
    def of(self, case: str) -> list[Any]: ...


class Invited(Struct, frozen=True):
    """What is printed for the patient, once: it cannot be shown again, because only hashes are kept."""

    link: str
    code: str
    expires_at: str


class Enrolled(Struct, frozen=True):
    """The phone that was let in, and the token that it keeps."""

    case: str
    device: str
    token: str


def invite(office: Office, devices: DeviceStore, case: str, by: Actor, others: str = "") -> Invited:
    """A new invitation for one phone. What was printed before does not work any more.

    ``others``: KEEP or OUT, where phones are in already. Raises NotNow where it is not said: one of them may be that
    of somebody who photographed an earlier invitation.
    """
    now = office.now()
    made = Invited(
        link=secrets.token_urlsafe(_TOKEN_BYTES),
        code="".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH)),
        expires_at=instant_text(now + GOOD_FOR),
    )
    with devices.together():
        _decide(office, devices, case, by, others)
        office.store.append(case, [office.draft(Kind.DEVICE_INVITED, {"expires": made.expires_at}, by)], expected=None)
        devices.invite(case, made.link, made.code, now=instant_text(now), expires_at=made.expires_at)
    return made


def _decide(office: Office, devices: DeviceStore, case: str, by: Actor, others: str) -> None:
    inside = devices.of(case)
    if inside and others not in (KEEP, OUT):
        raise NotNow(
            "phone", f"Phones that can open this diary already: {len(inside)}. Nothing was chosen about them.",
            "Whoever photographed an earlier invitation would stay in beside the new phone.",
            "Ask the patient which phones are theirs, and choose: keep them, or let them out.",
        )  # fmt: skip
    for one in inside if others == OUT else ():
        revoke(office, devices, case, str(one.id), by, "let out when another phone was invited")


def spelled(code: str) -> str:
    """``code`` as it was printed, however it was typed."""
    return "".join(one for one in code.upper() if one in LETTERS)[: CODE_LENGTH + 1]


def enrol(office: Office, devices: DeviceStore, *, link: str = "", code: str = "", label: str = "") -> Enrolled:
    """Let the phone in that holds ``link`` or ``code``. Raises NotFound alike for used, void, old and wrong ones."""
    now = instant_text(office.now())
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with devices.together():
        found = devices.invited(link=link, code=spelled(code), now=now) if link or code else None
        if found is None:
            raise NotFound(
                "invitation", "This link or code does not work.", "It works once, and for one day.",
                "Ask the clinic for a new one.",
            )  # fmt: skip
        invitation, case = found
        before = office.store.summary(case), len(devices.of(case))
        device = devices.enrol(invitation, case, token, label[:80], now=now)
        patient = Actor(device, "patient", Role.PATIENT)
        joined = office.draft(Kind.DEVICE_ENROLLED, {"device": device}, patient)
        told = tasks_of_joining(office, before[0], device, before[1])
        office.store.append(case, [joined, *told], expected=None)
    return Enrolled(case, device, token)


def revoke(office: Office, devices: DeviceStore, case: str, device: str, by: Actor, why: str) -> None:
    """Let a phone out: it was lost, or the patient signed out. Raises NotFound where it is not in."""
    with devices.together():
        if not devices.revoke(case, device, now=instant_text(office.now())):
            raise NotFound("phone", "This phone is not connected.", "Nothing was changed.", "Load the page again.")
        body = {"device": device, "why": why}
        office.store.append(case, [office.draft(Kind.DEVICE_REVOKED, body, by)], expected=None)
