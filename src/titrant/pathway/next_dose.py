"""The dose that an action leads to: a raise under every limit, a lower dose, the steps of a taper.

Everything is rounded down to what the product can give, and each limit that cut a dose is remembered.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from titrant.knowledge.judging import judge
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.protocols import Rung
from titrant.pathway.limiting import exposure_share
from titrant.pathway.reconciling import is_new_start
from titrant.pathway.review import Review
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.dose import NO_DOSE, Dose
from titrant.terms.limits import Limited
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Facts, Reason, Status
from titrant.terms.regimen import Regimen

Cap = tuple[Dose, Reason]


class TaperStep(Struct, frozen=True):
    """From this day on, this regimen; None: no more."""

    earliest: date
    latest: date
    regimen: Regimen | None


# Raising


def raised(review: Review) -> tuple[Limited, Regimen | None]:
    """One step up, under every limit; the regimen is None where no higher dose comes out."""
    now, step = review.level.regimen, review.protocol.step
    limited = Limited.of(Dose(now.dose.mg + Dose.of(step.by.value).mg))
    caps = [*step_caps(review), *_bound_caps(review)]
    for cap, why in sorted(caps, key=lambda one: (-one[0].mg, one[1].code)):
        limited = limited.at_most(cap, why)
    regimen = review.supply.regimen(limited.value, now.times_per_day, now.days_per_week)
    if regimen is None or not now.dose < regimen.dose or review.supply.too_many(regimen.pieces):
        return _cut_to(limited, now, review), None
    return _cut_to(limited, regimen, review), regimen


def _cut_to(limited: Limited, regimen: Regimen, review: Review) -> Limited:
    product, part = review.supply, review.supply.product.smallest_part
    facts = {"product": product.name, "from": str(limited.value), "to": str(regimen.dose)}
    why = Reason("rounded_down_to_pieces", f"products/{product.product.id}", facts, part.source, part.status)
    return limited.at_most(regimen.dose, why)


def _place(review: Review) -> str:
    return f"{review.protocol.id}@{review.protocol.version}"


def _why(value: Sourced[Quantity], code: str, rule: str, facts: Facts) -> Reason:
    return Reason(code, rule, facts, value.source, value.status)


def step_caps(review: Review) -> Iterator[Cap]:
    now, step, place = review.level.regimen.dose, review.protocol.step, f"{_place(review)}/step"
    share = exposure_share(review.screening.limits)
    percent = now.times(1 + Fraction(step.percent.value.value) / 100)
    yield percent, _why(step.percent, "step_percent", f"{place}/percent", {"cap": str(step.percent.value)})
    if share < 1:
        by = Dose.of(step.by.value).times(share)
        facts = {"share": f"{share.numerator}/{share.denominator}", "cap": str(by)}
        yield Dose(now.mg + by.mg), _why(step.by, "step_shrinks_with_exposure", f"{place}/by", facts)
    if reduced(review):
        facts = {"cap": str(step.by_when_reduced.value)}
        cap = Dose(now.mg + Dose.of(step.by_when_reduced.value).mg)
        yield cap, _why(step.by_when_reduced, "step_when_reduced", f"{place}/by_when_reduced", facts)
    within = review.following.steps_at_most
    facts = {"cap": str(within.value), "within": str(review.following.steps_within.value)}
    yield Dose(now.mg + step_room(review).mg), _why(within, "steps_sum", f"{_place(review)}/following", facts)


def step_room(review: Review) -> Dose:
    """How much each dose may still rise under the cap on the sum of steps in a stretch of time."""
    following = review.following
    first = review.on - timedelta(days=whole_days(following.steps_within.value))
    before = [level for level in review.levels if level.since <= first] or [review.levels[0]]
    lowest = min(
        (level.regimen.dose for level in review.levels if first < level.since), default=before[-1].regimen.dose
    )
    base = min(before[-1].regimen.dose, lowest)
    most = base.mg + Dose.of(following.steps_at_most.value).mg
    return Dose(max(most - review.level.regimen.dose.mg, Decimal(0)))


def reduced(review: Review) -> bool:
    """Whether anything asks for a smaller start; where that cannot be told, it counts as asking."""
    cuts = review.protocol.start.reductions
    known = [judge(one.when, review.screening.values) is not False for one in cuts]
    return any(known) or bool(review.screening.limits)


def _bound_caps(review: Review) -> Iterator[Cap]:
    """The usual bounds shrink with exposure; the hard ones hold as well, whatever the usual ones say."""
    bounds, now, place = review.protocol.bounds, review.level.regimen, f"{_place(review)}/bounds"
    share = exposure_share(review.screening.limits)
    per_day, per_week = now.times_per_day, now.times_per_day * now.days_per_week
    for value, code, divisor in (
        (bounds.single.usual, "usual_single_bound", 1),
        (bounds.daily.usual, "usual_daily_bound", per_day),
        (bounds.weekly.usual, "usual_weekly_bound", per_week),
        (bounds.single.hard_home, "hard_single_bound", 1),
        (bounds.daily.hard, "hard_daily_bound", per_day),
        (bounds.weekly.hard, "hard_weekly_bound", per_week),
    ):
        shrunk = "" if share == 1 else f"{share.numerator}/{share.denominator} of "
        facts = {"cap": f"{shrunk}{value.value}", "times_per_day": str(per_day)}
        cap = Dose(value.value.value).times(Fraction(1, divisor) * share)
        yield cap, _why(value, code, f"{place}/{code}", facts)


def by_hand_beyond(review: Review, limited: Limited) -> Iterator[Reason]:
    """Where a usual bound ended the steps: what a prescriber could sign by hand, which is never proposed."""
    if not any(one.code.startswith("usual_") for one in limited.limits):
        return
    bounds, share = review.protocol.bounds, exposure_share(review.screening.limits)
    daily = bounds.daily
    named = {
        "usual": daily.usual, "second": daily.second_prescriber_above, "hard": daily.hard,
        "hard_single": bounds.single.hard_home,
    }  # fmt: skip
    facts = {name: str(Dose(one.value.value).times(share)) for name, one in named.items()}
    second = daily.second_prescriber_above
    yield Reason("beyond_the_usual_bound", f"{_place(review)}/bounds", facts, second.source, second.status)


# Lowering


def lowered(review: Review, share: Fraction) -> Regimen | None:
    """``share`` of the present dose, rounded down; None where nothing smaller can be made."""
    now = review.level.regimen
    regimen = review.supply.regimen(now.dose.times(share), now.times_per_day, now.days_per_week)
    return regimen if regimen is not None and NO_DOSE < regimen.dose < now.dose else None


def share_kept(review: Review) -> Fraction:
    """What is left after the protocol's share for a moderate adverse effect is taken off."""
    return 1 - Fraction(review.protocol.trial.lower_by.value.value) / 100


def rung_share(review: Review) -> Fraction:
    rung = review.rung
    return min(Fraction(rung.share), Fraction(1)) if rung is not None and rung.share else share_kept(review)


def as_now(review: Review) -> Regimen:
    """The present dose in the product of the next signature, where that is another one and can make it."""
    now, supply = review.level.regimen, review.supply
    made = supply.regimen(now.dose, now.times_per_day, now.days_per_week) if now.product != supply.name else None
    return made if made is not None and made.dose == now.dose else now


# Tapering


def taper(review: Review, at_most: Dose | None = None) -> tuple[TaperStep, ...]:
    """The steps down from the present dose, where the drug was taken for long enough to need them.

    Steps above ``at_most``, to which another rule lowers, or above what is left after missed days are left out. There
    are none for somebody who may have taken nothing for so long that any dose would be a new start, or where so little
    cannot be measured.
    """
    rules, on, now = review.protocol.taper, review.on, review.level.regimen
    if not taper_needed(review) or is_new_start(review.protocol, review.missed.possible):
        return ()
    if (left := _left_after_missed(review)) < 1:
        less = lowered(review, left)
        if less is None:
            return ()
        at_most = less.dose if at_most is None else min(at_most, less.dose)
    part = Fraction(rules.by.value.value) / 100
    steps, earliest, latest, share, held = [], on, on, 1 - part, now
    while share > 0:
        regimen = lowered(review, share)
        if regimen is not None and regimen.dose < held.dose and (at_most is None or regimen.dose <= at_most):
            steps.append(TaperStep(earliest, latest, regimen))
            held = regimen
            earliest, latest = days_later(earliest, rules.every.value), days_later(latest, rules.every_at_most.value)
        share -= part
    return (*steps, TaperStep(earliest, latest, None)) if steps else ()


def _left_after_missed(review: Review) -> Fraction:
    """The share of the dose that the ladder leaves after days that were missed, or may have been; 1 after none.

    A rung that waits for the prescriber has no share of its own: the taper begins no higher than after fewer days.
    """
    worst = max((one for one in (review.rung, review.rung_possible) if one), key=_days_missed, default=None)
    if worst is None or worst.do == "continue":
        return Fraction(1)
    rungs = [one for one in review.protocol.missed_doses if one.share and _days_missed(one) <= _days_missed(worst)]
    return min((Fraction(one.share) for one in rungs), default=share_kept(review))


def _days_missed(rung: Rung) -> int:
    return rung.days_missed[0]


def taper_needed(review: Review) -> bool:
    """Whether the course has run for so long that it is not ended at once."""
    return whole_days(review.protocol.taper.needed_after.value) < (review.on - review.levels[0].since).days


def suspended(review: Review) -> bool:
    """Whether no dose is to be taken on the day of the review, until a prescriber has signed."""
    begun = [one for one in review.case.given.course.suspensions if one.since <= review.on]
    return any(one.lifted_on is None or review.on < one.lifted_on for one in begun)


def no_source(code: str, rule: str, facts: Facts) -> Reason:
    return Reason(code, rule, facts, "titrant-proposal", Status.PROPOSAL)
