"""The line for the label of a supply: 70 x 36 mm, from what was signed and handed out when it was supplied."""

from collections.abc import Iterator
from decimal import Decimal

from titrant.clinic.labelling import Labelled, Part, check_plan, labels
from titrant.documents.paper import Desk, envelope, put, record_number
from titrant.documents.plan_paper import each_of
from titrant.documents.shown import line
from titrant.documents.speech import Speech
from titrant.record.events import Kind
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow


def newest_label(desk: Desk) -> bytes:
    """The label of the newest supply. Raises NotNow where none is recorded, or where the plan has changed since."""
    return put(desk, "label", label_sheet(desk, newest_supply(desk)))


def newest_supply(desk: Desk) -> Labelled:
    supplies = desk.record.of(Kind.SUPPLIED)
    if not supplies:
        raise NotNow("label", "No supply is recorded.", "A label belongs to a supply.", "Record the supply first.")
    return labels(desk.office, desk.record)[supplies[-1].number]


def label_sheet(desk: Desk, labelled: Labelled) -> Json:
    """Raises NotNow where the label may not be printed any more, Broken where the signature under it was changed."""
    speech, plan, person = desk.speech, desk.plan, desk.record.summary.person
    if plan is None or plan.standing != "in_force":
        raise NotNow(
            "label", "There is no signed plan in force.", "A label tells somebody to take a dose.",
            "Have the plan signed or lifted first.",
        )  # fmt: skip
    check_plan(desk.office, labelled)
    if labelled.over:
        raise NotNow("label", labelled.over, "A label tells somebody to take a dose.", "Print that of a new supply.")
    supplied, unit = labelled.supplied.body, labelled.regimen["piece_unit"]
    lot = [line(f"Lot {supplied['lot']}", 40)] if supplied.get("lot") else []
    until = [f"Use before {speech.day(supplied['beyond_use'])}"] if supplied.get("beyond_use") else []
    signed = desk.office.day_of(labelled.plan.at).isoformat()
    return {
        **envelope(desk, "Label"), "name": line(person.name, 44), "record": record_number(desk),
        "product": line(labelled.regimen["product"], 60), "take": [*_take(labelled, speech)],
        "take_short": [*_short(labelled, speech, signed)],
        "quantity": speech.quantity(Decimal(labelled.quantity), unit),
        "dates": [f"Supplied {speech.day(supplied['on'])}", *until, *lot],
        "warning": "May make you sleepy: do not drive. No alcohol. Keep away from children.",
        "clinic": line(f"{desk.settings.name} {desk.settings.phone}", 70),
    }  # fmt: skip


def _take(labelled: Labelled, speech: Speech) -> Iterator[str]:
    """A line for each part of the days of the supply, with its dates."""
    for one in labelled.parts:
        yield f"{_dates(one, speech)}{_dose(one, speech)}"


def _short(labelled: Labelled, speech: Speech, signed: str) -> Iterator[str]:
    """Where all of it cannot be read on a label: the first dose with its last day, then the plan sheet."""
    first, *later = labelled.parts
    yield f"{_dates(first, speech)}{_dose(first, speech)}"
    if later:
        yield f"Then as on the plan sheet of {speech.day(signed)}."


def _dates(one: Part, speech: Speech) -> str:
    said = [f"from {speech.day(one.first.isoformat())}"] if one.first else []
    said += [f"until {speech.day(one.last.isoformat())}"] if one.last else []
    told = " ".join(said)
    return f"{told[:1].upper()}{told[1:]}: " if told else ""


def _dose(one: Part, speech: Speech) -> str:
    held = one.regimen
    each = each_of(held, speech).replace(" ", "\u00a0")  # a line end would part a number from its unit
    return f"{each}, {speech.times(int(held['times_per_day']), int(held['days_per_week']))}."
