"""The course as FHIR resources: signed plan, diary, doses, open tasks, and who answers for what."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from titrant.documents.plan_in_hand import PlanInHand
from titrant.explain.amounts import pieces_text, times_text
from titrant.fhir.writing import RXNORM, UCUM, Resource, coding, concept, route
from titrant.pathway.entries import SAME_DAY, DoseTaken, Entry
from titrant.record.events import Event
from titrant.record.folding import Record
from titrant.terms.numbers import plain

KETAMINE = coding(RXNORM, "6130", "ketamine")
_DOSE_RATE = "http://terminology.hl7.org/CodeSystem/dose-rate-type"
_STATUS = {"in_force": "active", "suspended": "on-hold", "ended": "stopped"}
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ASTM = "urn:iso-astm:E1762-95:2013"


# The signed plan


def request_of(plan: PlanInHand, registration: str) -> Resource:
    """The order that was signed. A plan that nobody signed is never exported."""
    content, held = plan.content, plan.regimen
    steps = [{"from": content["starts"], "regimen": held}, *plan.steps]
    ends = [*(one["from"] for one in steps[1:]), content.get("ends") or ""]
    quantity = content.get("quantity") or {}
    return {
        "resourceType": "MedicationRequest", "status": _STATUS[plan.standing], "intent": "order",
        "identifier": [{"system": "urn:titrant:signature", "value": plan.sha256}],
        "medicationCodeableConcept": concept(f"ketamine ({held['product']}; mg of ketamine base)", KETAMINE),
        "authoredOn": plan.at[:10],
        "requester": {"display": f"{plan.by}{f' ({registration})' if registration else ''}"},
        "dosageInstruction": [
            _instruction(place, one, end) for place, (one, end) in enumerate(zip(steps, ends, strict=True), 1)
        ],
        "dispenseRequest": {
            **({"quantity": {"value": Decimal(quantity["pieces"]), "unit": quantity["unit"]}} if quantity else {}),
            "expectedSupplyDuration": {"value": int(held["supply_days"]), "unit": "d", "system": UCUM, "code": "d"},
            "numberOfRepeatsAllowed": 0,
        },
        "substitution": {"allowedBoolean": False},
        "note": [{"text": content["text"]}],
    }  # fmt: skip


def _instruction(place: int, step: dict[str, Any], end: str) -> Resource:
    held = step["regimen"]
    times, days = int(held["times_per_day"]), int(held["days_per_week"])
    often = times_text(times, days)
    period = {"start": step["from"], **({"end": end} if end else {})}
    each = pieces_text(Decimal(held["pieces_per_dose"]), held["piece_unit"])
    more = [] if days == 7 else [{"text": f"on {days} days a week only"}]
    return {
        "sequence": place, "text": f"{held['dose_mg']} mg = {each}, {often}.",
        "timing": {"repeat": {"boundsPeriod": period, "frequency": times, "period": 1, "periodUnit": "d"}},
        "asNeededBoolean": False, "route": route(held["route"]),
        "doseAndRate": [{"type": {"coding": [coding(_DOSE_RATE, "ordered")]},
                         "doseQuantity": _mg(held["dose_mg"])}],
        "maxDosePerPeriod": {
            "numerator": _mg(held["daily_mg"]),
            "denominator": {"value": 1, "unit": "d", "system": UCUM, "code": "d"},
        },
        **({"additionalInstruction": more} if more else {}),
    }  # fmt: skip


def _mg(amount: str) -> Resource:
    return {"value": Decimal(amount), "unit": "mg", "system": UCUM, "code": "mg"}


def provenance_of(event: Event, target: str) -> Resource:
    """The signature with its seal. What it covers: docs/export.md."""
    seal = event.body["seal"]
    agent = {"type": {"coding": [coding(_PARTICIPANT, "author")]}, "who": {"display": event.by.name}}
    kind = {"system": _ASTM, "code": "1.2.840.10065.1.12.1.1", "display": "Author's Signature"}
    return {
        "resourceType": "Provenance", "target": [{"reference": target}], "recorded": event.content["at"],
        "agent": [agent],
        "signature": [{"type": [kind], "when": event.content["at"], "who": {"display": event.by.name},
                       "sigFormat": "application/octet-stream", "data": seal["signature"]}],
        "entity": [{"role": "source", "what": {
            "identifier": {"system": "urn:titrant:signature", "value": seal["sha256"]},
            "display": f"Ed25519 by key {seal['key']} over the canonical content of event {event.number}",
        }}],
    }  # fmt: skip


# The diary


def diary_days(entries: tuple[Entry, ...], left: list[str]) -> Iterator[tuple[str, Resource]]:
    """Name and response of each day. ``through`` is written out as the days that it stands for."""
    for place, entry in enumerate(entries):
        last = entry.through or entry.day
        day = entry.day
        while day <= last:
            yield f"diary-{place}-{day}", _response(entry, day, single=entry.through is None)
            day += timedelta(days=1)
        if entry.through is not None:
            left.append(f"Diary {entry.day} to {entry.through}: one entry for several days, written as single days")
        if entry.rescue:
            left.append(
                f"Diary {entry.day}: medicines taken when needed ({', '.join(one.drug for one in entry.rescue)})"
            )


def _response(entry: Entry, day: date, *, single: bool) -> Resource:
    made: Resource = {
        "resourceType": "QuestionnaireResponse", "questionnaire": "titrant-diary", "status": "completed",
        "item": [{"linkId": link, "answer": answers} for link, answers in _items(entry, day)],
    }  # fmt: skip
    if entry.entered:
        made["authored"] = _authored(entry.entered, day)
    if single and entry.id:
        made["id"] = entry.id
    return made


def _authored(entered: str, day: date) -> str:
    """When it was written, as FHIR takes it: a day, or an instant with its zone."""
    if entered == SAME_DAY:
        return day.isoformat()
    zoned = entered.endswith("Z") or "+" in entered[10:] or "-" in entered[10:]
    return entered if zoned else entered[:10]


def _items(entry: Entry, day: date) -> Iterator[tuple[str, list[Resource]]]:
    yield "day", [{"valueDate": day.isoformat()}]
    for name in ("taken", "reason", "activity", "bad_day"):
        if getattr(entry, name):
            yield name, [{"valueString": getattr(entry, name)}]
    for group, names in (("pain", ("average", "now", "worst")), ("peg", ("pain", "enjoyment", "activity"))):
        held = getattr(entry, group)
        for name in names:
            if held is not None and getattr(held, name) is not None:
                yield f"{group}.{name}", [{"valueInteger": getattr(held, name)}]
    for name in ("sleep", "mood"):
        if getattr(entry, name) is not None:
            yield name, [{"valueInteger": getattr(entry, name)}]
    if entry.effects == {}:
        yield "no_effects", [{"valueBoolean": True}]
    for name, grade in (entry.effects or {}).items():
        yield f"effect.{name}", [{"valueInteger": grade}]
    for name in ("flags", "blood_pressure"):
        if getattr(entry, name):
            yield name, [{"valueString": one} for one in getattr(entry, name)]


def doses_taken(entries: tuple[Entry, ...], left: list[str]) -> Iterator[tuple[str, Resource]]:
    """Each dose that was written down singly. Our own import does not read these back."""
    listed = 0
    for place, entry in enumerate(entries):
        for number, one in enumerate(entry.doses):
            listed += 1
            yield f"dose-{place}-{number}", _administration(entry, one)
    if listed:
        left.append(
            f"Doses written down singly ({listed}) stand as MedicationAdministration, which no import here reads"
        )


def _administration(entry: Entry, one: DoseTaken) -> Resource:
    missed = one.what == "missed"
    made: Resource = {
        "resourceType": "MedicationAdministration", "status": "not-done" if missed else "completed",
        "medicationCodeableConcept": concept("ketamine", KETAMINE),
        "effectiveDateTime": entry.day.isoformat(),
        "note": [{"text": "; ".join(filter(None, _dose_words(one)))}],
    }  # fmt: skip
    if missed and one.reason:
        made["statusReason"] = [concept(one.reason)]
    if one.dose is not None and not missed:
        made["dosage"] = {"dose": _mg(plain(one.dose.to("mg").value))}
    return made


def _dose_words(one: DoseTaken) -> Iterator[str]:
    yield one.what
    yield f"at {one.at} local time" if one.at else ""
    yield f"{plain(Decimal(one.pieces))} pieces" if one.pieces else ""
    yield f"held {one.hold_minutes} minutes" if one.hold_minutes is not None else ""
    yield one.then


# What is open


def tasks_of(record: Record) -> Iterator[tuple[str, Resource]]:
    """Open tasks of the clinic, so that whoever takes over knows what waits."""
    for one in record.summary.tasks.values():
        yield f"task-{one.id}", {
            "resourceType": "Task", "status": "requested", "intent": "order",
            "priority": {"now": "stat", "today": "urgent"}.get(one.grade, "routine"), "description": one.why,
            "authoredOn": one.since,
        }  # fmt: skip
