"""The few statements of every diary entry as fixed SQL: to build them anew costs ten times what running them does.

The SQL comes from the tables themselves, so that a new column is never forgotten. It is for columns of text, numbers,
yes and no; what a person said goes in as a parameter only.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

Table = type[Model]


def first(table: Table, columns: Sequence[str], *, lock: bool = False, **by: Any) -> tuple[Any, ...] | None:
    """``columns`` of the one row in which each column of ``by`` has its value; None where there is none.

    ``lock``: held until the transaction ends. On SQLite every transaction that writes is alone from its beginning.
    """
    held = lock and connection.vendor != "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(_select(table, tuple(columns), tuple(by), held), tuple(by.values()))
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def insert(row: Model) -> None:
    """Write a new row; the database gives it its number where it has none of its own."""
    with connection.cursor() as cursor:
        cursor.execute(_insert(type(row)), [getattr(row, name) for name in _given(type(row))])


def update(row: Model, columns: Sequence[str]) -> None:
    """Write ``columns`` of a row that is there. Raises LookupError where it is not: nothing is lost in silence."""
    table, key = type(row), row.pk
    with connection.cursor() as cursor:
        cursor.execute(_update(table, tuple(columns)), [*(getattr(row, name) for name in columns), key])
        if cursor.rowcount != 1:
            raise LookupError(f"{cursor.rowcount} rows of {table.__name__} were written, and not one")


@cache
def _select(table: Table, columns: tuple[str, ...], by: tuple[str, ...], held: bool) -> str:
    where = " AND ".join(f"{_column(table, name)} = %s" for name in by)
    chosen = ", ".join(_column(table, name) for name in columns)
    return f"SELECT {chosen} FROM {_name(table)} WHERE {where}{' FOR UPDATE' if held else ''}"  # noqa: S608


@cache
def _insert(table: Table) -> str:
    names = _given(table)
    columns, values = ", ".join(_column(table, name) for name in names), ", ".join(["%s"] * len(names))
    return f"INSERT INTO {_name(table)} ({columns}) VALUES ({values})"  # noqa: S608


@cache
def _update(table: Table, columns: tuple[str, ...]) -> str:
    changed = ", ".join(f"{_column(table, name)} = %s" for name in columns)
    return f"UPDATE {_name(table)} SET {changed} WHERE {_column(table, 'pk')} = %s"  # noqa: S608


@cache
def _given(table: Table) -> tuple[str, ...]:
    """The columns that the row brings itself: all but a number that the database counts."""
    return tuple(field.attname for field in table._meta.concrete_fields if field is not table._meta.auto_field)


def _column(table: Table, name: str) -> str:
    field = table._meta.pk if name == "pk" else table._meta.get_field(name)
    return connection.ops.quote_name(field.column)  # type: ignore[union-attr]


def _name(table: Table) -> str:
    return connection.ops.quote_name(table._meta.db_table)
