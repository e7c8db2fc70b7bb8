"""The one door for outside bytes: JSON and strict YAML become a plain tree, or a refusal with line and repair."""

from decimal import Decimal

import pytest
import yaml

from titrant.terms.reading import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    Unreadable,
    is_plain_text,
    read_json,
    read_yaml,
    text_of,
)

# Bytes, what is wrong, what to do, line (0: not known). Both doors share these.
UNREADABLE = [
    (b"", "it is empty", "Give a case file (YAML) or a FHIR R4 Bundle (JSON).", 0),
    (b" \n\t\r\n", "it is empty", "Give a case file (YAML) or a FHIR R4 Bundle (JSON).", 0),
    (b"abc\xff", "byte 3 is not UTF-8 text", "Save the file as UTF-8.", 0),
    ("a: 1".encode("utf-16"), "byte 0 is not UTF-8 text", "Save the file as UTF-8.", 0),
    (b"<Bundle/>", "it is XML or HTML", "Only JSON and YAML are read; ask for the JSON form.", 0),
    (b" \n <html>", "it is XML or HTML", "Only JSON and YAML are read; ask for the JSON form.", 0),
    (b"\xef\xbb\xbf<Bundle/>", "it is XML or HTML", "Only JSON and YAML are read; ask for the JSON form.", 0),
]
BAD_YAML = [
    (b"a: 1\n---\nb: 2\n", "it holds more than one document", "Keep one document in one file.", 2),
    (b"a: &x 1\n", "it uses an anchor or alias", "Write the value out.", 1),
    (b"x: 1\na: &x [1]\n", "it uses an anchor or alias", "Write the value out.", 2),
    (b"a: &x {b: 1}\n", "it uses an anchor or alias", "Write the value out.", 1),
    (b"a: 1\nb: *a\n", "it uses an anchor or alias", "Write the value out.", 2),
    (b"a: !!str 1\n", "it uses the tag tag:yaml.org,2002:str", "Remove the tag.", 1),
    (b"\na: !weight 1\n", "it uses the tag !weight", "Remove the tag.", 2),
    (b"a: !!set {b}\n", "it uses the tag tag:yaml.org,2002:set", "Remove the tag.", 1),
    (b"a: !list [b]\n", "it uses the tag !list", "Remove the tag.", 1),
    (b"a: 1\na: 2\n", "the key 'a' stands twice in one place", "Keep one of them.", 2),
    (b"a:\n  b: 1\n  c: 2\n  b: 3\n", "the key 'b' stands twice in one place", "Keep one of them.", 4),
    (b"'a': 1\n\"a\": 2\n", "the key 'a' stands twice in one place", "Keep one of them.", 2),
    (b"? [a, b]\n: c\n", "a key is not plain text", "Keys are words.", 1),
    (b"x: 1\n? {a: b}\n: c\n", "a key is not plain text", "Keys are words.", 2),
    (b"a: {b: 1\n", "it is not valid YAML: did not find expected ',' or '}'",
     "Check indentation, colons and quotes near this line.", 2),
    (b"a: 1\n\tb: 2\n", "it is not valid YAML: found a tab character that violates indentation",
     "Check indentation, colons and quotes near this line.", 2),
    (b"a: 1\nb: @c\n",
     "it is not valid YAML: a tab, or a sign that YAML keeps for itself; indent with spaces, put such words in quotes",
     "Check indentation, colons and quotes near this line.", 2),
    (b"a: 1\x00\n", "it is not valid YAML: it is not readable",
     "Check indentation, colons and quotes near this line.", 0),
]  # fmt: skip
BAD_JSON = [
    (b'{"mg":50,"mg":500}', "the key 'mg' stands twice in one object",
     "Keep one of them; nobody can know which is meant.", 0),
    (b'[{"a":1,"b":2,"c":3,"b":4}]', "the key 'b' stands twice in one object",
     "Keep one of them; nobody can know which is meant.", 0),
    (b'{"a":NaN}', "NaN is not a number", "Write the measured value, or leave the entry out.", 0),
    (b'{"a":Infinity}', "Infinity is not a number", "Write the measured value, or leave the entry out.", 0),
    (b'{"a":-Infinity}', "-Infinity is not a number", "Write the measured value, or leave the entry out.", 0),
    (b'{"a":1e400}', "the number 1e400 is too large or too long to be a measurement", "Correct the value.", 0),
    (b'{"a":1e10}', "the number 1e10 is too large or too long to be a measurement", "Correct the value.", 0),
    (b'{"a":1234567890123}', "the number 1234567890123 is too large or too long to be a measurement",
     "Correct the value.", 0),
    (b'{"a":' + b"7" * 5000 + b"}",
     "the number 77777777777777777777\u2026 is too large or too long to be a measurement", "Correct the value.", 0),
    (b'{"a":' + b"7" * 20 + b"}", "the number 77777777777777777777 is too large or too long to be a measurement",
     "Correct the value.", 0),
    (b'{"a":' + b"7" * 21 + b"}", "the number 77777777777777777777\u2026 is too large or too long to be a measurement",
     "Correct the value.", 0),
    (b'{\n"a": .5}', "it is not valid JSON: Expecting value", "Export it again; do not edit it by hand.", 2),
    (b'{"a":\n5.}', "it is not valid JSON: Expecting ',' delimiter", "Export it again; do not edit it by hand.", 2),
    (b'{"a":1} x', "it is not valid JSON: Extra data", "Export it again; do not edit it by hand.", 1),
    (b'{"a":' * 100_000, "it is nested too deeply to be a record", "Check how the file was made.", 0),
    (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply to be a record", "Check how the file was made.", 0),
]  # fmt: skip


def refusal(read, raw):
    with pytest.raises(Unreadable) as refused:
        read(raw)
    error = refused.value
    assert str(error) == error.fault
    return error.fault, error.repair, error.line


@pytest.mark.parametrize(("raw", "fault", "repair", "line"), UNREADABLE + BAD_YAML)
def test_yaml_that_is_refused_says_where_and_what_to_do(raw, fault, repair, line):
    assert refusal(read_yaml, raw) == (fault, repair, line)


@pytest.mark.parametrize(("raw", "fault", "repair", "line"), UNREADABLE + BAD_JSON)
def test_json_that_is_refused_says_where_and_what_to_do(raw, fault, repair, line):
    assert refusal(read_json, raw) == (fault, repair, line)


def test_a_file_of_the_longest_size_is_read_and_one_byte_more_is_not():
    assert MAX_BYTES == 20_000_000
    longest = b"a: " + b"b" * (MAX_BYTES - 3)
    assert len(text_of(longest)) == MAX_BYTES
    assert refusal(text_of, longest + b"b") == (
        "it has 20,000,001 bytes; at most 20,000,000 are read",
        "Export one patient, not a population.",
        0,
    )


def test_a_mark_at_the_beginning_is_not_part_of_the_text():
    assert text_of(b"\xef\xbb\xbfa: 1") == "a: 1"
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_letters_beyond_ascii_are_read():
    assert read_yaml("name: Zoë µg/h".encode()).tree == {"name": "Zoë µg/h"}
    assert read_json('{"name": "Zoë µg/h"}'.encode()) == {"name": "Zoë µg/h"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("7", 7), ("70", 70),
        ("999999999", 999_999_999), ("1234567890", "1234567890"), ("007", "007"), ("-5", "-5"), ("+5", "+5"),
        ("1.5", "1.5"), ("1e3", "1e3"), ("0x10", "0x10"), ("0o7", "0o7"), (".inf", ".inf"), (".nan", ".nan"),
        ("yes", "yes"),
        ("no", "no"), ("on", "on"), ("off", "off"), ("True", "True"), ("NULL", "NULL"), ("2026-11-21", "2026-11-21"),
        ("12:30", "12:30"), ("1_000", "1_000"), ("70 kg", "70 kg"), ("'true'", "true"), ('"7"', "7"), ("''", ""),
        ("'null'", "null"), ('"~"', "~"), ("７", "７"), ("! true", True),
    ],
)  # fmt: skip
def test_yaml_guesses_nothing_but_truth_null_and_whole_numbers(written, read):
    found = read_yaml(f"a: {written}\n".encode()).tree["a"]
    assert found == read
    assert type(found) is type(read)


def test_text_over_several_lines_is_text():
    assert read_yaml(b"a: >-\n  one\n  two\nb: |\n  7\n").tree == {"a": "one two", "b": "7\n"}


def test_a_tree_of_lists_and_objects_is_read_in_order():
    raw = b"b:\n  - 1\n  - {c: [x, {d: null}], e: {}}\n  - []\na: z\n"
    tree = read_yaml(raw).tree
    assert tree == {"b": [1, {"c": ["x", {"d": None}], "e": {}}, []], "a": "z"}
    assert list(tree) == ["b", "a"]


@pytest.mark.parametrize(
    ("raw", "tree"), [(b"- a\n- 2\n", ["a", 2]), (b"word\n", "word"), (b"7", 7), (b"# nothing\n", None)]
)
def test_a_document_need_not_be_an_object(raw, tree):
    assert read_yaml(raw).tree == tree


def test_the_same_key_may_stand_in_two_places():
    assert read_yaml(b"a: {x: 1}\nb: {x: 2}\nx: 3\n").tree == {"a": {"x": 1}, "b": {"x": 2}, "x": 3}


def test_a_key_is_always_text_and_an_empty_value_is_none():
    assert read_yaml(b"true: 1\n7: 2\nnull:\n").tree == {"true": 1, "7": 2, "null": None}


def test_every_place_of_a_document_has_its_line():
    document = read_yaml(b"# first\na: 1\nb:\n  - x\n  - c: 2\n    d:\n      - 3\n")
    assert document.lines == {"a": 2, "b": 3, "b.0": 4, "b.1": 5, "b.1.c": 5, "b.1.d": 6, "b.1.d.0": 7}


def test_a_place_without_a_line_has_that_of_its_nearest_parent():
    document = read_yaml(b"# first\na: 1\nb:\n  - x\n  - c: 2\n")
    assert document.line_of("b.1.c") == 5
    assert document.line_of("b.1.unknown.deeper") == 5
    assert document.line_of("b.7") == 3
    assert document.line_of("a") == 2
    assert document.line_of("unknown") == 1
    assert document.line_of("") == 1
    assert Document({}, {}).line_of("a.b") == 1


def test_yaml_is_read_to_the_deepest_allowed_level_and_no_deeper():
    assert MAX_DEPTH == 40
    tree = read_yaml(b"[" * 40 + b"]" * 40).tree
    for _ in range(39):
        (tree,) = tree
    assert tree == []
    assert refusal(read_yaml, b"[" * 41 + b"]" * 41) == (
        "it is nested more than 40 deep",
        "Check how the file was made.",
        1,
    )
    assert refusal(read_yaml, b"\na: " + b"[" * 100_000)[2] == 2


HIDDEN_SIGNS = ["\x1b", "\x00", "\x7f", "\x85", "\r", "\u2028", "\u2029", "\ud800", "\udfff", "\u202a", "\u202b",
                "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "place"),
    [(b"a:\n  b: [" + b"c, " * 200_000, " (the last of them under a.b)"), (b"- c\n" * 200_000, "")],
)
def test_too_many_entries_are_refused_where_they_stand(raw, place):
    fault, repair, line = refusal(read_yaml, raw)
    assert fault == f"it has more than 200,000 entries{place}; at most 200,000 are read"
    assert repair == "Give one patient's case in one file."
    assert line == (2 if place else 199_998)


@pytest.mark.parametrize("sign", HIDDEN_SIGNS, ids=ascii)
def test_a_sign_that_cannot_be_seen_is_no_plain_text(sign):
    assert not is_plain_text(sign)
    assert not is_plain_text(f"a{sign}b")


@pytest.mark.parametrize(
    "text", ["", "a b", "X\nX", "a\nb", "a\tb", "Zoë µg/h", "🙂", "\u200c", "\u00a0", "\ufeff", "\u00ad"], ids=ascii
)
def test_what_can_be_shown_is_plain_text(text):
    assert is_plain_text(text)


@pytest.mark.parametrize("raw", [b'a: 1\nb: "\\x1b[31m"\n', b'a: 1\n"\\0": 1\n', b'a: 1\nb: ["\\u202e"]\n'])
def test_yaml_that_hides_something_is_refused_with_its_line(raw):
    assert refusal(read_yaml, raw) == (
        "it holds a control character, a direction character or half a character",
        "Type the text again, without what cannot be seen.",
        2,
    )


@pytest.mark.parametrize("key", ["<<", "'<<'"])
def test_a_merge_key_is_refused(key):
    refused = refusal(read_yaml, f"a: 1\n{key}: {{b: 2}}\n".encode())
    assert refused == ("it uses the merge key '<<'", "Write the fields out where they belong.", 2)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0", 0), ("7", 7), ("999999999", 999_999_999), ("1234567890", Decimal(1234567890)), ("-5", Decimal(-5)),
        ("1.5", Decimal("1.5")), ("0.10", Decimal("0.10")), ("-0.0", Decimal("-0.0")), ("70.0", Decimal("70.0")),
        ("1e2", Decimal(100)), ("1.5E-3", Decimal("0.0015")), ("1e+9", Decimal("1e9")),
        ("123456789012", Decimal(123456789012)), ("1e0", Decimal(1)), ("2E-0", Decimal(2)),
        ("0." + "1" * 24, Decimal("0." + "1" * 24)),
        ("68.038855500000001", Decimal("68.038855500000001")),
    ],
)  # fmt: skip
def test_json_numbers_are_whole_or_exact_decimals(written, read):
    found = read_json(f'{{"a": {written}}}'.encode())["a"]
    assert found == read
    assert type(found) is type(read)


def test_a_json_number_has_at_most_forty_characters():
    forty = "123456789012." + "1" * 24 + "e+1"
    assert read_json(f"[{forty}]".encode()) == [Decimal(forty)]
    assert refusal(read_json, f"[-{forty}]".encode())[1] == "Correct the value."


@pytest.mark.parametrize("written", ["0." + "1" * 25, "1" * 13 + ".5", "1e-10", "1e12", "9" * 41, "0." + "0" * 39])
def test_json_numbers_that_no_instrument_gives_are_refused(written):
    fault, repair, _ = refusal(read_json, f'{{"a": {written}}}'.encode())
    assert fault.startswith("the number ")
    assert fault.endswith(" is too large or too long to be a measurement")
    assert repair == "Correct the value."


def test_json_words_keep_their_types():
    assert read_json(b'{"a": true, "b": false, "c": null, "d": "7", "e": [1, {}]}') == {
        "a": True, "b": False, "c": None, "d": "7", "e": [1, {}],
    }  # fmt: skip


def test_yaml_is_read_where_the_fast_library_is_missing(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_yaml(b"a: [1, {b: two}]\n").tree == {"a": [1, {"b": "two"}]}
    assert refusal(read_yaml, b"a: 1\na: 2\n") == ("the key 'a' stands twice in one place", "Keep one of them.", 2)


def test_a_document_does_not_change():
    with pytest.raises(AttributeError, match="immutable"):
        read_yaml(b"a: 1\n").tree = {}
