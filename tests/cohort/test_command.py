"""``titrant cohort`` as people use it: the page, the JSON, the CSV, the picture, and what wrong input is told."""

import csv
import json

import pytest
from click.testing import CliRunner

from titrant.cli.main import main

SMALL = ("--patients", "60", "--workers", "1", "--on", "2026-11-23")


def asked(*words: str) -> object:
    return CliRunner().invoke(main, ["cohort", *words])


def test_the_page_says_what_it_is_and_is_not():
    found = asked("oral-guideline", *SMALL, "--compare", "none")
    assert found.exit_code == 0, found.output
    assert "60 virtual patients" in found.output
    assert "hard-limit breaches 0" in found.output
    assert "not evidence" in found.output
    assert "B less A, same patients" in found.output


def test_json_csv_and_picture(tmp_path):
    table, picture = tmp_path / "people.csv", tmp_path / "cohort.svg"
    found = asked("troche-guideline", *SMALL, "--json", "--csv", str(table), "--plot", str(picture))
    data = json.loads(found.output)
    assert data["arms"][0]["figures"]["visits"]["people"] == data["arms"][0]["started"]
    assert data["arms"][0]["hard_limit_breaches"] == 0
    assert len(list(csv.DictReader(table.open()))) == 60
    assert picture.read_text().startswith("<svg")


def test_one_question_one_answer(tmp_path):
    one, other = (asked("oral-guideline", *SMALL, "--json").output for _ in range(2))
    assert one == other
    kept = tmp_path / "kept"
    first, again = (asked("oral-guideline", *SMALL, "--json", "--resume", str(kept)).output for _ in range(2))
    assert first == again == one


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("no-such-protocol",), 11, "neither a protocol"),
        (("oral-guideline", "--compare", "guess"), 11, "neither a protocol of this clinic nor a policy"),
        (("oral-guideline", "--world", "mars"), 11, "is not a world"),
        (("oral-guideline", "--policy", "luck"), 2, "Invalid value"),
        (("oral-guideline", "--patients", "0"), 2, "Invalid value"),
        (("oral-guideline", "--weeks", "99"), 2, "Invalid value"),
        (("oral-guideline", "--plot", "picture.bmp"), 2, "svg"),
        (("oral-guideline", "--csv", "/no/such/folder/x.csv"), 11, "does not exist"),
        (("oral-guideline", "--on", "2030-01-01"), 10, "past"),
    ],
)
def test_wrong_input_is_told_what_to_do(words, code, said):
    found = asked(*words, *(() if "--on" in words or "--patients" in words else SMALL))
    assert found.exit_code == code, found.output
    assert said in found.output
    assert "Traceback" not in found.output


def test_a_changed_question_does_not_go_on_from_the_file(tmp_path):
    kept = tmp_path / "kept"
    assert asked("oral-guideline", *SMALL, "--resume", str(kept)).exit_code == 0
    found = asked("oral-guideline", *SMALL, "--seed", "5", "--resume", str(kept))
    assert found.exit_code == 13
    assert "another question" in found.output
