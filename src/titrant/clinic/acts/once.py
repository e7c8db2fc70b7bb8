"""What moves the drug or counts it is entered once for each form, however often that form is sent.

The id of the form stands in the line that it made, so it is looked up where the line is.
"""

from collections.abc import Iterable

from titrant.clinic.office import Office
from titrant.clinic.stock import STOCK_KINDS
from titrant.record.events import Event, Kind
from titrant.terms.canonical import Json
from titrant.terms.errors import NotNow

_ENTERED = (*STOCK_KINDS, Kind.SUPPLIED, Kind.SUPPLY_CORRECTED, Kind.COUNTED, Kind.RETURNED)


def of_form(form: str) -> Json:
    """What the line of a form carries of it."""
    return {"form": form} if form else {}


def entered(office: Office, stream: str, form: str) -> Event | None:
    """The line that the form has made, of a case or of the book (``CLINIC``); None where it has made none."""
    return _made_by(office.store.events(stream, _ENTERED), form)


def check_first(events: Iterable[Event], form: str) -> None:
    """Raises NotNow where the form has made its line: entered again, it would move the drug twice.

    ``events`` are read no earlier than the version that the append expects: of two sent at once the later is Stale.
    """
    if _made_by(events, form):
        raise NotNow(
            "form", "This form was entered before; it counts once.", "Nothing was entered.",
            "Load the page again and fill in its form.",
        )  # fmt: skip


def _made_by(events: Iterable[Event], form: str) -> Event | None:
    return next((one for one in events if form and one.kind in _ENTERED and one.body.get("form") == form), None)
