"""Knowledge that is damaged, missing or past its review date: whoever needs it gets no dose, and learns which file."""

import copy
import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

import titrant
from tests.bad_input.door import CALM, DEMO, ask, assert_refused, case, run
from titrant.clinic.desk import Desk
from titrant.clinic.opening import case_of, open_document
from titrant.knowledge.library import SHIPPED, Library, load
from titrant.pathway.plan import KNOWLEDGE_NEEDED
from titrant.terms.errors import KnowledgeError

FILES = sorted(path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*") if path.is_file())
ONE_OF_EACH = sorted({name.split("/")[0]: name for name in FILES if name != "manifest.json"}.values())


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    return shutil.copytree(SHIPPED, tmp_path_factory.mktemp("knowledge") / "data")


@pytest.fixture
def shipped(copied, monkeypatch) -> Path:
    """The command line reads this copy of the knowledge instead of the installed one."""
    monkeypatch.setattr(load, "__defaults__", (copied, *(load.__defaults__ or ())[1:]))
    return copied


def flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


@pytest.mark.parametrize("damage", ["flipped", "removed", "emptied"])
@pytest.mark.parametrize("name", FILES)
def test_each_damaged_file_stops_every_proposal_and_is_named(name, damage, shipped):
    path = shipped / name
    raw = path.read_bytes()
    try:
        if damage == "removed":
            path.unlink()
        else:
            path.write_bytes(flipped(raw) if damage == "flipped" else b"")
        with pytest.raises(KnowledgeError) as refused:
            load()
    finally:
        path.write_bytes(raw)
    error = refused.value
    assert all((error.place, error.fault, error.why, error.repair))
    # One flipped bit of the list of files may change a name in it; then the file of that name is the one at fault.
    assert name in error.place or name == "manifest.json"


@pytest.mark.parametrize("command", ["assess", "screen", "plan", "prescribe", "dispense", "report"])
def test_every_command_ends_with_ten_and_says_nothing_else(command, shipped):
    path = shipped / "conditions" / "psychosis.yaml"
    raw = path.read_bytes()
    path.write_bytes(flipped(raw))
    try:
        assert_refused(ask(command, DEMO), "conditions/psychosis.yaml", "its content has changed", code=10)
    finally:
        path.write_bytes(raw)


@pytest.mark.parametrize("words", [["paths", "oral-guideline"], ["check"]])
def test_the_knowledge_commands_end_with_ten_too(words, shipped):
    (shipped / "stray.yaml").write_text("a: 1\n", encoding="utf-8")
    try:
        assert_refused(ask(*words), "stray.yaml", "not part of this release", code=10)
    finally:
        (shipped / "stray.yaml").unlink()


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """The whole package in another place, knowledge and all."""
    place = tmp_path_factory.mktemp("package")
    shutil.copytree(Path(titrant.__file__).parent, place / "titrant", ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_one_damaged_file_of_each_kind_stops_the_whole_command(name, package):
    path = package / "titrant" / "knowledge" / "data" / name
    raw = path.read_bytes()
    path.write_bytes(flipped(raw))
    try:
        assert_refused(run("plan", DEMO, package=package), name, "its content has changed", code=10)
    finally:
        path.write_bytes(raw)


def test_a_damaged_list_of_files_stops_the_whole_command(shipped):
    path = shipped / "manifest.json"
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    try:
        assert_refused(ask("plan", DEMO), "manifest.json", "Install this release again", code=10)
    finally:
        path.write_bytes(raw)


# Past the review date


def reviewed_until(library: Library, path: str, day: date) -> Library:
    """This knowledge with one file whose review date is another."""
    other = copy.copy(library)
    other.__dict__.pop("_reviews", None)  # worked out from the trees when first asked for
    other.trees = {**library.trees, path: {**library.trees[path], "next_review": day.isoformat()}}
    other.__dict__.pop("_reviews", None)  # what the first library has already worked out is not true of this one
    return other


NEEDED = [name for name in FILES if name.split("/")[0] in KNOWLEDGE_NEEDED and name.endswith(".yaml")]
ON = date(2026, 11, 21)


@pytest.mark.parametrize("name", NEEDED)
def test_each_needed_file_past_its_review_refuses_a_start_by_name(name, library):
    calm = case_of(open_document(DEMO))
    last_day = Desk(reviewed_until(library, name, ON), ON).plan(calm)
    assert last_day.outcome.value == "proposed"
    day_after = Desk(reviewed_until(library, name, date(2026, 11, 20)), ON).plan(calm)
    assert (day_after.outcome.value, day_after.regimen) == ("refused", None)
    assert [(one.code, one.facts) for one in day_after.reasons] == [
        ("knowledge_past_review", {"file": name, "review": "2026-11-20"})
    ]


def test_a_salt_ratio_past_its_review_refuses_a_start_whose_label_counts_salt(library, tmp_path):
    text = CALM.replace("strength: 10 mg/mL}", "strength: 10 mg/mL, content: hydrochloride}")
    labelled = case_of(open_document(case(tmp_path, text)))
    assert Desk(library, ON).plan(labelled).outcome.value == "proposed"
    late = reviewed_until(library, "salt/salt.yaml", date(2026, 11, 20))
    assert Desk(late, ON).plan(labelled).outcome.value == "refused"


def test_a_protocol_past_its_review_refuses_a_start_and_another_one_does_not(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "data")
    for name in ("oral-guideline", "troche-article"):
        path = folder / "protocols" / name / "1.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("next_review: 2027-11-21", "next_review: 2026-11-20", 1), encoding="utf-8")
    seal(folder)
    decided = Desk(load(folder), ON).plan(case_of(open_document(DEMO)))
    past = [one.facts["file"] for one in decided.reasons if one.code == "knowledge_past_review"]
    assert past == ["oral-guideline@1"]


def test_the_page_names_the_files_that_are_past_their_review(tmp_path):
    answer = ask("plan", case(tmp_path, CALM), "--on", "2030-01-01", "--json")
    decided = json.loads(answer.out)
    assert (answer.code, decided["outcome"]) == (0, "refused")
    past = {one["facts"]["file"] for one in decided["reasons"] if one["code"] == "knowledge_past_review"}
    assert past == {*NEEDED, "oral-guideline@1"}
    assert all(one["text"] for one in decided["reasons"])


@pytest.mark.parametrize("command", ["prescribe", "dispense"])
def test_past_the_review_nothing_is_drafted_or_supplied(command, tmp_path):
    answer = ask(command, case(tmp_path, CALM), "--on", "2030-01-01")
    assert answer.code == 0
    assert answer.out.startswith("REFUSED")


def test_past_the_review_no_paper_holds_a_regimen(tmp_path):
    data = json.loads(ask("report", case(tmp_path, CALM), "--on", "2030-01-01", "--json").out)
    assert data["outcome"] == "refused"
    assert set(data["papers"]) == {"letter", "checklist"}


def seal(folder: Path) -> None:
    listed = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")


# The clinic's own folder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ["approvals.yaml", "has no approvals"]),
        ("", ["approvals.yaml", "it is empty"]),
        ("clinic: X\n", ["approvals.yaml", "synthetic"]),
        ("clinic: X\nsynthetic: true\napprovals: []\nextra: 1\n", ["approvals.yaml", "'extra'"]),
        ("clinic: X\nclinic: Y\n", ["approvals.yaml", "'clinic' stands twice"]),
    ],
)
def test_a_clinic_whose_approvals_cannot_be_read_proposes_nothing(text, words, tmp_path):
    clinic = tmp_path / "clinic"
    clinic.mkdir()
    if text is not None:
        (clinic / "approvals.yaml").write_text(text, encoding="utf-8")
    assert_refused(ask("plan", DEMO, "--clinic", clinic), *words, code=10)


def test_a_protocol_that_nobody_approved_proposes_nothing(tmp_path):
    (tmp_path / "approvals.yaml").write_text("clinic: X\nsynthetic: true\napprovals: []\n", encoding="utf-8")
    decided = json.loads(ask("plan", DEMO, "--clinic", tmp_path, "--json").out)
    assert (decided["outcome"], decided["regimen"]) == ("refused", None)
    assert [one["code"] for one in decided["reasons"]] == ["protocol_not_in_use"]


# The cache


def test_a_damaged_cache_changes_no_answer(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sound = run("plan", DEMO, "--json")
    (held,) = (tmp_path / "titrant").iterdir()
    raw = held.read_bytes()
    for damaged in (raw[:-9], b"", raw.replace(b"10 mg", b"99 mg"), b"\xff" * 99):
        held.write_bytes(damaged)
        again = run("plan", DEMO, "--json")
        assert (again.code, again.out) == (0, sound.out)
        assert held.read_bytes() == raw
