"""What every kind of test shares: the shipped knowledge as the demo clinic uses it, and the researched material."""

import os
from pathlib import Path

import pytest

from titrant.cli.opened import DEMO_CLINIC
from titrant.knowledge.library import Library, load

ROOT = Path(__file__).parent.parent


# Half a minute each: begun first, so that no worker is left alone with them when the others have nothing more to do.
_LONG = ("tests/properties/", "tests/cohort/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of what costs most: it is given one stretch of the list, and steals later."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    whole = [one for one in items if one.get_closest_marker("whole_clinic")]
    rest = [one for one in items if not one.get_closest_marker("whole_clinic")]
    long, short = ([one for one in rest if one.nodeid.startswith(_LONG) is is_long] for is_long in (True, False))
    stretch = -(-len(short) // workers)
    items[:] = [
        one
        for worker in range(workers)
        for one in (
            *whole[worker::workers],
            *long[worker::workers],
            *short[worker * stretch : (worker + 1) * stretch],
        )
    ]


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
