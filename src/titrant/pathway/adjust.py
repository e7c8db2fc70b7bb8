"""Step 9 of 10, adjust: from a review to the next action, judged from the safest to the least safe.

Takes a review and the knowledge. Gives an adjustment: the first rule that applies decides. A rule that cannot be judged
for lack of a fact never holds up a safer action, and no dose is kept or raised past it: what is missing is asked, and
the outcome is undecided. An opinion of a model may only lower or hold what the rules allow.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from msgspec import Struct, structs

from titrant.knowledge.judging import Value, judge, unknown_facts
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import REDUCING, Action, CourseRule, LowerTo
from titrant.knowledge.shapes.protocols import Standing
from titrant.pathway.case import Case
from titrant.pathway.course_facts import course_facts, new_exposure_share, shown
from titrant.pathway.next_dose import (
    TaperStep,
    as_now,
    by_hand_beyond,
    lowered,
    no_source,
    raised,
    rung_share,
    share_kept,
    suspended,
    taper,
    taper_needed,
)
from titrant.pathway.plan import KNOWLEDGE_NEEDED, Alternative, Outcome, protocol_warnings
from titrant.pathway.reconciling import is_new_start
from titrant.pathway.review import Review, review
from titrant.terms.calendar import days_later
from titrant.terms.dose import Dose
from titrant.terms.limits import Limited
from titrant.terms.reason import Bar, Finding, Missing, Reason, Severity, Status
from titrant.terms.regimen import Regimen


class Opinion(Struct, frozen=True):
    """What a model says of the rules' answer. ``most`` may only lower; an opinion without one changes nothing."""

    most: Action | None = None  # HOLD keeps a raise back; STEP_DOWN_TRIAL proposes less where a hold stands
    reason: Reason | None = None
    notes: tuple[Reason, ...] = ()


class Verdict(Struct, frozen=True):
    """One rule, and whether it applies; None: it cannot be told. ``finding`` is what it applies to."""

    rule: CourseRule
    applies: bool | None
    unknown: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Adjustment(Struct, frozen=True, kw_only=True):
    """The outcome of judging a running course."""

    outcome: Outcome
    action: Action | None
    review: Review
    regimen: Regimen | None = None
    would_be: Regimen | None = None
    would_do: Action | None = None
    limited: Limited | None = None
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Missing, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    not_chosen: dict[str, tuple[str, ...]] = {}
    taper: tuple[TaperStep, ...] = ()
    call: bool = False
    next_review: date | None = None
    warnings: tuple[Finding, ...] = ()  # where the protocol departs from the literature
    patient: tuple[str, ...] = ()  # codes of rules with words for the patient

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.review.findings, *_own_findings(self.review), *self.warnings)


def adjust_case(case: Case, library: Library, on: date, opinion: Opinion | None = None) -> Adjustment:
    """Review and adjust in one go."""
    return adjust(review(case, library, on), library, opinion)


def adjust(found: Review, library: Library, opinion: Opinion | None = None) -> Adjustment:
    """Choose the next action for the course of ``found``, or say what is missing."""
    verdicts = _verdicts(found)
    by_rules = _by_rules(found, library, verdicts)
    decided = _with_opinion(by_rules, opinion)
    return structs.replace(
        decided,
        not_chosen=_not_chosen(decided, by_rules, verdicts),
        alternatives=tuple(_alternatives(decided)),
        next_review=_next_review(decided),
        warnings=tuple(protocol_warnings(found.protocol, library)),
    )


def against_any_dose(found: Review) -> Iterator[tuple[Action, tuple[Reason, ...]]]:
    """Every action that applies and leaves no dose, safest first, with its reasons.

    An adjustment names the first alone. Once a prescriber has answered that one, it must not hide the next. How a stop
    is made, by a taper or at once, is no reason against a dose.
    """
    return ((one, why) for one, why in all_that_reduces(found) if one in (Action.STOP, Action.PAUSE))


def all_that_reduces(found: Review) -> Iterator[tuple[Action, tuple[Reason, ...]]]:
    """As ``against_any_dose``, with what only lowers; a lower dose that cannot be made is a pause."""
    verdicts = _verdicts(found)
    for action in REDUCING:
        if applying := _of(verdicts, action, True):
            made = _reducing(found, action, applying, verdicts)
            if made.action is not None:
                yield made.action, made.reasons


def lowered_by_rules(found: Review) -> Regimen | None:
    """What the rules lower to, whatever comes before them; None where none does."""
    verdicts = _verdicts(found)
    applying = _of(verdicts, Action.LOWER, True)
    return _reducing(found, Action.LOWER, applying, verdicts).regimen if applying else None


def next_less(found: Review) -> Regimen | None:
    """The dose that "lower" stands for: a share less, and no more than a rule lowers to."""
    made = [one for one in (lowered(found, share_kept(found)), lowered_by_rules(found)) if one is not None]
    return min(made, key=lambda one: one.dose.mg, default=None)


# Judging


def _verdicts(found: Review) -> tuple[Verdict, ...]:
    facts: dict[str, Value] = {**found.screening.values, **course_facts(found)}
    return tuple(_judged(rule, found, facts) for rule in found.following.rules)


def _judged(rule: CourseRule, found: Review, facts: dict[str, Value]) -> Verdict:
    if rule.when is not None:
        unknown = unknown_facts(rule.when, facts)
        return Verdict(rule, judge(rule.when, facts), unknown)
    own = rests_on(rule, found)
    return Verdict(rule, bool(own), (), own)


def rests_on(rule: CourseRule, found: Review) -> tuple[Finding, ...]:
    """The findings on which a rule over findings rests; one that a colleague has settled bars nothing any more."""
    by = rule.found
    if by is None:
        return ()
    return tuple(
        one
        for one in found.findings
        if (one.code in by.codes and one.bar is not Bar.NONE) or by.severity is one.severity or by.bar is one.bar
    )


def _of(verdicts: tuple[Verdict, ...], action: Action, applies: bool | None) -> tuple[Verdict, ...]:
    return tuple(one for one in verdicts if one.rule.action is action and one.applies is applies)


def _by_rules(found: Review, library: Library, verdicts: tuple[Verdict, ...]) -> Adjustment:
    for action in REDUCING:
        applying = _of(verdicts, action, True)
        if applying:
            made = _reducing(found, action, applying, verdicts)
            in_steps = action is Action.STOP and all(one.rule.taper for one in applying) and taper_needed(found)
            return _tapered(made, verdicts, tuple(_refusals(found, library))) if in_steps else made
    refused = (*_refusals(found, library), *_by_hand(found))
    if refused:
        return Adjustment(
            outcome=Outcome.REFUSED,
            action=None,
            review=found,
            reasons=refused,
            missing=_unjudged(found, verdicts),
            call=True,
        )
    kept = _keeping(found, verdicts)
    missing = _unjudged(found, verdicts)
    harmful = [one for one in missing if one.why not in _ONLY_RAISE]
    more = kept.action in (Action.RAISE, Action.STEP_DOWN_TRIAL)
    if harmful or (missing and more):
        return structs.replace(
            kept, outcome=Outcome.UNDECIDED, action=None, regimen=None, would_be=kept.regimen, would_do=kept.action,
            missing=missing, call=True,
        )  # fmt: skip
    if missing and any(why.code == "no_rule_applied" for why in kept.reasons):
        facts = {"facts": ", ".join(dict.fromkeys(one.fact for one in missing))}
        kept = structs.replace(kept, reasons=(no_source("hold_not_judged", f"{_place(found)}/following", facts),))
    return structs.replace(kept, missing=missing)


def _keeping(found: Review, verdicts: tuple[Verdict, ...]) -> Adjustment:
    """Hold, raise or step down: what the rules say when nothing safer applies."""
    holding = _of(verdicts, Action.HOLD, True)
    now = as_now(found)
    if holding:
        return _proposed(found, Action.HOLD, now, holding)
    if raising := _of(verdicts, Action.RAISE, True):
        limited, regimen = raised(found)
        if regimen is not None:
            made = _proposed(found, Action.RAISE, regimen, raising)
            return structs.replace(made, limited=limited, reasons=(*made.reasons, *limited.limits))
        held = _proposed(found, Action.HOLD, now, ())
        why = no_source("no_room_for_a_step", f"{_place(found)}/bounds", {"dose": str(now.dose)})
        return structs.replace(held, limited=limited, reasons=(why, *limited.limits, *by_hand_beyond(found, limited)))
    if trying := _of(verdicts, Action.STEP_DOWN_TRIAL, True):
        regimen = lowered(found, share_kept(found))
        if regimen is not None:
            return _proposed(found, Action.STEP_DOWN_TRIAL, regimen, trying)
    held = _proposed(found, Action.HOLD, now, ())
    return structs.replace(held, reasons=(no_source("no_rule_applied", f"{_place(found)}/following", {}),))


def _reducing(
    found: Review, action: Action, applying: tuple[Verdict, ...], verdicts: tuple[Verdict, ...]
) -> Adjustment:
    missing = _unjudged(found, verdicts)
    if action is not Action.LOWER:
        return structs.replace(_proposed(found, action, None, applying), missing=missing)
    wanted = [(lowered(found, _share(found, one.rule)), one) for one in applying]
    made_of = [regimen for regimen, _ in wanted if regimen is not None]
    if len(made_of) < len(wanted):
        # Where a lower dose cannot be measured there is none until a prescriber has looked.
        paused = _proposed(found, Action.PAUSE, None, applying)
        why = no_source(
            "no_lower_dose_can_be_made", f"products/{found.supply.product.id}", {"product": found.supply.name}
        )
        return structs.replace(paused, reasons=(*paused.reasons, why), missing=missing)
    lowest = min(made_of, key=lambda one: one.dose.mg)
    return structs.replace(_proposed(found, Action.LOWER, lowest, applying), missing=missing)


_LADDER = "missed_rung"  # the fact that rules of the ladder of missed doses ask


def _tapered(made: Adjustment, verdicts: tuple[Verdict, ...], refused: tuple[Reason, ...]) -> Adjustment:
    """The stop with the steps of its taper, or with why there are none.

    A taper gives doses, so no rule that leaves less is passed over because a stop comes before it, and there is none
    where nothing may be proposed (``refused``). The ladder of missed doses has its own word: after its longest gap
    there is no taper, before that a smaller one.
    """
    found = made.review
    if refused:
        first = no_source("no_taper_refused", f"{_place(found)}/taper", {})
        return structs.replace(made, reasons=(*made.reasons, first, *refused), call=True)
    spoken = tuple(one for one in verdicts if one.rule.when is None or _LADDER not in one.rule.when.facts())
    behind = [(one, _of(spoken, one, True)) for one in (Action.PAUSE, Action.LOWER)]
    others = [_reducing(found, one, applying, verdicts) for one, applying in behind if applying]
    if why := _why_no_taper(made, spoken, others):
        call = made.call or why.code == "no_taper_not_judged"
        return structs.replace(made, reasons=(*made.reasons, why), call=call)
    steps = taper(found, min((one.regimen.dose for one in others if one.regimen), default=None))
    if not steps:
        place, facts = f"products/{found.supply.product.id}", {"product": found.supply.name}
        too_little = no_source("no_lower_dose_can_be_made", place, facts)
        return structs.replace(made, reasons=(*made.reasons, too_little))
    return structs.replace(made, regimen=steps[0].regimen, taper=steps)


def _why_no_taper(made: Adjustment, verdicts: tuple[Verdict, ...], others: list[Adjustment]) -> Reason | None:
    """None where a taper may be proposed.

    To somebody who takes none it would be a start that nobody has checked; beside a rule that leaves no dose, or might
    if it could be judged, it would be a dose that the rules do not allow.
    """
    found, place = made.review, _place(made.review)
    ends = found.case.given.course.ends
    if suspended(found):
        return no_source("no_taper_while_suspended", f"{place}/taper", {})
    if ends is not None and ends <= found.on:
        return no_source("no_taper_after_a_signed_end", f"{place}/taper", {"ends": ends.isoformat()})
    if is_new_start(found.protocol, found.missed.possible):
        facts = {"days_missed": str(found.missed.possible)}
        return no_source("no_taper_after_a_gap", f"{place}/missed_doses", facts)
    if any(one.action is Action.PAUSE for one in others):
        return no_source("no_taper_beside_a_pause", f"{place}/taper", {})
    # A rule that would itself stop by a taper takes nothing from this one.
    unjudged = any(one.applies is None and one.rule.action in REDUCING and not one.rule.taper for one in verdicts)
    if unjudged or any(one.why not in (*_ONLY_RAISE, "rule_cannot_be_judged") for one in made.missing):
        return no_source("no_taper_not_judged", f"{place}/taper", {})
    return None


def _share(found: Review, rule: CourseRule) -> Fraction:
    ways = {LowerTo.BY_SHARE: share_kept, LowerTo.RUNG: rung_share, LowerTo.EXPOSURE: new_exposure_share}
    return ways[rule.lower_to](found)


def _proposed(found: Review, action: Action, regimen: Regimen | None, applying: tuple[Verdict, ...]) -> Adjustment:
    return Adjustment(
        outcome=Outcome.PROPOSED,
        action=action,
        review=found,
        regimen=regimen,
        reasons=tuple(why for one in applying for why in _reasons(found, one)),
        call=any(one.rule.call for one in applying),
        patient=tuple(one.rule.code for one in applying),
    )


def _reasons(found: Review, verdict: Verdict) -> Iterator[Reason]:
    rule = verdict.rule
    place = f"{_place(found)}/following/{rule.code}"
    facts = shown(found)
    if not verdict.findings:
        yield Reason(rule.code, place, facts, rule.source, rule.status)
    for one in verdict.findings:
        yield Reason(rule.code, place, {**one.facts, "finding": one.code}, rule.source, rule.status)


def _place(found: Review) -> str:
    return f"{found.protocol.id}@{found.protocol.version}"


# What stands in the way


def _refusals(found: Review, library: Library) -> Iterator[Reason]:
    """Nothing is proposed on a check that did not run, on a protocol not in use, or on knowledge past its review."""
    place = _place(found)
    if not found.screening.ledger.complete or found.standing.failed:
        failed = "; ".join((*found.screening.ledger.faults, *found.standing.failed))
        yield no_source("check_failed", "screen/ledger", {"failed": failed})
    if found.protocol.status is not Standing.IN_USE:
        yield Reason("protocol_not_in_use", place, {"protocol": place, "standing": found.protocol.status.value})
    if not found.on <= found.protocol.next_review:
        facts = {"file": place, "review": found.protocol.next_review.isoformat()}
        yield Reason("knowledge_past_review", place, facts)
    for path in library.past_review(found.on, KNOWLEDGE_NEEDED):
        yield Reason("knowledge_past_review", path, {"file": path, "review": str(library.trees[path]["next_review"])})


def _by_hand(found: Review) -> Iterator[Reason]:
    """Outside the range for which the rules were made they give no number."""
    now, bounds, place = found.level.regimen, found.protocol.bounds, f"{_place(found)}/bounds"
    least = found.following.response.baseline_at_least
    baseline = found.benefit.baseline
    if baseline is not None and not least.value.value <= baseline:
        facts = {"baseline": f"{baseline}", "least": str(least.value)}
        yield Reason("by_hand_low_baseline", f"{_place(found)}/following/response", facts, least.source, least.status)
    for code, amount, bound in (
        ("by_hand_single_bound", now.dose, bounds.single.hard_home),
        ("by_hand_daily_bound", now.daily, bounds.daily.hard),
        ("by_hand_weekly_bound", now.weekly, bounds.weekly.hard),
    ):
        if not amount <= Dose(bound.value.value):
            yield Reason(code, place, {"dose": str(amount), "bound": str(bound.value)}, bound.source, bound.status)
    most = bounds.times_per_day
    if not now.times_per_day <= most.value:
        facts = {"times": str(now.times_per_day), "bound": str(most.value)}
        yield Reason("by_hand_times_per_day", place, facts, most.source, most.status)
    if found.supply.dose_of(found.supply.pieces_for(now.dose)) != now.dose:
        part = found.supply.product.smallest_part
        facts = {"dose": str(now.dose), "product": found.supply.name}
        yield Reason("by_hand_product", f"products/{found.supply.product.id}", facts, part.source, part.status)


# Missing facts that cannot hide a harm: they stand in the way of a raise only.
_ONLY_RAISE = (
    "fact_too_old", "reconciled_list_old", "allergies_not_reviewed", "indication_missing", "no_failed_treatment",
    "no_goal", "raise_cannot_be_judged", "protocol_needs_explicit_choice",
)  # fmt: skip


def _unjudged(found: Review, verdicts: tuple[Verdict, ...]) -> tuple[Missing, ...]:
    """What is missing: for the screen, for rules that reduce, and for rules that hold back a raise."""
    asked = {one.fact for one in found.screening.missing}
    missing = [_asked(one, found) for one in found.screening.missing if not one.why.startswith("settle_")]
    missing += [one for one in (*found.standing.missing, *found.never) if one.fact not in asked]
    if found.protocol.explicit_choice and found.case.choice is None:
        missing.append(Missing("choice", "protocol_needs_explicit_choice", {"protocol": found.protocol.title}))
    for one in verdicts:
        if one.applies is None:
            harm = one.rule.action in REDUCING
            why = "rule_cannot_be_judged" if harm else "raise_cannot_be_judged"
            facts = {"rule": one.rule.code, "action": one.rule.action.value}
            missing += [Missing(name, why, facts) for name in one.unknown]
    seen: dict[tuple[str, str], Missing] = {}
    for each in missing:
        seen.setdefault((each.fact, each.why), each)
    return tuple(seen[key] for key in sorted(seen))


def _asked(one: Missing, found: Review) -> Missing:
    """A drug list that was gone through, but long ago, is old and not unknown."""
    listed = found.case.given.medications
    if one.why == "medications_not_reconciled" and listed is not None and listed.reviewed_on is not None:
        return Missing(one.fact, "reconciled_list_old", {"on": listed.reviewed_on.isoformat()})
    return one


# The model's opinion


def _with_opinion(by_rules: Adjustment, opinion: Opinion | None) -> Adjustment:
    """An opinion turns a raise into a hold, or a hold into a trial of less; it never turns anything the other way."""
    if (
        opinion is None
        or by_rules.outcome is not Outcome.PROPOSED
        or by_rules.action not in (Action.HOLD, Action.RAISE)
    ):
        return by_rules
    if opinion.most in (None, Action.RAISE):
        return structs.replace(by_rules, reasons=(*by_rules.reasons, *opinion.notes))
    found = by_rules.review
    # Like every trial of less it waits for what is missing; a hold is never put off.
    less = None if opinion.most is Action.HOLD or by_rules.missing else lowered(found, share_kept(found))
    if less is None and by_rules.action is Action.HOLD:
        return by_rules
    limits = by_rules.limited.limits if by_rules.limited else ()
    kept = tuple(one for one in by_rules.reasons if one not in limits)
    return structs.replace(
        by_rules,
        action=Action.STEP_DOWN_TRIAL if less else Action.HOLD,
        regimen=less or as_now(found),
        limited=None,
        reasons=(*((opinion.reason,) if opinion.reason else ()), *opinion.notes, *kept),
        patient=(),  # the words for the patient were those of the rules' own action
    )


# What else could be done


def _not_chosen(decided: Adjustment, by_rules: Adjustment, verdicts: tuple[Verdict, ...]) -> dict[str, tuple[str, ...]]:
    """For every other action, why not: the rules in its way, those that did not apply, or what is not known."""
    by_model = decided.action is not by_rules.action
    chosen = decided.action
    found: dict[str, tuple[str, ...]] = {}
    for action in Action:
        if action is not chosen:
            found[action.value] = tuple(_against(action, decided, verdicts, by_model=by_model))
    return found


def _against(action: Action, decided: Adjustment, verdicts: tuple[Verdict, ...], *, by_model: bool) -> Iterator[str]:
    order = list(Action)
    safer = [one for one in verdicts if one.applies and order.index(one.rule.action) < order.index(action)]
    if safer:
        yield from dict.fromkeys(one.rule.code for one in safer)
    elif decided.outcome is Outcome.REFUSED:
        yield from dict.fromkeys(one.code for one in decided.reasons)
    elif any(one.rule.action is action and one.applies for one in verdicts):
        if decided.missing:
            yield decided.missing[0].why
        else:
            yield "model_holds_back" if by_model else decided.reasons[0].code
    elif any(one.rule.action is action and one.applies is None for one in verdicts):
        yield "cannot_be_judged"
    else:
        yield "no_rule_asks_for_it"


def _alternatives(decided: Adjustment) -> Iterator[Alternative]:
    """To hold and to lower, which the software never argues against; after a stop only less than that."""
    found = decided.review
    less = next_less(found)
    if decided.action in (Action.STOP, Action.PAUSE):
        yield Alternative(Action.PAUSE.value if decided.action is Action.STOP else Action.STOP.value, None)
        yield Alternative("lower", less if decided.action is Action.PAUSE else None)
        return
    if decided.action is not Action.HOLD:
        yield Alternative("hold", as_now(found) if decided.action is not Action.LOWER else None)
    else:
        yield Alternative("stop", None)
    yield Alternative("lower", less)


def _next_review(decided: Adjustment) -> date:
    """Worked out from stability: after a change or a call soon, else by the rhythm of the phase."""
    found = decided.review
    trial = found.protocol.trial
    if decided.call or decided.action in (Action.STOP, Action.PAUSE, None):
        return days_later(found.on, found.protocol.taper.every.value)
    if decided.action is not Action.HOLD:
        return days_later(found.on, found.protocol.step.interval.value)
    stable = found.phase.value == "maintenance" and found.benefit.met
    by_rhythm = days_later(found.on, trial.continue_review_every.value if stable else trial.review_every.value)
    return min(by_rhythm, max(found.plan_ends, found.on))


def _own_findings(found: Review) -> Iterator[Finding]:
    """What the review itself has to say beside the findings of the screen."""
    place = "review"
    if found.tolerance:
        yield _finding("tolerance_watch", Severity.CAUTION, place, {"dose": str(found.level.regimen.dose)})
    if found.benefit.function_flat:
        yield _finding("function_flat", Severity.CAUTION, place, {})
    if found.notes:
        days = ", ".join(dict.fromkeys(str(one.on) for one in found.notes))
        yield _finding("words_not_read", Severity.CAUTION, place, {"days": days})
    for day in found.contradicting:
        yield _finding("diary_contradicts", Severity.CAUTION, place, {"on": str(day)})
    if found.benefit.responder:
        yield _finding("responder", Severity.NOTE, place, {})
    for one in found.overdue:
        yield _finding("check_overdue", Severity.CAUTION, place, {"check": one.title, "due": one.due.isoformat()})
    if found.data.days_late:
        yield _finding("late_entries", Severity.NOTE, place, {"days": str(found.data.days_late)})
    yield from _sessions(found)
    if _second_is_missing(found):
        second = found.protocol.bounds.daily.second_prescriber_above
        facts = {"dose": str(found.level.regimen.daily), "bound": str(second.value)}
        yield _finding("second_prescriber_not_recorded", Severity.CAUTION, place, facts)
    if found.loads.opioid_before.value < found.loads.opioid_now.value:
        facts = {"before": str(found.loads.opioid_before), "now": str(found.loads.opioid_now)}
        yield _finding("opioid_load_up", Severity.CAUTION, place, facts)


def _sessions(found: Review) -> Iterator[Finding]:
    """Each clinic session of the window beside the home doses of its day, against the daily bounds."""
    daily = found.protocol.bounds.daily
    usual, hard = Dose(daily.usual.value.value), Dose(daily.hard.value.value)
    for one in found.sessions:
        if one.on < found.span.first:
            continue
        facts = {"on": str(one.on), "session": str(one.session), "usual": str(usual), "hard": str(hard)}
        if one.together is None or one.by is None:
            yield _finding("session_sum_not_known", Severity.CAUTION, "review", facts)
            continue
        facts |= {"share": str(one.by.share_to), "equivalent": str(one.equivalent), "home": str(one.home)}
        facts["together"] = str(one.together)
        code = "session_sum" if one.together <= usual else "session_sum_unusual"
        code = code if one.together <= hard else "session_sum_above_hard_bound"
        severity = Severity.NOTE if code == "session_sum" else Severity.CAUTION
        yield Finding(code, severity, Bar.NONE, "review", facts, one.by.source, one.by.status)


def _second_is_missing(found: Review) -> bool:
    """Above the bound for it, no second prescriber stands behind this level: nobody since the level before it."""
    now, bounds = found.level.regimen, found.protocol.bounds
    daily, weekly = (Dose(one.second_prescriber_above.value.value) for one in (bounds.daily, bounds.weekly))
    if now.daily <= daily and now.weekly <= weekly:
        return False
    since = found.levels[-2].since if len(found.levels) > 1 else date.min
    return not any(
        one.of in _STANDS_BEHIND and since <= one.on <= found.on and one.by.strip()
        for one in found.case.given.confirmations
    )


_STANDS_BEHIND = ("second_prescriber", "named_specialist")


def _finding(code: str, severity: Severity, place: str, facts: dict[str, str]) -> Finding:
    return Finding(code, severity, Bar.NONE, place, facts, "titrant-proposal", Status.PROPOSAL)
