"""A whole answer as bytes: what two runs that should not differ are compared by."""

import json
import re
from datetime import date
from functools import lru_cache

from tests.properties.deciding import VERSION, Decided, library
from titrant.clinic.saying import plan_data
from titrant.explain.words import Words
from titrant.pathway.prescribe import prescribe

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@lru_cache(maxsize=1)
def words() -> Words:
    return Words(library())


def bytes_of(decided: Decided, *, clinic: bool = True) -> bytes:
    """Everything that is said of a case: the plan with its sentences, and the content that would be signed."""
    if decided.plan is None:
        return str(decided.error).encode()
    draft = prescribe(decided.plan, VERSION)
    said = {"plan": plan_data(decided.plan, words()), "draft": draft.content if draft else {}}
    if not clinic:
        said = {part: {name: one for name, one in whole.items() if name != "clinic"} for part, whole in said.items()}
    return json.dumps(said, ensure_ascii=False).encode()


def relative(answer: bytes, on: date) -> bytes:
    """``answer`` with every day written as its distance from ``on``."""
    return _DAY.sub(lambda found: _distance(found[0], on), answer.decode()).encode()


def _distance(day: str, on: date) -> str:
    return f"<{(date.fromisoformat(day) - on).days:+d} days>"
