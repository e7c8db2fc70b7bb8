"""Words for the worklist: how soon, since when, and what an entry of the diary says."""

from collections import Counter
from datetime import date
from typing import Any

from django import template

from titrant.web.templatetags.titrant import since

register = template.Library()


@register.filter
def ago(text: str, today: date) -> str:
    """The same, and nothing for what began today: its own words say so."""
    told = since(text, today)
    return "" if told == "today" else told


@register.filter
def grade_words(grade: str) -> str:
    """How soon, in words; never by a colour alone."""
    return {"now": "call now", "today": "review today", "note": "note"}.get(grade, grade)


@register.filter
def taken_words(entry: dict[str, Any]) -> str:
    """What a diary entry says was taken."""
    doses = entry.get("doses") or []
    if not doses:
        return {"all": "all", "some": "some", "none": "none"}.get(entry.get("taken") or "", "not said")
    counts = Counter(one["what"] for one in doses)
    return ", ".join(f"{number} {what}" for what, number in counts.items())


@register.filter
def said_words(entry: dict[str, Any]) -> str:
    """Red flags, side effects with their grade, pressures and own words of an entry."""
    effects = entry.get("effects")
    parts = [flag.replace("_", " ").upper() for flag in entry.get("flags") or []]
    parts += [f"{name.replace('_', ' ')} {grade}" for name, grade in (effects or {}).items() if grade]
    parts += ["no side effects"] if effects is not None and not any(effects.values()) else []
    parts += [*(entry.get("blood_pressure") or [])]
    parts += [f"“{entry['reason']}”"] if entry.get("reason") else []
    parts += ["bad day"] if entry.get("bad_day") == "yes" else []
    return ", ".join(parts) or "not asked"
