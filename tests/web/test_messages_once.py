"""A message that is sent again because the answer was lost is kept once; other words are another message."""

import uuid

import pytest

from tests.clinic.signing_by_hand import NURSE
from tests.web.conftest import new_case
from tests.web.phone_cases import client_of, phone_of
from titrant.clinic.acts import messages
from titrant.record.events import Kind
from titrant.terms.errors import NotNow


def texts(office, case) -> list[str]:
    return [one.body["text"] for one in office.store.events(case, [Kind.MESSAGE_SENT])]


def test_an_answer_of_staff_posted_twice_is_kept_once(office, signed_in) -> None:
    case, nurse = new_case(office.store), signed_in("nurse")
    sent = {"act": "send", "text": "Please call us.", "form": nurse.get(f"/messages/{case}/").context["form"]}
    for _ in range(3):
        assert nurse.post(f"/messages/{case}/", sent).status_code == 302
    assert texts(office, case) == ["Please call us."]


def test_a_message_of_a_patient_posted_twice_is_kept_once(office) -> None:
    case = new_case(office.store)
    phone = client_of(phone_of(office, case).token)
    sent = {"id": phone.get("/p/messages/").context["id"], "case": case, "text": "May I take it later?"}
    for _ in range(3):
        assert phone.post("/p/messages/", sent).status_code == 302
    assert texts(office, case) == ["May I take it later?"]


def test_other_words_on_a_form_that_the_browser_showed_again_are_another_message(office) -> None:
    case = new_case(office.store)
    phone, form = client_of(phone_of(office, case).token), str(uuid.uuid4())
    for text in ("First.", "Second.", "First."):
        assert phone.post("/p/messages/", {"id": form, "case": case, "text": text}).status_code == 302
    assert texts(office, case) == ["First.", "Second."]


def test_a_form_of_the_person_who_used_the_phone_before_sends_nothing_for_the_next(office) -> None:
    first, second = new_case(office.store), new_case(office.store)
    form = client_of(phone_of(office, first).token).get("/p/messages/").context
    sent = {"id": form["id"], "case": form["case"], "text": "May I take it later?"}
    page = client_of(phone_of(office, second).token).post("/p/messages/", sent)
    assert "of the person who used this phone before" in page.content.decode()
    assert texts(office, first) == texts(office, second) == []


def test_the_same_words_on_a_new_form_are_said_twice(office, signed_in) -> None:
    case, nurse = new_case(office.store), signed_in("nurse")
    for _ in range(2):
        form = nurse.get(f"/messages/{case}/").context["form"]
        nurse.post(f"/messages/{case}/", {"act": "send", "text": "Please call us.", "form": form})
    assert len(texts(office, case)) == 2


@pytest.mark.parametrize("text", ["", "  \r\n ", "x" * (messages.LONGEST + 1)])
def test_what_is_no_message_is_refused_from_both_sides(office, text) -> None:
    case = new_case(office.store)
    with pytest.raises(NotNow):
        messages.send(office, NURSE, case, text, "form")
    phone = client_of(phone_of(office, case).token)
    page = phone.post("/p/messages/", {"id": str(uuid.uuid4()), "case": case, "text": text}).content.decode()
    assert "This was not sent: write something, and at most 2,000 letters." in page
    assert f">{text}</textarea>" in page, "what was written is still there"
    assert texts(office, case) == []


def test_for_a_character_that_cannot_be_seen_no_message_is_lost(office) -> None:
    case = new_case(office.store)
    phone = client_of(phone_of(office, case).token)
    phone.post("/p/messages/", {"id": str(uuid.uuid4()), "case": case, "text": "Call \u2068Nora\u2069\r\nplease"})
    assert texts(office, case) == ["Call \ufffdNora\ufffd\nplease"]


def test_the_times_of_messages_on_the_phone_are_those_where_the_patient_lives(office) -> None:
    from datetime import UTC, datetime

    import msgspec

    case = new_case(office.store)
    person = office.draft(Kind.PERSON_RECORDED, {"person": {"zone": "Asia/Tokyo"}}, NURSE)
    office.store.append(case, [person], expected=None)
    then = msgspec.structs.replace(office, now=lambda: datetime(2026, 3, 1, 20, 0, tzinfo=UTC))
    messages.send(then, NURSE, case, "Good evening.", "form")
    page = client_of(phone_of(office, case).token).get("/p/messages/").content.decode()
    assert "2026-03-02 05:00" in page
