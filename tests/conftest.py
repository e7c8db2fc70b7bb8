"""What every kind of test shares: the shipped knowledge as the demo clinic uses it, and the researched material."""

from pathlib import Path

import pytest

from titrant.cli.opened import DEMO_CLINIC
from titrant.knowledge.library import Library, load

ROOT = Path(__file__).parent.parent


# Half a minute each: begun first, so that no worker is left alone with them when the others have nothing more to do.
_LONG = ("tests/properties/", "tests/cohort/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


@pytest.fixture(scope="session")
def library() -> Library:
    return load(clinic=DEMO_CLINIC)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The researched material beside the checkout; tests that need it are skipped, saying so, where it is not."""
    folder = ROOT.parent / "shared"
    if not (folder / "data" / "drugs.csv").exists():
        pytest.skip("the researched material (../shared) is not beside this checkout")
    return folder
