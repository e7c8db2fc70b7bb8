"""When an entry is seen, what is taken as one regimen, and what is refused or shown whatever the rules say."""

from datetime import date
from typing import Any

import pytest

from tests.following.test_adjust import base
from titrant.clinic.desk import Desk
from titrant.clinic.opening import shape_case
from titrant.clinic.saying_following import adjustment_data
from titrant.clinic.telling_following import adjustment_page, review_page
from titrant.explain.words import Words
from titrant.knowledge.library import Library
from titrant.pathway.adjust import adjust
from titrant.pathway.case import Case
from titrant.pathway.plan import Outcome
from titrant.pathway.review import Review, review
from titrant.terms.errors import CaseFileError

FLAG = {"day": "2026-11-09", "flags": ["chest_pain"]}


def case_with(*entries: dict[str, Any]) -> Case:
    tree = base("titrating")
    tree["given"]["diary"] += entries
    return shape_case(tree, "a case")


def reviewed(library: Library, *entries: dict[str, Any]) -> Review:
    return review(case_with(*entries), library, date(2026, 11, 21))


@pytest.mark.parametrize(
    ("entered", "flags"),
    [
        ("same day", ()),
        ("2026-11-13", ()),
        ("2026-11-14", ("chest_pain",)),  # the level begins on that day: nobody can tell which came first
        ("2026-11-14T23:50+01:00", ("chest_pain",)),
        ("2026-11-20", ("chest_pain",)),
        ("", ("chest_pain",)),
    ],
)
def test_a_signature_of_a_later_day_sees_an_entry(entered: str, flags: tuple[str, ...], library: Library) -> None:
    assert reviewed(library, {**FLAG, "entered": entered}).harm.flags == flags


def test_of_mg_and_pieces_that_disagree_neither_is_believed(library: Library) -> None:
    for dose in ({"dose": "100 mg", "pieces": "2"}, {"dose": "20 mg", "pieces": "2.1"}):
        with pytest.raises(CaseFileError, match="do not agree") as refused:
            reviewed(library, {"day": "2026-11-20", "doses": [{"what": "taken", **dose}]})
        assert refused.value.args
    found = reviewed(library, {"day": "2026-11-21", "doses": [{"what": "taken", "dose": "20 mg", "pieces": "2"}]})
    assert found.extra == ()


def test_what_the_person_wrote_stands_near_the_top_and_in_the_answer(library: Library) -> None:
    text = "the walls were breathing"
    found = reviewed(library, {"day": "2026-11-20", "entered": "same day", "reason": text})
    decided, words = adjust(found, library), Words(library)
    assert adjustment_data(decided, words)["notes"] == [{"on": "2026-11-20", "text": text}]
    assert "words_not_read" in {one.code for one in decided.findings}
    for page in (adjustment_page(decided, words, Desk(library, found.on).clinic), review_page(found, words)):
        head, _, rest = page.partition(text)
        assert rest
        assert "not read by the program" in head.lower()
        assert len(head.splitlines()) < 25


def test_words_of_a_level_that_was_signed_after_them_are_not_shown_again(library: Library) -> None:
    assert reviewed(library, {"day": "2026-11-09", "entered": "same day", "reason": "forgot"}).notes == ()


def test_an_earlier_reading_that_cannot_be_judged_ends_in_a_refusal(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise ValueError("a planted fault")

    monkeypatch.setattr("titrant.pathway.standing.judge_bands", broken)
    found = reviewed(library)
    assert any(one.startswith("monitoring/") for one in found.standing.failed)
    decided = adjust(found, library)
    assert decided.outcome is Outcome.REFUSED
    assert [one.code for one in decided.reasons] == ["check_failed"]


def test_the_page_names_the_day_of_an_old_harm(library: Library) -> None:
    found = reviewed(library, {"day": "2026-11-09", "entered": "2026-11-20", "effects": {"confusion": 3}})
    page = adjustment_page(adjust(found, library), Words(library), "")
    assert "confusion 3 on 2026-11-09" in " ".join(page.split())
