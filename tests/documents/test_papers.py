"""Each paper says the dose in mg, pieces and mL, fits where it must, marks what is not valid, and is the same again."""

import re

import msgspec
import pytest

from tests.documents.making import CASE, desk_at, info_of, office_of, opened, sign, supplied, text_of
from titrant.documents.card import wallet_card
from titrant.documents.diary_sheet import diary_sheet
from titrant.documents.invitation import Invited, invitation_sheet
from titrant.documents.label import newest_label
from titrant.documents.letter import gp_letter
from titrant.documents.papers import PAPERS, Asked, plain_letter, print_paper
from titrant.documents.plan_paper import plan_paper
from titrant.documents.visit_report import visit_report
from titrant.documents.whole_file import whole_file
from titrant.record.events import Kind
from titrant.record.seal import Broken
from titrant.terms.errors import NotNow

INVITED = Invited("https://clinic.invalid/p/enrol/abc", "K7QF-29XM", "2026-11-23 18:00")
FORMS = [
    ("everything-known-troche", "10 mg = half a troche", "Troche"),
    ("everything-known", "10 mg = 1 mL", "10 mg/mL"),
]
DOSED = (plan_paper, wallet_card, gp_letter)
ONE_PAGE = (plan_paper, wallet_card, visit_report, diary_sheet)


def flat(pdf):
    return " ".join(text_of(pdf).split())


@pytest.fixture(scope="module")
def signed():
    office = office_of()
    return office, opened(office)


@pytest.mark.parametrize(("scenario", "each", "product"), FORMS)
@pytest.mark.parametrize("paper", DOSED, ids=lambda one: one.__name__)
def test_a_paper_says_mg_pieces_and_ml_together(scenario, each, product, paper):
    office = office_of()
    text = flat(paper(desk_at(opened(office, scenario), office)))
    assert each in text
    assert product in text


def test_the_plan_says_what_a_patient_needs(signed):
    office, record = signed
    text = flat(plan_paper(desk_at(record, office)))
    for heading in ("How to take it", "If you miss a dose", "When to stop", "Call now", "Your supply", "Checks"):
        assert heading in text, heading
    for words in ("Twice a day, every day", "20 mg in a day", "Next supply not before Thu 26 Nov 2026",
                  "Emergency: 999",
                  "You get 7 troches for 7 days", "Signed by Dr Example (synthetic)", "1 troche = 20 mg"):  # fmt: skip
        assert words in text, words


def test_the_plan_reads_in_order(signed):
    office, record = signed
    text = flat(plan_paper(desk_at(record, office)))
    places = [text.index(one) for one in ("Your ketamine plan", "10 mg =", "How to take it", "If you miss", "Safety")]
    assert places == sorted(places)


@pytest.mark.parametrize("paper", [plan_paper, wallet_card, diary_sheet, gp_letter], ids=lambda one: one.__name__)
def test_papers_say_who_answers_when_the_clinic_is_closed(paper):
    who = "Dr Example (synthetic) of the Example Hospital, ask the desk for the pain doctor, +44 20 7946 000999"
    assert len(who) == 100, "as long as the settings take it"
    office = office_of(on_call=who)
    pdf = paper(desk_at(opened(office), office))
    said = f"When the clinic is closed: {who}"
    assert said.replace(" ", "") in flat(pdf).replace(" ", "")
    assert info_of(pdf)["Pages"] == "1" or paper not in ONE_PAGE


@pytest.mark.parametrize("size", ["A4", "Letter"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("paper", ONE_PAGE, ids=lambda one: one.__name__)
def test_one_page_in_both_sizes_and_languages(signed, paper, language, size):
    office, record = signed
    info = info_of(paper(desk_at(record, office, language=language, size=size, synthetic=True)))
    assert info["Pages"] == "1"
    assert ("A4" if size == "A4" else "letter") in info["Page size"]


def test_spanish_names_what_is_left_in_english(signed, monkeypatch):
    office, record = signed
    text = flat(plan_paper(desk_at(record, office, language="es")))
    assert "Si olvidó un día" in text
    assert "sin traducir" not in text
    # A clinic changes the English wording: no older translation may be shown for it.
    from titrant.documents import speech

    kept = {**speech._file("es"), "texts": {}}
    monkeypatch.setattr(speech, "_file", lambda language: kept)
    assert "Todavía sin traducir, en inglés" in flat(plan_paper(desk_at(record, office, language="es")))


def test_a_paper_is_tagged_titled_and_in_its_language(signed):
    office, record = signed
    pdf = plan_paper(desk_at(record, office, language="es"))
    info = info_of(pdf)
    assert (info["Tagged"], info["Title"]) == ("yes", "Su plan de ketamina")
    assert b"pdfuaid" in pdf
    assert b"/Lang" in pdf


@pytest.mark.parametrize("paper", [*DOSED, whole_file], ids=lambda one: one.__name__)
def test_a_draft_is_marked_on_every_page(paper):
    office = office_of()
    pdf = paper(desk_at(opened(office, upto="drafted"), office, synthetic=True))
    pages = text_of(pdf).split("\f")[:-1]
    assert len(pages) == int(info_of(pdf)["Pages"])
    for page in pages:
        assert "DRAFT — not signed" in page
        assert "SYNTHETIC PATIENT" in page


def test_a_signed_paper_is_not_marked_as_a_draft(signed):
    office, record = signed
    assert "DRAFT" not in text_of(plan_paper(desk_at(record, office)))


@pytest.mark.parametrize(("upto", "words"), [("suspended", "SUSPENDED — take no dose"), ("stopped", "ENDED")])
def test_what_rests_or_is_over_says_so(upto, words):
    office = office_of()
    record = opened(office, upto=upto)
    assert words in text_of(plan_paper(desk_at(record, office)))
    with pytest.raises(NotNow, match="no signed plan in force"):
        newest_label(desk_at(supplied(record), office))


def test_a_plan_past_its_end_says_so(signed):
    from datetime import UTC, datetime

    office, record = signed
    later = msgspec.structs.replace(office, now=lambda: datetime(2027, 3, 1, 9, 0, tzinfo=UTC))
    assert "OVER — the last day of this plan was Fri 12 Feb 2027" in flat(wallet_card(desk_at(record, later)))


def test_no_dose_without_a_signature_or_a_draft():
    office = office_of()
    opened(office, upto="opened")
    for name in ("plan", "card", "letter", "draft-plan", "label"):
        with pytest.raises(NotNow):
            print_paper(office, CASE, name, Asked())
    for name in ("visit", "diary", "file"):
        assert "mg =" not in text_of(print_paper(office, CASE, name, Asked()))


def test_a_changed_signature_prints_nothing(signed):
    office, _ = signed
    broken = office_of()
    opened(broken)
    event = broken.store.open(CASE).plan
    event.body["content"]["regimen"]["dose_mg"] = "50"
    for name in ("plan", "card", "letter", "visit", "diary", "label", "file"):
        with pytest.raises(Broken):
            print_paper(broken, CASE, name, Asked())


def test_the_plan_of_a_taper_names_every_step():
    office = office_of()
    opened(office, "following/_base/stable", upto="opened")
    from titrant.clinic.acts import signing

    sign(office, action="taper", reason=signing.reasons_to_choose(office)[0][0])
    record = office.store.open(CASE)
    text = flat(plan_paper(desk_at(record, office)))
    steps = record.plan.body["content"]["steps"]
    assert steps
    for one in steps:
        assert f"{one['regimen']['dose_mg']} mg = " in text


def tapered(office):
    """15 mg from 21 November, 10 mg from the 24th, 5 mg from the 27th; the first day without a dose is the 30th."""
    from titrant.clinic.acts import signing

    opened(office, "following/_base/stable", upto="opened")
    sign(office, action="taper", reason=signing.reasons_to_choose(office)[0][0])
    return office.store.open(CASE)


@pytest.mark.parametrize(
    ("language", "none", "last"),
    [
        ("en", "From Mon 30 Nov 2026: no dose.", "Last day of this plan: Sun 29 Nov 2026"),
        ("es", "Desde el lun 30 nov 2026: ninguna dosis.", "Último día de este plan: dom 29 nov 2026"),
    ],
)
@pytest.mark.parametrize("paper", [plan_paper, wallet_card, visit_report], ids=lambda one: one.__name__)
def test_papers_of_a_taper_say_from_which_day_there_is_no_dose(paper, language, none, last):
    """The signed end is the first day without a dose; "ends on" and "valid until" were read as a day with one."""
    office = office_of()
    pdf = paper(desk_at(tapered(office), office, language=language))
    text = flat(pdf)
    assert none in text
    assert last in text
    assert text.count("30 nov" if language == "es" else "30 Nov") == 1, "in no other words"
    assert info_of(pdf)["Pages"] == "1"


def test_the_plan_of_a_taper_gives_each_step_its_first_day(signed):
    from datetime import UTC, datetime

    office = office_of()
    record = tapered(office)
    text = flat(plan_paper(desk_at(record, office)))
    assert "From Sat 21 Nov 2026. Until Mon 23 Nov 2026." in text
    assert "From Tue 24 Nov 2026: 10 mg" in text
    assert "From Fri 27 Nov 2026: 5 mg" in text
    later = msgspec.structs.replace(office, now=lambda: datetime(2026, 11, 28, 9, 0, tzinfo=UTC))
    text = flat(plan_paper(desk_at(record, later)))
    assert "From Fri 27 Nov 2026. Until Sun 29 Nov 2026." in text, "of the last step too"
    assert "From Mon 30 Nov 2026: no dose." in text


def test_the_letter_of_a_taper_says_its_steps_and_the_last_day():
    office = office_of()
    text = flat(gp_letter(desk_at(tapered(office), office)))
    for words in ("From Sat 21 Nov 2026. Until Mon 23 Nov 2026.", "From Mon 30 Nov 2026: no dose.",
                  "Last day of this plan: Sun 29 Nov 2026"):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("paper", DOSED, ids=lambda one: one.__name__)
def test_a_plan_says_its_last_day_and_is_over_on_the_next(signed, paper):
    from datetime import UTC, datetime

    office, record = signed
    assert record.plan.body["content"]["ends"] == "2027-02-13", "the first day without a dose"
    text = flat(paper(desk_at(record, office)))
    assert "Last day of this plan: Fri 12 Feb 2027" in text
    assert "ends on" not in text
    for day, over in ((12, False), (13, True)):
        then = msgspec.structs.replace(office, now=lambda day=day: datetime(2027, 2, day, 9, 0, tzinfo=UTC))
        assert ("OVER" in flat(paper(desk_at(record, then)))) == over


def test_the_same_is_printed_as_the_same_bytes(signed):
    office, record = signed
    for paper in (plan_paper, wallet_card, gp_letter, visit_report, whole_file):
        assert paper(desk_at(record, office)) == paper(desk_at(record, office)), paper.__name__


def test_the_letter_has_the_headings_and_the_protocol(signed):
    office, record = signed
    text = flat(gp_letter(desk_at(record, office)))
    for words in ("Change of medication", "Reason", "Action for you", "What the evidence says", "Attached: Troche",
                  "Please do not prescribe ketamine", "outside its licence", "Missed doses"):  # fmt: skip
        assert words in text, words
    assert "ACTION FOR YOU" in plain_letter(office, record, Asked())


def test_the_card_carries_the_evidence_for_drivers_in_the_uk_only():
    for pack, is_there in (("uk", True), ("us", False), ("none", False)):
        office = office_of(pack=pack, manufacturer="Maker (synthetic)", certificate="synthetic-1")
        assert ("list of drugs tested for in drivers" in flat(wallet_card(desk_at(opened(office), office)))) == is_there


def test_the_label_is_70_by_36_mm_and_complete(signed):
    office, record = signed
    pdf = newest_label(desk_at(supplied(record), office))
    wide, high = re.match(r"([0-9.]+) x ([0-9.]+) pts", info_of(pdf)["Page size"]).groups()
    assert (round(float(wide) / 72 * 25.4), round(float(high) / 72 * 25.4)) == (70, 36)
    assert info_of(pdf)["Pages"] == "1"
    for words in ("10 mg = half a troche, twice a day", "7 troches", "L-22", "10 Jan 2027", "Ada Example"):
        assert words in flat(pdf), words


def test_the_visit_report_has_the_numbers():
    office = office_of()
    record = opened(office, "following/_base/stable", upto="opened")
    text = flat(visit_report(desk_at(record, office)))
    for words in ("Pain before the course: 7", "3 points (42.9 %) lower", "7 of 7 days", "No signed plan is in force"):
        assert words in text, words


def test_the_invitation_carries_link_and_code(signed):
    office, record = signed
    text = flat(invitation_sheet(desk_at(record, office), INVITED))
    assert "K7QF-29XM" in text
    assert "https://clinic.invalid/p/enrol/abc" in text


def test_the_whole_file_has_every_event_signature_and_the_head(signed):
    office, record = signed
    text = flat(whole_file(desk_at(record, office)))
    assert "The seal holds" in text
    assert office.store.head()[1][:40] in text.replace(" ", "")
    for event in record.events:
        assert event.kind.value.replace("_", " ").capitalize() in text
    for line in record.of(Kind.SIGNED)[0].body["text"].splitlines():
        assert " ".join(line.split()) in text.replace(" ", " ") or line[:40] in text


def test_every_paper_of_the_list_is_made(signed):
    office, _ = signed
    for name in PAPERS:
        if name == "label" or name.startswith("draft-"):
            continue
        assert print_paper(office, CASE, name, Asked()).startswith(b"%PDF-")
