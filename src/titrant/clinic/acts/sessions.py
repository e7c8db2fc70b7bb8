"""A clinic session with ketamine by vein, muscle or under the skin: given, measured, and laid beside the home doses."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from titrant.clinic.acts.flags import due_by, task_id
from titrant.clinic.acts.recording import check_read
from titrant.clinic.office import Office
from titrant.knowledge.shapes.common import Sourced
from titrant.knowledge.shapes.sessions import SessionAmounts
from titrant.pathway.readings import parse_reading
from titrant.record.events import SYSTEM, Actor, Draft, Kind
from titrant.record.summary import Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError
from titrant.terms.numbers import parse_decimal, plain
from titrant.terms.quantity import Quantity

ROUTES = {"intravenous": "by vein (IV)", "intramuscular": "into muscle (IM)", "subcutaneous": "under the skin (SC)"}
DISSOCIATION = ("none", "mild", "moderate", "severe")  # as seen; a CADSS total is a reading of its own
_HUNDREDTH = Decimal("0.01")


class SessionGiven(Struct, frozen=True, kw_only=True):
    """What was typed of one session. Amounts are text, as they were typed."""

    dose_mg: str
    dose_again: str
    route: str
    on: date
    time: str = ""
    strength: str = ""  # mg/mL of the vial
    lot: str = ""
    waste_mg: str = ""
    witness: str = ""
    before: str = ""  # blood pressure, 126/78
    after: str = ""
    dissociation: str = ""
    tolerated: str = ""
    note: str = ""
    looked: str = ""  # an unusual dose, as it was looked at a second time


def give_session(office: Office, by: Actor, case: str, given: SessionGiven, *, expected: int) -> Summary:
    """Record the session and its pressures in one go. Raises CaseFileError with the field that does not fit."""
    record = office.store.open(case)
    dose = _amount(given.dose_mg, "dose_mg", "The dose")
    if given.dose_again.strip() != given.dose_mg.strip():
        raise _fault(
            "dose_again", "The dose typed the second time is not the first.", "Look at the syringe and type both again."
        )
    looked = _looked_at(office, given, dose)
    if given.route not in ROUTES:
        raise _fault("route", "The route is missing.", "Say how it was given.")
    if given.dissociation not in ("", *DISSOCIATION):
        raise _fault("dissociation", "What was seen of dissociation cannot be read.", "Choose it from the list.")
    if given.tolerated not in ("yes", "no"):
        raise _fault("tolerated", "Whether it was tolerated is missing.", "Answer yes or no.")
    if not given.on <= office.today:
        raise _fault("on", f"The day {given.on} has not come yet.", "Correct the day.")
    waste = _waste(given, by)
    line: Json = {
        "dose_24h": f"{plain(dose)} mg", "route": given.route, "on": given.on.isoformat(), "tolerated": given.tolerated,
        **({"dissociation": given.dissociation} if given.dissociation else {}),
    }  # fmt: skip
    body: Json = {
        "add": {"parenteral": [line]}, "time": given.time[:5], "lot": given.lot.strip()[:60], **_volume(given, dose),
        **waste, "before": given.before.strip(), "after": given.after.strip(), "dissociation": given.dissociation,
        "note": given.note.strip()[:500], **looked,
    }  # fmt: skip
    session = office.draft(Kind.SESSION_GIVEN, body, by)
    drafts = [session, *_pressures(office, by, given), *_dissociated(office, record.summary, line)]
    for draft in drafts:
        check_read(office, record, draft)
    return office.store.append(case, drafts, expected=expected)


def _amount(text: str, field: str, name: str) -> Decimal:
    try:
        value = parse_decimal(text.strip())
    except ValueError as error:
        raise _fault(field, f"{name} cannot be read: {error}.", "Write milligrams as a plain number.") from None
    if not value > 0:
        raise _fault(field, f"{name} is not more than nothing.", "Write what was given.")
    return value


def _looked_at(office: Office, given: SessionGiven, dose: Decimal) -> Json:
    """What is kept of the second look at an unusual dose. Raises CaseFileError for a dose that was not looked at.

    The look is at one dose: another one that is typed after it is asked about again.
    """
    amounts = office.library.sessions
    lo, usual_lo, usual_hi, hi = (one.value.to("mg").value for one in _bounds(amounts))
    if not lo <= dose <= hi:
        raise _fault(
            "dose_mg", f"{plain(dose)} mg in 24 hours is not believable: {range_words(amounts)}.",
            "Look at the syringe and the pump, and write milligrams, not millilitres.",
        )  # fmt: skip
    if usual_lo <= dose <= usual_hi:
        return {}
    if not _same_amount(given.looked, dose):
        volume = _volume(given, dose).get("volume", "")
        amount = f"{plain(dose)} mg{f' = {volume}' if volume else ''}"
        raise _fault(
            "looked", f"{amount} in 24 hours is unusual: {range_words(amounts)}.",
            "Look again at syringe, pump and order. If it is what was given, say so below and send it again.",
        )  # fmt: skip
    return {"looked": f"{plain(dose)} mg"}


def _same_amount(looked: str, dose: Decimal) -> bool:
    try:
        return parse_decimal(looked.strip()) == dose
    except ValueError:
        return False


def _bounds(amounts: SessionAmounts) -> tuple[Sourced[Quantity], ...]:
    return amounts.believable_from, amounts.usual_from, amounts.usual_to, amounts.believable_to


def range_words(amounts: SessionAmounts) -> str:
    """Both ranges in words: ``usual 10 mg to 100 mg, believable 1 mg to 960 mg``."""
    lo, usual_lo, usual_hi, hi = (one.value for one in _bounds(amounts))
    return f"usual are {usual_lo} to {usual_hi}, believable {lo} to {hi}"


def _volume(given: SessionGiven, dose: Decimal) -> Json:
    """The strength of the vial and the volume that holds the dose, so that mg and mL are read together."""
    if not given.strength.strip():
        return {}
    strength = _amount(given.strength, "strength", "The strength")
    return {"strength": f"{plain(strength)} mg/mL", "volume": f"{plain((dose / strength).quantize(_HUNDREDTH))} mL"}


def _waste(given: SessionGiven, by: Actor) -> Json:
    if not given.waste_mg.strip():
        return {}
    waste = _amount(given.waste_mg, "waste_mg", "The waste")
    witness = given.witness.strip()
    if not witness or witness.casefold() == by.name.casefold():
        raise _fault("witness", "Waste needs a witness, somebody else than you.", "Write the name of who saw it.")
    return {"waste": f"{plain(waste)} mg", "witness": witness[:120]}


def _pressures(office: Office, by: Actor, given: SessionGiven) -> list[Draft]:
    """The pressures as readings too, so that every rule sees them."""
    texts = []
    for field, value in (("before", given.before), ("after", given.after)):
        if value.strip():
            amount = value.strip() if value.strip().endswith("mmHg") else f"{value.strip()} mmHg"
            text = f"{amount} on {given.on} from session, {field}"
            try:
                parse_reading(text, office.library.facts["blood_pressure"])
            except ValueError as error:
                raise _fault(field, f"{error}.", "Write it as 126/78.") from None
            texts.append(text)
    body = {"add": {"readings.blood_pressure": texts}}
    return [office.draft(Kind.FACTS_RECORDED, body, by)] if texts else []


def _dissociated(office: Office, summary: Summary, line: Json) -> list[Draft]:
    """Severe dissociation is told to a prescriber at once, also where the session was called tolerated."""
    if line.get("dissociation") != "severe":
        return []
    now, told = office.now(), office.library.triage.line("session_dissociation")
    body: Json = {
        "id": task_id(summary, told.code, line["on"]), "grade": told.grade, "code": told.code, "for": "prescriber",
        "why": told.words.format(day=line["on"], dose=line["dose_24h"]),
        "due": due_by(office.library.triage, told.grade, now),
    }  # fmt: skip
    return [Draft(Kind.TASK_OPENED, body, SYSTEM, now)]


def _fault(field: str, fault: str, repair: str) -> CaseFileError:
    return CaseFileError(
        f"session.{field}",
        fault,
        "A session counts together with the home doses, and its drug is accounted for.",
        repair,
    )
