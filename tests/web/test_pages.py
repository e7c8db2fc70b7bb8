"""Pages open for those who may, and look like nothing for those who may not."""

from django.test import Client


def test_the_worklist_opens_for_a_nurse(signed_in) -> None:
    answer = signed_in("nurse").get("/")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"


def test_an_auditor_finds_no_worklist(signed_in) -> None:
    assert signed_in("auditor").get("/").status_code == 404


def test_nobody_is_sent_to_sign_in() -> None:
    assert Client().get("/")["Location"].startswith("/account/login/")


def test_whoever_types_the_address_of_the_clinic_begins_where_their_role_begins() -> None:
    assert Client().get("/")["Location"] == "/account/login/"
    assert Client().get("/people/")["Location"] == "/account/login/?next=%2Fpeople%2F"


def test_the_sign_in_page_of_a_clinic_without_staff_leads_to_the_first_account(monkeypatch) -> None:
    from titrant.storage import people

    assert "Make the first account" not in Client().get("/account/login/").content.decode() or people.waits_for_first()
    monkeypatch.setattr(people.Staff.objects, "exists", lambda: False)
    assert 'href="/set-up/"' in Client().get("/account/login/").content.decode()
