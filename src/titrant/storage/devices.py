"""The phones of patients and the invitations that enrol them. Tokens and codes are kept only as hashes."""

import hashlib
import uuid
from contextlib import AbstractContextManager
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils.crypto import salted_hmac
from msgspec import Struct

from titrant.clinic.acts.reminding import Reminder, Wanted
from titrant.clinic.acts.subscribing import Subscription
from titrant.record.events import Kind
from titrant.record.ports import NotFound
from titrant.storage.models import Device, Fact, Invitation
from titrant.storage.outbox import PUSH, put
from titrant.storage.statements import first

REMINDER = "reminder"
# What a mail may say: that something waits. No name, no dose, no drug.
REMINDER_SUBJECT = "Your diary is waiting · Su diario le espera"
REMINDER_TEXT = "Your diary is waiting.\nSu diario le espera."


def remind_by_mail(case: str, now: datetime) -> None:
    put(case, REMINDER, {"subject": REMINDER_SUBJECT, "text": REMINDER_TEXT}, now)


def token_hash(token: str) -> str:
    """For tokens of 256 bits, which nobody can try through."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_hash(code: str) -> str:
    """For short codes: keyed with the secret of this clinic, so that a copy of the table alone says nothing."""
    return salted_hmac("titrant.phone.code", code, algorithm="sha256").hexdigest()


class Enrolled(Struct, frozen=True):
    """A phone that is enrolled: its id, and the case whose diary it writes."""

    id: str
    case: str


def device_of(token: str) -> Enrolled | None:
    """The phone that holds ``token``; None where there is none, or none any more."""
    found = first(Device, ("id", "case"), token_sha256=token_hash(token), revoked_at="")
    return Enrolled(str(uuid.UUID(str(found[0]))), found[1]) if found else None


class Devices:
    """What the acts of enrolling ask of the database; ``together`` makes facts and rows one transaction."""

    def together(self) -> AbstractContextManager[None]:
        return transaction.atomic()

    def invite(self, case: str, link: str, code: str, *, now: str, expires_at: str) -> None:
        """A new invitation; older ones of this case are void from now on."""
        Invitation.objects.filter(case=case, used_at="", void_at="").update(void_at=now)
        Invitation.objects.create(
            case=case, link_sha256=token_hash(link), code_sha256=code_hash(code), expires_at=expires_at
        )

    @transaction.atomic
    def invited(self, *, link: str = "", code: str = "", now: str) -> tuple[uuid.UUID, str] | None:
        """The invitation that ``link`` or ``code`` opens, and its case; None where it is used, void or too old."""
        key = {"link_sha256": token_hash(link)} if link else {"code_sha256": code_hash(code)}
        found = Invitation.objects.select_for_update().filter(used_at="", void_at="", expires_at__gt=now, **key)
        one = found.first()
        return (one.id, one.case) if one else None

    def enrol(self, invitation: uuid.UUID, case: str, token: str, label: str, *, now: str) -> str:
        """The id of the phone that is enrolled by ``invitation``, which is used up."""
        if Invitation.objects.filter(id=invitation, used_at="").update(used_at=now) != 1:
            raise NotFound("invitation", "It was used already.", "One invitation enrols one phone.", "Ask for another.")
        made = Device.objects.create(case=case, token_sha256=token_hash(token), label=label, enrolled_at=now)
        return str(made.id)

    def revoke(self, case: str, device: str, *, now: str) -> bool:
        """Whether this phone of this case was enrolled until now."""
        return bool(Device.objects.filter(id=device, case=case, revoked_at="").update(revoked_at=now, push=""))

    def of(self, case: str) -> list[Device]:
        """The phones of a case that are enrolled, oldest first."""
        return list(Device.objects.filter(case=case, revoked_at="").order_by("enrolled_at"))

    def void(self, case: str, *, now: str) -> bool:
        """Let no open invitation of a case be used any more: whether there was one."""
        rows = Invitation.objects.filter(case=case, used_at="", void_at="", expires_at__gt=now)
        return bool(rows.update(void_at=now))

    def cases_invited_by(self, who: str, since: str) -> list[str]:
        """The cases for which this member of staff has invited a phone since an instant."""
        rows = Fact.objects.filter(kind=Kind.DEVICE_INVITED.value, by_id=who, at__gte=since)
        return sorted(set(rows.values_list("case", flat=True)))

    def open_until(self, case: str, now: str) -> str:
        """Until when the newest invitation can be used; empty where none can."""
        found = Invitation.objects.filter(case=case, used_at="", void_at="", expires_at__gt=now)
        return found.values_list("expires_at", flat=True).first() or ""

    def remind(self, device: str, hour: str, zone: str) -> None:
        """The patient's own hour; empty for none."""
        Device.objects.filter(id=device).update(reminder_at=hour, zone=zone)

    def wanted(self) -> list[Wanted]:
        """Every phone that wants to be reminded."""
        rows = Device.objects.filter(revoked_at="").exclude(reminder_at="")
        return [Wanted(one.case, str(one.id), one.reminder_at, one.zone, one.reminded_on) for one in rows]

    @transaction.atomic
    def reminded(self, due: Reminder, now: datetime) -> bool:
        """Put the reminder into the outbox, once for the day: whether it was not there yet."""
        day = due.day.isoformat()
        rows = Device.objects.filter(id=due.device, revoked_at="", reminded_on__lt=day)
        if not rows.update(reminded_on=day):
            return False
        if Device.objects.filter(id=due.device).exclude(push="").exists():
            put(due.case, PUSH, {"device": due.device, "what": "reminder", "day": day}, now)
        else:
            remind_by_mail(due.case, now)
        return True

    @transaction.atomic
    def subscribe(self, device: str, subscription: Subscription) -> None:
        """Push to this phone from now on, and to no other phone that is known by the same address."""
        text = msgspec.json.encode(subscription).decode()
        Device.objects.filter(push=text).exclude(id=device).update(push="")
        Device.objects.filter(id=device, revoked_at="").update(push=text)

    def unsubscribe(self, device: str, known_as: Subscription | None = None) -> None:
        """Push no more; with ``known_as`` only where it was not allowed anew meanwhile."""
        rows = Device.objects.filter(id=device)
        if known_as is not None:
            rows = rows.filter(push=msgspec.json.encode(known_as).decode())
        rows.update(push="")

    def subscription(self, device: str) -> Subscription | None:
        """How a push service knows this phone; None where nothing is pushed to it, or it was let out."""
        text = Device.objects.filter(id=device, revoked_at="").values_list("push", flat=True).first()
        return msgspec.json.decode(text, type=Subscription) if text else None

    def is_in(self, device: str) -> bool:
        return Device.objects.filter(id=device, revoked_at="").exists()

    def seen(self, device: str, day: str) -> None:
        """The last day on which a phone asked: written once a day."""
        Device.objects.filter(id=device).exclude(seen_at=day).update(seen_at=day)
