"""Hostile words in every field of a person's choosing: printed as words, harmless, and on no second page."""

import re
import zlib

import pytest
from msgspec import structs

from tests.documents.hostile import PAYLOADS
from tests.documents.making import desk_at, info_of, office_of, opened, supplied, text_of
from titrant.documents.card import wallet_card
from titrant.documents.cells import csv_text, safe
from titrant.documents.diary_sheet import diary_sheet
from titrant.documents.invitation import Invited, invitation_sheet
from titrant.documents.label import newest_label
from titrant.documents.letter import gp_letter
from titrant.documents.plan_paper import plan_paper
from titrant.documents.shown import UNSHOWN, shown
from titrant.documents.visit_report import visit_report
from titrant.documents.whole_file import whole_file

LIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|EmbeddedFile|URI|GoToR|SubmitForm|ImportData|RichMedia|AA|OpenAction"
    rb"|XFA|AcroForm|Filespec)\b"
)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
FIELDS = ("name", "number", "phone", "email", "address", "activity")


def invitation(desk):
    return invitation_sheet(
        desk, Invited(f"https://clinic.invalid/{desk.record.summary.person.name[:100]}", "AB", "now")
    )


def label(desk):
    words = desk.record.summary.person.name
    return newest_label(structs.replace(desk, record=supplied(desk.record, lot=words)))


ONE_PAGE = (plan_paper, wallet_card, visit_report, diary_sheet, label)
ANY = (gp_letter, whole_file, invitation)


def structure_of(pdf):
    """Everything of a PDF but the drawing of its pages: its objects, also those within compressed object streams."""
    parts = [STREAM.sub(b"", pdf)]
    for match in re.finditer(
        rb"<<(?:(?!>>\s*stream).)*?/Type\s*/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL
    ):
        parts.append(zlib.decompress(match[1]))
    return b"\n".join(parts)


def live(pdf):
    return LIVE.findall(structure_of(pdf))


@pytest.fixture(scope="module")
def office():
    return office_of()


@pytest.fixture(scope="module")
def record(office):
    return opened(office)


def hostile(office, record, words):
    """The record after somebody wrote ``words`` wherever a person may write."""
    import msgspec

    person = msgspec.structs.replace(record.summary.person, **dict.fromkeys(FIELDS, words))
    summary = msgspec.structs.replace(record.summary, person=person)
    given = record.tree["given"] | {
        "goals": [words], "failed_treatments": [{"treatment": words, "result": "no_benefit"}],
        "medications": record.tree["given"]["medications"] | {"list": [{"name": words}]},
        "allergies": record.tree["given"]["allergies"] | {"list": [{"substance": words, "reaction": words}]},
        "indication": {"condition": "crps", "words": words},
        "diary": [{"day": "2026-11-20", "entered": "same day", "reason": words, "pain": {"average": 5}}],
    }  # fmt: skip
    return msgspec.structs.replace(record, summary=summary, tree=record.tree | {"given": given})


def clinic(office, words):
    import msgspec

    typed = dict.fromkeys(("name", "address", "phone", "emergency_phone", "on_call"), words)
    settings = msgspec.structs.replace(office.settings, **typed)
    return msgspec.structs.replace(office, settings=settings)


EVERY = [
    pytest.param(place, marks=[] if place % 6 == 3 else [pytest.mark.release]) for place in range(len(PAYLOADS))
]  # the whole list before a release, every sixth with each change


@pytest.mark.parametrize("place", EVERY)
def test_words_stay_words_and_papers_stay_whole(place, office, record):
    words = PAYLOADS[place]
    desk = desk_at(hostile(office, record, words), clinic(office, words), synthetic=True)
    for paper in (*ONE_PAGE, *ANY):
        pdf = paper(desk)
        assert live(pdf) == [], (paper.__name__, words[:40])
        text = text_of(pdf)
        assert "root:" not in text
        if paper in ONE_PAGE:
            assert info_of(pdf)["Pages"] == "1", (paper.__name__, words[:40])
        if paper in (plan_paper, wallet_card, gp_letter):
            assert "10 mg = half a troche" in text, (paper.__name__, words[:40])


@pytest.mark.parametrize("words", ['#read("/etc/passwd")', "*bold* _it_ $x$", "<label> @ref", "= Heading"])
def test_markup_is_shown_as_it_was_written(words, office, record):
    text = " ".join(text_of(plan_paper(desk_at(hostile(office, record, words), office))).split())
    assert words in text


def test_what_is_too_long_says_where_it_goes_on(office, record):
    text = " ".join(text_of(plan_paper(desk_at(hostile(office, record, "word " * 1000), office))).split())
    assert "(continued in the record)" in text


def test_signs_that_turn_the_reading_direction_are_shown_as_signs():
    assert shown("\u202e10 mg") == f"{UNSHOWN}10 mg"
    assert shown("a\x00b") == f"a{UNSHOWN}b"
    assert shown("مرحبا") == "مرحبا"


def test_letters_without_a_font_are_marked_and_said(office, record):
    text = " ".join(text_of(plan_paper(desk_at(hostile(office, record, "日本 Taro"), office))).split())
    assert "cannot be printed with the fonts" in text
    assert "Taro" in text


@pytest.mark.parametrize("words", PAYLOADS)
def test_no_cell_is_a_live_formula(words):
    for line in safe(words).split("\n"):
        bare = line.strip(" \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff\u200b")
        number = bare.lstrip("-").replace(".", "", 1).isdigit()
        assert number or not bare.startswith(("=", "+", "-", "@", "|", "%")), repr(line)


def test_numbers_stay_numbers_in_cells():
    assert csv_text(["a"], [["-1.5"], ["7"], ["=1+1"]]) == "a\n-1.5\n7\n'=1+1\n"


# The harness itself is shown to fail on planted faults


def test_the_search_for_live_parts_finds_a_planted_link():
    import typst

    linked = typst.compile(b'#link("https://evil.invalid")[here]', format="pdf")
    assert live(linked)


def test_building_source_from_words_would_be_caught(office, record, monkeypatch):
    """Words put into source text, as no template of ours does, break the very check that is relied on."""
    import typst

    words = '#link("https://evil.invalid")[here]'
    assert live(typst.compile(f"= Plan of {words}".encode(), format="pdf"))
    assert not live(plan_paper(desk_at(hostile(office, record, words), office)))


def test_a_paper_that_grows_is_caught(office, record, monkeypatch):
    from titrant.documents import paper

    monkeypatch.setattr(paper, "line", lambda text, *_: text)
    desk = desk_at(hostile(office, record, "word " * 1000), office)
    assert info_of(plan_paper(desk))["Pages"] != "1"


def test_templates_name_no_file_package_or_address():
    from pathlib import Path

    import titrant.documents

    for path in (Path(titrant.documents.__file__).parent / "templates").glob("*.typ"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"@preview|https?://|#?read\(|plugin\(|csv\(|yaml\(|toml\(|xml\(|eval\(", text), path.name
        assert set(re.findall(r'import "([^"]+)"', text)) <= {"common.typ"}
