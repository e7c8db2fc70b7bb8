"""Rows of an older release learn at the upgrade what is signed for which day."""

import uuid
from datetime import date
from importlib import import_module
from typing import Any

import msgspec
import pytest
from django.apps import apps

from tests.clinic.signing_by_hand import knowledge, opened, sign, tree_of
from titrant.record.events import Draft, Kind

LEVELS = [
    {"since": "2026-11-20", "dose": "15 mg", "times_per_day": 3},
    {"since": "2026-11-24", "dose": "5 mg", "times_per_day": 3},
]
fill = import_module("titrant.storage.migrations.0006_steps").fill


@pytest.fixture
def of_before(office: Any) -> str:
    """A taper, in a row as it was written before the steps were kept."""
    here = msgspec.structs.replace(office, library=knowledge())
    case = opened(here, tree_of("everything-known.yaml"), case=str(uuid.uuid4()))
    sign(here, case, *LEVELS)
    from titrant.storage.models import CaseRow

    row = CaseRow.objects.get(case=case)
    summary = msgspec.json.decode(row.summary)
    del summary["steps"]
    CaseRow.objects.filter(case=case).update(summary=msgspec.json.encode(summary).decode())
    return case


def dose_on(office: Any, case: str, day: date) -> str:
    step = office.store.summary(case).step_on(day)
    return step.regimen["dose_mg"] if step else "none"


def test_an_older_row_is_read_and_has_every_step_after_the_upgrade(office: Any, of_before: str) -> None:
    assert dose_on(office, of_before, date(2026, 11, 25)) == "15", "all that an older row says"
    fill(apps, None)
    assert (dose_on(office, of_before, date(2026, 11, 23)), dose_on(office, of_before, date(2026, 11, 24))) == (
        "15",
        "5",
    )
    assert office.store.open(of_before).summary == office.store.summary(of_before)


def test_a_row_of_a_plan_that_was_suspended_on_its_first_day_has_no_step_after_the_upgrade(
    office: Any, of_before: str
) -> None:
    from titrant.storage.models import CaseRow

    (signed,) = office.store.open(of_before).of(Kind.SIGNED)
    body = {"add": {"course.suspensions": [{"since": "2026-11-20", "by": "provider", "reason": "drowsy"}]}}
    office.store.append(of_before, [Draft(Kind.SUSPENDED, body, signed.by, signed.at)], expected=None)
    row = CaseRow.objects.get(case=of_before)
    summary = msgspec.json.decode(row.summary)
    del summary["steps"]
    CaseRow.objects.filter(case=of_before).update(summary=msgspec.json.encode(summary).decode())
    fill(apps, None)
    assert dose_on(office, of_before, date(2026, 11, 25)) == "none"
    assert office.store.open(of_before).summary == office.store.summary(of_before)


def test_a_line_that_cannot_be_read_holds_up_no_upgrade(
    office: Any, of_before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_steps: Any, _event: Any) -> Any:
        raise ValueError("no date")

    monkeypatch.setattr(import_module("titrant.storage.migrations.0006_steps"), "steps_after", unreadable)
    before = office.store.summary(of_before)
    fill(apps, None)
    assert office.store.summary(of_before) == before
