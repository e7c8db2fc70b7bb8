"""The items of a response to ``titrant-diary``: each known, once, flat, answered in its own kind; else ValueError.

What is nested, repeated, unknown or left to text could hold a harm, so a response is taken whole or not at all.
"""

from typing import Any

from msgspec import Struct

from titrant.fhir.elements import Resource, Tree, child, code, for_people, number

RESPONSE_KEYS = frozenset((
    "resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension", "identifier",
    "basedOn", "partOf", "questionnaire", "_questionnaire", "status", "subject", "encounter", "authored", "author",
    "source", "item",
))  # fmt: skip
_ITEM_KEYS = frozenset(("linkId", "text", "_text", "definition", "answer", "id", "extension"))
_BESIDE_VALUE = frozenset(("id", "extension"))


class Form(Struct, frozen=True):
    """How an item is answered: the kinds of value, and whether it may have several."""

    values: tuple[str, ...]
    many: bool = False


_WORD, _WORDS = Form(("valueString", "valueCoding")), Form(("valueString", "valueCoding"), many=True)
_WHOLE = Form(("valueInteger",))
NO_EFFECTS = "no_effects"
FORMS = {
    "day": Form(("valueDate",)),
    NO_EFFECTS: Form(("valueBoolean",)),
    "flags": _WORDS,
    "blood_pressure": _WORDS,
    **dict.fromkeys(("taken", "reason", "activity", "bad_day"), _WORD),
    **dict.fromkeys(("pain.average", "pain.now", "pain.worst", "sleep", "mood"), _WHOLE),
    **dict.fromkeys(("peg.pain", "peg.enjoyment", "peg.activity"), _WHOLE),
}


def form_of(link: str) -> Form | None:
    """How the item ``link`` is answered; None for one that the diary does not have."""
    head, _, name = link.partition(".")
    return _WHOLE if head == "effect" and name else FORMS.get(link)


def entry_tree(items: Tree) -> dict[str, Any]:
    """What the items say, in the places of an entry. Raises ValueError for the first that is not certain."""
    if not isinstance(items, list) or not items:
        raise ValueError("it has no list of items")
    told: dict[str, Any] = {}
    for place, item in enumerate(items, start=1):
        link = _link(item, place)
        if link in told:
            raise ValueError(f"the item {link!r} stands there more than once; give it once, with all its answers")
        told[link] = _answered(item, link)
    _check_no_effects(told)
    tree: dict[str, Any] = {}
    for link, value in told.items():
        _put(tree, link, value)
    return tree


def _link(item: Tree, place: int) -> str:
    if not isinstance(item, dict):
        raise ValueError(f"item {place} is no item of a questionnaire")
    link = code(item, "linkId")
    shown = for_people(link)[:40]
    if form_of(link) is None:
        raise ValueError(f"the item {shown!r} is not known; write what it says into the listed items")
    if "item" in item:
        raise ValueError(f"the item {shown!r} holds further items; write each beside the others, not within them")
    strange = sorted(item.keys() - _ITEM_KEYS)
    if strange:
        raise ValueError(f"the item {shown!r} holds {for_people(strange[0])[:40]!r}, which is not read")
    return link


def _answered(item: Resource, link: str) -> Any:
    """The value of an item, or the list of its values."""
    form, answers = form_of(link), item.get("answer")
    assert form is not None
    if not isinstance(answers, list) or not answers:
        raise ValueError(f"the item {link!r} has no answer; leave out an item that was not answered")
    if not form.many and len(answers) != 1:
        raise ValueError(f"{link!r} has {len(answers)} answers; one is expected")
    values = [_value(answer, link, form) for answer in answers]
    return values if form.many else values[0]


def _value(answer: Tree, link: str, form: Form) -> Any:
    kinds = sorted(answer.keys() - _BESIDE_VALUE) if isinstance(answer, dict) else []
    if "item" in kinds:
        raise ValueError(f"an answer to {link!r} holds further items; write each beside the others, not within them")
    if len(kinds) != 1 or kinds[0] not in form.values:
        held = ", ".join(for_people(one)[:40] for one in kinds) or "nothing"
        raise ValueError(f"an answer to {link!r} holds {held}; one {' or '.join(form.values)} is expected")
    return _READ[kinds[0]](answer, link)


def _text(answer: Resource, link: str) -> str:
    found = code(answer, "valueString") or code(answer, "valueDate") or code(child(answer, "valueCoding"), "code")
    if not found.strip():
        raise ValueError(f"{link!r} has no word")
    return found


def _whole(answer: Resource, link: str) -> int:
    value = number(answer, "valueInteger")
    if value is None or value != value.to_integral_value():
        raise ValueError(f"{link!r} is not a whole number")
    return int(value)


def _yes(answer: Resource, link: str) -> bool:
    if answer["valueBoolean"] is not True:
        raise ValueError(f"{link!r} is not true; leave it out, and give each side effect with its grade")
    return True


_READ = {"valueString": _text, "valueDate": _text, "valueCoding": _text, "valueInteger": _whole, "valueBoolean": _yes}


def _check_no_effects(told: dict[str, Any]) -> None:
    named = [link for link, value in told.items() if link.startswith("effect.") and value != 0]
    if NO_EFFECTS in told and named:
        raise ValueError(f"it says {NO_EFFECTS} and {for_people(named[0])[:40]}; only one of the two can hold")


def _put(tree: dict[str, Any], link: str, value: Any) -> None:
    head, _, name = link.partition(".")
    if link == NO_EFFECTS:
        tree.setdefault("effects", {})
    elif name:
        tree.setdefault("effects" if head == "effect" else head, {})[name] = value
    else:
        tree[link] = value
