"""The constraints on a start. They only tighten, each remembers its reason, and none knows what was proposed.

The order does not matter to the result: each is a cap, and the smallest cap holds.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import prod

from titrant.knowledge.judging import Value, judge, unknown_facts
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.screen import StartLimit
from titrant.terms.dose import Dose
from titrant.terms.limits import Limited
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Facts, Reason, Status

Cap = tuple[Dose, Reason]


def limited_start(
    asked: Dose, normal: Dose, protocol: Protocol, limits: tuple[StartLimit, ...], values: Mapping[str, Value]
) -> Limited:
    """``asked`` under every cap, the largest cap first, so that the last limit named is the one that binds."""
    caps = [*_protocol_caps(protocol, values), *_reductions(protocol, values), *_found_caps(normal, limits)]
    limited = Limited.of(asked)
    for cap, why in sorted(caps, key=lambda one: (-one[0].mg, one[1].code, sorted(one[1].facts.items()))):
        limited = limited.at_most(cap, why)
    return limited


def unknown_reductions(protocol: Protocol, values: Mapping[str, Value]) -> Iterator[str]:
    """Facts that are not known and on which a smaller start depends."""
    for reduction in protocol.start.reductions:
        if judge(reduction.when, values) is None:
            yield from unknown_facts(reduction.when, values)


def is_sensitive(protocol: Protocol, limits: tuple[StartLimit, ...], values: Mapping[str, Value]) -> bool:
    """Whether the files ask for less in this person; then the steps are the small ones, whatever dose was asked for."""
    return bool(limits) or any(judge(one.when, values) is True for one in protocol.start.reductions)


def exposure_share(limits: tuple[StartLimit, ...]) -> Fraction:
    """By how much other drugs and the liver cut every level: their shares multiply, because exposures do."""
    return prod((_share(one) for one in _multiplying(limits)), start=Fraction(1))


def _multiplying(limits: tuple[StartLimit, ...]) -> tuple[StartLimit, ...]:
    """The limits whose shares multiply, each drug once however often it is listed."""
    found: dict[tuple[str, str | None], StartLimit] = {}
    for one in limits:
        if one.multiplies and one.limit.share:
            name = (one.code, one.facts.get("drug"))
            found[name] = min(found.get(name, one), one, key=_share)
    return tuple(found.values())


def _protocol_caps(protocol: Protocol, values: Mapping[str, Value]) -> Iterator[Cap]:
    start, bounds, place = protocol.start, protocol.bounds, f"{protocol.id}@{protocol.version}"
    yield _cap(start.at_most, "start_cap", f"{place}/start/at_most")
    yield _cap(bounds.single.usual, "usual_single_bound", f"{place}/bounds/single/usual")
    yield _per_dose(bounds.daily.usual, start.times_per_day.value, "usual_daily_bound", place)
    weight = values.get("weight")
    if isinstance(weight, Quantity):
        most = Dose.per_kg(start.at_most_by_weight.value.value, weight.to("kg").value)
        facts = {"weight": str(weight), "per_kg": str(start.at_most_by_weight.value), "cap": str(most)}
        yield most, _reason(start.at_most_by_weight, "start_cap_by_weight", f"{place}/start/at_most_by_weight", facts)


def _per_dose(daily: Sourced[Quantity], times_per_day: int, code: str, place: str) -> Cap:
    each = Dose(daily.value.value).times(Fraction(1, times_per_day))
    facts = {"cap": str(daily.value), "times_per_day": str(times_per_day)}
    return each, _reason(daily, code, f"{place}/bounds/daily/usual", facts)


def _reductions(protocol: Protocol, values: Mapping[str, Value]) -> Iterator[Cap]:
    place = f"{protocol.id}@{protocol.version}/start/reductions"
    for reduction in protocol.start.reductions:
        if judge(reduction.when, values) is not True:
            continue
        facts = {name: str(values[name]) for name in reduction.when.facts() if name in values}
        facts["cap"] = str(reduction.at_most)
        why = Reason(reduction.code, f"{place}/{reduction.code}", facts, reduction.source, reduction.status)
        yield Dose.of(reduction.at_most), why


def _found_caps(normal: Dose, limits: tuple[StartLimit, ...]) -> Iterator[Cap]:
    for one in limits:
        if one.limit.at_most is not None:
            yield Dose.of(one.limit.at_most), _why(one, str(one.limit.at_most))
        if one.limit.share:
            yield normal.times(_share(one)), _why(one, f"{one.limit.share} of {normal}")
    together = exposure_share(limits)
    several = _multiplying(limits)
    if len(several) > 1:
        facts = {"share": f"{together.numerator}/{together.denominator}", "of": str(normal)}
        facts["because"] = ", ".join(one.code for one in several)
        rule = "limiting/shares_multiply"
        yield (
            normal.times(together),
            Reason("exposures_multiply", rule, facts, "titrant-proposal", Status.PROPOSAL),
        )


def _why(one: StartLimit, cap: str) -> Reason:
    return Reason(one.code, one.rule, {**one.facts, "cap": cap}, one.source, one.status)


def _share(one: StartLimit) -> Fraction:
    share = Fraction(one.limit.share)
    # A knowledge file that widens a dose is caught when it is checked; here it simply may not.
    return min(share, Fraction(1))


def _cap(value: Sourced[Quantity], code: str, rule: str) -> Cap:
    return Dose.of(value.value), _reason(value, code, rule, {"cap": str(value.value)})


def _reason(value: Sourced[Quantity], code: str, rule: str, facts: Facts) -> Reason:
    return Reason(code, rule, facts, value.source, value.status)
