"""Signing: exactly the text that is signed, the daily dose typed back, and once more who one is."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from titrant.clinic.acts import signing
from titrant.clinic.acts.offers import Offer, offer, reasons_to_choose
from titrant.clinic.acts.signing import Chosen, drafted_choice, is_start, verified_plan
from titrant.clinic.office import Office
from titrant.clinic.rules_on_supply import held_back
from titrant.clinic.saying import finding_data
from titrant.clinic.start_questions import words_of
from titrant.explain.amounts import regimen_text
from titrant.pathway.adjust import Adjustment
from titrant.record.events import Kind, Role
from titrant.record.folding import Record
from titrant.record.states import State
from titrant.terms.errors import Stale, TitrantError
from titrant.terms.reading import shown_text
from titrant.web.access import CARING, Reach, Route, belongs_to_the_team
from titrant.web.errors import refused
from titrant.web.reauth import confirmed, why_not
from titrant.web.staff.starting import number_of, steps_of
from titrant.web.wired import office

_BOTH = ("GET", "POST")
# What may be printed once a plan is signed: routes of one patient, where the clinic has them.
PRINTS = (("papers", "Print: plan, card, letter"), ("phones", "Enrol the patient's phone"))


def sign_page(request: HttpRequest, case: UUID) -> HttpResponse:
    here = office()
    record = here.store.open(str(case))
    given = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(given) if _says_something(given) else drafted_choice(record)
    if request.method != "POST":
        return _page(request, here, record, chosen, None)
    try:
        return _act(request, here, str(case), chosen)
    except TitrantError as error:
        return _page(request, here, here.store.open(str(case)), chosen, error)


_FIELDS = ("action", "dose_mg", "times_per_day", "days_per_week", "reason", "words", "renew")


def _says_something(given: Any) -> bool:
    return any(given.get(name) for name in _FIELDS) or "do" in given


def _chosen(given: Any) -> Chosen:
    return Chosen(
        action=given.get("action", "")[:20], dose_mg=given.get("dose_mg", "")[:12],
        times_per_day=_count(given.get("times_per_day", "")), days_per_week=_count(given.get("days_per_week", "")),
        reason=given.get("reason", "")[:40], words=shown_text(given.get("words", "").strip())[:300],
        renew=bool(given.get("renew")),
    )  # fmt: skip


def _count(text: str) -> int:
    return number_of(text) if len(text) <= 2 else 0


def _act(request: HttpRequest, here: Office, case: str, chosen: Chosen) -> HttpResponse:
    """One of: draft, drop, stand behind as a second prescriber, sign."""
    post, by = request.POST, request.visitor.actor  # type: ignore[attr-defined]
    expected, sha256 = number_of(post.get("expected", "")), post.get("sha256", "")
    if request.in_emergency and post.get("do") and not _is_less(here, case, post["do"], chosen):  # type: ignore[attr-defined]
        raise belongs_to_the_team()
    match post.get("do", ""):
        case "draft":
            signing.draft(here, case, by, expected=expected, chosen=chosen)
        case "drop":
            signing.drop_draft(here, case, by, expected=expected, words=chosen.words)
        case "second" | "sign" if not confirmed(request):
            return _page(request, here, here.store.open(case), chosen, None, why_not(request))
        case "second":
            signing.second(here, case, sha256, by, expected=expected, chosen=chosen)
        case "sign":
            signing.sign(
                here, case, sha256, post.get("typed", ""), by, expected=expected, chosen=chosen,
                registration=getattr(request.user, "registration", ""), legal=_legal(post),
                sees=request.visitor.sees_teams,  # type: ignore[attr-defined]
            )  # fmt: skip
            return HttpResponseRedirect(reverse("signed", args=[case]))
        case _:
            return _page(request, here, here.store.open(case), chosen, None)
    return HttpResponseRedirect(reverse("sign", args=[case]))


_LESS = ("lower", "taper", "pause", "stop")


def _is_less(here: Office, case: str, do: str, chosen: Chosen) -> bool:
    """Whether it takes dose away, which is all that an emergency gives somebody of another team to sign or prepare.

    A lower dose is more than none: it is not less while the plan is suspended, nor where the rules ask for a stop or a
    pause, which a signature would answer. A renewal lasts longer, whatever its dose.
    """
    if do not in ("draft", "sign") or chosen.renew:
        return False
    record = here.store.open(case)
    made = offer(here, record, chosen)
    gives_none = made.action in _LESS and made.regimen is None
    none_now = record.summary.state is State.SUSPENDED or bool(held_back(here, record))
    return gives_none or (made.action in _LESS and not none_now)


def _legal(post: Any) -> dict[str, str]:
    """Written reasons for points of law, by the code of the point."""
    return {
        name.removeprefix("legal."): post[name].strip()[:300]
        for name in post
        if name.startswith("legal.") and post[name].strip()
    }


def _page(
    request: HttpRequest, here: Office, record: Record, chosen: Chosen, error: TitrantError | None, fault: str = ""
) -> HttpResponse:
    try:
        made = offer(here, record, chosen)
    except TitrantError as unreadable:
        return refused(request, error or unreadable)
    sees = request.visitor.sees_teams  # type: ignore[attr-defined]
    likenesses = signing.likenesses(here, record, made, sees)
    context = _context(here, record, made) | {
        "likenesses": likenesses, "asks_another": any(one.needs_reason for one in likenesses),
        "error": error, "fault": fault, "stale": isinstance(error, Stale),
        "may_sign": request.visitor.actor.role is Role.PRESCRIBER,  # type: ignore[attr-defined]
        "is_seconder": request.visitor.actor.id in dict(made.seconded_by),  # type: ignore[attr-defined]
    }  # fmt: skip
    status = 200 if error is None and not fault else 409 if isinstance(error, Stale) else 422
    return render(request, "titrant/sign.html", context, status=status)


def _context(here: Office, record: Record, made: Offer) -> dict[str, Any]:
    words, summary = here.desk.words, record.summary
    begun = is_start(record)
    return {
        "case": summary.case, "summary": summary, "person": summary.person, "version": record.version, "offer": made,
        "steps": steps_of("sign", summary.case) if begun else [], "is_start": begun,
        "refusals": [words.say_rule(one.rule, one.code, one.facts) for one in made.refused],
        "missing": [
            f"{words_of(words.label(one.fact, one.facts))}: {words.say(one.why, one.facts)}" for one in made.missing
        ],
        "seconds": [words.say(one.code, one.facts) for one in made.second],
        "seconded_by": [name for _, name in made.seconded_by],
        "reasons": reasons_to_choose(here), "changes": _changes(made), "proposal": _proposal(here, made),
        "law": signing.law_of(here, record, made), "draft": record.draft,
        "findings": [finding_data(one, words) for one in made.proposal.findings if one.severity.value != "note"],
        "preview": _preview(record, made), "fields": [(name, getattr(made.chosen, name) or "") for name in _FIELDS[:4]],
        "meaning": signing.MEANING, "clinic": here.settings,
    }  # fmt: skip


def _proposal(here: Office, made: Offer) -> dict[str, Any]:
    """What the rules say, in words, beside what is chosen."""
    decided, words = made.proposal, here.desk.words
    if here.no_proposals:  # whatever is signed here is the prescriber's own
        return {"outcome": "nothing is proposed", "action": "", "regimen": "", "reasons": []}
    action = decided.action.value if isinstance(decided, Adjustment) and decided.action else ""
    return {
        "outcome": decided.outcome.value, "action": action.replace("_", " "),
        "regimen": regimen_text(decided.regimen) if decided.regimen else "",
        "reasons": [
            {"text": words.say_rule(one.rule, one.code, one.facts), "source": one.source, "status": one.status.value}
            for one in decided.reasons
        ],
    }  # fmt: skip


def _changes(made: Offer) -> list[tuple[str, str, str]]:
    """Each part of the regimen before and after; the same is shown as the same."""
    before = (made.content or {}).get("before")
    after = (made.content or {}).get("regimen")
    if not before or not after:
        return []
    rows = (
        ("Product", "product", ""), ("Each dose", "dose_mg", " mg"), ("Pieces each dose", "pieces_per_dose", ""),
        ("Times a day", "times_per_day", ""), ("A day", "daily_mg", " mg"), ("Days a week", "days_per_week", ""),
        ("A week", "weekly_mg", " mg"),
    )  # fmt: skip
    return [(label, f"{before[name]}{unit}", f"{after[name]}{unit}") for label, name, unit in rows]


def _preview(record: Record, made: Offer) -> dict[str, str]:
    """What the patient will see once it is signed."""
    person = record.summary.person
    how = (
        f"hold {person.hold_minutes} minutes, then {person.how_to_take}" if person.hold_minutes else person.how_to_take
    )
    return {"dose": made.dose_text, "starts": made.starts, "ends": made.ends, "how": how, "action": made.action}


# After signing


def signed_page(request: HttpRequest, case: UUID) -> HttpResponse:
    """The signed plan, checked now, and how it reaches the patient."""
    here = office()
    try:
        record = here.store.open(str(case))
        if request.method == "POST":
            how, shown = request.POST.get("how", "")[:20], number_of(request.POST.get("plan", ""))
            signing.deliver(here, str(case), how, request.visitor.actor, shown=shown)  # type: ignore[attr-defined]
            return HttpResponseRedirect(reverse("signed", args=[case]))
        if not record.summary.plan:
            return HttpResponseRedirect(reverse("patient", args=[case]))
        plan = verified_plan(here, record)
    except TitrantError as error:
        return refused(request, error)
    context = {
        "case": record.summary.case, "summary": record.summary, "person": record.summary.person, "plan": plan,
        "prints": _prints(str(case)), "delivered": record.of(Kind.DELIVERED)[-1:],
    }  # fmt: skip
    return render(request, "titrant/signed.html", context)


def _prints(case: str) -> list[tuple[str, str]]:
    from titrant.web.policy import ROUTE_BY_NAME

    return [(reverse(name, args=[case]), label) for name, label in PRINTS if name in ROUTE_BY_NAME]


ROUTES = (
    Route("patients/<uuid:case>/sign/", sign_page, "sign", CARING, Reach.TEAM, _BOTH, in_emergency=_BOTH),
    Route("patients/<uuid:case>/signed/", signed_page, "signed", CARING, Reach.TEAM, _BOTH, in_emergency=("GET",)),
)
