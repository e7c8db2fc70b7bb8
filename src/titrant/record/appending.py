"""What every store does before it appends: powers, reach, states, the last gate, and the number of each event."""

from collections.abc import Iterator, Sequence
from datetime import date
from importlib import resources

from titrant.record.events import CLINIC, FACTS, Draft, Event, Kind, check_power
from titrant.record.gate import faults
from titrant.record.ports import Bound, Receipt
from titrant.record.summary import GRADES, Judged, Summary, advance
from titrant.terms.canonical import Json, canonical_json
from titrant.terms.errors import NotAllowed, Stale
from titrant.terms.reading import HIDDEN, is_plain_text

NOTHING = len(GRADES)  # the grade of a case of which nobody needs to be told


def absolute_limits() -> bytes:
    """The limits of this release, for the last gate to read by its own rules."""
    return resources.files("titrant.record").joinpath("absolute_limits.json").read_bytes()


def numbered(before: Summary, drafts: Sequence[Draft], expected: int | None) -> tuple[list[Event], Summary]:
    """The events that may follow ``before``, and the standing after them. Raises Stale, NotAllowed, NotNow."""
    if expected is not None:
        check_current(before, expected)
    events, summary = [], before
    for draft in drafts:
        check_power(draft)
        _check_gate(draft)
        _check_levels(draft, summary)
        _check_kept(draft, summary)
        _check_seen(draft)
        canonical_json(draft.body)
        event = Event(
            case=before.case, number=summary.version + 1, kind=draft.kind, body=draft.body, by=draft.by, at=draft.at
        )
        summary = _advanced(summary, event)
        events.append(event)
    return events, summary


def check_current(before: Summary, expected: int) -> None:
    """Raises Stale where the record is not at the number at which it was shown."""
    if expected != before.version:
        raise Stale(
            before.person.name or before.case or "clinic",
            f"The record has moved on from number {expected} to {before.version} since it was shown.",
            "What was decided on older facts may be wrong on the new ones.",
            "Load the page again; it shows what is new.",
        )


def _advanced(summary: Summary, event: Event) -> Summary:
    if summary.case == CLINIC:
        return Summary(case=CLINIC, version=event.number)
    return advance(summary, event)


def _check_gate(draft: Draft) -> None:
    """The last gate once more, where no screen can go around it."""
    if draft.kind is not Kind.SIGNED:
        return
    content = draft.body.get("content")
    steps = content.get("steps") if isinstance(content, dict) else None
    refused = [fault for one in (content, *(steps or ())) for fault in faults(one, absolute_limits())]
    if refused:
        raise NotAllowed(
            "signed plan", " ".join(refused), "The last gate lets no such dose be stored, whoever signed it.",
            "Plan the dose again within the limits.",
        )  # fmt: skip


def _check_levels(draft: Draft, before: Summary) -> None:
    """A dose level enters the case only with a signature that names it, or before there is any signed plan."""
    body = draft.body
    course = ((body.get("set") or {}).get("given") or {}).get("course") or {}
    if draft.kind is not Kind.SIGNED:
        if before.plan and "levels" in course:
            raise _levels_refused("Dose levels of a signed plan are changed by a signature only.")
        return
    added = [*((body.get("add") or {}).get("course.levels") or ()), *(course.get("levels") or ())]
    content = body["content"]
    regimens = [content["regimen"], *(one["regimen"] for one in content.get("steps") or ())]
    named = {(f"{one['dose_mg']} mg", one["times_per_day"], one["days_per_week"]) for one in regimens}
    for one in added:
        pattern = (one["dose"], str(one["times_per_day"]), str(one.get("days_per_week", 7)))
        # What was signed before stays as history; from the first day of this signature on its own words hold.
        if pattern not in named and not one["since"] < content["starts"]:
            raise _levels_refused("A dose level of this signature is not one that its content names.")


# What of a case file stands there because it was signed, or because it happened: no fact is written over it.
_SIGNED_PARTS = ("protocol", "product", "asked")
_HAPPENED = ("course", "diary", "parenteral")


def _check_kept(draft: Draft, before: Summary) -> None:
    """A fact neither rewrites what was signed while it is in force, nor takes away what was kept of the diary."""
    if draft.kind is Kind.SIGNED:
        return
    changes, adds = draft.body.get("set") or {}, draft.body.get("add") or {}
    given = changes.get("given") or {}
    touched = [name for name in _HAPPENED if name in given] + [name for name in _SIGNED_PARTS if name in changes]
    if draft.kind in FACTS:
        touched += [path for path in adds if path.partition(".")[0] == "course"]
        touched += [path for path in ("confirmations",) if _second_prescriber(adds.get(path), given.get(path))]
    if touched and before.plan:
        raise _levels_refused(f"A plan is in force; this would write over {', '.join(touched)}.")
    if "diary" in given and before.last_entry:
        raise NotAllowed("diary", "This would write over the diary.", "Entries are never taken away.", "Add an entry.")


def _check_seen(draft: Draft) -> None:
    """What enters the case file can be seen: one hidden character in it, and the whole record is not read any more."""
    if not all(map(is_plain_text, _texts([draft.body.get("set"), draft.body.get("add")]))):
        raise NotAllowed(
            draft.kind.value.replace("_", " "), f"In what was typed, {HIDDEN}.",
            "A record that hides something is not read, and nothing could be decided on it.", "Type the text again.",
        )  # fmt: skip


def _texts(part: Json) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        yield from part
        for one in part.values():
            yield from _texts(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _texts(one)


def _second_prescriber(*lists: Json) -> bool:
    """Whether somebody is said to stand behind a dose as a second prescriber: a signature alone says so."""
    return any(one.get("of") == "second_prescriber" for some in lists for one in some or () if isinstance(one, dict))


def _levels_refused(fault: str) -> NotAllowed:
    return NotAllowed("dose levels", fault, "A dose that nobody signed would be followed.", "Have it signed.")


def plan_columns(event: Event) -> Json:
    """What a store keeps of a signature in the row of the plan in force; amounts as the content writes them."""
    content, regimen = event.body["content"], event.body["content"]["regimen"]
    amounts = ("dose_mg", "daily_mg", "weekly_mg", "times_per_day", "days_per_week", "supply_days")
    return {
        "number": event.number, "sha256": event.body["seal"]["sha256"], "product": regimen["product"][:60],
        "protocol_sha256": content["protocol"]["sha256"], **{name: regimen[name] for name in amounts},
    }  # fmt: skip


def bounded(bound: Bound | None, kept: int, before: Summary) -> tuple[list[Draft], bool]:
    """What ``bound`` opens where ``kept`` entries stand already, and whether it refuses one more."""
    if bound is None or kept + 1 < bound.told_at:
        return [], False
    told = any(task.code == bound.task.body["code"] for task in before.tasks.values())
    return [] if told else [bound.task], bound.most <= kept


def again(before: Receipt) -> Receipt:
    return Receipt(before.number, before.at, again=True)


# The columns of a worklist


def graded(summary: Summary, judged: Judged | None) -> tuple[int, str]:
    """How urgent a case is (place in GRADES; NOTHING where it is not), and since when. Open tasks come at once."""
    lines = [(GRADES.index(task.grade), task.since) for task in summary.tasks.values()]
    lines += [(GRADES.index(line["grade"]), line["since"]) for line in (judged.lines if judged else ())]
    return min(lines, default=(NOTHING, ""))


def in_tally(summary: Summary, judged: Judged | None, tally: str, on: date) -> bool:
    """Whether a case counts in ``tally`` (ports.TALLIES) on a day."""
    followed = summary.state in ("on_plan", "suspended")
    match tally:
        case "call_now" | "review_today":
            return graded(summary, judged)[0] == ("call_now", "review_today").index(tally)
        case "overdue":
            return bool(judged and judged.overdue)
        case "silent":
            return bool(judged and judged.silent_since)
        case "no_next_date":
            # A day that has gone by is no next date.
            return followed and not on.isoformat() <= summary.contact_on
        case "undelivered":
            return summary.state == "on_plan" and not summary.read
        case "refill_due":
            return bool(judged and judged.refill_on and judged.refill_on <= on.isoformat())
        case "draft":
            return bool(summary.draft)
        case "unread":
            return bool(summary.unread)
        case "queue":
            return bool(judged and judged.failed)
    return graded(summary, judged)[0] < NOTHING
