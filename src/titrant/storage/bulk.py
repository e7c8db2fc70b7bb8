"""Many cases at once, on the same chain and through the same rules as one at a time: for demos and for moving in.

Only into a clinic at rest: whoever else writes waits until all is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec
from django.db import connection, transaction

from titrant.record.appending import numbered
from titrant.record.events import Draft, Event, Kind
from titrant.record.summary import Summary
from titrant.storage.case_store import fact_of, locked_head, plan_of
from titrant.storage.models import CaseRow, CaseTeam, ChainHead, Fact, Plan
from titrant.storage.worklist_rows import set_columns

Stream = tuple[str, Sequence[Draft]]
_CASES_AT_ONCE = 500
_ROWS_AT_ONCE = 2_000


@transaction.atomic
def append_many(streams: Iterable[Stream]) -> int:
    """Append new cases, whole. How many facts were written. Raises what ``append`` would raise."""
    head, count, rest = locked_head(), 0, iter(streams)
    while batch := list(islice(rest, _CASES_AT_ONCE)):
        count += _write(head, [(case, *numbered(Summary(case=case), drafts, 0)) for case, drafts in batch])
    head.save()
    tell_the_planner()
    return count


def tell_the_planner() -> None:
    """After many rows at once: until its own round comes by, PostgreSQL plans for as few as there were before.

    A worklist of 20,000 is then read twice as slowly. Only the owner of the tables is heard; others get a warning.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _write(head: ChainHead, cases: list[tuple[str, list[Event], Summary]]) -> int:
    events = sorted((event for _, found, _ in cases for event in found), key=lambda one: one.at)
    Fact.objects.bulk_create(_facts(head, events), batch_size=_ROWS_AT_ONCE)
    Plan.objects.bulk_create(_plans(cases))
    CaseRow.objects.bulk_create([_row(summary) for _, _, summary in cases])
    CaseTeam.objects.bulk_create(
        CaseTeam(case_id=case, team=team) for case, _, summary in cases for team in summary.teams
    )
    return len(events)


def _facts(head: ChainHead, events: Sequence[Event]) -> Iterator[Fact]:
    for event in events:
        yield fact_of(head, event)


def _plans(cases: list[tuple[str, list[Event], Summary]]) -> Iterator[Plan]:
    for _, events, summary in cases:
        for event in events:
            if event.kind is Kind.SIGNED:
                yield plan_of(event, active=event.number == summary.plan)


def _row(summary: Summary) -> CaseRow:
    row = CaseRow(case=summary.case, version=summary.version, summary=msgspec.json.encode(summary).decode())
    set_columns(row, summary, None)
    return row
