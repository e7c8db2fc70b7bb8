"""What happened: events, appended and never edited, and who has the power to append each kind.

One case is one stream of events, numbered from 1 without gaps; the clinic itself (settings, approvals, people) is the
stream ``CLINIC``. An event's body is plain JSON. What it may change in the case file is listed beside its kind.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import NotAllowed

CLINIC = ""  # the stream of the clinic itself


class Role(StrEnum):
    """Who somebody is to this clinic. ``system`` is the program acting by rule, never a person."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    PATIENT = "patient"
    SYSTEM = "system"


class Actor(Struct, frozen=True, gc=False):
    """Who did it: an opaque id, the printed name, and the role held at that moment."""

    id: str
    name: str
    role: Role


SYSTEM = Actor("system", "Titrant", Role.SYSTEM)


class Kind(StrEnum):
    """What can happen."""

    CASE_OPENED = "case_opened"
    PERSON_RECORDED = "person_recorded"
    TEAMS_SET = "teams_set"
    FACTS_RECORDED = "facts_recorded"
    IMPORTED = "imported"
    ASSESSED = "assessed"
    SCREENED = "screened"
    PLANNED = "planned"
    DRAFTED = "drafted"
    DRAFT_DROPPED = "draft_dropped"
    SECONDED = "seconded"
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"
    DELIVERED = "delivered"
    PLAN_READ = "plan_read"
    REVIEWED = "reviewed"
    ADJUSTED = "adjusted"
    REFUSED = "refused"
    SESSION_GIVEN = "session_given"
    SUPPLIED = "supplied"
    SUPPLY_CORRECTED = "supply_corrected"
    COUNTED = "counted"
    RETURNED = "returned"
    HOLD_PLACED = "hold_placed"
    HOLD_LIFTED = "hold_lifted"
    DIARY_KEPT = "diary_kept"
    MESSAGE_SENT = "message_sent"
    MESSAGE_READ = "message_read"
    TASK_OPENED = "task_opened"
    TASK_TAKEN = "task_taken"
    TASK_RELEASED = "task_released"
    TASK_CLOSED = "task_closed"
    CONTACT_PLANNED = "contact_planned"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    STOPPED = "stopped"
    DEVICE_INVITED = "device_invited"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_REVOKED = "device_revoked"
    EXPORTED = "exported"
    # of the clinic itself
    SETTINGS_CHANGED = "settings_changed"
    PROTOCOL_APPROVED = "protocol_approved"
    PROTOCOL_WITHDRAWN = "protocol_withdrawn"
    PROTOCOL_SECONDED = "protocol_seconded"
    STOCK_RECEIVED = "stock_received"
    STOCK_SUPPLIED = "stock_supplied"
    STOCK_RETURNED = "stock_returned"
    STOCK_WASTED = "stock_wasted"
    STOCK_CORRECTED = "stock_corrected"
    STAFF_INVITED = "staff_invited"
    STAFF_CHANGED = "staff_changed"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    EMERGENCY_ACCESS = "emergency_access"
    BACKED_UP = "backed_up"
    RESTORED = "restored"


_P, _N, _PH = Role.PRESCRIBER, Role.NURSE, Role.PHARMACIST
_CLINICAL = frozenset({_P, _N, _PH})
_CARING = frozenset({_P, _N})
_ANY_STAFF = _CLINICAL | {Role.ADMINISTRATOR, Role.AUDITOR}
_SIGNING = frozenset({_P})
_PATIENT = frozenset({Role.PATIENT})
_SYSTEM = frozenset({Role.SYSTEM})

# Who has the power to append what. Drafting and signing are different powers; nobody but a prescriber signs, and a
# patient adds diary entries and messages and confirms having read, nothing else.
POWERS: dict[Kind, frozenset[Role]] = {
    Kind.CASE_OPENED: _CARING | {Role.ADMINISTRATOR},
    Kind.PERSON_RECORDED: _CLINICAL | {Role.ADMINISTRATOR},
    Kind.TEAMS_SET: _CARING | {Role.ADMINISTRATOR},
    Kind.FACTS_RECORDED: _CLINICAL,
    Kind.IMPORTED: _CARING,
    Kind.ASSESSED: _CARING,
    Kind.SCREENED: _CARING,
    Kind.PLANNED: _CARING,
    Kind.DRAFTED: _CARING,
    Kind.DRAFT_DROPPED: _CARING,
    Kind.SECONDED: _SIGNING,
    Kind.SIGNED: _SIGNING,
    Kind.WITHDRAWN: _SIGNING,
    Kind.DELIVERED: _CLINICAL | _SYSTEM,
    Kind.PLAN_READ: _CLINICAL | _PATIENT,
    Kind.REVIEWED: _CLINICAL | _SYSTEM,
    Kind.ADJUSTED: _CARING,
    Kind.REFUSED: _SIGNING,
    Kind.SESSION_GIVEN: _CARING,
    Kind.SUPPLIED: frozenset({_PH, _P}),
    Kind.SUPPLY_CORRECTED: frozenset({_PH, _P}),
    Kind.COUNTED: _CLINICAL,
    Kind.RETURNED: frozenset({_PH, _P}),
    Kind.HOLD_PLACED: _CLINICAL | _SYSTEM,
    Kind.HOLD_LIFTED: _SIGNING,
    Kind.DIARY_KEPT: _CLINICAL | _PATIENT,
    Kind.MESSAGE_SENT: _CLINICAL | _PATIENT,
    Kind.MESSAGE_READ: _CLINICAL | _PATIENT,
    Kind.TASK_OPENED: _CLINICAL | _SYSTEM,
    Kind.TASK_TAKEN: _CLINICAL,
    Kind.TASK_RELEASED: _SYSTEM,
    Kind.TASK_CLOSED: _CLINICAL,
    Kind.CONTACT_PLANNED: _CLINICAL,
    Kind.SUSPENDED: _CLINICAL | _SYSTEM,
    Kind.RESUMED: _SIGNING,
    Kind.STOPPED: _SIGNING,
    Kind.DEVICE_INVITED: _CLINICAL,
    Kind.DEVICE_ENROLLED: _PATIENT,
    Kind.DEVICE_REVOKED: _CLINICAL | _PATIENT,
    Kind.EXPORTED: _ANY_STAFF | _PATIENT | _SYSTEM,
    Kind.SETTINGS_CHANGED: frozenset({Role.ADMINISTRATOR}),
    Kind.PROTOCOL_APPROVED: _SIGNING,
    Kind.PROTOCOL_WITHDRAWN: _SIGNING,
    # A second pair of eyes on a protocol: another prescriber, or an administrator.
    Kind.PROTOCOL_SECONDED: _SIGNING | {Role.ADMINISTRATOR},
    Kind.STOCK_RECEIVED: frozenset({_PH}),
    Kind.STOCK_SUPPLIED: frozenset({_PH, _P}),
    Kind.STOCK_RETURNED: frozenset({_PH, _P}),
    Kind.STOCK_WASTED: frozenset({_PH}),
    Kind.STOCK_CORRECTED: frozenset({_PH}),
    Kind.STAFF_INVITED: frozenset({Role.ADMINISTRATOR}) | _SYSTEM,
    Kind.STAFF_CHANGED: frozenset({Role.ADMINISTRATOR}) | _SYSTEM,
    Kind.SIGNED_IN: _ANY_STAFF,
    Kind.SIGN_IN_FAILED: _SYSTEM,
    Kind.EMERGENCY_ACCESS: _CLINICAL,
    Kind.BACKED_UP: frozenset({Role.ADMINISTRATOR}) | _SYSTEM,
    Kind.RESTORED: _SYSTEM,
}


# Which lists under ``given`` an event of a kind may add to; and which kinds may lay differences over the case file.
ADDS: dict[Kind, frozenset[str]] = {
    Kind.DIARY_KEPT: frozenset({"diary"}),
    Kind.SIGNED: frozenset({"course.levels", "confirmations"}),
    Kind.SESSION_GIVEN: frozenset({"parenteral"}),
    Kind.SUPPLIED: frozenset({"course.supplies"}),
    Kind.SUSPENDED: frozenset({"course.suspensions"}),
}
SETS = frozenset({Kind.FACTS_RECORDED, Kind.IMPORTED, Kind.SIGNED, Kind.PERSON_RECORDED})
FACTS = frozenset({Kind.FACTS_RECORDED, Kind.IMPORTED})  # may add to most lists


class Draft(Struct, frozen=True):
    """An event before it is appended: the store gives it its number."""

    kind: Kind
    body: Json
    by: Actor
    at: datetime  # an instant with its zone


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that happened in the stream ``case``, as number ``number`` of it."""

    case: str
    number: int
    kind: Kind
    body: Json
    by: Actor
    at: datetime

    @property
    def content(self) -> Json:
        """What the chain of hashes covers: every field, the instant in UTC to the microsecond."""
        return {
            "case": self.case, "number": self.number, "kind": self.kind.value, "body": self.body,
            "by": {"id": self.by.id, "name": self.by.name, "role": self.by.role.value}, "at": instant_text(self.at),
        }  # fmt: skip


def instant_text(at: datetime) -> str:
    """``at`` in UTC with microseconds. Raises ValueError for a time without a zone: it is no instant."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"{at} has no zone, so it is no instant")
    shifted = (at - at.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    return shifted.isoformat(timespec="microseconds") + "Z"


def instant_of(text: str) -> datetime:
    """The instant that ``instant_text`` wrote."""
    found = datetime.fromisoformat(text)
    if found.utcoffset() != timedelta(0):
        raise ValueError(f"{text} is not an instant in UTC")
    return found


def check_power(draft: Draft) -> None:
    """Raises NotAllowed where the role of the actor lacks the power for this kind of event."""
    _check_reach(draft)
    if draft.by.role not in POWERS[draft.kind]:
        who = ", ".join(sorted(role.value for role in POWERS[draft.kind]))
        raise NotAllowed(
            draft.kind.value.replace("_", " "),
            f"A {draft.by.role.value} may not do this.",
            "Each act belongs to those who answer for it.",
            f"Ask one of: {who}.",
        )


def _check_reach(draft: Draft) -> None:
    """Raises NotAllowed where an event would change a part of the case file that is not for its kind to change."""
    beyond = set(draft.body.get("add") or {}) - ADDS.get(draft.kind, frozenset())
    if draft.kind in FACTS:
        beyond = {path for path in beyond if path in ("diary", "course") or path.startswith("course.levels")}
    if "set" in draft.body and draft.kind not in SETS:
        beyond.add("the case file")
    if beyond:
        raise NotAllowed(
            draft.kind.value.replace("_", " "), f"This may not change {', '.join(sorted(beyond))}.",
            "A diary entry or a message never changes a dose or a fact.", "Record the change for what it is.",
        )  # fmt: skip


def chained(previous: str, event: Event) -> str:
    """The hash of ``event`` after the event with hash ``previous`` (hexadecimal SHA-256)."""
    return sha256_of([previous, event.content])


BEGINNING = "0" * 64  # what stands before the first link of a chain
