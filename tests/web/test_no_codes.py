"""Staff read words where the program thinks in codes: actions, findings, reasons, pages, packs, protocols."""

import re
from typing import Any

import pytest
from msgspec import structs

from tests.clinic.signing_by_hand import tree_of
from tests.web.conftest import actor, new_case
from tests.web.start_flow import answered, opened
from tests.web.worklist_cases import at, base, followed
from titrant.record.events import Draft, Kind

CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def said(page: Any) -> str:
    """What a person reads of a page: no tags, no scripts."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_harness_finds_a_code() -> None:
    assert CODE.findall("Sign: step_down_trial now") == ["step_down_trial"]


def test_the_page_of_a_signature_names_its_action_in_words(office, signed_in, monkeypatch) -> None:
    tree = base("stable")
    here = at(structs.replace(office, degraded=(), alarms=()), tree)
    for area in ("signing", "patient_page"):
        monkeypatch.setattr(f"titrant.web.staff.{area}.office", lambda: here)
    case = followed(here.store, tree)
    page = said(signed_in("prescriber").get(f"/patients/{case}/sign/?action=step_down_trial"))
    assert "Sign: step down trial" in page
    assert CODE.findall(page) == []


def test_a_finding_that_was_not_checked_says_so_in_words(signed_in) -> None:
    prescriber = signed_in("prescriber")
    case = opened(prescriber)
    answered(prescriber, case, **{"drug.0": "Zzyzxol forte"})
    for page in ("start/plan/", "sign/"):
        text = said(prescriber.get(f"/patients/{case}/{page}"))
        assert "not checked" in text
        assert CODE.findall(text) == [], page


@pytest.mark.parametrize("protocol", ["oral-guideline", "troche-article"])
def test_what_bars_a_start_is_read_as_sentences(office, signed_in, protocol) -> None:
    version = office.library.protocols[protocol].version
    page = signed_in("prescriber").get(f"/protocols/{protocol}/{version}/")
    assert len(page.context["refusals"]) > 20
    for text, bars, _source in page.context["refusals"]:
        assert CODE.findall(f"{text} {bars}") == []
        assert " " in text, "a sentence, not a name"
        assert "—" not in text, "a sentence with a gap"
    assert any(text.startswith("Clarithromycin") for text, _, _ in page.context["refusals"])


def test_a_written_reason_for_the_law_is_asked_and_shown_in_words(office, signed_in, monkeypatch) -> None:
    prescriber = signed_in("prescriber")
    case = opened(prescriber)
    answered(prescriber, case)
    here = structs.replace(office, settings=structs.replace(office.settings, pack="us"))
    monkeypatch.setattr("titrant.web.staff.signing.office", lambda: here)
    page = said(prescriber.get(f"/patients/{case}/sign/"))
    assert "Written reason: in person visit" in page
    assert CODE.findall(page) == []


def test_a_written_reason_for_a_supply_is_shown_in_words(office, signed_in) -> None:
    case = followed(office.store, base("stable"))
    supply = {"what": "supplied", "on": office.today.isoformat(), "reasons": {"days_supply": "Away for a month"}}
    office.store.append(case, [Draft(Kind.SUPPLIED, supply, actor("pharmacist"), office.now())], expected=None)
    assert "reason (days supply): Away for a month" in said(signed_in("pharmacist").get(f"/patients/{case}/supply/"))


def test_who_opened_a_record_is_told_by_the_names_of_pages(office, signed_in) -> None:
    case = new_case(office.store)
    nurse = signed_in("nurse")
    nurse.get(f"/worklist/{case}/")
    text = said(nurse.get(f"/patients/{case}/readers/"))
    assert "Patient beside the worklist" in text
    assert "worklist_panel" not in text
    assert "GET" not in text


def test_every_page_about_a_patient_has_a_name() -> None:
    from titrant.web.access import Reach
    from titrant.web.page_names import PAGES
    from titrant.web.policy import ROUTES

    about = {one.name for one in ROUTES if one.reach in (Reach.TEAM, Reach.ANY, Reach.OWN)}
    assert sorted(about - set(PAGES)) == []
    assert sorted(set(PAGES) - {one.name for one in ROUTES}) == []


def test_settings_name_countries_and_languages(signed_in) -> None:
    text = said(signed_in("administrator").get("/clinic/"))
    for words in ("United Kingdom", "elsewhere: no pack of law is applied", "English", "Spanish"):
        assert words in text


def test_the_worklist_and_the_patient_head_name_the_protocol_by_its_title(office, signed_in) -> None:
    title = office.library.protocols["oral-guideline"].title
    nurse = signed_in("nurse")
    page = nurse.get("/").content.decode()
    assert f'<option value="oral-guideline">{title}</option>' in page
    case = new_case(office.store, tree_of("everything-known.yaml"))
    head = said(nurse.get(f"/patients/{case}/"))
    assert f"Protocol {title}" in head
