"""Plain trees of objects, lists and values: laying differences over them without changing what was given."""

from collections.abc import Iterable
from typing import Any

Tree = Any


def differing(base: Tree, own: Tree) -> Tree:
    """``base`` with the differences of ``own``: objects merge by key, null takes a key away, all else replaces."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    kept = {key: value for key, value in base.items() if own.get(key, value) is not None}
    return kept | {key: differing(base.get(key), value) for key, value in own.items() if value is not None}


def added(base: Tree, path: str, values: Iterable[Tree]) -> Tree:
    """``base`` with ``values`` at the end of the list at the dotted ``path``; a single value there becomes a list."""
    key, _, rest = path.partition(".")
    here = base if isinstance(base, dict) else {}
    if rest:
        return here | {key: added(here.get(key), rest, values)}
    before = here.get(key, [])
    return here | {key: [*(before if isinstance(before, list | tuple) else [before]), *values]}
