"""The checks that come with the program: each gives a figure, its target, and whether it was met."""

import platform
from collections.abc import Callable, Iterator
from datetime import date, datetime
from importlib import resources
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from titrant import __version__
from titrant.app.demo.stories import Story, base_tree, stories
from titrant.clinic.desk import Desk
from titrant.clinic.following import follow_at
from titrant.clinic.opening import DEMO_CLINIC, differing
from titrant.clinic.shaping import shape_case
from titrant.knowledge.checking import faults as knowledge_faults
from titrant.knowledge.library import Library, load
from titrant.record.appending import absolute_limits
from titrant.record.events import instant_text
from titrant.record.gate import faults as gate_faults
from titrant.record.seal import Broken, check, key_name, sealed
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError
from titrant.terms.numbers import parse_decimal
from titrant.terms.reading import read_yaml

_PASSES = {
    "route": "oral", "product": "Oral solution 10 mg/mL", "piece_unit": "mL", "dose_mg": "10", "times_per_day": "3",
    "daily_mg": "30", "days_per_week": "7", "weekly_mg": "210", "pieces_per_dose": "1", "piece_mg": "10",
    "supply_days": "7",
}  # fmt: skip


class Figure(Struct, frozen=True, kw_only=True):
    """One figure: how many of how many were as they must be, and which were not."""

    name: str
    value: int
    target: int
    wrong: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        return self.value == self.target and not self.wrong


class Suite:
    """The checks on one day, with the shipped knowledge and the synthetic clinic's approvals."""

    def __init__(self, today: date) -> None:
        self.today, self.library = today, load(clinic=DEMO_CLINIC)
        self._vectors = read_yaml((resources.files("titrant.app.validation") / "vectors.yaml").read_bytes()).tree

    def figures(self) -> Iterator[Figure]:
        for name, check_of in CHECKS.items():
            yield _counted(name, check_of(self))

    def knowledge(self) -> "Answers":
        faults = knowledge_faults(self.library, self.today)
        yield "shipped knowledge", not faults
        yield from ((fault[:120], False) for fault in faults)

    def gate(self) -> "Answers":
        for one in self._vectors["gate"]:
            passed = not gate_faults({"regimen": _PASSES | one["with"]}, absolute_limits())
            yield one["says"], passed == (one["passes"] == "yes")

    def plans(self) -> "Answers":
        base = differing(base_tree(self.today), {"scenario": "validation", "given": {"patient": _SOMEBODY}})
        for one in self._vectors["plans"]:
            case = shape_case(differing(base, one["case"]), "validation")
            yield one["says"], Desk(self.library, self.today).plan(case).outcome.value == one["outcome"]

    def courses(self) -> "Answers":
        for story in stories(self.today):
            if {"action", "call"} & set(story.expects):
                yield story.title, _action(self.library, story, self.today) == story.expects.get("action", "")

    def replay(self) -> "Answers":
        """The same facts on the same day give the same answer to the last letter."""
        for story in stories(self.today)[:12]:
            first, second = (_whole(self.library, story, self.today) for _ in range(2))
            yield story.title, first == second

    def numbers(self) -> "Answers":
        for text in self._vectors["numbers"]:
            yield f"{text!r} is refused", not _reads(text)

    def seals(self) -> "Answers":
        """A signed content of which any one letter was changed is refused."""
        key = Ed25519PrivateKey.generate()
        content = {"regimen": _PASSES, "text": "Take 10 mg three times a day."}
        seal, keys = sealed(content, key), {key_name(key.public_key()): key.public_key()}
        yield "the content itself is accepted", _holds(content, seal, keys)
        for name, value in _PASSES.items():
            for place in range(len(value)):
                changed = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
                altered = content | {"regimen": _PASSES | {name: changed}}
                yield f"{name} {changed!r} is refused", not _holds(altered, seal, keys)


Answers = Iterator[tuple[str, bool]]
_SOMEBODY = {"id": "validation", "birth_date": "1974-05-02"}
CHECKS: dict[str, Callable[[Suite], Answers]] = {
    "knowledge is sealed, sourced and within its review dates": Suite.knowledge,
    "the last gate answers as it must": Suite.gate,
    "a first plan is proposed, asked about or refused as it must be": Suite.plans,
    "a running course gets the action it must get": Suite.courses,
    "the same facts give the same answer": Suite.replay,
    "what is no number is no dose": Suite.numbers,
    "a changed signature is refused": Suite.seals,
}


def _counted(name: str, answers: Answers) -> Figure:
    found = list(_safe(answers))
    return Figure(
        name=name, value=sum(right for _, right in found), target=len(found),
        wrong=tuple(says for says, right in found if not right),
    )  # fmt: skip


def _safe(answers: Answers) -> Answers:
    """A check that breaks has failed: it is never left out of the count."""
    try:
        yield from answers
    except Exception as error:
        yield f"could not be run ({type(error).__name__})", False


def _action(library: Library, story: Story, today: date) -> str:
    action = follow_at(Desk(library, today), story.case).decided.action
    return action.value if action else ""


def _whole(library: Library, story: Story, today: date) -> str:
    decided = follow_at(Desk(library, today), story.case).decided
    return repr((decided.outcome, decided.action, decided.regimen, decided.reasons, decided.missing))


def _reads(text: str) -> bool:
    try:
        parse_decimal(text)
    except ValueError:
        return False
    return True


def _holds(content: Json, seal: Json, keys: dict[str, Any]) -> bool:
    try:
        check(content, seal, keys)
    except (Broken, TitrantError):
        return False
    return True


def report(suite: Suite, now: datetime) -> Json:
    """The report that a clinic keeps with its records."""
    figures = list(suite.figures())
    return {
        "kind": "titrant/validation", "version": __version__, "knowledge": suite.library.sha256,
        "at": instant_text(now), "python": platform.python_version(), "machine": platform.platform(),
        "figures": [
            {"name": one.name, "value": str(one.value), "target": str(one.target),
             "met": "yes" if one.met else "no", "wrong": list(one.wrong)}
            for one in figures
        ],
        "passed": "yes" if all(one.met for one in figures) else "no",
    }  # fmt: skip
