"""Red flags at the door: the tasks that an entry opens, to be stored with the entry in one transaction.

Nothing of the past is read, so that an entry is answered at once: the summary carries what is signed for which day.
What only the past can show is judged by the worker.
"""

from datetime import date, datetime, timedelta

from titrant.clinic.office import Office
from titrant.clinic.signs import Seen, Signed, by_sign, signs_in
from titrant.knowledge.shapes.triage import Triage
from titrant.pathway.entries import Entry
from titrant.record.events import SYSTEM, Draft, Kind, instant_text
from titrant.record.states import State
from titrant.record.summary import Summary
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.numbers import parse_decimal
from titrant.terms.quantity import Quantity


def tasks_for(office: Office, summary: Summary, entry: Entry) -> list[Draft]:
    """A draft for each sign in ``entry``: the gravest first.

    What is open already is opened again only where it may be an emergency: each report of one is an event of its own.
    """
    signed = signed_on(summary, entry.day, entry.through)
    triage = office.library.triage
    seen = by_sign(signs_in(entry, office.library, signed))
    still_open = {task.code for task in summary.tasks.values()}
    wanted = [one for one in seen if one.sign.grade == "now" or one.sign.code not in still_open]
    order = [sign.code for sign in triage.signs]
    return [_task(office, summary, entry, one) for one in sorted(wanted, key=lambda one: order.index(one.sign.code))]


def signed_on(summary: Summary, day: date, through: date | None = None) -> Signed:
    """What is signed for the day of an entry; of several days in one, the most that was signed for any of them."""
    suspended = summary.state is State.SUSPENDED
    steps = [step for one in days_of(day, through) if (step := summary.step_on(one)) is not None]
    if suspended and not steps:
        steps = list(summary.signed_steps[-1:])  # more than was ever signed is told beside "taken while suspended"
    if not steps:
        return Signed(suspended=suspended)
    most = max(steps, key=lambda one: parse_decimal(one.regimen["dose_mg"]))
    return Signed.of(most.regimen, suspended=suspended, none_today=through is None and not most.takes_dose(day))


def days_of(day: date, through: date | None) -> list[date]:
    """The days that an entry is about."""
    return [day + timedelta(days=offset) for offset in range(((through or day) - day).days + 1)]


def _task(office: Office, summary: Summary, entry: Entry, seen: Seen) -> Draft:
    now, sign = office.now(), seen.sign
    day = f"from {entry.day} to {entry.through}" if entry.through else f"on {entry.day}"
    body: Json = {
        "id": task_id(summary, sign.code, entry.id or entry.day.isoformat()), "grade": sign.grade, "code": sign.code,
        "why": seen.words(day), "entry": entry.id, "due": due_by(office.library.triage, sign.grade, now),
    }  # fmt: skip
    return Draft(Kind.TASK_OPENED, body, SYSTEM, now)


def flood_task(office: Office, summary: Summary, most: int, of: str = "entries") -> Draft:
    """Somebody looks why so many ``of`` these come: a fault of the phone, or a hand that is not the patient's."""
    now = office.now()
    body: Json = {
        "id": task_id(summary, f"diary_flood {of}", instant_text(now)),
        "grade": "today", "code": "diary_flood", "entry": "",
        "why": f"The phone sent {most} {of} within a day; more are refused. Call the patient and look at the phone.",
        "due": due_by(office.library.triage, "today", now),
    }  # fmt: skip
    return Draft(Kind.TASK_OPENED, body, SYSTEM, now)


def task_id(summary: Summary, code: str, about: str) -> str:
    """The same task for the same entry at the same version of the case, so that a retry opens none twice."""
    return sha256_of([summary.case, summary.version, code, about])[:16]


def due_by(triage: Triage, grade: str, now: datetime) -> str:
    """Until when somebody has to have answered."""
    within: Quantity = triage.answer_within[grade].value  # type: ignore[index]
    return instant_text(now + timedelta(minutes=float(within.to("minutes").value)))
