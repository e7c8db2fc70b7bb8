"""Signed levels of the demo: the body of a real signature, sealed by the demo clinic's own key for its own day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from titrant import __version__
from titrant.app.demo.cast import member
from titrant.app.demo.stories import Story, at
from titrant.clinic.acts.signing import MEANING
from titrant.clinic.acts.verifying import sealed_body
from titrant.clinic.change_draft import dose_line
from titrant.clinic.desk import Desk
from titrant.clinic.shaping import shape_case
from titrant.explain.amounts import quantity_text
from titrant.knowledge.library import Library
from titrant.pathway.prescribe import approval_content, regimen_content
from titrant.pathway.review import Review, review
from titrant.pathway.supplying import SignedLevel, supply_for
from titrant.record.events import Draft, Kind, Role
from titrant.record.folding import Record
from titrant.terms.calendar import whole_days
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.numbers import plain

REGISTRATION = "SYNTHETIC-0001"


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
            body = {"chosen": {}, "content": draft.content, "sha256": draft.sha256, "text": draft.text}
            yield Draft(Kind.DRAFTED, body, member(Role.NURSE), at(on, 15))

    def signatures(self, story: Story) -> Iterator[Draft]:
        """A signature for each level, on the evening before; ``finished`` seals it over the record of that moment."""
        if not story.tree["given"].get("course", {}).get("levels"):
            return
        found = self._review(story)
        for place, level in enumerate(found.levels):
            moment = at(level.since - timedelta(days=1), 17)
            yield Draft(Kind.SIGNED, {"place": place}, member(Role.PRESCRIBER), moment)

    def finished(self, story: Story, draft: Draft, record: Record, birth: str) -> Draft:
        """The signature over the facts as they stood in ``record``."""
        place, found = draft.body["place"], self._review(story)
        content = self._content(found, place, record, birth)
        body = self._body(story, found, place, content)
        unsealed = structs.replace(draft, body=body)
        return structs.replace(draft, body=sealed_body(record.summary.case, unsealed, self._key))

    def _review(self, story: Story) -> Review:
        if story.id not in self._reviews:
            self._reviews[story.id] = review(story.case, self._library, self._today)
        return self._reviews[story.id]

    def _body(self, story: Story, found: Review, place: int, content: Json) -> Json:
        course, level = story.tree["given"]["course"], found.levels[place]
        levels = [course["levels"][place] | {"product": level.regimen.product}]
        body: dict[str, Any] = {
            "content": content, "text": content["text"], "sha256": sha256_of(content),
            "dose_text": dose_line(level.regimen), "meaning": MEANING, "printed_name": member(Role.PRESCRIBER).name,
            "registration": REGISTRATION, "inputs_sha256": content["inputs_sha256"], "reason": "", "words": "",
            "against": False, "action": content["action"], "unchanged": False, "legal": None, "seconded_by": [],
            "levels": levels, "add": {"course.levels": levels},
        }  # fmt: skip
        if "plan_from" in course and place == len(found.levels) - 1:
            body["set"] = {"given": {"course": {"plan_from": course["plan_from"]}}}
        return body

    def _content(self, found: Review, place: int, record: Record, birth: str) -> Json:
        level, protocol, case = found.levels[place], found.protocol, record.summary.case
        days = whole_days(protocol.supply.titration.value)
        supply = supply_for((level,), protocol, level.since, days, titrating=True)
        quantity = quantity_text(supply.quantity, level.regimen.piece_unit)
        return {
            "kind": "titrant/change" if place else "titrant/start", "action": _action(found.levels, place),
            "engine": __version__, "knowledge": self._library.sha256,
            "patient": {"id": case, "birth_date": birth}, "clinic": approval_content(self._library.in_use(protocol)),
            "protocol": {"id": protocol.id, "version": str(protocol.version), "sha256": found.protocol_sha256},
            "on": (level.since - timedelta(days=1)).isoformat(), "starts": level.since.isoformat(),
            "ends": found.plan_ends.isoformat(), "steps": [], "reason": {"code": "", "words": ""}, "reasons": [],
            "regimen": regimen_content(level.regimen, found.supply, days),
            "quantity": {"pieces": plain(supply.quantity), "unit": level.regimen.piece_unit},
            "text": _text(level, quantity, days, found.plan_ends), "case": case, "inputs_sha256": record.inputs_sha256,
        }  # fmt: skip


def _action(levels: tuple[SignedLevel, ...], place: int) -> str:
    if place == 0:
        return "start"
    before, now = levels[place - 1].regimen.daily.mg, levels[place].regimen.daily.mg
    return "raise" if before < now else "lower"


def _text(level: SignedLevel, quantity: str, days: int, ends: date) -> str:
    return "\n".join((
        f"Ketamine (all amounts are mg of ketamine base), {level.regimen.product}",
        f"Take {dose_line(level.regimen)}.", f"Start on {level.since}. The plan ends on {ends}.",
        f"Supply {quantity} for {days} days. No repeats.",
        "No driving until the next day after a restful sleep; no alcohol on days with a dose.",
        "The dose is changed only by a prescriber's signature.",
    ))  # fmt: skip
