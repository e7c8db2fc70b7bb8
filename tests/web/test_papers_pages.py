"""The papers and exports over the web: who gets what, under which file name, and that each copy leaves a line."""

import io
import json
import re
import uuid
import zipfile

import pytest

from tests.documents.making import tree_of
from tests.web.conftest import actor, new_case

PAPERS = ("plan", "card", "letter", "visit", "diary", "file")


@pytest.fixture
def signed_case(office):
    """A case with a plan signed today."""
    from titrant.clinic.acts import signing

    tree = tree_of("everything-known-troche")
    facts = json.loads(json.dumps({k: v for k, v in tree.items() if k != "on"}, default=str))
    case = new_case(office.store, facts, name=f"Ada {uuid.uuid4().hex[:8]} Example (synthetic)")
    office.store.append(
        case, [office.draft(_kind("FACTS_RECORDED"), {"set": fresh(office, case)}, actor("nurse"))], expected=None
    )
    made = signing.offer(office, office.store.open(case), signing.Chosen())
    assert made.may_be_signed, (made.refused, made.missing)
    version = office.store.summary(case).version
    signing.sign(office, case, made.sha256, made.daily_mg, actor("prescriber"), expected=version)
    return case


def _kind(name):
    from titrant.record.events import Kind

    return Kind[name]


def fresh(office, case):
    """The facts of the scenario with its days moved to today, so that nothing is too old."""
    import re
    from datetime import date, timedelta

    behind = office.today - date(2026, 11, 21)

    def moved(found):
        return (date.fromisoformat(found[0]) + timedelta(days=behind.days)).isoformat()

    given = office.store.open(case).tree["given"]
    text = re.sub(r"2026-1[01]-[0-3][0-9]", moved, json.dumps({**given, "patient": {"id": case}}))
    return {"given": json.loads(text)}


def test_each_paper_opens_as_a_pdf_under_a_fixed_name(signed_in, signed_case):
    nurse = signed_in("nurse")
    assert nurse.get(f"/patients/{signed_case}/papers/").status_code == 200
    for name in PAPERS:
        answer = nurse.get(f"/patients/{signed_case}/papers/{name}.pdf")
        assert answer.status_code == 200, name
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["Content-Disposition"] == f'inline; filename="{name}.pdf"'
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_draft_is_marked_and_a_plan_without_a_signature_is_not_printed(signed_in, office):
    case = new_case(office.store)
    nurse = signed_in("nurse")
    answer = nurse.get(f"/patients/{case}/papers/plan.pdf")
    assert answer.status_code == 409
    assert "Nothing has been signed" in answer.content.decode()


def test_another_team_and_an_administrator_get_no_paper(signed_in, signed_case):
    assert (
        signed_in("nurse", ("Team B (synthetic)",)).get(f"/patients/{signed_case}/papers/plan.pdf").status_code == 404
    )
    assert signed_in("administrator").get(f"/patients/{signed_case}/papers/plan.pdf").status_code == 404


def test_handing_over_the_printed_plan_is_recorded_with_who_did_it(signed_in, signed_case, office):
    nurse = signed_in("nurse")
    assert nurse.post(f"/patients/{signed_case}/papers/delivered/").status_code == 409
    assert not office.store.summary(signed_case).delivered
    page = nurse.get(f"/patients/{signed_case}/papers/").content.decode()
    shown = {"plan": re.findall(r'name="plan" value="([^"]*)"', page)[0]}
    assert nurse.post(f"/patients/{signed_case}/papers/delivered/", shown).status_code == 302
    event = office.store.events(signed_case)[-1]
    assert (event.kind.value, event.by.role.value, event.body["how"]) == (
        "delivered",
        "nurse",
        "printed and handed over",
    )
    assert office.store.summary(signed_case).delivered


def test_the_text_for_another_system_says_dose_and_action(signed_in, signed_case):
    page = signed_in("prescriber").get(f"/patients/{signed_case}/papers/").content.decode()
    assert "ACTION FOR YOU" in page
    assert "10 mg = half a troche" in page


def test_the_patients_own_copy_holds_everything_and_leaves_a_line(signed_in, signed_case, office):
    answer = signed_in("nurse").post(f"/patients/{signed_case}/copy.zip")
    names = set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist())
    assert {"events.jsonl", "case.yaml", "diary.csv", "plan.pdf", "file.pdf", "record.fhir.json"} <= names
    assert any(one.startswith("plans/") for one in names)
    assert office.store.events(signed_case)[-1].kind.value == "exported"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="record.zip"'


def test_the_bundle_is_given_as_fhir(signed_in, signed_case):
    answer = signed_in("nurse").post(f"/patients/{signed_case}/record.fhir.json")
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert json.loads(answer.content)["resourceType"] == "Bundle"


@pytest.mark.whole_clinic
def test_only_an_administrator_exports_the_clinic_and_it_is_logged(signed_in, signed_case, office):
    for role in ("prescriber", "nurse", "pharmacist", "auditor"):
        assert signed_in(role).post("/clinic/export/clinic.zip").status_code == 404, role
    client = signed_in("administrator")
    assert client.get("/clinic/export/").status_code == 200
    answer = client.post("/clinic/export/clinic.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert {"chain.jsonl", "HEAD.json", "README.txt", "VERIFY.txt", "clinic/reads.jsonl"} <= set(archive.namelist())
    assert f"cases/{signed_case}/plan.pdf" in archive.namelist()
    assert office.store.events("")[-1].kind.value == "exported"
    head = json.loads(archive.read("HEAD.json"))
    assert office.store.check_chain(head["hash"]) == []


def test_a_patient_takes_the_report_the_plan_and_the_copy_from_the_phone(signed_case, office):
    import hashlib

    from django.test import Client

    from titrant.storage.models import Device

    Device.objects.create(
        case=signed_case, token_sha256=hashlib.sha256(b"token-of-a-phone-1").hexdigest(), enrolled_at="x"
    )
    phone = Client()
    phone.cookies["phone"] = "token-of-a-phone-1"
    assert phone.get("/p/report").content.startswith(b"%PDF-")
    assert phone.get("/p/plan.pdf").content.startswith(b"%PDF-")
    assert phone.post("/p/copy.zip").headers["Content-Type"] == "application/zip"
    assert office.store.events(signed_case)[-1].by.role.value == "patient"
    assert phone.get(f"/patients/{signed_case}/papers/plan.pdf").status_code == 404


def test_an_invitation_is_printed_for_our_own_address_only(signed_in, signed_case):
    from tests.documents.making import text_of

    nurse = signed_in("nurse")
    told = {"link": "http://testserver/p/enrol/abcdef/", "code": "K7QF 29XM", "expires": "2026-11-23T18:00 UTC"}
    answer = nurse.post(f"/patients/{signed_case}/papers/invitation.pdf", told)
    assert "K7QF 29XM" in text_of(answer.content)
    elsewhere = told | {"link": "https://evil.invalid/p/enrol/abcdef/"}
    assert nurse.post(f"/patients/{signed_case}/papers/invitation.pdf", elsewhere).status_code == 400


def test_a_research_file_needs_consent_receiver_and_an_administrator(signed_in, signed_case):
    told = {"receiver": "University of Nowhere (synthetic)", "purpose": "response by condition"}
    assert signed_in("prescriber").post("/clinic/export/research.csv", told).status_code == 404
    answer = signed_in("administrator").post("/clinic/export/research.csv", told)
    assert answer.status_code == 409
    assert "consent to research" in answer.content.decode()


def test_the_list_carries_language_and_size_to_the_papers(signed_in, signed_case):
    page = signed_in("nurse").get(f"/patients/{signed_case}/papers/?language=es&size=Letter").content.decode()
    assert f"/patients/{signed_case}/papers/plan.pdf?language=es&amp;size=Letter" in page
    assert "size=Poster" not in signed_in("nurse").get(f"/patients/{signed_case}/papers/?size=Poster").content.decode()
