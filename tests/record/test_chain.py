"""T28: whatever is done to the chain of facts is seen: changed, deleted, inserted, swapped, cut off, built anew."""

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from titrant.record import chain
from titrant.record.chain import Link, chain_faults
from titrant.record.events import BEGINNING, Actor, Event, Kind, Role, chained
from titrant.terms.canonical import canonical_json

NURSE = Actor("nurse-1", "Nurse (synthetic)", Role.NURSE)
BEGUN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
CASES = ("", "one", "two")


def built(events: list[Event]) -> list[Link]:
    links, previous = [], BEGINNING
    for seq, event in enumerate(events, 1):
        links.append(Link(seq, previous, chained(previous, event), event, canonical_json(event.body).decode()))
        previous = links[-1].hash
    return links


def events(length: int = 30) -> list[Event]:
    counted: dict[str, int] = {}
    made = []
    for place in range(length):
        case = CASES[place % len(CASES)]
        counted[case] = counted.get(case, 0) + 1
        made.append(
            Event(
                case=case, number=counted[case], kind=Kind.TASK_CLOSED, by=NURSE, at=BEGUN + timedelta(minutes=place),
                body={"id": str(place), "outcome": "reached", "note": f"note {place}"},
            )
        )  # fmt: skip
    return made


def changed(link: Link, random: random.Random) -> Link:
    """The link with one field of its event, or of itself, made another."""
    event = link.event
    assert event is not None
    replace = msgspec.structs.replace
    body = event.body | {random.choice(["id", "outcome", "note", "new"]): f"other {random.random()}"}
    return random.choice([
        replace(link, event=replace(event, body=body), body=canonical_json(body).decode()),
        replace(link, body=link.body.replace("note", "mote")),
        replace(link, event=replace(event, at=event.at + timedelta(microseconds=1))),
        replace(link, event=replace(event, by=Actor(event.by.id, event.by.name, Role.PRESCRIBER))),
        replace(link, event=replace(event, by=Actor(event.by.id, "Another (synthetic)", event.by.role))),
        replace(link, event=replace(event, kind=Kind.TASK_TAKEN)),
        replace(link, event=replace(event, case="three")),
        replace(link, event=replace(event, number=event.number + 1)),
        replace(link, event=None),
        replace(link, hash="0" * 64),
    ])  # fmt: skip


def attacked(links: list[Link], random: random.Random) -> tuple[list[Link], tuple[int, str]]:
    """The links after one attack, and the head that an attacker who can write everything would leave behind."""
    own, place = list(links), random.randrange(len(links) - 1)
    match random.choice(["change", "delete", "insert", "swap", "cut", "anew"]):
        case "change":
            own[place] = changed(own[place], random)
        case "delete":
            del own[place]
        case "insert":
            own.insert(place, own[random.randrange(len(own))])
        case "swap":
            own[place], own[place + 1] = own[place + 1], own[place]
        case "cut":
            own = own[: place + 1]
        case "anew":
            kept = [link.event for link in own if link.event is not None]
            own = built([msgspec.structs.replace(kept[0], at=BEGUN - timedelta(days=1)), *kept[1:]])
    return own, (len(own), own[-1].hash)


def unseen(count: int, seed: int) -> int:
    links, chosen = built(events()), random.Random(seed)
    kept = links[-1].hash
    return sum(not list(chain_faults(*attacked(links, chosen), kept)) for _ in range(count))


def test_an_untouched_chain_has_no_fault() -> None:
    links = built(events())
    assert list(chain_faults(links, (len(links), links[-1].hash), links[10].hash)) == []


def test_every_attack_is_seen() -> None:
    assert unseen(400, seed=1) == 0


@pytest.mark.release
def test_every_one_of_ten_thousand_attacks_is_seen() -> None:
    assert unseen(10_000, seed=2) == 0


def test_without_a_head_kept_elsewhere_a_chain_built_anew_is_not_seen(monkeypatch) -> None:
    """The planted fault: the count of unseen attacks can be other than none."""
    real = chain.chain_faults
    monkeypatch.setitem(globals(), "chain_faults", lambda links, newest, _kept: real(links, newest))
    assert unseen(60, seed=3) > 0
