"""The audit: every event and every look, whole, searchable, and harmless in a spreadsheet."""

import csv
import io
from typing import Any

import pytest

from tests.web.conftest import TEAM, new_case
from tests.web.visitors import browser


@pytest.fixture
def seen(office, staff) -> tuple[str, Any]:
    """A record that one nurse has opened."""
    case, nurse, client = new_case(office.store), staff("nurse", name="Nils Nurse (synthetic)"), browser()
    client.force_login(nurse)
    client.get(f"/patients/{case}/readers/")
    return case, nurse


def test_an_auditor_sees_who_did_and_who_looked(signed_in, seen) -> None:
    case, _ = seen
    page = signed_in("auditor", ()).get(f"/audit/record/{case}/").content.decode()
    assert "case opened" in page
    assert "Nils Nurse (synthetic)" in page
    assert "GET readers" in page


def test_an_audit_by_person_and_by_day(signed_in, seen, office) -> None:
    _, nurse = seen
    auditor = signed_in("auditor", ())
    by_person = auditor.get(f"/audit/?person={nurse.pk}").content.decode()
    assert "GET readers" in by_person
    assert "case opened" not in by_person
    today = auditor.get(f"/audit/?person={nurse.pk}&day={office.today}&show=looked").content.decode()
    assert "GET readers" in today
    assert "No line fits" in auditor.get(f"/audit/?person={nurse.pk}&day=2001-01-01").content.decode()


def test_pages_follow_one_another_without_a_gap(office) -> None:
    from titrant.storage.audit import Asked, lines

    for _ in range(3):
        new_case(office.store)
    whole = lines(Asked(), 0, 30)
    parts = [one for first in range(0, 30, 7) for one in lines(Asked(), first, 7)]
    assert parts[:30] == whole
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)


def test_looking_at_the_audit_is_looked_at_too(signed_in) -> None:
    from titrant.storage.models import ReadEntry

    before = ReadEntry.objects.filter(route="audit").count()
    signed_in("auditor", ()).get("/audit/")
    assert ReadEntry.objects.filter(route="audit").count() == before + 1


def test_the_care_team_sees_who_opened_the_record(signed_in, seen) -> None:
    case, _ = seen
    assert "Nils Nurse (synthetic)" in signed_in("prescriber").get(f"/patients/{case}/readers/").content.decode()


def test_both_chains_are_checked_on_request(signed_in, seen) -> None:
    assert "Both chains are whole" in signed_in("auditor", ()).post("/audit/check/").content.decode()
    kept = signed_in("auditor", ()).post("/audit/check/", {"head": "0" * 63 + "1"}).content.decode()
    assert "not in this chain" in kept


def test_a_read_that_was_altered_is_found(office, seen) -> None:
    from django.db import connection, transaction

    from titrant.storage.audit import check_reads

    if connection.vendor != "sqlite":
        pytest.skip("the trigger is taken away as SQLite does it")
    with transaction.atomic(), connection.cursor() as cursor:
        assert check_reads() == []
        cursor.execute("DROP TRIGGER storage_readentry_update_refused")
        cursor.execute("UPDATE storage_readentry SET by_name = 'Nobody' WHERE seq = 1")
        assert check_reads() == ["Read 1 is not what was appended: it was changed."]
        transaction.set_rollback(True)
    assert check_reads() == []


def test_the_export_holds_no_formula_and_is_written_down(signed_in, office, staff) -> None:
    from titrant.storage.models import Fact

    hostile = staff("nurse", (TEAM,), name='=HYPERLINK("http://x.invalid")')
    client = browser()
    client.force_login(hostile)
    case = new_case(office.store)
    client.get(f"/patients/{case}/readers/")
    answer = signed_in("auditor", ()).post("/audit/export/", {"case": case})
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert [row[1] for row in rows if "HYPERLINK" in row[1]] == ["'" + hostile.name]
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert Fact.objects.filter(kind="exported", body__contains=case).exists()


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\u00a0=1", "a\n=1", "a\r\n@x", "\r=1", "|x", "%x"]
)
def test_no_cell_begins_like_a_formula(cell) -> None:
    from titrant.web.staff.audit import harmless

    assert not [line for line in harmless(cell).splitlines() if line.strip()[:1] in "=+-@|%" and line.strip()]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "٣"])
def test_a_strange_page_number_is_page_one(signed_in, page) -> None:
    assert signed_in("auditor", ()).get(f"/audit/?page={page}&day=x&person=y").status_code == 200
