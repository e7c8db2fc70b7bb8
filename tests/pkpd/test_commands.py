"""The commands simulate, fit and models, as a person meets them."""

import csv
import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from titrant.cli.exposure import exposure_group

REGIMEN = ("--route", "troche", "--dose", "50mg", "--every", "8h", "--days", "2")
ROWS = "time_h,dose_mg,route,level_ng_per_ml,output,hold_min\n0,50,troche,,,20\n8,50,troche,,,20\n10,,,40,,\n"
MANNERS = """time_h,dose_mg,route,level_ng_per_ml,hold_min,swallowed,sprays,form
0,50,troche,,10,no,,
8,50,oral,,,,,solution
10,,,40,,,,
"""


def ask(*words: str):
    return CliRunner().invoke(exposure_group, words)


def test_json_of_one_typical_person():
    said = json.loads(ask("simulate", *REGIMEN, "--json").stdout)
    assert set(said) == {"asked", "model", "status", "warnings", "outputs"}
    assert said["model"] == "racemic"
    assert said["status"] == "proposal"
    for output in ("ketamine", "norketamine"):
        row = said["outputs"][output]
        assert row["unit"] == "ng/mL"
        assert len(row["times_h"]) == len(row["typical"])
        assert set(row["summary"]) == {"cmax", "tmax_h", "auc_0_24", "auc_0_t", "auc_inf"}
        assert row["summary"]["cmax"] == max(row["typical"])


def test_json_of_many_people_has_quantiles_in_order():
    row = json.loads(ask("simulate", *REGIMEN, "--patients", "100", "--json").stdout)["outputs"]["ketamine"]
    assert set(row["quantiles"]) == {"5", "25", "50", "75", "95"}
    assert row["quantiles"]["5"][40] < row["quantiles"]["50"][40] < row["quantiles"]["95"][40]
    assert "typical" not in row


def test_an_inhibitor_raises_and_the_status_is_said():
    plain, more = (
        json.loads(ask("simulate", *REGIMEN, *words, "--json").stdout)["outputs"]["ketamine"]["summary"]["auc_inf"]
        for words in ((), ("--with", "clarithromycin"))
    )
    assert 1.2 < more / plain < 2.6
    assert "status proposal; model, not measurement" in ask("simulate", *REGIMEN).stdout


def test_no_band_of_racemic_ketamine_is_laid_over_esketamine(tmp_path):
    path = tmp_path / "out.svg"
    words = ("--model", "perez-ruixo-2021", "--route", "nasal", "--dose", "84mg", "--sprays", "3", "--plot", str(path))
    answer = ask("simulate", *words)
    assert answer.exit_code == 0, answer.output
    drawn = " ".join(path.read_text(encoding="utf-8").split())
    assert "dissociation" not in drawn
    assert "No band of effect is drawn" in drawn
    assert ask("simulate", *REGIMEN, "--dose", "150mg", "--plot", str(path)).exit_code == 0
    assert "dissociation" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("regimen", [("oral",), ("iv", "--over", "40min"), ("iv",)])
@pytest.mark.parametrize("days", [28, 84, 400])
def test_the_peaks_of_all_days_of_a_long_course_are_alike(days, regimen):
    words = ("--route", *regimen, "--dose", "25mg", "--every", "8h", "--days", str(days))
    row = json.loads(ask("simulate", *words, "--json").stdout)["outputs"]["ketamine"]
    peaks: dict[int, float] = {}
    for at_h, level in zip(row["times_h"], row["typical"], strict=True):
        peaks[int(at_h // 24)] = max(peaks.get(int(at_h // 24), 0.0), level)
    steady = [peaks[day] for day in range(3, days)]
    assert min(steady) > 0.97 * max(steady)


def test_a_long_title_stays_inside_the_chart(tmp_path):
    path = tmp_path / "out.svg"
    drugs = [
        word for name in ("clarithromycin", "ticlopidine", "grapefruit", "itraconazole") for word in ("--with", name)
    ]
    assert ask("simulate", *REGIMEN, *drugs, "--plot", str(path)).exit_code == 0
    lines = re.findall(r">([^<]+)<", path.read_text(encoding="utf-8"))
    first = next(k for k, line in enumerate(lines) if line.startswith("50 mg troche every"))
    assert len(lines[first]) <= 88
    assert "one typical person" in lines[first + 1]


ASKED = ("--patients", "20", "--seed", "7", "--spit", "--age", "40", "--weight", "55kg", "--with", "ticlopidine",
         "--liver", "child-pugh-b")  # fmt: skip


def test_every_answer_says_what_was_asked(tmp_path):
    asked = json.loads(ask("simulate", *REGIMEN, *ASKED, "--json").stdout)["asked"]
    assert asked == {
        "model": "racemic", "route": "troche", "dose_mg": 50.0, "every_h": 8.0, "days": 2.0, "doses": 6,
        "hold_h": pytest.approx(1 / 3), "swallowed": False, "age_years": 40.0, "weight_kg": 55.0, "covariates": [],
        "liver": "child-pugh-b", "drugs": ["ticlopidine"], "people": 20, "seed": 7,
    }  # fmt: skip
    regimen = "6 doses of 50 mg troche in 2 days, one each 8 h, held for 20 minutes and the rest spat out."
    person = "20 people (seed 7), 40 years, 55 kg; other drugs: ticlopidine; liver: child-pugh-b."
    path = tmp_path / "out.svg"
    said = ask("simulate", *REGIMEN, *ASKED, "--plot", str(path)).stdout
    assert "highest level" in said, "a picture does not take the place of the table and its warnings"
    row = next(csv.DictReader(ask("simulate", *REGIMEN, *ASKED, "--csv").stdout.splitlines()))
    for text in (said, path.read_text(encoding="utf-8"), row["asked"]):
        assert regimen in text
        assert person in text


@pytest.mark.parametrize(
    ("age", "model", "said"),
    [
        ("80", "racemic", "it is no reassurance"),
        ("17", "racemic", "made from people from 18 years on"),
        ("50", "herd-2007", "made from people of 1.5 to 14 years"),
    ],
)
def test_an_age_that_the_figures_do_not_bear_is_said(age, model, said):
    words = ("simulate", "--model", model, "--route", "iv", "--dose", "25mg")
    assert said in ask(*words, "--age", age).stdout
    assert said not in ask(*words, "--age", "40" if model == "racemic" else "10").stdout


@pytest.mark.parametrize(
    ("written", "name"),
    [("Biaxin", "clarithromycin"), ("grapefruit juice", "grapefruit"), ("st. john's wort", "st-johns-wort")],
)
def test_another_drug_is_recognised_as_it_is_written(written, name):
    assert f"other drugs: {name};" in ask("simulate", *REGIMEN, "--with", written).stdout


def test_the_highest_of_few_times_is_not_called_the_highest_level():
    said = ask("simulate", *REGIMEN, "--at", "2h,5h").stdout
    assert "\nhighest level " not in said
    assert "highest of --at" in said
    assert "may lie between them" in said


def test_what_was_not_asked_is_said_too():
    said = ask("simulate", "--dose", "25mg").stdout
    assert "3 doses of 25 mg oral in 1 day, one each 8 h, as a solid dose." in said
    assert "one typical person, 50 years, 70 kg; other drugs: none; liver: taken as healthy." in said
    assert "bolus" in ask("simulate", "--route", "iv", "--dose", "25mg").stdout
    assert "over 40 minutes" in ask("simulate", "--route", "iv", "--dose", "25mg", "--over", "40min").stdout


def test_csv_at_asked_times():
    lines = ask("simulate", *REGIMEN, "--at", "30min,2h,1days", "--csv").stdout.splitlines()
    assert lines[0] == "output,time_h,typical_ng_per_ml,model,status,asked"
    assert [line.split(",")[1] for line in lines[1:4]] == ["0.5", "2", "24"]


@pytest.mark.parametrize("ending", ["svg", "png", "html"])
def test_pictures(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    answer = ask("simulate", *REGIMEN, "--patients", "50", "--plot", str(path))
    assert answer.exit_code == 0, answer.output
    assert path.stat().st_size > 5000
    if ending == "svg":
        text = path.read_text()
        assert "status proposal" in text
        assert "norketamine (ng/mL)" in text


def test_nasal_sprays_and_ancestry():
    words = (
        "simulate",
        "--model",
        "perez-ruixo-2021",
        "--route",
        "nasal",
        "--dose",
        "84mg",
        "--every",
        "24h",
        "--age",
        "30",
    )
    found = json.loads(ask(*words, "--sprays", "3", "--covariate", "ancestry=japanese", "--json").stdout)
    assert found["outputs"]["ketamine"]["summary"]["cmax"] == pytest.approx(1.01 * 131.3, rel=0.01)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "ketamax"), "there is no such model"),
        (("--route", "rectal"), "not valid for this model"),
        (("--model", "simons-2022", "--route", "troche"), "not valid for this model"),
        (("--dose", "50"), "no unit"),
        (("--dose", "50mcg"), "misread"),
        (("--dose", "-5mg"), "not an amount"),
        (("--dose", "90g"), "not an amount"),
        (("--dose", "50 mmHg"), "pressure"),
        (("--every", "0h"), "cannot be given"),
        (("--days", "99999"), "cannot be given"),
        (("--hold", "5h"), "holding for"),
        (("--at", "2h,1h"), "not in order"),
        (("--at", "1h,1h"), "stands twice"),
        (("--at", "NaN"), "not a plain decimal"),
        (("--patients", "0"), "somebody"),
        (("--weight", "700kg"), "not between"),
        (("--age", "nan"), "not between"),
        (("--age", "-3"), "not between"),
        (("--with", "kale"), "no measured size"),
        (("--with", "clarithromycin", "--with", "kale"), "no measured size"),
        (("--patients", "100000"), "more readings than"),
        (("--patients", "2000000"), "not from 1 to"),
        (("--answers", "more.yaml"), "it needs a CASE"),
        (("--csv", "--json"), "exclude each other"),
        (("--liver", "child-pugh-c"), "no size of this impairment"),
        (("--model", "racemic-k1", "--with", "clarithromycin"), "no liver"),
        (("--covariate", "ancestry=japanese"), "means nothing to racemic"),
        (("--covariate", "x"), "name=value"),
        (("--plot", "out.gif"), ".svg, .png or .html"),
        (("--plot", "/nowhere/out.svg"), "its folder does not exist"),
        (("--days", "0"), "cannot be given"),
        (("--at=-1h",), "before the start"),
        (("--route", "oral", "--form", "gummy"), "not a form"),
        (("--form", "solution"), "--form speaks of a swallowed dose"),
        (("--route", "oral", "--hold", "5min"), "--hold speaks of a troche, and this dose is oral"),
        (("--route", "oral", "--spit"), "--swallow/--spit speaks of a troche"),
        (("--route", "iv", "--sprays", "2"), "--sprays speaks of a nasal dose"),
        (("--over", "40min"), "--over speaks of an infusion"),
        (("--route", "iv", "--over", "9h"), "two infusions would run at once"),
        (("--covariate", "ancestry=japanese", "--covariate", "ancestry=other"), "one name stands twice"),
        (("--dose", "0mg"), "is no dose"),
    ],
)
def test_bad_questions_get_a_clear_answer(words, said):
    answer = ask("simulate", *REGIMEN, *words)
    assert answer.exit_code == 2, answer.output
    assert said in " ".join(answer.output.split())
    assert "Traceback" not in answer.output


def test_fit_says_what_it_found_and_how_sure(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text(ROWS)
    said = json.loads(ask("fit", str(path), "--json").stdout)
    assert said["usable"]
    assert said["diagnostic"]["pareto_k"] < 0.7
    row = said["parameters"]["clint"]
    assert row["5"] < row["50"] < row["95"]
    assert row["unit"] == "L/h"
    assert row["informed"], "the clearance is what a level tells of"
    assert not said["parameters"]["ka_solution"]["informed"], "no solution was taken"
    page = ask("fit", str(path)).stdout
    assert "diagnostic: importance" in page
    assert "stand well enough" in page
    assert [line for line in page.splitlines() if line.startswith("ka_solution")][0].endswith("not informed")


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("", "it is empty", 11),
        ("time_h,dose_mg,route,level_ng_per_ml\n", "it has no rows", 11),
        (ROWS.replace("level_ng_per_ml", "level_nmol_per_l"), "is not known", 11),
        (ROWS.replace("10,,,40", "10,,,NaN"), "not a plain decimal", 11),
        (ROWS.replace("10,,,40", "10,50,troche,40"), "either a dose or a level", 11),
        (ROWS.replace("10,,,40,,", "10,,,40"), "more or fewer cells", 11),
        (ROWS + "row\n", "more or fewer cells", 11),
        (ROWS.replace("8,50", "0,50"), "line 3: dose 2, at 0.0 h", 11),
        (ROWS.replace("0,50,troche,,,20\n8,", "9,50,troche,,,20\n8,", 1), "line 3: dose 2", 11),
        (ROWS.replace("10,,,40", "-1,,,40"), "line 4: level 1", 11),
        (ROWS.replace("10,,,40", "10,,,99000"), "outside 99.9 %", 2),
        (ROWS + "10,,,40,,\n", "the same level stands twice", 11),
        (ROWS.replace("8,50,troche,,,20", "8,50,oral,,,20"), "hold_min does not belong to a dose by route 'oral'", 11),
        (ROWS.replace("10,,,40,,", "10,,,40,,20"), "hold_min does not belong to a measured level", 11),
        (MANNERS.replace("no,,", "spat,,"), "Write yes or no", 11),
        (MANNERS.replace("no,,", "no,2,"), "sprays does not belong to a dose by route 'troche'", 11),
        (ROWS + "11,,,30,,\n" * 200_000, "bytes", 11),
        ("time_h,dose_mg,route,level_ng_per_ml\n" + "1,,,3\n" * 6000, "At most 5,000", 11),
    ],
)
def test_bad_level_files_are_refused_with_their_place(tmp_path, text, said, code):
    path = tmp_path / "levels.csv"
    path.write_text(text)
    answer = ask("fit", str(path))
    assert said in answer.output
    assert answer.exit_code == code, answer.output


def test_how_a_dose_was_given_is_read_and_matters(tmp_path):
    path = tmp_path / "levels.csv"
    said = []
    for text in (MANNERS, MANNERS.replace("no,,", "yes,,"), MANNERS.replace("solution", "solid")):
        path.write_text(text)
        answer = ask("fit", str(path), "--json")
        assert answer.exit_code == 0, answer.output
        said.append(json.loads(answer.stdout)["parameters"]["clint"]["most_probable"])
    assert len(set(said)) == 3


def test_a_level_far_from_the_fitted_one_and_the_weak_points_are_said(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text(ROWS)
    near = ask("fit", str(path)).stdout
    assert "! Fitted to means of small studies" in near
    assert "further apart" not in near
    path.write_text(ROWS + "10.1,,,12,,\n")
    assert "further apart than error of measurement explains" in ask("fit", str(path)).stdout


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert "not UTF-8" in ask("fit", str(path)).output
    assert "a device or a pipe" in ask("fit", "/dev/zero").output


def test_models_are_listed_with_their_status():
    rows = json.loads(ask("models", "--json").stdout)
    assert [row["model"] for row in rows][0] == "racemic"
    assert "unverified" in ask("models").stdout


@pytest.mark.parametrize("words", [("models", "--json"), ("simulate", *REGIMEN, "--days", "28", "--json")])
def test_a_reader_that_goes_away_ends_the_command_in_silence(words):
    command = [sys.executable, "-m", "titrant.cli.main", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        run.stdout.close()
        said = run.stderr.read()
    assert (said, run.returncode) == ("", 141)


def test_nothing_heavy_is_loaded_before_it_is_needed():
    code = (
        "import sys, titrant.pkpd, titrant.cli.exposure; "
        "print([m for m in ('numba', 'altair', 'arviz', 'scipy', 'vl_convert') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
