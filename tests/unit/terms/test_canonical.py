"""Canonical JSON after RFC 8785, with the published examples for text and for the order of keys."""

import hashlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from titrant.terms import canonical
from titrant.terms.canonical import canonical_json, sha256_of


def test_rfc_8785_section_3_2_2_text_and_literals():
    content = {"string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    assert canonical_json(content) == (
        b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_rfc_8785_section_3_2_3_keys_in_the_order_of_utf_16():
    content = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    order = [
        "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]  # fmt: skip
    text = canonical_json(content).decode("utf-8")
    assert sorted(order, key=text.index) == order
    # By code point the emoji would come last: this is what the order of UTF-16 code units is about.
    assert text.index("Emoji") < text.index("Hebrew")


def test_the_escapes_of_rfc_8785():
    assert canonical_json('\b\t\n\f\r"\\\u0000\u001f/\u007f') == b'"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f/\x7f"'


def test_no_space_is_left_and_inner_objects_are_ordered_too():
    assert canonical_json({"b": [{"d": 1, "c": 2}], "a": {"z": {}, "y": []}}) == (
        b'{"a":{"y":[],"z":{}},"b":[{"c":2,"d":1}]}'
    )


def test_lists_keep_their_order_and_tuples_are_lists():
    assert canonical_json([3, 1, 2]) == canonical_json((3, 1, 2)) == b"[3,1,2]"
    assert canonical_json([{"b": 1, "a": ({"d": 0, "c": 0},)}]) == b'[{"a":[{"c":0,"d":0}],"b":1}]'


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53 - 1), 0, 1, -1])
def test_whole_numbers_within_the_exact_range_are_kept(number):
    assert canonical_json(number) == str(number).encode()


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_whole_numbers_beyond_the_exact_range_are_refused(number):
    with pytest.raises(TypeError) as refused:
        canonical_json(number)
    assert str(refused.value) == f"$: {number} is too large for an exact JSON number; write it as text"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (1.0, "$: float has no canonical form; write amounts as text"),
        (Decimal(1), "$: Decimal has no canonical form; write amounts as text"),
        ({"dose": [1, 2.5]}, "$.dose[1]: float has no canonical form; write amounts as text"),
        ({"a": {"b": (0, b"x")}}, "$.a.b[1]: bytes has no canonical form; write amounts as text"),
        ({1: "a"}, "$: dict has no canonical form; write amounts as text"),
        ({"a": {None: 1}}, "$.a: dict has no canonical form; write amounts as text"),
        ({"a": {1, 2}}, "$.a: set has no canonical form; write amounts as text"),
        ({"n": [2**60]}, f"$.n[0]: {2**60} is too large for an exact JSON number; write it as text"),
    ],
)
def test_what_is_not_plain_is_refused_by_its_place(content, message):
    with pytest.raises(TypeError) as refused:
        canonical_json(content)
    assert str(refused.value) == message


def test_the_hash_is_that_of_the_canonical_bytes():
    assert sha256_of({"b": 1, "a": "µg"}) == hashlib.sha256('{"a":"µg","b":1}'.encode()).hexdigest()


def test_the_same_content_has_one_hash_whatever_its_order():
    assert sha256_of({"b": 1, "a": 2}) == sha256_of({"a": 2, "b": 1})
    assert sha256_of({"a": 2, "b": 1}) != sha256_of({"a": 1, "b": 2})


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
_OTHER = (
    st.floats() | st.decimals() | st.dates() | st.binary(max_size=3) | st.tuples(st.integers(), st.text(max_size=2))
)


@settings(max_examples=400)
@given(_PLAIN | st.lists(_PLAIN | _OTHER, max_size=3) | st.dictionaries(st.integers() | st.text(max_size=2), _OTHER))
def test_what_is_written_at_once_is_what_care_would_write(content):
    """The quick way gives the same bytes or none, and what care refuses it never takes."""
    try:
        written = canonical._with_care(content)
    except (TypeError, UnicodeEncodeError):
        written = None
    assert canonical._at_once(content) in (written, None)


def test_the_quick_way_is_the_usual_one():
    entry = {
        "day": "2026-11-20",
        "doses": [{"what": "taken", "dose": "20 mg"}],
        "pain": {"average": 5},
        "note": "été €",
    }
    assert canonical._at_once(entry) == canonical._with_care(entry)
