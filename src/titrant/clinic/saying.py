"""What the desk says: outcomes as plain data, the form that machines read (design: Commands). Amounts are text."""

from collections.abc import Iterable
from typing import Any

from titrant.explain.amounts import regimen_text
from titrant.explain.words import Words
from titrant.pathway.assess import Assessment, Known
from titrant.pathway.checks_due import DueCheck
from titrant.pathway.ladder import Level
from titrant.pathway.plan import Plan
from titrant.pathway.prescribe import Draft, approval_content
from titrant.pathway.report import Paper
from titrant.pathway.screen import Screening
from titrant.pathway.supplying import Dispensing
from titrant.terms.numbers import plain
from titrant.terms.reason import Finding, Missing, Reason
from titrant.terms.regimen import Regimen

Json = dict[str, Any]


def regimen_data(regimen: Regimen | None) -> Json | None:
    if regimen is None:
        return None
    return {
        "route": regimen.route,
        "product": regimen.product,
        "dose_mg": plain(regimen.dose.mg),
        "doses_per_day": str(regimen.times_per_day),
        "daily_mg": plain(regimen.daily.mg),
        "days_per_week": str(regimen.days_per_week),
        "weekly_mg": plain(regimen.weekly.mg),
        "pieces_per_dose": plain(regimen.pieces),
        "piece_unit": regimen.piece_unit,
        "text": regimen_text(regimen),
    }


def reason_data(one: Reason, words: Words) -> Json:
    return {
        "code": one.code,
        "rule": one.rule,
        "facts": one.facts,
        "source": one.source,
        "status": one.status.value,
        "text": words.say(one.code, one.facts),
    }


def finding_data(one: Finding, words: Words) -> Json:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "bar": one.bar.value,
        "rule": one.rule,
        "facts": one.facts,
        "source": one.source,
        "status": one.status.value,
        "text": words.say(one.code, one.facts),
    }


def missing_data(one: Missing, words: Words) -> Json:
    return {"fact": one.fact, "why": one.why, "facts": one.facts, "text": words.say(one.why, one.facts)}


def check_data(one: DueCheck) -> Json:
    return {
        "what": one.what,
        "title": one.title,
        "due": one.due.isoformat(),
        "after_dose": one.after_dose,
        "state": one.state.value,
        "phase": one.phase,
        "blocks_raise": one.blocks_raise,
        "source": one.source,
        "status": one.status.value,
    }


def plan_data(plan: Plan, words: Words) -> Json:
    """A plan as one object."""
    return {
        **_answer_data(plan),
        "limits": [
            {"code": one.code, "facts": one.facts, "source": one.source, "status": one.status.value}
            for one in (plan.start.limits if plan.start else ())
        ],
        "reasons": [reason_data(one, words) for one in plan.reasons],
        "findings": [finding_data(one, words) for one in plan.findings],
        "missing": [missing_data(one, words) for one in plan.missing],
        "alternatives": [
            {"action": one.action, "regimen": regimen_data(one.regimen), "text": _alternative(one.action, one.regimen)}
            for one in plan.alternatives
        ],
        "not_chosen": _not_chosen(plan),
        "monitoring": [check_data(one) for one in plan.monitoring],
        "ladder": [_level_data(one) for one in plan.ladder],
        "ladder_end": reason_data(plan.ladder_end, words) if plan.ladder_end else None,
        "stop_rules": [
            {"code": one.code, "text": words.say(one.code, {}), "source": one.source, "status": one.status.value}
            for one in plan.protocol.stop_rules
        ],
        **_comparison_data(plan),
        "evidence": evidence_data(plan.assessment),
        "skipped": list(plan.assessment.case.left_out),
    }


def _answer_data(plan: Plan) -> Json:
    protocol = plan.protocol
    return {
        "outcome": plan.outcome.value,
        "action": "start" if plan.regimen is not None else None,
        "protocol": {
            "id": protocol.id,
            "version": protocol.version,
            "sha256": plan.protocol_sha256,
            "status": protocol.status.value,
        },
        "clinic": approval_content(plan.approval),
        "on": plan.on.isoformat(),
        "ends": plan.ends.isoformat() if plan.ends else None,
        "regimen": regimen_data(plan.regimen),
        "would_be": regimen_data(plan.would_be),
        "asked_mg": plain(plan.asking.dose.mg) if plan.asking else None,
    }


def _level_data(level: Level) -> Json:
    return {
        "level": level.number,
        "dose_mg": plain(level.regimen.dose.mg),
        "doses_per_day": str(level.regimen.times_per_day),
        "daily_mg": plain(level.regimen.daily.mg),
        "pieces_per_dose": plain(level.regimen.pieces),
        "earliest": level.earliest.isoformat(),
        "needs": list(level.needs),
    }


def _comparison_data(plan: Plan) -> Json:
    """What other sources would give; for comparison only."""
    return {
        "beside": [
            {"dose_mg": plain(one.dose.mg), "rule": one.rule, "source": one.source, "status": one.status.value}
            for one in plan.beside
        ],
        "conversions": [
            {
                "id": one.id,
                "title": one.title,
                "daily_from_mg": plain(low.mg),
                "daily_to_mg": plain(high.mg),
                "proposed": one.proposed,
                "source": one.source,
                "status": one.status.value,
            }
            for one, low, high in plan.conversions
        ],
    }


def _alternative(action: str, regimen: Regimen | None) -> str:
    if action == "hold":
        return "Do not start; keep the present treatment."
    return f"Start lower: {regimen_text(regimen)}." if regimen else "No lower start can be made from this product."


def _not_chosen(plan: Plan) -> dict[str, list[str]]:
    """Why not more, and why not nothing."""
    if plan.regimen is None:
        return {"start": [one.code for one in plan.reasons] or [one.why for one in plan.missing]}
    return {"more": [one.code for one in plan.start.limits] if plan.start else [], "raise": ["course_not_started"]}


def evidence_data(assessment: Assessment) -> list[Json]:
    return [
        {
            "condition": one.title,
            "oral": one.oral,
            "parenteral": one.parenteral,
            "text": one.banner,
            "sources": list(one.sources),
            "status": one.status.value,
        }
        for one in assessment.evidence
    ]


def assessment_data(assessment: Assessment, screening: Screening, words: Words) -> Json:
    """Everything that is known, and what is missing."""
    given = assessment.case.given
    return {
        "on": assessment.on.isoformat(),
        "facts": {name: known_data(known) for name, known in sorted(assessment.facts.items())},
        "conditions": {
            name: {"state": one.state.value, "grade": one.grade, "since": _iso(one.since), "source": one.source}
            for name, one in sorted(assessment.conditions.items())
        },
        "drugs": [
            {
                "written": one.medication.name,
                "recognised": one.match.drug.name if one.match else None,
                "how": one.match.how if one.match else "not recognised, not checked",
                "taken": one.taken_on(assessment.on),
            }
            for one in assessment.drugs
        ],
        "candidate": {
            "failed_treatments": [one.treatment for one in given.failed_treatments],
            "neuropathic": assessment.neuropathic,
            "opioid_intolerant": given.candidate.opioid_intolerant,
            "wants_non_opioid": given.candidate.wants_non_opioid,
            "needs_long_term": given.candidate.needs_long_term,
        },
        "goals": list(given.goals),
        "indication": given.indication.condition if given.indication else None,
        "missing": [missing_data(one, words) for one in screening.missing],
        "evidence": evidence_data(assessment),
    }


def known_data(known: Known) -> Json:
    return {
        "value": str(known.value),
        "on": _iso(known.on),
        "source": known.source,
        "fresh": known.fresh,
        "assumed": known.assumed,
    }


def screening_data(screening: Screening, words: Words) -> Json:
    ledger = screening.ledger
    return {
        "findings": [finding_data(one, words) for one in screening.findings],
        "missing": [missing_data(one, words) for one in screening.missing],
        "checks": {
            "expected": len(ledger.expected),
            "completed": len(ledger.completed),
            "failed": list(ledger.failed),
        },
    }


def draft_data(draft: Draft, gate_faults: Iterable[str]) -> Json:
    faults = list(gate_faults)
    return {
        "ready_to_sign": not faults,
        "gate": faults,
        "sha256": draft.sha256,
        "content": draft.content,
        "text": draft.text,
        "supply": dispensing_data(draft.supply),
    }


def dispensing_data(one: Dispensing, words: Words | None = None) -> Json:
    return {
        "starts": one.starts.isoformat(),
        "days": one.days,
        "asked_days": one.asked_days,
        "needed": plain(one.needed),
        "quantity": plain(one.quantity),
        "unit": one.unit,
        "total_mg": plain(one.mg.mg),
        "earliest": one.earliest.isoformat(),
        "next_earliest": one.next_earliest.isoformat() if one.next_earliest else None,
        "stretches": [
            {
                "first": part.first.isoformat(),
                "days": part.days,
                "dosing_days": part.dosing_days,
                "pieces": plain(part.pieces),
                "regimen": regimen_data(part.regimen),
            }
            for part in one.stretches
        ],
        "should_be_left": {day.isoformat(): plain(left) for day, left in one.should_be_left},
        "limits": [reason_data(why, words) for why in one.limits] if words else [why.code for why in one.limits],
    }


def papers_data(papers: Iterable[Paper], as_text: dict[str, str]) -> Json:
    return {
        paper.kind: {
            "title": paper.title,
            "sections": [{"heading": one.heading, "lines": list(one.lines)} for one in paper.sections],
            "text": as_text[paper.kind],
        }
        for paper in papers
    }


def _iso(day: object) -> str | None:
    return str(day) if day else None
