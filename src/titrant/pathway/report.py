"""Step 10 of 10, report: from a plan to the papers: plan, wallet card, letter to the GP, checklist.

Takes a plan with its draft, and words. Gives papers as data: a title and sections of lines, ready to be printed.
"""

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from titrant.explain.amounts import after_text, days_text, pieces_text, quantity_text, regimen_text, times_text
from titrant.explain.words import Reader, Words
from titrant.knowledge.shapes.products import Form
from titrant.pathway.checks_due import DueCheck, State
from titrant.pathway.plan import Outcome, Plan
from titrant.pathway.prescribe import Draft
from titrant.terms.reason import Facts, Severity
from titrant.terms.regimen import Regimen

# Papers for the person reach this many supplies ahead; later checks stand on the next plan.
_SUPPLIES_AHEAD = 4
_TO_TALK_THROUGH = ("driving", "alcohol", "storage", "children", "bladder", "call-now", "never-self-adjust")


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
    facts = _facts(plan, draft)
    always = (_letter(plan, draft, facts, words), _checklist(plan, words))
    if draft is None or plan.regimen is None:
        return always
    return (_plan_paper(plan, draft, plan.regimen, facts, words), _card(plan, plan.regimen, facts, words), *always)


def _facts(plan: Plan, draft: Draft | None) -> Facts:
    """The facts that the fixed sentences of the papers may name."""
    patient, protocol = plan.assessment.case.given.patient, plan.protocol
    facts = {
        "id": patient.id or "—",
        "born": patient.birth_date.isoformat(),
        "starts": plan.on.isoformat(),
        "ends": plan.ends.isoformat() if plan.ends else "—",
        "outcome": plan.outcome.value,
        "protocol": protocol.title,
        "version": str(protocol.version),
    }
    if plan.regimen is not None:
        times = times_text(plan.regimen.times_per_day, plan.regimen.days_per_week)
        facts |= {"dose": str(plan.regimen.dose), "daily": str(plan.regimen.daily), "times": times}
        facts["regimen"] = regimen_text(plan.regimen)
    if draft is not None:
        supply = draft.supply
        facts |= {"quantity": quantity_text(supply.quantity, supply.unit), "days": str(supply.days)}
        facts["next"] = supply.next_earliest.isoformat() if supply.next_earliest else "—"
    return facts


# The person's plan and card


def _plan_paper(plan: Plan, draft: Draft, regimen: Regimen, facts: Facts, words: Words) -> Paper:
    def fixed(*names: str) -> tuple[str, ...]:
        return tuple(words.text("papers", name, Reader.PATIENT, facts) for name in names)

    def education(*names: str) -> tuple[str, ...]:
        return tuple(words.text("education", name, Reader.PATIENT) for name in names)

    each = f"{regimen.dose} = {pieces_text(regimen.pieces, regimen.piece_unit)} of {regimen.product}"
    often = f"{times_text(regimen.times_per_day, regimen.days_per_week).capitalize()}."
    stops = tuple(words.say(rule.code, {}, Reader.PATIENT) for rule in plan.protocol.stop_rules)
    kept = plan.supply.product.storage
    storage = (kept, *fixed("count-left")) if kept else education("storage")
    return Paper(
        "plan",
        "Your ketamine plan",
        (
            Section("Status", (*fixed("not-signed"), f"Content {draft.sha256[:16]}")),
            Section("Your dose", (each, often, *fixed("dose-a-day", "dates"), *education("never-self-adjust"))),
            Section("How to take it", education(_how_to_take(plan))),
            Section("If you miss a dose", tuple(_missed(plan, words))),
            Section("Safety", education("driving", "alcohol", "other-medicines")),
            Section("Stop and call the clinic if", stops),
            Section("Call now", education("call-now")),
            Section(
                "Your supply",
                (*fixed("you-get", "next-supply"), *storage, *education("children", "leftovers")),
            ),
            Section("Checks", tuple(_visits(plan, draft))),
        ),
    )


def _how_to_take(plan: Plan) -> str:
    """The education text for the product in hand: a capsule is not taken as the liquid of the same protocol is."""
    product, protocol = plan.supply.product, plan.protocol
    return (
        protocol.administration if product.id == protocol.default_product else product.how_to or protocol.administration
    )


def _missed(plan: Plan, words: Words) -> Iterator[str]:
    for rung in plan.protocol.missed_doses:
        facts = {"days": days_text(*rung.days_missed), "what": rung.patient}
        yield words.text("papers", "missed-for", Reader.PATIENT, facts)


def _visits(plan: Plan, draft: Draft) -> Iterator[str]:
    """The checks to come; days with the same checks in one line. No higher dose has been signed, so none of its own."""

    def concerns_the_person(one: DueCheck) -> bool:
        near = (one.due - plan.on).days <= draft.supply.days * _SUPPLIES_AHEAD
        return (
            one.state is State.DUE and one.phase != "baseline" and near and (not one.after_dose or one.due == plan.on)
        )

    days: dict[str, list[str]] = {}
    for day, of_day in groupby(filter(concerns_the_person, plan.monitoring), key=lambda one: one.due):
        days.setdefault("; ".join(f"{one.title}{after_text(one.after_dose)}" for one in of_day), []).append(str(day))
    yield from (f"{', '.join(same)}: {checks}" for checks, same in days.items())


def _card(plan: Plan, regimen: Regimen, facts: Facts, words: Words) -> Paper:
    each = f"{regimen.dose} = {pieces_text(regimen.pieces, regimen.piece_unit)} of {regimen.product}"
    facts = {**facts, "pieces": each}
    uk = plan.assessment.values.get("jurisdiction") == "uk"
    held = ("card-troche",) if plan.supply.product.form is Form.TROCHE else ()
    names = ("card-who", "card-dose", "card-pieces", *held, "card-rules", "card-emergency")
    own = [words.text("papers", name, Reader.PATIENT, facts) for name in names]
    driving = [words.text("education", "driving-card", Reader.PATIENT)] if uk else []
    end = [words.text("papers", name, Reader.PATIENT, facts) for name in ("card-clinic", "not-signed")]
    return Paper("card", "Wallet card", (Section("Carry this with you", (*own, *driving, *end)),))


# The letter


def _letter(plan: Plan, draft: Draft | None, facts: Facts, words: Words) -> Paper:
    case = plan.assessment.case

    def fixed(name: str, **more: str) -> str:
        return words.text("papers", name, Reader.CLINICIAN, {**facts, **more})

    failed = tuple(f"{one.treatment}: {one.result.replace('_', ' ')}" for one in case.given.failed_treatments)
    goals = tuple(fixed("letter-goal", goal=goal) for goal in case.given.goals)
    evidence = tuple(f"{one.title}: {one.banner}" for one in plan.assessment.evidence)
    proposed = plan.outcome is Outcome.PROPOSED and draft is not None
    change = ("letter-started", "letter-supply", "not-signed") if proposed else ("letter-none",)
    action = ("gp-do-not-prescribe", "gp-new-drug", "gp-call") if proposed else ("gp-do-not-start",)
    return Paper(
        "letter",
        "Letter to the general practitioner",
        (
            Section("Patient", (fixed("letter-patient"),)),
            Section("Diagnosis", (_diagnosis(plan) or fixed("letter-no-diagnosis"),)),
            Section("Tried before", failed or (fixed("letter-tried-nothing"),)),
            Section("Change of medication", tuple(fixed(name) for name in change)),
            Section("Other medicines and allergies on record", _on_record(plan) or (fixed("letter-none-on-record"),)),
            Section("Reason", (*goals, *(words.say(one.code, one.facts) for one in plan.reasons))),
            Section("What the evidence says", evidence),
            Section("To watch", tuple(_to_watch(plan, words)) or (fixed("letter-nothing-to-watch"),)),
            Section("Action for you", tuple(fixed(name) for name in action)),
        ),
    )


def _diagnosis(plan: Plan) -> str:
    """The condition to be treated, as given; nothing is made up where it is not."""
    indication = plan.assessment.case.given.indication
    if indication is None:
        return ""
    return (
        indication.words or plan.assessment.evidence[0].title if indication.condition != "other" else indication.words
    )


def _on_record(plan: Plan) -> tuple[str, ...]:
    given, on = plan.assessment.case.given, plan.on
    drugs = [one for one in plan.assessment.drugs if one.taken_on(on)]
    doses = [f"{one.medication.name}{f' {one.medication.dose}' if one.medication.dose else ''}" for one in drugs]
    allergies = [f"Allergy: {one.substance}" for one in (given.allergies.allergies if given.allergies else ())]
    return (*dict.fromkeys(doses), *allergies)


def _to_watch(plan: Plan, words: Words) -> Iterator[str]:
    for finding in plan.screening.findings:
        if finding.severity is not Severity.NOTE:
            yield f"[{finding.severity.value.replace('_', ' ')}] {words.say(finding.code, finding.facts)}"


# The checklist


def _checklist(plan: Plan, words: Words) -> Paper:
    before = [one for one in plan.monitoring if one.phase == "baseline"]
    done = "; ".join(one.title for one in before if one.state is State.DONE)
    to_do = (f"[ ] {one.title} ({one.state.value})" for one in before if one.state is not State.DONE)
    baseline = (*to_do, *([f"[x] {done} (done)"] if done else []))
    missing = tuple(f"[ ] {words.say(one.why, one.facts)}" for one in plan.missing)
    findings = tuple(
        f"[ ] {one.severity.value.replace('_', ' ')}: {words.say(one.code, one.facts)}" for one in plan.findings
    )
    talks = tuple(
        f"[ ] {words.text('papers', 'told', Reader.CLINICIAN, {'title': words.title('education', name)})}"
        for name in (_how_to_take(plan), *_TO_TALK_THROUGH)
    )
    return Paper(
        "checklist",
        "Checklist before the first dose",
        (
            Section("Before a start", baseline),
            Section("Still open", missing or (words.text("papers", "nothing-open"),)),
            Section("Findings to go through", findings),
            Section("Talk through with the person: told and understood", talks),
        ),
    )
