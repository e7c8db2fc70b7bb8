"""What a prescriber chooses for a running course, set against what was proposed: with it, against it, or not to be had.

The software may always be told to give less. More than now is refused where the rules stop, pause or lower, where
something is not known or overdue, beyond a step, and beyond the hard bounds; within those a prescriber decides, with a
reason.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct, structs

from titrant.knowledge.shapes.following import REDUCING, Action
from titrant.knowledge.shapes.protocols import Bounds
from titrant.pathway.adjust import Adjustment, lowered_by_rules, next_less
from titrant.pathway.case import Level
from titrant.pathway.dispense import level_faults
from titrant.pathway.next_dose import TaperStep, raised, step_caps, suspended, taper
from titrant.pathway.plan import Outcome
from titrant.pathway.reconciling import is_new_start, missed_run
from titrant.pathway.supplying import SignedLevel
from titrant.terms.dose import Dose
from titrant.terms.numbers import parse_decimal
from titrant.terms.reason import Facts, Missing, Reason, Status
from titrant.terms.regimen import Regimen

TAPER = "taper"  # a stop in steps; the action of the rules is "stop"
_AS_ASKED = {
    "level_beyond_bounds": "change_beyond_bounds",
    "level_looks_like_a_slip": "change_looks_like_a_slip",
}
_NO_DOSE = (Action.STOP.value, Action.PAUSE.value)


class Chosen(Struct, frozen=True, kw_only=True):
    """What is asked to be signed. Empty: exactly what is proposed. Amounts are text, as a person typed them."""

    action: str = ""  # one of Action, or "taper"
    dose_mg: str = ""  # a dose of one's own
    times_per_day: int = 0  # 0: as now
    days_per_week: int = 0
    reason: str = ""  # a code of texts/signing-reasons, where it departs from the proposal
    words: str = ""
    renew: bool = False  # the plan runs anew from today


class Change(Struct, frozen=True, kw_only=True):
    """A choice judged. ``regimen`` None: no dose. With ``refused`` or ``missing`` it cannot be signed."""

    action: str
    regimen: Regimen | None = None
    steps: tuple[TaperStep, ...] = ()
    refused: tuple[Reason, ...] = ()
    missing: tuple[Missing, ...] = ()
    against: bool = False
    second: tuple[Reason, ...] = ()  # why a second prescriber must stand behind it
    takes_back: tuple[Reason, ...] = ()  # lower doses that are signed for later, and would not come


def judged(decided: Adjustment, chosen: Chosen) -> Change:
    """The choice as it could be signed, or why not."""
    if not chosen.action and not chosen.dose_mg:
        if decided.outcome is not Outcome.PROPOSED or decided.action is None:
            refused = decided.reasons if decided.outcome is Outcome.REFUSED or not decided.missing else ()
            return Change(action="", refused=refused, missing=decided.missing)
        chosen = Chosen(action=_proposed_name(decided), renew=chosen.renew)
    change = _made(decided, chosen)
    back = tuple(_taken_back(decided, change))
    against = bool(back) or not _as_proposed(decided, change)
    refused = change.refused or tuple(_refusals(decided, change, against=against))
    refused = (*refused, *_new_start(decided, change, renew=chosen.renew))
    open_ones = decided.missing if against and is_more(decided, change) else ()
    return Change(
        action=change.action, regimen=change.regimen, steps=change.steps, refused=refused, missing=open_ones,
        against=against or renews(chosen, change.regimen, change.action), second=tuple(_second(decided, change)),
        takes_back=back,
    )  # fmt: skip


def _proposed_name(decided: Adjustment) -> str:
    assert decided.action is not None
    return TAPER if decided.action is Action.STOP and decided.taper else decided.action.value


def renews(chosen: Chosen, regimen: Regimen | None, action: str) -> bool:
    """Whether the plan's end moves on, which no rule ever asks for. A taper has an end of its own."""
    return chosen.renew and regimen is not None and action != TAPER


def _as_proposed(decided: Adjustment, change: Change) -> bool:
    if decided.outcome is not Outcome.PROPOSED or decided.action is None:
        return False
    if change.regimen is None or change.steps:
        return change.action == _proposed_name(decided)
    # The first step of a proposed taper, signed without the others, is a dose that goes on.
    return not decided.taper and change.regimen == decided.regimen


def _made(decided: Adjustment, chosen: Chosen) -> Change:
    """The choice with its regimen and its honest name: a dose above now is a raise, whatever it was called."""
    if chosen.dose_mg:
        return _by_hand(decided, chosen)
    now, action = _now(decided), chosen.action
    if action in _NO_DOSE:
        return Change(action=action)
    if action == TAPER:
        least = lowered_by_rules(decided.review)
        steps = decided.taper or taper(decided.review, least.dose if least else None)
        first = steps[0].regimen if steps else None
        return Change(action=TAPER if first else Action.STOP.value, regimen=first, steps=steps if first else ())
    if decided.action is not None and action == decided.action.value:
        return Change(action=action, regimen=decided.regimen)
    if action == Action.HOLD.value:
        made = now
    elif action == Action.RAISE.value:
        made = raised(decided.review)[1]
    else:
        made = next_less(decided.review)
    refused = () if made else (_own("change_not_to_be_had", decided, {"action": action}),)
    return Change(action=action, regimen=made, refused=refused)


def _by_hand(decided: Adjustment, chosen: Chosen) -> Change:
    supply, now = decided.review.supply, decided.review.level.regimen
    wanted = _typed(chosen.dose_mg)
    times, days = chosen.times_per_day or now.times_per_day, chosen.days_per_week or now.days_per_week
    made = supply.regimen(wanted, times, days) if wanted is not None and 1 <= days <= 7 and times >= 1 else None
    if made is None or made.dose != wanted:
        nearest = str(made.dose) if made else "no dose"
        facts = {"asked": chosen.dose_mg[:20], "product": supply.name, "nearest": nearest}
        return Change(action="", refused=(_own("change_cannot_be_made", decided, facts),))
    names = {1: Action.RAISE.value, 0: Action.HOLD.value, -1: Action.LOWER.value}
    return Change(action=names[_direction(made, now)], regimen=made)


def _typed(text: str) -> Dose | None:
    try:
        return Dose(parse_decimal(text))
    except ValueError:
        return None


def _now(decided: Adjustment) -> Regimen | None:
    """The signed dose in the product that is chosen now; None where that product cannot make it."""
    now = decided.review.level.regimen
    made = decided.review.supply.regimen(now.dose, now.times_per_day, now.days_per_week)
    return made if made is not None and made.dose == now.dose else None


def _direction(new: Regimen, now: Regimen) -> int:
    """1: more in any way (one dose, a day, a week); 0: the same; -1: less."""
    pairs = ((new.dose, now.dose), (new.daily, now.daily), (new.weekly, now.weekly))
    if any(before < after for after, before in pairs):
        return 1
    return -1 if any(after < before for after, before in pairs) else 0


def is_more(decided: Adjustment, change: Change) -> bool:
    """Whether a change gives more than now in any way."""
    return change.regimen is not None and _direction(change.regimen, decided.review.level.regimen) > 0


# What stands against it


def _weekly_mg(one: Level) -> Decimal:
    return Dose.of(one.dose).mg * one.times_per_day * one.days_per_week


def _taken_back(decided: Adjustment, change: Change) -> Iterator[Reason]:
    """Less than this is signed for a later day, as in a taper, and a signature of today takes its place."""
    found, new = decided.review, change.regimen
    if new is None:
        return
    later = [
        one
        for one in found.case.given.course.levels
        if found.on < one.since and (Dose.of(one.dose) < new.dose or _weekly_mg(one) < new.weekly.mg)
    ]
    if later:
        steps = ", ".join(f"{one.dose} from {one.since} on" for one in later)
        yield _own("change_takes_steps_back", decided, {"steps": steps, "dose": str(new.dose)})


def _refusals(decided: Adjustment, change: Change, *, against: bool) -> Iterator[Reason]:
    found = decided.review
    if change.regimen is None:
        return
    levels = (found.level, SignedLevel(found.on, change.regimen))
    for one in level_faults(levels, found.protocol):
        if one.facts["dose"] == str(change.regimen.dose) and one.facts["since"] == found.on.isoformat():
            yield structs.replace(one, code=_AS_ASKED[one.code])
    if found.supply.too_many(change.regimen.pieces):
        most = found.supply.product.most_pieces
        facts = {"product": found.supply.name, "pieces": str(change.regimen.pieces), "most": str(most.value)}
        yield Reason("too_many_pieces", f"products/{found.supply.product.id}", facts, most.source, most.status)
    less = _direction(change.regimen, found.level.regimen) < 0
    if decided.outcome is Outcome.REFUSED and not less:
        yield from (one for one in decided.reasons if not one.code.startswith("by_hand_"))
    if against and is_more(decided, change):
        yield from _against_more(decided, change.regimen)


def _new_start(decided: Adjustment, change: Change, *, renew: bool) -> Iterator[Reason]:
    """Why a dose would begin a course anew, whatever it is called: then it needs all that a start needs.

    While suspended no dose is taken, so that silence is a gap; and a plan is renewed only for somebody who is known to
    be taking it.
    """
    found = decided.review
    if change.regimen is None:
        return
    ended = (found.on - found.plan_ends).days
    if renew and is_new_start(found.protocol, ended):
        yield _own("renewal_is_a_new_start", decided, {"ends": found.plan_ends.isoformat()})
    missed = found.missed.possible if suspended(found) else found.missed.certain
    if renew:
        run = missed_run(found.diary, found.levels, found.supply, found.levels[0].since, found.on)
        missed = max(missed, run.possible)
    if is_new_start(found.protocol, missed):
        yield Reason("gap_is_a_new_start", f"{_place(decided)}/missed_doses", {"days_missed": str(missed)})


def _against_more(decided: Adjustment, wanted: Regimen) -> Iterator[Reason]:
    """Why a prescriber may not sign more than now against what is proposed."""
    found = decided.review
    if decided.outcome is Outcome.PROPOSED and decided.action in REDUCING:
        yield from decided.reasons
    if found.overdue:
        checks = ", ".join(one.title for one in found.overdue)
        yield _own("raise_waits_for_checks", decided, {"checks": checks})
    if found.change_signed is not None:
        yield _own("change_signed_already", decided, {"on": found.change_signed.isoformat()})
    now, step = found.level.regimen, found.protocol.step
    cap = min(Dose(now.dose.mg + Dose.of(step.by.value).mg), *(most for most, _ in step_caps(found)))
    share = 1 + Fraction(step.percent.value.value) / 100
    daily, weekly = now.daily.times(share), now.weekly.times(share)
    if not (wanted.dose <= max(cap, now.dose) and wanted.daily <= daily and wanted.weekly <= weekly):
        facts = {
            "asked": str(wanted.dose), "daily": str(wanted.daily), "weekly": str(wanted.weekly),
            "most": str(cap), "most_daily": str(daily), "most_weekly": str(weekly),
        }  # fmt: skip
        yield Reason("change_beyond_a_step", f"{_place(decided)}/step", facts, step.by.source, step.by.status)


def _second(decided: Adjustment, change: Change) -> Iterator[Reason]:
    if change.regimen is None:
        return
    yield from second_needed(change.regimen, decided.review.protocol.bounds, f"{_place(decided)}/bounds")


def second_needed(regimen: Regimen, bounds: Bounds, place: str) -> Iterator[Reason]:
    """Why a second prescriber must stand behind ``regimen``: beyond that bound one person's slip is too dear."""
    for what, amount, total in (("a day", regimen.daily, bounds.daily), ("a week", regimen.weekly, bounds.weekly)):
        bound = total.second_prescriber_above
        if not amount <= Dose(bound.value.value):
            facts = {"amount": str(amount), "what": what, "bound": str(bound.value)}
            yield Reason("second_prescriber_needed", place, facts, bound.source, bound.status)


def _own(code: str, decided: Adjustment, facts: Facts) -> Reason:
    return Reason(code, _place(decided), facts, "titrant-proposal", Status.PROPOSAL)


def _place(decided: Adjustment) -> str:
    return f"{decided.review.protocol.id}@{decided.review.protocol.version}"


def daily_mg(regimen: Regimen | None) -> Decimal:
    """What is typed back: mg on a dosing day of the first step; nothing where there is no dose."""
    return regimen.daily.mg if regimen else Decimal(0)


def first_day(action: str, on: date, *, suspended: bool) -> date:
    """From which day a signature holds: less from today on; everything else from the next day.

    A level of the next day says that a prescriber has signed after all that was entered today (ADR 0211).
    """
    return on if action in (Action.LOWER.value, TAPER) and not suspended else on + timedelta(days=1)
