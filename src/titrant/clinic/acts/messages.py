"""Messages between a patient and the clinic, tied to the diary entry that they are about."""

from datetime import timedelta

from msgspec import Struct

from titrant.clinic.acts.flags import flood_task
from titrant.clinic.office import Office
from titrant.record.events import Actor, Event, Kind, Role, instant_text
from titrant.record.folding import Record
from titrant.record.ports import Bound, Receipt
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import NotNow
from titrant.terms.reading import shown_text

LONGEST = 2_000  # characters of one message
MOST_IN_A_DAY = 100  # of one patient; a guard against a phone gone wild, not a clinical limit


class Message(Struct, frozen=True):
    """One message as it is shown. ``about`` is the day of the entry it belongs to; ``seen_by`` who read it first."""

    number: int
    at: str
    who: str
    from_patient: bool
    text: str
    about: str
    read: bool
    seen_by: str


def send(office: Office, by: Actor, case: str, text: str, form: str, entry: str = "") -> Receipt:
    """Send ``text``, from the patient or to the patient; ``entry``: the diary entry that it speaks of.

    ``form`` is the id of the form that it was written on. The same words from one form are one message, however often
    they are sent; other words are another message, because a browser shows an old form again when one goes back. A
    character that cannot be seen becomes a mark that can: for it alone no message is refused. Raises NotNow.
    """
    text = shown_text(text).strip()
    if not 1 <= len(text) <= LONGEST:
        raise NotNow(
            "message", f"It is empty, or longer than {LONGEST:,} characters.",
            "An empty message says nothing, and one that is cut says something else.", "Write it again.",
        )  # fmt: skip
    said = {"text": text, "entry": entry}
    client_id = sha256_of({"form": form, "by": by.id, **said})
    body = {"id": client_id, **said}
    bound = _flood(office, case) if by.role is Role.PATIENT else None
    return office.store.keep(case, client_id, sha256_of(body), [office.draft(Kind.MESSAGE_SENT, body, by)], bound)


def _flood(office: Office, case: str) -> Bound:
    """More than a day of one patient can hold is refused, and staff are told with the last that is taken."""
    task = flood_task(office, office.store.summary(case), MOST_IN_A_DAY, "messages")
    since = instant_text(office.now() - timedelta(days=1))
    return Bound(since, told_at=MOST_IN_A_DAY, most=MOST_IN_A_DAY, task=task, of="messages")


def read(office: Office, by: Actor, case: str, up_to: int) -> None:
    """Mark the messages of the other side up to an event number as read; what comes later stays unread.

    What is kept is the number of the newest message that this reaches; where it reaches none, nothing is kept.
    """
    of_patient = by.role is not Role.PATIENT
    sent = office.store.events(case, [Kind.MESSAGE_SENT])
    theirs = (one.number for one in sent if (one.by.role is Role.PATIENT) is of_patient)
    reached = max((number for number in theirs if number <= up_to), default=0)
    if reached:
        office.store.append(case, [office.draft(Kind.MESSAGE_READ, {"up_to": reached}, by)], expected=None)


def read_by_patient(office: Office, case: str, by: Actor) -> None:
    """The patient has opened the thread up to its newest message; nothing is appended where nothing is new."""
    record = office.store.open(case)
    newest = max((one.number for one in record.of(Kind.MESSAGE_SENT) if one.by.role is not Role.PATIENT), default=0)
    seen = max((one.body["up_to"] for one in record.of(Kind.MESSAGE_READ) if one.by.role is Role.PATIENT), default=0)
    if seen < newest:
        read(office, by, case, newest)


def thread(record: Record) -> list[Message]:
    """The messages of a case, newest first, with who read them."""
    days = {entry["id"]: entry["day"] for entry in record.tree["given"].get("diary") or [] if entry.get("id")}
    readers = record.of(Kind.MESSAGE_READ)
    sent = record.of(Kind.MESSAGE_SENT)
    return [_message(event, readers, days) for event in reversed(sent)]


def _message(event: Event, readers: tuple[Event, ...], days: Json) -> Message:
    from_patient = event.by.role is Role.PATIENT
    others = [
        one.by.name
        for one in readers
        if (one.by.role is not Role.PATIENT) is from_patient and event.number <= one.body["up_to"]
    ]
    return Message(
        event.number, event.content["at"], event.by.name, from_patient, event.body["text"],
        days.get(event.body.get("entry", ""), ""), bool(others), others[0] if others else "",
    )  # fmt: skip
