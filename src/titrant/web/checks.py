"""An address without a row in the policy table stops the start."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver

from titrant.web.access import Route


def undeclared(patterns: Iterable[URLPattern | URLResolver], declared: Collection[str]) -> list[str]:
    """The addresses below ``patterns`` whose name is not in ``declared``; one without a name is never declared."""
    return [
        f"{where or '/'} ({name or 'without a name'})" for where, name in addresses(patterns) if name not in declared
    ]


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    """Path and name of every address."""
    for one in patterns:
        where = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, where)
        else:
            yield where, one.name or ""


def doubled(routes: Iterable[Route]) -> list[str]:
    """Rows that say two things of one name."""
    return [name for name, times in Counter(route.name for route in routes).items() if times > 1]


@register()
def every_address_has_a_row(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    del app_configs
    from django.urls import get_resolver

    from titrant.web.policy import DECLARED

    return [
        Error(f"The address {one} has no row in the policy table.", hint="titrant/web/policy.py", id="titrant.E001")
        for one in undeclared(get_resolver().url_patterns, DECLARED)
    ]
