"""Messages between a patient and the clinic, tied to the diary entry that they are about."""

from msgspec import Struct

from titrant.clinic.office import Office
from titrant.record.events import Actor, Event, Kind, Role
from titrant.record.folding import Record
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow
from titrant.terms.reading import is_plain_text

LONGEST = 2_000  # characters of one message


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


def send(office: Office, by: Actor, case: str, text: str, entry: str = "") -> None:
    """Send ``text``; what a member of staff answers also marks what was asked as read."""
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= LONGEST or not is_plain_text(text):
        raise NotNow(
            "message", f"It is empty, longer than {LONGEST:,} characters, or holds characters that cannot be seen.",
            "An empty message says nothing, and one that is cut says something else.", "Write it again.",
        )  # fmt: skip
    office.store.append(case, [office.draft(Kind.MESSAGE_SENT, {"text": text, "entry": entry}, by)], expected=None)


def read(office: Office, by: Actor, case: str, up_to: int) -> None:
    """Mark the patient's messages up to an event number as read; what came later stays unread."""
    office.store.append(case, [office.draft(Kind.MESSAGE_READ, {"up_to": up_to}, by)], expected=None)


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
