"""Small readers of what a form sent."""

from datetime import date

from django.http import QueryDict

from titrant.terms.errors import CaseFileError


def version_of(posted: QueryDict) -> int:
    """The version of the record that the form was filled in on; -1, which is never true, where it is missing."""
    return number_of(posted, "version")


def number_of(posted: QueryDict, name: str) -> int:
    text = posted.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def digits_of(text: str) -> int | None:
    """A small whole number as a form sends it; None for anything else, also for digits that no field offers."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def day_of(posted: QueryDict, name: str, today: date) -> date:
    """The day under ``name``; today where it is left empty. Raises CaseFileError for what is no day."""
    text = posted.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise CaseFileError(
            name, f"{text[:20]!r} is not a day.", "Values are judged by their age.", "Write YYYY-MM-DD."
        ) from None
