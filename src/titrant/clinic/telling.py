"""What the desk says to people: outcomes as plain-text pages, the answer first, then why, then everything else."""

from collections.abc import Iterator
from itertools import groupby

from titrant.clinic.write_case import hand_check_line
from titrant.explain.amounts import after_text, pieces_text, regimen_text
from titrant.explain.pages import bullet, heading, page, paragraph, table
from titrant.explain.words import Words
from titrant.pathway.assess import Assessment
from titrant.pathway.checks_due import DueCheck
from titrant.pathway.plan import Outcome, Plan
from titrant.pathway.prescribe import Draft
from titrant.pathway.report import Paper
from titrant.pathway.screen import Screening
from titrant.pathway.supplying import Dispensing
from titrant.terms.canonical import canonical_json
from titrant.terms.numbers import plain
from titrant.terms.reason import Bar, Finding, Missing, Reason, Severity, Status

_GRADE = {
    Severity.STOP: "STOP",
    Severity.SPECIALIST: "SPECIALIST",
    Severity.CAUTION: "CAUTION",
    Severity.NOTE: "note",
    Severity.NOT_CHECKED: "NOT CHECKED",
}
_MARKS = "Marks: [proposal] a choice of this project, with its reasoning; [unverified] not checked against a source."


def plan_page(plan: Plan, words: Words, clinic: str) -> str:
    """The whole plan for a prescriber."""
    case = plan.assessment.case
    lines = [paragraph(case.scenario), *_standing(plan, clinic), *_answer(plan)]
    lines += [heading("Why"), *(_reason(one, words) for one in plan.reasons)] if plan.reasons else []
    loud = [one for one in plan.findings if one not in plan.warnings or one.severity is not Severity.NOTE]
    if loud:
        lines += [heading("Findings"), *(_finding(one, words) for one in loud)]
    lines += _missing(plan.missing, words)
    lines += [*_beside(plan), *_conversions(plan), *_ladder(plan, words), *_alternatives(plan)]
    lines += [*_checks(plan.monitoring), *_stop_rules(plan, words), *_evidence(plan.assessment)]
    quiet = [one for one in plan.findings if one not in loud]
    if quiet:
        lines.append(heading("Where web articles and the literature disagree (D numbers: docs/reference)"))
        lines += [bullet(f"{words.say(one.code, one.facts)}{_cited(one.source, one.status)}") for one in quiet]
    if case.left_out:
        lines += [heading("Not used from the record"), *(bullet(one) for one in case.left_out)]
    return page(_title(plan), [*lines, "", _MARKS])


def _title(plan: Plan) -> str:
    if plan.outcome is Outcome.PROPOSED and plan.regimen:
        return f"PROPOSED for signature: start with {plan.regimen.dose}, {plan.regimen.daily} a day"
    if plan.outcome is Outcome.REFUSED:
        return "REFUSED: no start"
    return (
        f"UNDECIDED: {len(plan.missing)} answer{'' if len(plan.missing) == 1 else 's'} still open, no dose is proposed"
    )


def _standing(plan: Plan, clinic: str) -> Iterator[str]:
    protocol = plan.protocol
    yield paragraph(
        f"Protocol {protocol.id} version {protocol.version} ({protocol.status.value}; content "
        f"{plan.protocol_sha256[:12]}). {clinic} Decided for {plan.on}."
    )


def _answer(plan: Plan) -> Iterator[str]:
    if plan.regimen is not None:
        yield heading("Regimen")
        yield paragraph(regimen_text(plan.regimen) + f". Plan ends on {plan.ends}.")
    elif plan.would_be is not None:
        yield heading("If every open answer were reassuring")
        yield paragraph(f"NOT A PROPOSAL. It would be: {regimen_text(plan.would_be)}.")
    if plan.start is not None and plan.asking is not None and plan.start.limits:
        yield paragraph(f"Asked: {plan.asking.dose} in each dose; allowed: {plan.start.value}.")


def _reason(one: Reason, words: Words) -> str:
    return bullet(f"{words.say(one.code, one.facts)}{_cited(one.source, one.status)}")


def _finding(one: Finding, words: Words) -> str:
    settled = (
        f" Reviewed by {one.facts['reviewed_by']} on {one.facts['reviewed_on']}." if "reviewed_by" in one.facts else ""
    )
    text = f"{words.say(one.code, one.facts)}{settled}{_cited(one.source, one.status)}{_bar_text(one, words)}"
    return bullet(text, f"{_GRADE[one.severity]:<11}")


def _bar_text(one: Finding, words: Words) -> str:
    """What a finding bars, where its grade alone does not say so."""
    if one.bar is Bar.REFUSES and one.severity is not Severity.STOP:
        return f" {words.text('papers', 'bar-refuses')}"
    if one.bar is Bar.UNTIL_SETTLED and one.severity in (Severity.CAUTION, Severity.NOTE):
        return f" {words.text('papers', 'bar-until-settled')}"
    return ""


def _cited(source: str, status: Status) -> str:
    return f" ({source}{status.mark})" if source else status.mark


# Open questions by the person or place from which the answer comes.
_ASKED = {
    "condition_not_answered": "illnesses and circumstances (answer no, active, past, controlled)",
    "condition_state_not_covered": "illnesses and circumstances (answer no, active, past, controlled)",
    "settle_specialist": "findings to settle",
    "settle_each_drug": "findings to settle",
    "settle_caution": "findings to settle",
    "settle_note": "findings to settle",
    "settle_not_checked": "drugs",
    "dose_of_opioid_unknown": "drugs",
    "medications_not_reconciled": "drugs",
    "allergies_not_reviewed": "drugs",
    "baseline_missing": "measurements, tests and answers",
    "baseline_too_old": "measurements, tests and answers",
    "baseline_too_few": "measurements, tests and answers",
    "fact_missing": "measurements, tests and answers",
    "fact_too_old": "measurements, tests and answers",
}


def _missing(missing: tuple[Missing, ...], words: Words) -> Iterator[str]:
    """What is still open, grouped by where the answer comes from."""
    groups: dict[str, list[str]] = {}
    for one in missing:
        text = one.facts.get("ask") if one.why == "condition_not_answered" else None
        line = bullet(f"{one.fact}: {text or words.say(one.why, one.facts)}")
        groups.setdefault(_ASKED.get(one.why, "the plan itself"), []).append(line)
    for group in sorted(groups, key=lambda name: name != "findings to settle"):
        yield heading(f"Still open: {group}")
        yield from groups[group]
        if group == "drugs":
            yield from _for_the_pharmacist(missing, words)


def _for_the_pharmacist(missing: tuple[Missing, ...], words: Words) -> Iterator[str]:
    """The one line that settles every drug that the tables do not know, if a pharmacist finds nothing."""
    unknown = ("drug_not_checked", "stopped_drug_not_checked")
    line = hand_check_line(one.facts["drug"] for one in missing if one.fact in unknown)
    if line:
        yield bullet(words.text("papers", "hand-check", facts={"line": line}))


def _beside(plan: Plan) -> Iterator[str]:
    if plan.beside:
        yield heading("For comparison only")
    for one in plan.beside:
        yield bullet(f"Another published start would give {one.dose} in a dose{_cited(one.source, one.status)}")


def _conversions(plan: Plan) -> Iterator[str]:
    if not plan.conversions:
        return
    yield heading("From the clinic session to a daily dose: every published way")
    for one, low, high in plan.conversions:
        span = str(low) if low == high else f"{low} to {high}"
        mark = "proposed " if one.proposed else ""
        yield bullet(f"{mark}{one.title}: {span} a day{_cited(one.source, one.status)}")


def _ladder(plan: Plan, words: Words) -> Iterator[str]:
    if not plan.ladder:
        return
    yield heading("Ladder (each step needs its own review and signature)")
    yield from table(
        [("level", "dose", "takes", "a day", "daily", "earliest", "")]
        + [
            (
                str(one.number),
                str(one.regimen.dose),
                pieces_text(one.regimen.pieces, one.regimen.piece_unit),
                f"{one.regimen.times_per_day} x",
                str(one.regimen.daily),
                one.earliest.isoformat(),
                "needs a second prescriber" if one.needs else "",
            )
            for one in plan.ladder
        ],
        right=(0, 1, 2, 3, 4),
    )
    if plan.ladder_end is not None:
        yield _reason(plan.ladder_end, words)


def _alternatives(plan: Plan) -> Iterator[str]:
    if not plan.alternatives:
        return
    yield heading("Instead")
    for one in plan.alternatives:
        if one.action == "hold":
            yield bullet("Hold: do not start; keep the present treatment.")
        elif one.regimen is not None:
            yield bullet(f"Lower: {regimen_text(one.regimen)}.")
        else:
            yield bullet("Lower: nothing smaller can be made from this product.")


def _checks(checks: tuple[DueCheck, ...]) -> Iterator[str]:
    before = [one for one in checks if one.phase == "baseline"]
    if before:
        yield heading("Before a start")
        yield from table([(f"[{one.state.value}]", one.title) for one in before])
    later = [one for one in checks if one.phase != "baseline"]
    if later:
        yield heading("Calendar of checks (* an overdue check blocks a raise)")
    for day, of_day in groupby(later, key=lambda one: one.due):
        yield bullet("; ".join(dict.fromkeys(_due(one) for one in of_day)), day.isoformat())


def _due(one: DueCheck) -> str:
    return f"{one.title}{'*' if one.blocks_raise else ''}{after_text(one.after_dose)}"


def _stop_rules(plan: Plan, words: Words) -> Iterator[str]:
    if plan.regimen is None:
        return
    yield heading("Stop rules")
    for one in plan.protocol.stop_rules:
        yield bullet(f"{words.say(one.code, {})}{_cited(one.source, one.status)}")


def _evidence(assessment: Assessment) -> Iterator[str]:
    yield heading("What the evidence says")
    for one in assessment.evidence:
        yield bullet(f"{one.title}: {one.banner} Oral: {one.oral} ({', '.join(one.sources)}{one.status.mark})")


def assessment_page(assessment: Assessment, screening: Screening, words: Words) -> str:
    """Everything that is known on the day, and everything that is not."""
    lines = [paragraph(assessment.case.scenario), heading("Known")]
    lines += table([
        (name, str(known.value), str(known.on or ""), "" if known.fresh else "TOO OLD", known.source, known.assumed)
        for name, known in sorted(assessment.facts.items())
    ])  # fmt: skip
    lines += [heading("Conditions")] if assessment.conditions else []
    lines += table(
        [(name, one.state.value, str(one.since or "")) for name, one in sorted(assessment.conditions.items())]
    )
    lines += [heading("Drugs")] if assessment.drugs else []
    lines += table([
        (one.medication.name, one.match.drug.name if one.match else "NOT RECOGNISED, NOT CHECKED",
         one.match.how if one.match else "",
         "taken" if one.taken_on(assessment.on) else f"until {one.medication.until}")
        for one in assessment.drugs
    ])  # fmt: skip
    lines += _missing(screening.missing, words)
    return page(f"ASSESSED for {assessment.on}", [*lines, *_evidence(assessment)])


def screening_page(screening: Screening, words: Words) -> str:
    ledger = screening.ledger
    lines = [f"{len(ledger.completed)} of {len(ledger.expected)} checks ran."]
    lines += [f"FAILED: {one}" for one in ledger.failed]
    lines += [heading("Findings"), *(_finding(one, words) for one in screening.findings)]
    lines += _missing(screening.missing, words)
    counts = {grade: sum(one.severity is grade for one in screening.findings) for grade in Severity}
    said = ", ".join(f"{number} {_GRADE[grade]}" for grade, number in counts.items() if number) or "no findings"
    return page(f"SCREENED: {said}", [*lines, "", _MARKS])


def draft_page(draft: Draft, faults: list[str], clinic: str) -> str:
    """The text to be signed, and what the last gate says of it."""
    gate = [bullet(one) for one in faults] or ["Passed: every amount lies within the absolute limits of this release."]
    lines = [clinic, "", draft.text, heading("Last gate"), *gate]
    lines += [heading("Canonical content (what the signature covers)"), canonical_json(draft.content).decode("utf-8")]
    lines += [heading("SHA-256 of the content"), draft.sha256]
    title = (
        "NOT READY: the last gate refuses it"
        if faults
        else "READY TO SIGN: only a prescriber's signature makes it valid"
    )
    return page(title, lines)


def dispensing_page(one: Dispensing, plan: Plan, words: Words, clinic: str) -> str:
    """The arithmetic of a supply as lines that a pharmacist can check by hand."""
    patient = plan.assessment.case.given.patient
    lines = [
        f"For record {patient.id or '—'}, born {patient.birth_date}: ketamine (mg of base), {plan.supply.name}.",
        clinic,
    ]
    if not plan.assessment.case.given.course.levels:
        lines.append(words.text("papers", "supply-draft"))
    lines.append(heading("Counted"))
    for part in one.stretches:
        each = plain(part.regimen.pieces)
        sum_line = (
            f"{part.dosing_days} dosing days x {part.regimen.times_per_day} x {each} = {plain(part.pieces)} {one.unit}"
        )
        lines.append(bullet(f"{part.regimen.dose} from {part.first} for {part.days} days: {sum_line}"))
    lines += [f"Needed {plain(one.needed)} {one.unit}, handed out {plain(one.quantity)} {one.unit}; {one.mg} in all."]
    next_one = f" Next supply from {one.next_earliest}." if one.next_earliest else ""
    lines += [heading("Dates"), f"Hand out from {one.earliest}.{next_one}"]
    lines += [heading("Should be left at the start of the day")]
    lines += table([(day.isoformat(), plain(left), one.unit) for day, left in one.should_be_left], right=(1,))
    if one.limits:
        lines += [heading("Limits"), *(_reason(why, words) for why in one.limits)]
    title = f"SUPPLY {plain(one.quantity)} {one.unit} for {one.days} days from {one.starts}"
    return page(title if one.days else "NO SUPPLY", lines)


def paper_text(paper: Paper) -> str:
    lines: list[str] = []
    for section in paper.sections:
        lines += [heading(section.heading), *(bullet(line) for line in section.lines)]
    return page(paper.title, lines)
