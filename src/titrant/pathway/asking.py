"""What is asked for: the protocol's own start, or what the prescriber wants instead, held against the hard bounds."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Conversion, Protocol, Tier
from titrant.pathway.assess import Assessment, Known
from titrant.pathway.case import Asked, Parenteral
from titrant.terms.calendar import whole_days
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.phrases import with_article
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Reason


class Asking(Struct, frozen=True):
    """A wanted start. ``normal`` is what the protocol gives to an adult without any reason for less."""

    dose: Dose
    normal: Dose
    times_per_day: int
    days_per_week: int
    setting: str
    tier: Tier | None = None
    by_hand: bool = False  # the prescriber wrote the dose

    @property
    def daily(self) -> Dose:
        return Dose(self.dose.mg * self.times_per_day)

    @property
    def weekly(self) -> Dose:
        return Dose(self.dose.mg * self.times_per_day * self.days_per_week)


def asking_of(assessment: Assessment, protocol: Protocol, library: Library) -> Asking | None:
    """The wanted start, or None where it cannot be worked out for lack of a weight or a clinic session."""
    asked = assessment.case.asked or Asked()
    normal = _normal_start(assessment, protocol, library)
    tier = _tier(asked, protocol)
    dose = _wanted(asked, tier, normal, assessment)
    if normal is None or dose is None:
        return None
    times, days = protocol.start.times_per_day.value, protocol.start.days_per_week.value
    return Asking(
        dose,
        normal,
        times if asked.times_per_day is None else asked.times_per_day,
        days if asked.days_per_week is None else asked.days_per_week,
        asked.setting,
        tier,
        asked.dose is not None or bool(asked.tier),
    )


def _normal_start(assessment: Assessment, protocol: Protocol, library: Library) -> Dose | None:
    start = protocol.start
    if protocol.from_parenteral:
        return _from_session(assessment, protocol, library)
    if start.fixed is not None:
        return Dose.of(start.fixed.value)
    assert start.by_weight is not None
    weight = assessment.facts.get("weight")
    return _by_weight(start.by_weight.value, weight)


def _by_weight(per_kg: Quantity, weight: Known | None) -> Dose | None:
    if weight is None or not weight.fresh or not isinstance(weight.value, Quantity):
        return None
    return Dose.per_kg(per_kg.value, weight.value.to("kg").value)


def _from_session(assessment: Assessment, protocol: Protocol, library: Library) -> Dose | None:
    """The proposed conversion of the newest tolerated session, divided over the day."""
    session = newest_session(assessment, library)
    proposed = next((one for one in protocol.conversions if one.proposed), None)
    if session is None or proposed is None:
        return None
    share = _lowest_share(proposed) / protocol.start.times_per_day.value
    return Dose.of(session.dose_24h).times(share)


def newest_session(assessment: Assessment, library: Library) -> Parenteral | None:
    """The newest clinic session, if it was tolerated and is recent enough to tell what is tolerated now."""
    sessions = assessment.case.given.parenteral
    newest = newest_of(sessions)
    if newest is None or any(one.on == newest.on and one.tolerated != "yes" for one in sessions):
        return None
    holds = library.facts["parenteral_session"].holds
    longest = whole_days(holds.value) if holds else 0
    recent = (assessment.on - newest.on).days <= longest
    return newest if recent else None


def newest_of(sessions: tuple[Parenteral, ...]) -> Parenteral | None:
    """The newest session; of several on one day the one with the smallest dose."""
    return max(sessions, key=lambda one: (one.on, -one.dose_24h.to("mg").value), default=None)


def _lowest_share(conversion: Conversion) -> Fraction:
    return min(Fraction(conversion.share_from.value) / 100, Fraction(1))


def _tier(asked: Asked, protocol: Protocol) -> Tier | None:
    if not asked.tier:
        return None
    for tier in protocol.tiers:
        if tier.id == asked.tier:
            return tier
    known = ", ".join(tier.id for tier in protocol.tiers) or "none"
    raise CaseFileError(
        "asked.tier",
        f"The protocol {protocol.id} has no tier {asked.tier!r}; it has: {known}.",
        "A tier carries its own warnings and settings.",
        "Leave the tier out, or choose one that the protocol has.",
    )


def _wanted(asked: Asked, tier: Tier | None, normal: Dose | None, assessment: Assessment) -> Dose | None:
    if asked.dose is None:
        return Dose.of(tier.dose_from) if tier else normal
    if asked.dose.dimension == "dose by weight":
        return _by_weight(asked.dose, assessment.facts.get("weight"))
    if asked.dose.dimension != "drug mass":
        raise CaseFileError(
            "asked.dose",
            f"{asked.dose} is {with_article(asked.dose.dimension)}, not a dose.",
            "A dose is milligrams, or milligrams per kilogram.",
            "Write it as 10 mg or 0.25 mg/kg.",
        )
    return Dose.of(asked.dose)


# Hard bounds: what lies beyond them is refused, never cut down in silence


def hard_reasons(asking: Asking | None, expected: Dose, protocol: Protocol) -> tuple[Reason, ...]:
    """Why what is asked for is refused outright. ``expected`` is the start that this person would be given."""
    return (
        ()
        if asking is None
        else (*_beyond_bounds(asking, protocol), *_slips(asking, expected, protocol), *_tier_reasons(asking, protocol))
    )


def _beyond_bounds(asking: Asking, protocol: Protocol) -> Iterator[Reason]:
    bounds, place = protocol.bounds, f"{protocol.id}@{protocol.version}/bounds"
    single = bounds.single.hard_home if asking.setting == "home" else bounds.single.hard_observed
    checks = (
        ("asked_above_single_bound", asking.dose, single, f"{place}/single"),
        ("asked_above_daily_bound", asking.daily, bounds.daily.hard, f"{place}/daily/hard"),
        ("asked_above_weekly_bound", asking.weekly, bounds.weekly.hard, f"{place}/weekly/hard"),
    )
    for code, asked, bound, rule in checks:
        if not asked.mg <= bound.value.value:
            yield _beyond(code, str(asked), bound, rule, asking.setting)
    if not 1 <= asking.times_per_day <= bounds.times_per_day.value:
        facts = {"asked": str(asking.times_per_day), "bound": str(bounds.times_per_day.value)}
        source, status = bounds.times_per_day.source, bounds.times_per_day.status
        yield Reason("asked_too_often", f"{place}/times_per_day", facts, source, status)
    if not 1 <= asking.days_per_week <= 7:
        facts = {"asked": str(asking.days_per_week), "bound": "7"}
        yield Reason("asked_too_often", "days of a week", facts)


def _beyond(code: str, asked: str, bound: Sourced[Quantity], rule: str, setting: str) -> Reason:
    facts = {"asked": asked, "bound": str(bound.value), "setting": setting}
    return Reason(code, rule, facts, bound.source, bound.status)


def _slips(asking: Asking, expected: Dose, protocol: Protocol) -> Iterator[Reason]:
    """A dose written by hand that is many times more or less than expected is taken for a slip of the hand."""
    guard = protocol.bounds.typing_error_factor
    if not asking.by_hand or asking.tier is not None:
        return
    factor = Fraction(guard.value)
    many, few = expected.times(factor), expected.times(1 / factor)
    if not few < asking.dose < many:
        facts = {"asked": str(asking.dose), "expected": str(expected), "factor": str(guard.value)}
        rule = f"{protocol.id}@{protocol.version}/bounds/typing_error_factor"
        yield Reason("asked_looks_like_a_slip", rule, facts, guard.source, guard.status)


def _tier_reasons(asking: Asking, protocol: Protocol) -> Iterator[Reason]:
    tier = asking.tier
    if tier is None:
        return
    rule = f"{protocol.id}@{protocol.version}/tiers/{tier.id}"
    facts = {"tier": tier.title, "asked": str(asking.dose), "setting": asking.setting}
    if asking.setting not in tier.settings:
        yield Reason("tier_not_in_this_setting", rule, facts, tier.source, tier.status)
    if not Dose.of(tier.dose_from) <= asking.dose <= Dose.of(tier.dose_to):
        facts |= {"from": str(tier.dose_from), "to": str(tier.dose_to)}
        yield Reason("asked_outside_tier", rule, facts, tier.source, tier.status)
    # The start regimen's own pattern is always allowed; a tier's other patterns are those that it lists.
    patterns = {(one.times_per_day, days) for one in tier.frequencies for days in one.days_per_week}
    own = (protocol.start.times_per_day.value, protocol.start.days_per_week.value)
    if (asking.times_per_day, asking.days_per_week) not in patterns | {own}:
        facts |= {"times_per_day": str(asking.times_per_day), "days_per_week": str(asking.days_per_week)}
        yield Reason("asked_pattern_not_in_tier", rule, facts, tier.source, tier.status)
