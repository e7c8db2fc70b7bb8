"""What the desk asks of a store of cases. In-memory, SQLite and PostgreSQL answer to the same contract."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct

from titrant.record.events import Draft, Event, Kind
from titrant.record.folding import Record
from titrant.record.summary import Judged, Summary
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow


class NotFound(NotNow):
    """No such case, or none that this person may see: the two look alike."""


class Conflict(NotNow):
    """One id for two different entries."""


class TooMany(NotNow):
    """More entries than a day of one patient can hold."""


class Bound(Struct, frozen=True):
    """How many entries, or messages, from the phones of a case are kept since an instant, and who hears of it.

    With the one that makes them ``told_at`` the ``task`` is opened, unless one of its kind is open; at ``most`` no
    further entry is taken, and the task stays behind all the same.
    """

    since: str
    told_at: int
    most: int
    task: Draft
    of: str = "entries"


class Receipt(Struct, frozen=True):
    """Proof that an entry is kept: the number of its event. ``again`` where it had been kept before."""

    number: int
    at: str
    again: bool = False


Batch = tuple[str, Sequence[Draft], int | None]  # stream, what is appended, the version that was shown


class Query(Struct, frozen=True, kw_only=True):
    """What a worklist asks for. ``teams`` None: every team (administrator, auditor)."""

    teams: tuple[str, ...] | None
    tally: str = ""  # one of TALLIES, or empty: everything that needs somebody, in order of risk
    words: str = ""  # in name or record number
    number: str = ""  # exactly the record number
    protocol: str = ""
    state: str = ""
    first: int = 0
    size: int = 50


TALLIES = (
    "call_now", "review_today", "overdue", "silent", "no_next_date", "undelivered", "refill_due", "draft", "unread",
    "queue",
)  # fmt: skip


class Row(Struct, frozen=True):
    """One line of a worklist: the standing of a case and what was judged of it."""

    summary: Summary
    judged: Judged | None
    grade: int  # 0 now, 1 today, 2 note, 3 nothing
    since: str


class CaseStore(Protocol):
    """Cases as streams of events. Every append is one transaction, on disk before it returns."""

    def open(self, case: str) -> Record:
        """The case folded from its events. Raises NotFound."""

    def summary(self, case: str) -> Summary:
        """The standing alone, without reading the past. Raises NotFound."""

    def events(self, case: str, kinds: Sequence[Kind] = ()) -> list[Event]:
        """All events of one stream (of these kinds), oldest first; of ``CLINIC`` those of the clinic itself."""

    def append(self, case: str, drafts: Sequence[Draft], *, expected: int | None) -> Summary:
        """Append all or none. ``expected``: the version that was shown; Stale where the case has moved on since.

        None only for what cannot contradict anything: diary entries, messages, tasks. Raises NotAllowed, NotNow.
        """

    def append_together(self, batches: Sequence[Batch]) -> list[Summary]:
        """Append to several streams, all or none: what leaves the stock and what a patient is given are one act."""

    def keep(
        self, case: str, client_id: str, sha256: str, drafts: Sequence[Draft], bound: Bound | None = None
    ) -> Receipt:
        """Append once for ``client_id``: the same again gives the same receipt, another content raises Conflict.

        Whether ``bound`` is reached is decided with the append: raises TooMany.
        """

    def judge(self, case: str, judged: Judged) -> None:
        """Keep what was judged, unless a newer version was judged already."""

    def set_aside(self, case: str, judged: Judged) -> None:
        """Keep that a case could not be judged as it stands, whatever it holds: it counts as failed until it changes.

        A case that cannot be read keeps its line in the worklist, and says so.
        """

    def judged(self, case: str) -> Judged | None: ...

    def rows(self, query: Query, on: date) -> list[Row]:
        """One page of the worklist, most urgent first."""

    def tallies(self, teams: tuple[str, ...] | None, on: date) -> Mapping[str, int]:
        """How many cases each tally counts."""

    def to_judge(self, on: date, limit: int) -> list[str]:
        """Cases whose judgement is older than the case or than the day, most urgent first."""

    def plan_row(self, case: str) -> Json | None:
        """What is kept beside the facts of the plan in force (``appending.plan_columns``); None without one."""

    def events_of(self, kinds: Sequence[Kind]) -> Iterator[Event]:
        """All events of these kinds, of every stream, in the order in which they were appended."""

    def patients_on(self, protocol_sha256: str) -> list[str]:
        """The cases whose plan in force rests on a protocol of exactly this content."""

    def cases(self) -> Iterator[str]:
        """The ids of all cases."""

    def clinic_version(self) -> int:
        """The newest number in the clinic's own stream."""

    def check_chain(self, head: str = "") -> list[str]:
        """What is wrong with the chain of hashes, as sentences; ``head``: the head that was kept elsewhere."""

    def head(self) -> tuple[int, str]:
        """Length and last hash of the chain, to be kept elsewhere."""
