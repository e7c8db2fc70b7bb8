"""No phone of a patient is anybody's secret: who invited it is known, staff and patient are told, and an emergency
gives none."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client

from tests.clinic.signing_by_hand import NURSE
from tests.web.conftest import TEAM, actor
from tests.web.phone_cases import client_of, on_plan, phone_of, today
from tests.web.visitors import OTHER_TEAM
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.enrolling import enrol, invite
from titrant.clinic.acts.people import open_in_emergency
from titrant.clinic.acts.signing import suspend
from titrant.clinic.pharmacy import may_supply
from titrant.record.events import Actor, Kind, Role
from titrant.record.states import State
from titrant.terms.errors import NotNow

REASON = "Found unconscious at the counter"


@pytest.fixture
def devices() -> Any:
    from titrant.storage.devices import Devices

    return Devices()


@pytest.fixture
def outsider(office, staff):
    """A member of another team who opened the record of ``case`` in an emergency, with a browser."""

    def made(role: str, case: str) -> tuple[Any, Client]:
        from titrant.web.sessions import actor_of

        person, client = staff(role, (OTHER_TEAM,), name=f"Olga Other {role} (synthetic)"), Client()
        client.force_login(person)
        open_in_emergency(office, actor_of(person), case, REASON)
        return person, client

    return made


def words_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def tasks(office: Any, case: str, code: str) -> list[Any]:
    return [one for one in office.store.summary(case).tasks.values() if one.code == code]


# In by an emergency


@pytest.mark.parametrize("role", ["nurse", "pharmacist", "prescriber"])
def test_an_emergency_reads_the_record_and_lets_no_phone_in(office, outsider, role) -> None:
    case = on_plan(office)
    _, client = outsider(role, case)
    assert client.get(f"/patients/{case}/").status_code == 200
    answer = client.post(f"/patients/{case}/phone/")
    assert (answer.status_code, "/p/enrol/" in answer.content.decode()) == (403, False)
    assert "call the care team" in words_of(answer)
    assert not [one for one in office.store.events(case) if one.kind is Kind.DEVICE_INVITED]


LASTING = (
    "phone/", "papers/", "papers/plan.pdf", "copy.zip", "record.fhir.json", "papers/invitation.pdf", "teams/",
    "checks/due.ics", "papers/delivered/",
)  # fmt: skip


@pytest.mark.parametrize("page", LASTING)
def test_nothing_that_lasts_longer_than_the_emergency_is_given(office, outsider, page) -> None:
    case = on_plan(office)
    _, client = outsider("nurse", case)
    before = office.store.summary(case).version
    posted = page in ("copy.zip", "record.fhir.json", "papers/invitation.pdf", "papers/delivered/")
    answer = (client.post if posted else client.get)(f"/patients/{case}/{page}")
    assert (answer.status_code, "care team" in words_of(answer)) == (403, True)
    assert office.store.summary(case).version == before


def test_the_plan_can_be_suspended_in_an_emergency(office, outsider) -> None:
    case = on_plan(office)
    _, client = outsider("nurse", case)
    client.post(f"/patients/{case}/suspend/", {"reason": "Unconscious", "who": "provider"})
    assert office.store.summary(case).state == "suspended"


def test_a_supply_is_held_in_an_emergency_and_none_is_handed_out(office, outsider) -> None:
    case = on_plan(office)
    _, client = outsider("pharmacist", case)
    for act in ("enter", "count", "return", "lift", "correct"):
        assert client.post(f"/patients/{case}/supply/{act}/").status_code == 403, act
    assert client.post(f"/patients/{case}/supply/hold/", {"why": "Unconscious"}).status_code == 302
    assert office.store.summary(case).holds


def test_more_is_not_signed_in_an_emergency(office, outsider) -> None:
    case = on_plan(office)
    _, client = outsider("prescriber", case)
    version = office.store.summary(case).version
    for said in (
        {"do": "draft", "action": "hold"},
        {"do": "draft", "action": "raise", "dose_mg": "50"},
        {"do": "drop"},
    ):
        client.post(f"/patients/{case}/sign/", {**said, "expected": version})
        assert office.store.summary(case).version == version, said
    client.post(f"/patients/{case}/sign/", {"do": "draft", "action": "stop", "expected": version})
    assert office.store.summary(case).draft


def sent_as_guest(office: Any, outsider: Any, case: str, **said: str) -> Client:
    _, client = outsider("prescriber", case)
    version = office.store.summary(case).version
    client.post(f"/patients/{case}/sign/", {"do": "draft", "action": "lower", "expected": version, **said})
    return client


def test_a_lower_dose_is_prepared_in_an_emergency_and_a_renewal_is_not(office, outsider) -> None:
    case = on_plan(office)
    sent_as_guest(office, outsider, case, renew="1")
    assert not office.store.summary(case).draft
    sent_as_guest(office, outsider, case)
    assert office.store.summary(case).draft


def test_a_suspension_is_not_lifted_in_an_emergency_by_a_lower_dose(office, outsider) -> None:
    case = on_plan(office)
    suspend(office, case, "Confused at the visit; no dose", actor("prescriber"))
    version = office.store.summary(case).version
    client = sent_as_guest(office, outsider, case)
    client.post(f"/patients/{case}/sign/", {"do": "sign", "action": "lower", "expected": version, "reason": "other"})
    assert not office.store.summary(case).draft
    assert office.store.summary(case).state is State.SUSPENDED


def test_what_the_rules_hold_back_is_not_signed_free_in_an_emergency(office, outsider) -> None:
    case = on_plan(office)
    told = {"day": office.today.isoformat(), "entered": office.now().isoformat(), "effects": {"dissociation": 3}}
    keep_entry(office, case, told, "abcdefgh1", actor("patient"), received_at=office.now())
    assert may_supply(office, office.store.open(case)).refused
    sent_as_guest(office, outsider, case)
    assert not office.store.summary(case).draft
    sent_as_guest(office, outsider, case, action="pause")
    assert office.store.summary(case).draft, "nothing to take can be signed by everybody"


def test_findings_are_added_in_an_emergency_and_none_is_taken_back(office, outsider) -> None:
    case = on_plan(office)
    _, client = outsider("nurse", case)

    def entered(**fields: str) -> int:
        said = {name.replace("__", "."): value for name, value in fields.items()}
        sent = {"what": "typed", "version": str(office.store.summary(case).version), **said}
        return client.post(f"/patients/{case}/checks/", sent).status_code

    assert entered(readings__blood_pressure="126/78") == 302
    assert entered(conditions__psychosis="active") == 302
    for back in ({"conditions__psychosis": "no"}, {"answers__urinary": "none"}, {"what": "medications_reviewed"}):
        assert entered(**back) == 403, back
    assert office.store.open(case).tree["given"]["conditions"]["psychosis"]["state"] == "active"


def test_an_emergency_that_a_wrong_clock_dated_ahead_lets_nobody_in(office, staff) -> None:
    from titrant.web.sessions import actor_of

    case, person, client = on_plan(office), staff("nurse", (OTHER_TEAM,)), Client()
    ahead = msgspec.structs.replace(office, now=lambda: datetime.now(UTC) + timedelta(days=30))
    open_in_emergency(ahead, actor_of(person), case, REASON)
    client.force_login(person)
    assert client.get(f"/patients/{case}/").status_code == 404


def test_who_is_signed_out_is_told_that_nothing_was_recorded(office, signed_in) -> None:
    case, client = on_plan(office), signed_in("nurse")
    client.logout()
    answer = client.post(f"/messages/{case}/", {"act": "send", "text": "Stop the evening dose", "form": "x"})
    assert answer.status_code == 404
    assert "what you sent was not recorded" in words_of(answer)


def test_an_answer_in_an_emergency_leaves_the_message_on_the_list_of_the_team(office, outsider) -> None:
    from titrant.clinic.acts import messages

    case = on_plan(office)
    messages.send(office, Actor("d", "patient", Role.PATIENT), case, "My chest hurts", str(uuid.uuid4()))
    _, client = outsider("nurse", case)
    newest = office.store.summary(case).version
    assert client.post(f"/messages/{case}/", {"act": "read", "up_to": newest}).status_code == 403
    assert (
        client.post(f"/messages/{case}/", {"act": "send", "up_to": newest, "text": "Help is here"}).status_code == 302
    )
    assert office.store.summary(case).unread


# The task that tells of it


def test_who_broke_the_glass_does_not_close_the_task_that_says_so(office, outsider, signed_in) -> None:
    case = on_plan(office)
    _, client = outsider("pharmacist", case)
    [task] = tasks(office, case, "emergency_access")
    said = {"outcome": "reviewed", "task": task.id, "next_on": today().isoformat(), "shown": task.since}
    assert client.post(f"/worklist/{case}/done/", said).status_code == 403
    assert client.post(f"/worklist/{case}/take/", {"task": task.id}).status_code == 403
    _, another = outsider("nurse", case)
    assert another.post(f"/worklist/{case}/done/", said).status_code == 403
    assert "done-form" not in client.get(f"/worklist/{case}/").content.decode()
    assert task.id in office.store.summary(case).tasks
    assert signed_in("nurse").post(f"/worklist/{case}/done/", said).status_code == 302
    assert task.id not in office.store.summary(case).tasks


def test_nor_when_they_have_come_to_the_care_team_since(office, outsider) -> None:
    from titrant.storage.models import TeamMember

    case = on_plan(office)
    person, client = outsider("nurse", case)
    TeamMember.objects.create(staff=person, team=TEAM)
    [task] = tasks(office, case, "emergency_access")
    said = {"outcome": "reviewed", "task": task.id, "next_on": today().isoformat(), "shown": task.since}
    answer = client.post(f"/worklist/{case}/done/", said)
    assert (answer.status_code, "your own emergency access" in words_of(answer)) == (403, True)
    assert client.post(f"/worklist/{case}/take/", {"task": task.id}).status_code == 403
    page = client.get(f"/worklist/{case}/").content.decode()
    assert "somebody else of the care team looks at it" in page
    assert task.id not in page
    assert task.id in office.store.summary(case).tasks


# One more phone


def test_the_first_phone_of_a_patient_opens_no_task(office) -> None:
    case = on_plan(office)
    phone_of(office, case)
    assert not tasks(office, case, "phone_joined")


def test_a_second_phone_is_told_to_the_team_with_the_name_of_who_invited_it(office, devices) -> None:
    case = on_plan(office)
    phone_of(office, case)
    made = invite(office, devices, case, actor("pharmacist", "Paul Pharma (synthetic)"), others="keep")
    enrol(office, devices, link=made.link)
    [task] = tasks(office, case, "phone_joined")
    assert task.grade == "note"
    for word in ("Paul Pharma (synthetic)", str(office.today), "2 phones"):
        assert word in task.why


def test_a_phone_of_somebody_who_writes_on_paper_is_told_too(office) -> None:
    case = on_plan(office, has_phone=False)
    phone_of(office, case)
    assert len(tasks(office, case, "phone_joined")) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_phone_that_was_there_says_that_another_was_added(office, devices, language) -> None:
    case = on_plan(office, language=language)
    first = client_of(phone_of(office, case).token)
    assert first.get("/p/state/").json()["phone_added"] == ""
    made = invite(office, devices, case, actor("nurse", "Nina Nurse (synthetic)"), others="keep")
    second = client_of(enrol(office, devices, link=made.link).token)
    words = office.library.phone.of(language)
    said = words.say("phone_added", day=words.date(str(office.today)), name="Nina Nurse (synthetic)")
    assert first.get("/p/state/").json()["phone_added"] == said
    assert said in first.get("/p/").content.decode()
    assert second.get("/p/state/").json()["phone_added"] == ""


def test_after_two_weeks_the_line_is_gone(office, devices) -> None:
    from datetime import timedelta

    from titrant.clinic.acts.phones import added_text

    case = on_plan(office)
    first = phone_of(office, case)
    phone_of(office, case)
    words = office.library.phone.of("en")
    assert added_text(office, devices, case, first.device, words)
    later = office.now() + timedelta(days=15)
    assert added_text(msgspec.structs.replace(office, now=lambda: later), devices, case, first.device, words) == ""


# A photographed invitation


def test_inviting_again_asks_what_becomes_of_the_phone_that_is_in(office, devices, signed_in) -> None:
    case, nurse = on_plan(office), signed_in("nurse")
    stranger = client_of(phone_of(office, case).token)
    page = nurse.get(f"/patients/{case}/phone/").content.decode()
    assert 'name="others" value="out"' in page
    assert "checked" not in page
    answer = nurse.post(f"/patients/{case}/phone/")
    assert (answer.status_code, "Nothing was chosen about them" in words_of(answer)) == (409, True)
    with pytest.raises(NotNow):
        invite(office, devices, case, NURSE)
    assert stranger.get("/p/state/").status_code == 200
    assert "/p/enrol/" in nurse.post(f"/patients/{case}/phone/", {"others": "keep"}).content.decode()
    assert stranger.get("/p/state/").status_code == 200
    assert "/p/enrol/" in nurse.post(f"/patients/{case}/phone/", {"others": "out"}).content.decode()
    assert stranger.get("/p/state/").status_code == 404
    assert office.store.summary(case).devices == ()


def test_the_patient_sees_every_phone_and_says_which_is_not_theirs(office) -> None:
    case = on_plan(office)
    stranger, own = phone_of(office, case), phone_of(office, case)
    client = client_of(own.token)
    page = client.get("/p/phone/")
    assert "2 phones can open this diary" in words_of(page)
    assert NURSE.name in words_of(page)
    [address] = re.findall(r'action="(/p/phone/[0-9a-f-]+/not-mine/)"', page.content.decode())
    assert stranger.device in address
    for _ in range(2):  # a double tap
        assert "The clinic has been told" in words_of(client.post(address, {"case": case}, follow=True))
    [task] = tasks(office, case, "phone_not_mine")
    assert task.grade == "today"
    assert NURSE.name in task.why
    assert client_of(stranger.token).get("/p/state/").status_code == 200  # staff let it out: it may be the other way


def test_the_own_phone_and_one_of_another_patient_are_not_reported(office) -> None:
    case, other = on_plan(office), on_plan(office)
    own, elsewhere = phone_of(office, case), phone_of(office, other)
    for device in (own.device, elsewhere.device):
        client_of(own.token).post(f"/p/phone/{device}/not-mine/", {"case": case})
    assert not tasks(office, case, "phone_not_mine")
    assert not tasks(office, other, "phone_not_mine")


def test_a_demo_that_is_started_again_leaves_the_phone_in(office, monkeypatch) -> None:
    from types import SimpleNamespace

    from titrant.app.demo import opening

    case = on_plan(office)
    first = client_of(phone_of(office, case).token)
    monkeypatch.setattr(opening, "Patient", lambda *_: SimpleNamespace(case=case))
    assert "p/enrol/" in opening.phone_link(office)
    assert first.get("/p/state/").status_code == 200


# Who invited it goes


@pytest.fixture
def inviter(office, staff, devices):
    """A nurse who has let in the phone of ``case``, and made an invitation for ``waiting``."""

    def made(case: str, waiting: str) -> tuple[Any, Any]:
        from titrant.web.sessions import actor_of

        person = staff("nurse", (TEAM, OTHER_TEAM), name="Greta Gone (synthetic)")
        enrol(office, devices, link=invite(office, devices, case, actor_of(person)).link)
        return person, invite(office, devices, waiting, actor_of(person))

    return made


def change(office: Any, person: Any, teams: tuple[str, ...], *, is_active: bool) -> None:
    from titrant.storage import people

    asked = people.PersonAsked(
        name=person.name, email=person.email, role=Role(person.role), teams=teams, is_active=is_active
    )
    people.change(office, actor("administrator"), person.pk, asked)


@pytest.mark.parametrize(
    ("teams", "is_active", "words"),
    [
        ((TEAM, OTHER_TEAM), False, "may not sign in any more"),
        ((OTHER_TEAM,), True, "is not of this care team any more"),
    ],
)
def test_who_leaves_leaves_no_open_invitation_and_the_team_is_told(
    office, inviter, devices, signed_in, teams, is_active, words
) -> None:
    from titrant.record.ports import NotFound

    case, waiting, untouched = on_plan(office), on_plan(office), on_plan(office)
    person, open_one = inviter(case, waiting)
    other = invite(office, devices, untouched, NURSE)
    change(office, person, teams, is_active=is_active)
    with pytest.raises(NotFound):
        enrol(office, devices, link=open_one.link)
    assert enrol(office, devices, link=other.link).case == untouched
    [phone], [paper] = tasks(office, case, "inviter_gone"), tasks(office, waiting, "inviter_gone")
    assert "Greta Gone (synthetic)" in phone.why
    assert words in phone.why
    assert "void" in paper.why
    page = words_of(signed_in("nurse").get(f"/patients/{case}/phone/"))
    assert "Greta Gone (synthetic) (nurse)" in page
    assert words.replace("this", "the").replace(" any more", "") in page


def test_a_new_name_alone_tells_nobody(office, inviter) -> None:
    case, waiting = on_plan(office), on_plan(office)
    person, _ = inviter(case, waiting)
    person.name = "Greta Married (synthetic)"
    change(office, person, (TEAM, OTHER_TEAM), is_active=True)
    assert not tasks(office, case, "inviter_gone")


def test_phones_of_long_ago_are_not_asked_about(office, devices) -> None:
    from datetime import timedelta

    from titrant.clinic.acts.phones import Gone, inviter_gone

    case = on_plan(office)
    phone_of(office, case)
    later = office.now() + timedelta(days=15)
    after = msgspec.structs.replace(office, now=lambda: later)
    assert case not in inviter_gone(after, devices, Gone(NURSE.id, NURSE.name))
