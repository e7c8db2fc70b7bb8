"""Observations: which may be used, what they measure, and how they become readings of a case."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import (
    LOINC,
    SNOMED,
    Resource,
    Tree,
    child,
    children,
    code,
    codings,
    day,
    for_people,
    last_day,
    named,
    number,
)
from titrant.fhir.mapping import Mapping
from titrant.fhir.pressures import Part, Pressures
from titrant.fhir.quantities import Unclear, measured
from titrant.fhir.readings import Readings, with_limit
from titrant.fhir.unused import Unused
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import Kind
from titrant.terms.quantity import UNITS, Quantity

USED_STATUS = ("final", "amended", "corrected")
NEVER_HAPPENED = ("entered-in-error", "cancelled")
NOT_READ = "observations of kinds not read"


class ObservedCondition(Struct, frozen=True):
    """A condition that a coded answer states, such as pregnant."""

    condition: str
    state: ConditionState
    on: date | None
    words: str


class Measure(Struct, frozen=True):
    """One measured thing: an observation or one of its components."""

    holder: Resource  # where value, reference range and absence stand
    loinc: str
    fact: str
    what: str
    on: date
    instant: str


def read_observations(
    observations: list[Resource], mapping: Mapping, readings: Readings, unused: Unused
) -> tuple[ObservedCondition, ...]:
    """Readings go into ``readings``; conditions that a coded answer states are given back."""
    pressures = Pressures(mapping, readings, unused)
    stated: list[ObservedCondition] = []
    for resource in observations:
        if not _concerns(resource, mapping):
            unused.count(NOT_READ, named(child(resource, "code")))
        elif reason := _not_usable(resource):
            unused.say(_what(resource), reason, day(_effective(resource)))
            _doubt(resource, mapping, readings)
        else:
            _read(resource, mapping, readings, pressures, unused)
            stated += _stated(resource, mapping, unused)
    pressures.finish()
    return tuple(stated)


def doubt_observations(doubtful: list[Doubtful], mapping: Mapping, readings: Readings) -> None:
    """Values that may not be read: they keep older ones from standing as the newest."""
    for one in doubtful:
        _doubt(one.resource, mapping, readings)


def _doubt(resource: Resource, mapping: Mapping, readings: Readings) -> None:
    if code(resource, "status") in NEVER_HAPPENED or children(resource, "focus"):
        return
    for holder in (resource, *children(resource, "component")):
        for loinc in _loincs(holder):
            for fact in mapping.facts_by_loinc.get(loinc, ()):
                readings.unusable(fact, last_day(_effective(resource)))


def _loincs(holder: Tree) -> list[str]:
    return [one.code for one in codings(child(holder, "code")) if one.of(LOINC)]


def _concerns(resource: Resource, mapping: Mapping) -> bool:
    holders = (resource, *children(resource, "component"))
    return any(
        loinc in mapping.facts_by_loinc or loinc in mapping.observed_conditions
        for holder in holders
        for loinc in _loincs(holder)
    )


def _what(resource: Resource, part: Resource | None = None) -> str:
    return f"Observation {named(child(resource if part is None else part, 'code'))}"


def _not_usable(resource: Resource) -> str:
    status = code(resource, "status")
    if status not in USED_STATUS:
        return f"its status is {for_people(status) or 'not given'}; only {', '.join(USED_STATUS)} are used"
    if children(resource, "focus"):
        return "it is about something else than the patient"
    if not _effective(resource):
        return "it does not say when it was true"
    if day(_effective(resource)) is None:
        return "its day is not given in full"
    return ""


def _effective(resource: Resource) -> str:
    """When it was true. Of a period the start counts: a value must not look newer than it is."""
    period = child(resource, "effectivePeriod")
    written = (code(resource, "effectiveDateTime"), code(resource, "effectiveInstant"))
    return next(filter(None, (*written, code(period, "start"), code(period, "end"))), "")


def _read(resource: Resource, mapping: Mapping, readings: Readings, pressures: Pressures, unused: Unused) -> None:
    parts = list(_measures(resource, mapping, readings, unused))
    for one in parts:
        if mapping.library.facts[one.fact].kind is Kind.PRESSURE:
            # The panel itself carries no value; its parts do.
            if not resource.get("hasMember") and not any(mapping.pressure_part(other.fact) for other in parts):
                unused.say(one.what, "it does not give systolic and diastolic pressure", one.on)
                readings.unusable(one.fact, one.on)
            continue
        try:
            value = _value(one, mapping)
        except Unclear as reason:
            unused.say(one.what, f"{reason}", one.on)
            readings.unusable(one.fact, one.on)
            continue
        if mapping.pressure_part(one.fact):
            alone = one.holder is resource
            pressures.take(Part(one.fact, value, one.on, one.instant, one.what, alone), id(resource))
        else:
            limit = _upper_limit(one, value, mapping, unused)
            readings.add(one.fact, with_limit(value, limit), one.on, one.what)


def _measures(resource: Resource, mapping: Mapping, readings: Readings, unused: Unused) -> Iterator[Measure]:
    on = day(_effective(resource))
    assert on is not None
    for holder in (resource, *children(resource, "component")):
        loincs = [loinc for loinc in _loincs(holder) if loinc in mapping.facts_by_loinc]
        facts = {fact for loinc in loincs for fact in mapping.facts_by_loinc[loinc]}
        what = _what(resource, None if holder is resource else holder)
        if len(facts) > 1:
            unused.say(what, f"its codes name different measurements: {', '.join(sorted(facts))}", on)
            for fact in facts:
                readings.unusable(fact, on)
        elif facts:
            yield Measure(holder, sorted(loincs)[0], facts.pop(), what, on, _effective(resource))


def _value(one: Measure, mapping: Mapping) -> Quantity:
    values = sorted(key for key in one.holder if key.startswith("value"))
    if one.holder.get("dataAbsentReason"):
        reason = named(child(one.holder, "dataAbsentReason"))
        raise Unclear(f"the record says that the value is absent ({reason})")
    if len(values) != 1:
        raise Unclear("it has no value" if not values else "it has more than one value")
    unit = _unit_of(one.fact, mapping)
    if values == ["valueInteger"] and UNITS[unit].dimension == "score":
        return _whole_score(one.holder, unit)
    if values != ["valueQuantity"]:
        raise Unclear("its value is not a quantity")
    return measured(child(one.holder, "valueQuantity"), one.fact, unit, one.loinc, mapping)


def _unit_of(fact: str, mapping: Mapping) -> str:
    return mapping.library.facts[fact].unit


def _whole_score(holder: Resource, unit: str) -> Quantity:
    """A score needs no unit: its code names the scale."""
    value = number(holder, "valueInteger")
    if value is None or value != value.to_integral_value() or not 0 <= value <= 999:
        raise Unclear("its value is not a score")
    return Quantity(value, unit)


def _upper_limit(one: Measure, value: Quantity, mapping: Mapping, unused: Unused) -> Quantity | None:
    """The laboratory's own upper limit, if it is given in the unit of the value and can be believed."""
    most = mapping.library.facts[one.fact].upper_limit_at_most
    if most is None:
        return None
    highs = [child(one_range, "high") for one_range in children(one.holder, "referenceRange") if _general(one_range)]
    limits, what = [], f"{one.what}: upper limit"
    for high in filter(None, highs):
        try:
            limit = measured(high, one.fact, _unit_of(one.fact, mapping), one.loinc, mapping)
        except Unclear as reason:
            unused.say(what, f"{reason}", one.on)
            continue
        if limit.unit != value.unit:
            unused.say(what, "its unit is not that of the value", one.on)
        elif not 0 < limit.value <= most.value.to(limit.unit).value:
            unused.say(what, f"{limit} cannot be the upper limit of a laboratory", one.on)
        else:
            limits.append(limit)
    return min(limits, key=lambda limit: limit.value, default=None)


def _general(one_range: Resource) -> bool:
    """Whether the range is the normal one, for anybody."""
    kinds = {one.code for one in codings(child(one_range, "type"))}
    return kinds <= {"normal"} and not one_range.get("appliesTo") and not one_range.get("age")


def _stated(resource: Resource, mapping: Mapping, unused: Unused) -> Iterator[ObservedCondition]:
    answers = {
        key: value for loinc in _loincs(resource) for key, value in mapping.observed_conditions.get(loinc, {}).items()
    }
    if not answers:
        return
    value = child(resource, "valueCodeableConcept")
    known = {answers[one.code] for one in codings(value) if one.of(SNOMED) and one.code in answers}
    if len(known) == 1 and not resource.get("dataAbsentReason"):
        condition, state = known.pop()
        words = f"{named(child(resource, 'code'))}: {named(value)}"
        yield ObservedCondition(condition, ConditionState(state), day(_effective(resource)), words)
    else:
        answered = f"its answer ({named(value)}) is left to be asked of the person"
        unused.say(_what(resource), answered, day(_effective(resource)))
