"""What is done about a line of the worklist: take it, try it, settle it, and promise the next contact."""

from datetime import date, timedelta

from msgspec import Struct

from titrant.clinic.acts.flags import due_by, task_id
from titrant.clinic.acts.judging import judge_and_keep
from titrant.clinic.acts.people import EMERGENCY_ACCESS
from titrant.clinic.office import Office
from titrant.knowledge.shapes.triage import Contact
from titrant.record.events import Actor, Draft, Kind, instant_of, instant_text
from titrant.record.states import State
from titrant.record.summary import Judged, OpenTask, Summary
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json
from titrant.terms.errors import NotAllowed, NotNow
from titrant.terms.reading import is_plain_text

_LONGEST_NOTE = 2_000


class Done(Struct, frozen=True, kw_only=True):
    """How a contact ended. ``tasks`` are those that the person saw; one that came meanwhile stays open.

    ``shown``: the instant of the page that was looked at; what was met later is not taken as seen. Empty: just now.
    """

    outcome: str
    tasks: tuple[str, ...] = ()
    note: str = ""
    next_on: str = ""
    shown: str = ""


def take(office: Office, by: Actor, case: str, task: str) -> None:
    """Somebody says: I do this. The task stays open until it is closed by name."""
    _check_not_own(office, by, office.store.summary(case), (task,))
    _append(office, case, [office.draft(Kind.TASK_TAKEN, {"id": task}, by)])


def done(office: Office, by: Actor, case: str, how: Done) -> Judged:
    """Record how it ended, plan the next contact, and judge the case anew. Raises NotNow for what cannot be."""
    summary, outcome = office.store.summary(case), _outcome(office, how.outcome)
    _check_note(how.note)
    _check_not_own(office, by, summary, how.tasks)
    next_on = _next_day(office, how.next_on, outcome, summary)
    open_now = [summary.tasks[one] for one in how.tasks if one in summary.tasks]
    drafts = _settled(office, by, open_now, how) if outcome.settles else _tried(office, by, open_now)
    if next_on is not None:
        why = how.note or outcome.words
        planned = {"on": next_on.isoformat(), "why": why[:200], "outcome": outcome.code, "note": how.note}
        drafts.append(office.draft(Kind.CONTACT_PLANNED, planned, by))
    if outcome.opens:
        drafts.append(_passed_on(office, by, summary, outcome, how.note))
    _append(office, case, drafts)
    return judge_and_keep(office, case)


def for_others(office: Office, by: Actor, summary: Summary) -> frozenset[str]:
    """Open tasks that tell the care team of an emergency access of ``by``: somebody else looks whether it was one."""
    told = {task.id for task in summary.tasks.values() if task.code == EMERGENCY_ACCESS}
    if not told:
        return frozenset()
    opened = office.store.events(summary.case, (Kind.TASK_OPENED,))
    return frozenset(one.body["id"] for one in opened if one.body["id"] in told and one.by.id == by.id)


def _check_not_own(office: Office, by: Actor, summary: Summary, tasks: tuple[str, ...]) -> None:
    if for_others(office, by, summary) & set(tasks):
        raise NotAllowed(
            "emergency access", "This task tells the care team of your own emergency access.",
            "Somebody who did not open the record looks whether it was needed.",
            "Leave it to another member of the care team.",
        )  # fmt: skip


def next_day(office: Office, summary: Summary, judged: Judged | None) -> str:
    """The day that is offered for the next contact: the promise that stands, else the next review, else none."""
    days = [summary.contact_on, judged.next_review if judged else ""]
    return next((day for day in days if office.today.isoformat() < day), "")


def _outcome(office: Office, code: str) -> Contact:
    for one in office.library.triage.outcomes:
        if one.code == code:
            return one
    raise NotNow(
        "outcome", "No outcome was chosen.", "A contact without an outcome tells the next reader nothing.",
        "Choose how it ended.",
    )  # fmt: skip


def _check_note(note: str) -> None:
    if not len(note) <= _LONGEST_NOTE or not is_plain_text(note):
        raise NotNow(
            "note", f"It is longer than {_LONGEST_NOTE:,} characters, or holds characters that cannot be seen.",
            "A note that is cut would say something else.", "Say it shorter.",
        )  # fmt: skip


def _next_day(office: Office, written: str, outcome: Contact, summary: Summary) -> date | None:
    """The day that was written, else as the outcome says. Nobody under a plan goes without one."""
    if not written and outcome.again_after is not None:
        return office.today + timedelta(days=whole_days(outcome.again_after))
    if not written and summary.state not in (State.ON_PLAN, State.SUSPENDED):
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:
        day = date.min
    if office.today <= day:
        return day
    raise NotNow(
        "next contact", "The day is missing, is no day, or has gone by.",
        "Whoever has no next date drops out of sight.", f"Give a day from {office.today} on.",
    )  # fmt: skip


def _settled(office: Office, by: Actor, tasks: list[OpenTask], how: Done) -> list[Draft]:
    body: Json = {"outcome": how.outcome, "note": how.note, **_shown(office, how.shown)}
    closed = [office.draft(Kind.TASK_CLOSED, {"id": one.id, **body}, by) for one in tasks]
    return [*closed, office.draft(Kind.REVIEWED, {**body, "tasks": [one.id for one in tasks]}, by)]


def _shown(office: Office, written: str) -> Json:
    if not written:
        return {}
    try:
        return {"shown": instant_text(min(instant_of(written), office.now()))}
    except ValueError:
        raise NotNow(
            "worklist", "It cannot be told which page this was sent from.",
            "What came after that page would be taken as seen.", "Load the page again, and settle it there.",
        ) from None  # fmt: skip


def _tried(office: Office, by: Actor, tasks: list[OpenTask]) -> list[Draft]:
    """Nothing is settled: the tasks stay open, and are now somebody's. The alarms of an emergency only rest."""
    rest = {one.id: {"until": one.due or instant_text(office.now())} for one in tasks if one.grade == "now"}
    wanted = [one for one in tasks if one.id in rest or one.owner != by.name]
    return [office.draft(Kind.TASK_TAKEN, {"id": one.id, **rest.get(one.id, {})}, by) for one in wanted]


def _passed_on(office: Office, by: Actor, summary: Summary, outcome: Contact, note: str) -> Draft:
    told = office.library.triage.line(outcome.opens)
    now = office.now()
    body: Json = {
        "id": task_id(summary, told.code, now.isoformat()), "grade": told.grade, "code": told.code,
        "why": told.words.format(who=by.name, what=f": {note}" if note else f" ({outcome.words.lower()})"),
        "due": due_by(office.library.triage, told.grade, now),
    }  # fmt: skip
    return Draft(Kind.TASK_OPENED, body, by, now)


def _append(office: Office, case: str, drafts: list[Draft]) -> None:
    """Contacts and tasks contradict no fact; what somebody else closed meanwhile is refused by the task itself."""
    office.store.append(case, drafts, expected=None)
