"""Diary entries from FHIR R4 QuestionnaireResponses of the questionnaire ``titrant-diary`` (docs/diary-fhir.md).

Read beside a case, a file is taken over whole or not at all. In the import of a record an entry that is not certain is
left out and named, and what was left out keeps a review from deciding: a harm could stand there.
"""

import re

import msgspec
from msgspec import Struct

from titrant.fhir.diary_file import check_subject, handed_over
from titrant.fhir.diary_items import RESPONSE_KEYS, entry_tree, form_of
from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import Resource, Tree, children, code, for_people, objects_in
from titrant.fhir.envelope import modified
from titrant.fhir.unused import Unused
from titrant.knowledge.library import decode
from titrant.pathway.case import Case
from titrant.pathway.entries import Entry
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, read_json

CANONICAL = "titrant-diary"
USED_STATUS = ("completed", "amended")
NEVER_HAPPENED = "entered-in-error"
FURTHER_PAGES = "further pages of the record are not in the file"
_WRONG = (msgspec.ValidationError, ValueError, TypeError)
# Items of these names stand in questionnaires of other kinds as well, so they are no sign of a diary.
_COMMON = ("day", "reason", "sleep", "mood", "activity", "blood_pressure")


class RecordDiary(Struct, frozen=True):
    """What a record holds of a diary: its entries, and why others could not be read."""

    entries: tuple[Entry, ...]
    unread: tuple[str, ...]


def diary_of(raw: bytes, case: Case, name: str) -> tuple[Entry, ...]:
    """Every entry of a QuestionnaireResponse or a Bundle of them, or CaseFileError naming each that cannot be read."""
    try:
        handed = handed_over(read_json(raw), case.given.patient)
    except Unreadable as error:
        raise _refused(name, f"The file cannot be read: {error.fault}.") from None
    except ValueError as error:
        raise _refused(name, f"The file is not taken over: {error}.") from None
    found, faults = [], []
    for place, resource in enumerate(handed.responses):
        try:
            check_subject(resource, handed.own)
            found.append(_entry(resource))
        except _WRONG as error:
            faults.append(f"entry {place + 1}: {_fault(error)}")
    if faults or not found:
        raise _refused(name, f"{'; '.join(faults) or 'There is no QuestionnaireResponse'}.")
    return tuple(found)


def read_diary(resources: list[Resource], doubtful: list[Doubtful], unused: Unused) -> RecordDiary:
    """The entries among a record's responses, which the envelope has made sure are the person's own.

    Of what may be a diary and cannot be read, only what was entered in error never happened.
    """
    found, unread = [], []
    for resource in filter(may_be_diary, resources):
        try:
            found.append(_entry(resource))
        except _WRONG as error:
            _leave_out(resource, _fault(error), unread, unused)
    for one in doubtful:
        if may_be_diary(one.resource):
            _leave_out(one.resource, one.reason, unread, unused)
    return RecordDiary(tuple(found), tuple(sorted(unread)))


def _leave_out(resource: Resource, why: str, unread: list[str], unused: Unused) -> None:
    """Of what was entered in error only the list of the import speaks."""
    if code(resource, "status") == NEVER_HAPPENED:
        unused.say("QuestionnaireResponse diary", why)
    else:
        authored = for_people(code(resource, "authored"))[:10] or "an unknown day"
        unread.append(f"{for_people(code(resource, 'id')) or 'without an id'}, written on {authored}: {why}")


def is_diary(resource: Resource) -> bool:
    return code(resource, "questionnaire").split("|", 1)[0].rstrip("/").rsplit("/", 1)[-1] == CANONICAL


def may_be_diary(resource: Resource) -> bool:
    """Whether it is a diary, is called nearly so, or has items that only a diary has."""
    called = re.sub(r"[^a-z]", "", code(resource, "questionnaire").casefold())
    if "titrantdiary" in called:
        return True
    links = {code(one, "linkId") for one in objects_in(resource.get("item"))}
    return any(form_of(link) is not None for link in links - {*_COMMON})


def _fault(error: Exception) -> str:
    return str(error).split(" - at ")[0].rstrip(".")


def _refused(name: str, fault: str) -> CaseFileError:
    why = "A diary of which a part is left out could hide a harm, so nothing of it was taken over."
    return CaseFileError(name, fault, why, "Correct these entries; docs/diary-fhir.md says what each item holds.")


def _entry(resource: Resource) -> Entry:
    if resource.get("resourceType") != "QuestionnaireResponse" or not is_diary(resource):
        raise ValueError("it is not a response to the questionnaire titrant-diary")
    if modified(resource):
        raise ValueError(modified(resource))
    if code(resource, "status") not in USED_STATUS:
        raise ValueError(f"its status is {for_people(code(resource, 'status'))[:20] or 'not given'}")
    _check_nothing_beside(resource)
    told = {"entered": _text(resource, "authored"), "id": _text(resource, "id"), **entry_tree(resource.get("item"))}
    return msgspec.convert(told, Entry, dec_hook=decode)


def _check_nothing_beside(resource: Resource) -> None:
    """What stands in a response beside its items is not read, so nothing may stand there that could be an answer."""
    strange = sorted(resource.keys() - RESPONSE_KEYS)
    inside = [one for one in children(resource, "contained") if code(one, "resourceType") != "Questionnaire"]
    if strange or inside:
        held = strange[0] if strange else f"a contained {code(inside[0], 'resourceType')}"
        raise ValueError(f"it holds {for_people(held)[:40]}, which is not read; write what it says into the items")


def _text(resource: Resource, key: str) -> Tree:
    """The text under ``key`` or nothing; what is there and is no text is refused by the entry's own shape."""
    return resource.get(key, "")
