"""What stands on the container of a supply: the dose of each part of its days, as signed when it was handed out.

A label belongs to its supply. Where the plan has changed since, there is none any more, and none with other words.
"""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from titrant.clinic import packs
from titrant.clinic.acts.verifying import check_signature
from titrant.clinic.dose_now import dose_text, often_text
from titrant.clinic.office import Office
from titrant.clinic.pharmacy import supplied_now
from titrant.clinic.phone_day import signed_steps, steps_at
from titrant.record.events import Event, Kind
from titrant.record.folding import Record
from titrant.record.steps import Step, Stretch, stretches
from titrant.terms.canonical import Json
from titrant.terms.numbers import plain


class Part(Struct, frozen=True):
    """Days of a supply on one dose. Without ``first`` from the day of the supply, without ``last`` for all of it."""

    first: date | None
    last: date | None
    regimen: dict[str, str]


class Labelled(Struct, frozen=True, kw_only=True):
    """A supply as its label tells it. ``over`` is why it may not be printed any more; empty where it may."""

    supplied: Event
    plan: Event
    regimen: dict[str, str]  # of the signature under which it was supplied: product and piece
    parts: tuple[Part, ...]
    quantity: str
    over: str = ""


def labels(office: Office, record: Record) -> dict[int, Labelled]:
    """The label of each supply, by the number of its event."""
    now = signed_steps(office, record)
    return {
        event.number: _labelled(office, record, event, steps, now)
        for event, steps in steps_at(office, record, Kind.SUPPLIED)
        if _plan_of(record, event) is not None
    }


def check_plan(office: Office, labelled: Labelled) -> None:
    """Raises Broken where the signature under which it was supplied is not what was signed."""
    check_signature(labelled.plan, office.keys)


def _plan_of(record: Record, supplied: Event) -> Event | None:
    """The signature under which it was supplied; where a line does not name it, the newest one before it."""
    number = supplied.body.get("plan")
    if number:
        return record.event(number)
    return next((one for one in reversed(record.of(Kind.SIGNED)) if one.number < supplied.number), None)


def _labelled(
    office: Office, record: Record, supplied: Event, then: tuple[Step, ...], now: tuple[Step, ...]
) -> Labelled:
    plan = _plan_of(record, supplied)
    assert plan is not None, "asked only where there is one"
    regimen = plan.body["content"]["regimen"]
    first, last = days_of(supplied)
    parts = tuple(_parts(then, first, last, regimen))
    quantity = supplied_now(record, supplied)
    over = "" if quantity > 0 else "The line was corrected to nothing: it was not handed out."
    return Labelled(
        supplied=supplied, plan=plan, regimen=regimen, quantity=plain(quantity),
        parts=parts, over=over or _over(office, first, last, then, now) or ("" if parts else _NO_DOSE),
    )  # fmt: skip


_NO_DOSE = "No dose of this product is signed for the days of this supply."


def days_of(supplied: Event) -> tuple[date, date | None]:
    """The first and the last day of a supply; None where its line names none."""
    until = supplied.body.get("until")
    return date.fromisoformat(supplied.body["on"]), date.fromisoformat(until) if until else None


def _parts(steps: tuple[Step, ...], first: date, last: date | None, regimen: Json) -> Iterator[Part]:
    """The days of the supply on each dose.

    Where doses are signed to change, their last days are told, also those after the supply: some may be left then.
    """
    found = stretches(steps, first)
    for one in found:
        ended = one.last is not None and (len(found) > 1 or (last is not None and one.last <= last))
        if (last is None or one.first <= last) and _same_product(one, regimen):
            yield Part(one.first if first < one.first else None, one.last if ended else None, one.step.regimen)


def _same_product(one: Stretch, regimen: Json) -> bool:
    """A dose of another strength is not taken from this container."""
    return all(one.step.regimen.get(name) == regimen[name] for name in ("product", "piece_mg"))


def _over(office: Office, first: date, last: date | None, then: tuple[Step, ...], now: tuple[Step, ...]) -> str:
    """Why the label would tell another dose or product than what is signed now for the days that are left of it."""
    start = max(office.today, first)
    start = start if last is None else min(start, last)
    if _doses(then, start, last) == _doses(now, start, last):
        return ""
    return (
        f"The plan has changed since this was supplied on {first}: its label tells what is not signed any more. "
        "Nothing is printed for it; what the patient still has of it is counted or taken back."
    )


def _doses(steps: tuple[Step, ...], first: date, last: date | None) -> list[tuple[date, date | None, tuple[str, ...]]]:
    return [(one.first, one.last, one.step.dose) for one in stretches(steps, first, last)]


def directions(labelled: Labelled) -> str:
    """``until 2026-11-27: 10 mg = 1 mL, three times a day, every day; from 2026-11-28: 5 mg = 0.5 mL, ...``."""
    return "; ".join(_told(labelled)) or f"{_NO_DOSE} Ask the prescriber."


def _told(labelled: Labelled) -> Iterator[str]:
    for one in labelled.parts:
        dates = [f"from {one.first}"] if one.first else []
        dates += [f"until {one.last}"] if one.last else []
        dose = f"{dose_text(one.regimen)}, {often_text(one.regimen)}"
        yield f"{' '.join(dates)}: {dose}" if dates else dose


def label_data(office: Office, record: Record, labelled: Labelled) -> dict[str, str]:
    """The line that goes on the container: whose, what, how, how much, until when. Only from signed content."""
    signed, body = labelled.regimen, labelled.supplied.body
    unit = signed["piece_unit"]
    return {
        "patient": record.summary.person.name,
        "number": record.summary.person.number or record.summary.case[:8],
        "drug": f"Ketamine (base), {signed['product']}",
        "strength": f"{signed['piece_mg']} mg/mL" if unit == "mL" else f"{signed['piece_mg']} mg each",
        "directions": directions(labelled),
        "quantity": packs.quantity_words(labelled.quantity, unit),
        "days": str(body["days"]),
        "supplied": body["on"],
        "until": body["until"],
        "lot": body["lot"],
        "beyond_use": body["beyond_use"],
        "clinic": office.settings.name,
        "phone": office.settings.phone,
        "prescriber": labelled.plan.by.name,
        "supplied_by": labelled.supplied.by.name,
        "warning": "Controlled drug. Keep locked away from children.",
        "over": labelled.over,
    }
