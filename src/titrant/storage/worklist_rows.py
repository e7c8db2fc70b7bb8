"""The columns by which a worklist is counted, filtered and sorted, and the questions that are asked of them.

``in_tally`` (record/appending.py) says of one case in memory what ``_of_tally`` says here of all.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date

import msgspec
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from titrant.record.appending import NOTHING, graded, in_tally
from titrant.record.ports import TALLIES, Query, Row
from titrant.record.summary import GRADES, Judged, Person, Summary
from titrant.storage.models import CaseRow, CaseTeam
from titrant.terms.persons import folded

_UNREADABLE = Person(name="This record cannot be read")


def judged_in(text: str) -> Judged | None:
    """What was judged; None also where it cannot be read any more: it is derived, and is judged anew."""
    try:
        return msgspec.json.decode(text, type=Judged) if text else None
    except msgspec.DecodeError:
        return None


def _summary_in(case: str, text: str) -> Summary:
    """For a line of the worklist: one record that cannot be read must not hide all others."""
    try:
        return msgspec.json.decode(text, type=Summary)
    except msgspec.DecodeError:
        return Summary(case=case, person=_UNREADABLE)


def set_failed(row: CaseRow, judged: Judged) -> None:
    """The columns of a case that could not be judged; of one that cannot be read they stay, and somebody looks."""
    try:
        set_columns(row, msgspec.json.decode(row.summary, type=Summary), judged)
    except msgspec.DecodeError:
        row.failed, row.grade = True, min(row.grade, GRADES.index("today"))
        row.since = row.since or judged.on.isoformat()


def set_columns(row: CaseRow, summary: Summary, judged: Judged | None) -> None:
    on = judged.on if judged else date.min
    row.name, row.number = summary.person.name[:200], summary.person.number[:40]
    row.words = folded(f"{summary.person.name} {summary.person.number}")[:260]
    row.state, row.protocol = summary.state.value, summary.protocol
    row.grade, row.since = graded(summary, judged)
    row.overdue, row.silent = in_tally(summary, judged, "overdue", on), in_tally(summary, judged, "silent", on)
    row.undelivered = in_tally(summary, judged, "undelivered", on)
    row.draft, row.unread = bool(summary.draft), bool(summary.unread)
    row.contact_on = summary.contact_on
    row.refill_on = judged.refill_on if judged else ""
    row.failed = bool(judged and judged.failed)


def rows(query: Query, on: date) -> list[Row]:
    """One page, most urgent first: found by the narrow index, and only then read whole."""
    everything = bool(query.words.strip() or query.state or query.number)
    found = _of_teams(query.teams).filter(_of_tally(query.tally, on, everything=everything))
    if query.number:
        found = found.filter(number=query.number[:40])
    found = found.filter(_with_words(query.words))
    for name in ("protocol", "state"):
        if wanted := getattr(query, name):
            found = found.filter(**{name: wanted})
    ordered = found.order_by("grade", "since", "case").values_list("case", flat=True)
    cases = list(ordered[query.first : query.first + query.size])
    whole = CaseRow.objects.filter(case__in=cases).values_list("case", "summary", "judged", "grade", "since")
    read = {
        case: Row(_summary_in(case, summary), judged_in(judged), grade, since)
        for case, summary, judged, grade, since in whole
    }
    return [read[case] for case in cases]


def _with_words(words: str) -> Q:
    """Rows with all these words. One of an older release has them as they were typed, until it is judged anew."""
    one = folded(words)
    found = Q()
    for form in dict.fromkeys((one, unicodedata.normalize("NFD", one), " ".join(words.casefold().split()))):
        all_of = Q()
        for word in form.split():
            all_of &= Q(words__contains=word)
        found |= all_of
    return found


def tallies(teams: tuple[str, ...] | None, on: date) -> Mapping[str, int]:
    """All counts in one reading of the index."""
    counts = {name: Count("case", filter=_of_tally(name, on)) for name in TALLIES}
    return _of_teams(teams).aggregate(**counts)


def _of_teams(teams: tuple[str, ...] | None) -> QuerySet[CaseRow]:
    if teams is None:
        return CaseRow.objects.all()
    # By EXISTS the database walks the narrow index in order of risk and looks each case up; by IN it would begin with
    # the team, read 20,000 rows by their ids and sort them.
    return CaseRow.objects.filter(Exists(CaseTeam.objects.filter(case=OuterRef("case"), team__in=teams)))


def _of_tally(tally: str, on: date, *, everything: bool = False) -> Q:
    """``everything``: without a tally also the cases of which nobody needs to be told."""
    day = on.isoformat()
    match tally:
        case "call_now" | "review_today":
            return Q(grade=("call_now", "review_today").index(tally))
        case "no_next_date":
            return Q(state__in=("on_plan", "suspended"), contact_on__lt=day)
        case "refill_due":
            return Q(refill_on__gt="", refill_on__lte=day)
        case "overdue" | "silent" | "undelivered" | "draft" | "unread":
            return Q(**{tally: True})
        case "queue":
            return Q(failed=True)
    return Q() if everything else Q(grade__lt=NOTHING)
