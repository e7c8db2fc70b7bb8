"""The line for the label of a supply: 70 x 36 mm, from the signed plan in force and from what was handed out."""

from decimal import Decimal

from titrant.documents.paper import Desk, envelope, put, record_number
from titrant.documents.plan_paper import dose_lines
from titrant.documents.shown import line
from titrant.record.events import Kind
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow


def supply_label(desk: Desk, supplied: Json) -> bytes:
    """``supplied`` is the body of a supply: on, quantity, lot, beyond_use."""
    return put(desk, "label", label_sheet(desk, supplied))


def newest_label(desk: Desk) -> bytes:
    """The label of the newest supply. Raises NotNow where none is recorded."""
    supplies = desk.record.of(Kind.SUPPLIED)
    if not supplies:
        raise NotNow("label", "No supply is recorded.", "A label belongs to a supply.", "Record the supply first.")
    return supply_label(desk, supplies[-1].body)


def _pieces(supplied: Json) -> str:
    """What a supply adds to the course, where its body names no quantity of its own."""
    lines = (supplied.get("add") or {}).get("course.supplies") or [{}]
    return str(lines[0].get("pieces", ""))


def label_sheet(desk: Desk, supplied: Json) -> Json:
    speech, plan, person = desk.speech, desk.plan, desk.record.summary.person
    if plan is None or plan.standing != "in_force":
        raise NotNow(
            "label", "There is no signed plan in force.", "A label tells somebody to take a dose.",
            "Have the plan signed or lifted first.",
        )  # fmt: skip
    dose = dose_lines(plan, speech)
    often = f"{dose['often'][:1].lower()}{dose['often'][1:]}"
    pieces = str(supplied.get("quantity") or _pieces(supplied))
    lot = [line(f"Lot {supplied['lot']}", 40)] if supplied.get("lot") else []
    until = [f"Use before {speech.day(supplied['beyond_use'])}"] if supplied.get("beyond_use") else []
    return {
        **envelope(desk, "Label"), "name": line(person.name, 44), "record": record_number(desk),
        "product": line(plan.regimen["product"], 60), "take": f"{dose['each']}, {often}",
        "quantity": speech.quantity(Decimal(pieces), plan.unit) if pieces else "",
        "dates": [f"Supplied {speech.day(supplied.get('on', ''))}", *until, *lot],
        "warning": "May make you sleepy: do not drive. No alcohol. Keep away from children.",
        "clinic": line(f"{desk.settings.name} {desk.settings.phone}", 70),
    }  # fmt: skip
