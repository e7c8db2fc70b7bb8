"""Small words for templates: days since, amounts, and dates as this clinic writes them."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from django import template

register = template.Library()


@register.filter
def since(text: str, today: date) -> str:
    """How long ago an instant or a day was, in plain words."""
    if not text:
        return ""
    days = (today - datetime.fromisoformat(text).date()).days
    return "today" if days <= 0 else "since yesterday" if days == 1 else f"for {days} days"


@register.filter
def words(code: str) -> str:
    """A code as words: ``plan_read`` is "plan read"."""
    return code.replace("_", " ")


@register.filter
def ago(text: str, today: date) -> str:
    """The same, and nothing for what began today: its own words say so."""
    told = since(text, today)
    return "" if told == "today" else told


@register.filter
def plain_words(name: str) -> str:
    """A name of the program as words: ``on_plan`` as "on plan"."""
    return str(name).replace("_", " ")


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
