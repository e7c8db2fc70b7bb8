"""A file for research: only of those who agreed, without names, dates, words or anything that leads back.

Days are counted from the first dose, ages stand in tens of years, and each export gives everybody a new number, so that
two files cannot be laid side by side.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

from titrant.clinic.office import Office, case_in
from titrant.documents.cells import csv_text
from titrant.pathway.case import Answer, Case
from titrant.pathway.entries import Entry
from titrant.record.events import CLINIC, Actor, Kind
from titrant.terms.errors import NotNow, TitrantError
from titrant.terms.numbers import plain

CONSENT = "research_consent"
COLUMNS = (
    "number", "age_band", "sex", "condition", "protocol", "day", "dose_mg_per_day", "late", "taken", "pain_average",
    "activity", "sleep", "mood", "worst_effect",
)  # fmt: skip
_TEN = 10
_OLDEST = 80  # ages from here on stand together: the very old are few enough to be known


class Wanted(Struct, frozen=True):
    """Who gets the file and what for; both are logged."""

    receiver: str
    purpose: str


def research_csv(office: Office, wanted: Wanted, secret: bytes, by: Actor) -> str:
    """The file. Raises NotNow without receiver, purpose, or anybody who agreed."""
    if not wanted.receiver.strip() or not wanted.purpose.strip():
        raise NotNow(
            "research export", "The receiver or the purpose is missing.",
            "People agreed to research, not to copies.", "Say who gets the file and what for.",
        )  # fmt: skip
    cases = [case for case in office.store.cases() if _agreed(office, case)]
    if not cases:
        raise NotNow(
            "research export", "Nobody's consent to research is on record.",
            "Without it nothing of a person leaves the clinic.",
            "Record research_consent where it was given in writing.",
        )  # fmt: skip
    body = {"what": "research", "receiver": wanted.receiver, "purpose": wanted.purpose, "fields": list(COLUMNS),
            "people": str(len(cases))}  # fmt: skip
    office.store.append(CLINIC, [office.draft(Kind.EXPORTED, body, by)], expected=None)
    return csv_text(COLUMNS, (row for case in _shuffled(cases, secret) for row in _rows(office, case, secret)))


def _agreed(office: Office, case: str) -> bool:
    """Whether the newest answer is yes; whatever cannot be read counts as no."""
    try:
        held = case_in(office.store.open(case)).given.answers.get(CONSENT, "")
    except TitrantError:
        return False
    return (held.answer if isinstance(held, Answer) else held) == "yes"


def _number(case: str, secret: bytes) -> str:
    return hmac.new(secret, case.encode(), hashlib.sha256).hexdigest()[:10]


def _shuffled(cases: list[str], secret: bytes) -> list[str]:
    return sorted(cases, key=lambda case: _number(case, secret))


def _rows(office: Office, name: str, secret: bytes) -> Iterator[list[str]]:
    case = case_in(office.store.open(name))
    levels = sorted(case.given.course.levels, key=lambda one: one.since)
    if not levels:
        return
    start = levels[0].since
    who = [_number(name, secret), _age_band(case, start), _sex(case), _condition(case), case.protocol]
    for entry in case.given.diary:
        last = entry.through or entry.day
        for ahead in range((last - entry.day).days + 1):
            yield [*who, *_day(case, entry, entry.day + timedelta(days=ahead), start)]


def _day(case: Case, entry: Entry, on: date, start: date) -> list[str]:
    held = [one for one in case.given.course.levels if one.since <= on]
    level = max(held, key=lambda one: one.since, default=None)
    dose = plain(level.dose.to("mg").value * level.times_per_day) if level else "0"
    late = "" if not entry.entered else "no" if entry.entered in ("same day", on.isoformat()) else "unsure"
    average = entry.pain.average if entry.pain else None
    worst = None if entry.effects is None else max(entry.effects.values(), default=0)
    told = (entry.sleep, entry.mood, worst)
    numbers = ["" if one is None else str(one) for one in (average, *told)]
    return [str((on - start).days), dose, late, entry.taken, numbers[0], entry.activity, *numbers[1:]]


def _age_band(case: Case, on: date) -> str:
    born = case.given.patient.birth_date
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if not age < _OLDEST:
        return f"{_OLDEST}+"
    low = age // _TEN * _TEN
    return f"{low}-{low + _TEN - 1}"


def _sex(case: Case) -> str:
    held = case.given.answers.get("sex", "")
    return held.answer if isinstance(held, Answer) else held


def _condition(case: Case) -> str:
    return case.given.indication.condition if case.given.indication else ""
