"""The pharmacist's pages: one patient's supply, everybody's next supply, and the stock book."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from msgspec import structs

from titrant.clinic import packs
from titrant.clinic.acts import supply as acts
from titrant.clinic.acts.once import entered
from titrant.clinic.dose_now import dose_now
from titrant.clinic.earlier_pieces import named
from titrant.clinic.labelling import Labelled, label_data, labels
from titrant.clinic.office import Office
from titrant.clinic.pharmacy import MaySupply, may_supply, refill_line
from titrant.clinic.rules_on_supply import held_back, lowered_meanwhile
from titrant.clinic.stock import Batch
from titrant.clinic.telling_events import sentence
from titrant.pathway.case import Supplied
from titrant.record.events import CLINIC, Actor, Event, Kind, Role
from titrant.record.folding import Record
from titrant.record.ports import Query, Row
from titrant.terms.errors import NotNow, TitrantError
from titrant.terms.numbers import plain
from titrant.web.access import CLINICAL, Reach, Route, belongs_to_the_team
from titrant.web.errors import not_found, refused
from titrant.web.staff.patient_page import head, standing_now
from titrant.web.staff.posted import number_of, version_of
from titrant.web.wired import office

_KEEPERS = frozenset({Role.PHARMACIST, Role.PRESCRIBER, Role.ADMINISTRATOR, Role.AUDITOR})
_SUPPLIERS = (Role.PHARMACIST, Role.PRESCRIBER)
_LINES = (
    Kind.SUPPLIED, Kind.SUPPLY_CORRECTED, Kind.COUNTED, Kind.RETURNED, Kind.HOLD_PLACED, Kind.HOLD_LIFTED,
)  # fmt: skip
_MOST_LISTED, _MOST_LINES = 2_000, 200
_SOON, _ON_A_PAGE, _MOST_KEPT = timedelta(days=7), 50, 500
_KEPT: dict[object, MaySupply] = {}


def _by(request: HttpRequest) -> Actor:
    by: Actor = request.visitor.actor  # type: ignore[attr-defined]
    return by


# Once for each form


def _shown_form(request: HttpRequest) -> str:
    """The id for the forms of a page. A page that was refused keeps its id, so that what is put right counts once."""
    return _sent_form(request) or str(uuid4())


def _sent_form(request: HttpRequest) -> str:
    try:
        return str(UUID(request.POST.get("form", "")))
    except ValueError:
        return ""


def _form_of(request: HttpRequest) -> str:
    """The id under which an act is entered once. Raises NotNow without one."""
    form = _sent_form(request)
    if not form:
        raise NotNow(
            "form", "The form does not say which one it is.", "Sent twice, it would be counted twice.",
            "Load the page again and fill in its form.",
        )  # fmt: skip
    return form


def _tell_once(request: HttpRequest, done: Event) -> None:
    said = f"{sentence(done)} (no. {done.number})"
    text = f"This form was sent before and counts once. It has entered: {said}. Nothing more was entered."
    messages.warning(request, text, extra_tags="warn")


# One patient


def supply(request: HttpRequest, case: UUID) -> HttpResponse:
    """May I supply, how much, until when."""
    return _page(request, case)


def _page(request: HttpRequest, case: UUID, error: TitrantError | None = None) -> HttpResponse:
    here = office()
    standing = standing_now(here, case)
    record = standing.record
    # What the rules say is kept with the standing; only where they were not asked of it are they asked again.
    by_rules = standing.followed.by_rules if standing.followed else None
    answer = may_supply(here, record, held_back(here, record, by_rules) if by_rules else None)
    lowered = lowered_meanwhile(here, record, by_rules) if by_rules else ()
    answer = structs.replace(answer, warnings=(*answer.warnings, *lowered))
    context = {
        **head(here, standing, "supply"),
        **_answer(here, record, answer),
        "error": error,
        "form": _shown_form(request),
        "typed": request.POST if error is not None else {},
        "may_enter": _by(request).role in _SUPPLIERS,
        "may_lift": _by(request).role is Role.PRESCRIBER,
    }
    return render(request, "titrant/supply.html", context, status=409 if error else 200)


def _answer(here: Office, record: Record, answer: MaySupply) -> dict[str, Any]:
    supplies, labelled = _supplies(record), labels(here, record)
    return {
        "answer": answer,
        "pack": packs.pack_data(answer.pack, here.settings, here.today),
        "law_reasons": [one for one in answer.law if one.takes_reason],
        "refill": refill_line(answer, supplies) if supplies else "",
        "plan_event": answer.plan,
        "products": _products(here),
        "lots": _lots(here, answer),
        "holds": sorted(record.summary.holds.items()),
        **_prescription(here, record, answer),
        "held_unit": _held_unit(record, answer),
        "earlier": [(f"{'|'.join(one.product.values())}", named(here, one.product), one) for one in answer.earlier],
        "supplied_now": bool(supplies),
        "newest": max((event.number for event in record.of(Kind.SUPPLIED)), default=0),
        "lines": [_line(here, record, event, labelled.get(event.number)) for event in reversed(record.of(*_LINES))],
    }


def _held_unit(record: Record, answer: MaySupply) -> str:
    """In what is counted what the patient has at home: that of the newest supply, whatever is signed since."""
    if answer.earlier:
        return answer.earlier[0].unit if not _supplies(record) and len(answer.earlier) == 1 else ""
    supplied = record.of(Kind.SUPPLIED)
    return (supplied and supplied[-1].body.get("unit")) or answer.unit


def _prescription(here: Office, record: Record, answer: MaySupply) -> dict[str, Any]:
    """The fields of a prescription as they would be printed, and what the law says against printing them."""
    if answer.plan is None or not answer.regimen:
        return {}
    content = answer.plan.body["content"] | {"signed_on": here.day_of(answer.plan.at).isoformat()}
    signer = {
        "name": answer.plan.body.get("printed_name", ""),
        "registration": answer.plan.body.get("registration", ""),
    }
    fields = packs.paper_fields(answer.pack, record, content, here.settings, signer)
    return {"prescription": list(fields.items()), "paper_faults": packs.paper_faults(answer.pack, fields)}


def _supplies(record: Record) -> tuple[Supplied, ...]:
    lines = (record.tree["given"].get("course") or {}).get("supplies") or []
    return msgspec.convert(lines, tuple[Supplied, ...])


def _products(here: Office) -> list[dict[str, str]]:
    """Every product in every strength, as base and as hydrochloride: what the label says is chosen, never guessed."""
    return [
        {"value": f"{name}|{strength}|{content}", "label": f"{product.title}, {strength}, label counts {content}"}
        for name, product in sorted(here.library.products.items())
        for strength in product.strengths.values
        for content in ("base", "hydrochloride")
    ]


def _lots(here: Office, answer: MaySupply) -> list[dict[str, str]]:
    if answer.supply is None:
        return []
    product = answer.supply
    found = acts.book(here).lots_of(product.product.id, str(product.strength), product.content.value, here.today)
    return [
        {"lot": one.batch.lot, "balance": f"{plain(one.balance)} {one.unit}", "beyond_use": one.beyond_use}
        for one in found
    ]


def _line(here: Office, record: Record, event: Event, labelled: Labelled | None) -> dict[str, Any]:
    return {
        "event": event,
        "what": event.kind.value.replace("_", " "),
        "on": event.body.get("on", here.day_of(event.at).isoformat()),
        "body": event.body,
        "unit": event.body.get("unit") or _unit_at(record, event.body.get("corrects", event.number)),
        "label": label_data(here, record, labelled) if labelled is not None and "until" in event.body else None,
    }


def _unit_at(record: Record, number: int) -> str:
    """In what was counted at the event ``number``: that of the supply itself, or of the newest one before it."""
    units = [one.body.get("unit", "") for one in record.of(Kind.SUPPLIED) if one.number <= number]
    return units[-1] if units else ""


def _product_of(request: HttpRequest) -> dict[str, str]:
    parts = request.POST.get("product", "").split("|")
    if len(parts) != 3:
        raise NotNow(
            "supply", "The product is not chosen.", "Nothing was entered.", "Choose what stands on the container."
        )
    return dict(zip(("family", "strength", "content"), parts, strict=True))


def _do_supply(here: Office, case: str, request: HttpRequest) -> None:
    post = request.POST
    handed = acts.Handed(
        **_product_of(request), lot=post.get("lot", ""), beyond_use=post.get("beyond_use", ""),
        quantity=post.get("quantity", ""), told=post.get("told") == "yes", from_stock=post.get("from_stock") == "yes",
        reasons={name.removeprefix("reason-"): text for name, text in post.items() if name.startswith("reason-")},
    )  # fmt: skip
    acts.supply(here, case, handed, _by(request), expected=version_of(post), form=_form_of(request))
    messages.success(request, "Supply entered. The label line is in the list below.", extra_tags="ok")


def _do_count(here: Office, case: str, request: HttpRequest) -> None:
    product = _product_of(request) if request.POST.get("product") else None
    acts.count(here, case, request.POST.get("left", ""), _by(request), product, form=_form_of(request))
    messages.success(request, "Count entered.", extra_tags="ok")


def _do_return(here: Office, case: str, request: HttpRequest) -> None:
    post = request.POST
    returned = acts.Returned(
        **_product_of(request), lot=post.get("lot", ""), quantity=post.get("quantity", ""), left=post.get("left", ""),
        witness=post.get("witness", ""), why=post.get("why", ""),
    )  # fmt: skip
    acts.take_back(here, case, returned, _by(request), form=_form_of(request))
    messages.success(request, "Return entered.", extra_tags="ok")


def _do_ask(here: Office, case: str, request: HttpRequest) -> None:
    holds = request.POST.get("holds") == "yes"
    acts.ask(here, case, request.POST.get("question", ""), _by(request), holds=holds)
    messages.success(request, "The prescriber has been asked" + (", supply is on hold." if holds else "."), "ok")


def _do_hold(here: Office, case: str, request: HttpRequest) -> None:
    acts.hold(here, case, request.POST.get("why", ""), _by(request))
    messages.success(request, "Hold placed.", extra_tags="ok")


def _do_lift(here: Office, case: str, request: HttpRequest) -> None:
    acts.lift(here, case, request.POST.get("id", ""), request.POST.get("why", ""), _by(request))
    messages.success(request, "Hold lifted.", extra_tags="ok")


def _do_correct(here: Office, case: str, request: HttpRequest) -> None:
    post = request.POST
    number = max(number_of(post, "number"), 0)
    pieces, why, witness = (post.get(name, "") for name in ("pieces", "why", "witness"))
    acts.correct_supply(here, case, number, pieces, why, _by(request), witness=witness, form=_form_of(request))
    messages.success(request, "Corrected by a new line.", extra_tags="ok")


_ON_PATIENT: dict[str, Callable[[Office, str, HttpRequest], None]] = {
    "enter": _do_supply, "count": _do_count, "return": _do_return, "ask": _do_ask, "hold": _do_hold,
    "lift": _do_lift, "correct": _do_correct,
}  # fmt: skip


_IN_EMERGENCY = ("hold", "ask")  # holding back, and telling a prescriber of the team


def supply_act(request: HttpRequest, case: UUID, act: str) -> HttpResponse:
    """One act on the supply of one patient; what is refused is shown above the form, with what was typed."""
    if act not in _ON_PATIENT:
        return not_found(request)
    if request.in_emergency and act not in _IN_EMERGENCY:  # type: ignore[attr-defined]
        return refused(request, belongs_to_the_team())
    here = office()
    try:
        _ON_PATIENT[act](here, str(case), request)
    except TitrantError as error:
        done = entered(here, str(case), _sent_form(request))
        if done is None:
            return _page(request, case, error)
        _tell_once(request, done)
    return redirect("supply", case=case)


# Everybody


def refills(request: HttpRequest) -> HttpResponse:
    """Everybody on a plan with the first day of the next supply."""
    here = office()
    visitor = request.visitor  # type: ignore[attr-defined]
    rows = here.store.rows(Query(teams=visitor.sees_teams, state="on_plan", size=_MOST_LISTED), here.today)
    which = request.GET.get("which", "due")
    today, soon = here.today.isoformat(), (here.today + _SOON).isoformat()
    groups = {
        "due": [row for row in rows if _from(row) <= today],
        "soon": [row for row in rows if today < _from(row) <= soon],
        "held": [row for row in rows if row.summary.holds],
        "all": rows,
    }
    which = which if which in groups else "due"
    listed = sorted(groups[which], key=lambda row: (_from(row), row.summary.person.name))
    number = request.GET.get("page", "0")
    first = int(number) * _ON_A_PAGE if number.isascii() and number.isdigit() and len(number) < 4 else 0
    context = {
        "rows": [
            (row, _today(here, row), dose_now(row.summary, here.today)) for row in listed[first : first + _ON_A_PAGE]
        ],
        "pages": [(place, place * _ON_A_PAGE == first) for place in range(-(-len(listed) // _ON_A_PAGE))],
        "which": which,
        "today": here.today,
        "groups": [
            (name, label, len(groups[name]))
            for name, label in (("due", "due now"), ("soon", "next 7 days"), ("held", "on hold"), ("all", "everybody"))
        ],
        "cut": len(rows) == _MOST_LISTED,
    }
    return render(request, "titrant/refills.html", context)


def _today(here: Office, row: Row) -> MaySupply | None:
    """The answer of today, kept for as long as nothing has changed of what it rests on.

    None until the case has been judged as it stands today: asking the rules of everybody's course here would be slow.
    """
    judged = row.judged
    if judged is None or judged.held_back is None:
        return None
    if (judged.version, judged.on) != (row.summary.version, here.today):
        return None
    key = (row.summary.case, row.summary.version, here.today, here.library, here.settings, here.degraded)
    found = _KEPT.get(key)
    if found is None:
        found = _KEPT[key] = may_supply(here, here.store.open(row.summary.case), judged.held_back)
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
    return found


def _from(row: Row) -> str:
    """The first day of the next supply, as the worklist counts it; empty where it was never worked out."""
    return row.summary.refill_on or (row.judged.refill_on if row.judged else "")


# The stock book


def stock(request: HttpRequest) -> HttpResponse:
    return _stock_page(request)


def _stock_page(request: HttpRequest, error: TitrantError | None = None) -> HttpResponse:
    here = office()
    held = acts.book(here)
    context = {
        "holdings": [one for one in held.holdings if one.balance > 0 or request.GET.get("empty")],
        "lines": list(reversed(held.lines))[:_MOST_LINES],
        "more_lines": len(held.lines) > _MOST_LINES,
        "titles": {name: product.title for name, product in here.library.products.items()},
        "products": _products(here),
        "today": here.today.isoformat(),
        "may_write": _by(request).role is Role.PHARMACIST,
        "error": error,
        "form": _shown_form(request),
        "typed": request.POST if error is not None else {},
    }
    return render(request, "titrant/stock.html", context, status=409 if error else 200)


def _do_receive(here: Office, request: HttpRequest) -> None:
    post = request.POST
    receipt = acts.Receipt(
        **_product_of(request), lot=post.get("lot", ""), beyond_use=post.get("beyond_use", ""),
        quantity=post.get("quantity", ""), source=post.get("source", ""),
    )  # fmt: skip
    acts.receive(here, receipt, _by(request), form=_form_of(request))
    messages.success(request, "Receipt entered.", extra_tags="ok")


def _do_waste(here: Office, request: HttpRequest) -> None:
    post = request.POST
    parts = post.get("batch", "").split("|")
    if len(parts) != 5:
        raise NotNow("stock", "The lot is not chosen.", "Nothing was entered.", "Choose the lot.")
    quantity, witness, why = (post.get(name, "") for name in ("quantity", "witness", "why"))
    acts.waste(here, Batch(*parts), quantity, witness, why, _by(request), form=_form_of(request))
    messages.success(request, "Destruction entered.", extra_tags="ok")


def _do_correct_stock(here: Office, request: HttpRequest) -> None:
    post = request.POST
    number = max(number_of(post, "number"), 0)
    by = _by(request)
    change, witness, why, beyond = (post.get(name, "") for name in ("change", "witness", "why", "beyond_use"))
    acts.correct_stock(here, number, change, witness, why, by, beyond_use=beyond, form=_form_of(request))
    messages.success(request, "Corrected by a new line.", extra_tags="ok")


_ON_STOCK: dict[str, Callable[[Office, HttpRequest], None]] = {
    "receive": _do_receive, "waste": _do_waste, "correct": _do_correct_stock,
}  # fmt: skip


def stock_act(request: HttpRequest, act: str) -> HttpResponse:
    if act not in _ON_STOCK:
        return not_found(request)
    here = office()
    try:
        _ON_STOCK[act](here, request)
    except TitrantError as error:
        done = entered(here, CLINIC, _sent_form(request))
        if done is None:
            return _stock_page(request, error)
        _tell_once(request, done)
    return redirect("stock")


ROUTES = (
    Route("patients/<uuid:case>/supply/", supply, "supply", CLINICAL, Reach.TEAM, in_emergency=("GET",)),
    Route(
        "patients/<uuid:case>/supply/<slug:act>/",
        supply_act,
        "supply_act",
        CLINICAL,
        Reach.TEAM,
        ("POST",),
        in_emergency=("POST",),
    ),
    Route("supplies/", refills, "refills", CLINICAL),
    Route("stock/", stock, "stock", _KEEPERS),
    Route("stock/<slug:act>/", stock_act, "stock_act", frozenset({Role.PHARMACIST}), methods=("POST",)),
)
