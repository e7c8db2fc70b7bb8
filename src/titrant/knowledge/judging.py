"""The ``when`` language: a condition over known facts is true, false, or cannot be told.

"Cannot be told" is an answer of its own. Who asks decides what it means; nobody may take it for "no".
"""

from collections.abc import Mapping

from titrant.knowledge.shapes.common import When
from titrant.terms.quantity import Quantity

Value = Quantity | str


def judge(when: When, facts: Mapping[str, Value]) -> bool | None:
    """True or False where the known facts settle it, None where a missing fact could change the answer."""
    if when.all:
        return _all([judge(part, facts) for part in when.all])
    if when.any:
        verdicts = [judge(part, facts) for part in when.any]
        return True if True in verdicts else None if None in verdicts else False
    value = facts.get(when.fact)
    return None if value is None else _compare(when, value)


def unknown_facts(when: When, facts: Mapping[str, Value]) -> tuple[str, ...]:
    """The facts of ``when`` that are not known, in order, each once."""
    return tuple(dict.fromkeys(name for name in when.facts() if name not in facts))


def _all(verdicts: list[bool | None]) -> bool | None:
    return False if False in verdicts else None if None in verdicts else True


def _compare(when: When, value: Value) -> bool:
    if when.comparison == "one_of":
        return value in when.values
    if when.comparison == "equals":
        return str(value) == when.value
    if isinstance(value, str):
        raise TypeError(f"the fact {when.fact} is a word; it cannot be {when.comparison} {when.value}")
    bound = Quantity.parse(when.value).to(value.unit).value
    if when.comparison == "at_least":
        return bound <= value.value
    if when.comparison == "above":
        return bound < value.value
    if when.comparison == "at_most":
        return value.value <= bound
    return value.value < bound
