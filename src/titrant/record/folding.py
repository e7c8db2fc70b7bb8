"""The case folded from its events: the case file that the spine reads, and everything that happened beside it.

An event changes the case file only through ``set`` (differences laid over it) and ``add`` (values at the end of a list
under ``given``); kinds that close or correct a line have their own way.
"""

from collections.abc import Iterable

from msgspec import Struct

from titrant.record.dating import dated, entry_dated, signed_levels_dated
from titrant.record.events import Event, Kind
from titrant.record.summary import Summary, advance
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.trees import added, differing

EMPTY_CASE: Json = {"scenario": "", "given": {"patient": {}}}


class Record(Struct, frozen=True):
    """One case as it stands after its newest event. ``tree`` is a case file (docs/case-file.md)."""

    summary: Summary
    tree: Json
    events: tuple[Event, ...]

    @property
    def version(self) -> int:
        return self.summary.version

    @property
    def plan(self) -> Event | None:
        """The signature in force."""
        return self.event(self.summary.plan) if self.summary.plan else None

    @property
    def draft(self) -> Event | None:
        return self.event(self.summary.draft) if self.summary.draft else None

    @property
    def inputs_sha256(self) -> str:
        """Names exactly the facts that a decision on this record rests on; it changes with each of them."""
        return sha256_of(self.tree)

    def event(self, number: int) -> Event:
        return self.events[number - 1]

    def of(self, *kinds: Kind) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.kind in kinds)


def fold(case: str, events: Iterable[Event]) -> Record:
    """The record of ``case``. Raises ValueError where the numbers of the events have a gap."""
    summary, seen = Summary(case=case), []
    tree = differing(EMPTY_CASE, {"given": {"patient": {"id": case}}})
    adds: dict[str, list[Json]] = {}
    for event in events:
        if event.number != summary.version + 1 or event.case != case:
            raise ValueError(f"event {event.number} of {event.case!r} does not follow number {summary.version}")
        summary = advance(summary, event)
        seen.append(event)
        diary = (event.body.get("add") or {}).get("diary") if event.kind is Kind.DIARY_KEPT else None
        if diary:
            kept = [entry_dated(one, tree["given"], event) for one in diary]
            adds.setdefault("diary", []).extend(kept)  # gathered: a diary of years is added once, not day by day
        else:
            tree = laid(tree, event)
    given = tree["given"]
    for path, values in adds.items():
        given = added(given, path, values)
    return Record(summary, tree | {"given": given}, tuple(seen))


def laid(tree: Json, event: Event) -> Json:
    """The case file after ``event``: its differences laid over ``tree``."""
    body = dated(tree["given"], event)
    for path, values in (body.get("add") or {}).items():
        tree = tree | {"given": added(tree["given"], path, values)}
    tree = differing(tree, body.get("set") or {})
    if event.kind is Kind.SIGNED:
        return tree | {"given": signed_levels_dated(tree["given"], event)}
    closing = _CLOSING.get(event.kind)
    return tree | {"given": closing(tree["given"], body)} if closing else tree


def _counted(given: Json, body: Json) -> Json:
    """The count stands in the line of the newest supply; one that names its product is of what was there before."""
    if "product" in body:
        return given
    course = given.get("course") or {}
    lines = list(course.get("supplies") or [])
    if not lines:
        return given
    counted = lines[-1] | {"left": body["left"], "counted_on": body["on"]}
    return given | {"course": course | {"supplies": [*lines[:-1], counted]}}


def _resumed(given: Json, body: Json) -> Json:
    """Who lifts lifts all that is open: nurse and prescriber may both have suspended, each in a line of their own."""
    course = given.get("course") or {}
    lifted = {"lifted_on": body["on"], "lifted_by": body["by"], "lifted_as": "prescriber"}
    lines = [one if one.get("lifted_on") else one | lifted for one in course.get("suspensions") or ()]
    return given | {"course": course | {"suspensions": lines}} if lines else given


def _corrected(given: Json, body: Json) -> Json:
    """A supply line as it should have been written. The line itself stays among the events, and this one after it."""
    course = given.get("course") or {}
    lines = list(course.get("supplies") or [])
    place = body["line"]
    right = [lines[place] | {"pieces": body["pieces"]}] if body["pieces"] != "0" else []
    return given | {"course": course | {"supplies": [*lines[:place], *right, *lines[place + 1 :]]}}


_CLOSING = {Kind.COUNTED: _counted, Kind.RESUMED: _resumed, Kind.SUPPLY_CORRECTED: _corrected}
