"""Patients with a phone: a signed plan of today, and a phone that was let in by its invitation."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.clinic.signing_by_hand import NURSE, opened, sign, tree_of
from tests.web.conftest import TEAM
from titrant.clinic.acts.enrolling import enrol, invite
from titrant.record.events import Kind


def today() -> date:
    return datetime.now(UTC).date()


def on_plan(office: Any, *, times: int = 1, since: date | None = None, product: str = "everything-known-troche.yaml",
            dose: str = "25 mg", **person: Any) -> str:  # fmt: skip
    """A case with a signed plan: a quarter of a troche of 100 mg, unless told otherwise."""
    case = opened(office, tree_of(product), case=str(uuid.uuid4()), team=TEAM)
    person = {"activity": "walk to the shop", "hold_minutes": 20, "how_to_take": "swallow", **person}
    office.store.append(case, [office.draft(Kind.PERSON_RECORDED, {"person": person}, NURSE)], expected=None)
    level = {"since": (since or today() - timedelta(days=3)).isoformat(), "dose": dose, "times_per_day": times}
    sign(office, case, level)
    return case


def phone_of(office: Any, case: str) -> Any:
    """A phone let in by the link of an invitation."""
    from titrant.storage.devices import Devices

    made = invite(office, Devices(), case, NURSE, others="keep")
    return enrol(office, Devices(), link=made.link, label="Test phone")


def client_of(token: str) -> Any:
    from django.test import Client

    client = Client()
    client.cookies["phone"] = token
    return client


def of_one_clock(page: Any, at: datetime) -> None:
    """The clinic's clock says what that of the phone says: at first ``at``, then whatever the phone's stands at.

    For a browser without a service worker, whose answers could not be changed here.
    """

    def answer(route: Any) -> None:
        got = route.fetch()
        said = datetime.fromtimestamp(page.evaluate("Date.now()") / 1000, UTC) if "state" in route.request.url else at
        text = re.sub(r'"checked": "[^"]*"', f'"checked": "{said:%Y-%m-%dT%H:%M:%SZ}"', got.text())
        route.fulfill(response=got, body=text)

    page.route(re.compile("/p/(state/)?$"), answer)
