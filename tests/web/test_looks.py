"""Pages in a real browser: nothing scrolls sideways, and axe finds nothing wrong."""

import pytest

from tests.web.browser import SIZES, accessible, no_wider


@pytest.mark.parametrize("size", SIZES)
def test_the_worklist_fits_and_is_accessible(page_as, size) -> None:
    page = page_as("nurse", size)
    page.goto("/")
    no_wider(page)
    accessible(page)


def test_a_page_without_a_name_for_its_field_is_found(page_as) -> None:
    """The planted fault: what checks accessibility can fail."""
    page = page_as("nurse")
    page.goto("/")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        accessible(page)
