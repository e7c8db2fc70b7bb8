"""Answered questionnaires become scores, only when every item is answered; a missing item is never a zero."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import LOINC, Resource, child, children, code, codings, day, for_people, last_day, number
from titrant.fhir.mapping import Mapping
from titrant.fhir.quantities import short
from titrant.fhir.readings import Readings
from titrant.fhir.unused import Unused
from titrant.knowledge.shapes.questionnaires import Item, Questionnaire, Scoring
from titrant.terms.quantity import Quantity

USED_STATUS = ("completed", "amended")
NEVER_HAPPENED = "entered-in-error"
NOT_READ = "answered questionnaires of kinds not read"
_ORDINAL = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
)
# LOINC's answer list for how often in the last two weeks, shared by PHQ-9 and GAD-7.
_FREQUENCY = {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
_SCORED = (Scoring.SINGLE, Scoring.SUM, Scoring.MEAN)


def read_responses(resources: list[Resource], mapping: Mapping, readings: Readings, unused: Unused) -> None:
    for resource in resources:
        items = list(_items(resource))
        form = _form(resource, items, mapping)
        if form is None:
            unused.count(NOT_READ, for_people(code(resource, "questionnaire")) or "without a name")
            continue
        what = (
            f"QuestionnaireResponse {form.title} of {for_people(code(resource, 'authored'))[:10] or 'an unknown day'}"
        )
        on = day(code(resource, "authored"))
        status = code(resource, "status")
        if status not in USED_STATUS:
            unused.say(what, f"its status is {for_people(status) or 'not given'}", on)
            _doubt(resource, mapping, readings)
        elif on is None:
            unused.say(what, "its day is not given in full")
            _doubt(resource, mapping, readings)
        else:
            _score(form, items, on, what, mapping, readings, unused)


def doubt_responses(doubtful: list[Doubtful], mapping: Mapping, readings: Readings) -> None:
    """Answers that may not be read: they keep older ones from standing as the newest."""
    for one in doubtful:
        _doubt(one.resource, mapping, readings)


def _doubt(resource: Resource, mapping: Mapping, readings: Readings) -> None:
    form = _form(resource, list(_items(resource)), mapping)
    if form is None or code(resource, "status") == NEVER_HAPPENED:
        return
    on = last_day(code(resource, "authored"))
    readings.unusable(form.score, on)
    for item in form.items:
        for fact in _facts(item, mapping):
            readings.unusable(fact, on)


def _facts(item: Item, mapping: Mapping) -> Iterator[str]:
    """The facts of their own that an item gives: question 9 of the PHQ-9 is one."""
    yield from mapping.facts_by_loinc.get(item.loinc.code, ()) if item.loinc else ()


def _items(resource: Resource) -> Iterator[Resource]:
    """Every item, however deep it is grouped."""
    waiting = children(resource, "item")[::-1]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(children(one, "item")[::-1])
        for answer in children(one, "answer"):
            waiting.extend(children(answer, "item")[::-1])


def _form(resource: Resource, items: list[Resource], mapping: Mapping) -> Questionnaire | None:
    """Which questionnaire it is: by its canonical name or the code of its panel, else by the codes of its items."""
    canonical = code(resource, "questionnaire").split("|", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    links = {_link(one) for one in items}
    for form in mapping.library.questionnaires.values():
        if form.scoring in _SCORED and (canonical == form.id or (form.panel and canonical == form.panel.code)):
            return form
    named = [
        form
        for form in mapping.library.questionnaires.values()
        if form.scoring in _SCORED and any(item.loinc and item.loinc.code in links for item in form.items)
    ]
    return named[0] if len(named) == 1 else None


def _link(item: Resource) -> str:
    """The link id; a path of codes counts as its last part."""
    return code(item, "linkId").rstrip("/").rsplit("/", 1)[-1]


def _score(
    form: Questionnaire,
    items: list[Resource],
    on: date,
    what: str,
    mapping: Mapping,
    readings: Readings,
    unused: Unused,
) -> None:
    answers = {item.id: _answer(item, items) for item in form.items}
    # An item with a fact of its own counts even where the rest is incomplete.
    for item in form.items:
        value = answers[item.id]
        for fact in _facts(item, mapping):
            if fact == form.score:
                continue
            if value is None:
                readings.unusable(fact, on)
            else:
                _add(fact, Decimal(value), on, f"{what}, {item.id}", mapping, readings)
    needed = form.items[:1] if form.scoring is Scoring.SINGLE else form.items
    values = [answers[item.id] for item in needed]
    missing = [item.id for item, value in zip(needed, values, strict=True) if value is None]
    if missing or not values or form.score not in mapping.library.facts:
        unused.say(what, f"no score, because these items have no single answer within range: {', '.join(missing)}", on)
        readings.unusable(form.score, on)
        return
    total = Decimal(sum(value for value in values if value is not None))
    _add(form.score, total / len(values) if form.scoring is Scoring.MEAN else total, on, what, mapping, readings)


def _add(fact: str, value: Decimal, on: date, what: str, mapping: Mapping, readings: Readings) -> None:
    readings.add(fact, str(short(Quantity(value, mapping.library.facts[fact].unit))), on, what)


def _answer(item: Item, items: list[Resource]) -> int | None:
    """The one answer to an item, if it is a whole number within its range."""
    names = {item.id, *((item.loinc.code,) if item.loinc else ())}
    found = [one for one in items if _link(one) in names]
    answers = [answer for one in found for answer in children(one, "answer")]
    if len(found) != 1 or len(answers) != 1:
        return None
    value = _number(answers[0])
    return (
        int(value) if value is not None and value == value.to_integral_value() and item.lo <= value <= item.hi else None
    )


def _number(answer: Resource) -> Decimal | None:
    values = [key for key in answer if key.startswith("value")]
    if values in (["valueInteger"], ["valueDecimal"]):
        return number(answer, values[0])
    if values != ["valueCoding"]:
        return None
    coding = child(answer, "valueCoding")
    weights = [number(one, "valueDecimal") for one in children(coding, "extension") if code(one, "url") in _ORDINAL]
    if weights:
        return weights[0] if len(weights) == 1 else None
    known = [_FREQUENCY[one.code] for one in codings({"coding": coding}) if one.of(LOINC) and one.code in _FREQUENCY]
    return Decimal(known[0]) if known else None
