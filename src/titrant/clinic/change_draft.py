"""The draft of a change: the content and the text over which a prescriber signs, in the form of a start.

Every signed change says what is taken from which day on, until when, what changed from before, by which rules or
against them and why, and on which protocol, knowledge and facts it rests.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from titrant import __version__
from titrant.clinic.changing import TAPER, Change, Chosen, first_day
from titrant.explain.amounts import number_in_words, pieces_text, regimen_text, times_text
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.following import Action
from titrant.knowledge.shapes.monitoring import Phase
from titrant.pathway.adjust import Adjustment
from titrant.pathway.prescribe import approval_content, regimen_content
from titrant.pathway.supplying import Dispensing, SignedLevel, supply_for
from titrant.terms.calendar import days_later, whole_days
from titrant.terms.canonical import Json
from titrant.terms.numbers import plain
from titrant.terms.regimen import Regimen

HEADS = {
    Action.HOLD.value: "The signed dose stays.",
    Action.RAISE.value: "The dose is raised.",
    Action.LOWER.value: "The dose is lowered.",
    Action.STEP_DOWN_TRIAL.value: "Less is tried.",
    TAPER: "Ketamine is ended in steps.",
    Action.PAUSE.value: "Ketamine is paused: no dose until a prescriber has signed again.",
    Action.STOP.value: "Ketamine is stopped: no more doses.",
}


class ChangeDraft(Struct, frozen=True, kw_only=True):
    """What would be signed for a running course."""

    content: Json
    text: str
    starts: date
    ends: date
    supply: Dispensing | None


def drafted(
    decided: Adjustment, change: Change, chosen: Chosen, library: Library, *, why: str, rules: Sequence[str]
) -> ChangeDraft:  # fmt: skip
    """The draft of ``change``.

    ``why``: the wording of the reason code, where it departs from the proposal; ``rules``: the sentences of the rules.
    """
    found = decided.review
    suspended = any(one.lifted_on is None for one in found.case.given.course.suspensions)
    starts = first_day(change.action, found.on, suspended=suspended)
    ends = _ends(decided, change, chosen)
    supply = _supply(decided, change, starts, ends, suspended=suspended)
    text = "\n".join(_text(decided, change, starts, ends, supply, _said(chosen, why), rules))
    content = _content(decided, change, chosen, library) | {
        "starts": starts.isoformat(), "ends": ends.isoformat(), "steps": list(_steps(decided, change)),
        "text": text,
    }  # fmt: skip
    if change.regimen is not None and supply is not None:
        content["regimen"] = regimen_content(change.regimen, found.supply, supply.days)
        content["quantity"] = {"pieces": plain(supply.quantity), "unit": change.regimen.piece_unit}
    return ChangeDraft(content=content, text=text, starts=starts, ends=ends, supply=supply)


def _ends(decided: Adjustment, change: Change, chosen: Chosen) -> date:
    """The end of the plan: of the plan in force, of a renewed one, or of the last step of a taper."""
    found = decided.review
    if change.steps and change.steps[-1].regimen is None:
        return change.steps[-1].earliest
    if chosen.renew:
        return days_later(found.on, found.protocol.trial.plan_ends_after.value)
    return found.plan_ends


def _supply(
    decided: Adjustment, change: Change, starts: date, ends: date, *, suspended: bool
) -> Dispensing | None:  # fmt: skip
    """The pieces that this dose takes for as long as one supply may last, as if none were in the house.

    Days of a suspension were not days on the dose: who begins again is supplied as one who is titrating.
    """
    if change.regimen is None:
        return None
    found, rules = decided.review, decided.review.protocol.supply
    titrating = suspended or found.phase is not Phase.MAINTENANCE
    phase = rules.titration if titrating else rules.maintenance
    steps = [(max(one.earliest, starts), one.regimen) for one in change.steps if one.regimen]
    week_from = found.levels[0].week_from
    levels = [SignedLevel(since, held, None, week_from) for since, held in steps or [(starts, change.regimen)]]
    days = whole_days(phase.value)
    return supply_for(tuple(levels), found.protocol, starts, days, titrating=titrating, ends=ends)


def _steps(decided: Adjustment, change: Change) -> Iterator[Json]:
    """The later steps of a taper, each in the form that the last gate reads."""
    for one, following in zip(change.steps[1:], change.steps[2:], strict=False):
        if one.regimen is not None:
            days = (following.earliest - one.earliest).days
            regimen = regimen_content(one.regimen, decided.review.supply, days)
            yield {"from": one.earliest.isoformat(), "regimen": regimen}


def _content(decided: Adjustment, change: Change, chosen: Chosen, library: Library) -> Json:
    found = decided.review
    patient, protocol, level = found.case.given.patient, found.protocol, found.level
    return {
        "kind": "titrant/change",
        "action": change.action,
        "engine": __version__,
        "knowledge": library.sha256,
        "patient": {"id": patient.id, "birth_date": patient.birth_date.isoformat()},
        "clinic": approval_content(library.in_use(protocol)),
        "protocol": {"id": protocol.id, "version": str(protocol.version), "sha256": found.protocol_sha256},
        "on": found.on.isoformat(),
        "week_from": str(found.levels[0].week_from or found.levels[0].since),
        "before": {"since": level.since.isoformat(), **_amounts(level.regimen)},
        "proposal": {
            "outcome": decided.outcome.value, "action": decided.action.value if decided.action else "",
            **(_amounts(decided.regimen) if decided.regimen else {}),
        },
        "against": "yes" if change.against else "no",
        "reason": {"code": chosen.reason, "words": chosen.words},
        "reasons": [{"code": one.code, "rule": one.rule, "facts": one.facts} for one in decided.reasons],
    }  # fmt: skip


def _amounts(regimen: Regimen) -> dict[str, str]:
    return {
        "product": regimen.product, "dose_mg": plain(regimen.dose.mg), "pieces_per_dose": plain(regimen.pieces),
        "times_per_day": str(regimen.times_per_day), "daily_mg": plain(regimen.daily.mg),
        "days_per_week": str(regimen.days_per_week), "weekly_mg": plain(regimen.weekly.mg),
    }  # fmt: skip


def _said(chosen: Chosen, why: str) -> str:
    return " ".join(part for part in (why, chosen.words.strip()) if part)


def _text(
    decided: Adjustment, change: Change, starts: date, ends: date, supply: Dispensing | None, said: str,
    rules: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    """The text that is shown and signed, line by line."""
    found = decided.review
    patient, protocol, level = found.case.given.patient, found.protocol, found.level
    yield f"For record {patient.id or '(no record number)'}, born {patient.birth_date}."
    yield HEADS[change.action]
    if change.regimen is not None:
        yield f"Ketamine (all amounts are mg of ketamine base), {change.regimen.product}"
        if change.regimen.product != level.regimen.product:
            yield f"Another product than before, which was {level.regimen.product}."
        yield f"Take {dose_line(change.regimen)}."
        yield f"That is {regimen_text(change.regimen)}."
        yield f"From {starts}. Plan {protocol.id} version {protocol.version} ends on {ends}: no dose from that day on."
        if found.plan_ends < ends and change.action != TAPER:
            yield f"The plan is renewed by this signature: its end was {found.plan_ends}."
        yield from _later(change)
    else:
        yield f"From {found.on} on. Plan {protocol.id} version {protocol.version}."
    yield f"Before, since {level.since}: {regimen_text(level.regimen)}."
    if supply is not None and change.regimen is not None:
        many = number_in_words(supply.quantity)
        unit = change.regimen.piece_unit
        plural = "" if unit == "mL" or supply.quantity == 1 else "s"
        yield f"This takes {many} {unit}{plural} for {supply.days} days. No repeats."
    yield from _why(decided, change, said, rules)
    yield "The dose is changed only by a prescriber's signature."


def _later(change: Change) -> Iterator[str]:
    for one in change.steps[1:]:
        yield f"From {one.earliest}: {regimen_text(one.regimen) if one.regimen else 'no more doses'}."


def _why(decided: Adjustment, change: Change, said: str, rules: Sequence[str]) -> Iterator[str]:
    proposed = decided.action.value.replace("_", " ") if decided.action else decided.outcome.value
    yield f"The rules say: {proposed}."
    yield from (f"- {sentence}" for sentence in rules)
    if change.against:
        yield f"Signed otherwise than the rules say: {said or '(the reason is still to be given)'}"
    elif said:
        yield said


def dose_line(regimen: Regimen) -> str:
    """What the patient takes: mg and pieces together."""
    each = pieces_text(regimen.pieces, regimen.piece_unit)
    return f"{regimen.dose} = {each}, {times_text(regimen.times_per_day, regimen.days_per_week)}"
