"""The drug list and the allergies, gone through with the person. What stands on a list stays there, with all that is
known of it, until it is taken off by a tick of its own; and the tick below a list is worth nothing without the list."""

from collections.abc import Iterator, Mapping
from typing import Any

from titrant.knowledge.drugs import plain_name
from titrant.record.events import Actor
from titrant.terms.canonical import Json, sha256_of

NEW_DRUGS = 24  # rows for further medicines that the page has
_CHANGED = (("dose", "dose"), ("times", "times_per_day"), ("until", "until"))  # of a drug that is listed
_NEW = (("dose", "dose"), ("times", "times_per_day"), ("since", "since"))
_NOT_SHOWN = "What was ticked is not the list as it stands now. Go through it once more, and tick again."
Answers = Iterator[tuple[str, Json | str]]


def listed(given: Json, name: str) -> list[dict[str, Any]]:
    """What stands on a list of the case, in its order."""
    return [dict(one) for one in (given.get(name) or {}).get("list") or ()]


def as_shown(given: Json, name: str) -> str:
    """What a page sends back beside the tick below a list: the list that the person in front of it could see."""
    return sha256_of(listed(given, name))


def medicines(before: Json, given: Mapping[str, str], by: Actor, on: str) -> Answers:
    """The drug list with what the answers ``given`` change of it; as a sentence where they must not."""
    held = listed(before, "medications")
    off = [place for place in range(len(held)) if given.get(f"listed_off.{place}")]
    kept = [_changed(one, place, given) for place, one in enumerate(held) if place not in off]
    rows = [*kept, *_new_drugs(given)]
    if _nameless(given):
        yield "medications", "A dose or a day stands in a row without a medicine. Write its name, or empty the row."
    elif _gone_through(before, "medications", given):
        changes = {"reviewed_on": on, "by": by.name, "list": rows} | _checks_left(before, rows)
        yield "medications", {"given": {"medications": changes}}
    elif given.get("medications.reviewed"):
        yield "medications", _NOT_SHOWN
    elif rows != held:
        yield "medications", "Say that the list was gone through with the person today."


def allergies(before: Json, given: Mapping[str, str], by: Actor, on: str) -> Answers:
    """The allergies with what the answers ``given`` change of them; as a sentence where they must not."""
    held = listed(before, "allergies")
    kept = [one for place, one in enumerate(held) if not given.get(f"allergy_off.{place}")]
    rows = [*kept, *({"substance": one.strip()} for one in given.get("allergies", "").split(",") if one.strip())]
    if _gone_through(before, "allergies", given):
        yield "allergies", {"given": {"allergies": {"reviewed_on": on, "by": by.name, "list": rows}}}
    elif given.get("allergies.reviewed"):
        yield "allergies", _NOT_SHOWN
    elif rows != held:
        yield "allergies", "Say that allergies were asked about today."


def _gone_through(before: Json, name: str, given: Mapping[str, str]) -> bool:
    """Whether the list was gone through as it stands: an empty one needs no showing, any other does."""
    shown = given.get(f"{name}.shown", as_shown({}, name))
    return bool(given.get(f"{name}.reviewed")) and shown == as_shown(before, name)


def _changed(one: Json, place: int, given: Mapping[str, str]) -> Json:
    """A listed drug with the fields that were sent of it; what was emptied goes, what was not sent stays."""
    row = dict(one)
    for field, name in _CHANGED:
        sent = given.get(f"listed_{field}.{place}")
        if sent is not None and sent.strip() != str(one.get(name, "")):
            row[name] = sent.strip()
    return {name: value for name, value in row.items() if value != "" or one.get(name) == ""}


def _new_drugs(given: Mapping[str, str]) -> Iterator[Json]:
    """The further drugs, of however many rows were sent."""
    places = [name.removeprefix("drug.") for name in given if name.startswith("drug.") and given[name].strip()]
    for place in places:
        row = {"name": given[f"drug.{place}"].strip()}
        row |= {
            name: given[f"drug_{field}.{place}"].strip() for field, name in _NEW if given.get(f"drug_{field}.{place}")
        }
        yield {name: value for name, value in row.items() if value}


def _nameless(given: Mapping[str, str]) -> bool:
    """Whether something was typed into a row for a further medicine, but not which medicine it is."""
    typed = (name.partition(".") for name, text in given.items() if name.startswith("drug_") and text.strip())
    return any(not given.get(f"drug.{place}", "").strip() for _, _, place in typed)


def _checks_left(before: Json, rows: list[Json]) -> Json:
    """The checks by hand of several drugs in one line, without the drugs that are not on the list any more."""
    lines = (before.get("medications") or {}).get("checked_by_hand") or []
    names = {plain_name(one["name"]) for one in rows}
    left = [line | {"drugs": [one for one in line["drugs"] if plain_name(one) in names]} for line in lines]
    return {"checked_by_hand": [line for line in left if line["drugs"]]} if lines else {}
