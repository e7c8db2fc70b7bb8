"""Everybody who might knock, each with a browser of their own, and every address with its blanks filled in."""

import hashlib
import secrets
import uuid
from typing import Any

from msgspec import Struct

from tests.web.conftest import TEAM, new_case

CANARY = "Kanarienvogel"  # stands in every field of the patient's record; whoever may not see it must not meet it
OTHER_TEAM = "Team Z (synthetic)"


class Visitor(Struct):
    """Who knocks: their role, whether they belong to the patient's care team, and their browser."""

    name: str
    role: str  # empty: nobody
    own: bool
    client: Any
    person: Any = None  # of staff
    case: str = ""  # of a patient
    in_emergency: bool = False


def everybody(store: Any, staff: Any) -> tuple[str, list[Visitor]]:
    """A case full of canaries, and all who may or may not come near it."""
    case, other = canary_case(store), new_case(store, team=OTHER_TEAM)
    found = [_anonymous(), _patient("patient", case, own=True), _patient("other patient", other, own=False)]
    for role in ("nurse", "pharmacist", "prescriber"):
        found.append(_staff(staff, role, role, (TEAM,), own=True))
        found.append(_staff(staff, f"{role} of another team", role, (OTHER_TEAM,), own=False))
    found += [_in_emergency(store, staff, role, case) for role in ("nurse", "pharmacist", "prescriber")]
    found.append(_staff(staff, "auditor", "auditor", (), own=False))
    found.append(_staff(staff, "administrator", "administrator", (), own=False))
    found.append(_disabled(staff))
    return case, found


def canary_case(store: Any) -> str:
    from titrant.record.events import Draft, Kind

    case = new_case(store, name=f"{CANARY} Example (synthetic)")
    person = {
        "phone": f"{CANARY}-phone", "email": f"{CANARY}@patient.invalid", "address": f"{CANARY} street",
        "activity": f"{CANARY} garden", "how_to_take": f"{CANARY} swallow",
    }  # fmt: skip
    from tests.web.conftest import actor

    now = _now()
    task = {"id": str(uuid.uuid4()), "grade": "now", "code": "red_flag", "why": f"{CANARY} said so"}
    drafts = [
        Draft(Kind.PERSON_RECORDED, {"person": person}, actor("nurse"), now),
        Draft(Kind.TASK_OPENED, task, actor("nurse"), now),
        Draft(Kind.MESSAGE_SENT, {"text": f"{CANARY} writes"}, actor("patient"), now),
    ]
    store.append(case, drafts, expected=None)
    return case


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


class Doorstep:
    """Stands behind the doors: who comes past them is let in, and asked to go no further."""

    def __init__(self, respond: Any) -> None:
        self.respond = respond

    def __call__(self, request: Any) -> Any:
        return self.respond(request)

    def process_view(self, request: Any, *_: Any) -> Any:
        from django.http import HttpResponse

        return HttpResponse(status=204) if "HTTP_X_DOORSTEP" in request.META else None


def browser(**headers: Any) -> Any:
    from django.test import Client

    return Client(raise_request_exception=False, **headers)


def _anonymous() -> Visitor:
    return Visitor("anonymous", "", False, browser())


def _patient(name: str, case: str, *, own: bool) -> Visitor:
    visitor = Visitor(name, "patient", own, browser(), case=case)
    come_back(visitor)
    return visitor


def come_back(visitor: Visitor) -> None:
    """Sign in anew, or enrol another phone."""
    if visitor.person is not None:
        visitor.client.force_login(visitor.person)
    if visitor.case:
        visitor.client.cookies["phone"] = enrolled(visitor.case)


def enrolled(case: str) -> str:
    """The token of a phone that belongs to ``case``."""
    from titrant.storage.models import Device

    token = secrets.token_urlsafe(32)
    Device.objects.create(case=case, token_sha256=hashlib.sha256(token.encode()).hexdigest(), enrolled_at="")
    return token


def _staff(staff: Any, name: str, role: str, teams: tuple[str, ...], *, own: bool) -> Visitor:
    client, one = browser(), staff(role, teams)
    client.force_login(one)
    return Visitor(name, role, own, client, one)


def _in_emergency(store: Any, staff: Any, role: str, case: str) -> Visitor:
    """Of another team, and let in by nothing but an emergency."""
    from titrant.record.events import Draft, Kind
    from titrant.web.sessions import actor_of

    visitor = _staff(staff, f"{role} in an emergency", role, (OTHER_TEAM,), own=False)
    visitor.in_emergency = True
    why = {"reason": "Collapsed in the waiting room"}
    store.append(case, [Draft(Kind.EMERGENCY_ACCESS, why, actor_of(visitor.person), _now())], expected=None)
    return visitor


def _disabled(staff: Any) -> Visitor:
    one, client = staff("nurse", (TEAM,)), browser()
    client.force_login(one)
    one.is_active = False
    one.save()
    return Visitor("disabled", "", True, client)


def address_of(route: Any, case: str, person: str) -> str:
    """The address of a row of the policy table, its blanks filled in."""
    from django.urls import get_resolver, reverse

    possibilities, _, _, converters = get_resolver().reverse_dict.getlist(route.name)[0]
    blanks = possibilities[0][1]
    return reverse(route.name, kwargs={name: _filled(name, converters.get(name), case, person) for name in blanks})


def _filled(name: str, converter: Any, case_id: str, person: str) -> Any:
    if name in ("case", "staff"):
        return case_id if name == "case" else person
    return {"UUIDConverter": str(uuid.uuid4()), "IntConverter": 1}.get(type(converter).__name__, "x")
