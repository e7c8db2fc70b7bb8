"""What every kind of test shares: the shipped knowledge as the demo clinic uses it, and the researched material."""

import os
from itertools import islice, pairwise
from pathlib import Path

import pytest

from titrant.cli.opened import DEMO_CLINIC
from titrant.knowledge.library import Library, load

ROOT = Path(__file__).parent.parent


# Half a minute each: begun first, so that no worker is left alone with them when the others have nothing more to do.
_LONG = ("tests/properties/", "tests/cohort/")


@pytest.hookimpl(trylast=True)  # after what is not asked for was taken out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of what costs most: it is given one stretch of the list, and steals later."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    first = [one for one in items if one.get_closest_marker("whole_clinic")]
    first += [one for one in items if one.nodeid.startswith(_LONG)]
    begun = set(first)
    others = iter([one for one in items if one not in begun])
    bounds = [len(items) * worker // workers for worker in range(workers + 1)]
    ordered: list[pytest.Item] = []
    for worker, (start, end) in enumerate(pairwise(bounds)):
        own = first[worker::workers]
        ordered += [*own, *islice(others, max(end - start - len(own), 0))]
    items[:] = [*ordered, *others]


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
