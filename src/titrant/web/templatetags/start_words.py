"""Words for the pages of a new patient."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def named(those: Any, name: str) -> str:
    """The entry ``name`` of a form or of a list of faults; nothing where there is none."""
    return str((those or {}).get(name, ""))
