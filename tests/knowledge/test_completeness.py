"""The knowledge is complete, not a sample: every row of the researched tables has its place."""

import re
from datetime import date
from pathlib import Path

import pytest

from titrant.knowledge.library import Library, load
from titrant.knowledge.shapes.interactions import Counts
from titrant.knowledge.shapes.questionnaires import Scoring
from titrant.terms.errors import KnowledgeError


def test_the_five_protocols_are_there_as_drafts_until_a_clinic_approves_them() -> None:
    shipped = load().protocols
    assert set(shipped) == {"oral-guideline", "troche-guideline", "oral-article", "troche-article", "iv-then-oral"}
    assert {one.status.value for one in shipped.values()} == {"draft"}


def test_the_demo_clinic_has_them_in_use_and_says_that_it_is_made_up(library: Library) -> None:
    assert {one.status.value for one in library.protocols.values()} == {"in_use"}
    assert library.approvals is not None
    assert library.approvals.synthetic


def test_the_article_protocols_need_an_explicit_choice_and_carry_all_three_tiers(library: Library) -> None:
    article = library.protocols["troche-article"]
    assert article.explicit_choice
    assert library.protocols["oral-article"].explicit_choice
    spans = [(str(tier.dose_from), str(tier.dose_to)) for tier in article.tiers]
    assert spans == [("10 mg", "30 mg"), ("50 mg", "150 mg"), ("150 mg", "300 mg")]


def test_eighteen_disagreements_are_worded(library: Library) -> None:
    assert set(library.disagreements.disagreements) == {f"D{number}" for number in range(1, 19)}


def test_exactly_one_conversion_is_proposed_and_it_is_not_the_largest(library: Library) -> None:
    ways = library.protocols["iv-then-oral"].conversions
    assert len(ways) >= 4
    assert [str(one.share_from) for one in ways if one.proposed] == ["40 %"]


def test_troches_from_10_to_300_mg_can_be_cut_in_quarters_or_not(library: Library) -> None:
    for name, part in (("troche-quarters", "1/4"), ("troche-whole", "1")):
        product = library.products[name]
        assert product.smallest_part.value == part
        assert {"10 mg", "300 mg"} <= {str(one) for one in product.strengths.values}


def test_both_oral_solutions_warn_of_the_other(library: Library) -> None:
    assert "50 mg/mL" in library.products["oral-solution-10"].warning
    assert "10 mg/mL" in library.products["oral-solution-50"].warning


@pytest.mark.parametrize("name", ["cssrs", "cadss", "icsi", "comm", "ort", "dast10", "moca"])
def test_instruments_under_licence_are_there_by_score_only(library: Library, name: str) -> None:
    form = library.questionnaires[name]
    assert form.scoring is Scoring.SCORE_ONLY
    assert form.items == ()
    assert form.licence


@pytest.mark.parametrize(
    ("name", "items"),
    [("phq9", 9), ("gad7", 7), ("peg", 3), ("pain-nrs", 3), ("pgic", 1), ("sleep", 1), ("activity", 1)],
)
def test_free_questionnaires_are_there_in_full(library: Library, name: str, items: int) -> None:
    assert len(library.questionnaires[name].items) == items


def test_opioids_have_the_cdc_factors(library: Library) -> None:
    factors = {(one.drug, one.per): one.factor for one in library.opioids.factors}
    expected = {
        ("codeine", "mg/day"): "0.15",
        ("tramadol", "mg/day"): "0.2",
        ("tapentadol", "mg/day"): "0.4",
        ("hydrocodone", "mg/day"): "1",
        ("oxycodone", "mg/day"): "1.5",
        ("oxymorphone", "mg/day"): "3",
        ("methadone", "mg/day"): "4.7",
        ("hydromorphone", "mg/day"): "5",
        ("morphine", "mg/day"): "1",
        ("fentanyl", "µg/h"): "2.4",
    }
    assert {
        key: factors[key].rstrip("0").rstrip(".") if "." in factors[key] else factors[key] for key in expected
    } == expected


SECTION_5 = re.compile(r"^## 5\. Interactions(.*?)^## 6\.", re.MULTILINE | re.DOTALL)


def test_every_drug_code_of_the_interaction_tables_leads_to_an_interaction(library: Library, shared: Path) -> None:
    text = SECTION_5.search((shared / "evidence.md").read_text(encoding="utf-8"))
    assert text
    rows = [line for line in text[1].splitlines() if line.startswith("| ")]
    codes = {code for line in rows for code in re.findall(r"\b(\d{3,7}) V\b", line)}
    assert len(codes) > 60
    for code in codes:
        match = library.drugs.resolve(rxnorm=code)
        assert match is not None, code
        assert any(
            match.drug.name in one.drugs or set(one.classes) & set(match.drug.classes)
            for one in library.interactions.values()
        ), match.drug.name


def test_every_interaction_says_what_happens_by_mouth_and_by_vein(library: Library) -> None:
    for one in library.interactions.values():
        assert one.routes.oral.direction
        assert one.routes.parenteral.direction
        assert one.rule.clinician


def test_measured_sizes_are_those_of_the_papers(library: Library) -> None:
    size = {
        name: library.interactions[name].routes.oral
        for name in ("clarithromycin", "grapefruit-juice", "ticlopidine", "rifampin", "itraconazole")
    }
    assert {name: one.auc_ratio for name, one in size.items()} == {
        "clarithromycin": "2.6",
        "grapefruit-juice": "3.0",
        "ticlopidine": "2.4",
        "rifampin": "0.14",
        "itraconazole": "1",
    }
    assert library.interactions["rifampin"].routes.parenteral.auc_ratio == "0.86"
    assert Counts.INHIBITOR not in library.interactions["itraconazole"].counts


def test_past_its_review_date_the_knowledge_says_which_files(library: Library) -> None:
    assert library.past_review(date(2026, 11, 21), ("conditions",)) == []
    late = library.past_review(date(2027, 11, 22), ("conditions",))
    assert "conditions/psychosis.yaml" in late


def test_a_second_file_of_a_single_kind_is_refused(library: Library) -> None:
    trees = {**library.trees, "wording/fr.yaml": library.trees["wording/en.yaml"]}
    with pytest.raises(KnowledgeError, match="2 files"):
        _ = Library(trees, library.tables).wording
