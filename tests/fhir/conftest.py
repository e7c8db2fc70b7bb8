from collections.abc import Callable
from typing import Any

import pytest

from titrant.fhir.import_bundle import case_from_bundle
from titrant.knowledge.library import SHAPES, SHIPPED, Library, files_below
from titrant.pathway.case import Case
from titrant.terms.reading import read_yaml

from .building import bundle


@pytest.fixture(scope="session")
def library() -> Library:
    """The shipped knowledge as it lies there; that it is sealed is tested with the loader."""
    raw = files_below(SHIPPED)
    trees = {
        path: read_yaml(one).tree
        for path, one in raw.items()
        if path.endswith(".yaml") and path.split("/")[0] in SHAPES
    }
    return Library(trees, {path: one.decode("utf-8") for path, one in raw.items() if path.endswith(".csv")})


@pytest.fixture
def imported(library: Library) -> Callable[..., Case]:
    """The case of a bundle of these resources."""

    def of(*resources: dict[str, Any], **changes: Any) -> Case:
        return case_from_bundle(bundle(*resources, **changes), library)

    return of
