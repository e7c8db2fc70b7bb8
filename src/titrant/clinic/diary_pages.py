"""The diary as staff read it: newest day first, each entry with how it came in, and what stands beside it."""

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from titrant.clinic.office import Office
from titrant.clinic.standing import Standing
from titrant.pathway.diary import Day, read_diary
from titrant.pathway.entries import DoseTaken, Entry
from titrant.record.events import Event, Kind, Role
from titrant.terms.errors import TitrantError

_DAYS_OF_A_PAGE = 60


class DiaryLine(Struct, frozen=True, kw_only=True):
    """One day of the diary in words."""

    on: date
    late: bool
    entered: date | None
    came: str  # phone, staff with the name, or record
    number: int = 0  # of its event
    taken: str = ""
    held: str = ""
    pain: str = ""
    activity: str = ""
    effects: str = ""
    flags: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


def days_of(office: Office, standing: Standing) -> tuple[Day, ...]:
    """The days of the diary as the spine reads them, oldest first."""
    if standing.review is not None:
        return standing.review.diary.days
    case = standing.case
    if case is None:
        return ()
    protocol = office.library.protocols.get(case.protocol)
    following = protocol.following if protocol else None
    try:
        return read_diary(case, office.library, office.today, following.late_after if following else None).days
    except TitrantError:
        return ()


def diary_lines(office: Office, standing: Standing, before: date | None) -> tuple[list[DiaryLine], date | None]:
    """One page of the diary, newest first, and the day before which the next page begins."""
    days = [day for day in days_of(office, standing) if before is None or day.on < before]
    events = {_id(event): event for event in standing.record.of(Kind.DIARY_KEPT)}
    said = _messages(standing)
    newest = days[-1].on if days else None
    first = newest - timedelta(days=_DAYS_OF_A_PAGE) if newest else None
    lines = [_line(day, events.get(day.entry.id), said) for day in reversed(days) if first and first < day.on]
    return lines, first + timedelta(days=1) if first and days and days[0].on <= first else None


def _id(event: Event) -> str:
    return str(event.body["add"]["diary"][0].get("id", ""))


def _messages(standing: Standing) -> dict[str, list[str]]:
    """Messages by the diary entry to which they are tied."""
    found: dict[str, list[str]] = {}
    for event in standing.record.of(Kind.MESSAGE_SENT):
        tied = str(event.body.get("entry") or "")
        if tied:
            found.setdefault(tied, []).append(
                f"{event.by.name}, {event.at:%Y-%m-%d %H:%M}: {event.body.get('text', '')}"
            )
    return found


def _line(day: Day, event: Event | None, said: dict[str, list[str]]) -> DiaryLine:
    entry = day.entry
    tied = [*said.get(entry.id, ()), *(said.get(str(event.number), ()) if event else ())] if entry.id else []
    return DiaryLine(
        on=day.on, late=day.late, entered=day.entered, came=_came(event), number=event.number if event else 0,
        taken=", ".join([*([entry.taken] if entry.taken else []), *(_dose(one) for one in entry.doses)]),
        held=", ".join(dict.fromkeys(_held(one) for one in entry.doses if one.hold_minutes is not None or one.then)),
        pain=_pain(entry), activity=entry.activity, effects=_effects(entry),
        flags=tuple(flag.replace("_", " ") for flag in entry.flags), more=tuple(_more(entry)), messages=tuple(tied),
    )  # fmt: skip


def _came(event: Event | None) -> str:
    if event is None:
        return "from a record"
    if event.by.role is not Role.PATIENT:
        return f"typed by {event.by.name}"
    hours = event.body.get("clock_off_hours", 0)
    way = "ahead" if hours > 0 else "behind"
    return f"phone; its clock was {abs(hours)} h {way}: ask which day and time are meant" if hours else "phone"


def _dose(one: DoseTaken) -> str:
    amount = " = ".join(part for part in (str(one.dose) if one.dose else "", one.pieces) if part)
    return " ".join(part for part in (one.what, one.at, amount, f"({one.reason})" if one.reason else "") if part)


def _held(one: DoseTaken) -> str:
    minutes = "" if one.hold_minutes is None else f"{one.hold_minutes} min"
    return " ".join(part for part in (minutes, one.then) if part)


def _pain(entry: Entry) -> str:
    if entry.pain is None:
        return ""
    parts = (("average", entry.pain.average), ("worst", entry.pain.worst), ("now", entry.pain.now))
    return ", ".join(
        f"{value}" if name == "average" else f"{name} {value}" for name, value in parts if value is not None
    )


def _effects(entry: Entry) -> str:
    if entry.effects is None:
        return "not asked"
    named = [f"{name.replace('_', ' ')} {grade}" for name, grade in entry.effects.items() if grade]
    return ", ".join(named) or "none"


def _more(entry: Entry) -> Iterator[str]:
    for name in ("sleep", "mood"):
        if getattr(entry, name) is not None:
            yield f"{name} {getattr(entry, name)}"
    if entry.peg:
        yield f"PEG answers {entry.peg.pain}, {entry.peg.enjoyment}, {entry.peg.activity}"
    yield from entry.blood_pressure
    yield from (f"{one.drug} × {one.times}" for one in entry.rescue)
    if entry.bad_day == "yes":
        yield "bad day"
    if entry.reason:
        yield f"“{entry.reason}”"
