"""Holding two decisions against each other: what "not more than before" means for a whole plan."""

from decimal import Decimal

from tests.properties.deciding import NOTHING, Decided
from titrant.pathway.ladder import Level


def more_than(after: Decided, before: Decided) -> str:
    """In what ``after`` allows more than ``before``; empty if in nothing. What is not proposed is no dose."""
    heavy = _too_heavy(before)
    if heavy:
        return f"the start rises from {heavy} to {after.start_mg} mg" if after.start_mg > heavy else ""
    if after.start_mg > before.start_mg:
        return f"the start rises from {before.start_mg} to {after.start_mg} mg"
    if after.daily_mg > before.daily_mg:
        return f"the day's dose rises from {before.daily_mg} to {after.daily_mg} mg"
    if not after.proposed:
        return ""
    return _higher_ladder(after.plan.ladder if after.plan else (), before.plan.ladder if before.plan else ())


def _too_heavy(one: Decided) -> Decimal:
    """The start that was allowed, where the chosen pieces are too small for it: a smaller one may well fit them."""
    plan = one.plan
    if plan is None or plan.start is None or not any(why.code == "too_many_pieces" for why in plan.reasons):
        return NOTHING
    return plan.start.value.mg


def _higher_ladder(after: tuple[Level, ...], before: tuple[Level, ...]) -> str:
    for own in after:
        reached = [
            one.regimen.dose for one in before if one.earliest - before[0].earliest <= own.earliest - after[0].earliest
        ]
        if not reached or reached[-1] < own.regimen.dose:
            highest = reached[-1] if reached else "nothing"
            return f"level {own.number} rises from {highest} to {own.regimen.dose}"
    return ""


def refused_for_the_request(*several: Decided) -> bool:
    """What is asked for is beyond bounds or a slip: then there is no dose for this person to compare."""
    return any(one.refused_request for one in several)


def bars_of(decided: Decided) -> list[tuple[str, str]]:
    """What stands in the way of a proposal: code and the rule or the fact."""
    plan = decided.plan
    if plan is None:
        return [(decided.error.place if decided.error else "", "")]
    rules = {one.code: one.rule for one in plan.screening.findings}
    return [
        *((one.code, one.rule) for one in plan.reasons),
        *((one.fact, rules[one.fact]) if one.fact in rules else (one.why, one.fact) for one in plan.missing),
    ]
