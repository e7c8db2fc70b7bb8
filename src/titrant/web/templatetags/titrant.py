"""Small words for templates: days since, amounts, and dates as this clinic writes them."""

from datetime import date, datetime
from typing import Any

from django import template

from titrant.web.page_names import PAGES

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
def page_name(what: str) -> str:
    """A line of the log of looking as words: "GET worklist_panel" is "Patient beside the worklist"."""
    method, _, route = what.partition(" ")
    named = PAGES.get(route)
    return what if named is None else named if method in ("GET", "HEAD") else f"{named}: written to"


@register.filter
def instant(text: str) -> str:
    """An instant of the record for people, to the second: 2026-11-21 09:00:00."""
    return text[:19].replace("T", " ")


@register.inclusion_tag("titrant/_passkey.html", takes_context=True)
def passkey_instead(context: dict[str, Any]) -> dict[str, Any]:
    """The way to confirm by a passkey and come back, for a person who has one."""
    from allauth.mfa.models import Authenticator

    request = context["request"]
    has_one = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN).exists()
    return {"back": request.get_full_path() if has_one and request.method == "GET" else ""}
