"""What a patient does beside the diary: read a plan, write a message, set the hour of the reminder."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from titrant.clinic.office import Office
from titrant.record.events import Actor, Event, Kind, Role
from titrant.record.ports import Receipt
from titrant.terms.canonical import sha256_of
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import is_plain_text

LONGEST_MESSAGE = 2_000
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WHY = "What cannot be read cannot be answered."


def confirm_plan(office: Office, case: str, number: int, by: Actor) -> None:
    """The patient has read the plan signed as event ``number``; an older one confirms nothing."""
    office.store.append(case, [office.draft(Kind.PLAN_READ, {"plan": number}, by)], expected=None)


def send_message(office: Office, case: str, text: str, client_id: str, by: Actor, *, entry: str = "") -> Receipt:
    """A message to the clinic or to the patient, kept once for ``client_id``; ``entry``: the one it speaks of."""
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST_MESSAGE or not is_plain_text(text):
        raise CaseFileError(
            "message", f"It is empty, longer than {LONGEST_MESSAGE} letters, or holds what cannot be seen.", _WHY,
            "Write it again, shorter.",
        )  # fmt: skip
    body = {"id": client_id, "text": text, "entry": entry}
    return office.store.keep(case, client_id, sha256_of(body), [office.draft(Kind.MESSAGE_SENT, body, by)])


def messages_read(office: Office, case: str, by: Actor) -> None:
    """The patient has opened the thread up to its newest message; nothing is appended where nothing is new."""
    record = office.store.open(case)
    newest = max((one.number for one in thread(record.events) if one.by.role is not Role.PATIENT), default=0)
    seen = max((one.body["up_to"] for one in record.of(Kind.MESSAGE_READ) if one.by.role is Role.PATIENT), default=0)
    if seen < newest:
        office.store.append(case, [office.draft(Kind.MESSAGE_READ, {"up_to": newest}, by)], expected=None)


def thread(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.kind is Kind.MESSAGE_SENT]


def check_hour(hour: str, zone: str) -> tuple[str, str]:
    """The hour and the zone of a reminder. Raises CaseFileError for what is none; an empty hour is no reminder."""
    if hour and not _HOUR.fullmatch(hour):
        raise CaseFileError("reminder", f"{hour[:20]!r} is no time of day.", _WHY, "Write it as 21:00.")
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CaseFileError("reminder", f"{zone[:40]!r} is no zone.", _WHY, "Choose one of the list.") from None
    return hour, zone
