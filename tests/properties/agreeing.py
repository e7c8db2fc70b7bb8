"""Where the program and the second reading differ on one case (T06)."""

from collections.abc import Iterator
from fractions import Fraction

from tests.properties.deciding import OF_REQUEST, Decided, files
from tests.reference.plain_case import plain_case
from tests.reference.second_reading import Reading, Second
from titrant.pathway.plan import Outcome, Plan

# Limits on something else than the size of one dose.
NO_CAPS = ("rounded_down_to_pieces", "start_less_often")


def second_reading(plan: Plan) -> Reading:
    return Second(files(), plain_case(plan.assessment.case)).read()


def differences(decided: Decided) -> list[str]:
    """What the second reading sees otherwise; empty if nothing. A case that cannot be read has no dose to compare."""
    plan = decided.plan
    if plan is None:
        return []
    other = second_reading(plan)
    return [*_on_the_request(plan, other), *_on_the_start(plan, other), *_on_the_ladder(plan, other)]


def _on_the_request(plan: Plan, other: Reading) -> Iterator[str]:
    if (plan.asking is None) != (other.allowed is None):
        yield f"a start can be worked out: {plan.asking} against {other.allowed}"
    codes = frozenset(one.code for one in plan.reasons if one.code.startswith(OF_REQUEST))
    expected = other.beyond if plan.outcome is Outcome.REFUSED else frozenset()
    if codes != expected or (other.beyond and plan.outcome is not Outcome.REFUSED):
        yield f"the request is refused for {sorted(codes)} against {sorted(other.beyond)}"


def _on_the_start(plan: Plan, other: Reading) -> Iterator[str]:
    """The start before pieces with the cap that binds, and whether pieces can be given."""
    if plan.start is not None:
        cuts = [one for one in plan.start.limits if one.code not in NO_CAPS]
        binding = cuts[-1].code if cuts else None
        if (binding not in other.binding) if binding else bool(other.binding):
            yield f"bound by {binding} against {sorted(other.binding)}"
        before = plan.start.value.mg if plan.regimen is None else None
        if before is not None and other.fault == "no_piece_small_enough" and before != other.allowed:
            yield f"{before} mg allowed against {other.allowed}"
    fault = next((one.code for one in plan.reasons if one.code in ("no_piece_small_enough", "too_many_pieces")), "")
    if plan.outcome is Outcome.PROPOSED and other.fault:
        yield f"a start against {other.fault}"
    if fault and fault != other.fault:
        yield f"{fault} against {other.fault or 'a start'}"


def _on_the_ladder(plan: Plan, other: Reading) -> Iterator[str]:
    if plan.outcome is Outcome.PROPOSED:
        own = [(one.regimen.dose.mg, one.regimen.pieces, (one.earliest - plan.on).days) for one in plan.ladder]
        if own != [(one.dose, one.pieces, one.day) for one in other.rungs]:
            yield f"levels {_shown(own)} against {_shown([(one.dose, one.pieces, one.day) for one in other.rungs])}"
        patterns = {(one.regimen.times_per_day, one.regimen.days_per_week) for one in plan.ladder}
        if patterns != {(other.times, other.days)}:
            yield f"patterns {patterns} against {(other.times, other.days)}"
    if plan.would_be is not None and other.rungs and plan.would_be.dose.mg != other.rungs[0].dose:
        yield f"would be {plan.would_be.dose} against {float(other.rungs[0].dose)} mg"


def _shown(levels: list[tuple[object, object, int]]) -> str:
    return ", ".join(f"{float(Fraction(str(dose)))} mg on day {day}" for dose, _, day in levels)
