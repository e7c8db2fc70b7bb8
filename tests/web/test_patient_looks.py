"""The patient page in a real browser: it fits, axe finds nothing wrong, and the chart can be read by keyboard."""

import json
import re
from datetime import date, timedelta

import pytest

from tests.web.browser import accessible, no_wider
from tests.web.conftest import new_case
from tests.web.test_patient_page import DAY, facts_of

_ISO = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


def facts_today(name: str, today: date) -> object:
    """The facts of a demo case, moved so that its day is today; birth dates are older than the pattern."""
    later = today - DAY

    def moved(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days=later.days)).isoformat()

    return json.loads(_ISO.sub(moved, json.dumps(facts_of(name))))


@pytest.fixture
def running(office) -> str:
    return new_case(office.store, facts_today("following-ready-for-a-step", office.today))


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("tail", ["", "checks/", "sessions/", "diary/"])
def test_the_pages_of_a_patient_fit_and_are_accessible(page_as, running, size, tail) -> None:
    page = page_as("prescriber", size)
    page.goto(f"/patients/{running}/{tail}")
    no_wider(page)
    accessible(page)


def test_a_new_patient_is_accessible(page_as, office) -> None:
    page = page_as("nurse")
    page.goto(f"/patients/{new_case(office.store)}/")
    accessible(page)


def test_the_chart_is_read_day_by_day_with_the_keyboard(page_as, running) -> None:
    page = page_as("nurse")
    page.goto(f"/patients/{running}/?range=4w")
    page.focus("#chart")
    page.keyboard.press("ArrowLeft")
    last = page.text_content("#readout")
    page.keyboard.press("ArrowLeft")
    before = page.text_content("#readout")
    assert last.split(":")[0] > before.split(":")[0]
    assert "pain 6" in before
    assert "taken: all" in before
