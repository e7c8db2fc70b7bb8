"""Signing, and everything that a prescriber says of a plan. Each function is one act: load, decide, append, say.

What is signed is made anew from the record at the moment of signing. Where it is not what was shown, nothing is signed
and the answer says what has changed.
"""

from types import MappingProxyType
from typing import Any

from msgspec import structs

from titrant.clinic.acts.changes import what_changed
from titrant.clinic.acts.likeness import REASON, Other, check_another, others_like
from titrant.clinic.acts.offers import (
    Offer,
    is_start,
    offer,
    offer_change,
    offer_start,
    reason_text,
    reasons_to_choose,
)
from titrant.clinic.acts.verifying import SignedPlan, sealed_body, verified_plan
from titrant.clinic.changing import Chosen, renews
from titrant.clinic.earlier_pieces import is_of_another_product, product_of
from titrant.clinic.office import Office
from titrant.clinic.packs import PlaceFault, Reasons, check_stands, pack_of, sign_faults
from titrant.record.events import Actor, Draft, Kind, Role
from titrant.record.folding import Record
from titrant.record.states import State
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import NotAllowed, NotNow, Stale
from titrant.terms.numbers import parse_decimal
from titrant.terms.reading import shown_text

__all__ = [
    "Chosen", "Offer", "SignedPlan", "deliver", "draft", "drafted_choice", "drop_draft", "is_start", "law_of", "offer",
    "offer_change", "offer_start", "reason_text", "reasons_to_choose", "refuse", "resume", "second", "sign", "stop",
    "likenesses", "suspend", "verified_plan", "withdraw",
]  # fmt: skip

MEANING = "I have read this text, I prescribe it, and I answer for it."
SECOND_MEANING = "I have read this text as a second prescriber and stand behind it."
_LONGEST_REASON = 2_000
NOTHING_WRITTEN: Reasons = MappingProxyType({})
_KINDS = {"pause": Kind.SUSPENDED, "stop": Kind.STOPPED}


def sign(
    office: Office, case: str, offer_sha256: str, typed_daily_mg: str, by: Actor, *, expected: int,
    chosen: Chosen = Chosen(), registration: str = "", legal: Reasons = NOTHING_WRITTEN,  # noqa: B008
    sees: tuple[str, ...] | None = (),
) -> Summary:  # fmt: skip
    """Sign exactly what was shown as ``offer_sha256``. Raises NotAllowed, Stale, NotNow; then nothing was signed.

    ``sees``: the teams whose records a refusal may name.
    """
    _check_prescriber(by, "sign")
    record, made = _as_shown(office, case, offer_sha256, expected, chosen)
    _check_signable(office, record, made, by, legal)
    check_another(likenesses(office, record, made, sees), legal.get(REASON, ""))
    _check_typed(typed_daily_mg, made)
    drafts = _signature(office, record, made, by, registration, legal)
    return office.store.append(case, drafts, expected=record.version)


def second(office: Office, case: str, offer_sha256: str, by: Actor, *, expected: int, chosen: Chosen) -> Summary:
    """A second prescriber stands behind exactly this content; another one signs it after that."""
    _check_prescriber(by, "stand behind")
    record, made = _as_shown(office, case, offer_sha256, expected, chosen)
    body = {"sha256": made.sha256, "text": made.text, "meaning": SECOND_MEANING, "printed_name": by.name}
    draft = office.draft(Kind.SECONDED, body, by)
    draft = structs.replace(draft, body=sealed_body(case, draft, office.key))
    return office.store.append(case, [draft], expected=record.version)


# What must hold before a signature


def _as_shown(office: Office, case: str, sha256: str, expected: int, chosen: Chosen) -> tuple[Record, Offer]:
    """The record and the offer as they stand now. Raises Stale where that is not what was shown."""
    record = office.store.open(case)
    made, changed = offer(office, record, chosen), what_changed(record, expected)
    if made.sha256 != sha256 or changed:
        raise _stale(record, changed)
    return record, made


def _check_prescriber(by: Actor, what: str) -> None:
    if by.role is not Role.PRESCRIBER:
        raise NotAllowed(
            what, f"A {by.role.value} may not do this.", "Drafting and signing are different powers.",
            "Keep it as a draft; a prescriber signs it.",
        )  # fmt: skip


def _check_signable(office: Office, record: Record, made: Offer, by: Actor, legal: Reasons) -> None:
    """Raises NotNow for what is refused, open, without its reason, or without its second prescriber."""
    if made.refused:
        say = " ".join(office.desk.words.say_rule(one.rule, one.code, one.facts) for one in made.refused)
        raise _not_now(say, "Nothing was signed.", "Choose what can be signed, or settle what stands in the way.")
    if made.missing:
        ask = " ".join(office.desk.words.say(one.why, one.facts) for one in made.missing)
        raise _not_now(ask, "No dose is kept or raised past what is not known.", "Answer what is open first.")
    if made.sha256:
        check_stands(_pack_faults(office, record, made, legal), pack_of(office.settings, office.library), "signing")
    if made.against and not reason_text(office, made.chosen.reason):
        raise _not_now(
            "This departs from what is proposed, and no reason is given.",
            "Whoever reads it later must know why.", "Choose a reason.",
        )  # fmt: skip
    others = [name for one, name in made.seconded_by if one != by.id]
    if made.second and not others:
        say = " ".join(office.desk.words.say(one.code, one.facts) for one in made.second)
        raise _not_now(say, "Beyond this bound one person's slip is too dear.", "Ask a second prescriber to read it.")


def likenesses(office: Office, record: Record, made: Offer, sees: tuple[str, ...] | None) -> tuple[Other, ...]:
    """Other records of what may be the same person, where a first plan would be signed."""
    return others_like(office, record, sees) if made.is_start and made.regimen is not None else ()


def law_of(office: Office, record: Record, made: Offer) -> tuple[PlaceFault, ...]:
    """What the law of the place says to this offer, before anybody signs it."""
    return _pack_faults(office, record, made, NOTHING_WRITTEN) if made.sha256 else ()


def _pack_faults(office: Office, record: Record, made: Offer, legal: Reasons) -> tuple[PlaceFault, ...]:
    """What the law of the place says against signing; of a dose only, never of giving none."""
    if made.regimen is None:
        return ()
    pack = pack_of(office.settings, office.library)
    return sign_faults(pack, record, made.content, office.settings, office.today, legal)


def _check_typed(typed: str, made: Offer) -> None:
    """The daily dose in mg, typed back: a slip of the hand or of the eye stops here."""
    try:
        same = parse_decimal(typed.strip()) == parse_decimal(made.daily_mg)
        fault = f"{typed.strip()[:20]} mg was typed, and the text says {made.daily_mg} mg a day."
    except ValueError as error:
        same, fault = False, f"{error}."
    if not same:
        raise _not_now(fault, "The dose that is signed must be the dose that was meant.", "Read the text again.")


def _stale(record: Record, changed: list[str]) -> Stale:
    said = " ".join(changed) or (
        "The day, the knowledge, an approval or a setting of the clinic is not the same as when it was shown."
    )
    return Stale(
        record.summary.person.name or record.summary.case, f"Since this was shown: {said}",
        "What was decided on older facts may be wrong on the new ones. Nothing was signed.",
        "Read it again as it stands now, then sign.",
    )  # fmt: skip


def _not_now(fault: str, why: str, repair: str) -> NotNow:
    return NotNow("signing", fault, why, repair)


# The signature


def _signature(
    office: Office, record: Record, made: Offer, by: Actor, registration: str, legal: Reasons
) -> list[Draft]:  # fmt: skip
    """The events of one signature: lifting a suspension, where there is one, and the signature itself."""
    at = office.now()
    kind = _KINDS.get(made.action, Kind.SIGNED)
    body: dict[str, Any] = {
        "content": made.content, "text": made.text, "sha256": made.sha256, "dose_text": made.dose_text,
        "meaning": MEANING, "printed_name": by.name, "registration": registration,
        "inputs_sha256": made.inputs_sha256, "reason": made.chosen.reason, "words": made.chosen.words,
        "against": made.against, "action": made.action, "unchanged": made.unchanged, "legal": dict(legal),
        "seconded_by": [name for one, name in made.seconded_by if one != by.id],
        **(_course(office, record, made, by) if kind is Kind.SIGNED else _ending(made)),
    }  # fmt: skip
    lifting = []
    if record.summary.state is State.SUSPENDED and kind is Kind.SIGNED:
        lifted = {"on": office.today.isoformat(), "by": by.name, "reason": made.chosen.reason}
        lifting = [Draft(Kind.RESUMED, lifted, by, at)]
    unsealed = Draft(kind, body, by, at)
    return [*lifting, Draft(kind, sealed_body(made.case, unsealed, office.key), by, at)]


def _ending(made: Offer) -> Json:
    """What a signed pause or stop adds: a pause is a suspension by the prescriber."""
    if made.action != "pause":
        return {"reason": made.chosen.reason or "stopped", "on": made.content["on"]}
    why = shown_text(made.chosen.words) or "paused by a signature"
    return {"add": {"course.suspensions": [{"since": made.content["on"], "by": "provider", "reason": why}]}}


def _course(office: Office, record: Record, made: Offer, by: Actor) -> Json:
    """The levels that the signature begins, laid over what was signed for later days; protocol and product."""
    content = made.content
    first = {"from": content["starts"], "regimen": content["regimen"]}
    levels = [_level(one) for one in (first, *content["steps"])]
    course_before = record.tree["given"].get("course") or {}
    before = [] if made.is_start else list(course_before.get("levels") or [])
    # What was signed for a day after a suspension had begun never began.
    cut = min((one["since"] for one in course_before.get("suspensions") or () if not one.get("lifted_on")), default="")
    kept = [one for one in before if one["since"] < content["starts"] and not (cut and cut < one["since"])]
    settled: dict[str, Any] = {"protocol": content["protocol"]["id"], "product": product_of(made.supply)}
    settled |= {"next_product": None} if record.tree.get("next_product") else {}
    course = _course_changes(record, made, [*kept, *levels], replaced=len(kept) < len(before))
    confirmed = [
        {"of": "second_prescriber", "by": name, "on": office.today.isoformat(), "reason": "read and signed beside"}
        for one, name in made.seconded_by
        if one != by.id and made.second
    ]
    add: dict[str, Any] = {} if "levels" in course else {"course.levels": levels}
    add |= {"confirmations": confirmed} if confirmed else {}
    return {
        "levels": levels, **({"add": add} if add else {}),
        "set": settled | ({"given": {"course": course}} if course else {}),
    }  # fmt: skip


def _course_changes(record: Record, made: Offer, levels: list[Json], *, replaced: bool) -> dict[str, Any]:
    """What of the course is laid anew: after an end all of it; else only what the signature overtakes."""
    if made.is_start and record.tree["given"].get("course"):
        old = dict.fromkeys(record.tree["given"]["course"])
        return old | {"levels": levels}
    changes: dict[str, Any] = {"levels": levels} if replaced else {}
    if is_of_another_product(record, product_of(made.supply)):
        changes["supplies"] = None  # pieces of another product are never counted as those of this one
    if made.action == "taper":
        changes["ends"] = made.content["ends"]
    if renews(made.chosen, made.regimen, made.action):
        changes |= {"plan_from": made.content["on"], "ends": None}
    return changes


def _level(step: Json) -> Json:
    regimen = step["regimen"]
    return {
        "since": step["from"], "dose": f"{regimen['dose_mg']} mg", "times_per_day": int(regimen["times_per_day"]),
        "days_per_week": int(regimen["days_per_week"]), "product": regimen["product"],
    }  # fmt: skip


# Drafts, refusals, delivery


def draft(office: Office, case: str, by: Actor, *, expected: int, chosen: Chosen = Chosen()) -> Summary:  # noqa: B008
    """Keep an offer for a prescriber to read. It is no prescription, and says so wherever it is shown."""
    record = office.store.open(case)
    made = offer(office, record, chosen)
    if not made.may_be_signed:
        _check_signable(office, record, made, by, NOTHING_WRITTEN)
        raise _not_now("There is nothing to sign.", "A draft is of something that can be signed.", "Plan it first.")
    body = {"chosen": _plain(chosen), "content": made.content, "text": made.text, "sha256": made.sha256}
    return office.store.append(case, [office.draft(Kind.DRAFTED, body, by)], expected=expected)


def drafted_choice(record: Record) -> Chosen:
    """What the waiting draft asks to sign; without a draft exactly what is proposed."""
    event = record.draft
    return Chosen(**event.body["chosen"]) if event is not None else Chosen()


def drop_draft(office: Office, case: str, by: Actor, *, expected: int, words: str = "") -> Summary:
    """Drop the waiting draft; the case is as before."""
    if not office.store.summary(case).draft:
        raise _not_now("No draft is waiting.", "It was signed or dropped meanwhile.", "Load the page again.")
    return office.store.append(case, [office.draft(Kind.DRAFT_DROPPED, {"words": words}, by)], expected=expected)


def refuse(office: Office, case: str, by: Actor, *, expected: int, reason: str, words: str = "") -> Summary:
    """Refuse what is proposed, with the reason; the signed dose stays as it is."""
    _check_reason(office, reason)
    record = office.store.open(case)
    made = offer(office, record, Chosen())
    body = {
        "reason": reason, "words": words, "action": made.action, "inputs_sha256": record.inputs_sha256,
        "dose_text": made.dose_text, "codes": [one.code for one in made.proposal.reasons],
    }  # fmt: skip
    drafts = [office.draft(Kind.REFUSED, body, by)]
    if record.summary.draft:
        drafts.append(office.draft(Kind.DRAFT_DROPPED, {"words": words}, by))
    return office.store.append(case, drafts, expected=expected)


def deliver(office: Office, case: str, how: str, by: Actor, *, shown: int) -> Summary:
    """The patient has been handed the plan of line ``shown`` (printed), or it was sent (phone). Checked before.

    Raises Stale where another plan is in force now: the patient holds a dose that is none any more.
    """
    record = office.store.open(case)
    plan = verified_plan(office, record)
    if plan.number != shown:
        raise Stale(
            record.summary.person.name or case, "Another plan was signed since this page was shown.",
            "What was handed over is not the plan in force. Nothing was recorded.",
            "Take the old paper back, and hand over the plan as it stands now.",
        )  # fmt: skip
    body = {"plan": plan.number, "how": how, "sha256": plan.sha256}
    return office.store.append(case, [office.draft(Kind.DELIVERED, body, by)], expected=record.version)


# Suspending is one act of anybody who cares for the patient; going on is a prescriber's signature


def suspend(office: Office, case: str, reason: str, by: Actor, *, who: str = "provider") -> Summary:
    """No dose from today on until a prescriber has signed. Never held up by what somebody else wrote meanwhile."""
    # A suspension is never refused for a letter of its reason, and its reason never makes the record unreadable.
    line = {"since": office.today.isoformat(), "by": who, "reason": shown_text(reason)[:_LONGEST_REASON]}
    body = {"add": {"course.suspensions": [line]}}
    return office.store.append(case, [office.draft(Kind.SUSPENDED, body, by)], expected=None)


def resume(
    office: Office, case: str, offer_sha256: str, typed_daily_mg: str, by: Actor, *, expected: int, chosen: Chosen,
    registration: str = "",
) -> Summary:  # fmt: skip
    """Going on after a suspension is a signature over every field of the plan, nothing less."""
    if office.store.summary(case).state is not State.SUSPENDED:
        raise _not_now("The plan is not suspended.", "There is nothing to lift.", "Load the page again.")
    return sign(
        office, case, offer_sha256, typed_daily_mg, by, expected=expected, chosen=chosen, registration=registration
    )


def stop(office: Office, case: str, by: Actor, *, expected: int, reason: str, words: str = "") -> Summary:
    """No more doses; a new start needs a new plan."""
    return _end(office, Kind.STOPPED, case, by, expected, reason, words)


def withdraw(office: Office, case: str, by: Actor, *, expected: int, reason: str, words: str = "") -> Summary:
    """Take back a signature that should not have been made; nothing is to be followed any more."""
    return _end(office, Kind.WITHDRAWN, case, by, expected, reason, words)


def _end(office: Office, kind: Kind, case: str, by: Actor, expected: int, reason: str, words: str) -> Summary:
    _check_reason(office, reason)
    plan = office.store.summary(case).plan
    body = {"reason": reason, "words": words, "plan": plan, "on": office.today.isoformat()}
    return office.store.append(case, [office.draft(kind, body, by)], expected=expected)


def _check_reason(office: Office, reason: str) -> None:
    if not reason_text(office, reason):
        raise _not_now("No reason is given.", "Whoever reads it later must know why.", "Choose a reason.")


def _plain(chosen: Chosen) -> Json:
    return {name: getattr(chosen, name) for name in chosen.__struct_fields__}
