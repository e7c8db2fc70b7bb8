"""What the desk says of a running course, as plain data: the review, and the adjustment in the form of a plan."""

from decimal import Decimal
from typing import Any

from titrant.clinic.case_tree import tree_of
from titrant.clinic.following import Followed
from titrant.clinic.model import LEFT_OUT
from titrant.clinic.saying import check_data, evidence_data, finding_data, missing_data, regimen_data
from titrant.clinic.saying_model import model_data
from titrant.explain.amounts import regimen_text
from titrant.explain.words import Reader, Words
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, all_that_reduces, rests_on
from titrant.pathway.course_facts import shown
from titrant.pathway.harm import Harm
from titrant.pathway.plan import Alternative
from titrant.pathway.reconciling import Counted
from titrant.pathway.review import Review, StepChange
from titrant.pathway.sessions import SessionDay
from titrant.pathway.severe import SevereHarm
from titrant.pathway.supply_balance import Balance
from titrant.terms.canonical import sha256_of
from titrant.terms.numbers import plain
from titrant.terms.reason import Reason

Json = dict[str, Any]


def said(one: Reason, words: Words) -> str:
    """The sentence of a reason, in the words of its rule."""
    return words.say_rule(one.rule, one.code, one.facts)


def _reason(one: Reason, words: Words) -> Json:
    return {
        "code": one.code, "rule": one.rule, "facts": one.facts, "source": one.source, "status": one.status.value,
        "text": said(one, words),
    }  # fmt: skip


def adjustment_data(decided: Adjustment, words: Words, followed: Followed | None = None) -> Json:
    """An adjustment as one object (design: Commands); ``followed`` has what the response model says of it."""
    found = decided.review
    model = model_data(followed.model, words, followed.by_rules) if followed else model_data(LEFT_OUT, words)
    limits = decided.limited.limits if decided.limited else ()
    return {
        **_answer(decided),
        "notes": notes_data(found),
        "limits": [_reason(one, words) for one in limits],
        "reasons": [_reason(one, words) for one in decided.reasons],
        "findings": [finding_data(one, words) for one in decided.findings],
        "missing": [missing_data(one, words) for one in decided.missing],
        "alternatives": [_alternative(one, decided.action) for one in decided.alternatives],
        "not_chosen": {action: list(codes) for action, codes in decided.not_chosen.items()},
        "not_chosen_text": not_chosen_text(decided, words),
        "monitoring": [check_data(one) for one in found.checks],
        "ladder": [_level(place, decided) for place in range(len(found.levels))],
        "taper": [
            {
                "earliest": one.earliest.isoformat(),
                "latest": one.latest.isoformat(),
                "regimen": regimen_data(one.regimen),
            }
            for one in decided.taper
        ],
        "call": decided.call,
        "next_review": decided.next_review.isoformat() if decided.next_review else None,
        "patient": [words.say(code, {}, Reader.PATIENT) for code in decided.patient if _for_patient(code, words)],
        "model": model,
        "review": review_data(found),
        "evidence": evidence_data(found.assessment),
    }


def also_against(decided: Adjustment, words: Words) -> list[Json]:
    """What else leaves less or no dose, behind the action that is proposed: it holds whatever becomes of that one."""
    told = {said(one, words) for one in decided.reasons}
    return [
        {"action": action.value, **_reason(one, words)}
        for action, reasons in all_that_reduces(decided.review)
        for one in reasons
        if said(one, words) not in told
    ]


def case_sha256(decided: Adjustment) -> str:
    """What was looked at, as one name: an input that changes before the signature changes it (safety.md, T11)."""
    return sha256_of(tree_of(decided.review.case))


def not_chosen_text(decided: Adjustment, words: Words) -> dict[str, list[str]]:
    """For every action that was not chosen, the sentences of its codes with their numbers."""
    told = {one.code: said(one, words) for one in reversed(decided.reasons)}
    facts = shown(decided.review)
    for rule in decided.review.following.rules:
        for one in rests_on(rule, decided.review):
            told.setdefault(rule.code, words.say(rule.code, {**facts, **one.facts, "finding": one.code}))
    return {
        action: [told.get(code) or words.say(code, facts) for code in codes]
        for action, codes in decided.not_chosen.items()
    }


def _for_patient(code: str, words: Words) -> bool:
    sentence = words.sentences.get(code)
    return bool(sentence and sentence.patient)


def _answer(decided: Adjustment) -> Json:
    found, protocol = decided.review, decided.review.protocol
    return {
        "outcome": decided.outcome.value,
        "action": decided.action.value if decided.action else None,
        "would_do": decided.would_do.value if decided.would_do else None,
        "protocol": {
            "id": protocol.id,
            "version": protocol.version,
            "sha256": found.protocol_sha256,
            "status": protocol.status.value,
        },
        "on": found.on.isoformat(),
        "ends": found.plan_ends.isoformat(),
        "current": regimen_data(found.level.regimen),
        "regimen": regimen_data(decided.regimen),
        "would_be": regimen_data(decided.would_be),
        "asked_mg": plain(decided.limited.asked.mg) if decided.limited else None,
    }


def _alternative(one: Alternative, proposed: Action | None) -> Json:
    texts = {
        "hold": "Keep the signed dose.",
        "stop": "Stop, with a taper where it is needed.",
        "pause": "No dose for now.",
    }
    text = texts.get(one.action, "")
    if not text and one.regimen:
        text = f"Lower: {regimen_text(one.regimen)}."
    elif not text and proposed is Action.STOP:
        text = "Lower: less than a stop there is not; a prescriber may sign a lower dose with a reason."
    elif not text:
        text = "Nothing smaller can be made from this product."
    return {"action": one.action, "regimen": regimen_data(one.regimen), "text": text}


def _level(place: int, decided: Adjustment) -> Json:
    level = decided.review.levels[place]
    return {
        "level": place + 1,
        "dose_mg": plain(level.regimen.dose.mg),
        "doses_per_day": str(level.regimen.times_per_day),
        "daily_mg": plain(level.regimen.daily.mg),
        "earliest": level.since.isoformat(),
        "signed": True,
    }


# The review


def notes_data(found: Review) -> list[Json]:
    """What the person wrote in their own words; the program does not read it."""
    return [{"on": one.on.isoformat(), "text": one.text} for one in found.notes]


def review_data(found: Review) -> Json:
    """Everything that the review says, each with its numbers."""
    benefit, data, loads = found.benefit, found.data, found.loads
    return {
        "on": found.on.isoformat(),
        "phase": found.phase.value,
        "level_since": found.level.since.isoformat(),
        "window": {"first": found.span.first.isoformat(), "last": found.span.last.isoformat()},
        "benefit": {name: _plain(getattr(benefit, name)) for name in benefit.__struct_fields__},
        "steps": [_step(one) for one in found.steps],
        "notes": notes_data(found),
        "harm": _harm(found.harm),
        "severe_before": [_severe(one) for one in found.severe],
        "standing": [{"code": one.code, "on": one.facts.get("on")} for one in found.standing.findings],
        "data": {name: _plain(getattr(data, name)) for name in data.__struct_fields__},
        "adherence": {
            "planned": plain(found.taken.planned),
            "taken": plain(found.taken.taken),
            "unit": found.level.regimen.piece_unit,
            "percent": _plain(found.taken.share),
            "days_known": found.taken.known_days,
            "days_unknown": found.taken.unknown_days,
            "days_with_more": [day.isoformat() for day in found.taken.extra_days],
            "unplanned_doses": found.unplanned,
            "extra_days": [day.isoformat() for day in found.extra],
            "days_taken_while_suspended": [day.isoformat() for day in found.taken_suspended],
            "days_contradicting": [day.isoformat() for day in found.contradicting],
        },
        "missed": {
            "days_in_a_row": found.missed.certain,
            "longest": found.missed.longest,
            "perhaps": found.missed.possible,
            "longest_perhaps": found.missed.gap,
            "rung": found.rung.do if found.rung else None,
            "text": found.rung.clinician if found.rung else None,
        },
        "measured": {name: {"value": value, "on": on} for name, value, on in measured_in(found)},
        "should_be_left": _plain(found.should_be_left),
        "supply": _counted(found.counted),
        "supplies": _balanced(found.balance),
        "change_signed": found.change_signed.isoformat() if found.change_signed else None,
        "sessions": [_session(one, found) for one in found.sessions],
        "loads": {
            "opioid_now": str(loads.opioid_now), "opioid_before": str(loads.opioid_before),
            "opioid_change": loads.opioid_change, "sedating": list(loads.sedating), "new": list(loads.new),
            "since_not_known": list(loads.undated),
            "stopped": [*loads.stopped_inducers, *loads.stopped_inhibitors, *loads.lasting],
        },
        "tolerance": found.tolerance,
        "flare": found.flare.isoformat() if found.flare else None,
        "overdue": [one.what for one in found.overdue],
        "ends": found.plan_ends.isoformat(),
        "skipped": list(found.case.left_out),
    }  # fmt: skip


MEASURED = (
    "weight", "weight_change", "liver_enzymes_x_uln", "bilirubin_x_uln", "egfr_change", "icsi", "icsi_change", "phq9",
    "phq9_change", "gad7", "moca_change",
)  # fmt: skip


def measured_in(found: Review) -> list[tuple[str, str, str]]:
    """What was measured of possible harm: name, newest value or change since the start, and its day."""
    facts = found.assessment.facts
    return [(name, str(facts[name].value), str(facts[name].on or "")) for name in MEASURED if name in facts]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _step(one: StepChange) -> Json:
    change = one.change
    return {
        "on": one.on.isoformat(),
        "from_mg": plain(one.before.dose.mg),
        "to_mg": plain(one.after.dose.mg),
        "raised": one.raised,
        "fall_in_pain": None if change is None else plain(change.fall),
        "interval": None if change is None else [plain(change.lo), plain(change.hi)],
        "beyond_own_swing": None if change is None else change.clear,
        "days": None if change is None else [change.days_before, change.days_after],
    }


def _harm(harm: Harm) -> Json:
    return {
        "worst_now": harm.recent, "worst_since_step": harm.since_step, "mean_grade": _plain(harm.mean_now),
        "mean_grade_before": _plain(harm.mean_before), "rising": harm.rising, "systolic": _plain(harm.systolic),
        "diastolic": _plain(harm.diastolic), "red_flags": list(harm.flags),
    }  # fmt: skip


def _severe(one: SevereHarm) -> Json:
    """A day with severe harm, what it was, and the dose that was signed for it; never left out."""
    return {
        "on": one.on.isoformat(), "what": list(one.what), "dose_mg": plain(one.regimen.dose.mg),
        "daily_mg": plain(one.regimen.daily.mg),
    }  # fmt: skip


def _session(one: SessionDay, found: Review) -> Json:
    """A clinic session beside the home doses of its day; what is not known is None."""
    daily = found.protocol.bounds.daily
    doses = {"session": one.session, "home": one.home, "oral_equivalent": one.equivalent, "together": one.together}
    return {
        "on": one.on.isoformat(),
        **{f"{name}_mg": plain(dose.mg) if dose else None for name, dose in doses.items()},
        "share": str(one.by.share_to) if one.by else None,
        "by": one.by.id if one.by else None,
        "usual_mg": plain(daily.usual.value.value),
        "hard_mg": plain(daily.hard.value.value),
    }


def _balanced(found: Balance | None) -> Json | None:
    if found is None:
        return None
    return {
        "supplied": plain(found.supplied), "taken": plain(found.taken), "state": found.state,
        "most_days_at_once": found.ahead_days, "allowed_days_at_once": found.longest,
    }  # fmt: skip


def _counted(found: Counted | None) -> Json | None:
    if found is None:
        return None
    return {
        "counted_on": found.on.isoformat(), "left": plain(found.left), "should_be_left": plain(found.expected),
        "days_short": found.days_short, "state": found.state,
    }  # fmt: skip
