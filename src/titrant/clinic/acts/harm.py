"""What an entry says of harm is kept also where the entry itself is refused: no wrong number holds it up."""

from datetime import datetime
from typing import Any, get_args

import msgspec

from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.office import Office
from titrant.clinic.phone_day import zone_of
from titrant.clinic.signs import signs_in
from titrant.knowledge.library import decode
from titrant.pathway.entries import GRADES, Effect, Entry, Flag
from titrant.pathway.readings import parse_reading
from titrant.record.events import Actor
from titrant.record.ports import Receipt
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.errors import CaseFileError, NotNow


def keep_harm(
    office: Office, case: str, tree: Json, client_id: str, by: Actor, *, received_at: datetime
) -> Receipt | None:
    """Keep the red flags, side effects and readable pressures of ``tree``, an entry that was refused, by themselves.

    Its tasks are opened as for any entry. None where it says of nothing that somebody has to be told of, where the same
    was kept before, and where so many come that no more are taken. A day that is no day becomes the day of receipt.
    """
    local = received_at.astimezone(zone_of(office, office.store.summary(case).person))
    now: Json = {"day": local.date().isoformat(), "entered": local.isoformat(timespec="seconds")}
    harm = _harm_in(office, tree)
    if not any(signs_in(_as_entry({**now, **harm}), office.library, None)):
        return None
    own_id = f"harm-{sha256_of([str(client_id), harm])[:32]}"
    said: Json = {name: tree.get(name) for name in now}
    for when in (said, now):
        try:
            return keep_entry(office, case, {**when, **harm}, own_id, by, received_at=received_at)
        except CaseFileError:
            continue  # the day itself is at fault
        except NotNow:
            return None
    return None


def _harm_in(office: Office, tree: Json) -> Json:
    """Flags, grades above none and pressures, each by itself: what cannot be read takes nothing else with it."""
    effects = _of(tree, "effects", dict)
    found: Json = {
        "flags": [one for one in get_args(Flag) if one in _of(tree, "flags", list)],
        "effects": {name: effects[name] for name in get_args(Effect) if _graded(effects.get(name))},
        "blood_pressure": [one for one in _of(tree, "blood_pressure", list)[:3] if _readable(office, one)],
    }
    return {name: one for name, one in found.items() if one}


def _of(tree: Json, name: str, kind: type) -> Any:
    """The part ``name`` of ``tree`` where it is a list or an object as it should be; else an empty one."""
    part = tree.get(name) if isinstance(tree, dict) else None
    return part if isinstance(part, kind) else kind()


def _graded(grade: object) -> bool:
    return type(grade) is int and GRADES[0] < grade <= GRADES[1]


def _readable(office: Office, text: object) -> bool:
    try:
        parse_reading(f"{text} on {office.today}", office.library.facts["blood_pressure"])
    except ValueError:
        return False
    return isinstance(text, str)


def _as_entry(tree: Json) -> Entry:
    return msgspec.convert(tree, Entry, dec_hook=decode)
