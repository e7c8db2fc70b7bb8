"""A clinic's own rules may be stricter than what is shipped and than the release allows, never looser."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from titrant.knowledge.checking import faults_of_form
from titrant.knowledge.clinic_folder import load_checked
from titrant.knowledge.library import Library
from titrant.terms.errors import KnowledgeError

Changes = dict[str, Any]
PROTOCOL = "protocols/ours/1.yaml"


def ours(library: Library, path: str, like: str, changes: Changes) -> tuple[Library, list[str]]:
    """The shipped knowledge with one file of the clinic: like another, with dotted fields changed. And its faults."""
    tree = deepcopy(library.trees[like])
    for field, value in changes.items():
        *steps, last = field.split(".")
        place = tree
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    added = Library({**library.trees, path: tree}, library.tables, library.approvals, frozenset({path}))
    return added, faults_of_form(added)


def protocol(library: Library, **changes: Any) -> list[str]:
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    return ours(library, PROTOCOL, "protocols/oral-guideline/1.yaml", {"id": "ours", **fields})[1]


def test_a_protocol_like_a_shipped_one_has_no_fault(library: Library) -> None:
    assert protocol(library) == []


LOOSE = [
    ("bounds.single.hard_home.value", "101 mg"),
    ("bounds.single.hard_home.value", "1 g"),
    ("bounds.single.hard_observed.value", "101 mg"),
    ("bounds.daily.hard_with_specialist.value", "401 mg/day"),
    ("bounds.weekly.hard_with_specialist.value", "2801 mg/week"),
    ("bounds.times_per_day.value", 7),
    ("start.times_per_day.value", 7),
    ("start.times_per_day.value", 0),
    ("start.fixed.value", "26 mg"),
    ("start.at_most.value", "61 mg"),
    ("start.at_most.value", "0.01 g"),
    ("start.at_most.value", "-1 mg"),
    ("step.by.value", "0.01 g"),
    ("step.interval.value", "7 mg"),
    ("supply.titration.value", "29 days"),
    ("supply.maintenance.value", "2 months"),
    ("supply.maintenance.value", "10 mg"),
    ("stop_rules", []),
    ("start.reductions", []),
    ("start.first_dose_observed", {"value": False, "source": "titrant-proposal", "status": "sourced"}),
]


@pytest.mark.parametrize(("field", "value"), LOOSE)
def test_a_protocol_that_is_too_loose_has_a_fault(library: Library, field: str, value: object) -> None:
    assert protocol(library, **{field.replace(".", "__"): value})


@pytest.mark.parametrize("number", range(5))
def test_each_reduction_is_needed_and_on_its_own(library: Library, number: int) -> None:
    start = library.trees["protocols/oral-guideline/1.yaml"]["start"]
    without = [one for index, one in enumerate(start["reductions"]) if index != number]
    assert protocol(library, start__reductions=without)
    one = start["reductions"][number]
    both = {"all": [one["when"], {"fact": "frail", "is": "equals", "value": "yes"}, {**one["when"]}]}
    assert protocol(library, start__reductions=[*without, one | {"when": both}])


def test_a_version_that_is_not_chosen_is_checked_too(library: Library) -> None:
    changes = {"version": 2, "bounds.single.hard_home.value": "101 mg"}
    path = "protocols/oral-guideline/2.yaml"
    added, found = ours(library, path, "protocols/oral-guideline/1.yaml", changes)
    assert added.protocols["oral-guideline"].version == 1
    assert found


@pytest.mark.parametrize(("name", "most"), [("capsule", 5), ("oral-solution-10", 11)])
def test_more_pieces_than_the_release_allows_are_a_fault(library: Library, name: str, most: int) -> None:
    changes = {"id": "mine", "most_pieces.value": most}
    assert ours(library, "products/mine.yaml", f"products/{name}.yaml", changes)[1]


def replacing(library: Library, shipped: str, **changes: Any) -> list[str]:
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    own = {"id": "mine", "rule.code": "mine", "replaces": [shipped], **fields}
    return ours(library, "interactions/mine.yaml", f"interactions/{shipped}.yaml", own)[1]


@pytest.mark.parametrize("shipped", ["clarithromycin", "opioids", "ketamine", "rifampin"])
def test_a_shipped_interaction_may_be_replaced_by_one_as_strict(library: Library, shipped: str) -> None:
    assert replacing(library, shipped) == []


def test_a_shipped_interaction_is_not_replaced_by_a_looser_one(library: Library) -> None:
    for name, one in library.interactions.items():
        if one.rule.bars.value != "none":
            assert replacing(library, name, rule__bar="none"), name
        if one.rule.limit:
            assert replacing(library, name, rule__limit={"at_most": "60 mg"}), name
            assert replacing(library, name, rule__limit=None), name
        if one.rule.limit and one.rule.limit.share:
            assert replacing(library, name, rule__limit__share="1/1"), name
        if one.counts:
            assert replacing(library, name, counts=[]), name
        if one.persists:
            assert replacing(library, name, persists=None), name


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    (tmp_path / "drugs").mkdir()
    (tmp_path / "approvals.yaml").write_text("clinic: Ours\nsynthetic: true\napprovals: []\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("row", "good"),
    [
        ("newdrug,,,opioid", True), ("newdrug,,,", False), ("newdrug,,,nothing-known", False),
        ("clarithromycin,,,opioid", False), ("Clarithromycin,,,opioid", False), ("biaxin,,,opioid", False),
        ("newdrug,21212,,opioid", False),
    ],
)  # fmt: skip
def test_a_clinics_table_names_new_drugs_of_known_classes(clinic: Path, row: str, good: bool) -> None:
    (clinic / "drugs" / "our_drugs.csv").write_text(f"name,rxcui,atc,classes\n{row}\n", encoding="utf-8")
    if good:
        assert "newdrug" in load_checked(clinic).drugs.drugs
        return
    with pytest.raises(KnowledgeError) as caught:
        load_checked(clinic)
    assert all((caught.value.place, caught.value.fault, caught.value.why, caught.value.repair))


def test_a_folder_with_approvals_only_is_loaded(clinic: Path) -> None:
    assert load_checked(clinic).protocols


def test_a_faulty_folder_is_refused_with_its_first_faults(library: Library, clinic: Path) -> None:
    tree = deepcopy(library.trees["protocols/oral-guideline/1.yaml"]) | {"id": "ours", "stop_rules": []}
    (clinic / "protocols" / "ours").mkdir(parents=True)
    text = yaml.safe_dump(tree | {"warnings": ["D77", "D78", "D79"]}, allow_unicode=True, width=1000)
    (clinic / "protocols" / "ours" / "1.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"D77.* And 1 more"):
        load_checked(clinic)
