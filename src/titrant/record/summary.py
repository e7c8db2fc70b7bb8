"""The standing of one case in few words: what the worklist shows, kept up event by event without reading the past.

``advance`` is the only fold that every append runs, so it holds what states and powers need, and nothing that grows
with the diary.
"""

from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct, field, structs

from titrant.record.events import Event, Kind, Role, instant_text
from titrant.record.states import State, moved
from titrant.record.steps import Step, step_on, steps_after
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow

Grade = Literal["now", "today", "note"]
GRADES: tuple[Grade, ...] = ("now", "today", "note")


class Person(Struct, frozen=True, kw_only=True):
    """Who the patient is, for the people of the clinic. The spine never sees a name."""

    name: str = ""
    birth_date: str = ""
    number: str = ""  # the clinic's own record number
    phone: str = ""
    email: str = ""
    address: str = ""
    language: str = "en"
    zone: str = ""  # IANA name; empty: the clinic's
    reminder_at: str = ""  # the patient's own hour, 21:00
    has_phone: bool = True
    activity: str = ""  # the patient's own activity, in their words
    how_to_take: str = ""  # swallow or spit, as the clinic set it
    hold_minutes: int = 0  # how long a troche is held, as the clinic set it


class OpenTask(Struct, frozen=True, kw_only=True):
    """Something a person of the clinic must do; it stays open until a named person closes it."""

    id: str
    grade: Grade
    code: str
    why: str
    since: str  # instant
    entry: str = ""  # the diary entry or message it is about
    owner: str = ""
    due: str = ""
    quiet_until: str = ""  # instant; its owner tried and reached nobody: until then no alarm is sent


class Summary(Struct, frozen=True, kw_only=True):
    """The standing of one case. Event numbers name the events that hold the whole content."""

    case: str
    version: int = 0
    state: State = State.ABSENT
    person: Person = Person()
    teams: tuple[str, ...] = ()
    draft: int = 0  # number of the draft that waits
    plan: int = 0  # number of the signature in force
    regimen: dict[str, str] = field(default_factory=dict)  # of the plan in force
    dose_text: str = ""
    protocol: str = ""
    plan_from: str = ""
    plan_ends: str = ""
    delivered: bool = False
    read: bool = False
    tasks: dict[str, OpenTask] = field(default_factory=dict)
    unread: tuple[int, ...] = ()  # messages of the patient that nobody has read
    holds: dict[str, str] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    last_entry: str = ""  # day
    last_entry_at: str = ""
    last_pain: int = -1
    reviewed_at: str = ""
    reviewed_by: str = ""
    contact_on: str = ""
    contact_why: str = ""
    supplied_on: str = ""
    refill_on: str = ""  # first day for the next supply; empty: to be worked out anew
    # What is signed for which days, without what is long past. None: not kept; empty: there is no such day.
    steps: tuple[Step, ...] | None = None

    @property
    def signed_steps(self) -> tuple[Step, ...]:
        """What is signed for which days. A row of before these were kept knows the first step of its plan alone.

        Kept and empty is something else: a plan that was suspended on its first day was for no day.
        """
        if self.steps is not None or not self.regimen:
            return self.steps or ()
        starts, ends = (date.fromisoformat(one) if one else None for one in (self.plan_from, self.plan_ends))
        return (Step(starts or date.min, ends, self.regimen),)

    def step_on(self, day: date) -> Step | None:
        """The signed step that holds on ``day``, whether or not a dose falls on it; none while suspended."""
        return step_on(self.signed_steps, day)


def advance(before: Summary, event: Event) -> Summary:
    """The standing after ``event``. Raises NotNow where the tables have no such move."""
    state = moved(before.state, event.kind)
    changes = _CHANGES.get(event.kind, _nothing)(before, event)
    return structs.replace(before, version=event.number, state=state, **changes)


def _nothing(_before: Summary, _event: Event) -> dict[str, Any]:
    return {}


def _person(before: Summary, event: Event) -> dict[str, Any]:
    return {"person": structs.replace(before.person, **event.body["person"])}


def _teams(_before: Summary, event: Event) -> dict[str, Any]:
    return {"teams": tuple(event.body["teams"])}


def _drafted(_before: Summary, event: Event) -> dict[str, Any]:
    return {"draft": event.number}


def _draft_dropped(_before: Summary, _event: Event) -> dict[str, Any]:
    return {"draft": 0}


def _signed(before: Summary, event: Event) -> dict[str, Any]:
    content = event.body["content"]
    return {
        "draft": 0, "plan": event.number, "regimen": content["regimen"], "dose_text": event.body["dose_text"],
        "protocol": content["protocol"]["id"], "plan_from": content["starts"], "plan_ends": content["ends"],
        "delivered": False, "read": False, "reviewed_at": instant_text(event.at), "reviewed_by": event.by.name,
        "steps": _steps(before, event),
        # An instruction that changes nothing needs no new confirmation.
        **({"delivered": before.delivered, "read": before.read} if event.body.get("unchanged") else {"refill_on": ""}),
    }  # fmt: skip


def _over(before: Summary, event: Event) -> dict[str, Any]:
    gone = {"plan": 0, "regimen": {}, "dose_text": "", "draft": 0, "delivered": False, "read": False}
    return gone | {"steps": _steps(before, event)}


def _suspended(before: Summary, event: Event) -> dict[str, Any]:
    return {"steps": _steps(before, event)}


def _steps(before: Summary, event: Event) -> tuple[Step, ...]:
    return steps_after(before.signed_steps if before.plan_from else None, event)  # None: the first signature here


def _delivered(_before: Summary, _event: Event) -> dict[str, Any]:
    return {"delivered": True}


def _plan_read(before: Summary, event: Event) -> dict[str, Any]:
    """Only the newest instruction can be confirmed; the answer to an older one changes nothing."""
    return {"delivered": True, "read": True} if event.body["plan"] == before.plan else {}


def _reviewed(before: Summary, event: Event) -> dict[str, Any]:
    """As of the page that was looked at, where the event names it: what was met after that page was not seen."""
    seen = event.body.get("shown") or instant_text(event.at)
    return {"reviewed_at": max(before.reviewed_at, seen), "reviewed_by": event.by.name}


def _supplied(before: Summary, event: Event) -> dict[str, Any]:
    if before.holds:
        raise NotNow(
            "supplied", f"A hold is placed: {' '.join(before.holds.values())}",
            "Whoever placed it saw a reason why nothing should be handed out.", "A prescriber lifts it first.",
        )  # fmt: skip
    return {"supplied_on": event.body["on"], "refill_on": event.body.get("next_earliest", "")}


def _refill_open(_before: Summary, _event: Event) -> dict[str, Any]:
    return {"refill_on": ""}


def _hold_placed(before: Summary, event: Event) -> dict[str, Any]:
    return {"holds": before.holds | {event.body["id"]: event.body["why"]}}


def _hold_lifted(before: Summary, event: Event) -> dict[str, Any]:
    _must_be_open(before.holds, event)
    return {"holds": {key: why for key, why in before.holds.items() if key != event.body["id"]}}


def _diary_kept(before: Summary, event: Event) -> dict[str, Any]:
    entry = event.body["add"]["diary"][0]
    pain = (entry.get("pain") or {}).get("average", -1)
    newer = before.last_entry <= entry["day"]
    return {
        "last_entry": max(before.last_entry, entry["day"]), "last_entry_at": instant_text(event.at),
        "last_pain": pain if newer and pain >= 0 else before.last_pain,
    }  # fmt: skip


def _message_sent(before: Summary, event: Event) -> dict[str, Any]:
    return {"unread": (*before.unread, event.number)} if event.by.role is Role.PATIENT else {}


def _message_read(before: Summary, event: Event) -> dict[str, Any]:
    if event.by.role is Role.PATIENT:
        return {}
    return {"unread": tuple(number for number in before.unread if not number <= event.body["up_to"])}


def _task_opened(before: Summary, event: Event) -> dict[str, Any]:
    body = event.body
    task = OpenTask(
        id=body["id"], grade=body["grade"], code=body["code"], why=body["why"], since=instant_text(event.at),
        entry=body.get("entry", ""), due=body.get("due", ""),
    )  # fmt: skip
    return {"tasks": before.tasks | {task.id: task}}


def _task_taken(before: Summary, event: Event) -> dict[str, Any]:
    _must_be_open(before.tasks, event)
    body = event.body
    taken = structs.replace(before.tasks[body["id"]], owner=event.by.name, quiet_until=body.get("until", ""))
    return {"tasks": before.tasks | {taken.id: taken}}


def _task_released(before: Summary, event: Event) -> dict[str, Any]:
    """Whoever took it can act no more: it is nobody's again."""
    _must_be_open(before.tasks, event)
    free = structs.replace(before.tasks[event.body["id"]], owner="", quiet_until="")
    return {"tasks": before.tasks | {free.id: free}}


def _task_closed(before: Summary, event: Event) -> dict[str, Any]:
    _must_be_open(before.tasks, event)
    left = {key: task for key, task in before.tasks.items() if key != event.body["id"]}
    # Who answers one question has not looked at the rest.
    return {"tasks": left, **({} if event.body.get("answers") else _reviewed(before, event))}


def _contact(_before: Summary, event: Event) -> dict[str, Any]:
    return {"contact_on": event.body["on"], "contact_why": event.body["why"]}


def _enrolled(before: Summary, event: Event) -> dict[str, Any]:
    return {"devices": (*before.devices, event.body["device"])}


def _revoked(before: Summary, event: Event) -> dict[str, Any]:
    return {"devices": tuple(one for one in before.devices if one != event.body["device"])}


def _must_be_open(those: dict[str, Any], event: Event) -> None:
    if event.body["id"] not in those:
        raise NotNow(
            event.kind.value.replace("_", " "), "It is not open any more.", "Somebody else was quicker.",
            "Load the page again to see who closed it and how.",
        )  # fmt: skip


_CHANGES = {
    Kind.PERSON_RECORDED: _person,
    Kind.TEAMS_SET: _teams,
    Kind.DRAFTED: _drafted,
    Kind.DRAFT_DROPPED: _draft_dropped,
    Kind.SIGNED: _signed,
    Kind.WITHDRAWN: _over,
    Kind.STOPPED: _over,
    Kind.SUSPENDED: _suspended,
    Kind.DELIVERED: _delivered,
    Kind.PLAN_READ: _plan_read,
    Kind.REVIEWED: _reviewed,
    Kind.SUPPLIED: _supplied,
    Kind.SUPPLY_CORRECTED: _refill_open,
    Kind.COUNTED: _refill_open,
    Kind.HOLD_PLACED: _hold_placed,
    Kind.HOLD_LIFTED: _hold_lifted,
    Kind.DIARY_KEPT: _diary_kept,
    Kind.MESSAGE_SENT: _message_sent,
    Kind.MESSAGE_READ: _message_read,
    Kind.TASK_OPENED: _task_opened,
    Kind.TASK_TAKEN: _task_taken,
    Kind.TASK_RELEASED: _task_released,
    Kind.TASK_CLOSED: _task_closed,
    Kind.CONTACT_PLANNED: _contact,
    Kind.DEVICE_ENROLLED: _enrolled,
    Kind.DEVICE_REVOKED: _revoked,
}


class Judged(Struct, frozen=True, kw_only=True):
    """What the spine says of a case on one day, kept beside the summary for the worklist. Derived, never a fact."""

    version: int  # of the case that was judged
    on: date
    at: datetime
    lines: tuple[Json, ...] = ()  # {"grade", "code", "why", "since"}
    action: str = ""  # what adjust proposes
    sentence: str = ""
    overdue: tuple[str, ...] = ()
    next_check: str = ""
    next_review: str = ""
    refill_on: str = ""
    held_back: tuple[str, ...] | None = None  # why the rules let nothing be supplied; None: they were not asked
    silent_since: str = ""
    responder: str = ""  # yes, no, ""
    failed: str = ""  # why it could not be judged; then it is a line as well
    known: dict[str, str] = field(default_factory=dict)  # each line and when it was first met, also what is not shown
    # For the report of the clinic; empty where it is not known.
    pain_percent: str = ""  # fall in pain against before the course
    peg: str = ""  # yes, no: the questionnaire of pain and function fell as much as is asked
    worst_effect: int = -1  # of the last days
    good_days: int = 0  # with the pain aimed at and no severe side effect ...
    days_told: int = 0  # ... of so many days of the last four weeks with an entry
