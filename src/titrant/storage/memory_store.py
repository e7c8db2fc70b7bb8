"""A store in memory, for tests and trials of a protocol. The same contract as the database."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from threading import RLock

from msgspec import structs

from titrant.record.appending import again, bounded, graded, in_tally, numbered, plan_columns
from titrant.record.chain import Link, chain_faults
from titrant.record.events import BEGINNING, CLINIC, Draft, Event, Kind, Role, chained, instant_text
from titrant.record.folding import Record, fold
from titrant.record.ports import TALLIES, Batch, Bound, Conflict, NotFound, Query, Receipt, Row, TooMany
from titrant.record.summary import Judged, Summary
from titrant.terms.canonical import Json, canonical_json
from titrant.terms.errors import TitrantError
from titrant.terms.persons import folded


def not_found() -> NotFound:
    return NotFound("record", "There is no such record here.", "Nothing was shown or changed.", "Go to the worklist.")


def conflict() -> Conflict:
    return Conflict(
        "diary entry", "An entry with this id is kept already, and it says something else.",
        "One id for two entries would lose one of them.", "Send the new entry under an id of its own.",
    )  # fmt: skip


def too_many(bound: Bound) -> TooMany:
    return TooMany(
        f"diary {bound.of}", f"More than {bound.told_at} {bound.of} came within one day.",
        "So many are not written by hand, and they would hide what matters.", "Call the clinic.",
    )  # fmt: skip


class MemoryStore:
    """Events in lists. Not on disk: what it holds is gone with the process."""

    def __init__(self) -> None:
        self._streams: dict[str, list[Event]] = {}
        self._summaries: dict[str, Summary] = {}
        self._judged: dict[str, Judged] = {}
        self._receipts: dict[tuple[str, str], tuple[str, Receipt]] = {}
        self._chain: list[tuple[Event, str]] = []
        self._lock = RLock()

    def open(self, case: str) -> Record:
        self.summary(case)
        return fold(case, self._streams[case])

    def summary(self, case: str) -> Summary:
        if case == CLINIC or case not in self._summaries:
            raise not_found()
        return self._summaries[case]

    def events(self, case: str, kinds: Sequence[Kind] = ()) -> list[Event]:
        if case != CLINIC and case not in self._streams:
            raise not_found()
        return [event for event in self._streams.get(case, ()) if not kinds or event.kind in kinds]

    def append(self, case: str, drafts: Sequence[Draft], *, expected: int | None) -> Summary:
        with self._lock:
            before = self._summaries.get(case) or Summary(case=case)
            events, summary = numbered(before, drafts, expected)
            for event in events:
                previous = self._chain[-1][1] if self._chain else BEGINNING
                self._chain.append((event, chained(previous, event)))
            self._streams.setdefault(case, []).extend(events)
            self._summaries[case] = summary
            return summary

    def append_together(self, batches: Sequence[Batch]) -> list[Summary]:
        with self._lock:
            streams = {case: list(events) for case, events in self._streams.items()}
            before = dict(self._summaries), list(self._chain)
            try:
                return [self.append(case, drafts, expected=expected) for case, drafts, expected in batches]
            except TitrantError:
                self._streams, (self._summaries, self._chain) = streams, before
                raise

    def keep(
        self, case: str, client_id: str, sha256: str, drafts: Sequence[Draft], bound: Bound | None = None
    ) -> Receipt:
        with self._lock:
            found = self._receipts.get((case, client_id))
            if found is not None:
                if found[0] != sha256:
                    raise conflict()
                return again(found[1])
            before = self.summary(case)
            told, refused = bounded(bound, self._from_phones(case, bound.since, drafts[0].kind) if bound else 0, before)
            if bound and refused:
                self.append(case, told, expected=None)
                raise too_many(bound)
            self.append(case, [*drafts, *told], expected=None)
            receipt = Receipt(before.version + 1, instant_text(drafts[0].at))
            self._receipts[case, client_id] = (sha256, receipt)
            return receipt

    def _from_phones(self, case: str, since: str, kind: Kind) -> int:
        """How many of a kind were kept since then that the patient wrote; what is typed in from paper is none."""
        receipts = [kept for (one, _), (_, kept) in self._receipts.items() if one == case and since <= kept.at]
        events = [self._streams[case][kept.number - 1] for kept in receipts]
        return sum(1 for one in events if one.kind is kind and one.by.role is Role.PATIENT)

    def judge(self, case: str, judged: Judged) -> None:
        with self._lock:
            before = self._judged.get(case)
            if before is None or (before.version, before.on) <= (judged.version, judged.on):
                self._judged[case] = judged

    def set_aside(self, case: str, judged: Judged) -> None:
        with self._lock:
            if case in self._summaries:
                self._judged[case] = structs.replace(judged, version=self._summaries[case].version)

    def judged(self, case: str) -> Judged | None:
        return self._judged.get(case)

    def _seen(self, teams: tuple[str, ...] | None) -> Iterator[tuple[Summary, Judged | None]]:
        for case, summary in self._summaries.items():
            if case != CLINIC and (teams is None or set(teams) & set(summary.teams)):
                yield summary, self._judged.get(case)

    def rows(self, query: Query, on: date) -> list[Row]:
        words = folded(query.words).split()
        everything = not query.tally and bool(words or query.state or query.number)
        rows = [
            Row(summary, judged, *graded(summary, judged))
            for summary, judged in self._seen(query.teams)
            if in_tally(summary, judged, query.tally, on) or everything
            if all(one in folded(f"{summary.person.name} {summary.person.number}")[:260] for one in words)
            if query.number in ("", summary.person.number)
            if query.protocol in ("", summary.protocol) and query.state in ("", summary.state)
        ]
        rows.sort(key=lambda row: (row.grade, row.since, row.summary.case))
        return rows[query.first : query.first + query.size]

    def tallies(self, teams: tuple[str, ...] | None, on: date) -> Mapping[str, int]:
        seen = list(self._seen(teams))
        return {name: sum(in_tally(*one, name, on) for one in seen) for name in TALLIES}

    def to_judge(self, on: date, limit: int) -> list[str]:
        old = [
            (graded(summary, judged), summary.case)
            for summary, judged in self._seen(None)
            if judged is None or judged.version != summary.version or judged.on != on
        ]
        return [case for _, case in sorted(old)][:limit]

    def plan_row(self, case: str) -> Json | None:
        number = self.summary(case).plan
        return plan_columns(self._streams[case][number - 1]) if number else None

    def events_of(self, kinds: Sequence[Kind]) -> Iterator[Event]:
        return (event for event, _ in list(self._chain) if event.kind in kinds)

    def patients_on(self, protocol_sha256: str) -> list[str]:
        rows = {case: self.plan_row(case) for case in self.cases()}
        return sorted(case for case, row in rows.items() if row and row["protocol_sha256"] == protocol_sha256)

    def cases(self) -> Iterator[str]:
        return (case for case in list(self._summaries) if case != CLINIC)

    def clinic_version(self) -> int:
        return len(self._streams.get(CLINIC, ()))

    def check_chain(self, head: str = "") -> list[str]:
        return list(chain_faults(self._links(), self.head(), head))

    def _links(self) -> Iterator[Link]:
        previous = BEGINNING
        for place, (event, kept) in enumerate(self._chain, 1):
            yield Link(place, previous, kept, event, canonical_json(event.body).decode())
            previous = kept

    def head(self) -> tuple[int, str]:
        return len(self._chain), self._chain[-1][1] if self._chain else BEGINNING
