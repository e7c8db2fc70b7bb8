"""The patient page: what is proposed with its rule and numbers, the course on one axis, and what a person can do there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from titrant.clinic.case_tree import tree_of
from titrant.clinic.opening import case_of, open_document

DEMO = Path("demo")
DAY = date(2026, 11, 21)


def facts_of(name: str) -> Any:
    """The facts of a demo case, as an import would record them."""
    tree = tree_of(case_of(open_document(DEMO / f"{name}.yaml")))
    return {key: value for key, value in tree.items() if key in ("scenario", "given", "protocol", "product", "asked")}


@pytest.fixture
def on_the_day(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The clinic on the day of the demo cases."""
    then = msgspec.structs.replace(office, now=lambda: datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC))
    monkeypatch.setattr("titrant.web.staff.patient_page.office", lambda: then)
    yield then
