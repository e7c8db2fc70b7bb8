"""Diary entries from FHIR R4 QuestionnaireResponses of the questionnaire ``titrant-diary`` (docs/diary-fhir.md).

Read beside a case, a file is taken over whole or not at all. In the import of a record an entry that is not certain is
left out and listed, as everything else there.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from titrant.fhir.elements import Resource, child, children, code, codings, number
from titrant.fhir.envelope import modified
from titrant.fhir.unused import Unused
from titrant.knowledge.library import decode
from titrant.pathway.case import Case
from titrant.pathway.entries import Entry
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, read_json

CANONICAL = "titrant-diary"
USED_STATUS = ("completed", "amended")
_WORDS = ("taken", "reason", "activity", "bad_day")
_NUMBERS = ("sleep", "mood", "pain.average", "pain.now", "pain.worst", "peg.pain", "peg.enjoyment", "peg.activity")


def diary_of(raw: bytes, case: Case, name: str) -> tuple[Entry, ...]:
    """Every entry of a QuestionnaireResponse or a Bundle of them, or CaseFileError naming each that cannot be read."""
    try:
        tree = read_json(raw)
    except Unreadable as error:
        raise _refused(name, f"The file cannot be read: {error.fault}.") from None
    found, faults = [], []
    for place, resource in enumerate(_resources(tree)):
        try:
            found.append(_of_person(resource, case))
        except (msgspec.ValidationError, ValueError, TypeError) as error:
            faults.append(f"entry {place + 1}: {str(error).split(' - at ')[0].rstrip('.')}")
    if faults or not found:
        raise _refused(name, f"{'; '.join(faults) or 'There is no QuestionnaireResponse'}.")
    return tuple(found)


def read_diary(resources: list[Resource], unused: Unused) -> tuple[Entry, ...]:
    """The entries among a record's responses; they are the person's own, which the envelope has made sure of."""
    found = []
    for resource in resources:
        if is_diary(resource):
            try:
                found.append(_entry(resource))
            except (msgspec.ValidationError, ValueError, TypeError) as error:
                unused.say("QuestionnaireResponse diary", str(error).split(" - at ")[0])
    return tuple(found)


def is_diary(resource: Resource) -> bool:
    return code(resource, "questionnaire").split("|", 1)[0].rstrip("/").rsplit("/", 1)[-1] == CANONICAL


def _refused(name: str, fault: str) -> CaseFileError:
    why = "A diary of which a part is left out could hide a harm, so nothing of it was taken over."
    return CaseFileError(name, fault, why, "Correct these entries; docs/diary-fhir.md says what each item holds.")


def _resources(tree: Any) -> Iterator[Resource]:
    """The resources handed over: one, or those of a bundle. Persons beside them are no entries."""
    if isinstance(tree, dict) and tree.get("resourceType") == "Bundle":
        for entry in children(tree, "entry"):
            if child(entry, "resource").get("resourceType") != "Patient":
                yield child(entry, "resource")
    elif isinstance(tree, dict):
        yield tree


def _of_person(resource: Resource, case: Case) -> Entry:
    """The entry, if it says that it is this case's person's."""
    subject, own = code(child(resource, "subject"), "reference"), case.given.patient.id
    if not own or subject.rsplit("/", 1)[-1] != own:
        raise ValueError(f"its subject is {subject[:40] or 'not given'}, the case is of {own or 'nobody with an id'}")
    if modified(resource):
        raise ValueError(modified(resource))
    return _entry(resource)


def _entry(resource: Resource) -> Entry:
    if resource.get("resourceType") != "QuestionnaireResponse" or not is_diary(resource):
        raise ValueError("it is not a response to the questionnaire titrant-diary")
    if code(resource, "status") not in USED_STATUS:
        raise ValueError(f"its status is {code(resource, 'status')[:20] or 'not given'}")
    tree: dict[str, Any] = {"entered": code(resource, "authored"), "id": code(resource, "id")}
    for item in children(resource, "item"):
        _take(item, tree)
    return msgspec.convert(tree, Entry, dec_hook=decode)


def _take(item: Resource, tree: dict[str, Any]) -> None:
    """One item into its place. An item that is not known is refused: what it says could be a harm."""
    link, answers = code(item, "linkId"), children(item, "answer")
    if not answers:
        return
    head, _, rest = link.partition(".")
    if link in ("flags", "blood_pressure"):
        tree[link] = [_word(answer, link) for answer in answers]
    elif len(answers) != 1:
        raise ValueError(f"{link[:40]} has {len(answers)} answers; one is expected")
    elif link == "day":
        tree["day"] = code(answers[0], "valueDate")
    elif link == "no_effects" and answers[0].get("valueBoolean") is True:
        tree.setdefault("effects", {})
    elif head == "effect" and rest:
        tree.setdefault("effects", {})[rest] = _whole(answers[0], link)
    elif link in _NUMBERS:
        _put(tree, link, _whole(answers[0], link))
    elif link in _WORDS:
        tree[link] = _word(answers[0], link)
    else:
        raise ValueError(f"the item {link[:40]!r} is not known")


def _put(tree: dict[str, Any], link: str, value: int) -> None:
    head, _, rest = link.partition(".")
    if rest:
        tree.setdefault(head, {})[rest] = value
    else:
        tree[head] = value


def _whole(answer: Resource, link: str) -> int:
    value = number(answer, "valueInteger")
    if value is None or value != value.to_integral_value():
        raise ValueError(f"{link[:40]} is not a whole number")
    return int(value)


def _word(answer: Resource, link: str) -> str:
    coded = codings({"coding": answer["valueCoding"]}) if "valueCoding" in answer else []
    found = coded[0].code if len(coded) == 1 else code(answer, "valueString")
    if not found:
        raise ValueError(f"{link[:40]} has no word")
    return found
