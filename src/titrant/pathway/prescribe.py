"""Step 5 of 10, prescribe: from a proposed plan to the exact text and canonical content that a prescriber may sign.

Takes a plan. Gives a draft, or the reason why there is none. Nothing here is a signature: a draft becomes a
prescription only when a prescriber signs this very content.
"""

from datetime import date

from msgspec import Struct

from titrant.explain.amounts import number_in_words, pieces_text, regimen_text, times_text
from titrant.knowledge.library import InUse
from titrant.pathway.deliver import Supply
from titrant.pathway.plan import Outcome, Plan
from titrant.pathway.supplying import Dispensing, SignedLevel, first_supply
from titrant.terms.canonical import Json, sha256_of
from titrant.terms.numbers import plain
from titrant.terms.regimen import Regimen


class Draft(Struct, frozen=True):
    """What would be signed: the content, its hash, and the text over which the signer puts their name."""

    plan: Plan
    content: Json
    sha256: str
    text: str
    supply: Dispensing


def prescribe(plan: Plan, engine_version: str) -> Draft | None:
    """The draft for a proposed plan; None for a plan that proposes nothing."""
    if plan.outcome is not Outcome.PROPOSED or plan.regimen is None:
        return None
    level = SignedLevel(plan.on, plan.regimen)
    supply = first_supply(level, plan.protocol, plan.on, plan.ends)
    text = _text(plan, plan.regimen, supply)
    content = _content(plan, plan.regimen, supply, text, engine_version)
    return Draft(plan, content, sha256_of(content), text, supply)


def _content(plan: Plan, regimen: Regimen, supply: Dispensing, text: str, engine_version: str) -> Json:
    patient = plan.assessment.case.given.patient
    protocol = plan.protocol
    return {
        "kind": "titrant/start",
        "engine": engine_version,
        "patient": {"id": patient.id, "birth_date": patient.birth_date.isoformat()},
        "clinic": approval_content(plan.approval),
        "protocol": {"id": protocol.id, "version": str(protocol.version), "sha256": plan.protocol_sha256},
        "starts": plan.on.isoformat(),
        "ends": _iso(plan.ends),
        "regimen": regimen_content(regimen, plan.supply, supply.days),
        "quantity": {"pieces": plain(supply.quantity), "unit": regimen.piece_unit},
        "reasons": [{"code": one.code, "rule": one.rule, "facts": one.facts} for one in plan.reasons],
        "text": text,
    }


def approval_content(approved: InUse | None) -> Json:
    """In whose name the protocol is in use; a made-up clinic says so in what would be signed."""
    if approved is None:
        return {"name": "", "synthetic": "no", "approved_by": "", "on": ""}
    made_up = "yes" if approved.synthetic else "no"
    return {"name": approved.clinic, "synthetic": made_up, "approved_by": approved.by, "on": approved.on.isoformat()}


def regimen_content(regimen: Regimen, supply: Supply, supply_days: int) -> Json:
    """Amounts as text, in the names that the last gate reads."""
    piece = supply.part_mg / supply.smallest_part
    return {
        "route": regimen.route,
        "product": regimen.product,
        "piece_unit": regimen.piece_unit,
        "piece_mg": plain(piece),
        "pieces_per_dose": plain(regimen.pieces),
        "dose_mg": plain(regimen.dose.mg),
        "times_per_day": str(regimen.times_per_day),
        "daily_mg": plain(regimen.daily.mg),
        "days_per_week": str(regimen.days_per_week),
        "weekly_mg": plain(regimen.weekly.mg),
        "supply_days": str(supply_days),
    }


def _text(plan: Plan, regimen: Regimen, supply: Dispensing) -> str:
    """The text that is shown and signed: mg, pieces and mL together, quantity in figures and words."""
    each = pieces_text(regimen.pieces, regimen.piece_unit)
    patient = plan.assessment.case.given.patient
    return "\n".join((
        f"For record {patient.id or '(no record number)'}, born {patient.birth_date}.",
        f"Ketamine (all amounts are mg of ketamine base), {regimen.product}",
        f"Take {regimen.dose} = {each}, {times_text(regimen.times_per_day, regimen.days_per_week)}.",
        f"That is {regimen_text(regimen)}.",
        f"Start on {plan.on}. Plan {plan.protocol.id} version {plan.protocol.version} ends on {_iso(plan.ends)}: "
        "no dose from that day on.",
        f"Supply {number_in_words(supply.quantity)} {regimen.piece_unit} for {supply.days} days. No repeats.",
        *(["The first dose is taken under observation."] if plan.protocol.start.first_dose_observed.value else []),
        "No driving until the next day after a restful sleep; no alcohol on days with a dose.",
        "The dose is changed only by a prescriber's signature.",
    ))  # fmt: skip


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
