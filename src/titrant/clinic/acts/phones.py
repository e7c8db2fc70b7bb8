"""Which phones of a patient are in and who invited each; what is told where one more comes, or who invited it goes."""

from datetime import timedelta
from typing import Any, Protocol

from msgspec import Struct

from titrant.clinic.acts.flags import due_by
from titrant.clinic.office import Office
from titrant.knowledge.shapes.phone import PhoneWords
from titrant.record.events import SYSTEM, Actor, Draft, Kind, instant_of, instant_text
from titrant.record.summary import Grade, Summary
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json

NOT_MINE = "phone_not_mine"


class PhoneStore(Protocol):
    """What is asked of the table of phones."""

    def of(self, case: str) -> list[Any]: ...
    def void(self, case: str, *, now: str) -> bool: ...
    def cases_invited_by(self, who: str, since: str) -> list[str]: ...


class Phone(Struct, frozen=True):
    """A phone that is in. ``invited_by``: None where the record does not say it."""

    id: str
    since: str  # instant
    seen_on: str
    label: str
    invited_by: Actor | None


def phones_in(office: Office, devices: PhoneStore, case: str) -> list[Phone]:
    """The phones that can open the diary of ``case`` now, oldest first."""
    inviters = _inviters(office, case)
    return [
        Phone(str(one.id), one.enrolled_at, one.seen_at, one.label, inviters.get(str(one.id)))
        for one in devices.of(case)
    ]


def last_inviter(office: Office, case: str) -> Actor | None:
    """Who made the newest invitation: no other can be used any more."""
    made = office.store.events(case, (Kind.DEVICE_INVITED,))
    return made[-1].by if made else None


def _inviters(office: Office, case: str) -> dict[str, Actor]:
    """Each phone came in by the newest invitation before it, because an invitation makes those before it void."""
    found: dict[str, Actor] = {}
    newest: Actor | None = None
    for event in office.store.events(case, (Kind.DEVICE_INVITED, Kind.DEVICE_ENROLLED)):
        if event.kind is Kind.DEVICE_INVITED:
            newest = event.by
        elif newest is not None:
            found[event.body["device"]] = newest
    return found


# What staff are told


def tasks_of_joining(office: Office, summary: Summary, device: str, others: int) -> list[Draft]:
    """A phone beside others, or for somebody who keeps the diary on paper, is nothing that a care team expects."""
    if not others and summary.person.has_phone:
        return []
    said = f"{others + 1} phones can open the diary now" if others else "the record says that there is no phone"
    why = (
        f"Another phone was connected on {office.today}, {_invited(last_inviter(office, summary.case))}; {said}. "
        "Ask the patient whether it is theirs; if not, let it out on the page Phone."
    )
    return [_task(office, f"joined-{device}", "note", "phone_joined", why)]


def _invited(by: Actor | None) -> str:
    return f"invited by {by.name} ({by.role.value})" if by else "and the record does not say who invited it"


def _task(office: Office, name: str, grade: Grade, code: str, why: str) -> Draft:
    due = due_by(office.library.triage, grade, office.now())
    body: Json = {"id": name, "grade": grade, "code": code, "why": why, "due": due}
    return office.draft(Kind.TASK_OPENED, body, SYSTEM)


def not_mine(office: Office, devices: PhoneStore, case: str, device: str, by: Actor) -> None:
    """The patient says that a phone is a stranger's: staff call today.

    Nothing is let out by it, because the one who says so may be the stranger.
    """
    summary = office.store.summary(case)
    found = next((one for one in phones_in(office, devices, case) if one.id == device != by.id), None)
    if found is None or device in told_not_mine(summary):
        return
    why = (
        f"A phone of this patient says that the phone connected on {found.since[:10]}, {_invited(found.invited_by)}, "
        "is not theirs. Call the number of the record, ask which phone is theirs, and let the other out on the page "
        "Phone: the one that says so may be the stranger's. What both wrote is in the diary."
    )
    task = _task(office, f"{_NAMED}{device}-{summary.version}", "today", NOT_MINE, why)
    office.store.append(case, [task], expected=None)


_NAMED = "not-mine-"


def told_not_mine(summary: Summary) -> frozenset[str]:
    """The phones of which the clinic has been told so, and has not yet closed it."""
    named = [one.id.removeprefix(_NAMED) for one in summary.tasks.values() if one.code == NOT_MINE]
    return frozenset(one.rpartition("-")[0] for one in named)


# Somebody who invited them goes


class Gone(Struct, frozen=True):
    """A member of staff who was disabled, or taken out of care teams (``lost``; None: out of the clinic)."""

    id: str
    name: str
    teams: frozenset[str] = frozenset()
    lost: frozenset[str] | None = None

    def leaves(self, teams: tuple[str, ...]) -> bool:
        """Whether they may see the record of a patient of these teams no more."""
        return self.lost is None or (bool(self.lost & set(teams)) and not self.teams & set(teams))

    @property
    def words(self) -> str:
        return "may not sign in any more" if self.lost is None else "is not of this care team any more"


def inviter_gone(office: Office, devices: PhoneStore, who: Gone) -> list[str]:
    """Void the open invitations of ``who``, and tell the teams of the phones that they invited lately. The cases."""
    first = office.now() - timedelta(days=whole_days(office.library.diary_form.new_phone.value))
    told = []
    for case in devices.cases_invited_by(who.id, instant_text(first - timedelta(days=1))):
        summary = office.store.summary(case)
        if not who.leaves(summary.teams):
            continue
        by = last_inviter(office, case)
        void = by is not None and by.id == who.id and devices.void(case, now=instant_text(office.now()))
        new = [one for one in phones_in(office, devices, case) if _by(one, who) and instant_text(first) <= one.since]
        if void or new:
            task = _task(office, f"gone-{who.id}-{summary.version}", "note", "inviter_gone", _gone_said(who, void, new))
            office.store.append(case, [task], expected=None)
            told.append(case)
    return told


def _by(phone: Phone, who: Gone) -> bool:
    return phone.invited_by is not None and phone.invited_by.id == who.id


def _gone_said(who: Gone, void: bool, new: list[Phone]) -> str:
    parts = [f"{who.name} {who.words}."]
    if new:
        days = ", ".join(one.since[:10] for one in new)
        parts.append(f"They invited the phone connected on {days}: ask the patient whether it is theirs.")
    if void:
        parts.append("An invitation that they made is void: invite the patient's phone anew.")
    return " ".join(parts)


# What the patient is told


def added_text(office: Office, devices: PhoneStore, case: str, own: str, words: PhoneWords) -> str:
    """For the phone ``own``: that another came in after it, while that is new; empty where none did."""
    inside = phones_in(office, devices, case)
    since = next((one.since for one in inside if one.id == own), "")
    later = [one for one in inside if one.id != own and since <= one.since]
    if not since or not later or not _is_new(office, later[-1]):
        return ""
    name = later[-1].invited_by.name if later[-1].invited_by else words.say("phone_clinic")
    return words.say("phone_added", day=words.date(later[-1].since[:10]), name=name)


def _is_new(office: Office, phone: Phone) -> bool:
    days = whole_days(office.library.diary_form.new_phone.value)
    return office.now() - instant_of(phone.since) < timedelta(days=days)
