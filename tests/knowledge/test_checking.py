"""The checker of the knowledge finds what is planted, and finds nothing in what is shipped."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from titrant.knowledge.checking import faults
from titrant.knowledge.library import Library

TODAY = date(2026, 11, 21)
Tree = dict[str, Any]


def test_the_shipped_knowledge_has_no_fault(library: Library) -> None:
    assert faults(library, TODAY) == []


def planted(library: Library, path: str, change: Callable[[Tree], None]) -> list[str]:
    trees = dict(library.trees)
    trees[path] = deepcopy(trees[path])
    change(trees[path])
    return faults(Library(trees, library.tables, library.approvals), TODAY)


def put(*path: str | int, value: Any) -> Callable[[Tree], None]:
    def change(tree: Tree) -> None:
        place: Any = tree
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


ORAL = "protocols/oral-guideline/1.yaml"
PLANTED = [
    ("a hard bound below the usual one", ORAL, put("bounds", "single", "hard_home", "value", value="40 mg")),
    ("a reduction above the start", ORAL, put("start", "reductions", 0, "at_most", value="15 mg")),
    ("a gap in the missed-dose ladder", ORAL, put("missed_doses", 1, "days_missed", value=[3, 3])),
    ("a source that is not listed", ORAL, put("step", "by", "source", value="somebody-1999")),
    ("a proposal without reasoning", ORAL, put("start", "at_most", "note", value="")),
    (
        "a product of another route",
        ORAL,
        put("products", value=["oral-solution-10", "oral-solution-50", "troche-whole"]),
    ),
    ("a default strength that is not made", ORAL, put("default_strength", value="11 mg/mL")),
    ("a warning that does not exist", ORAL, put("warnings", value=["D99"])),
    ("a text that does not exist", ORAL, put("administration", value="how-to-inhale")),
    ("a fact that does not exist", ORAL, put("start", "reductions", 0, "when", "fact", value="years")),
    ("a unit of another kind", ORAL, put("start", "reductions", 0, "when", "value", value="65 mg")),
    ("a word that nobody can answer", ORAL, put("start", "reductions", 1, "when", "value", value="perhaps")),
    ("a number without its unit", ORAL, put("step", "by", "value", value="10")),
    ("a field that is not known", ORAL, put("step", "bye", value="10 mg")),
    ("an id that is not the file's name", ORAL, put("id", value="oral-other")),
    ("a review date that has passed", ORAL, put("next_review", value="2026-11-20")),
    ("a share that would raise a dose", "interactions/clarithromycin.yaml", put("rule", "limit", "share", value="3/1")),
    ("a drug that is not in the table", "interactions/clarithromycin.yaml", put("drugs", value=["clarithromicin"])),
    ("a file to replace that is not there", "interactions/clarithromycin.yaml", put("replaces", value=["none-such"])),
    ("a class that no file speaks of", "interactions/opioids.yaml", put("classes", value=[])),
    ("a code used twice", "interactions/clarithromycin.yaml", put("rule", "code", value="psychosis_active")),
    ("a wrong check digit", "conditions/stroke.yaml", put("coding", "snomed", 0, "code", value="230690008")),
    ("a monitored fact that does not exist", "monitoring/weight.yaml", put("facts", value=["weigth"])),
    ("a sign that covers no rule", "triage/triage.yaml", put("signs", 0, "covers", value=["stop_nothing"])),
    ("a sign of no band", "triage/triage.yaml", put("signs", 11, "bands", value=["blood_pressure_fine"])),
    ("a sign of no finding", "triage/triage.yaml", put("signs", 11, "findings", value=["blood_pressure_fine"])),
    ("an outcome that opens no line", "triage/triage.yaml", put("outcomes", 2, "opens", value="nowhere")),
    ("two lines of one code", "triage/triage.yaml", put("lines", 0, "code", value="silent")),
    ("an opioid factor for an unknown drug", "opioids/morphine_equivalents.yaml", put("factors", 0, "drug", value="x")),
]


@pytest.mark.parametrize(("what", "path", "change"), PLANTED, ids=[row[0] for row in PLANTED])
def test_a_planted_fault_is_found(library: Library, what: str, path: str, change: Callable[[Tree], None]) -> None:
    assert planted(library, path, change), what


def test_a_missing_file_is_found(library: Library) -> None:
    trees = {path: tree for path, tree in library.trees.items() if path != "products/capsule.yaml"}
    assert faults(Library(trees, library.tables), TODAY)


SET, ANSWER = "pk/racemic.yaml", "response/response.yaml"
PLANTED_NUMBERS = [
    ("a source that is not listed", SET, put("parameters", "v1", "source", value="somebody-1999")),
    ("a source of the whole file", SET, put("source", value="somebody-1999")),
    ("a source of an observation", "pk/observations.yaml", put("studies", 0, "source", value="somebody-1999")),
    ("a source of an effect", "pk/effects.yaml", put("bands", 0, "source", value="somebody-1999")),
    ("a source of the response", ANSWER, put("diagnostics", "largest_rhat", "source", value="somebody-1999")),
    ("a status nobody knows", ANSWER, put("diagnostics", "largest_rhat", "status", value="certain")),
    ("a unit nobody knows", SET, put("parameters", "v1", "unit", value="gallon")),
    ("a proposal without reasoning", SET, put("parameters", "v1", "note", value="")),
    ("a review date that has passed", SET, put("next_review", value="2026-11-20")),
    ("a tie to no interaction", "pk/interactions.yaml", put("drugs", "ticlopidine", "interaction", value="tea")),
    ("a drug to add without a size", "pk/interactions.yaml", put("added_in_forecast", "drugs", value=["tea"])),
]


@pytest.mark.parametrize(("what", "path", "change"), PLANTED_NUMBERS, ids=[row[0] for row in PLANTED_NUMBERS])
def test_a_planted_fault_in_the_numbers_is_found(
    library: Library, monkeypatch: pytest.MonkeyPatch, what: str, path: str, change: Callable[[Tree], None]
) -> None:
    numbers = dict(library.numbers)
    numbers[path] = deepcopy(numbers[path])
    change(numbers[path])
    monkeypatch.setitem(library.__dict__, "numbers", numbers)
    found = faults(library, TODAY)
    assert len(found) == 1, (what, found)
    assert found[0].startswith(path)
