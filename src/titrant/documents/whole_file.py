"""The whole patient file on paper: signatures word by word, the diary as a table, and everything that happened."""

from collections.abc import Iterator

from titrant.documents.event_words import NARROW, heading_of, leaves, told, when_of, who_of
from titrant.documents.paper import Desk, envelope, put, whose
from titrant.documents.plan_in_hand import check_signature
from titrant.documents.shown import line, shown
from titrant.record.events import Event, Kind
from titrant.record.seal import Broken
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError

_SIGNED = frozenset({Kind.SIGNED, Kind.SUSPENDED, Kind.STOPPED})
_DIARY = ("Day", "Kept", "Pain", "Taken", "Activity", "Side effects and flags", "More")


def whole_file(desk: Desk) -> bytes:
    return put(desk, "document", file_data(desk))


def file_data(desk: Desk) -> Json:
    record, person = desk.record, desk.record.summary.person
    length, head = desk.office.store.head()
    rows = [*whose(desk), ("State", record.summary.state.value.replace("_", " ")), ("Events", str(record.version))]
    rows += [("Chain of the clinic", f"{length} facts, head {head}"), ("Printed", desk.today.isoformat())]
    contact = [f"{name}: {line(value, 120)}" for name, value in _contact(person) if value]
    return {
        **envelope(desk, "Patient file"), "who": rows, "sender": [line(desk.settings.name)],
        "sections": [
            {"heading": "Contact", "lines": contact or ["None recorded."]},
            {"heading": "Facts as they stand", "lines": [*_facts(record.tree)] or ["None recorded."]},
            *(_signature(desk, event) for event in record.of(*_SIGNED) if "seal" in event.body),
            _diary(desk),
            _events(record.events),
        ],
    }  # fmt: skip


def _contact(person: object) -> list[tuple[str, str]]:
    names = ("phone", "email", "address", "language", "zone", "activity", "how_to_take")
    return [(name.replace("_", " ").capitalize(), str(getattr(person, name))) for name in names]


def _facts(tree: Json) -> Iterator[str]:
    """Everything of the case file but the diary, which is a table of its own."""
    given = {key: value for key, value in tree["given"].items() if key != "diary"}
    for path, value in leaves({**{key: value for key, value in tree.items() if key != "given"}, "given": given}):
        if value:
            yield shown(f"{path}: {value}", 1_200)


def _signature(desk: Desk, event: Event) -> Json:
    """The signed text as it was shown, and whether its seal holds today."""
    body = event.body
    text = str(body.get("text") or (body.get("content") or {}).get("text") or "")
    lines = [shown(one, 1_200) for one in text.splitlines() if one.strip()]
    meaning = shown(str(body.get("meaning", "")), 300)
    return {
        "heading": f"Signature {event.number}: {when_of(event)} UTC, {who_of(event)}",
        "lines": [*lines, meaning, f"Registration {line(str(body.get('registration') or '—'))}.", _seal(desk, event)],
    }  # fmt: skip


def _seal(desk: Desk, event: Event) -> str:
    try:
        check_signature(desk.office, desk.record, event)
    except (Broken, TitrantError, KeyError) as error:
        return f"THE SEAL DOES NOT HOLD: {error}. Do not follow this text."
    return f"The seal holds: {event.body['seal']['sha256']}."


def _diary(desk: Desk) -> Json:
    entries = desk.record.tree["given"].get("diary") or []
    rows = [_entry(one) for one in entries]
    return {
        "heading": f"Diary: {len(rows)} entries", "head": list(_DIARY), "columns": [0, 0, 0, 0, 0, 1, 1],
        "rows": rows or [["—", "", "", "", "", "No entry.", ""]], "size": 8,
    }  # fmt: skip


def _entry(entry: Json) -> list[str]:
    pain = entry.get("pain") or {}
    effects = [f"{name.replace('_', ' ')} {grade}" for name, grade in (entry.get("effects") or {}).items()]
    asked = ", ".join(effects) if effects else "none" if entry.get("effects") == {} else "not asked"
    flags = [f"RED FLAG {one.replace('_', ' ')}" for one in entry.get("flags") or ()]
    known = ("day", "through", "entered", "pain", "taken", "activity", "effects", "flags", "id")
    more = "; ".join(f"{path}: {value}" for path, value in leaves({k: v for k, v in entry.items() if k not in known}))
    day = f"{entry.get('day', '')}{' to ' + str(entry['through']) if entry.get('through') else ''}"
    average = pain.get("average")
    return [
        line(day, 30), line(str(entry.get("entered") or "not known"), 40, NARROW),
        "—" if average is None else str(average),
        line(str(entry.get("taken") or "—"), 20, NARROW), line(str(entry.get("activity") or "—"), 20, NARROW),
        shown("; ".join([*flags, asked]), 400, NARROW * 2), shown(more, 600, NARROW * 2),
    ]  # fmt: skip


def _events(events: tuple[Event, ...]) -> Json:
    rows = [[str(one.number), when_of(one), who_of(one), heading_of(one), told(one)] for one in events]
    return {
        "heading": f"Everything that happened: {len(rows)} events, times in UTC", "rows": rows, "size": 8,
        "head": ["No.", "When", "Who", "What", "Said"], "columns": [0, 0, 0.8, 0.8, 3],
    }  # fmt: skip
