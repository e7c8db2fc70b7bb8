"""The small tables by which values of other systems become ours: rows as they stand, and factors of substances."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from titrant.knowledge.library import Library
from titrant.terms.errors import KnowledgeError
from titrant.terms.numbers import parse_decimal


def rows(library: Library, name: str) -> Iterator[dict[str, str]]:
    """The rows of ``fhir/NAME.csv``. Raises KnowledgeError if it is missing."""
    path = f"fhir/{name}.csv"
    if path not in library.tables:
        raise KnowledgeError(
            path,
            "The file is missing.",
            "Without it values in a record may be misread.",
            "Install this release again.",
        )
    yield from csv.DictReader(io.StringIO(library.tables[path]))


def molar_factors(library: Library) -> dict[tuple[str, str, str], Decimal]:
    """Factor by fact, unit from and unit to; a concentration is converted only by the factor of its substance."""
    return {
        (row["fact"], row["from_unit"], row["to_unit"]): parse_decimal(row["factor"]) for row in rows(library, "molar")
    }
