"""A clinic from its own export into a new data folder: every link checked, every rule kept, or nothing taken over."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.web.conftest import actor
from tests.web.test_papers_pages import signed_case  # noqa: F401 - a fixture

pytestmark = pytest.mark.whole_clinic
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


def run(into, *command):
    """A process of its own: one process serves one data folder."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "TITRANT_DATA": str(into)}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)


def imported(path, into, *more):
    return run(into, "-m", "titrant.cli.main", "import-clinic", str(path), "--into", str(into), *more)


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


def with_head(path, to):
    """The export with the head of the chain that is in it."""
    chain = zipfile.ZipFile(path).read("chain.jsonl").splitlines()
    head = {"length": len(chain), "hash": json.loads(chain[-1])["hash"]}
    return changed(path, to, "HEAD.json", lambda raw: json.dumps(head).encode())


# One empty clinic after the other would take minutes; here one stays empty through all that is refused.
TRIES = """
import json, sys
from pathlib import Path
from titrant.app.starting import open_place
open_place(None, synthetic=True)
from titrant.app.database import ready_tables
ready_tables()
from titrant.storage.clinic_import import import_clinic
from titrant.storage.models import CaseRow, Fact, ReadEntry
for path, head in json.loads(sys.argv[1]):
    try:
        import_clinic(Path(path), head)
        said = "taken over"
    except Exception as error:
        said = " ".join(str(error).split())
    print(json.dumps([said, Fact.objects.count() + CaseRow.objects.count() + ReadEntry.objects.count()]))
"""


def test_a_changed_export_is_refused_and_leaves_nothing_behind(signed_case, tmp_path):  # noqa: F811
    from titrant.storage.reads import log_read

    log_read(actor("nurse"), "GET patient", signed_case)
    path = tmp_path / "clinic.zip"
    exported(path)
    nurse = changed(path, tmp_path / "nurse.zip", "chain.jsonl", forged)
    tries = [
        (changed(path, tmp_path / "word.zip", "chain.jsonl", lambda raw: raw.replace(b"half a troche", b"two troches")),
         "", "was changed"),
        (changed(path, tmp_path / "cut.zip", "chain.jsonl", lambda raw: b"\n".join(raw.splitlines()[:-1]) + b"\n"),
         "", "cut off"),
        (changed(path, tmp_path / "empty.zip", "chain.jsonl", lambda raw: b"{}\n"), "", "does not hold"),
        (changed(path, tmp_path / "form.zip", "FORM", lambda raw: b"something else"), "", "not an export"),
        (changed(path, tmp_path / "reads.zip", "clinic/reads.jsonl", lambda raw: raw.replace(b"GET", b"PUT", 1)),
         "", "log of looking is broken"),
        (path, "1" * 64, "kept elsewhere"),
        (nurse, "", "cut off"),
        (with_head(nurse, tmp_path / "anew.zip"), "", "A nurse may not do this"),
        (path, "", "taken over"),
    ]  # fmt: skip
    told = run(tmp_path / "new", "-c", TRIES, json.dumps([(str(one), head) for one, head, _ in tries]))
    lines = [json.loads(one) for one in told.stdout.splitlines()]
    assert len(lines) == len(tries), told.stderr
    for (said, rows), (one, _, expected) in zip(lines, tries, strict=True):
        assert expected in said, one.name
        assert (rows == 0) == (expected != "taken over"), one.name


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "something").touch()
    told = imported(tmp_path / "no.zip", tmp_path / "new")
    assert told.returncode != 0
