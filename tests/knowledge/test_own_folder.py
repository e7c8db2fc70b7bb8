"""A clinic's own folder adds to the shipped knowledge; it never takes the place of any of it, and never crashes."""

import hashlib
import os
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from titrant.knowledge.library import SHIPPED, Library, load
from titrant.terms.errors import KnowledgeError


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    place = tmp_path / "clinic"
    place.mkdir()
    (place / "approvals.yaml").write_text("clinic: Ours\nsynthetic: true\napprovals: []\n", encoding="utf-8")
    return place


def put(clinic: Path, path: str, content: object) -> Path:
    """``content`` as a file of the clinic: text, bytes, or a tree as YAML."""
    place = clinic / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, width=1000)
        place.write_text(text, encoding="utf-8")
    return place


def refused(clinic: Path) -> KnowledgeError:
    with pytest.raises(KnowledgeError) as caught:
        load(clinic=clinic)
    error = caught.value
    assert all((error.place, error.fault, error.why, error.repair))
    return error


def copied(library: Library, path: str) -> dict:
    return deepcopy(library.trees[path])


KINDS = [
    "conditions/psychosis.yaml", "monitoring/weight.yaml", "interactions/clarithromycin.yaml",
    "products/capsule.yaml", "questionnaires/phq9.yaml", "texts/education.yaml", "facts/facts.yaml",
    "sources/sources.yaml",
]  # fmt: skip


@pytest.mark.parametrize("path", KINDS)
def test_an_id_that_is_shipped_is_refused_in_any_file(library: Library, clinic: Path, path: str) -> None:
    kind = path.partition("/")[0]
    put(clinic, f"{kind}/zz-mine.yaml", copied(library, path))
    assert "already shipped" in refused(clinic).fault


@pytest.mark.parametrize("kind", ["facts", "sources", "texts"])
def test_a_name_that_is_shipped_is_refused_under_another_id(library: Library, clinic: Path, kind: str) -> None:
    path = next(path for path in library.trees if path.startswith(f"{kind}/"))
    put(clinic, f"{kind}/zz-mine.yaml", copied(library, path) | {"id": "zz-mine"})
    assert refused(clinic).fault.endswith(f"as one of {kind} by name.")


@pytest.mark.parametrize("kind", ["wording", "salt", "opioids", "disagreements", "drugs"])
def test_a_second_file_of_a_kind_with_one_file_is_refused(library: Library, clinic: Path, kind: str) -> None:
    path = next(path for path in library.trees if path.startswith(f"{kind}/"))
    put(clinic, f"{kind}/zz-mine.yaml", copied(library, path) | {"id": "zz-mine"})
    assert refused(clinic).place == f"{clinic}/{kind}/zz-mine.yaml"


def test_a_protocol_of_a_shipped_id_needs_a_higher_version(library: Library, clinic: Path) -> None:
    tree = copied(library, "protocols/oral-guideline/1.yaml")
    place = put(clinic, "protocols/oral-guideline/2.yaml", tree)
    assert "not above the shipped version 1" in refused(clinic).fault
    place.write_text(yaml.safe_dump(tree | {"version": 2}, allow_unicode=True, width=1000), encoding="utf-8")
    assert load(clinic=clinic).own == {"protocols/oral-guideline/2.yaml"}


@pytest.mark.parametrize(
    "path",
    [
        "interactions/mine.yml", "interactions/mine.YAML", "interaction/mine.yaml", "mine.yaml", "interactions.yaml",
        "notes.txt", "drugs/mine.csv", "interactions/drugs.csv", "drugs/opioid_products_2.csv", "pk/mine.yaml",
        "interactions/README.md",
    ],
)  # fmt: skip
def test_a_file_that_nothing_reads_is_named(clinic: Path, path: str) -> None:
    put(clinic, path, "id: mine\n")
    assert refused(clinic).place == f"{clinic}/{path}"


def test_a_note_and_a_manifest_may_stand_beside(clinic: Path) -> None:
    put(clinic, "README.md", "Ours.\n")
    put(clinic, "manifest.json", "{}\n")
    assert load(clinic=clinic).protocols


HEAD = "id: mine\ntitle: Mine\nreviewed_on: 2026-01-01\n"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n", "just words\n", "7\n", "", "id: [1]\n", HEAD, HEAD + "next_review: soon\n",
        HEAD + "next_review: [2027-01-01]\n", "id: mine\nid: mine\n",
    ],
)  # fmt: skip
def test_a_file_without_a_head_is_refused(clinic: Path, text: str) -> None:
    put(clinic, "interactions/mine.yaml", text)
    assert "interactions/mine.yaml" in refused(clinic).place


@pytest.mark.parametrize("version", ["", "version: two\n", "version: -1\n", "version: [2]\n"])
def test_a_protocol_without_a_version_is_refused(clinic: Path, version: str) -> None:
    text = HEAD.replace("mine", "oral-guideline") + "next_review: 2027-01-01\n" + version
    put(clinic, "protocols/oral-guideline/2.yaml", text)
    assert "version" in refused(clinic).fault


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe\x00n", b"rxcui,atc,classes\n1,,opioid\n", b"name,rxcui,atc,classes\nmine\n",
        b"name,rxcui,atc,classes\nmine,1,,opioid,more\n", b"name,rxcui,atc,classes\n,1,,opioid\n",
        b'name,rxcui,atc,classes\n"mine,1,,opioid\n',
    ],
)  # fmt: skip
def test_a_damaged_table_is_refused(clinic: Path, raw: bytes) -> None:
    put(clinic, "drugs/my_drugs.csv", raw)
    assert "drugs/my_drugs.csv" in refused(clinic).place


def test_what_is_no_plain_file_is_refused(clinic: Path) -> None:
    for make in (
        lambda place: place.symlink_to("/no/such/file"),
        lambda place: place.symlink_to("/dev/zero"),
        lambda place: place.symlink_to(SHIPPED / "interactions"),
        os.mkfifo,
    ):
        place = clinic / "interactions"
        make(place)
        assert refused(clinic).place == str(place)
        place.unlink()


# Approvals


def approvals(clinic: Path, *rows: dict) -> None:
    put(clinic, "approvals.yaml", {"clinic": "Ours", "synthetic": True, "approvals": list(rows)})


def approval(protocol: str, version: int, sha256: str, **other: object) -> dict:
    row = {"protocol": protocol, "version": version, "sha256": sha256, "standing": "in_use"}
    return row | {"approved_by": "Dr X", "on": "2026-02-01"} | other


@pytest.mark.parametrize(("said", "stands"), [("in_use", "draft"), ("approved", "draft"), ("retired", "retired")])
def test_what_a_file_says_of_itself_puts_nothing_in_use(library: Library, clinic: Path, said: str, stands: str) -> None:
    tree = copied(library, "protocols/oral-guideline/1.yaml") | {"id": "ours", "status": said}
    put(clinic, "protocols/ours/1.yaml", tree)
    loaded = load(clinic=clinic)
    assert loaded.protocols["ours"].status.value == stands
    assert loaded.in_use(loaded.protocols["ours"]) is None


@pytest.mark.parametrize("by", ["", " ", "\t"])
def test_an_approval_without_a_name_puts_nothing_in_use(library: Library, clinic: Path, by: str) -> None:
    sha = library.protocol_sha256("oral-guideline", 1)
    approvals(clinic, approval("oral-guideline", 1, sha, approved_by=by))
    assert load(clinic=clinic).protocols["oral-guideline"].status.value == "draft"


def test_a_retirement_without_a_name_still_retires(library: Library, clinic: Path) -> None:
    sha = library.protocol_sha256("oral-guideline", 1)
    gone = approval("oral-guideline", 1, sha, standing="retired", approved_by="", on="2026-03-01")
    approvals(clinic, approval("oral-guideline", 1, sha), gone)
    assert load(clinic=clinic).protocols["oral-guideline"].status.value == "retired"


@pytest.mark.parametrize("stricter", ["retired", "approved"])
def test_of_two_approvals_on_one_day_the_stricter_holds(library: Library, clinic: Path, stricter: str) -> None:
    sha = library.protocol_sha256("oral-guideline", 1)
    rows = [approval("oral-guideline", 1, sha), approval("oral-guideline", 1, sha, standing=stricter)]
    for order in (rows, rows[::-1]):
        approvals(clinic, *order)
        assert load(clinic=clinic).protocols["oral-guideline"].status.value == stricter


# The parsed form that is kept


def forged(cache: Path) -> Path:
    """A kept form with a changed limit and the hash that fits it."""
    (file,) = cache.iterdir()
    body = file.read_bytes().partition(b"\n")[2].replace(b"stop", b"note")
    file.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    return file


def test_a_kept_form_is_written_for_this_user_only(tmp_path: Path) -> None:
    load(cache=tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    assert (file.stat().st_mode & 0o777, (tmp_path / "cache").stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_kept_form_that_others_can_write_is_not_read(library: Library, tmp_path: Path, of: str, mode: int) -> None:
    load(cache=tmp_path / "cache")
    file = forged(tmp_path / "cache")
    (file if of == "file" else file.parent).chmod(mode | 0o100)
    assert load(cache=tmp_path / "cache").trees == library.trees


def test_a_kept_form_of_somebody_else_is_not_read(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(cache=tmp_path / "cache")
    forged(tmp_path / "cache")
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert load(cache=tmp_path / "cache").trees == library.trees


@pytest.mark.parametrize("of", ["file", "folder"])
def test_a_kept_form_behind_a_link_is_not_read(library: Library, tmp_path: Path, of: str) -> None:
    load(cache=tmp_path / "cache")
    file = forged(tmp_path / "cache")
    place = file if of == "file" else file.parent
    place.symlink_to(place.rename(tmp_path / "elsewhere"))
    assert load(cache=tmp_path / "cache").trees == library.trees
