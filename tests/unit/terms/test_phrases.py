"""Small helps for messages."""

import pytest

from titrant.terms.phrases import did_you_mean, with_article


@pytest.mark.parametrize(
    ("written", "known", "said"),
    [
        ("lbs", ("kg", "lb"), " Did you mean lb?"),
        ("KG", ("kg", "lb"), " Did you mean kg?"),
        ("ml", ("mL", "mg"), " Did you mean mL?"),
        ("goles", ["goals", "diary"], " Did you mean goals?"),
        ("goles", ["diary", "goal", "goals"], " Did you mean goals?"),
        ("furlong", ("kg", "lb"), ""),
        ("", ("kg",), ""),
        ("weight", (), ""),
        ("a" * 60, ("a" * 60,), f" Did you mean {'a' * 60}?"),
        ("a" * 59 + "b" * 1000, ("a" * 59 + "b",), f" Did you mean {'a' * 59}b?"),
        ("b" * 45 + "a" * 1000, ("a" * 60,), ""),
        # Sixty signs are compared: at fifty-nine the first would not be near, at sixty-one the second would be.
        ("b" * 30 + "a" * 100, ("a" * 40,), f" Did you mean {'a' * 40}?"),
        ("b" * 31 + "a" * 100, ("a" * 37,), ""),
    ],
)
def test_the_nearest_known_name_is_offered(written, known, said):
    assert did_you_mean(written, known) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("enzyme activity", "an enzyme activity"), ("interval", "an interval"), ("drug mass", "a drug mass"),
        ("hormone activity", "a hormone activity"), ("age", "an age"), ("ounce", "an ounce"), ("ulcer", "an ulcer"),
        ("Xylitol", "a Xylitol"),
        ("", "a "),
    ],
)  # fmt: skip
def test_the_article_follows_the_first_letter(words, said):
    assert with_article(words) == said
