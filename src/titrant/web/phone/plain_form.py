"""The day on one plain form, read into an entry: for browsers without scripts.

The form carries the dose that it showed for each of its days, and an entry says that one: while a form is open, a plan
may be suspended or lowered, and what was taken is what was shown.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from titrant.clinic.acts.diary import MOST_LINES
from titrant.knowledge.shapes.phone import PhoneWords
from titrant.pathway.entries import Effect, Flag
from titrant.terms.canonical import Json
from titrant.terms.numbers import parse_decimal
from titrant.web.staff.posted import digits_of

EFFECTS = get_args(Effect)
FLAGS = get_args(Flag)


_NO_DOSE = "none"
_SHOWN = re.compile(r"([1-9][0-9]?) x ([0-9]{1,5}(?:\.[0-9]{1,4})?)")


def entry_of(sent: Mapping[str, str]) -> Json:
    """The entry that a form says. What was left open is left out: it is never "none"."""
    day = sent.get("day", "")
    entry: Json = {"day": day, "entered": sent.get("entered", ""), **_doses(sent, sent.get(f"shown_{day}", ""))}
    if (pain := _score(sent, "pain")) is not None:
        entry["pain"] = {"average": pain}
    if sent.get("activity") in ("done", "partly", "no"):
        entry["activity"] = sent["activity"]
    entry |= {name: found for name in ("sleep", "mood") if (found := _score(sent, name)) is not None}
    grades = {name: int(sent[name]) for name in EFFECTS if sent.get(name, "") in ("1", "2", "3", "4")}
    if grades or sent.get("effects") == "none":
        entry["effects"] = grades
    flags = [name for name in FLAGS if sent.get(f"flag_{name}")]
    if flags:
        entry["flags"] = flags
    if sent.get("upper") or sent.get("lower"):
        entry["blood_pressure"] = [f"{sent.get('upper', '')}/{sent.get('lower', '')} mmHg"]
    if sent.get("bad_day"):
        entry["bad_day"] = "yes"
    return entry


def _doses(sent: Mapping[str, str], shown: str) -> Json:
    """The doses that a form says were taken or not, in the amounts that it showed.

    Where it showed none for the day, a dose was unplanned; where it does not say what it showed, no amount is made up.
    """
    said, amount = sent.get("dose", ""), _SHOWN.fullmatch(shown)
    if said not in ("one", "all", "missed"):
        return {}
    if shown == _NO_DOSE:
        return {"taken": "none"} if said == "missed" else {"doses": [{"what": "unplanned"}]}
    if said == "missed":
        return {"doses": [{"what": "missed", "reason": sent.get("reason", "")}]}
    times = min(int(amount[1]), MOST_LINES) if amount else 1
    if amount and parse_decimal(amount[2]) > 0:
        return {"doses": [{"what": "taken", "dose": f"{amount[2]} mg"}] * (times if said == "all" else 1)}
    return {"taken": "all"} if said == "all" else {"doses": [{"what": "taken"}]}


def shown_of(dose: Json) -> str:
    """The dose of a day as a form carries it: ``3 x 20``."""
    return f"{dose['times']} x {dose['mg']}" if dose else _NO_DOSE


def plan_changed(sent: Mapping[str, str], state: Json) -> bool:
    """Whether a dose that the form showed is not the one that holds: of the day that is written of, or of today."""
    for day in {sent.get("day", ""), state["checked_on"]} & state["days"].keys():
        before, now = sent.get(f"shown_{day}", ""), shown_of(state["days"][day])
        if before and before != now and (before != _NO_DOSE or day == state["checked_on"]):
            return True
    return False


def not_asked_today(state: Json) -> str:
    """Why today's dose is not asked for; empty where it is, or where there is none."""
    dose = state["days"].get(state["checked_on"])
    return dose["not_asked"] if dose else ""


def help_of(words: PhoneWords, entry: Json, limits: Json) -> list[str]:
    """What to do now, for everything in ``entry`` that somebody has to be told of: the same words as with scripts."""
    worst = max(entry.get("effects", {}).values(), default=0)
    about = [*entry.get("flags", ()), *{4: ["emergency"], 3: ["severe"]}.get(worst, [])]
    for text in entry.get("blood_pressure", ()):
        upper, lower = (digits_of(part) or 0 for part in text.removesuffix(" mmHg").split("/", 1))
        if lower < upper and any(one["upper"] <= upper or one["lower"] <= lower for one in limits):
            about.append("pressure")
    return [words.say(f"do_{name}") for name in about]


def _score(sent: Mapping[str, str], name: str) -> int | None:
    text = sent.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 2 else None


def form_of(words: PhoneWords, state: Json, now: datetime) -> Json:
    """What the plain form shows; its time of writing is fixed here, so that sending it twice is sending the same."""
    today = now.date().isoformat()
    clinic, days = state["clinic"], [day for day in sorted(state["days"], reverse=True) if day <= today]
    doses = [state["days"][day] for day in days]
    return {
        "id": str(uuid.uuid4()), "entered": now.isoformat(timespec="seconds"), "dose": state["days"].get(today),
        "days": [{"day": day, "shown": shown_of(dose), "label": _label(words, day, dose)}
                 for day, dose in zip(days, doses, strict=True)],
        "any_dose": any(doses), "several": any(dose and dose["times"] > 1 for dose in doses), "eleven": range(11),
        "effects": [{"name": name, "label": words.say(f"effect_{name}")} for name in EFFECTS],
        "flags": [{"name": name, "label": words.say(f"flag_{name}")} for name in FLAGS],
        "grades": [{"value": grade, "label": words.say(f"grade_{grade}")} for grade in (1, 2, 3, 4)],
        "read_by": words.say("read_by", who=clinic["read_by"], when=clinic["read_when"]),
    }  # fmt: skip


def _label(words: PhoneWords, day: str, dose: Json) -> str:
    """A day to choose, with the dose that is meant by "taken"."""
    return f"{day}: {dose['amount']}, {dose['times_text']}" if dose else f"{day}: {words.say('dose_not_today')}"


def calls_of(words: PhoneWords, clinic: Json) -> list[str]:
    """Whom to call in danger, the emergency number first: as the phone with scripts says it."""
    emergency, phone = clinic["emergency"], clinic["phone"]
    first = words.say("emergency_call", phone=emergency) if emergency else words.say("emergency_call_local")
    second = words.say("emergency_clinic", phone=phone) if phone else words.say("emergency_clinic_paper")
    outside = [words.say("emergency_outside", who=clinic["on_call"])] if clinic["on_call"] else []
    return [first, second, *outside]
