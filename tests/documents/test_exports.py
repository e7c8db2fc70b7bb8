"""Whole clinic out as open files and in again; nothing changed on the way goes unnoticed; research without names."""

import io
import json
import re
import subprocess
import sys
import zipfile

import pytest

from tests.documents.making import CASE, NOW, NURSE, office_of, opened, text_of
from titrant.clinic.diary_csv import entries_of
from titrant.documents.case_folder import case_files
from titrant.documents.clinic_export import Sources, write_clinic, zipped
from titrant.documents.diary_table import diary_csv, not_in_csv
from titrant.documents.papers import Asked
from titrant.documents.research import COLUMNS, Wanted, research_csv
from titrant.record.events import SYSTEM, Draft, Kind
from titrant.terms.canonical import canonical_json
from titrant.terms.errors import NotNow


def nothing():
    return iter(())


def sources(office):
    return Sources(office.store._links, nothing, nothing, nothing, nothing)


@pytest.fixture(scope="module")
def clinic():
    office = office_of()
    opened(office)
    office.store.append(CASE, [
        Draft(Kind.DIARY_KEPT, {"add": {"diary": [{"day": "2026-11-21", "entered": "same day", "id": "e1",
              "taken": "some", "reason": "=1+1", "pain": {"average": 6}, "effects": {"nausea": 1},
              "doses": [{"what": "taken", "at": "08:00", "dose": "10 mg"}, {"what": "missed", "reason": "forgot"}]}]}},
              NURSE, NOW)], expected=None)  # fmt: skip
    return office


@pytest.fixture(scope="module")
def archive(clinic):
    out = io.BytesIO()
    write_clinic(out, clinic, sources(clinic), Asked())
    return out.getvalue()


def test_the_export_holds_each_case_as_open_files(clinic, archive):
    files = zipfile.ZipFile(io.BytesIO(archive))
    names = set(files.namelist())
    for name in ("case.yaml", "events.jsonl", "diary.csv", "plan.pdf"):
        assert f"cases/{CASE}/{name}" in names, name
    events = files.read(f"cases/{CASE}/events.jsonl").decode().splitlines()
    assert [json.loads(one) for one in events] == [one.content for one in clinic.store.open(CASE).events]
    assert "10 mg = half a troche" in text_of(files.read(f"cases/{CASE}/plan.pdf"))


def test_a_signature_in_the_export_can_be_checked_with_the_public_key(archive):
    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    files = zipfile.ZipFile(io.BytesIO(archive))
    keys = json.loads(files.read("keys.json"))
    name = next(one for one in files.namelist() if "/plans/" in one)
    said = json.loads(files.read(name))
    seal = said["body"].pop("seal")
    sealed = {"case": said["case"], "kind": said["kind"], "time": said["at"], "by": said["by"], "body": said["body"]}
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[seal["key"]]))
    key.verify(base64.b64decode(seal["signature"]), canonical_json(sealed))


def verified(folder):
    text = (folder / "VERIFY.txt").read_text()
    (folder / "verify.py").write_text(text[text.index("import hashlib") :])
    return subprocess.run([sys.executable, "verify.py"], cwd=folder, capture_output=True, text=True)


def test_the_words_for_checking_work_without_titrant_and_find_a_change(archive, tmp_path):
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    assert "whole:" in verified(tmp_path).stdout
    chain = tmp_path / "chain.jsonl"
    whole = chain.read_text()
    chain.write_text(whole.replace('"day":"2026-11-21"', '"day":"2026-11-22"', 1))
    assert "was changed" in verified(tmp_path).stderr
    chain.write_text("".join(whole.splitlines(keepends=True)[:-1]))
    assert "cut off" in verified(tmp_path).stderr


def test_the_same_clinic_gives_the_same_export(clinic, archive):
    out = io.BytesIO()
    write_clinic(out, clinic, sources(clinic), Asked())
    assert out.getvalue() == archive


def test_the_diary_table_is_read_by_the_clinics_own_reader_and_runs_nothing():
    entries = [
        {"day": "2026-11-20", "entered": "same day", "taken": "all", "pain": {"average": 4, "worst": 7}, "effects": {}},
        {"day": "2026-11-18", "through": "2026-11-19", "entered": "same day", "sleep": 5, "flags": ["chest_pain"]},
        {"day": "2026-11-21", "entered": "2026-11-22", "id": "x1", "reason": "=HYPERLINK(1)", "taken": "some",
         "doses": [{"what": "taken", "at": "08:00", "dose": "10 mg", "hold_minutes": 10, "then": "swallowed"}],
         "rescue": [{"drug": "paracetamol", "times": 2}], "peg": {"pain": 1, "enjoyment": 2, "activity": 3}},
    ]  # fmt: skip
    text = diary_csv(entries)
    assert "\n=" not in text.replace(",=", "\n=")
    back = entries_of(text.encode(), "diary.csv")
    assert [one.day.isoformat() for one in back] == ["2026-11-20", "2026-11-18", "2026-11-19", "2026-11-21"]
    assert (back[0].pain.worst, back[0].effects, back[1].flags) == (7, {}, ("chest_pain",))
    assert (back[3].reason, str(back[3].doses[0].dose), back[3].rescue[0].times) == ("'=HYPERLINK(1)", "10 mg", 2)
    assert not_in_csv([{"day": "2026-11-20", "rescue": [{"drug": "x", "dose": "5 mg"}]}]) == ["2026-11-20: rescue dose"]


def test_a_case_file_that_cannot_be_made_is_replaced_by_the_facts_and_said(clinic):
    office = office_of()
    opened(office, upto="opened")
    wrong = {"set": {"given": {"readings": {"weight": "heavy"}}}}
    office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, wrong, NURSE, NOW)], expected=None)
    files = dict(case_files(office, office.store.open(CASE), Asked()))
    if "case.json" in files:
        assert json.loads(files["case.json"])["given"]["readings"]["weight"] == "heavy"
        assert b"case.json" in files["NOT-IN-THESE-FILES.txt"]
    else:
        assert b"heavy" in files["case.yaml"]
    assert zipped(files.items()).startswith(b"PK")


# Into an empty clinic: the real database is in tests/web/test_clinic_import.py


# Research


def agreed(office, answer):
    given = {"answers": {"research_consent": {"answer": answer, "on": "2026-11-20", "by": "Nurse Demo (synthetic)"}}}
    office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, {"set": {"given": given}}, NURSE, NOW)], expected=None)


WANTED = Wanted("University of Nowhere (synthetic)", "response by condition")


@pytest.mark.parametrize("answer", ["", "no"])
def test_without_consent_on_record_nothing_leaves(answer):
    office = office_of()
    opened(office, "following/_base/stable", upto="opened")
    if answer:
        agreed(office, answer)
    with pytest.raises(NotNow, match="consent to research"):
        research_csv(office, WANTED, b"s" * 32, SYSTEM)


def test_a_research_file_has_no_name_no_date_and_no_words_and_is_logged():
    office = office_of()
    opened(office, "following/_base/stable", upto="opened")
    agreed(office, "yes")
    text = research_csv(office, WANTED, b"s" * 32, SYSTEM)
    rows = [one.split(",") for one in text.splitlines()]
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + 63
    assert rows[-1][1:7] == ["50-59", "male", "crps", "oral-guideline", "55", "60"]
    for trace in ("Ada", "R-1001", CASE, "1974"):
        assert trace not in text
    assert not re.search(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", text)
    body = office.store.events("")[-1].body
    assert (body["what"], body["receiver"]) == ("research", WANTED.receiver)
    # Another export gives everybody another number.
    assert research_csv(office, WANTED, b"t" * 32, SYSTEM).splitlines()[1].split(",")[0] != rows[1][0]


def test_a_research_file_needs_receiver_and_purpose():
    office = office_of()
    opened(office, "following/_base/stable", upto="opened")
    agreed(office, "yes")
    with pytest.raises(NotNow, match="receiver"):
        research_csv(office, Wanted("", "x"), b"s" * 32, SYSTEM)
