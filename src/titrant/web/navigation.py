"""What stands in the head of staff pages: the places that this person may open, and which one is open."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

# Name of the route and its label, in the order of a working day. A place without a row in the policy table is left out.
PLACES = (
    ("worklist", "Worklist"),
    ("start", "New patient"),
    ("messages", "Messages"),
    ("refills", "Supplies"),
    ("stock", "Stock"),
    ("protocols", "Protocols"),
    ("clinic_report", "Report"),
    ("emergency", "Emergency"),
    ("people", "People"),
    ("clinic_settings", "Clinic"),
    ("audit", "Audit"),
    ("export", "Export"),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The links for the role of who is asking."""
    from titrant.web.policy import ROUTE_BY_NAME

    visitor = getattr(request, "visitor", None)
    if visitor is None:
        return []
    here = getattr(request.resolver_match, "view_name", "") if request.resolver_match else ""
    return [
        {"url": reverse(name), "label": label, "here": name == here}
        for name, label in PLACES
        if (route := ROUTE_BY_NAME.get(name)) is not None and visitor.actor.role in route.roles
    ]
