"""``titrant simulate CASE``: the levels of a plan and what they would give, never more than a forecast."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tests.test_scenarios import expected, knowledge
from titrant.cli.main import main
from titrant.clinic.desk import Desk
from titrant.clinic.telling_forecast import chance_words, forecast_page
from titrant.pathway import simulate
from titrant.pkpd import shipped

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo"
PEOPLE = ("--patients", "200")


def ask(*words: str):
    return CliRunner().invoke(main, ["simulate", *words])


def forecast(name: str, *words: str) -> dict:
    answer = ask(str(DEMO / name), *PEOPLE, "--json", *words)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def middle(found: dict, level: int, case: str, output: str = "ketamine", figure: str = "cmax") -> float:
    return found["levels"][level]["cases"][case][output][figure]["quantiles"]["50"]


def test_every_level_of_a_proposed_plan_is_forecast_in_every_case():
    found = forecast("crps-everything-known.yaml")
    plan = json.loads(CliRunner().invoke(main, ["plan", str(DEMO / "crps-everything-known.yaml"), "--json"]).stdout)
    assert [one["regimen"]["dose_mg"] for one in found["levels"]] == [one["dose_mg"] for one in plan["ladder"]]
    assert found["standing"] == "proposed"
    assert found["permission"] is False
    assert found["status"] == "proposal"
    assert found["added"] == "clarithromycin"
    for one in found["levels"]:
        assert set(one["cases"]) == {"as planned", "missed", "doubled", "changed"}
        chances = {case: row["chance_above"] for case, row in one["cases"].items()}
        assert chances["missed"] <= chances["as planned"] <= min(chances["doubled"], chances["changed"])
        assert one["warnings"][0] == "racemic: status proposal; model, not measurement."
    assert middle(found, 1, "as planned") == pytest.approx(2 * middle(found, 0, "as planned"))
    assert any("extrapolation" in line for line in found["levels"][0]["warnings"])


def test_a_drug_on_the_list_is_in_every_figure_and_is_not_added_again():
    found = forecast("older-with-clarithromycin.yaml")
    assert found["added"] == "ticlopidine"
    assert any(one["code"] == "forecast_drug" for one in found["notes"])
    without = forecast("crps-everything-known.yaml")
    per_mg = [
        middle(one, 0, "as planned", figure="auc_day") / float(one["levels"][0]["regimen"]["dose_mg"])
        for one in (found, without)
    ]
    assert 2.3 < per_mg[0] / per_mg[1] < 3.5
    refused = ask(str(DEMO / "older-with-clarithromycin.yaml"), "--with", "clarithromycin")
    assert refused.exit_code == 2
    assert "takes it already" in refused.output


def test_what_the_model_does_not_know_is_said():
    found = forecast("unknown-drug.yaml")
    assert found["standing"] == "would_be"
    assert len(found["levels"]) == 1
    assert "forecast_drug_unknown" in [one["code"] for one in found["notes"]]
    text = ask(str(DEMO / "unknown-drug.yaml"), *PEOPLE).output
    assert text.startswith("FORECAST of what is NOT A PROPOSAL")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("child_pugh: none", "child_pugh: A", "forecast_liver"),
        ("child_pugh: none", "", "forecast_liver_unknown"),
        ("medications: {reviewed_on: 2026", "medications: {reviewed_on: 2024", "forecast_drugs_not_reconciled"),
    ],
)
def test_what_is_known_of_the_person_goes_in_or_is_said_to_be_missing(tmp_path, old, new, code):
    text = (DEMO / "crps-everything-known.yaml").read_text(encoding="utf-8")
    case = tmp_path / "case.yaml"
    case.write_text(changed(text, old, new), encoding="utf-8")
    answer = ask(str(case), *PEOPLE, "--json")
    assert answer.exit_code == 0, answer.output
    assert code in [one["code"] for one in json.loads(answer.stdout)["notes"]]


def test_a_model_without_a_liver_adds_no_inhibitor_and_says_so():
    found = forecast("crps-everything-known.yaml", "--model", "racemic-k1")
    assert found["added"] is None
    assert set(found["levels"][0]["cases"]) == {"as planned", "missed", "doubled"}
    assert "forecast_none_added" in [one["code"] for one in found["notes"]]


def test_no_chance_is_counted_where_the_band_is_of_another_blood():
    found = forecast("crps-everything-known.yaml", "--model", "racemic-k1")
    assert found["counted"] is None
    assert "racemic-k1 is of racemic, arterial disposition" in found["why_not_counted"]
    assert found["levels"][0]["cases"]["doubled"]["chance_above"] is None
    rows = csv.DictReader(io.StringIO(ask(str(DEMO / "crps-everything-known.yaml"), *PEOPLE, "--model", "racemic-k1",
                                          "--csv").stdout))  # fmt: skip
    assert {row["chance_above"] for row in rows} == {""}


def test_a_chance_is_said_no_more_exactly_than_it_is_known_and_what_it_leaves_out():
    known = SimpleNamespace(why_uncounted="", asked=simulate.Asked(people=1000))
    shares = (0.0, 0.004, 0.034, 0.368, 0.996, 1.0)
    said = ["below 1 %", "below 1 %", "about 3 %", "about 35 %", "above 99 %", "above 99 %"]
    assert [chance_words(one, known) for one in shares] == said
    few = SimpleNamespace(why_uncounted="", asked=simulate.Asked(people=20))
    assert chance_words(0.0, few) == "below 5 %"
    page = " ".join(ask(str(DEMO / "crps-everything-known.yaml"), *PEOPLE).output.split())
    assert "It counts how people differ and nothing else" in page


def test_peaks_that_the_model_gives_too_low_are_marked(tmp_path):
    planned = forecast("crps-everything-known.yaml")["levels"][0]["cases"]
    assert {case: row["peak_too_low"] for case, row in planned.items() if row["peak_too_low"]} == {"changed": True}
    taken = forecast("older-with-clarithromycin.yaml")["levels"][0]["cases"]
    assert all(row["peak_too_low"] for row in taken.values())
    picture = tmp_path / "out.svg"
    ask(str(DEMO / "crps-everything-known.yaml"), *PEOPLE, "--plot", str(picture))
    assert "with clarithromycin added, peak too low" in picture.read_text(encoding="utf-8")
    assert not any(row["peak_too_low"] for row in forecast("crps-everything-known.yaml", "--with", "grapefruit")
                   ["levels"][0]["cases"].values())  # fmt: skip


def test_a_forecast_says_what_was_asked(tmp_path):
    asked = forecast("older-with-clarithromycin.yaml", "--seed", "5")["asked"]
    assert asked["drugs"] == ["clarithromycin"]
    assert (asked["people"], asked["day"], asked["seed"]) == (200, 7, 5)
    picture = tmp_path / "out.svg"
    page = ask(str(DEMO / "older-with-clarithromycin.yaml"), *PEOPLE, "--plot", str(picture)).stdout
    for text in (page, picture.read_text(encoding="utf-8")):
        assert f"{asked['age_years']:g} years, {asked['weight_kg']:g} kg" in " ".join(text.split())
    assert "FORECAST" in page, "a picture does not take the place of the table and its warnings"


def test_a_drug_to_add_may_lower_exposure_and_is_recognised_by_its_name():
    found = forecast("crps-everything-known.yaml", "--with", "St John's wort")
    assert found["added"] == "st-johns-wort"
    assert not any("inhibitor" in one["text"] for one in found["notes"])


def test_an_undecided_plan_without_a_level_says_why_nothing_is_shown(monkeypatch):
    case = expected("protocols/oral-start")[1]
    desk = Desk(knowledge(), case.on)
    made = desk.simulate(case, simulate.Asked(people=1))
    bare = replace(made, levels=(), plan=replace(made.plan, outcome=type(made.plan.outcome).UNDECIDED, would_be=None))
    assert "No level can be shown." in forecast_page(bare, desk.words, desk.clinic)


def test_a_model_past_its_review_says_so(monkeypatch):
    assert "forecast_past_review" not in [one["code"] for one in forecast("unknown-drug.yaml")["notes"]]
    tree = shipped.tree
    late = {**tree("effects.yaml"), "next_review": "2026-01-01"}
    monkeypatch.setattr(shipped, "tree", lambda file: late if file == "effects.yaml" else tree(file))
    first = forecast("unknown-drug.yaml")["notes"][0]
    assert first["code"] == "forecast_past_review"
    assert "effects.yaml" in first["text"]


def test_a_refused_plan_has_no_forecast(tmp_path):
    found = forecast("blood-pressure-too-high.yaml")
    assert found["levels"] == []
    assert found["standing"] == "none"
    assert found["reasons"]
    picture = tmp_path / "out.svg"
    text = ask(str(DEMO / "blood-pressure-too-high.yaml"), "--plot", str(picture)).output
    assert "REFUSED: no start, so there is nothing to forecast" in text
    assert not picture.exists()


def test_a_bundle_is_told_apart_by_its_content():
    bundle = str(ROOT / "tests" / "fhir" / "bundles" / "synthetic-back-pain.json")
    found = json.loads(ask(bundle, "--on", "2026-11-21", *PEOPLE, "--json").stdout)
    assert found["outcome"] in ("undecided", "refused")
    assert found["standing"] != "proposed"


def test_csv_has_a_row_for_each_level_case_and_figure():
    text = ask(str(DEMO / "crps-everything-known.yaml"), *PEOPLE, "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    levels = {row["level"] for row in rows}
    assert len(rows) == len(levels) * 4 * 2 * 2
    for row in rows:
        assert float(row["q5"]) <= float(row["q50"]) <= float(row["q95"])
        assert (row["chance_above"] != "") == ((row["output"], row["figure"]) == ("ketamine", "cmax"))


def test_a_picture_of_levels_says_what_it_is(tmp_path):
    path = tmp_path / "out.svg"
    answer = ask(str(DEMO / "crps-everything-known.yaml"), *PEOPLE, "--plot", str(path))
    assert answer.exit_code == 0, answer.output
    text = path.read_text(encoding="utf-8")
    assert "no permission" in text
    assert "one dose doubled" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dose", "50mg"), "a CASE brings its own"),
        (("--weight", "70kg"), "a CASE brings its own"),
        (("--patients", "0"), "1 to 20,000"),
        (("--days", "0.5"), "whole days"),
        (("--with", "kale"), "no measured size"),
        (("--with", "grapefruit", "--with", "ticlopidine"), "one drug to add"),
        (("--model", "simons-2022"), "it is of s-ketamine, and the doses of a plan are racemic"),
        (("--model", "perez-ruixo-2021"), "A milligram of the one is not a milligram of the other"),
        (("--model", "racemic-k1", "--with", "clarithromycin"), "no liver"),
        (("--hold", "5h"), "holding for"),
        (("--hold", "5min"), "the plan's doses are not held"),
    ],
)
def test_bad_questions_of_a_case(words, said):
    answer = ask(str(DEMO / "crps-everything-known.yaml"), *words)
    assert answer.exit_code == 2, answer.output
    assert said in " ".join(answer.output.split())


def test_the_same_case_gives_the_same_bytes_in_any_process():
    words = [
        sys.executable,
        "-m",
        "titrant.cli.main",
        "simulate",
        str(DEMO / "older-with-clarithromycin.yaml"),
        "--json",
    ]
    said = {
        subprocess.run(
            [*words, *PEOPLE], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(said) == 1


def test_a_plan_never_loads_the_numbers_room():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom titrant.cli.main import main\n"
        f"answer = CliRunner().invoke(main, ['plan', {str(DEMO / 'crps-everything-known.yaml')!r}])\n"
        "assert answer.exit_code == 0\n"
        "print([m for m in ('numpy', 'numba', 'scipy', 'titrant.pathway.simulate') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


# Other knowledge than what is shipped


def notes_with(scenario: str, **other) -> list[str]:
    """The codes of the forecast's notes, with one part of the model's knowledge changed."""
    case = expected(scenario)[1]
    plan = Desk(knowledge(), case.on).plan(case)
    files = [shipped.tree(name) for name in ("interactions.yaml", "effects.yaml")]
    known = simulate.Model(shipped.model("racemic"), *files)
    return [one.code for one in simulate.simulate(plan, replace(known, **other), simulate.Asked(people=1)).notes]


def test_a_liver_that_the_model_has_no_size_for_is_said():
    tree = shipped.tree("interactions.yaml")
    assert "forecast_liver_not_in_model" in notes_with("article/oral-child-pugh-b", interactions={**tree, "liver": {}})


def test_a_model_file_past_its_review_is_said():
    assert "forecast_past_review" in notes_with("protocols/oral-start", past_review=("racemic.yaml",))


def test_a_model_without_a_liver_adds_no_inhibitor():
    assert "forecast_none_added" in notes_with("protocols/oral-start", chosen=shipped.model("racemic-k1"))
