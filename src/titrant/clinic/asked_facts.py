"""The questions that a page puts for facts: what is asked, in which unit, what is believable, and what is known now."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import FactKind, Kind
from titrant.terms.canonical import Json

_STATES = tuple((one.value, one.value) for one in ConditionState)


class AskedFact(Struct, frozen=True, kw_only=True):
    """One question. ``place`` is where its answer belongs in a case file: readings, answers or conditions."""

    name: str
    place: str
    label: str
    ask: str
    why: str = ""
    kind: str = "quantity"  # quantity, pressure, word, condition
    unit: str = ""
    lo: str = ""
    hi: str = ""
    words: tuple[tuple[str, str], ...] = ()
    has_upper: bool = False
    before: str = ""

    @property
    def key(self) -> str:
        return f"{self.place}.{self.name}"


def asked_fact(name: str, library: Library, given: Json) -> AskedFact | None:
    """The question for the fact or condition ``name``; None for what is not asked in one field."""
    kind = library.facts.get(name)
    if kind is not None and kind.kind in (Kind.QUANTITY, Kind.PRESSURE):
        return _reading(name, kind, given)
    if kind is not None and kind.kind is Kind.WORD:
        before = _known((given.get("answers") or {}).get(name), "answer")
        words = tuple((word, word.replace("_", " ")) for word in kind.words)
        return AskedFact(
            name=name, place="answers", label=kind.label, ask=kind.ask or kind.label, why=kind.why, kind="word",
            words=words, before=before,
        )  # fmt: skip
    condition = library.conditions.get(name)
    if condition is not None and condition.ask:
        before = _known((given.get("conditions") or {}).get(name), "state")
        return AskedFact(
            name=name, place="conditions", label=condition.title, ask=condition.ask, kind="condition", words=_STATES,
            before=before,
        )  # fmt: skip
    return None


def asked_facts(names: Iterable[str], library: Library, given: Json) -> list[AskedFact]:
    found = (asked_fact(name, library, given) for name in dict.fromkeys(names))
    return [one for one in found if one is not None]


def _reading(name: str, kind: FactKind, given: Json) -> AskedFact:
    bounds = kind.plausible
    before = newest_text((given.get("readings") or {}).get(name)).partition(" entered ")[0]
    return AskedFact(
        name=name, place="readings", label=kind.label, ask=kind.ask or kind.label, why=kind.why,
        kind="pressure" if kind.kind is Kind.PRESSURE else "quantity", unit=kind.unit,
        lo=_number(bounds.lo.value) if bounds else "", hi=_number(bounds.hi.value) if bounds else "",
        has_upper=kind.upper_limit_at_most is not None, before=before,
    )  # fmt: skip


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def newest_text(written: Any) -> str:
    """The newest of the readings as they were written."""
    texts = [written] if isinstance(written, str) else [one for one in written or () if isinstance(one, str)]
    return max(texts, key=lambda one: one.partition(" on ")[2][:10], default="")


def _known(held: Any, field: str) -> str:
    if isinstance(held, dict):
        return f"{held.get(field, '')} on {held['on']}" if held.get("on") else str(held.get(field, ""))
    return str(held or "")
