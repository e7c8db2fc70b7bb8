"""The day on one plain form, read into an entry: for browsers without scripts."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import get_args

from titrant.knowledge.shapes.phone import PhoneWords
from titrant.pathway.entries import Effect, Flag
from titrant.terms.canonical import Json
from titrant.web.staff.posted import digits_of

EFFECTS = get_args(Effect)
FLAGS = get_args(Flag)


def entry_of(sent: Mapping[str, str], days: Json) -> Json:
    """The entry that a form says. What was left open is left out: it is never "none"."""
    day = sent.get("day", "")
    entry: Json = {"day": day, "entered": sent.get("entered", "")}
    dose = days.get(day)
    if dose and sent.get("dose") == "all":
        entry["doses"] = [{"what": "taken", "dose": f"{dose['mg']} mg"} for _ in range(dose["times"])]
    elif dose and sent.get("dose") == "one":
        entry["doses"] = [{"what": "taken", "dose": f"{dose['mg']} mg"}]
    elif dose and sent.get("dose") == "missed":
        entry["doses"] = [{"what": "missed", "reason": sent.get("reason", "")}]
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
    dose, clinic = state["days"].get(today), state["clinic"]
    return {
        "id": str(uuid.uuid4()), "entered": now.isoformat(timespec="seconds"), "dose": dose,
        "days": [day for day in sorted(state["days"], reverse=True) if day <= today], "eleven": range(11),
        "all": words.say("taken_all", n=dose["times"]) if dose else "",
        "effects": [{"name": name, "label": words.say(f"effect_{name}")} for name in EFFECTS],
        "flags": [{"name": name, "label": words.say(f"flag_{name}")} for name in FLAGS],
        "grades": [{"value": grade, "label": words.say(f"grade_{grade}")} for grade in (1, 2, 3, 4)],
        "read_by": words.say("read_by", who=clinic["read_by"], when=clinic["read_when"]),
    }  # fmt: skip


def calls_of(words: PhoneWords, clinic: Json) -> list[str]:
    """Whom to call in danger, the emergency number first: as the phone with scripts says it."""
    emergency, phone = clinic["emergency"], clinic["phone"]
    first = words.say("emergency_call", phone=emergency) if emergency else words.say("emergency_call_local")
    second = words.say("emergency_clinic", phone=phone) if phone else words.say("emergency_clinic_paper")
    outside = [words.say("emergency_outside", who=clinic["on_call"])] if clinic["on_call"] else []
    return [first, second, *outside]
