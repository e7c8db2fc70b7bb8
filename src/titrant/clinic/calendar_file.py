"""Due dates as a calendar file (RFC 5545). A calendar is read by many eyes, so it names the check and nobody."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from titrant.pathway.checks_due import DueCheck, State
from titrant.terms.canonical import sha256_of

_LONGEST = 73  # octets of a line before it is folded


def due_calendar(found: Iterable[DueCheck], now: datetime) -> str:
    """An all-day entry for each check that is due or overdue."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Titrant//checks due//EN", "CALSCALE:GREGORIAN"]
    for one in found:
        if one.state is not State.DONE:
            lines += _event(one, now)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _event(one: DueCheck, now: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{sha256_of([one.what, one.due.isoformat()])[:32]}@titrant.invalid"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{one.due:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{one.due + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_escaped(one.title)}{' (overdue)' if one.state is State.OVERDUE else ' due'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets; a continuation begins with a space."""
    first = ""
    while len((first + line).encode()) > _LONGEST:
        cut = _LONGEST - len(first)
        while len(line[:cut].encode()) > _LONGEST - len(first):
            cut -= 1
        yield first + line[:cut]
        first, line = " ", line[cut:]
    yield first + line
