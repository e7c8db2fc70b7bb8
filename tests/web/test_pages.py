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
