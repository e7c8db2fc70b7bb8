"""A case as a plain tree, with only what is given: the form that is written, compared and laid over another."""

from datetime import date
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET, Struct

from titrant.terms.quantity import Quantity

Tree = Any


def tree_of(value: Any) -> Tree:
    """``value`` as objects, lists, text and whole numbers. Fields that hold their default are left out."""
    if isinstance(value, str | int | None) and not isinstance(value, Enum):
        return value
    if isinstance(value, Struct):
        found = {}
        for name, written_as, default in _fields(type(value)):
            held = getattr(value, name)
            if not (held is default or held is UNSET or held == default):
                found[written_as] = tree_of(held)
        return found
    if isinstance(value, dict):
        return {key: tree_of(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [tree_of(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Quantity) else value


@cache
def _fields(kind: type[Struct]) -> tuple[tuple[str, str, Any], ...]:
    """Each field of ``kind``: its name, how it is written, and its default or NODEFAULT. Looked up once a kind."""
    return tuple((field.name, field.encode_name, _default(field)) for field in msgspec.structs.fields(kind))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is NODEFAULT else field.default_factory()
