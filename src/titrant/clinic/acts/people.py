"""Settings of the clinic, and a record opened in an emergency."""

import uuid
from zoneinfo import available_timezones

import msgspec

from titrant.clinic.office import Office
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import CLINIC, Actor, Kind
from titrant.record.ports import Query
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, NotAllowed

PACKS = {"us": "United States", "uk": "United Kingdom", "none": "elsewhere: no pack of law is applied"}
PAPERS = ("A4", "Letter")
LANGUAGES = {"en": "English", "es": "Spanish"}
# Bounds of the software, not of medicine: the ladder divides by the minutes, and an hour is no escalation any more.
RED_FLAG_MINUTES = (1, 60)
_SHORTEST_REASON = 10  # letters
EMERGENCY_ACCESS = "emergency_access"  # the task that tells the care team


def change_settings(office: Office, by: Actor, asked: Json) -> ClinicSettings:
    """Set what differs from now; the whole must be right. Raises CaseFileError with the field at fault."""
    now = msgspec.to_builtins(office.settings)
    changes = {key: value for key, value in asked.items() if now.get(key) != value}
    try:
        after = msgspec.convert(now | changes, ClinicSettings)
    except msgspec.ValidationError as error:
        raise _wrong("clinic settings", str(error), "Fill in the field as its help says.") from error
    _check(after)
    if changes:
        office.store.append(CLINIC, [office.draft(Kind.SETTINGS_CHANGED, {"changes": changes}, by)], expected=None)
    return after


def _check(settings: ClinicSettings) -> None:
    if not settings.name.strip():
        raise _wrong("name", "The clinic has no name.", "Write the name that stands on papers.")
    if settings.zone not in available_timezones():
        raise _wrong("zone", f"“{settings.zone}” is no time zone.", "Write it as Europe/London or America/Chicago.")
    if settings.pack not in PACKS:
        raise _wrong("pack", f"There is no pack “{settings.pack}”.", f"Choose one of: {', '.join(PACKS)}.")
    if settings.paper not in PAPERS:
        raise _wrong("paper", f"“{settings.paper}” is no paper size here.", f"Choose one of: {', '.join(PAPERS)}.")
    if settings.language not in LANGUAGES:
        raise _wrong("language", f"“{settings.language}” is not there.", f"Choose one of: {', '.join(LANGUAGES)}.")
    if not all(0 <= day <= 6 for day in settings.closed_weekdays) or len(set(settings.closed_weekdays)) >= 7:
        raise _wrong("closed_weekdays", "A clinic is open on some day.", "Leave at least one weekday open.")
    least, most = RED_FLAG_MINUTES
    if not least <= settings.red_flag_minutes <= most:
        fault = f"{settings.red_flag_minutes} minutes is outside what this software works with."
        raise _wrong("red_flag_minutes", fault, f"Write whole minutes from {least} to {most}.")
    for address in settings.red_flag_to:
        if not _is_address(address):
            raise _wrong("red_flag_to", f"“{address}” is no e-mail address.", "Write one address on each line.")
    if settings.heads_to and not _is_address(settings.heads_to):
        raise _wrong("heads_to", f"“{settings.heads_to}” is no e-mail address.", "Write one address, or none.")


def _is_address(text: str) -> bool:
    """One address and nothing beside it: an alarm to anything else goes nowhere, or elsewhere."""
    name, at, host = text.rpartition("@")
    plain = text.isprintable() and not any(one.isspace() or one in ',;<>()[]"\\@' for one in name + host)
    parts = host.split(".")
    return bool(name and at) and plain and all(parts) and (len(parts) > 1 or host == "localhost")


def _wrong(field: str, fault: str, repair: str) -> CaseFileError:
    return CaseFileError(field, fault, "Patients and papers are told by these settings.", repair)


def find_in_emergency(office: Office, number: str, birth_date: str) -> str:
    """The record with exactly this number and day of birth. Raises NotAllowed: what is there is not told by halves."""
    number = number.strip()
    rows = office.store.rows(Query(teams=None, number=number, size=1000), office.today) if number else []
    fits = [row.summary for row in rows if _is(row.summary, number, birth_date.strip())]
    if len(fits) != 1:
        raise NotAllowed(
            "emergency access", "No record has this number and this day of birth.",
            "A record outside the care team is opened only by somebody who has the person before them.",
            "Compare the number and the day of birth with the patient's card, and try again.",
        )  # fmt: skip
    return fits[0].case


def _is(summary: Summary, number: str, birth_date: str) -> bool:
    return (summary.person.number, summary.person.birth_date) == (number, birth_date)


def open_in_emergency(office: Office, by: Actor, case: str, reason: str) -> None:
    """Open a record outside the care team: written down, and put on the team's list for somebody to look at."""
    reason = " ".join(reason.split())[:500]
    if len(reason) < _SHORTEST_REASON:
        raise _no_reason()
    task = {
        "id": f"emergency-{uuid.uuid4()}", "grade": "today", "code": EMERGENCY_ACCESS,
        "why": f"{by.name} ({by.role.value}), not of the care team, opened this record in an emergency: {reason}",
    }  # fmt: skip
    drafts = [
        office.draft(Kind.EMERGENCY_ACCESS, {"reason": reason}, by),
        office.draft(Kind.TASK_OPENED, task, by),
    ]
    office.store.append(case, drafts, expected=None)


def _no_reason() -> NotAllowed:
    return NotAllowed(
        "emergency access", "The reason is missing or too short.", "The care team and the auditor read it.",
        "Say in a sentence what happened and why it cannot wait.",
    )  # fmt: skip


def set_teams(office: Office, by: Actor, case: str, teams: tuple[str, ...], *, expected: int) -> Summary:
    """Hand a patient to other care teams, or share them. A patient without a team would be seen by nobody."""
    if not teams:
        raise NotAllowed(
            "care teams", "No care team is chosen.", "A patient without one is on nobody's worklist.",
            "Choose at least one team.",
        )  # fmt: skip
    return office.store.append(case, [office.draft(Kind.TEAMS_SET, {"teams": sorted(teams)}, by)], expected=expected)
