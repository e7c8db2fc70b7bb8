"""Clinic sessions and home doses of one day: the largest published share, and what nobody says stays unknown."""

import copy
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from tests.properties import following_cases as cases
from titrant.clinic.opening import shape_case
from titrant.knowledge.library import Library
from titrant.pathway.review import Review, review
from titrant.pathway.sessions import SessionDay

DAY = "2026-11-18"


def reviewed(library: Library, entry: dict[str, Any] | None, dose: str = "40 mg", on: str = DAY) -> Review:
    """The titrating case with a session on ``on``, the diary entry of that day changed (None: taken away)."""
    tree = copy.deepcopy(next(one for one in cases.bases() if "Two weeks into" in one["scenario"]))
    diary = tree["given"]["diary"]
    place = next(number for number, one in enumerate(diary) if one["day"] == on)
    if entry is None:
        del diary[place]
    else:
        diary[place] = {"day": on, "entered": "same day", **entry}
    tree["given"]["parenteral"] = [{"dose_24h": dose, "route": "intravenous", "on": on, "tolerated": "yes"}]
    case = shape_case(tree, "a case")
    assert case.on is not None
    return review(case, library, case.on)


def session(library: Library, entry: dict[str, Any] | None, **other: Any) -> SessionDay:
    (found,) = reviewed(library, entry, **other).sessions
    return found


@pytest.mark.parametrize(
    ("entry", "took", "home"),
    [
        ({"taken": "all"}, True, "60 mg"),
        ({"taken": "none"}, False, "0 mg"),
        ({"taken": "some"}, True, None),
        ({"doses": [{"what": "taken", "dose": "20 mg"}, {"what": "missed"}]}, True, "20 mg"),
        ({"doses": [{"what": "taken", "dose": "80 mg"}]}, True, "80 mg"),  # more than signed counts as it was taken
        ({"doses": [{"what": "taken"}]}, True, None),
        ({"doses": [{"what": "missed"}] * 3}, False, "0 mg"),
        ({"doses": [{"what": "missed"}]}, None, None),  # of the other two nobody says
        ({"pain": {"average": 6}}, None, None),
        (None, None, None),
    ],
)
def test_what_was_taken_at_home(library: Library, entry: dict[str, Any] | None, took: bool | None, home: str) -> None:
    found = session(library, entry)
    assert found.took is took
    assert (str(found.home) if found.home is not None else None) == home
    assert (found.together is None) is (home is None)


def test_the_largest_published_share_is_taken(library: Library) -> None:
    shares = [one.share_to.value for protocol in library.protocols.values() for one in protocol.conversions]
    found = session(library, {"taken": "all"})
    assert found.by is not None
    assert found.by.share_to.value == max(shares)
    assert str(found.equivalent) == "40 mg"
    assert str(found.together) == "100 mg"


def test_without_a_published_share_there_is_no_sum(library: Library) -> None:
    found = structs.replace(session(library, {"taken": "all"}), by=None)
    assert found.equivalent is None
    assert found.together is None


def test_a_session_before_the_course_is_no_part_of_it(library: Library) -> None:
    assert reviewed(library, {"pain": {"average": 7}}, on="2026-11-05").sessions == ()
    assert [one.on for one in reviewed(library, {"taken": "all"}, on="2026-11-07").sessions] == [date(2026, 11, 7)]
