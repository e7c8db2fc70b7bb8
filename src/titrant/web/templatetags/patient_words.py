"""Words of the patient's pages for templates."""

from collections.abc import Mapping
from datetime import datetime

from django import template

register = template.Library()
_GRADES = {"now": "call now", "today": "review today", "note": "note"}


@register.filter
def spaced(code: str) -> str:
    """A code as words: on_plan is on plan."""
    return str(code or "").replace("_", " ")


@register.filter
def grade_word(grade: str) -> str:
    return _GRADES.get(grade, grade)


@register.filter
def day_of(instant: str) -> str:
    """The day and minute of an instant."""
    try:
        return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return instant


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def at(mapping: Mapping[str, str], key: str) -> str:
    """What stands under ``key``, for keys that a template cannot name."""
    return mapping.get(key, "")


@register.filter(name="str")
def as_text(value: object) -> str:
    return str(value)
