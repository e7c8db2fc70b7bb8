"""Records that may be of the same person: named when a record is opened, and once more before a first plan is signed.

Two plans of one person are twice the dose, and neither record shows the other.
"""

from collections.abc import Iterator

from msgspec import Struct

from titrant.clinic.office import Office
from titrant.record.folding import Record
from titrant.record.ports import Query, Row
from titrant.record.states import State
from titrant.terms.errors import NotNow
from titrant.terms.persons import folded

REASON = "another_person"
"""Under which the written reason is kept with a signature, beside those for points of law."""
_AT_ONCE = 200
_SIGNED = (State.ON_PLAN, State.SUSPENDED)  # a suspended plan may be lifted any day


def alike(office: Office, name: str, birth_date: str, number: str, teams: tuple[str, ...] | None) -> list[Row]:
    """Records that may be of the same person: the same number, or the same name and birth date."""
    words = [word for word in (number.strip(), name.strip()) if word]
    rows = {row.summary.case: row for word in words for row in _with_words(office, word, teams)}
    return [row for row in rows.values() if _same(row, name, birth_date, number)]


def _with_words(office: Office, words: str, teams: tuple[str, ...] | None) -> Iterator[Row]:
    """Every record with these words, page by page: a short number stands in many."""
    first = 0
    while page := office.store.rows(Query(teams=teams, words=words, first=first, size=_AT_ONCE), office.today):
        yield from page
        first += _AT_ONCE


def _same(row: Row, name: str, birth_date: str, number: str) -> bool:
    person = row.summary.person
    named = folded(person.name) == folded(name) and person.birth_date == birth_date
    return bool(name.strip()) and named or bool(number.strip()) and folded(person.number) == folded(number)


class Other(Struct, frozen=True):
    """A record like this one. Of one that the reader may not see nothing is told but that there is one."""

    case: str = ""
    number: str = ""
    state: str = ""
    needs_reason: bool = True  # also where nothing may be told: whether it has a plan would be told otherwise

    @property
    def text(self) -> str:
        if not self.case:
            return "A record of another care team looks like the same person."
        state = self.state.replace("_", " ")
        return f"Record {self.number or self.case[:8]} looks like the same person; it is {state}."


def others_like(office: Office, record: Record, sees: tuple[str, ...] | None) -> tuple[Other, ...]:
    """The other records of what may be the same person, for somebody who sees the teams ``sees`` (None: all)."""
    person, own = record.summary.person, record.summary.case
    rows = alike(office, person.name, person.birth_date, person.number, None)
    found = [_other(row, sees) for row in rows if row.summary.case != own]
    hidden = [one for one in found if not one.case]
    return (*(one for one in found if one.case), *hidden[:1])  # how many others there are is nobody's business either


def _other(row: Row, sees: tuple[str, ...] | None) -> Other:
    summary = row.summary
    if sees is not None and not set(sees) & set(summary.teams):
        return Other()
    return Other(summary.case, summary.person.number, summary.state.value, summary.state in _SIGNED)


def check_another(others: tuple[Other, ...], reason: str) -> None:
    """Raises NotNow where a first plan would be a second one of the same person, and nobody wrote why it is not."""
    standing = [one for one in others if one.needs_reason]
    if standing and not reason.strip():
        raise NotNow(
            "signing", " ".join(one.text for one in standing), "Two plans of one person are twice the dose.",
            "If it is the same person, go on in that record, or ask its team. If it is another person, write how you "
            "know it.",
        )  # fmt: skip
