"""Facts written down by a person: results, answers, drugs, allergies. Each is read by the spine before it is kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from titrant.clinic.asked_facts import newest_text
from titrant.clinic.office import Office
from titrant.clinic.shaping import shape_case
from titrant.knowledge.shapes.facts import FactKind
from titrant.pathway.assess import assess
from titrant.pathway.readings import Reading, parse_reading
from titrant.record.events import Actor, Draft, Event, Kind, Role
from titrant.record.folding import Record, laid
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError, NotAllowed, TitrantError

_HAND = frozenset({Role.PHARMACIST, Role.PRESCRIBER})
_DAYS_OF_FOUR_WEEKS = 28


class Typed(Struct, frozen=True, kw_only=True):
    """What a person typed into one field. ``again``: the same value a second time, where it looked like a slip."""

    name: str
    place: str  # readings, answers, conditions
    value: str
    upper: str = ""
    again: str = ""
    grade: str = ""
    since: str = ""

    @property
    def key(self) -> str:
        return f"{self.place}.{self.name}"


class Strange(CaseFileError):
    """A value that is believable and yet looks like a slip: it is asked for a second time."""


class Unfit(CaseFileError):
    """One or more fields that cannot be taken as they are; ``faults`` has the error of each by its key."""

    def __init__(self, faults: Mapping[str, TitrantError]) -> None:
        self.faults = dict(faults)
        first = next(iter(self.faults.values()))
        super().__init__(first.place, first.fault, first.why, first.repair)


def record_typed(
    office: Office, by: Actor, case: str, typed: Sequence[Typed], *, expected: int, on: date, weighed_again: str = ""
) -> Summary:
    """Keep what was typed into fields, all or none. Raises Unfit with each field at fault, and Stale."""
    record = office.store.open(case)
    faults: dict[str, TitrantError] = {}
    add: dict[str, list[Json]] = {}
    differences: dict[str, dict[str, Json]] = {}
    for one in typed:
        try:
            if one.place == "readings":
                add.setdefault(one.key, []).append(_reading(office, record, one, on))
            else:
                differences.setdefault(one.place, {})[one.name] = _answer(one, on, by)
        except TitrantError as error:
            faults[one.key] = error
    if weighed_again.strip():
        add["confirmations"] = [
            {"of": "weight", "by": by.name, "on": on.isoformat(), "reason": weighed_again.strip()[:200]}
        ]
    if faults:
        raise Unfit(faults)
    body: Json = {"add": add} if add else {}
    body |= {"set": {"given": differences}} if differences else {}
    return record_facts(office, by, record, body, expected=expected)


def record_facts(office: Office, by: Actor, record: Record, body: Json, *, expected: int) -> Summary:
    """Append ``body`` as facts, if the spine can read the case with them in it. Raises CaseFileError with the field."""
    if not body:
        raise CaseFileError(
            "facts", "Nothing was entered.", "An empty entry would look like work that was done.", "Fill in a field."
        )
    draft = office.draft(Kind.FACTS_RECORDED, body, by)
    check_read(office, record, draft)
    return office.store.append(record.summary.case, [draft], expected=expected)


def check_read(office: Office, record: Record, draft: Draft) -> None:
    """Refuse what would make the record unreadable. A record that was so before may be added to."""
    fault = _fault_of(office, _after(record, draft), record)
    if fault is not None and (before := _fault_of(office, record.tree, record)) is None:
        raise fault
    if fault is not None and before is not None and str(fault) != str(before):
        raise fault


def _after(record: Record, draft: Draft) -> Json:
    event = Event(
        case=record.summary.case, number=record.version + 1, kind=draft.kind, body=draft.body, by=draft.by, at=draft.at
    )
    return laid(record.tree, event)


def _fault_of(office: Office, tree: Json, record: Record) -> TitrantError | None:
    try:
        assess(shape_case(tree, record.summary.person.name or record.summary.case), office.library, office.today)
    except TitrantError as error:
        return error
    return None


# One field


def _reading(office: Office, record: Record, one: Typed, on: date) -> str:
    kind = office.library.facts[one.name]
    value = one.value.strip()
    amount = value if not kind.unit or value.endswith(kind.unit) else f"{value} {kind.unit}"
    upper = one.upper.strip()
    limit = f" (upper limit {upper if upper.endswith(kind.unit) else f'{upper} {kind.unit}'})" if upper else ""
    text = f"{amount}{limit} on {on.isoformat()}"
    try:
        read = parse_reading(text, kind)
    except ValueError as error:
        said = str(error)
        raise CaseFileError(
            one.key, f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}",
            "A misread value would be judged as if it were true.", "Correct the value, its unit or the day.",
        ) from None  # fmt: skip
    if not on <= office.today:
        raise CaseFileError(
            one.key, f"The day {on} has not come yet.", "What has not happened cannot be relied on.", "Correct the day."
        )
    _check_strange(office, record, one, kind, read)
    return text


def _check_strange(office: Office, record: Record, one: Typed, kind: FactKind, read: Reading) -> None:
    why = _strange(office, record, one.name, kind, read)
    if why and one.again.strip() != one.value.strip():
        raise Strange(
            one.key, why, "Pounds for kilograms, or a wrong key, change a dose by weight and hide a loss of weight.",
            "Look at the scale again and type the same value a second time.",
        )  # fmt: skip


def _strange(office: Office, record: Record, name: str, kind: FactKind, read: Reading) -> str:
    """Why a value looks like a slip: a jump beyond what the knowledge allows, or a body that could hardly be so."""
    given = record.tree["given"].get("readings") or {}
    before = _last_reading(given.get(name), kind)
    guard = kind.typed_again_above
    if guard is not None and before is not None:
        fours = max(Decimal(abs((read.on - before.on).days)) / _DAYS_OF_FOUR_WEEKS, Decimal(1))
        if not abs(read.value - before.value) * 100 / before.value <= guard.value.value * fours:
            return f"It was {before.value} {kind.unit} on {before.on}; that is a change of more than {guard.value}."
    bounds = office.library.facts["bmi"].plausible
    height = _last_reading(given.get("height"), office.library.facts["height"])
    if name == "weight" and bounds is not None and height is not None:
        index = read.value / (height.value / 100) ** 2
        if not bounds.lo.value <= index <= bounds.hi.value:
            return f"With a height of {height.value} cm the body mass index would be {index:.1f} kg/m²."
    return ""


def _last_reading(written: Any, kind: FactKind) -> Reading | None:
    text = newest_text(written)
    try:
        return parse_reading(text, kind) if text else None
    except ValueError:
        return None


def _answer(one: Typed, on: date, by: Actor) -> Json:
    held: Json = {"on": on.isoformat(), "by": by.name}
    if one.place == "answers":
        return {"answer": one.value, **held}
    more = {name: value for name, value in (("grade", one.grade.strip()), ("since", one.since.strip())) if value}
    return {"state": one.value, "source": "asked", **more, **held}


# Questionnaires


def record_questionnaire(
    office: Office, by: Actor, case: str, name: str, answers: Mapping[str, int], *, expected: int, on: date
) -> Summary:
    """Keep one answered questionnaire; its total is worked out by the knowledge, never typed."""
    one = {"on": on.isoformat(), "answers": dict(answers), "by": by.name}
    record = office.store.open(case)
    return record_facts(office, by, record, {"add": {f"questionnaires.{name}": [one]}}, expected=expected)


# Drugs and allergies


def add_drug(office: Office, by: Actor, case: str, drug: Json, *, expected: int) -> Summary:
    """A drug that the person takes. The list counts only when it is reviewed as a whole."""
    record = office.store.open(case)
    return record_facts(office, by, record, {"add": {"medications.list": [drug]}}, expected=expected)


def end_drug(office: Office, by: Actor, case: str, place: int, until: date, *, expected: int) -> Summary:
    """The last day on which the drug at ``place`` of the list was taken; some effects outlast it."""
    return _change_drug(office, by, case, place, {"until": until.isoformat()}, expected=expected)


def check_by_hand(
    office: Office, by: Actor, case: str, place: int, treat_as: Sequence[str], *, expected: int
) -> Summary:
    """A pharmacist's or prescriber's own check of a drug that the tables do not know."""
    if by.role not in _HAND:
        raise NotAllowed(
            "check by hand", f"A {by.role.value} may not do this.",
            "What an unknown drug does with ketamine is for a pharmacist or a prescriber to say.",
            "Ask a pharmacist or a prescriber.",
        )  # fmt: skip
    check: Json = {"by": by.name, "on": office.today.isoformat()}
    check |= {"treat_as": list(treat_as)} if treat_as else {}
    return _change_drug(office, by, case, place, {"checked_by_hand": check}, expected=expected)


def _change_drug(office: Office, by: Actor, case: str, place: int, changes: Json, *, expected: int) -> Summary:
    record = office.store.open(case)
    drugs = list((record.tree["given"].get("medications") or {}).get("list") or [])
    if not 0 <= place < len(drugs):
        raise CaseFileError(
            "medications.list", "There is no such drug in the list.", "The wrong drug must not be changed.",
            "Load the page again.",
        )  # fmt: skip
    drugs[place] = drugs[place] | changes
    body = {"set": {"given": {"medications": {"list": drugs}}}}
    return record_facts(office, by, record, body, expected=expected)


def reviewed_list(office: Office, by: Actor, case: str, name: str, *, expected: int) -> Summary:
    """Somebody went through the drug list or the allergies with the person today."""
    held = {name: {"reviewed_on": office.today.isoformat(), "by": by.name}}
    return record_facts(office, by, office.store.open(case), {"set": {"given": held}}, expected=expected)


def add_allergy(office: Office, by: Actor, case: str, substance: str, reaction: str, *, expected: int) -> Summary:
    one = {"substance": substance} | ({"reaction": reaction} if reaction.strip() else {})
    record = office.store.open(case)
    return record_facts(office, by, record, {"add": {"allergies.list": [one]}}, expected=expected)
