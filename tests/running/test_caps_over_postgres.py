"""Raw rows over the caps of signed regimens, thrown at PostgreSQL (T08)."""

from collections.abc import Iterator

import pytest

from tests.running import postgres
from tests.running.clinic import python
from titrant.app.postgres_roles import granting, making

pytestmark = pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing() or "there is one")


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A clinic on PostgreSQL, and how the program reaches it."""
    with postgres.server() as running:
        running.psql(making("titrant"))
        owner, made = running.url("titrant_owner", "titrant"), tmp_path_factory.mktemp("clinic") / "data"
        done = python(made, "-m", "tests.running.writer", "prepare", TITRANT_DATABASE=owner)
        assert done.returncode == 0, done.stderr[-2000:]
        running.psql(granting("titrant"), "titrant_owner", "titrant")
        yield {"TITRANT_DATABASE": running.url("titrant_program", "titrant")}


@pytest.mark.parametrize("tier", ["not release", pytest.param("release", marks=pytest.mark.release)])
def test_no_row_over_the_caps_stays_in_postgresql(program, tmp_path, tier) -> None:
    # The planted fault needs a table of its own, which this role may not make; it is shown on SQLite.
    options = ("-n", "0", "-q", "-p", "no:cacheprovider", "-m", tier, "-k", "stays")
    done = python(tmp_path, "-m", "pytest", *options, "tests/web/test_caps.py", **program)
    assert done.returncode == 0, done.stdout[-3000:]
