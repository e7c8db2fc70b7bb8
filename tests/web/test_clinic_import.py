"""A clinic from its own export into a new data folder: every link checked, every rule kept, or nothing taken over."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.web.test_papers_pages import signed_case  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]


def exported(path):
    """The export of this worker's clinic, as the page writes it."""
    from django.db import transaction

    from titrant.documents.clinic_export import write_clinic
    from titrant.documents.papers import Asked
    from titrant.web.staff.exports import SOURCES
    from titrant.web.wired import office

    with path.open("wb") as out, transaction.atomic():
        return write_clinic(out, office(), SOURCES, Asked(synthetic=True))


def imported(path, into, *more):
    """`titrant import-clinic` in a process of its own: one process serves one data folder."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "TITRANT_DATA": str(into)}
    command = [sys.executable, "-m", "titrant.cli.main", "import-clinic", str(path), "--into", str(into), *more]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def changed(path, to, name, change):
    """A copy of the export in which the file ``name`` went through ``change``."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for one in old.namelist():
            new.writestr(one, change(old.read(one)) if one == name else old.read(one))
    return to


def test_a_clinic_goes_out_and_comes_in_whole(signed_case, office, tmp_path):  # noqa: F811
    path = tmp_path / "clinic.zip"
    head = exported(path)
    told = imported(path, tmp_path / "new", "--head", head["hash"])
    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{head['length']} facts" in told.stdout
    import sqlcipher3

    db = sqlcipher3.connect(str(tmp_path / "new" / "clinic.sqlite3"))
    rows = db.execute("select hash from storage_fact where seq = ?", [head["length"]]).fetchall()
    assert rows == [(head["hash"],)]
    state, version = db.execute('select state, version from storage_caserow where "case" = ?', [signed_case]).fetchone()
    assert (state, version) == ("on_plan", office.store.summary(signed_case).version)
    assert db.execute("select count(*) from storage_plan where active").fetchone()[0] >= 1


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("chain.jsonl", lambda raw: raw.replace(b"half a troche", b"two troches"), "was changed"),
        ("chain.jsonl", lambda raw: b"\n".join(raw.splitlines()[:-1]) + b"\n", "cut off"),
        ("HEAD.json", lambda raw: json.dumps({**json.loads(raw), "hash": "0" * 64}).encode(), "cut off"),
        ("FORM", lambda raw: b"something else", "not an export"),
        ("chain.jsonl", lambda raw: b"{}\n", "does not hold"),
    ],
)
def test_a_changed_export_is_refused_as_a_whole(signed_case, tmp_path, name, change, says):  # noqa: F811
    path = tmp_path / "clinic.zip"
    exported(path)
    told = imported(changed(path, tmp_path / "bad.zip", name, change), tmp_path / "new")
    assert told.returncode != 0
    assert says in " ".join((told.stdout + told.stderr).split())


def test_a_chain_built_anew_is_refused_by_the_head_that_was_kept(signed_case, tmp_path):  # noqa: F811
    path = tmp_path / "clinic.zip"
    exported(path)
    told = imported(path, tmp_path / "new", "--head", "1" * 64)
    assert told.returncode != 0
    assert "kept elsewhere" in told.stderr + told.stdout


def test_a_folder_that_is_not_empty_is_refused(signed_case, tmp_path):  # noqa: F811
    path = tmp_path / "clinic.zip"
    exported(path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "something").touch()
    told = imported(path, tmp_path / "new")
    assert told.returncode != 0
    assert "not empty" in told.stderr + told.stdout


def forged(raw):
    """The chain built anew with a signature by a nurse: every hash fits, and yet no prescriber signed."""
    from titrant.record.events import BEGINNING
    from titrant.terms.canonical import canonical_json, sha256_of

    lines, previous = [], BEGINNING
    for line in raw.splitlines():
        link = json.loads(line)
        if link["content"]["kind"] == "signed":
            link["content"]["by"]["role"] = "nurse"
        link |= {"previous": previous, "hash": sha256_of([previous, link["content"]])}
        previous = link["hash"]
        lines.append(canonical_json(link))
    return b"\n".join(lines) + b"\n"


def test_a_signature_by_a_nurse_is_refused_though_every_hash_fits(signed_case, tmp_path):  # noqa: F811
    path = tmp_path / "clinic.zip"
    exported(path)
    bad = changed(path, tmp_path / "bad.zip", "chain.jsonl", forged)
    chain = zipfile.ZipFile(bad).read("chain.jsonl").splitlines()
    head = {"length": len(chain), "hash": json.loads(chain[-1])["hash"]}
    bad = changed(bad, tmp_path / "worse.zip", "HEAD.json", lambda raw: json.dumps(head).encode())
    told = imported(bad, tmp_path / "new")
    assert told.returncode != 0
    assert "A nurse may not do this" in told.stderr + told.stdout
