"""Words of the patient's pages for templates."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.template import Context

from titrant.clinic.dose_now import day_before

register = template.Library()
# The pages of one patient, by route and label, in the order in which they are looked at.
TABS = (
    ("patient", "Course"),
    ("checks", "Checks and results"),
    ("sessions", "Sessions"),
    ("diary", "Diary"),
    ("thread", "Messages"),
    ("supply", "Supply"),
    ("papers", "Papers"),
    ("phones", "Phone"),
    ("timeline", "Everything that happened"),
)
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


@register.filter(name="day_before")
def last_day_before(day: str) -> str:
    """The last day of what is over on ``day``: people read the end of a plan as a day that still belongs to it."""
    return day_before(day) if day else "—"


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


@register.simple_tag(takes_context=True)
def patient_tabs(context: Context) -> list[tuple[str, str]]:
    """The pages of one patient that who is asking may open."""
    from titrant.web.policy import ROUTE_BY_NAME

    role, guest = context["visitor"].actor.role, getattr(context["request"], "in_emergency", False)
    rows = [(ROUTE_BY_NAME[name], label) for name, label in TABS if name in ROUTE_BY_NAME]
    return [(row.name, label) for row, label in rows if role in row.roles and (row.in_emergency or not guest)]
