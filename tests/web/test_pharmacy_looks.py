"""The pages of pharmacy, stock and protocols in a real browser: they fit, axe finds nothing, a supply is entered."""

import uuid
from datetime import timedelta

import pytest

from tests.web.browser import SIZES, accessible, no_wider
from tests.web.test_pharmacy_pages import LIQUID, signed_case

PAGES = ["/patients/CASE/supply/", "/supplies/", "/stock/", "/protocols/", "/protocols/oral-guideline/1/", "/law/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_is_accessible(page_as, office, size, path) -> None:
    case = signed_case(office) if "CASE" in path else ""
    page = page_as("pharmacist", size)
    assert page.goto(path.replace("CASE", case)).status == 200
    no_wider(page)
    accessible(page)


def test_story_5_by_hand_in_a_browser(page_as, office) -> None:
    """Receive a lot, open the patient, read the answer, enter what was supplied, find the label line."""
    case, lot = signed_case(office), f"L{uuid.uuid4().hex[:6]}"
    page = page_as("pharmacist")
    page.goto("/stock/")
    page.select_option("#product", LIQUID)
    page.fill("#lot", lot)
    page.fill("#beyond", str(office.today + timedelta(days=90)))
    page.fill("#quantity", "100")
    page.click("text=Enter receipt")
    page.goto(f"/patients/{case}/supply/")
    assert page.inner_text(".supply-answer .big").split()[:4] == ["Yes", "21", "mL", "until"]
    page.select_option("#product", LIQUID)
    page.fill("#lot", lot)
    page.fill("#quantity", "21")
    page.check("[name=told]")
    page.get_by_role("button", name="Supplied", exact=True).click()
    assert "Supply entered" in page.inner_text("main")
    page.click("text=Label line; correct")
    assert "21 (twenty-one) mL for 7 days" in page.inner_text(".label-line")
    page.goto("/stock/")
    assert "79 mL" in page.inner_text("main")
