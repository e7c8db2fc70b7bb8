"""Keep a diary entry: from the patient's phone, or typed by staff from paper. Kept once, whole, and never merged.

An entry that would make a record unreadable is refused here, at the door; whatever else it says is kept as it was said.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from titrant.clinic.acts import flags
from titrant.clinic.office import Office
from titrant.knowledge.library import decode
from titrant.pathway.diary import LONGEST_SPAN
from titrant.pathway.entries import SAME_DAY, DoseTaken, Entry, entered_between
from titrant.pathway.readings import parse_reading
from titrant.record.events import Actor, Draft, Kind, Role, instant_text
from titrant.record.ports import Bound, Receipt
from titrant.record.summary import Summary
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import CaseFileError
from titrant.terms.numbers import parse_decimal
from titrant.terms.reading import is_plain_text

# Guards against slips and floods, far above what one day holds; none is a clinical limit.
MOST_LETTERS = 500
MOST_LINES = 24
CLOCKS_APART = timedelta(minutes=5)
CLOCK_IS_WRONG = timedelta(hours=1)  # staff are told: the times, perhaps the day, of what that phone wrote are not sure
# From one patient's phones in a day: no hand writes so many, and a phone gone wild must not make a record unreadable.
MOST_IN_A_DAY = 200
MOST_ALARMS_IN_A_DAY = 300  # what opens a task for staff is still taken for a while
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WHY = "An entry that cannot be read would hide all others of this record."


def keep_entry(
    office: Office, case: str, tree: Json, client_id: str, by: Actor, *, received_at: datetime, clock: str = ""
) -> Receipt:
    """Keep ``tree``, one entry as docs/case-file.md has it, under the id that the device gave it.

    The same again gives the same receipt; the same id for something else raises Conflict. Raises CaseFileError for
    what cannot be an entry, TooMany for a flood. What it says of harm opens tasks in the same transaction. ``clock`` is
    what the clock by which it was written said as it was sent; where that is far off, the entry is kept with it.
    """
    if not isinstance(client_id, str) or not _ID.fullmatch(client_id):
        raise _refused("id", "The entry has no id of its own.", "Send it again from the page that made it.")
    entry = _shaped(tree, client_id)
    summary = office.store.summary(case)
    for field, fault, repair in _faults(office, entry, summary, by):
        raise _refused(field, fault, repair)
    given = {**tree, "id": client_id}
    said = sha256_of(given)
    entered, written = _timed(office, entry, received_at)
    kept = {**given, "entered": entered}
    body = {
        "id": client_id, "add": {"diary": [kept]}, "device": by.id if by.role is Role.PATIENT else "",
        "written": written, "received": instant_text(received_at), **_clock_off(clock, received_at),
    }  # fmt: skip
    drafts = [Draft(Kind.DIARY_KEPT, body, by, received_at), *flags.tasks_for(office, summary, entry)]
    bound = _flood(office, summary, received_at, alarming=len(drafts) > 1) if by.role is Role.PATIENT else None
    return office.store.keep(case, client_id, said, drafts, bound)


def _clock_off(clock: str, received_at: datetime) -> Json:
    """Hours by which a device's clock is ahead (less than nothing: behind), where the hour or the day can be wrong."""
    said = _instant(clock) if isinstance(clock, str) else None
    off = said - received_at if said is not None else timedelta(0)
    return {"clock_off_hours": round(off / _HOUR)} if not abs(off) < CLOCK_IS_WRONG else {}


def _flood(office: Office, summary: Summary, at: datetime, *, alarming: bool) -> Bound:
    """More than a day of one patient can hold is refused, and staff are told with the last that is taken."""
    most = MOST_ALARMS_IN_A_DAY if alarming else MOST_IN_A_DAY
    task = flags.flood_task(office, summary, MOST_IN_A_DAY)
    return Bound(instant_text(at - _DAY), told_at=MOST_IN_A_DAY, most=most, task=task)


def _shaped(tree: Json, client_id: str) -> Entry:
    if not isinstance(tree, dict):
        raise _refused("", "An entry is named fields.", "Send it again from the page that made it.")
    if tree.get("id", client_id) != client_id:
        raise _refused("id", "The entry carries another id than it is sent under.", "Send it again from the page.")
    for place in _out_of_measure(tree):
        raise _refused(place, "It is too long, or it holds characters that cannot be seen.", "Write less, and again.")
    try:
        return msgspec.convert({**tree, "id": client_id}, Entry, dec_hook=decode)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        fault = str(error).replace("`", "'").split(" - at '$")[0].rstrip(".")
        raise _refused("", f"{fault[:200]}.", "Correct the entry; see docs/case-file.md.") from None


def _out_of_measure(part: Any, place: str = "") -> list[str]:
    """Where text or a list is beyond what one day holds."""
    if isinstance(part, str):
        return [] if len(part) <= MOST_LETTERS and is_plain_text(part) else [place]
    if not isinstance(part, dict | list):
        return []
    if not len(part) <= MOST_LINES or place.count(".") > 4:
        return [place]
    pairs = part.items() if isinstance(part, dict) else enumerate(part)
    parts = [*pairs, *((place, key) for key in part if isinstance(part, dict))]
    return [found for key, one in parts for found in _out_of_measure(one, f"{place}.{key}")]


def _faults(office: Office, entry: Entry, summary: Summary, by: Actor) -> Iterator[tuple[str, str, str]]:
    """Field, fault and repair of everything that a reader of the record could not take."""
    if by.role is Role.PATIENT:
        if _instant(entry.entered) is None:
            yield "entered", "It does not say when it was written.", "Send the day and time with its zone."
        if entry.through is not None:
            yield "through", "An entry from a phone is about one day.", "Write one entry for each day."
    if entry.through is not None and not (entry.through - entry.day).days < LONGEST_SPAN:
        yield "through", "One entry speaks of too many days.", "Correct the days."
    for text in entry.blood_pressure:
        try:
            parse_reading(f"{text} on {entry.day}", office.library.facts["blood_pressure"])
        except ValueError as error:
            yield "blood_pressure", f"{str(error)[:200]}.", "Write both numbers as the device shows them."
    for dose in entry.doses:
        if dose.at and not _TIME.fullmatch(dose.at):
            yield "doses", f"{dose.at[:20]!r} is no time of day.", "Write it as 21:00."
        if dose.dose is not None and dose.pieces and not _agree(dose, _regimen_of(summary, entry.day)):
            yield "doses", "Milligrams and pieces do not agree.", "Give one of the two."


def _regimen_of(summary: Summary, day: date) -> dict[str, str]:
    """The regimen that holds on ``day``; on a day without one that of the plan in force."""
    step = summary.step_on(day)
    return step.regimen if step is not None else summary.regimen


def _agree(dose: DoseTaken, regimen: dict[str, str]) -> bool:
    """Whether mg and pieces are the same by what is signed; without it nobody can tell."""
    if dose.dose is None or not regimen:
        return False
    return parse_decimal(dose.pieces) * parse_decimal(regimen["piece_mg"]) == dose.dose.to("mg").value


def _instant(entered: str) -> datetime | None:
    """The instant in ``entered``, where it has a clock and a zone."""
    try:
        found = datetime.fromisoformat(entered)
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None


def _timed(office: Office, entry: Entry, received_at: datetime) -> tuple[str, str]:
    """The time of writing that holds, and what the device's own clock said of it.

    The clock of the server goes before that of a phone which is ahead of it; an entry for a day that has not come, or
    written before its day, is refused.
    """
    last = entry.through or entry.day
    said = _instant(entry.entered)
    if said is None:
        here = received_at.astimezone(ZoneInfo(office.settings.zone)).date()
        latest = here if entry.entered in ("", SAME_DAY) else min(here, entered_between(entry.entered)[1])
        if not last <= latest:
            raise _ahead(entry)
        return entry.entered, entry.entered
    held = said if said <= received_at + CLOCKS_APART else received_at.astimezone(said.tzinfo)
    if not last <= held.date():
        raise _ahead(entry)
    # An offset of nothing can stand for a clock of unknown place (docs/diary-fhir.md): this one is known, so its day.
    return held.isoformat(timespec="seconds") if held.utcoffset() else held.date().isoformat(), entry.entered


def _ahead(entry: Entry) -> CaseFileError:
    return _refused(
        "day", f"The entry is for {entry.day}, and that day has not come.",
        "Look whether day and time of this phone are right; then call the clinic.",
    )  # fmt: skip


def _refused(field: str, fault: str, repair: str) -> CaseFileError:
    place = field.lstrip(".")
    return CaseFileError(f"diary entry: {place}" if place else "diary entry", fault, _WHY, repair)
