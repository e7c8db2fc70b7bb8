"""A clinic of its own for each worker: a data folder, a migrated database, staff of every role. Nothing is deleted
between tests, because facts cannot be; each test makes the patients and staff that it needs."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.web.browser import chromium, live, page_as  # noqa: F401 - fixtures of every test here

_FOLDER = tempfile.mkdtemp(prefix="titrant-web-")
os.environ["TITRANT_DATA"] = str(Path(_FOLDER) / "data")
os.environ["DJANGO_SETTINGS_MODULE"] = "titrant.app.settings"
# Playwright's own loop runs beside the tests, and Django would take them for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
TEAM = "Team A (synthetic)"


@pytest.fixture(scope="session", autouse=True)
def clinic_database() -> Iterator[None]:
    from titrant.app.place import Place

    Place.from_environment().make(synthetic=True)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.conf import settings
    from django.test.utils import override_settings, setup_test_environment, teardown_test_environment

    from tests.web.hashing import AS_IN_THE_CLINIC, LIGHT

    assert settings.PASSWORD_HASHERS == AS_IN_THE_CLINIC
    setup_test_environment()
    with override_settings(PASSWORD_HASHERS=LIGHT):
        yield
    teardown_test_environment()


@pytest.fixture
def office(clinic_database: None) -> Any:
    from titrant.web.wired import office

    return office()


@pytest.fixture
def staff() -> Callable[..., Any]:
    """Makes a member of staff: ``staff("nurse", teams=[...])``."""

    def made(role: str, teams: tuple[str, ...] = (TEAM,), name: str = "") -> Any:
        from titrant.storage.models import Staff, TeamMember

        one = Staff.objects.create(
            email=f"{uuid.uuid4().hex[:12]}@clinic.invalid", name=name or f"{role.title()} (synthetic)", role=role,
            synthetic=True,
        )  # fmt: skip
        TeamMember.objects.bulk_create(TeamMember(staff=one, team=team) for team in teams)
        return one

    return made


@pytest.fixture
def signed_in(staff: Callable[..., Any]) -> Callable[..., Any]:
    """A browser's client with a member of staff signed in: ``signed_in("nurse")``."""

    def made(role: str, teams: tuple[str, ...] = (TEAM,)) -> Any:
        from django.test import Client

        client = Client()
        client.force_login(staff(role, teams))
        return client

    return made


@pytest.fixture
def outside_hours(office: Any) -> Iterator[str]:
    """The clinic says who answers when it is closed, and that it is closed on Sunday."""
    from titrant.clinic.acts.people import change_settings
    from titrant.web.wired import office as opened

    who, before = "Dr Example (synthetic) of the Example Hospital, 555 0100", office.settings
    change_settings(office, actor("administrator"), {"on_call": who, "closed_weekdays": [6]})
    yield who
    back = {"on_call": before.on_call, "closed_weekdays": list(before.closed_weekdays)}
    change_settings(opened(), actor("administrator"), back)


def actor(role: str, name: str = "") -> Any:
    from titrant.record.events import Actor, Role

    return Actor(f"{role}-1", name or f"{role.title()} (synthetic)", Role(role))


def new_case(store: Any, facts: Any = None, name: str = "Ada Example (synthetic)", team: str = TEAM) -> str:
    """A case opened by a nurse, with the facts of a case file's tree if given. Its id."""
    from titrant.record.events import Draft, Kind

    case, nurse, now = str(uuid.uuid4()), actor("nurse"), datetime.now(UTC)
    person = {"name": name, "birth_date": "1974-05-02", "number": case[:8]}
    drafts = [
        Draft(Kind.CASE_OPENED, {}, nurse, now),
        Draft(Kind.PERSON_RECORDED, {"person": person, "set": {"given": {"patient": {"birth_date": "1974-05-02"}}}},
              nurse, now),
        Draft(Kind.TEAMS_SET, {"teams": [team]}, nurse, now),
    ]  # fmt: skip
    if facts:
        drafts.append(Draft(Kind.FACTS_RECORDED, {"set": facts}, nurse, now))
    store.append(case, drafts, expected=0)
    return case
