"""Whether an output is within every bound that is written down: read from the raw files, compared in whole and exact.

Shares no code with the program. Used on every drawn case (T02), and shown to catch one piece too many.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path

from msgspec import Struct

from tests.properties.deciding import VERSION, files
from tests.reference.files import size
from titrant.pathway.plan import Plan
from titrant.pathway.prescribe import prescribe
from titrant.record import gate
from titrant.record.appending import absolute_limits
from titrant.terms.regimen import Regimen


class Bounds(Struct, frozen=True):
    """The written bounds of one protocol, in mg, days and times."""

    single: dict[str, Fraction]
    daily: Fraction
    weekly: Fraction
    times: int
    start: Fraction
    per_kg: Fraction
    step: Fraction
    growth: Fraction
    interval: int
    trial: int
    whole: int
    supply: int


@lru_cache
def bounds_of(protocol: str) -> Bounds:
    tree = files().protocols[protocol]
    start, step, bounds, trial = tree["start"], tree["step"], tree["bounds"], tree["trial"]
    absolute = absolutes()

    def least(written: dict[str, object], most: str) -> Fraction:
        return min(size(str(written["value"])), absolute[most])

    return Bounds(
        single={
            "home": least(bounds["single"]["hard_home"], "single_mg"),
            "observed": least(bounds["single"]["hard_observed"], "single_mg"),
        },
        daily=least(bounds["daily"]["hard"], "daily_mg"),
        weekly=least(bounds["weekly"]["hard"], "weekly_mg"),
        times=min(bounds["times_per_day"]["value"], int(absolute["times_per_day"])),
        start=size(start["at_most"]["value"]),
        per_kg=size(start["at_most_by_weight"]["value"]),
        step=size(step["by"]["value"]),
        growth=1 + size(step["percent"]["value"]) / 100,
        interval=int(size(step["interval"]["value"])),
        trial=int(size(trial["length"]["value"])),
        whole=int(size(trial["plan_ends_after"]["value"])),
        supply=int(min(size(tree["supply"]["titration"]["value"]), absolute["supply_days"])),
    )


@lru_cache(maxsize=1)
def absolutes() -> dict[str, Fraction]:
    place = Path(gate.__file__).parent / "absolute_limits.json"
    written = json.loads(place.read_text(encoding="utf-8"))
    return {name: Fraction(one["value"]) for name, one in written.items() if name != "about"}


@lru_cache(maxsize=1)
def limits_file() -> bytes:
    return absolute_limits()


def over_bounds(plan: Plan) -> list[str]:
    """Every bound that an output of ``plan`` breaks, in words; empty if none."""
    shown = [plan.regimen, plan.would_be, *(one.regimen for one in plan.alternatives)]
    shown += [level.regimen for level in plan.ladder]
    faults = [fault for one in shown if one is not None for fault in _regimen_faults(one, plan)]
    return [*faults, *_start_faults(plan), *_ladder_faults(plan), *_draft_faults(plan)]


def _regimen_faults(one: Regimen, plan: Plan) -> Iterator[str]:
    bounds = bounds_of(plan.protocol.id)
    setting = plan.asking.setting if plan.asking else "home"
    dose = one.dose.mg
    if not (isinstance(dose, Decimal) and dose.is_finite() and one.pieces.is_finite()):
        yield f"{dose} mg in {one.pieces} pieces is not finite"
        return
    if not 0 < dose <= bounds.single[setting]:
        yield f"{dose} mg is not above 0 and at most {bounds.single[setting]} mg in one dose"
    if not dose * one.times_per_day <= bounds.daily:
        yield f"{dose} mg {one.times_per_day} times a day is above {bounds.daily} mg a day"
    if not dose * one.times_per_day * one.days_per_week <= bounds.weekly:
        yield f"{dose} mg {one.times_per_day} times on {one.days_per_week} days is above {bounds.weekly} mg a week"
    if not (1 <= one.times_per_day <= bounds.times and 1 <= one.days_per_week <= 7):
        yield f"{one.times_per_day} times on {one.days_per_week} days is too often"
    yield from _piece_faults(one, plan)


def _piece_faults(one: Regimen, plan: Plan) -> Iterator[str]:
    """Pieces that exist: a multiple of the smallest part, not more than is believable, and holding what is said."""
    chosen = plan.supply
    part, most, base = _piece(chosen.product.id, chosen.strength.value, chosen.content.value == "hydrochloride")
    whole, held = _held(one.pieces, part, base)
    if not whole:
        yield f"{one.pieces} is no multiple of {part}"
    # A plan that only asks may show what it would be; how many pieces are believable is judged when it is proposed.
    if plan.regimen is not None and not 0 < one.pieces <= most:
        yield f"{one.pieces} pieces are not above 0 and at most {most}"
    if one.dose.mg != held:
        yield f"{one.pieces} pieces of {float(base)} mg hold {held} mg, not {one.dose.mg} mg"


@cache
def _piece(product: str, strength: Decimal, hydrochloride: bool) -> tuple[Fraction, Fraction, Fraction]:
    """The smallest part, the most that is believable, and the base in one piece, of a product."""
    tree = files().products[product]
    written = str(tree["smallest_part"]["value"])
    fluid = written.endswith("mL")
    part = size(written) if fluid else Fraction(written)
    most = min(Fraction(tree["most_pieces"]["value"]), absolutes()["ml" if fluid else "pieces"])
    return part, most, Fraction(strength) * (files().salt if hydrochloride else 1)


@lru_cache(maxsize=10_000)
def _held(pieces: Decimal, part: Fraction, base: Fraction) -> tuple[bool, Decimal]:
    """Whether so many pieces can be cut, and the base in them: whole parts, each cut down to a thousandth."""
    parts, exact = Fraction(pieces) / part, part * base
    on_paper = Decimal(exact.numerator * 1000 // exact.denominator).scaleb(-3)
    return parts.denominator == 1, on_paper * parts.numerator / parts.denominator


def _start_faults(plan: Plan) -> Iterator[str]:
    one, bounds = plan.regimen or plan.would_be, bounds_of(plan.protocol.id)
    if one is None:
        return
    if not one.dose.mg <= bounds.start:
        yield f"a start of {one.dose.mg} mg is above {bounds.start} mg"
    weight = plan.assessment.facts.get("weight")
    if weight is not None and not Fraction(one.dose.mg) <= bounds.per_kg * size(str(weight.value)):
        yield f"a start of {one.dose.mg} mg is above {bounds.per_kg} mg/kg at {weight.value}"
    if plan.asking is not None and not one.dose <= plan.asking.dose:
        yield f"a start of {one.dose.mg} mg is above the {plan.asking.dose} that was asked for"


def _ladder_faults(plan: Plan) -> Iterator[str]:
    bounds = bounds_of(plan.protocol.id)
    for below, above in zip(plan.ladder, plan.ladder[1:], strict=False):
        low, high = Fraction(below.regimen.dose.mg), Fraction(above.regimen.dose.mg)
        if not low < high <= min(low + bounds.step, low * bounds.growth):
            yield f"the step from {float(low)} to {float(high)} mg is not upward and at most the protocol's"
        if not (above.earliest - below.earliest).days >= bounds.interval:
            yield f"the step on {above.earliest} comes less than {bounds.interval} days after the one before"
        if not (above.earliest - plan.on).days + bounds.trial <= bounds.whole:
            yield f"the level of {above.earliest} leaves no room for a trial before the plan ends"
        if (above.regimen.times_per_day, above.regimen.days_per_week) != (
            below.regimen.times_per_day,
            below.regimen.days_per_week,
        ):
            yield "the pattern changes between levels"
    if plan.ladder and plan.ladder[0].regimen != plan.regimen:
        yield "the first level is not the start"


def _draft_faults(plan: Plan) -> Iterator[str]:
    """What the last gate says of the draft, and whether the supply is what the days take."""
    draft = prescribe(plan, VERSION)
    if (draft is None) != (plan.regimen is None):
        yield "a draft without a start, or a start without a draft"
    if draft is None or plan.regimen is None:
        return
    yield from gate.faults(draft.content, limits_file())
    if not 0 < draft.supply.days <= bounds_of(plan.protocol.id).supply:
        yield f"a supply for {draft.supply.days} days"
    most = draft.supply.days * plan.regimen.times_per_day * plan.regimen.pieces
    if not draft.supply.needed <= most or not draft.supply.needed <= draft.supply.quantity < draft.supply.needed + 1:
        yield f"{draft.supply.quantity} pieces for {draft.supply.days} days that take {draft.supply.needed}"
