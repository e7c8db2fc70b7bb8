"""The patient's plan on one page: the dose large, how to take it, what to do when something goes wrong."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from titrant.clinic.dose_now import day_before
from titrant.clinic.following import review_at
from titrant.clinic.office import case_in
from titrant.clinic.phone_day import signed_steps
from titrant.documents.paper import Desk, envelope, phones, put, whose
from titrant.documents.plan_in_hand import PlanInHand, protocol_of
from titrant.documents.shown import line, sections, shown
from titrant.documents.speech import Speech
from titrant.explain.words import Reader
from titrant.knowledge.shapes.products import Product
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.checks_due import DueCheck, State
from titrant.record.steps import stretches
from titrant.terms.canonical import Json
from titrant.terms.errors import TitrantError

_AHEAD = 6  # days with checks that fit; all stand in the clinic's calendar
_LONGEST = 900  # signs of one text of a clinic's own protocol


def plan_paper(desk: Desk) -> bytes:
    """The plan as PDF. Raises NotNow where its protocol is not at hand."""
    return put(desk, "plan", plan_sheet(desk))


def plan_sheet(desk: Desk) -> Json:
    plan, speech = _plan(desk), desk.speech
    protocol = protocol_of(plan, desk.office)
    left = sections(
        (speech.say("how"), _how(desk, plan, protocol)),
        (speech.say("missed"), [*_missed(protocol, speech)]),
        (speech.say("safety"), [speech.text("education", name) for name in ("driving", "alcohol", "other-medicines")]),
        (speech.say("supply"), _supply(desk, plan, protocol)),
    )
    right = sections(
        (speech.say("call"), [*phones(desk), speech.text("education", "call-now")]),
        (speech.say("stop"), [*_stops(desk, protocol)]),
        (speech.say("checks"), _checks(desk, plan)),
    )
    status = _status(plan, speech)
    return {
        **envelope(desk, speech.say("plan-title")), "who": whose(desk), "dose": dose_today(desk), "left": left,
        "right": right, "status": [*status, *speech.notes],
    }  # fmt: skip


def _plan(desk: Desk) -> PlanInHand:
    assert desk.plan is not None, "a plan is printed from a plan"
    return desk.plan


def dose_lines(plan: PlanInHand, speech: Speech) -> Json:
    """What was signed: mg, pieces or mL, and how often; the day, the week and the dates under it."""
    later = [_step(one["from"], one["regimen"], plan.regimen, speech) for one in plan.steps]
    days = (plan.content["starts"], day_before([*(one["from"] for one in plan.steps), plan.no_dose_from][0]))
    return _dose(plan, plan.regimen, _when(*days, speech) if plan.no_dose_from else "", later, speech)


def dose_today(desk: Desk) -> Json:
    """The same for a plan in force as it stands on the day of printing: what holds today, and what is signed to follow.

    What was signed before holds until a newer signature begins, and of a taper the step of the day (ADR 0491).
    """
    plan, speech = _plan(desk), desk.speech
    found = stretches(signed_steps(desk.office, desk.record), desk.today) if plan.standing == "in_force" else ()
    if not found:
        return dose_lines(plan, speech)
    now, *later = found
    first = now.first if desk.today < now.first else now.step.since if plan.no_dose_from else None
    last = now.last if later or plan.no_dose_from else None
    held = now.step.regimen
    told = [_step(one.first.isoformat(), one.step.regimen, held, speech) for one in later]
    when = _when(first.isoformat() if first else "", last.isoformat() if last else "", speech)
    return _dose(plan, held, when, told, speech)


def _when(first: str, last: str, speech: Speech) -> str:
    """The first and the last day of a dose, each where it is given."""
    said = [("from-day", first), ("until-day", last)]
    return " ".join(speech.say(name, day=speech.day(day)) for name, day in said if day)


def _dose(plan: PlanInHand, held: dict[str, str], when: str, later: list[str], speech: Speech) -> Json:
    often = speech.times(int(held["times_per_day"]), int(held["days_per_week"]))
    end = plan.no_dose_from
    later = [*later, speech.say("no-dose-from", day=speech.day(end))] if end else later
    lines = [
        line(held["product"]),
        speech.say("one-piece", unit=held["piece_unit"], mg=held["piece_mg"]),
        speech.say("a-day", daily=held["daily_mg"], weekly=held["weekly_mg"]),
        *later,
        speech.say("from-to", starts=speech.day(plan.content["starts"]), last=speech.day(plan.last_day)),
    ]
    often = f"{often[:1].upper()}{often[1:]}. {when}".strip()
    return {
        "each": each_of(held, speech), "often": often, "lines": lines, "later": later,
        "product": line(held["product"], 60), "times": int(held["times_per_day"]),
    }  # fmt: skip


def _step(day: str, held: Json, before: Json, speech: Speech) -> str:
    """A later dose in mg, pieces or mL; of another product, that is said."""
    often = speech.times(int(held["times_per_day"]), int(held["days_per_week"]))
    each = each_of(held, speech)
    if held["product"] != before["product"]:
        each = f"{each} ({line(held['product'], 60)})"
    return speech.say("step", day=speech.day(day), each=each, often=often)


def each_of(held: Json, speech: Speech) -> str:
    """One dose in mg and in pieces or mL."""
    pieces = speech.pieces(Decimal(held["pieces_per_dose"]), held["piece_unit"])
    return speech.say("each", mg=held["dose_mg"], pieces=pieces)


def _status(plan: PlanInHand, speech: Speech) -> list[str]:
    if plan.standing == "draft":
        return [speech.say("not-signed-yet", seal=plan.seal)]
    return [speech.say("signed-by", by=line(plan.by), at=plan.at[:16].replace("T", " ") + " UTC", seal=plan.seal)]


def product_of(desk: Desk, plan: PlanInHand, protocol: Protocol) -> Product | None:
    """The product family in hand, found by its title at the head of what was signed."""
    library = desk.office.library
    known = [library.products[name] for name in protocol.products if name in library.products]
    fitting = [one for one in known if plan.regimen["product"].startswith(one.title)]
    return max(fitting, key=lambda one: len(one.title), default=None)


def _how(desk: Desk, plan: PlanInHand, protocol: Protocol) -> list[str]:
    speech, person = desk.speech, desk.record.summary.person
    product = product_of(desk, plan, protocol)
    own = product is None or product.id == protocol.default_product
    name = protocol.administration if own else (product.how_to if product else "") or protocol.administration
    lines = [speech.text("education", name)] if name else []
    if person.hold_minutes:
        lines.append(speech.say("hold", minutes=str(person.hold_minutes)))
    if person.how_to_take in ("swallow", "spit"):
        lines.append(speech.say(person.how_to_take))
    return [*lines, speech.text("education", "never-self-adjust")]


def _missed(protocol: Protocol, speech: Speech) -> Iterator[str]:
    for rung in protocol.missed_doses:
        what = speech.read(speech.say("missed"), shown(rung.patient, _LONGEST))
        yield speech.say("missed-for", days=speech.days(*rung.days_missed), what=what)


def _stops(desk: Desk, protocol: Protocol) -> Iterator[str]:
    speech, words = desk.speech, desk.office.desk.words
    for rule in protocol.stop_rules:
        yield speech.read(speech.say("stop"), shown(words.say(rule.code, {}, Reader.PATIENT), _LONGEST))


def _supply(desk: Desk, plan: PlanInHand, protocol: Protocol) -> list[str]:
    speech = desk.speech
    product = product_of(desk, plan, protocol)
    given = plan.content.get("quantity") or {}
    got = []
    if given.get("pieces"):
        quantity = speech.quantity(Decimal(given["pieces"]), given.get("unit") or plan.unit)
        got.append(speech.say("you-get", quantity=quantity, days=plan.regimen["supply_days"]))
    following = next_supply(desk, plan, protocol)
    got.append(speech.say("next-supply", next=speech.day(following)) if following else speech.say("next-unknown"))
    kept = [speech.read("storage", product.storage)] if product and product.storage else []
    kept += [speech.text("papers", "count-left")] if kept else [speech.text("education", "storage")]
    return [*got, *kept, speech.text("education", "children"), speech.text("education", "leftovers")]


def next_supply(desk: Desk, plan: PlanInHand, protocol: Protocol) -> str:
    """The first day of the next supply, where it follows from what was signed alone; else the clinic is asked."""
    if desk.record.tree["given"].get("course", {}).get("supplies"):
        return _after_what_was_supplied(desk)
    lasts = date.fromisoformat(plan.content["starts"]) + timedelta(days=int(plan.regimen["supply_days"]))
    early = protocol.supply.early_refill.value.to("days").value
    return (lasts - timedelta(days=int(early))).isoformat()


def _after_what_was_supplied(desk: Desk) -> str:
    """The first day of the next supply by what is in the house; empty where it cannot be worked out."""
    try:
        found = desk.office.desk.dispense(case_in(desk.record, desk.today))[1]
    except (TitrantError, ValueError, KeyError):
        return ""
    return found.earliest.isoformat() if found else ""


def _checks(desk: Desk, plan: PlanInHand) -> list[str]:
    """The checks to come, days with the same checks in one line. No higher dose has been signed, so none of its own."""
    speech = desk.speech
    try:
        due = [*_due_checks(desk, plan)]
    except (TitrantError, ValueError, KeyError):
        return [speech.say("checks-unknown")]  # never an empty list, which would read as "none"
    days: dict[str, list[str]] = {}
    for one in due:
        what = speech.after(speech.read(speech.say("checks"), line(one.title)), one.after_dose)
        day = speech.day(one.due.isoformat())
        days.setdefault(speech.say("overdue", day=day) if one.state is State.OVERDUE else day, []).append(what)
    together: dict[str, list[str]] = {}
    for day, checks in [*days.items()][:_AHEAD]:
        together.setdefault("; ".join(dict.fromkeys(checks)), []).append(day)
    lines = [speech.say("check-line", day=", ".join(same), checks=checks) for checks, same in together.items()]
    return lines or [speech.say("no-checks")]


def _due_checks(desk: Desk, plan: PlanInHand) -> Iterator[DueCheck]:
    case = case_in(desk.record, desk.today)
    if case.given.course.levels:
        found = review_at(desk.office.desk, case).checks
        yield from (one for one in found if one.state is not State.DONE)
        return
    starts = date.fromisoformat(plan.content["starts"])
    for one in desk.office.desk.plan(case).monitoring:
        if one.state is State.DUE and one.phase != "baseline" and (not one.after_dose or one.due == starts):
            yield one


__all__ = ["dose_lines", "dose_today", "each_of", "next_supply", "plan_paper", "plan_sheet", "product_of"]
