"""A phone is let in once, by a link or a code that works for a day; it shows its own record and no other."""

import hashlib
import json
import re
import secrets
import string
import uuid
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest
from django.test import Client

from tests.clinic.signing_by_hand import NURSE
from tests.web.conftest import actor, new_case
from tests.web.phone_cases import client_of, on_plan, phone_of, today
from titrant.clinic.acts.enrolling import CODE_LENGTH, GOOD_FOR, enrol, invite, revoke
from titrant.record.events import Kind, instant_text
from titrant.record.ports import NotFound


@pytest.fixture
def devices():
    from titrant.storage.devices import Devices

    return Devices()


def test_a_link_works_once(office, devices) -> None:
    made = invite(office, devices, new_case(office.store), NURSE)
    assert enrol(office, devices, link=made.link).case
    with pytest.raises(NotFound):
        enrol(office, devices, link=made.link)
    with pytest.raises(NotFound):
        enrol(office, devices, code=made.code)


def test_a_code_is_read_as_it_was_printed_or_typed(office, devices) -> None:
    made = invite(office, devices, new_case(office.store), NURSE)
    assert len(made.code) == CODE_LENGTH
    assert enrol(office, devices, code=f" {made.code[:4].lower()} - {made.code[4:]}").token


def test_only_the_newest_invitation_works(office, devices) -> None:
    case = new_case(office.store)
    old, new = invite(office, devices, case, NURSE), invite(office, devices, case, NURSE)
    with pytest.raises(NotFound):
        enrol(office, devices, link=old.link)
    assert enrol(office, devices, link=new.link).case == case


def test_an_invitation_is_good_for_a_day(office, devices) -> None:
    made = invite(office, devices, new_case(office.store), NURSE)
    later = office.now() + GOOD_FOR + timedelta(seconds=1)
    with pytest.raises(NotFound):
        enrol(msgspec.structs.replace(office, now=lambda: later), devices, link=made.link)


def test_nothing_that_lets_a_phone_in_is_kept(office, devices) -> None:
    from titrant.storage.models import Device, Invitation

    made = invite(office, devices, new_case(office.store), NURSE)
    phone = enrol(office, devices, link=made.link)
    rows = json.dumps(
        [*Invitation.objects.values("link_sha256", "code_sha256"), *Device.objects.values("token_sha256")]
    )
    for secret in (made.link, made.code, phone.token):
        assert secret not in rows
    facts = json.dumps([event.body for event in office.store.events(phone.case)])
    for secret in (made.link, made.code, phone.token):
        assert secret not in facts


def test_a_lost_phone_is_out_at_once(office, devices) -> None:
    case = on_plan(office)
    phone = phone_of(office, case)
    client = client_of(phone.token)
    assert client.get("/p/state/").status_code == 200
    revoke(office, devices, case, phone.device, NURSE, "lost")
    assert client.get("/p/state/").status_code == 404
    assert "25 mg" not in client.get("/p/").content.decode()
    assert [one.kind for one in office.store.events(case)][-1] is Kind.DEVICE_REVOKED


def test_the_cookie_is_for_the_phone_alone(office, devices) -> None:
    made = invite(office, devices, new_case(office.store), NURSE)
    client = Client()
    page = client.get(f"/p/enrol/{made.link}/")
    assert page.status_code == 200
    assert "phone" not in page.cookies
    cookie = client.post(f"/p/enrol/{made.link}/").cookies["phone"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/p/")
    assert len(cookie.value) >= 43
    assert client.get("/p/state/").status_code == 200


def test_a_code_typed_at_the_door_lets_in_and_guessing_becomes_slow(office, devices) -> None:
    from titrant.storage.models import Throttle

    client = Client(REMOTE_ADDR="192.0.2.77")
    for _ in range(5):
        assert client.post("/p/code/", {"code": "ABCD2345"}).status_code == 404
    assert client.post("/p/code/", {"code": "ABCD2345"}).status_code == 429
    made = invite(office, devices, new_case(office.store), NURSE)
    assert client.post("/p/code/", {"code": made.code}).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.78").post("/p/code/", {"code": made.code}).status_code == 302
    assert Throttle.objects.filter(key="code:192.0.2.77").get().tries == 5


def test_guessed_links_open_nothing(office) -> None:
    client = Client()
    for _ in range(20):
        assert client.post(f"/p/enrol/{uuid.uuid4().hex}{uuid.uuid4().hex}/").status_code == 404


def let_in(office, devices, tries: int) -> int:
    """How many of so many guesses open something: strange ones, and true links and tokens with one letter changed."""
    from titrant.storage.devices import device_of

    rng, now = Random(35), instant_text(office.now())
    link = invite(office, devices, new_case(office.store), NURSE).link
    token = phone_of(office, on_plan(office)).token
    assert device_of(token)
    assert devices.invited(link=link, now=now)
    opened = 0
    for number in range(tries):
        true = (link, token)[number % 2]
        guess = near(true, rng) if number % 3 else secrets.token_urlsafe(32)
        opened += device_of(guess) is not None or devices.invited(link=guess, now=now) is not None
    return opened


def near(secret: str, rng: Random) -> str:
    place = rng.randrange(len(secret))
    other = rng.choice([one for one in string.ascii_letters + string.digits + "-_%" if one != secret[place]])
    return secret[:place] + other + secret[place + 1 :]


@pytest.mark.parametrize("tries", [300, pytest.param(100_000, marks=pytest.mark.release)])
def test_no_guessed_link_or_token_opens_anything(office, devices, tries) -> None:
    assert let_in(office, devices, tries) == 0


def test_a_door_that_compares_beginnings_is_found(office, devices, monkeypatch) -> None:
    """The planted fault: a key that looks at the first letters only."""
    whole = hashlib.sha256
    monkeypatch.setattr("titrant.storage.devices.token_hash", lambda token: whole(token[:6].encode()).hexdigest())
    assert let_in(office, devices, 60) > 0


def test_a_phone_writes_to_its_own_record_only(office) -> None:
    own, other = on_plan(office), on_plan(office)
    client = client_of(phone_of(office, own).token)
    before = office.store.summary(other).version
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "pain": {"average": 3}}
    sent = {"id": str(uuid.uuid4()), "entry": entry}
    answer = client.post("/p/entries/", json.dumps(sent), content_type="application/json")
    assert answer.json()["receipt"] == office.store.summary(own).version
    assert office.store.summary(other).version == before
    assert client.post("/p/entries/", json.dumps(sent), content_type="application/json").json()["again"] is True
    sent["entry"] = {**entry, "pain": {"average": 4}}
    assert client.post("/p/entries/", json.dumps(sent), content_type="application/json").status_code == 409
    assert client.get(f"/patients/{own}/").status_code in (302, 404)


def test_an_entry_that_names_another_patient_is_refused_in_words(office) -> None:
    own, other = on_plan(office), on_plan(office)
    client = client_of(phone_of(office, own).token)
    before = [office.store.summary(one).version for one in (own, other)]
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "pain": {"average": 3}}
    sent = {"id": str(uuid.uuid4()), "entry": entry, "case": other}
    answer = client.post("/p/entries/", json.dumps(sent), content_type="application/json")
    assert answer.status_code == 409
    assert "another person" in answer.json()["why"]
    assert [office.store.summary(one).version for one in (own, other)] == before
    sent["case"] = own
    assert client.post("/p/entries/", json.dumps(sent), content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status"),
    [
        ('{"id": "a", "id": "b", "entry": {}}', "application/json", {}, 422),
        ('{"id": "00000000", "entry": {}}', "text/plain", {}, 403),
        ('{"id": "00000000", "entry": {}}', "application/json", {"Sec-Fetch-Site": "cross-site"}, 403),
        ('{"id": "00000000", "entry": {}}', "application/json", {"Origin": "https://elsewhere.invalid"}, 403),
        ("[" * 100_000, "application/json", {}, 413),
        ("[" * 15_000, "application/json", {}, 422),
        ('{"id": "00000000", "entry": {}, "case": "other"}', "application/json", {}, 409),
        ('{"id": "00000000", "entry": {}, "case": null}', "application/json", {}, 409),
        ('{"id": "00000000", "entry": {}, "more": "other"}', "application/json", {}, 422),
        ('{"id": "00000000", "entry": {"day": "2026-11-20", "mood": 1e400}}', "application/json", {}, 422),
    ],
)
def test_what_is_no_entry_is_refused_at_the_door(office, body, kind, headers, status) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    before = office.store.summary(case).version
    assert client.post("/p/entries/", body, content_type=kind, headers=headers).status_code == status
    assert office.store.summary(case).version == before


def test_an_entry_leaves_its_fact_and_no_line_of_reading(office) -> None:
    from titrant.storage.models import ReadEntry

    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    client.get("/p/state/")
    lines = ReadEntry.objects.filter(case=case)
    seen = lines.count()
    assert seen >= 1
    entry = {"day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "mood": 3}
    client.post("/p/entries/", json.dumps({"id": str(uuid.uuid4()), "entry": entry}), content_type="application/json")
    assert lines.count() == seen
    assert office.store.events(case)[-1].kind is Kind.DIARY_KEPT


def test_staff_invite_and_let_out(office, signed_in) -> None:
    case = on_plan(office)
    client = signed_in("nurse")
    page = client.post(f"/patients/{case}/phone/").content.decode()
    link = re.search(r"/p/enrol/([A-Za-z0-9_-]+)/", page)
    assert link
    assert "<svg" in page
    phone = Client()
    assert phone.post(link[0]).status_code == 302
    assert phone.get("/p/state/").status_code == 200
    found = re.search(
        rf"/patients/{case}/phone/([0-9a-f-]+)/lost/", client.get(f"/patients/{case}/phone/").content.decode()
    )
    assert found
    client.post(found[0])
    assert phone.get("/p/state/").status_code == 404


def test_a_patient_signs_out(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    answer = client.post("/p/out/", {"case": case})
    assert "storage" in answer["Clear-Site-Data"]
    assert answer.cookies["phone"].value == ""
    assert office.store.events(case)[-1].by.role.value == "patient"


def test_words_of_messages_are_shown_as_words(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    hostile = "<script>alert(1)</script> {{ 7|add:7 }} \u00e9"
    client.post("/p/messages/", {"id": str(uuid.uuid4()), "case": case, "text": hostile})
    page = client.get("/p/messages/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert office.store.summary(case).unread


def test_a_day_can_be_written_without_scripts(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    page = client.get("/p/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(id|case|entered|shown_[0-9-]+)" value="([^"]+)"', page))
    sent = {**hidden, "day": today().isoformat(), "dose": "one", "pain": "4", "effects": "none", "activity": "done"}
    for _ in range(2):  # a double click
        assert client.post("/p/write/", sent).status_code == 200
    (one,) = office.store.open(case).tree["given"]["diary"]
    assert (one["pain"], one["effects"], one["doses"]) == ({"average": 4}, {}, [{"what": "taken", "dose": "25 mg"}])


def test_danger_without_scripts_says_whom_to_call(office, outside_hours) -> None:
    client = client_of(phone_of(office, on_plan(office)).token)
    page = client.get("/p/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(id|case|entered|shown_[0-9-]+)" value="([^"]+)"', page))
    answer = client.post("/p/write/", {**hidden, "day": today().isoformat(), "flag_chest_pain": "yes"}).content.decode()
    assert "Call the emergency number now" in answer
    assert f"When the clinic is closed: {outside_hours}" in answer


def sent_plainly(client, **fields):
    """What the form without scripts answers, and the form that it was written on."""
    page = client.get("/p/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(id|entered|case|shown_[0-9-]+)" value="([^"]+)"', page))
    form = {**hidden, "day": today().isoformat(), **fields}
    return client.post("/p/write/", form).content.decode(), form


def diary_of(office, case):
    return office.store.open(case).tree["given"].get("diary", [])


def tasks_of(office, case):
    return sorted(one.code for one in office.store.summary(case).tasks.values())


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_wrong_pressure_holds_up_no_chest_pain(office, language) -> None:
    case = on_plan(office, language=language)
    words = office.library.phone.of(language)
    client = client_of(phone_of(office, case).token)
    page, form = sent_plainly(client, flag_chest_pain="yes", pain="4", upper="80", lower="190")
    for name in ("emergency_title", "do_chest_pain", "emergency_do", "bp_wrong", "sent"):
        assert words.say(name) in page
    assert 'name="upper"' in page
    assert tasks_of(office, case) == ["chest_pain"]
    client.post("/p/write/", form)  # a double click
    (one,) = diary_of(office, case)
    assert (one["flags"], one["pain"], one.get("blood_pressure")) == (["chest_pain"], {"average": 4}, None)
    again = dict(re.findall(r'name="(id|entered|day|case)" value="([^"]+)"', page))
    page = client.post("/p/write/", {**again, "upper": "190", "lower": "80"}).content.decode()
    assert words.say("do_pressure") in page
    assert [one.get("blood_pressure") for one in diary_of(office, case)] == [None, ["190/80 mmHg"]]


@pytest.mark.parametrize("wrong", [{"upper": "80", "lower": ""}, {"upper": "9" * 600, "lower": "1"}, {"upper": "x"}])
def test_a_pressure_that_cannot_be_read_is_asked_again_and_never_dropped(office, wrong) -> None:
    case = on_plan(office)
    page, _ = sent_plainly(client_of(phone_of(office, case).token), **wrong)
    assert "These numbers cannot be right" in page
    assert diary_of(office, case) == []


def test_a_wrong_day_holds_up_no_chest_pain_either(office) -> None:
    case = on_plan(office)
    page, _ = sent_plainly(client_of(phone_of(office, case).token), flag_chest_pain="yes", day="2099-01-01")
    assert "Sit down. Do not drive." in page
    assert "This was not kept" in page
    assert tasks_of(office, case) == ["chest_pain"]
    assert diary_of(office, case)[0]["day"] == today().isoformat()


def test_an_entry_from_the_scripts_with_a_wrong_number_still_tells_of_harm(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    entry = {
        "day": today().isoformat(), "entered": datetime.now(UTC).isoformat(), "flags": ["chest_pain"], "mood": 99,
        "effects": {"dizziness": 4, "boredom": 4}, "blood_pressure": ["80/190 mmHg", "200/120 mmHg"],
    }  # fmt: skip
    sent = {"id": str(uuid.uuid4()), "entry": entry, "case": case}
    for _ in range(2):
        assert client.post("/p/entries/", json.dumps(sent), content_type="application/json").status_code == 422
    (one,) = diary_of(office, case)
    assert (one["flags"], one["effects"], one["blood_pressure"]) == (["chest_pain"], {"dizziness": 4}, ["200/120 mmHg"])
    assert {"chest_pain", "pressure_stop"} <= set(tasks_of(office, case))


def test_a_form_that_the_browser_showed_again_is_answered_in_words_and_tells_of_harm(office) -> None:
    case = on_plan(office)
    client = client_of(phone_of(office, case).token)
    _, form = sent_plainly(client, dose="one", pain="4")
    page = client.post("/p/write/", {**form, "pain": "5", "flag_chest_pain": "yes"}).content.decode()
    assert "This form was sent before" in page
    assert "Sit down. Do not drive." in page
    assert tasks_of(office, case) == ["chest_pain"]
    first, second = diary_of(office, case)
    assert (first["pain"], second.get("pain"), second.get("doses"), second["flags"]) == (
        {"average": 4}, None, None, ["chest_pain"],
    )  # fmt: skip


def test_more_than_a_day_can_hold_is_answered_in_the_words_of_the_patient(office, monkeypatch) -> None:
    monkeypatch.setattr("titrant.clinic.acts.diary.MOST_IN_A_DAY", 0)
    case = on_plan(office, language="es")
    page, _ = sent_plainly(client_of(phone_of(office, case).token), pain="4")
    assert office.library.phone.of("es").say("form_too_many") in page
    page, _ = sent_plainly(client_of(phone_of(office, case).token), pain="4", flag_chest_pain="yes")
    assert office.library.phone.of("es").say("do_chest_pain") in page
    assert "chest_pain" in tasks_of(office, case)


def test_a_form_of_the_person_before_is_not_kept_for_the_next(office) -> None:
    first, second = on_plan(office), on_plan(office)
    _, form = sent_plainly(client_of(phone_of(office, first).token))
    page = client_of(phone_of(office, second).token).post("/p/write/", {**form, "pain": "7"}).content.decode()
    assert "of the person who used this phone before" in page
    assert diary_of(office, second) == []


@pytest.mark.parametrize("named", [True, False])
def test_a_form_that_is_not_kept_still_says_what_to_do_at_once(office, named) -> None:
    first, second = on_plan(office), on_plan(office)
    _, form = sent_plainly(client_of(phone_of(office, first).token))
    form = {name: one for name, one in form.items() if named or name != "case"}
    page = client_of(phone_of(office, second).token).post("/p/write/", {**form, "flag_chest_pain": "yes"})
    assert "Call the emergency number now" in page.content.decode()
    assert "of the person who used this phone before" in page.content.decode()
    assert diary_of(office, second) == []


def test_the_nurse_is_not_a_phone(office, signed_in) -> None:
    assert signed_in("nurse").get("/p/state/").status_code == 404
    assert actor("nurse").role is not actor("patient").role
