"""The page about who may open what, made from the policy table itself."""

import os
import tempfile
from typing import Any

from tools.reference import markdown_table

_REACH = {"none": "", "team": "of their care teams", "any": "any", "own": "their own"}


def policy_page() -> str:
    """Every address with its methods, the roles that may open it, and whose record it shows."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TITRANT_DATA", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "titrant.app.settings")
        import django

        django.setup()
        return _page()


def _page() -> str:
    from titrant.record.events import Role
    from titrant.web.checks import addresses
    from titrant.web.policy import CLOSED, LIBRARY_ROUTES, ROUTES, urlpatterns

    where = {name: path for path, name in addresses(urlpatterns)}
    roles = [role for role in Role if role is not Role.SYSTEM]
    head = (
        "address",
        "methods",
        *(role.value for role in roles),
        "without a session",
        "whose record",
        "in an emergency",
    )
    rows = [_row(route, where[route.name], roles) for route in (*ROUTES, *LIBRARY_ROUTES)]
    return "\n".join((
        "# Who may open what", "", "*This page is made from the policy table by `make fix`; do not edit it.*", "",
        "One row for each address of the clinic. What is not in a row looks like nothing: a record that is not yours and",
        "a record that does not exist give the same answer. A row of a record whose team is another one opens for four",
        "hours by emergency access ([people](../people.md)), for the methods in the last column; the others are refused in",
        "words. Roles and teams are read from the database at each request.",
        "A staff account without a second factor opens its own account pages and nothing else.", "",
        *markdown_table(head, sorted(rows)), "",
        "Closed to everybody, though the sign-in library brings them:", "",
        *(f"- `/{where[name]}`" for name in sorted(CLOSED)), "",
    ))  # fmt: skip


def _row(route: Any, path: str, roles: Any) -> tuple[str, ...]:
    marks = ["●" if role in route.roles else "" for role in roles]
    everybody = "" if route.roles else "●"
    return (
        f"`/{path}`",
        ", ".join(route.methods),
        *marks,
        everybody,
        _REACH[route.reach.value],
        ", ".join(route.in_emergency),
    )
