"""The list of an import on the page of the questions: shown as it stands, and kept with one tick."""

import re
from typing import Any

import pytest

from tests.web.browser import SIZES, accessible, no_wider
from tests.web.conftest import actor, new_case
from tests.web.start_flow import answers_to, hidden, opened
from titrant.record.events import Kind

_MORE = [{"name": f"Medicine {place} (synthetic)", "dose": f"{place + 1} mg"} for place in range(7)]
DRUGS = [{"name": "tranylcypromine", "rxnorm": "10734", "dose": "10 mg", "times_per_day": "2", "since": "2024-02-01"},
         {"name": "oxycodone", "atc": "N02AA05", "dose": "5 mg", "times_per_day": "3"}, *_MORE]  # fmt: skip
ALLERGIES = [{"substance": "penicillin", "reaction": "rash"}]


def imported(office: Any) -> str:
    lists = {"medications": {"list": DRUGS}, "allergies": {"list": ALLERGIES}}
    return new_case(office.store, {"given": lists})


def held(office: Any, case: str, name: str) -> Any:
    return office.store.open(case).tree["given"][name]


def test_one_tick_keeps_what_was_imported(signed_in, office):
    client, case = signed_in("nurse"), imported(office)
    page = client.get(f"/patients/{case}/start/").content.decode()
    for one in DRUGS:
        assert f">{one['name']}</strong>" in page
        assert f'value="{one["dose"]}"' in page
    assert client.post(f"/patients/{case}/start/", answers_to(page)).status_code == 302
    assert held(office, case, "medications")["list"] == DRUGS
    assert held(office, case, "allergies")["list"] == ALLERGIES


def test_an_empty_form_with_a_tick_is_refused_and_the_list_comes_up(signed_in, office):
    client, case = signed_in("nurse"), imported(office)
    page = client.get(f"/patients/{case}/start/").content.decode()
    ticks = {"expected": hidden(page, "expected"), "medications.reviewed": "1", "allergies.reviewed": "1"}
    answer = client.post(f"/patients/{case}/start/", ticks)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "not the list as it stands" in said
    assert ">tranylcypromine</strong>" in said
    assert not re.search(r'name="(medications|allergies)\.reviewed" value="1" checked', said)  # to be ticked anew
    assert "reviewed_on" not in held(office, case, "medications")


def test_a_list_that_grew_while_the_page_was_open_is_refused(signed_in, office):
    client, case = signed_in("nurse"), imported(office)
    page = client.get(f"/patients/{case}/start/").content.decode()
    more = {"add": {"medications.list": [{"name": "rasagiline"}]}}
    office.store.append(case, [office.draft(Kind.FACTS_RECORDED, more, actor("pharmacist"))], expected=None)
    answer = client.post(f"/patients/{case}/start/", answers_to(page))
    assert answer.status_code == 409
    assert "moved on" in answer.content.decode()
    assert [one["name"] for one in held(office, case, "medications")["list"]][-1] == "rasagiline"


def test_every_row_that_the_page_has_is_read(signed_in, office):
    client = signed_in("nurse")
    case = opened(client)
    page = client.get(f"/patients/{case}/start/").content.decode()
    rows = re.findall(r'name="(drug\.\d+)"', page)
    assert len(rows) > 12
    client.post(f"/patients/{case}/start/", answers_to(page) | {name: f"Medicine {name}" for name in rows})
    assert [one["name"] for one in held(office, case, "medications")["list"]] == [f"Medicine {name}" for name in rows]


def test_after_a_wrong_answer_the_rows_stand_as_they_were_filled_in(signed_in, office):
    client, case = signed_in("nurse"), imported(office)
    page = client.get(f"/patients/{case}/start/").content.decode()
    typed = {"listed_dose.1": "15 mg", "listed_until.0": "2026-01-05", "listed_off.2": "1", "allergy_off.0": "1"}
    said = client.post(f"/patients/{case}/start/", answers_to(page) | typed | {"heart_rate": "7,2"}).content.decode()
    assert 'name="listed_dose.1" value="15 mg"' in said
    assert 'name="listed_until.0" type="date" value="2026-01-05"' in said
    for name in ("listed_off.2", "allergy_off.0", "medications.reviewed", "allergies.reviewed"):
        assert f'name="{name}" value="1" checked' in said
    assert held(office, case, "medications")["list"] == DRUGS


@pytest.mark.parametrize("size", SIZES)
def test_a_list_to_go_through_fits_and_is_accessible(page_as, office, size):
    page, case = page_as("nurse", size), imported(office)
    page.goto(f"/patients/{case}/start/")
    assert page.locator(".listed-drug").count() == len(DRUGS)
    accessible(page)
    no_wider(page)
