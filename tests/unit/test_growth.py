"""The harness that tells work in proportion from work that grows with the square finds the square."""

import pytest

from tests.growth import assert_in_proportion


def test_the_square_is_found() -> None:
    with pytest.raises(AssertionError, match="times the work"):
        assert_in_proportion(lambda size: lambda: [sum(range(size)) for _ in range(size)], 400)


def test_what_is_in_proportion_passes() -> None:
    assert_in_proportion(lambda size: lambda: [sum(range(400)) for _ in range(size)], 400)
