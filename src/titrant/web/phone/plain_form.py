"""The day on one plain form, read into an entry: for browsers without scripts."""

from collections.abc import Mapping
from typing import get_args

from titrant.pathway.entries import Effect, Flag
from titrant.terms.canonical import Json

EFFECTS = get_args(Effect)
FLAGS = get_args(Flag)


def entry_of(sent: Mapping[str, str], days: Json) -> tuple[Json, list[str]]:
    """The entry that a form says, and its red flags. What was left open is left out: it is never "none"."""
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
    if sent.get("upper") and sent.get("lower"):
        entry["blood_pressure"] = [f"{sent['upper']}/{sent['lower']} mmHg"]
    if sent.get("bad_day"):
        entry["bad_day"] = "yes"
    return entry, flags


def _score(sent: Mapping[str, str], name: str) -> int | None:
    text = sent.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 2 else None
