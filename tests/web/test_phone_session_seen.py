"""The day of a clinic session on a phone with scripts, in a real browser."""

import pytest

from tests.web.phone_cases import on_plan
from tests.web.test_phone_story import fits, kept, phone, tap  # noqa: F401
from tests.web.test_sessions_told import had_session


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_day_of_a_session_needs_no_scrolling(phone, office, language) -> None:  # noqa: F811
    case = on_plan(office, times=3, language=language)
    had_session(office, case)
    page = phone(case)
    page.locator("section.dose").wait_for()
    fits(page)


def test_no_dose_is_asked_for_on_the_day_of_a_session_and_one_that_was_taken_can_be_written(phone, office) -> None:  # noqa: F811
    case = on_plan(office, times=2)
    had_session(office, case)
    page = phone(case)
    page.get_by_text("Take no dose at home on this day").wait_for()
    fits(page)
    assert page.get_by_text("25 mg = 1 and a quarter troches").count() == 0
    assert page.locator("button.primary").inner_text() == "The questions of the day"
    tap(page, "Dose 1: taken")
    tap(page, "The questions of the day")
    tap(page, "4")
    page.get_by_text("not yet sent").wait_for(state="detached")
    assert kept(office, case)[0]["doses"][0]["dose"] == "25 mg"
