"""The letter to the general practitioner: what changed, why, what is asked of them; the protocol is attached.

The headings are those of the UK outpatient letter standard: medication change, reason, action for the GP.
"""

from collections.abc import Iterator

from titrant.clinic.acts.offers import reason_text
from titrant.clinic.office import case_in
from titrant.documents.paper import Desk, envelope, phones, put, whose
from titrant.documents.plan_in_hand import PlanInHand, check_signature, protocol_of
from titrant.documents.plan_paper import dose_lines
from titrant.documents.protocol_part import protocol_sections
from titrant.documents.shown import line, sections, shown
from titrant.pathway.assess import Assessment
from titrant.pathway.case import Case
from titrant.record.events import Kind
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError

_MOST = 12  # lines of one list that come from the record


def gp_letter(desk: Desk) -> bytes:
    return put(desk, "document", letter_data(desk))


def letter_data(desk: Desk) -> Json:
    plan, settings = desk.plan, desk.settings
    assert plan is not None, "a letter tells of a plan"
    protocol = protocol_of(plan, desk.office)
    case, assessment = _assessed(desk)
    own = sections(
        ("Diagnosis", [_diagnosis(desk, case)]),
        ("Change of medication", _change(desk, plan)),
        ("Reason", _reasons(desk, plan, case)),
        ("Action for you", _actions(desk, plan, protocol.title, str(protocol.version))),
        ("To watch", [*_watch(desk, assessment)]),
        ("What the evidence says", _evidence(assessment)),
        ("Tried before", _tried(case)),
        ("Other medicines and allergies on record", _on_record(desk, assessment)),
    )
    attached = protocol_sections(protocol, desk.office.desk.words, str(plan.content["protocol"]["sha256"]))
    attached[0]["new_page"] = True
    return {
        **envelope(desk, "Letter to the general practitioner"), "who": [*whose(desk), ("Date", desk.today.isoformat())],
        "sender": [line(settings.name), *([shown(settings.address, 200)] if settings.address else []), *phones(desk)],
        "sections": [*own, *attached],
    }  # fmt: skip


def _assessed(desk: Desk) -> tuple[Case | None, Assessment | None]:
    """The case read today; None where it cannot be read, and then the letter says so."""
    try:
        case = case_in(desk.record, desk.today)
        return case, desk.office.desk.assess(case)[0]
    except TitrantError:
        return None, None


_UNREAD = "The record could not be read for this letter; ask the clinic."


def _change(desk: Desk, plan: PlanInHand) -> list[str]:
    dose = dose_lines(plan, desk.speech)
    before = _before(desk, plan)
    verb = "Draft of" if plan.standing == "draft" else "Changed to" if before else "Started:"
    lines = [
        f"{verb} ketamine {dose['each']}, {dose['often'][:1].lower()}{dose['often'][1:]}",
        *dose["lines"],
        "Ketamine is used here outside its licence and made up by a pharmacy.",
    ]
    if before:
        lines.append(f"Before: {before}")
    return [*lines, *_standing(plan)]


def _standing(plan: PlanInHand) -> list[str]:
    told = {
        "draft": "Not signed: this letter tells of a proposal only.",
        "suspended": "The course is suspended: no dose is taken until the prescriber lifts it.",
        "ended": "The course has ended.",
    }
    signed = f"Signed by {line(plan.by)} on {plan.on}."
    return [told[plan.standing]] if plan.standing == "draft" else [signed, *filter(None, [told.get(plan.standing)])]


def _before(desk: Desk, plan: PlanInHand) -> str:
    """The dose of the signature before this one, its seal checked as well."""
    earlier = [one for one in desk.record.of(Kind.SIGNED) if one.number < plan.number or plan.standing == "draft"]
    if not earlier:
        return ""
    check_signature(desk.office, desk.record, earlier[-1])
    content = earlier[-1].body["content"]
    held = content["regimen"]
    return f"{held['dose_mg']} mg, {desk.speech.times(int(held['times_per_day']), int(held['days_per_week']))}."


def _reasons(desk: Desk, plan: PlanInHand, case: Case | None) -> list[str]:
    goals = [f"Goal: {shown(goal, 200)}" for goal in (case.given.goals if case else ())]
    words = desk.office.desk.words
    given = plan.content.get("reasons") or []
    said = [shown(words.say_rule(one.get("rule", ""), one["code"], one.get("facts") or {}), 400) for one in given]
    return [*goals, *_own_reason(desk, plan), *_by_rule(plan), *said][:_MOST]


def _by_rule(plan: PlanInHand) -> list[str]:
    """Whether a change followed what the protocol's rules propose."""
    action = str(plan.content.get("action") or "").replace("_", " ")
    if not action or action == "start":
        return []
    how = "against" if plan.content.get("against") == "yes" else "in line with"
    return [f"{action.capitalize()}: {how} what the protocol's rules propose for the diary and the checks."]


def _own_reason(desk: Desk, plan: PlanInHand) -> list[str]:
    """Why the prescriber departed from what was proposed, where they did."""
    given = plan.content.get("reason") or {}
    told = [reason_text(desk.office, given.get("code", "")), given.get("words", "")]
    return [shown(" ".join(filter(None, told)), 400)] if any(told) else []


def _actions(desk: Desk, plan: PlanInHand, title: str, version: str) -> list[str]:
    words = desk.office.desk.words
    facts = {"protocol": line(title), "version": version}
    if plan.standing == "ended":
        return [words.text("papers", "gp-do-not-start")]
    return [words.text("papers", name, facts=facts) for name in ("gp-do-not-prescribe", "gp-new-drug", "gp-call")]


def _diagnosis(desk: Desk, case: Case | None) -> str:
    """The condition to be treated, as given; nothing is made up where it is not."""
    if case is None:
        return _UNREAD
    given = case.given.indication
    if given is None:
        return desk.office.desk.words.text("papers", "letter-no-diagnosis")
    known = desk.office.library.evidence
    titled = known[given.condition].title if given.condition in known else given.condition.replace("_", " ")
    return line(given.words or titled, 200)


def _watch(desk: Desk, assessment: Assessment | None) -> Iterator[str]:
    from titrant.pathway.screen import screen

    if assessment is None:
        yield _UNREAD
        return
    words = desk.office.desk.words
    found = [one for one in screen(assessment, desk.office.library).findings if one.severity.value != "note"]
    for one in found[:_MOST]:
        yield f"[{one.severity.value.replace('_', ' ')}] {shown(words.say(one.code, one.facts), 400)}"
    if len(found) > _MOST:
        yield f"… and {len(found) - _MOST} more (continued in the record)"
    if not found:
        yield words.text("papers", "letter-nothing-to-watch")


def _evidence(assessment: Assessment | None) -> list[str]:
    return [f"{one.title}: {one.banner}" for one in assessment.evidence] if assessment else [_UNREAD]


def _tried(case: Case | None) -> list[str]:
    if case is None:
        return [_UNREAD]
    told = [line(f"{one.treatment}: {one.result.replace('_', ' ')}", 120) for one in case.given.failed_treatments]
    return told[:_MOST] or ["None documented."]


def _on_record(desk: Desk, assessment: Assessment | None) -> list[str]:
    if assessment is None:
        return [_UNREAD]
    given, on = assessment.case.given, desk.today
    held = [one.medication for one in assessment.drugs if one.taken_on(on)]
    doses = [*dict.fromkeys(line(f"{one.name} {one.dose or ''}".strip(), 120) for one in held)]
    allergies = [
        line(f"Allergy: {one.substance}", 120) for one in (given.allergies.allergies if given.allergies else ())
    ]
    cut = [f"… and {len(doses) - _MOST} more (continued in the record)"] if len(doses) > _MOST else []
    return [*doses[:_MOST], *cut, *allergies] or ["None."]
