"""Whole files that are no case, through the real command as a process of its own: refused within a second."""

import gzip
import os
import random

import pytest

from tests.bad_input.door import CALM, DEMO, ask, assert_refused, case, run

DEEP = 100_000
LISTS = 100_000

FILES = {
    "empty": (b"", ["case.yaml", "it is empty"]),
    "blank": (b" \n\t\n", ["case.yaml", "it is empty"]),
    "only a comment": (b"# nothing here\n", ["does not hold a case"]),
    "one word": (b"hello\n", ["does not hold a case"]),
    "a list": (b"- a\n- b\n", ["does not hold a case"]),
    "XML": (b'<?xml version="1.0"?><Bundle xmlns="http://hl7.org/fhir"/>', ["XML", "JSON"]),
    "a page": (b"<!DOCTYPE html><html></html>", ["XML or HTML", "JSON"]),
    "binary junk": (random.Random(1).randbytes(4096), ["not UTF-8"]),
    "every byte": (bytes(range(256)), ["not UTF-8"]),
    "packed": (gzip.compress(CALM.encode()), ["not UTF-8"]),
    "UTF-16": (CALM.encode("utf-16"), ["not UTF-8", "Save the file as UTF-8"]),
    "Latin-1": (CALM.replace("Nurse", "Zoë").encode("latin-1"), ["not UTF-8"]),
    "a null byte": (CALM.encode() + b"\x00", ["not valid YAML"]),
    "deep YAML": (b"a: " + b"[" * DEEP, ["line 1", "nested more than 40 deep"]),
    "deep YAML in blocks": ("\n".join(" " * n + "a:" for n in range(2000)).encode(), ["nested more than 40 deep"]),
    "deep YAML, closed": (b"a: " + b"{b: " * DEEP + b"1" + b"}" * DEEP, ["nested more than 40 deep"]),
    "deep JSON": (b'{"a":' * DEEP, ["nested too deeply"]),
    "deep JSON, closed": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, ["nested too deeply"]),
    "deep JSON lists": (b"[" * DEEP + b"]" * DEEP, ["nested too deeply"]),
    "an anchor bomb": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", ["line 1", "anchor or alias"]),
    "a tag that calls": (b'a: !!python/object/apply:os.system ["true"]\n', ["line 1", "the tag", "Remove the tag"]),
    "two documents": (CALM.encode() + b"---\na: 1\n", ["more than one document", "one document in one file"]),
    "wrong indentation": (CALM.replace("  goals:", "   goals:").encode(), ["line 14", "not valid YAML"]),
    "a tab": (CALM.replace("  goals:", "\tgoals:").encode(), ["line 14", "not valid YAML"]),
    "a key that is a list": (b"? [a, b]\n: c\n", ["line 1", "a key is not plain text"]),
    "JSON cut short": (b'{"scenario": "x", "given": {', ["not valid JSON", "line 1"]),
    "JSON with a comma too many": (b'{"scenario": "x",}', ["not valid JSON"]),
    "JSON with a comment": (b'{"scenario": "x"} // y', ["not valid JSON"]),
    "an empty JSON list": (b"[]", ["does not hold a case"]),
    "an empty bundle": (b'{"resourceType": "Bundle"}', ["It is empty", "Export the record again"]),
    "a bundle without entries": (b'{"resourceType": "Bundle", "type": "collection", "entry": []}', ["It is empty"]),
    "a bundle of nobody": (
        b'{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Condition"}}]}',
        ["It holds no Patient"],
    ),
    "a single resource": (b'{"resourceType": "Patient", "birthDate": "1974-05-02"}', ["not a FHIR Bundle"]),
    "a bundle of 100,001 entries": (
        b'{"resourceType": "Bundle", "type": "collection", "entry": [' + b"{}," * LISTS + b"{}]}",
        ["100,001 entries"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_case_is_refused(name, tmp_path):
    raw, words = FILES[name]
    assert_refused(run("plan", case(tmp_path, raw)), *words)


@pytest.mark.parametrize("start", [b"a: b\n", b'{"resourceType": "Bundle", "entry": ['])
def test_a_file_of_fifty_megabytes_is_not_even_read(start, tmp_path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(50_000_000)
    assert_refused(run("plan", path), "50,000,000 bytes", "at most 20,000,000", "one patient, not a population")


def test_a_missing_file_is_named(tmp_path):
    assert_refused(
        run("plan", tmp_path / "nowhere.yaml"), "nowhere.yaml", "No such file", "Check the name and the folder"
    )


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = case(tmp_path, CALM)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert_refused(run("plan", path), "case.yaml", "Permission denied")


@pytest.mark.parametrize("command", ["assess", "screen", "plan", "prescribe", "dispense", "report", "import"])
def test_a_directory_is_no_case(command, tmp_path):
    answer = run(command, tmp_path)
    assert answer.code == 2
    assert "is a directory" in answer.err
    assert "Traceback" not in answer.err


def test_a_device_without_end_is_refused():
    assert_refused(run("plan", "/dev/null"), "it is empty")


@pytest.mark.parametrize("command", ["assess", "screen", "plan", "prescribe", "dispense", "report"])
@pytest.mark.parametrize("name", ["empty", "XML", "binary junk", "deep JSON", "deep YAML", "an empty bundle"])
def test_every_command_on_a_case_refuses_alike(command, name, tmp_path):
    raw, words = FILES[name]
    assert_refused(ask(command, case(tmp_path, raw)), *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", DEMO, "--protocol", "nonsense"], ["'nonsense' is not a protocol", "oral-guideline"]),
        (["paths", "nonsense"], ["'nonsense' is not a protocol", "oral-guideline"]),
    ],
)
def test_a_protocol_that_is_not_there_is_refused_with_those_that_are(words, said):
    assert_refused(run(*words), *said)


@pytest.mark.parametrize("words", [[], ["plan"], ["frobnicate"], ["plan", "--on"], ["plan", DEMO, "--frob"]])
def test_a_wrong_command_line_ends_with_two(words):
    answer = run(*words)
    assert answer.code in (0, 2) if not words else answer.code == 2
    assert "Traceback" not in answer.err
