"""Step 10 of 10, report: from a plan to the papers: plan, wallet card, letter to the GP, checklist.

Takes a plan with its draft, and words. Gives papers as data: a title and sections of lines, ready to be printed.
"""

from collections.abc import Iterator

from msgspec import Struct

from titrant.explain.amounts import pieces_text, regimen_text, times_text
from titrant.explain.words import Reader, Words
from titrant.pathway.checks_due import State
from titrant.pathway.plan import Outcome, Plan
from titrant.pathway.prescribe import Draft
from titrant.terms.reason import Severity
from titrant.terms.regimen import Regimen

_NOT_SIGNED = "DRAFT: not valid until a prescriber has signed it."


class Section(Struct, frozen=True):
    heading: str
    lines: tuple[str, ...]


class Paper(Struct, frozen=True):
    """One paper. ``kind`` is plan, card, letter or checklist."""

    kind: str
    title: str
    sections: tuple[Section, ...]


def report(plan: Plan, draft: Draft | None, words: Words) -> tuple[Paper, ...]:
    """The papers that this plan allows: all four for a proposed start, the letter and the checklist otherwise."""
    always = (_letter(plan, draft, words), _checklist(plan, words))
    if draft is None or plan.regimen is None:
        return always
    return (_plan_paper(plan, draft, plan.regimen, words), _card(plan, plan.regimen, words), *always)


# The patient's plan


def _plan_paper(plan: Plan, draft: Draft, regimen: Regimen, words: Words) -> Paper:
    def education(name: str) -> str:
        return words.text("education", name, Reader.PATIENT)

    each = pieces_text(regimen.pieces, regimen.piece_unit)
    dose = (
        f"{regimen.dose} = {each} of {regimen.product}",
        f"{times_text(regimen.times_per_day, regimen.days_per_week).capitalize()}.",
        f"That is {regimen.daily} on each dosing day.",
        f"First dose: {plan.on}. This plan ends on {plan.ends}; it does not go on by itself.",
        education("never-self-adjust"),
    )
    supply = draft.supply
    kept = (
        f"You get {_count(supply.quantity, supply.unit)} for {supply.days} days.",
        f"Next supply from {supply.next_earliest}.",
        *(education(name) for name in ("storage", "children", "leftovers")),
    )
    visits = tuple(
        f"{one.due}: {one.title}{f', {one.after_dose} after the dose' if one.after_dose else ''}"
        for one in plan.monitoring
        if one.state is State.DUE and one.phase != "baseline" and (one.due - plan.on).days <= supply.days * 4
    )
    stops = tuple(words.say(rule.code, {}, Reader.PATIENT) for rule in plan.protocol.stop_rules)
    return Paper(
        "plan",
        "Your ketamine plan",
        (
            Section("Status", (_NOT_SIGNED, f"Content {draft.sha256[:16]}")),
            Section("Your dose", dose),
            Section("How to take it", (education(plan.protocol.administration),)),
            Section("If you miss a dose", tuple(_missed(plan))),
            Section("Safety", tuple(education(name) for name in ("driving", "alcohol", "other-medicines"))),
            Section("Stop and call the clinic if", stops),
            Section("Call now", (education("call-now"),)),
            Section("Your supply", kept),
            Section("Checks", visits),
        ),
    )


def _missed(plan: Plan) -> Iterator[str]:
    for rung in plan.protocol.missed_doses:
        lo, hi = rung.days_missed
        days = f"{lo} days or more" if hi > 365 else f"{lo} day" if lo == hi == 1 else f"{lo} to {hi} days"
        yield f"Missed for {days}: {rung.patient}"


def _card(plan: Plan, regimen: Regimen, words: Words) -> Paper:
    lines = (
        "I take ketamine for pain. It is prescribed and supervised by a clinic.",
        f"Dose: {regimen.dose}, {times_text(regimen.times_per_day, regimen.days_per_week)} "
        f"({regimen.daily} a day). From {plan.on} to {plan.ends}.",
        "Drowsy, confused, slow breathing or very high blood pressure: call an ambulance.",
        words.text("education", "driving-card", Reader.PATIENT),
        "Clinic: ____________________  Phone: ____________________",
    )
    return Paper("card", "Wallet card", (Section("Carry this with you", (*lines, _NOT_SIGNED)),))


# The letter


def _letter(plan: Plan, draft: Draft | None, words: Words) -> Paper:
    case = plan.assessment.case
    evidence = tuple(f"{one.title}: {one.banner}" for one in plan.assessment.evidence)
    failed = tuple(f"{one.treatment}: {one.result.replace('_', ' ')}" for one in case.given.failed_treatments)
    goals = tuple(f"Goal: {goal}" for goal in case.given.goals)
    return Paper(
        "letter",
        "Letter to the general practitioner",
        (
            Section("Patient", (f"Record {case.given.patient.id or '—'}, born {case.given.patient.birth_date}",)),
            Section("Diagnosis", tuple(one.title for one in plan.assessment.evidence[:1])),
            Section("Tried before", failed or ("None documented.",)),
            Section("Change of medication", _change(plan, draft)),
            Section("Reason", (*goals, *tuple(words.say(one.code, one.facts) for one in plan.reasons))),
            Section("What the evidence says", evidence),
            Section("To watch", tuple(_to_watch(plan, words))),
            Section("Action for you", _for_the_gp(plan)),
        ),
    )


def _change(plan: Plan, draft: Draft | None) -> tuple[str, ...]:
    if plan.regimen is None or draft is None:
        return (f"None. A start of ketamine was considered on {plan.on}: {plan.outcome.value}.",)
    supply = draft.supply
    return (
        f"Ketamine started on {plan.on}, outside its licence, compounded: {regimen_text(plan.regimen)}.",
        f"Supply {_count(supply.quantity, supply.unit)} for {supply.days} days. Plan ends on {plan.ends}.",
        _NOT_SIGNED,
    )


def _to_watch(plan: Plan, words: Words) -> Iterator[str]:
    for finding in plan.findings:
        if finding.severity is not Severity.NOTE:
            yield f"[{finding.severity.value}] {words.say(finding.code, finding.facts)}"


def _for_the_gp(plan: Plan) -> tuple[str, ...]:
    if plan.outcome is not Outcome.PROPOSED:
        return ("None. Please do not start ketamine.",)
    return (
        "Please do not prescribe ketamine; the clinic does, under its protocol "
        f"({plan.protocol.title}, version {plan.protocol.version}).",
        "Before a new drug, above all one that sedates or a macrolide, azole or antiretroviral: call the clinic.",
        "New urinary symptoms, jaundice, psychosis, or blood pressure above the limit on the plan: call the clinic.",
    )


# The checklist


def _checklist(plan: Plan, words: Words) -> Paper:
    baseline = tuple(
        f"[{'x' if one.state is State.DONE else ' '}] {one.title} ({one.state.value})"
        for one in plan.monitoring
        if one.phase == "baseline"
    )
    missing = tuple(f"[ ] {words.say(one.why, one.facts)}" for one in plan.missing)
    findings = tuple(
        f"[ ] {one.severity.value.replace('_', ' ')}: {words.say(one.code, one.facts)}" for one in plan.findings
    )
    told = ("how-to-troche" if plan.protocol.route == "troche" else plan.protocol.administration, "driving", "alcohol")
    talks = tuple(
        f"[ ] Told and understood: {name.replace('-', ' ')}" for name in (*told, "storage", "children", "bladder")
    )
    return Paper(
        "checklist",
        "Checklist before the first dose",
        (
            Section("Before a start", baseline),
            Section("Still open", missing or ("Nothing.",)),
            Section("Findings to go through", findings or ("None.",)),
            Section("Talk through with the person", talks),
        ),
    )


def _count(quantity: object, unit: str) -> str:
    text = f"{quantity}"
    return f"{text} {unit}{'' if unit == 'mL' or text == '1' else 's'}"
