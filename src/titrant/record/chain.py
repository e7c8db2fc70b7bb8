"""The chain of a clinic: every event is hashed with the hash before it, so that no event changes without a trace.

A chain shows edits inside it. That its end was cut off, or that all of it was built anew, only a head that was kept
elsewhere can show.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from titrant.record.events import BEGINNING, Event, chained
from titrant.terms.canonical import canonical_json


class Link(Struct, frozen=True):
    """One stored event. ``event`` None: what is stored cannot be read. ``body``: its canonical JSON as stored."""

    seq: int
    previous: str
    hash: str
    event: Event | None
    body: str


def chain_faults(links: Iterable[Link], newest: tuple[int, str], kept: str = "") -> Iterator[str]:
    """What is wrong with the links, as sentences; the first fault ends the search, because all after it hangs on it.

    ``newest``: length and last hash as the store remembers them. ``kept``: a head that was kept elsewhere, or "".
    """
    previous, place, met = BEGINNING, 0, kept in ("", BEGINNING)
    numbers: dict[str, int] = {}
    for link in links:
        fault = _fault(link, place, previous, numbers)
        if fault:
            yield fault
            return
        previous, place = link.hash, link.seq
        met = met or link.hash == kept
    if newest != (place, previous):
        yield f"The chain ends at fact {place}, and its head says otherwise: facts were cut off or added."
    if not met:
        yield "The head that was kept elsewhere is not in this chain: the chain was cut or built anew."


def _fault(link: Link, place: int, previous: str, numbers: dict[str, int]) -> str:
    event = link.event
    if link.seq != place + 1 or link.previous != previous:
        return f"Fact {place + 1} is missing, or fact {link.seq} does not follow it."
    if event is None:
        return f"Fact {link.seq} cannot be read."
    if chained(previous, event) != link.hash or canonical_json(event.body).decode() != link.body:
        return f"Fact {link.seq} is not what was appended: it was changed."
    due = numbers.get(event.case, 0) + 1
    if event.number != due:
        return f"Fact {link.seq} is number {event.number} of its record, and number {due} was due."
    numbers[event.case] = due
    return ""
