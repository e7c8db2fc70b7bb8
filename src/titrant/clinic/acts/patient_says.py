"""What a patient does beside the diary and its messages: read a plan, set the hour of the reminder."""

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from titrant.clinic.office import Office
from titrant.record.events import Actor, Kind
from titrant.terms.errors import CaseFileError

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WHY = "A reminder that nobody can place would never come."


def confirm_plan(office: Office, case: str, number: int, by: Actor) -> None:
    """The patient has read the plan signed as event ``number``; an older one confirms nothing."""
    office.store.append(case, [office.draft(Kind.PLAN_READ, {"plan": number}, by)], expected=None)


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
