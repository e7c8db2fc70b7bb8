"""What the person wrote in their own words. The program does not read it; it is shown so that somebody does."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from titrant.pathway.diary import Day, Diary
from titrant.pathway.unseen import Since, counting_days


class Note(Struct, frozen=True):
    """Free text of the diary, as it was written."""

    on: date
    text: str


def notes_of(diary: Diary, since: Since) -> tuple[Note, ...]:
    """The words of the last days, and those since the newest signature, oldest first, each once a day."""
    return tuple(dict.fromkeys(note for day in counting_days(diary, since) for note in _notes(day)))


def _notes(day: Day) -> Iterator[Note]:
    for text in (day.entry.reason, *(dose.reason for dose in day.entry.doses)):
        if text.strip():
            yield Note(day.on, text.strip())
