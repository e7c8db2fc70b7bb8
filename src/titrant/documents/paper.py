"""What every paper carries: the clinic, whose it is, the marks for drafts and for what is over, and the foot."""

from datetime import date
from pathlib import Path

from msgspec import Struct

from titrant.clinic.office import Office
from titrant.clinic.packs import emergency_phone, pack_of
from titrant.documents.plan_in_hand import PlanInHand
from titrant.documents.printer import printed
from titrant.documents.shown import line
from titrant.documents.speech import Speech
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.folding import Record
from titrant.terms.canonical import Json

SIZES = {"A4": "a4", "Letter": "us-letter"}
SHORT = 8  # signs of a record's id on paper


class Asked(Struct, frozen=True, kw_only=True):
    """How a paper is wanted."""

    language: str = ""  # empty: the patient's own
    size: str = ""  # A4 or Letter; empty: the clinic's own
    synthetic: bool = False  # the whole clinic is made up
    fonts: Path | None = None  # a folder with the clinic's own fonts, for scripts that ours lack


class Desk(Struct, frozen=True):
    """All that a paper is made from."""

    office: Office
    record: Record
    plan: PlanInHand | None
    speech: Speech
    asked: Asked

    @property
    def settings(self) -> ClinicSettings:
        return self.office.settings

    @property
    def today(self) -> date:
        return self.office.today


def desk_for(office: Office, record: Record, plan: PlanInHand | None, asked: Asked, *, staff: bool = False) -> Desk:
    """``staff``: a paper between professionals, in English whatever the patient speaks."""
    language = "en" if staff else asked.language or record.summary.person.language or office.settings.language
    return Desk(office, record, plan, Speech(language, office.desk.words), asked)


def envelope(desk: Desk, title: str) -> Json:
    """What the templates of all papers share."""
    speech = desk.speech
    size = desk.asked.size or desk.settings.paper
    return {
        "title": title, "lang": speech.language, "paper": SIZES.get(size, "a4"), "marks": marks(desk),
        "foot": foot(desk), "page_word": speech.say("page"), "letters_note": speech.say("letters"),
    }  # fmt: skip


def put(desk: Desk, template: str, data: Json) -> bytes:
    """The paper as PDF."""
    return printed(template, data, desk.today, desk.asked.fonts)


def marks(desk: Desk) -> list[Json]:
    """The bands at the top of every page."""
    speech, plan = desk.speech, desk.plan
    found: list[Json] = []
    if plan is not None and plan.standing in ("draft", "suspended", "ended"):
        word = plan.standing
        found.append({"kind": word, "text": speech.say(word), "watermark": speech.say(f"{word}-watermark")})
    last = plan.last_day if plan is not None else ""
    if plan is not None and plan.standing == "in_force" and last and last < desk.today.isoformat():
        found.append({"kind": "ended", "text": speech.say("past", last=speech.day(last))})
    if is_synthetic(desk):
        found.append({"kind": "synthetic", "text": speech.say("synthetic")})
    return found


def is_synthetic(desk: Desk) -> bool:
    """The clinic is a demonstration, or the signature rests on a made-up approval."""
    named = desk.plan.content.get("clinic", {}) if desk.plan is not None else {}
    return desk.asked.synthetic or named.get("synthetic") == "yes"


def foot(desk: Desk) -> str:
    speech, plan = desk.speech, desk.plan
    status = ""
    if plan is not None:
        word = "foot-draft" if plan.standing == "draft" else "foot-signed"
        status = speech.say(word, at=plan.on, seal=plan.seal)
    who = record_number(desk)
    return speech.say("foot", clinic=line(desk.settings.name, 60), record=who, status=status).rstrip(" ·")


def record_number(desk: Desk) -> str:
    summary = desk.record.summary
    return line(summary.person.number or summary.case[:SHORT], 40)


def whose(desk: Desk) -> list[tuple[str, str]]:
    """Name, day of birth and record number, as label and value."""
    speech, person = desk.speech, desk.record.summary.person
    rows = [(speech.say("name"), line(person.name or "—")), (speech.say("born"), line(person.birth_date or "—", 20))]
    return [*rows, (speech.say("record"), record_number(desk))]


ON_CALL = 100  # letters of who answers outside hours, as the settings take them


def phones(desk: Desk) -> list[str]:
    """Whom to call, the emergency number first where one is set; last who answers when the clinic is closed."""
    speech, settings = desk.speech, desk.settings
    emergency = emergency_phone(settings, pack_of(settings, desk.office.library))
    found = [speech.say("call-emergency", phone=number(emergency))] if emergency else []
    clinic = speech.say("call-phone", phone=number(settings.phone)) if settings.phone else speech.say("no-phone")
    outside = [speech.say("call-outside", who=line(settings.on_call, ON_CALL))] if settings.on_call else []
    return [*found, clinic, *outside]


def number(phone: str) -> str:
    """A phone number that no line end parts."""
    return line(phone, 40).replace(" ", "\u00a0")
