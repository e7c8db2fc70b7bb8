"""Responses to the diary, whole and damaged, and every harm that can be found in them, read or not."""

import copy
import json
from random import Random
from typing import Any

Tree = Any
FLAGS = ("chest_pain", "suicidal_thoughts", "yellow_eyes", "took_extra")
EFFECTS = ("dissociation", "urinary_blood", "nausea")
PRESSURES = ("190/115 mmHg", "184/112 mmHg")


def item(link: str, *answers: dict[str, Any]) -> Tree:
    return {"linkId": link, "answer": list(answers)}


def response(random: Random) -> Tree:
    """A response that can be read, with some harms."""
    items = [
        item("day", {"valueDate": "2026-11-20"}),
        item("taken", {"valueString": random.choice(("all", "none"))}),
        item("pain.average", {"valueInteger": random.randrange(11)}),
        item("flags", *({"valueString": one} for one in random.sample(FLAGS, random.randrange(1, 4)))),
        item("blood_pressure", *({"valueString": one} for one in random.sample(PRESSURES, random.randrange(1, 3)))),
    ]
    for name in random.sample(EFFECTS, random.randrange(1, 4)):
        items.append(item(f"effect.{name}", {"valueInteger": random.randrange(1, 5)}))
    random.shuffle(items)
    return {
        "resourceType": "QuestionnaireResponse", "id": "r1", "questionnaire": "https://example.org/titrant-diary|1",
        "status": "completed", "subject": {"reference": "Patient/demo-01"}, "authored": "2026-11-20T21:05:00+01:00",
        "item": items,
    }  # fmt: skip


# Ways in which a response gets damaged. Each takes the list of items.


def _grouped(items: list[Tree], random: Random) -> None:
    place = random.randrange(len(items))
    items[place] = {"linkId": random.choice(("group", "effects", "flags")), "item": [items[place]]}


def _beneath_an_answer(items: list[Tree], random: Random) -> None:
    moved = items.pop(random.randrange(len(items)))
    holder = random.choice(items)
    answers = holder.get("answer")
    if isinstance(answers, list) and answers and isinstance(answers[0], dict):
        answers[0].setdefault("item", []).append(moved)
    else:
        holder.setdefault("item", []).append(moved)


def _repeated(items: list[Tree], random: Random) -> None:
    """Once more, often with something harmless in it."""
    again = copy.deepcopy(random.choice(items))
    for answer in again.get("answer", []) if isinstance(again.get("answer"), list) else []:
        if isinstance(answer, dict) and "valueInteger" in answer:
            answer["valueInteger"] = random.choice((0, answer["valueInteger"]))
        elif isinstance(answer, dict) and "valueString" in answer and random.random() < 0.5:
            answer["valueString"] = "120/70 mmHg"
    items.insert(random.randrange(len(items) + 1), again)


def _renamed(items: list[Tree], random: Random) -> None:
    one = random.choice(items)
    link = str(one.get("linkId", ""))
    one["linkId"] = random.choice((link.upper(), f"/{link}", f"{link} ", f"x.{link}", "comment", "", f"{link}.1"))


def _only_text(items: list[Tree], random: Random) -> None:
    one = random.choice(items)
    one["text"] = json.dumps(one.pop("answer", ""))


def _answered_otherwise(items: list[Tree], random: Random) -> None:
    one = random.choice(items)
    answers = one.get("answer")
    if isinstance(answers, list) and answers:
        changed = random.choice((answers[0], {**answers[0], "valueBoolean": True}, [answers], None, [*answers, 4]))
        one["answer"] = changed if random.random() < 0.5 else [*answers, {"valueString": "chest_pain"}]


def _no_list(items: list[Tree], random: Random) -> None:
    items[random.randrange(len(items))] = [random.choice(items)]


def _says_none(items: list[Tree], random: Random) -> None:
    items.append(item("no_effects", {"valueBoolean": random.random() < 0.8}))


def _labelled(items: list[Tree], random: Random) -> None:
    """Nothing lost: the words of the question, another order, an answer with a code."""
    random.shuffle(items)
    for one in items:
        one["text"] = "What the app asks"
        for answer in one["answer"] if random.random() < 0.5 else ():
            if "valueString" in answer:
                answer["valueCoding"] = {"code": answer.pop("valueString")}


DAMAGES = (
    _labelled,
    _grouped,
    _beneath_an_answer,
    _repeated,
    _renamed,
    _only_text,
    _answered_otherwise,
    _no_list,
    _says_none,
)


def damaged(random: Random) -> Tree:
    """A response with up to three of these changes."""
    made = response(random)
    for _ in range(random.randrange(4)):
        before = json.loads(json.dumps(made["item"]))  # no two places share an object, as in a file
        made["item"] = copy.deepcopy(before)
        try:
            random.choice(DAMAGES)(made["item"], random)
        except (AttributeError, TypeError, LookupError):  # an earlier damage left nothing to damage
            made["item"] = before
    return made


def harms(tree: Tree, link: str = "") -> set[tuple[str, int]]:
    """Every harm that stands anywhere in ``tree``, however it is nested: words, pressures, effects with their grade."""
    if isinstance(tree, dict):
        link = str(tree.get("linkId", link))
        return {found for key, value in tree.items() if key != "linkId" for found in harms(value, link)}
    if isinstance(tree, list):
        return {found for one in tree for found in harms(one, link)}
    if isinstance(tree, str):
        return {(word, 1) for word in (*FLAGS, *PRESSURES) if word in tree} | {
            (name, 1) for name in EFFECTS if "valueInteger" in tree and name in link.casefold()
        }
    grade = tree if isinstance(tree, int) and not isinstance(tree, bool) else 0
    return {(name, grade) for name in EFFECTS if grade and name in link.casefold()}


def lost(tree: Tree, entry: Any) -> set[tuple[str, int]]:
    """The harms of ``tree`` that do not stand in ``entry``."""
    effects = entry.effects or {}
    kept = {*entry.flags, *entry.blood_pressure}
    return {(name, grade) for name, grade in harms(tree) if name not in kept and effects.get(name, 0) < grade}
