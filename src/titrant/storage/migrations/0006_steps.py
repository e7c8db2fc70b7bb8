"""What is signed for which days, put beside each record: entries are held against it from the first request on."""

from typing import Any

import msgspec
from django.db import migrations

from titrant.record.events import Actor, Event, Kind, Role, instant_of
from titrant.record.steps import CHANGING, Step, steps_after
from titrant.record.summary import Summary

_COLUMNS = ("number", "kind", "body", "by_id", "by_name", "by_role", "at")


def fill(apps: Any, _schema: Any) -> None:
    rows, facts = (apps.get_model("storage", name) for name in ("CaseRow", "Fact"))
    changing = facts.objects.filter(kind__in=[kind.value for kind in CHANGING])
    for case in changing.order_by("case").values_list("case", flat=True).distinct():
        found = changing.filter(case=case).order_by("number").values_list(*_COLUMNS)
        row = rows.objects.filter(case=case).first()
        if row is not None:
            summary = msgspec.json.decode(row.summary, type=Summary)
            summary = msgspec.structs.replace(summary, steps=_steps(case, list(found)))
            rows.objects.filter(case=case).update(summary=msgspec.json.encode(summary).decode())


def _steps(case: str, found: list[Any]) -> tuple[Step, ...] | None:
    """None where a line cannot be read: the row is then read by its plan, as before, and no upgrade is held up."""
    steps: tuple[Step, ...] | None = None
    try:
        for number, kind, body, by, name, role, at in found:
            who, said = Actor(by, name, Role(role)), msgspec.json.decode(body)
            event = Event(case=case, number=number, kind=Kind(kind), body=said, by=who, at=instant_of(at))
            steps = steps_after(steps, event)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None
    return steps


class Migration(migrations.Migration):
    dependencies = [("storage", "0005_phone")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
