"""Where the phone sends what was written. The answer comes when it is on disk, and carries the number of the entry."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.harm import keep_harm
from titrant.record.ports import Conflict
from titrant.terms.errors import CaseFileError, TitrantError
from titrant.terms.reading import Unreadable, read_json
from titrant.web.access import PATIENTS, Reach, Route
from titrant.web.phone.own_page import from_own_page
from titrant.web.wired import office

MOST_BYTES = 16_000  # of one entry, far above what a day holds
_LONGEST_HELD = 240  # minutes, as an entry can say it


@csrf_exempt  # the page that sends may be older than any token; own pages alone can send JSON with this cookie
def entries(request: HttpRequest) -> HttpResponse:
    """Keep one entry. The same again gives the same receipt; another one under its id is a conflict (409).
    What a refused one says of harm is kept all the same, and opens its tasks.

    ``case`` says whose entry it is: a phone that was handed on may still hold those of the patient before. ``clock``
    is what the clock says now by which the entry was written.
    """
    if not from_own_page(request):
        return _answer(403, "It was not sent by a page of this clinic.")
    if len(request.body) > MOST_BYTES:
        return _answer(413, "It is too long to be one day of a diary.")
    here, visitor = office(), request.visitor  # type: ignore[attr-defined]
    try:
        sent = read_json(request.body)
        if not isinstance(sent, dict) or set(sent) - {"case", "clock"} != {"id", "entry"}:
            return _answer(422, "It is not an entry and its id.")
        if sent.get("case", visitor.case) != visitor.case:  # an older page names no case
            return _answer(409, "It is an entry of another person, who used this phone before.", other=True)
        to = {"received_at": here.now(), "clock": sent.get("clock", "")}
        receipt = keep_entry(here, visitor.case, _held(sent["entry"]), sent["id"], visitor.actor, **to)
    except Unreadable as error:
        return _answer(422, error.fault)
    except (Conflict, CaseFileError) as error:
        keep_harm(here, visitor.case, sent["entry"], sent["id"], visitor.actor, received_at=here.now())
        return _answer(409 if isinstance(error, Conflict) else 422, error.fault)
    except TitrantError as error:
        return _answer(409, error.fault)
    return JsonResponse({"receipt": receipt.number, "at": receipt.at, "again": receipt.again})


def _answer(status: int, why: str, **more: bool) -> HttpResponse:
    return JsonResponse({"why": why, **more}, status=status)


def _held(entry: Any) -> Any:
    """The entry without times of holding that nobody has: an older page may have measured them by a clock that was set.

    Refused for them, the dose would stay on the phone for ever.
    """
    doses = entry.get("doses") if isinstance(entry, dict) else None
    if not isinstance(doses, list):
        return entry
    return {**entry, "doses": [_of_a_dose(one) for one in doses]}


def _of_a_dose(said: Any) -> Any:
    held = said.get("hold_minutes") if isinstance(said, dict) else None
    if not isinstance(held, int | Decimal) or 0 <= held <= _LONGEST_HELD:
        return said
    return {name: one for name, one in said.items() if name != "hold_minutes"}


ROUTES = (Route("p/entries/", entries, "phone_entries", PATIENTS, Reach.OWN, ("POST",), logged=False),)
