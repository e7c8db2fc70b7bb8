"""Reminders at the patient's own hour, in the patient's own zone, on days of which nothing is written yet.

Twice a year a local time is missing or comes twice. A missing one is reminded of at the first minute after the gap, one
that comes twice at its first coming: once on each day of the calendar, never twice, never left out.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from titrant.clinic.office import Office
from titrant.record.ports import NotFound
from titrant.record.states import State

_LATE = timedelta(hours=6)  # a clinic that was off at the hour reminds when it is back, but not in the next night


class Wanted(Struct, frozen=True):
    """When a phone asked to be reminded, and the local day on which it was last."""

    case: str
    device: str
    hour: str  # 21:00
    zone: str  # IANA; empty: the clinic's
    last: str = ""  # a day


class Reminder(Struct, frozen=True):
    """A reminder that is due: of which local day."""

    case: str
    device: str
    day: date


def instant_on(day: date, hour: str, zone: str) -> datetime:
    """The instant at which it is ``hour`` on ``day`` in ``zone``; after the gap where that time does not exist."""
    place = ZoneInfo(zone)
    local = datetime.combine(day, time.fromisoformat(hour), place)  # of two comings the first (fold 0)
    there = local.astimezone(UTC)
    if there.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return there
    return _after_gap(local, place)


def _after_gap(local: datetime, place: ZoneInfo) -> datetime:
    """The instant at which the clocks jumped over ``local``: the last before it plus one second."""
    early, late = local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC)
    low, high = min(early, late) - timedelta(hours=3), max(early, late)
    before = low.astimezone(place).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(place).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def reminders_due(office: Office, wanted: Iterable[Wanted], now: datetime) -> list[Reminder]:
    """Those whose hour has come today, where they live, and of whose day nothing is written."""
    found = []
    for one in wanted:
        zone = one.zone or office.settings.zone
        today = now.astimezone(ZoneInfo(zone)).date()
        # Just after midnight the hour of the evening before may still be near: both days are looked at.
        for day in (today - timedelta(days=1), today):
            since = now - instant_on(day, one.hour, zone)
            if one.last < day.isoformat() and timedelta(0) <= since < _LATE and _waits(office, one.case, day):
                found.append(Reminder(one.case, one.device, day))
    return found


def _waits(office: Office, case: str, day: date) -> bool:
    try:
        summary = office.store.summary(case)
    except NotFound:
        return False
    return summary.state is not State.ENDED and summary.last_entry < day.isoformat()


def calendar(words: str, hour: str, first: date, uid: str, made: datetime) -> str:
    """A calendar file with one event a day at ``hour``, whatever the zone of the phone: no name, no drug."""
    start = f"{first:%Y%m%d}T{hour.replace(':', '')}00"  # floating: the hour where the phone is
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Titrant//Diary//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{made.astimezone(UTC):%Y%m%dT%H%M%SZ}", f"DTSTART:{start}",
        "DURATION:PT5M", "RRULE:FREQ=DAILY", f"SUMMARY:{words}", "TRANSP:TRANSPARENT", "CLASS:PRIVATE",
        "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{words}", "TRIGGER:PT0S", "END:VALARM", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)
