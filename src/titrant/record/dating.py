"""When what stands in a case file was written down, where its own day does not tell that it came after a signature.

A reading dated the day before a signature, typed two days after it, was not before the prescriber who signed. Only the
order of the events knows that, so it is the record that dates: it carries the instant of each signature into the levels
that it signed, and the instant of writing into whatever came later and is of a day that the signature covers.
"""

from datetime import datetime

from titrant.record.dating_drugs import drug_told, drugs_told
from titrant.record.events import Event, instant_of, instant_text
from titrant.terms.canonical import Json

_WORDS = ("answers",)  # under ``set.given``: one word each, which a newer one replaces


def signed_levels_dated(given: Json, event: Event) -> Json:
    """``given`` with the instant of the signature ``event`` in the levels that begin by it."""
    course, starts = given.get("course") or {}, event.body["content"]["starts"]
    levels = [level_dated(one, event) if starts <= one["since"] else one for one in course.get("levels") or ()]
    return given | {"course": course | {"levels": levels}} if levels else given


def level_dated(level: Json, event: Event) -> Json:
    """A level of the signature ``event`` as it stands in the case file."""
    product = (event.body.get("set") or {}).get("product")
    return level | {"signed": _second(event.at)} | ({"made_of": product} if product else {})


def dated(given: Json, event: Event) -> Json:
    """The body of ``event``, with the instant of writing in all that the newest signature is taken to have seen."""
    body, newest = event.body, _newest(given)
    if newest is None or not (body.get("add") or body.get("set")):
        return body
    since, signed = newest
    # The order of the events goes before the clocks: what follows a signature was not written before it.
    at = _second(max(event.at, instant_of(signed)))
    add = {path: [_one(path, value, since, at) for value in values] for path, values in (body.get("add") or {}).items()}
    changes = body.get("set") or {}
    own = changes.get("given") or {}
    words = {kind: {name: _word(one, since, at) for name, one in own[kind].items()} for kind in _WORDS if own.get(kind)}
    put = words | _drugs(own, given, since, at)
    return body | ({"add": add} if add else {}) | ({"set": changes | {"given": own | put}} if put else {})


def entry_dated(entry: Json, given: Json, event: Event) -> Json:
    """A diary entry of ``event`` as ``dated`` would have it."""
    newest = _newest(given)
    return entry if newest is None else _one("diary", entry, newest[0], _second(max(event.at, instant_of(newest[1]))))


def _newest(given: Json) -> tuple[str, str] | None:
    """The first day of the newest signed level, and the instant of its signature."""
    levels = (given.get("course") or {}).get("levels") or ()
    newest = levels[-1] if levels else {}
    return (newest["since"], newest["signed"]) if newest.get("signed") else None


def _drugs(own: Json, given: Json, since: str, at: str) -> Json:
    """The drug list where ``own`` writes it as a whole: only what it did not have before is newly told."""
    listed = own.get("medications") or {}
    if not isinstance(listed.get("list"), list | tuple):
        return {}
    before = list((given.get("medications") or {}).get("list") or ())
    return {"medications": listed | {"list": drugs_told(before, list(listed["list"]), since, at)}}


def _one(path: str, value: Json, since: str, at: str) -> Json:
    kind = path.partition(".")[0]
    if kind == "readings" and isinstance(value, str):
        day, _, source = value.partition(" on ")[2].partition(" from ")
        plain = day < since and " entered " not in day
        return value.replace(f" on {day}", f" on {day} entered {at}", 1) if plain else value
    if kind == "questionnaires" and isinstance(value, dict) and str(value.get("on", "")) < since:
        return value | {"entered": at}
    if kind == "diary" and isinstance(value, dict) and _written_on(value) <= since:
        return value | {"received": at}
    if path == "medications.list":
        return drug_told(value, since, at)
    if kind == "parenteral" and isinstance(value, dict):
        return value | ({"entered": at} if str(value.get("on", "")) < since else {})
    return value


def _word(one: Json, since: str, at: str) -> Json:
    return one | {"entered": at} if isinstance(one, dict) and str(one.get("on", "")) < since else one


def _written_on(entry: Json) -> str:
    """The day on which an entry says that it was written; the first where nobody knows."""
    said = str(entry.get("entered", ""))
    return str(entry.get("day", "")) if said == "same day" else said[: len("2026-11-20")]


def _second(at: datetime) -> str:
    return instant_text(at.replace(microsecond=0)).replace(".000000", "")
