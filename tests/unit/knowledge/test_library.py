"""The seal over the knowledge: every file there, unchanged and readable, or nothing loads. No cache is believed."""

import hashlib
import json
import shutil
from datetime import date

import msgspec
import pytest

from titrant.knowledge.library import SHIPPED, Library, load, sealed_files, shaped, split_message
from titrant.knowledge.shapes.products import SaltFactor
from titrant.knowledge.shapes.protocols import Standing
from titrant.terms.errors import KnowledgeError

SALT = """id: salt
title: Salt
reviewed_on: 2026-01-01
next_review: 2027-01-01
base: 3 mg
hydrochloride: 4 mg
source: made-up
status: proposal
"""


def seal(folder):
    """Write a manifest over what lies in the folder."""
    listed = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    (folder / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    """A small sealed folder of knowledge: one yaml, one table, one note."""
    place = tmp_path / "knowledge"
    (place / "salt").mkdir(parents=True)
    (place / "drugs").mkdir()
    (place / "salt" / "salt.yaml").write_text(SALT, encoding="utf-8")
    (place / "drugs" / "drugs.csv").write_text(
        "name,rxcui,atc,classes\nmorphine,7052,N02AA01,opioid\n", encoding="utf-8"
    )
    (place / "drugs" / "README.md").write_text("A note.\n", encoding="utf-8")
    return seal(place)


def refusal(*args, **kwargs):
    with pytest.raises(KnowledgeError) as refused:
        load(*args, **kwargs)
    error = refused.value
    assert all((error.place, error.fault, error.why, error.repair))
    return error


def test_a_sealed_folder_is_loaded(folder):
    library = load(folder)
    assert str(library.salt.hydrochloride) == "4 mg"
    assert list(library.tables) == ["drugs/drugs.csv"]
    assert list(library.trees) == ["salt/salt.yaml"]


@pytest.mark.parametrize("name", ["salt/salt.yaml", "drugs/drugs.csv", "drugs/README.md"])
def test_a_missing_file_stops_the_loading(folder, name):
    (folder / name).unlink()
    error = refusal(folder)
    assert error.place == f"{folder}/{name}"
    assert error.fault == "The file is missing."


@pytest.mark.parametrize("name", ["salt/second.yaml", "drugs/more_drugs.csv", "stray.txt", "new/kind.yaml"])
def test_an_extra_file_stops_the_loading(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("x", encoding="utf-8")
    error = refusal(folder)
    assert error.place == f"{folder}/{name}"
    assert error.fault == "The file is not part of this release."


@pytest.mark.parametrize("name", ["salt/salt.yaml", "drugs/drugs.csv", "drugs/README.md"])
def test_one_flipped_bit_stops_the_loading(folder, name):
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    error = refusal(folder)
    assert error.place == f"{folder}/{name}"
    assert error.fault == "The file is not as it was released: its content has changed."


def test_an_emptied_file_stops_the_loading(folder):
    (folder / "salt" / "salt.yaml").write_bytes(b"")
    assert "content has changed" in refusal(folder).fault


@pytest.mark.parametrize("manifest", [None, b"", b"{", b"\xff"])
def test_without_a_readable_list_of_files_nothing_is_loaded(folder, manifest):
    (folder / "manifest.json").unlink()
    if manifest is not None:
        (folder / "manifest.json").write_bytes(manifest)
    error = refusal(folder)
    assert error.place == f"{folder}/manifest.json"
    assert error.fault == "The list of knowledge files is missing or unreadable."


def test_a_missing_folder_is_not_an_empty_one(tmp_path):
    assert refusal(tmp_path / "nowhere").place.endswith("manifest.json")


def test_hidden_and_compiled_folders_are_passed_over(folder):
    for name in (".git", "__pycache__"):
        (folder / name).mkdir()
        (folder / name / "x.yaml").write_text("x", encoding="utf-8")
    assert "salt/salt.yaml" in sealed_files(folder)


def test_a_file_that_is_sealed_but_unreadable_is_named_with_its_line(folder):
    (folder / "salt" / "salt.yaml").write_text("id: salt\nid: salt\n", encoding="utf-8")
    error = refusal(seal(folder))
    assert error.place == "salt/salt.yaml, line 2"
    assert error.fault == "The file cannot be read: the key 'id' stands twice in one place."


def test_a_file_that_is_sealed_but_does_not_fit_is_named_with_its_field(folder):
    (folder / "salt" / "salt.yaml").write_text(SALT.replace("3 mg", "3"), encoding="utf-8")
    library = load(seal(folder))
    with pytest.raises(KnowledgeError) as refused:
        _ = library.salt
    assert refused.value.place == "salt/salt.yaml: base"
    assert refused.value.fault == "expected text such as '10 mg', got 3."


@pytest.mark.parametrize("count", [0, 2])
def test_a_kind_of_which_exactly_one_file_is_needed(count):
    tree = {"id": "salt"}
    library = Library({f"salt/{n}.yaml": tree | _SALT_TREE for n in range(count)}, {})
    with pytest.raises(KnowledgeError) as refused:
        _ = library.salt
    assert refused.value.place == "knowledge/salt"
    assert refused.value.fault == f"{count} files of this kind were found; exactly one is needed."


_SALT_TREE = {
    "title": "Salt", "reviewed_on": "2026-01-01", "next_review": "2027-01-01", "base": "3 mg", "hydrochloride": "4 mg",
    "source": "made-up", "status": "proposal",
}  # fmt: skip


# The cache


def held(cache):
    (file,) = cache.iterdir()
    return file


def test_the_parsed_form_is_kept_and_gives_the_same(folder, tmp_path):
    cache = tmp_path / "cache"
    first, second = load(folder, cache=cache), load(folder, cache=cache)
    assert first.trees == second.trees == load(folder).trees
    assert [path.name.split("-")[0] for path in cache.iterdir()] == ["knowledge"]


def test_the_cache_is_used(folder, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    load(folder, cache=cache)
    monkeypatch.setattr("titrant.knowledge.library._parsed", lambda raw: pytest.fail("parsed again"))
    assert str(load(folder, cache=cache).salt.base) == "3 mg"


def _cut_short(raw):
    return raw[:-5]


def _emptied(raw):
    return b""


def _head_only(raw):
    return raw.split(b"\n")[0] + b"\n"


def _other_body(raw):
    return raw.replace(b"3 mg", b"9 mg")


def _binary(raw):
    return b"\xff\x00" + raw


def _no_head(raw):
    return raw.split(b"\n", 1)[1]


@pytest.mark.parametrize("damage", [_cut_short, _emptied, _head_only, _other_body, _binary, _no_head])
def test_a_damaged_cache_is_parsed_again_and_mended(folder, tmp_path, damage):
    cache = tmp_path / "cache"
    load(folder, cache=cache)
    sound = held(cache).read_bytes()
    held(cache).write_bytes(damage(sound))
    assert str(load(folder, cache=cache).salt.base) == "3 mg"
    assert held(cache).read_bytes() == sound


def test_a_changed_file_has_another_cache(folder, tmp_path):
    cache = tmp_path / "cache"
    load(folder, cache=cache)
    (folder / "salt" / "salt.yaml").write_text(SALT.replace("3 mg", "2 mg"), encoding="utf-8")
    assert str(load(seal(folder), cache=cache).salt.base) == "2 mg"
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_done_without(folder, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert str(load(folder, cache=tmp_path / "file" / "cache").salt.base) == "3 mg"


# The clinic's own folder


@pytest.fixture
def clinic(tmp_path):
    place = tmp_path / "clinic"
    place.mkdir()
    (place / "approvals.yaml").write_text("clinic: Ours\nsynthetic: true\napprovals: []\n", encoding="utf-8")
    return place


def test_a_clinic_without_approvals_is_refused(folder, clinic):
    (clinic / "approvals.yaml").unlink()
    error = refusal(folder, clinic)
    assert error.place == f"{clinic}/approvals.yaml"
    assert error.fault == "The clinic's folder has no approvals."


@pytest.mark.parametrize(
    "text", ["clinic: Ours\n", "clinic: [\n", "7", "clinic: Ours\nsynthetic: yes\napprovals: []\n"]
)
def test_approvals_that_do_not_fit_are_refused_by_name(folder, clinic, text):
    (clinic / "approvals.yaml").write_text(text, encoding="utf-8")
    assert refusal(folder, clinic).place.startswith(f"{clinic}/approvals.yaml")


def test_a_clinic_may_not_put_a_file_in_place_of_a_shipped_one(folder, clinic):
    (clinic / "salt").mkdir()
    (clinic / "salt" / "salt.yaml").write_text(SALT, encoding="utf-8")
    error = refusal(folder, clinic)
    assert error.place == f"{clinic}/salt/salt.yaml"
    assert error.fault == "A file of the same name is shipped."


def test_a_clinics_own_file_is_added(folder, clinic):
    (clinic / "drugs").mkdir()
    (clinic / "drugs" / "own_drugs.csv").write_text("name,rxcui,atc,classes\nx,,,\n", encoding="utf-8")
    assert set(load(folder, clinic).tables) == {"drugs/drugs.csv", "drugs/own_drugs.csv"}


def approve(clinic, sha, *standings):
    row = "  - {{protocol: oral-guideline, version: 1, sha256: {}, standing: {}, approved_by: Dr X, on: {}}}\n"
    rows = [row.format(sha, standing, on) for standing, on in standings]
    (clinic / "approvals.yaml").write_text(
        "clinic: Ours\nsynthetic: true\napprovals:\n" + "".join(rows), encoding="utf-8"
    )


def test_an_approval_counts_only_for_the_very_content_it_signed(clinic, library):
    sha = library.protocol_sha256("oral-guideline", 1)
    approve(clinic, sha, ("in_use", "2026-01-01"))
    assert load(clinic=clinic).protocols["oral-guideline"].status is Standing.IN_USE
    approve(clinic, "0" * 64, ("in_use", "2026-01-01"))
    assert load(clinic=clinic).protocols["oral-guideline"].status is Standing.DRAFT


def test_the_newest_approval_holds(clinic, library):
    sha = library.protocol_sha256("oral-guideline", 1)
    approve(clinic, sha, ("retired", "2026-02-01"), ("in_use", "2026-01-01"))
    assert load(clinic=clinic).protocols["oral-guideline"].status is Standing.RETIRED


def test_without_approvals_every_protocol_stays_a_draft():
    assert {one.status for one in load().protocols.values()} == {Standing.DRAFT}


# Review dates


def test_a_file_is_past_its_review_on_the_day_after(folder):
    library = load(folder)
    assert library.past_review(date(2027, 1, 1), ["salt"]) == []
    assert library.past_review(date(2027, 1, 2), ["salt"]) == ["salt/salt.yaml"]
    assert library.past_review(date(2027, 1, 2), ["drugs", "products"]) == []


# Shapes and their messages


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("Expected `str`, got `int` - at `$.a.b[3].c`", ("Expected 'str', got 'int'", "a.b.3.c")),
        ("Expected `str`, got `int` - at `$`", ("Expected 'str', got 'int'", "")),
        ("Expected `str` - at `$[...]`", ("Expected 'str'", "")),
        ("no place at all", ("no place at all", "")),
    ],
)
def test_a_message_of_the_shapes_is_taken_apart(said, parts):
    assert split_message(said) == parts


def test_a_value_of_the_wrong_kind_names_its_line_if_it_is_known():
    with pytest.raises(KnowledgeError) as refused:
        shaped({"id": "salt"} | _SALT_TREE | {"base": "3 mcg"}, SaltFactor, "salt.yaml", lambda field: 7)
    assert refused.value.place == "salt.yaml, line 7: base"
    assert "'mcg' is not accepted" in refused.value.fault


def test_the_shipped_knowledge_is_sealed_and_loads_from_any_place(tmp_path):
    copy = shutil.copytree(SHIPPED, tmp_path / "data")
    assert sealed_files(copy).keys() == sealed_files(SHIPPED).keys()
    assert msgspec.json.encode(load(copy).trees) == msgspec.json.encode(load().trees)
