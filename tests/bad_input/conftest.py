"""A cache of its own, filled once: what is timed here is the refusal, not the first parsing of the knowledge."""

import os

import pytest

from tests.bad_input.door import DEMO, run


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    run("plan", DEMO)
    yield
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before
