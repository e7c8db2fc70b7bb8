"""Signed levels of the demo, sealed by the demo clinic's own key: the same content and seal as a real signature."""

from collections.abc import Iterator
from datetime import date, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from titrant import __version__
from titrant.app.demo.cast import member
from titrant.app.demo.stories import Story, at
from titrant.clinic.acts.verifying import sealed_body
from titrant.clinic.desk import Desk
from titrant.clinic.shaping import shape_case
from titrant.explain.amounts import pieces_text, quantity_text, times_text
from titrant.knowledge.library import Library
from titrant.pathway.prescribe import regimen_content
from titrant.pathway.review import Review, review
from titrant.pathway.supplying import SignedLevel, supply_for
from titrant.record.events import Draft, Kind, Role
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.numbers import plain

MEANING = "I have seen this plan and prescribe it."


class Signer:
    """Signs the levels of stories as the synthetic prescriber."""

    def __init__(self, library: Library, key: Ed25519PrivateKey, today: date) -> None:
        self._library, self._key, self._today = library, key, today
        self._reviews: dict[str, Review] = {}

    def drafts(self, story: Story, case: str) -> Iterator[Draft]:
        """The first plan as the nurse drafted it, where the story says so."""
        if not story.drafted:
            return
        on = date.fromisoformat(story.drafted)
        tree = story.tree | {"given": story.tree["given"] | {"patient": {**story.tree["given"]["patient"], "id": case}}}
        draft = Desk(self._library, on).prescribe(shape_case(tree, story.id))[1]
        if draft is not None:
            body = {"content": draft.content, "sha256": draft.sha256, "text": draft.text}
            yield Draft(Kind.DRAFTED, body, member(Role.NURSE), at(on, 15))

    def signatures(self, story: Story, case: str, birth: str) -> Iterator[Draft]:
        """A signature for each level, the patient told of it, and the instruction read."""
        if not story.tree["given"].get("course", {}).get("levels"):
            return
        found = self._review(story)
        who = member(Role.PRESCRIBER)
        for place, level in enumerate(found.levels):
            moment = at(level.since - timedelta(days=1), 17)
            content = self._content({"id": case, "birth_date": birth}, found, place) | {"case": case, "steps": []}
            body = self._body(story, found, place, content)
            unsealed = Draft(Kind.SIGNED, body, who, moment)
            yield Draft(Kind.SIGNED, sealed_body(case, unsealed, self._key), who, moment)

    def _review(self, story: Story) -> Review:
        if story.id not in self._reviews:
            self._reviews[story.id] = review(story.case, self._library, self._today)
        return self._reviews[story.id]

    def _body(self, story: Story, found: Review, place: int, content: Json) -> Json:
        line = story.tree["given"]["course"]["levels"][place]
        course = story.tree["given"]["course"]
        body = {
            "content": content, "text": content["text"], "sha256": sha256_of(content), "meaning": MEANING,
            "printed_name": member(Role.PRESCRIBER).name, "registration": "synthetic",
            "dose_text": _dose_text(found.levels[place]), "levels": [line], "add": {"course.levels": [line]},
        }  # fmt: skip
        plan_from = {"given": {"course": {"plan_from": course["plan_from"]}}} if "plan_from" in course else {}
        return body | ({"set": plan_from} if plan_from and place == len(found.levels) - 1 else {})

    def _content(self, who: Json, found: Review, place: int) -> Json:
        level, protocol = found.levels[place], found.protocol
        days = whole_days(protocol.supply.titration.value)
        supply = supply_for((level,), protocol, level.since, days, titrating=True)
        return {
            "kind": "titrant/change" if place else "titrant/start", "engine": __version__,
            "patient": who,
            "clinic": {"name": "Demo clinic", "synthetic": "yes"},
            "protocol": {"id": protocol.id, "version": str(protocol.version), "sha256": found.protocol_sha256},
            "starts": level.since.isoformat(), "ends": found.plan_ends.isoformat(),
            "regimen": regimen_content(level.regimen, found.supply, days),
            "quantity": {"pieces": plain(supply.quantity), "unit": level.regimen.piece_unit},
            "reasons": [], "text": _text(level, quantity_text(supply.quantity, level.regimen.piece_unit), days),
        }  # fmt: skip


def _dose_text(level: SignedLevel) -> str:
    regimen = level.regimen
    each = pieces_text(regimen.pieces, regimen.piece_unit)
    return f"{regimen.dose} = {each}, {times_text(regimen.times_per_day, regimen.days_per_week)}"


def _text(level: SignedLevel, quantity: str, days: int) -> str:
    return "\n".join((
        f"Ketamine (all amounts are mg of ketamine base), {level.regimen.product}",
        f"Take {_dose_text(level)}.", f"Start on {level.since}.", f"Supply {quantity} for {days} days. No repeats.",
        "The dose is changed only by a prescriber's signature.",
    ))  # fmt: skip
