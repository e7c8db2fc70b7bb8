"""A case as a plain tree, with only what is given: the form that is written, compared and laid over another."""

from datetime import date
from enum import Enum
from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET, Struct

from titrant.terms.quantity import Quantity

Tree = Any


def tree_of(value: Any) -> Tree:
    """``value`` as objects, lists, text and whole numbers. Fields that hold their default are left out."""
    if isinstance(value, Struct):
        return {
            field.encode_name: tree_of(getattr(value, field.name))
            for field in msgspec.structs.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, dict):
        return {key: tree_of(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [tree_of(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Quantity) else value


def _is_default(field: msgspec.structs.FieldInfo, value: Any) -> bool:
    if value is UNSET:
        return True
    if field.default is not NODEFAULT:
        return bool(value == field.default)
    return field.default_factory is not NODEFAULT and bool(value == field.default_factory())
