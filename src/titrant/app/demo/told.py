"""A story told as events: what the clinic, the pharmacy and the patient would have recorded, each on its day."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct

from titrant.app.demo.cast import TEAMS, member
from titrant.app.demo.signed import Signer
from titrant.app.demo.stories import Story, at
from titrant.record.events import SYSTEM, Actor, Draft, Event, Kind, Role
from titrant.record.folding import fold
from titrant.terms.canonical import Json

_ON = re.compile(r" on (20\d\d-\d\d-\d\d)")
_WHO = {role.value: role for role in Role}
_ANYTIME = time(20, 30)


class Told(Struct, frozen=True):
    """One patient as drafts in the order of time."""

    case: str
    drafts: tuple[Draft, ...]


class Patient(Struct, frozen=True):
    """Somebody to whom a story happens."""

    number: int
    person: dict[str, Any]
    swing: bool = False  # pain that goes up and down by a point, as it does

    @property
    def case(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"titrant/demo/case/{self.number}"))

    @property
    def team(self) -> str:
        return TEAMS[0] if self.number % 3 else TEAMS[1]


def tell(story: Story, patient: Patient, signer: Signer, today: date) -> Told:
    """The events of ``story`` as they happen to ``patient``, none of them later than yesterday evening."""
    drafts = sorted(_all(story, patient, signer, today), key=lambda one: one.at)
    return Told(patient.case, tuple(_sealed(drafts, story, patient, signer)))


def _sealed(drafts: list[Draft], story: Story, patient: Patient, signer: Signer) -> Iterator[Draft]:
    """The same, each signature made over the record as it stood at that moment, told of and read."""
    events: list[Event] = []
    for one in drafts:
        draft, number = one, len(events) + 1
        if one.kind is Kind.SIGNED:
            draft = signer.finished(story, one, fold(patient.case, events), patient.person["birth_date"])
        after = _handed_over(draft, number) if one.kind is Kind.SIGNED else ()
        for each in (draft, *after):
            events.append(_event(patient.case, len(events) + 1, each))
            yield each


def _event(case: str, number: int, draft: Draft) -> Event:
    return Event(case=case, number=number, kind=draft.kind, body=draft.body, by=draft.by, at=draft.at)


def _handed_over(signed: Draft, number: int) -> tuple[Draft, ...]:
    """The plan printed by the nurse and read by the patient, a few minutes after the signature."""
    printed = {"plan": number, "how": "printed", "sha256": signed.body["sha256"]}
    return (
        Draft(Kind.DELIVERED, printed, member(Role.NURSE), signed.at + timedelta(minutes=10)),
        Draft(Kind.PLAN_READ, {"plan": number}, member(Role.NURSE), signed.at + timedelta(minutes=15)),
    )


def _all(story: Story, patient: Patient, signer: Signer, today: date) -> Iterator[Draft]:
    levels = story.tree["given"].get("course", {}).get("levels", [])
    start = date.fromisoformat(levels[0]["since"]) if levels else today - timedelta(days=1)
    before = min([start, *(date.fromisoformat(one["day"]) for one in story.tree["given"].get("diary", []))])
    yield from _opened(patient, min(before, start - timedelta(days=3)))
    yield from _facts(story, start)
    yield from signer.drafts(story, patient.case)
    yield from signer.signatures(story)
    yield from _supplies(story)
    yield from _diary(story, patient)
    yield from _sessions(story)
    if levels and story.contact != "none":
        yield _contact(story, patient, today)
    yield from (_other(one) for one in story.also)


def _opened(patient: Patient, day: date) -> Iterator[Draft]:
    nurse, birth = member(Role.NURSE), patient.person["birth_date"]
    person = {"number": f"T-{1000 + patient.number}"} | patient.person
    known = {"given": {"patient": {"birth_date": birth}}}
    yield Draft(Kind.CASE_OPENED, {}, nurse, at(day, 8))
    yield Draft(Kind.PERSON_RECORDED, {"person": person, "set": known}, nurse, at(day, 8, 1))
    yield Draft(Kind.TEAMS_SET, {"teams": [patient.team]}, nurse, at(day, 8, 2))


def _facts(story: Story, start: date) -> Iterator[Draft]:
    """What was known at the start in one event, and each later reading on the day on which it was taken."""
    nurse, given = member(Role.NURSE), dict(story.tree["given"])
    course = given.pop("course", {})
    for name in ("diary", "parenteral", "patient"):
        given.pop(name, None)
    given["readings"], later = _split(given.get("readings", {}), start)
    kept = {name: value for name, value in course.items() if name in ("daily_contact", "closed_days")}
    tree = {name: value for name, value in story.tree.items() if name != "given"}
    known = tree | {"given": given | ({"course": kept} if kept else {})}
    yield Draft(Kind.FACTS_RECORDED, {"set": known}, nurse, at(start - timedelta(days=1), 9))
    for minute, (day, name, value) in enumerate(later):
        body = {"add": {f"readings.{name}": [value]}}
        yield Draft(Kind.FACTS_RECORDED, body, nurse, at(day, 10, minute % 60))
    for one in story.later:
        body = {name: one[name] for name in ("set", "add") if name in one}
        yield Draft(Kind.FACTS_RECORDED, body, nurse, at(one["on"], 10))


def _split(readings: Json, start: date) -> tuple[Json, list[tuple[str, str, str]]]:
    first: dict[str, list[str]] = {}
    later = []
    for name, value in readings.items():
        for one in value if isinstance(value, list) else [value]:
            day = _ON.findall(one)[-1]
            if day <= start.isoformat():
                first.setdefault(name, []).append(one)
            else:
                later.append((day, name, one))
    return first, sorted(later)


def _container(story: Story, supplied: Json) -> Json:
    """What stood on the container; not from the stock book, which a made-up past cannot fill."""
    product = story.tree.get("product") or {}
    family = product.get("family", "oral-solution-10")
    unit = next((one for one in ("troche", "capsule") if one in family), "mL")
    return {
        "product": {"family": family, "strength": product.get("strength", ""), "content": "base"}, "lot": "D-OLD",
        "quantity": supplied["pieces"], "unit": unit, "told": "yes", "from_stock": "no", "reasons": {},
        "beyond_use": (date.fromisoformat(supplied["on"]) + timedelta(days=180)).isoformat(),
    }  # fmt: skip


def _supplies(story: Story) -> Iterator[Draft]:
    pharmacist = member(Role.PHARMACIST)
    for one in story.tree["given"].get("course", {}).get("supplies", []):
        line = {name: one[name] for name in ("on", "pieces")}
        body = {"on": one["on"], **_container(story, one), "add": {"course.supplies": [line]}}
        yield Draft(Kind.SUPPLIED, body, pharmacist, at(one["on"], 14))
        if "left" in one:
            body = {"left": one["left"], "on": one["counted_on"]}
            yield Draft(Kind.COUNTED, body, pharmacist, at(one["counted_on"], 15))


def _diary(story: Story, patient: Patient) -> Iterator[Draft]:
    chance = random.Random(f"diary {patient.number}")  # noqa: S311 - no secret: the same swing each time
    who = Actor(f"phone-{patient.case}", "patient", Role.PATIENT)
    for line in story.tree["given"].get("diary", []):
        for day in _days(line):
            entry = {name: value for name, value in line.items() if name not in ("day", "through")}
            if patient.swing and "pain" in entry:
                average = min(10, max(0, entry["pain"]["average"] + chance.choice((-1, 0, 0, 0, 0, 1))))
                entry["pain"] = {"average": average}
            minute = chance.randrange(90)
            moment = datetime.combine(day, _ANYTIME, UTC) + timedelta(minutes=minute)
            yield Draft(Kind.DIARY_KEPT, {"add": {"diary": [{"day": day.isoformat(), **entry}]}}, who, moment)


def _days(line: Json) -> Iterator[date]:
    day, last = date.fromisoformat(line["day"]), date.fromisoformat(line.get("through", line["day"]))
    while day <= last:
        yield day
        day += timedelta(days=1)


def _sessions(story: Story) -> Iterator[Draft]:
    for one in story.tree["given"].get("parenteral", []):
        yield Draft(Kind.SESSION_GIVEN, {"add": {"parenteral": [one]}}, member(Role.PRESCRIBER), at(one["on"], 12))


def _contact(story: Story, patient: Patient, today: date) -> Draft:
    """When somebody will speak with the patient next, as agreed at the last signature."""
    last = date.fromisoformat(story.tree["given"]["course"]["levels"][-1]["since"]) - timedelta(days=1)
    on = date.fromisoformat(story.contact) if story.contact else today + timedelta(days=1 + patient.number % 13)
    return Draft(Kind.CONTACT_PLANNED, {"on": on.isoformat(), "why": "call"}, member(Role.NURSE), at(last, 17, 30))


def _other(one: Json) -> Draft:
    role = _WHO[one["by"]]
    who = {Role.PATIENT: Actor("phone", "patient", role), Role.SYSTEM: SYSTEM}.get(role) or member(role)
    hour, minute = (int(part) for part in one.get("at", "16:00").split(":"))
    return Draft(Kind(one["kind"]), one.get("body", {}), who, at(one["on"], hour, minute))
