"""What has happened to a record since somebody looked at it, in words."""

from collections.abc import Iterator

from titrant.record.events import Event, Kind
from titrant.record.folding import Record
from titrant.terms.canonical import Json

# What nobody who decides on a dose has to read again for.
_BESIDE = frozenset({
    Kind.SECONDED, Kind.DRAFTED, Kind.DELIVERED, Kind.PLAN_READ, Kind.MESSAGE_READ, Kind.TASK_TAKEN, Kind.TASK_CLOSED,
    Kind.TASK_RELEASED, Kind.REVIEWED, Kind.CONTACT_PLANNED, Kind.EXPORTED, Kind.DEVICE_INVITED, Kind.DEVICE_ENROLLED,
    Kind.DEVICE_REVOKED, Kind.TEAMS_SET,
})  # fmt: skip
_SAID = {
    Kind.SIGNED: "{who} signed: {dose}",
    Kind.SUSPENDED: "{who} suspended the plan",
    Kind.STOPPED: "{who} stopped the course",
    Kind.WITHDRAWN: "{who} withdrew the plan",
    Kind.RESUMED: "{who} lifted the suspension",
    Kind.DIARY_KEPT: "a diary entry for {day} came in",
    Kind.MESSAGE_SENT: "{who} sent a message",
    Kind.TASK_OPENED: "a task was opened: {why}",
    Kind.SESSION_GIVEN: "{who} recorded a clinic session",
    Kind.SUPPLIED: "{who} recorded a supply",
    Kind.COUNTED: "{who} recorded a count",
    Kind.REFUSED: "{who} refused the proposal",
    Kind.DRAFT_DROPPED: "{who} dropped the draft",
}


def what_changed(record: Record, expected: int) -> list[str]:
    """One sentence for each event after number ``expected`` that somebody who decides must know."""
    if not 0 <= expected <= record.version:
        return [f"The record has number {record.version}, and number {expected} was shown."]
    return [f"{sentence(event)}." for event in record.events[expected:] if event.kind not in _BESIDE]


def sentence(event: Event) -> str:
    """What ``event`` did, with who and when."""
    body = event.body
    facts = {
        "who": f"{event.by.name} ({event.by.role.value})", "dose": body.get("dose_text", ""),
        "why": body.get("why", ""), "day": _entry_day(body),
    }  # fmt: skip
    said = _SAID.get(event.kind, "{who}: " + event.kind.value.replace("_", " ")).format(**facts)
    fields = ", ".join(dict.fromkeys(_fields(body.get("set") or {}, ""))) if event.kind is not Kind.SIGNED else ""
    return f"{said}{f' ({fields})' if fields else ''}, {event.at:%Y-%m-%d %H:%M} UTC"


def _entry_day(body: Json) -> str:
    entries = (body.get("add") or {}).get("diary") or [{}]
    return str(entries[0].get("day", ""))


def _fields(tree: Json, path: str) -> Iterator[str]:
    """The names of what was set: two steps below ``given`` are what a reader knows by name."""
    for key, value in tree.items():
        place = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value and place.count(".") < 2:
            yield from _fields(value, place)
        else:
            yield place.removeprefix("given.").replace("_", " ")
