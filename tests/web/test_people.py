"""First start, invitations, roles and teams, the clinic's settings, and the record opened in an emergency."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.web.conftest import TEAM, actor, new_case
from tests.web.test_doors import PASSWORD, sign_in
from tests.web.visitors import OTHER_TEAM, browser
from titrant.record.events import Kind
from titrant.terms.errors import CaseFileError, NotAllowed, NotNow

# First start (T34)


@pytest.fixture
def empty_clinic(monkeypatch) -> None:
    """As before the first start: nobody works here yet."""
    from titrant.storage import people
    from titrant.web.staff import set_up

    monkeypatch.setattr(people.Staff.objects, "exists", lambda: False)
    assert people.waits_for_first()
    assert set_up.waits_for_first()


FIRST = {"name": "Ada Admin (synthetic)", "password": "a long synthetic sentence"}


def test_no_account_exists_before_somebody_has_used_the_code(empty_clinic) -> None:
    from titrant.app.first_start import set_up_code

    code, client = set_up_code(), browser()
    email = f"{uuid.uuid4().hex}@clinic.invalid"
    wrong = client.post("/set-up/", {**FIRST, "email": email, "code": "000000-000000-000000-000000"})
    assert b"This is not the set-up code" in wrong.content
    right = client.post("/set-up/", {**FIRST, "email": email, "code": code})
    assert right["Location"] == "/set-up/clinic/"
    assert client.get("/set-up/clinic/")["Location"] == "/account/2fa/totp/activate/"
    again = browser().post("/set-up/", {**FIRST, "email": "b@clinic.invalid", "code": code})
    assert b"This is not the set-up code" in again.content


def test_a_weak_password_is_refused_and_the_code_still_holds(empty_clinic) -> None:
    from titrant.app.first_start import set_up_code

    code, email = set_up_code(), f"{uuid.uuid4().hex}@clinic.invalid"
    weak = browser().post("/set-up/", {**FIRST, "email": email, "code": code, "password": "password1234"})
    assert b"too common" in weak.content
    assert browser().post("/set-up/", {**FIRST, "email": email, "code": code}).status_code == 302


def test_a_clinic_with_staff_has_no_set_up(staff) -> None:
    from titrant.app.first_start import set_up_code

    staff("administrator")
    assert set_up_code() is None
    assert browser().get("/set-up/").status_code == 404


def test_secrets_are_readable_by_their_owner_alone(tmp_path) -> None:
    from titrant.app.place import Place

    place = Place(tmp_path / "data")
    place.make()
    place.secret("django")
    place.signing_key()
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in (place.folder / "keys").iterdir()} == {0o600}


# Invitations


def invited(client: Any, **more: str) -> str:
    """The link of an invitation, as the page shows it."""
    said = {
        "name": "Nia New (synthetic)", "email": f"{uuid.uuid4().hex}@clinic.invalid", "role": "nurse", "teams": TEAM,
        **more,
    }  # fmt: skip
    page = client.post("/people/invite/", said).content.decode()
    return re.search(r"http://testserver(/invitation/[^<]+)<", page).group(1)


def test_a_link_lets_somebody_choose_a_password_once(signed_in) -> None:
    email = f"{uuid.uuid4().hex}@clinic.invalid"
    link, client = invited(signed_in("administrator"), email=email), browser()
    assert sign_in(client, type("One", (), {"email": email}), PASSWORD).status_code == 200
    assert client.post(link, {"password": PASSWORD})["Location"] == "/account/login/"
    assert sign_in(client, type("One", (), {"email": email}), PASSWORD).status_code == 302
    assert client.post(link, {"password": "yet another long one"}).status_code == 404


def test_a_link_holds_seven_days(office, staff) -> None:
    from titrant.storage.people import PersonAsked, invite, invited_by
    from titrant.web.sessions import actor_of

    asked = PersonAsked(name="Nia New (synthetic)", email=f"{uuid.uuid4().hex}@clinic.invalid", role="nurse")
    _, link = invite(office, actor_of(staff("administrator")), msgspec.convert(msgspec.to_builtins(asked), PersonAsked))
    assert invited_by(link, office.now() + timedelta(days=6, hours=23)) is not None
    assert invited_by(link, office.now() + timedelta(days=7, minutes=1)) is None
    assert invited_by("x", office.now()) is None


def test_a_prescriber_needs_a_registration_number(signed_in) -> None:
    said = {"name": "P", "email": "p@clinic.invalid", "role": "prescriber"}
    assert b"needs a registration number" in signed_in("administrator").post("/people/invite/", said).content


def test_a_new_link_ends_the_old_ways_in(signed_in, staff) -> None:
    from tests.web.test_reauth import with_app
    from titrant.web.second_factor import has_second_factor

    person, client = staff("nurse"), browser()
    person.set_password(PASSWORD)
    person.save()
    with_app(person)
    page = signed_in("administrator").post(f"/people/{person.pk}/link/")
    assert b"/invitation/" in page.content
    assert not has_second_factor(person)
    assert sign_in(client, person).status_code == 200


# Roles


def changed(client: Any, person: Any, **more: str) -> Any:
    said = {"name": person.name, "role": person.role, "teams": TEAM, "is_active": "on", **more}
    return client.post(f"/people/{person.pk}/", {key: value for key, value in said.items() if value})


def test_a_change_of_role_holds_at_once_and_everybody_sees_it(signed_in, staff) -> None:
    person, client = staff("nurse", name="Rolf Role (synthetic)"), browser()
    client.force_login(person)
    assert client.get("/").status_code == 200
    assert changed(signed_in("administrator"), person, role="auditor").status_code == 302
    assert client.get("/").status_code == 404
    seen = signed_in("nurse").get("/people/").content.decode()
    assert "Rolf Role (synthetic)" in seen
    assert "role: nurse → auditor" in seen


def test_somebody_disabled_is_out_at_once(signed_in, staff) -> None:
    person, client = staff("nurse"), browser()
    client.force_login(person)
    changed(signed_in("administrator"), person, is_active="")
    assert client.get("/").status_code == 302


def test_no_administrator_makes_a_prescriber_of_themselves(staff) -> None:
    person, client = staff("administrator"), browser()
    client.force_login(person)
    answer = changed(client, person, role="prescriber", registration="1")
    assert b"Nobody changes their own role" in answer.content
    person.refresh_from_db()
    assert person.role == "administrator"
    assert client.post(f"/people/{person.pk}/link/").status_code == 403


def test_the_last_administrator_stays(office, staff, monkeypatch) -> None:
    from titrant.record.events import Role
    from titrant.storage.models import Staff
    from titrant.storage.people import PersonAsked, change

    person = staff("administrator")
    Staff.objects.filter(role="administrator").exclude(pk=person.pk).update(is_active=False)
    asked = PersonAsked(name=person.name, email=person.email, role=Role.NURSE)
    with pytest.raises(NotNow, match="only administrator"):
        change(office, actor("administrator"), person.pk, asked)


def test_nobody_else_changes_people(signed_in, staff) -> None:
    person = staff("nurse")
    for role in ("prescriber", "nurse", "pharmacist", "auditor"):
        assert changed(signed_in(role), person, role="auditor").status_code == 404


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7|add:7 }}"


def test_a_hostile_name_stays_words(signed_in, staff) -> None:
    person, client = staff("nurse", name=HOSTILE), browser()
    person.email = f"{uuid.uuid4().hex}@demo.invalid"
    person.save()
    client.force_login(person)
    pages = [
        signed_in("administrator").get("/people/"), signed_in("administrator").get(f"/people/{person.pk}/"),
        signed_in("auditor", ()).get("/audit/"), browser().get("/account/login/"), client.get("/"),
        signed_in("administrator").post(f"/people/{person.pk}/link/"),
    ]  # fmt: skip
    for page in pages:
        text = page.content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "14" not in re.findall(r"alert\(1\)&gt;[^<]*", text)


# Settings


def test_settings_hold_from_the_next_page_on(office, signed_in) -> None:
    from titrant.clinic.acts.people import change_settings
    from titrant.web.wired import office as opened

    before = office.settings.phone
    change_settings(office, actor("administrator"), {"phone": "+00 1 (synthetic)"})
    assert opened().settings.phone == "+00 1 (synthetic)"
    change_settings(opened(), actor("administrator"), {"phone": before})


@pytest.mark.parametrize(
    ("field", "value"),
    [("zone", "Europe/Lodon"), ("pack", "mars"), ("paper", "A3"), ("language", "xx"), ("name", " "),
     ("closed_weekdays", [0, 1, 2, 3, 4, 5, 6]), ("closed_weekdays", [7]), ("red_flag_to", ["not an address"]),
     ("red_flag_minutes", 0), ("red_flag_minutes", 61), ("red_flag_minutes", -5), ("heads_to", "no address")],
)  # fmt: skip
def test_a_wrong_setting_is_refused_with_its_field(office, field, value) -> None:
    from titrant.clinic.acts.people import change_settings

    with pytest.raises(CaseFileError) as refused:
        change_settings(office, actor("administrator"), {field: value})
    assert refused.value.place == field


@pytest.mark.parametrize(
    "address",
    ["@", "a@", "@b.org", "a@b,c@d.org", "a@b@c.org", "a@b.org\n", "a@b.org\r\nBcc: z@q.org", "a b@c.org", "a@b",
     "a@.org", "a@b.", "a@b..org", "<a@b.org>", "a@b.org; c@d.org", "a@b.org\x00"],
)  # fmt: skip
def test_an_alarm_goes_to_one_whole_address_or_is_refused(office, address) -> None:
    from titrant.clinic.acts.people import change_settings

    for field, value in (("red_flag_to", ["on-call@clinic.invalid", address]), ("heads_to", address)):
        with pytest.raises(CaseFileError, match="is no e-mail address"):
            change_settings(office, actor("administrator"), {field: value})


@pytest.mark.parametrize("address", ["on-call@clinic.invalid", "o.n+call@localhost", "dienst.ärztin@klinik.example"])
def test_a_whole_address_is_taken(office, address) -> None:
    from titrant.clinic.acts.people import change_settings
    from titrant.web.wired import office as opened

    before = list(office.settings.red_flag_to)
    change_settings(office, actor("administrator"), {"red_flag_to": [address]})
    assert opened().settings.red_flag_to == (address,)
    change_settings(opened(), actor("administrator"), {"red_flag_to": before})


def test_the_settings_page_says_what_is_wrong(signed_in) -> None:
    said = {
        "name": "C",
        "zone": "Nowhere",
        "pack": "none",
        "language": "en",
        "paper": "A4",
        "read_by": "us",
        "read_when": "x",
        "red_flag_minutes": "10",
    }
    assert "is no time zone" in signed_in("administrator").post("/clinic/", said).content.decode()


def test_the_minutes_of_the_ladder_and_the_keeper_of_heads_are_set_on_the_page(office, signed_in) -> None:
    from titrant.clinic.acts.people import change_settings
    from titrant.web.wired import office as opened

    administrator, before = signed_in("administrator"), office.settings
    shown = administrator.get("/clinic/").context["form"].initial
    said = {name: value for name, value in shown.items() if value not in (False, None, "", ())}
    asked = {"red_flag_minutes": "15", "heads_to": "keeper@elsewhere.invalid"}
    refused = administrator.post("/clinic/", said | asked | {"red_flag_minutes": "0"})
    assert "red_flag_minutes" in refused.context["form"].errors
    assert administrator.post("/clinic/", said | asked).status_code == 302
    now = opened().settings
    assert (now.red_flag_minutes, now.heads_to) == (15, "keeper@elsewhere.invalid")
    back = {"red_flag_minutes": before.red_flag_minutes, "heads_to": before.heads_to}
    change_settings(opened(), actor("administrator"), back)
    assert opened().settings == before


# Emergency


@pytest.fixture
def elsewhere(office) -> tuple[str, dict[str, str]]:
    """A patient of another team, and what somebody with the patient before them can say."""
    case = new_case(office.store, name="Eve Emergency (synthetic)", team=OTHER_TEAM)
    return case, {"number": case[:8], "birth_date": "1974-05-02", "reason": "Collapsed in the waiting room"}


def test_a_record_opens_in_an_emergency_and_the_team_is_told(office, staff, elsewhere) -> None:
    case, said = elsewhere
    client = browser()
    client.force_login(staff("nurse", name="Nora Near (synthetic)"))
    assert client.get(f"/patients/{case}/readers/").status_code == 404
    assert client.post("/emergency/", said).status_code == 302
    assert client.get(f"/patients/{case}/readers/").status_code == 200
    [task] = office.store.summary(case).tasks.values()
    assert (task.grade, "Nora Near (synthetic)" in task.why, "Collapsed" in task.why) == ("today", True, True)
    auditor = browser()
    auditor.force_login(staff("auditor", ()))
    assert "Collapsed in the waiting room" in auditor.get(f"/audit/record/{case}/").content.decode()
    assert [event.kind for event in office.store.events(case)][-2:] == [Kind.EMERGENCY_ACCESS, Kind.TASK_OPENED]


@pytest.fixture
def large_clinic(office):
    """A thousand patients and more whose number holds a 7 somewhere, all of them more urgent than anybody else."""
    from titrant.storage.models import CaseRow

    one = CaseRow.objects.get(case=new_case(office.store, name="Many Patients (synthetic)"))
    rows = [
        CaseRow(case=f"many-{index}", version=1, summary=one.summary, state=one.state, grade=0, number=f"7{index:05}",
                words=f"many 7{index:05}")
        for index in range(1_050)
    ]  # fmt: skip
    CaseRow.objects.bulk_create(rows)
    yield
    CaseRow.objects.filter(case__startswith="many-").delete()


def test_a_short_number_is_found_among_all_that_hold_it(office, elsewhere, large_clinic) -> None:
    from titrant.clinic.acts.people import find_in_emergency
    from titrant.record.events import Draft

    case, said = elsewhere
    body = {"person": {"number": "7"}, "set": {}}
    office.store.append(case, [Draft(Kind.PERSON_RECORDED, body, actor("nurse"), datetime.now(UTC))], expected=None)
    assert find_in_emergency(office, " 7 ", said["birth_date"]) == case
    again = {"person": {"number": said["number"]}, "set": {}}
    office.store.append(case, [Draft(Kind.PERSON_RECORDED, again, actor("nurse"), datetime.now(UTC))], expected=None)


def test_after_four_hours_it_is_closed_again(office, staff, elsewhere) -> None:
    from titrant.clinic.acts.people import open_in_emergency
    from titrant.storage.audit import opened_in_emergency
    from titrant.web.sessions import actor_of

    case, said = elsewhere
    nurse = actor_of(staff("nurse"))
    open_in_emergency(office, nurse, case, said["reason"])
    now = datetime.now(UTC)
    assert opened_in_emergency(nurse.id, now + timedelta(hours=3, minutes=59)) == (case,)
    assert opened_in_emergency(nurse.id, now + timedelta(hours=4, minutes=1)) == ()


def test_it_opens_for_nobody_else(staff, elsewhere) -> None:
    case, said = elsewhere
    one, other = browser(), browser()
    one.force_login(staff("nurse"))
    other.force_login(staff("nurse"))
    one.post("/emergency/", said)
    assert other.get(f"/patients/{case}/readers/").status_code == 404


@pytest.mark.parametrize("wrong", [{"birth_date": "1974-05-03"}, {"number": "none such"}, {"reason": "now"}])
def test_without_number_day_of_birth_and_reason_it_stays_shut(office, staff, elsewhere, wrong) -> None:
    case, said = elsewhere
    client = browser()
    client.force_login(staff("nurse"))
    assert client.post("/emergency/", {**said, **wrong}).status_code == 200
    assert client.get(f"/patients/{case}/readers/").status_code == 404
    assert not office.store.summary(case).tasks


def test_who_has_no_patients_opens_none(office, elsewhere) -> None:
    from titrant.clinic.acts.people import open_in_emergency

    for role in ("administrator", "auditor", "patient"):
        with pytest.raises(NotAllowed):
            open_in_emergency(office, actor(role), elsewhere[0], "Collapsed in the waiting room")


# Care teams of a patient


def test_a_patient_is_handed_to_another_team(office, staff) -> None:
    case, client = new_case(office.store), browser()
    client.force_login(staff("nurse"))
    staff("nurse", (OTHER_TEAM,))
    said = {"team": [OTHER_TEAM], "version": office.store.summary(case).version}
    assert client.post(f"/patients/{case}/teams/", said)["Location"] == "/"
    assert office.store.summary(case).teams == (OTHER_TEAM,)
    assert client.get(f"/patients/{case}/").status_code == 404


@pytest.mark.parametrize(("team", "version", "status"), [([], 0, 403), (["no such team"], 0, 403), ([TEAM], -1, 409)])
def test_no_patient_is_left_to_nobody(office, staff, team, version, status) -> None:
    case, client = new_case(office.store), browser()
    client.force_login(staff("nurse"))
    said = {"team": team, "version": office.store.summary(case).version + version}
    assert client.post(f"/patients/{case}/teams/", said).status_code == status
    assert office.store.summary(case).teams == (TEAM,)


def test_who_opened_a_record_in_an_emergency_does_not_keep_it(office, staff, elsewhere) -> None:
    case, said = elsewhere
    client = browser()
    client.force_login(staff("nurse"))
    client.post("/emergency/", said)
    taken = {"team": [TEAM, OTHER_TEAM], "version": office.store.summary(case).version}
    answer = client.post(f"/patients/{case}/teams/", taken)
    assert answer.status_code == 403
    assert "care team" in answer.content.decode()
    assert office.store.summary(case).teams == (OTHER_TEAM,)


# Demo


def test_one_click_lets_only_made_up_staff_in(staff, monkeypatch) -> None:
    from django.conf import settings

    person, outsider = staff("nurse"), staff("nurse")
    person.email = f"{uuid.uuid4().hex}@demo.invalid"
    person.save()
    assert person.name in browser().get("/account/login/").content.decode()
    assert browser().post(f"/account/demo/{outsider.pk}/").status_code == 404
    client = browser()
    assert client.post(f"/account/demo/{person.pk}/").status_code == 302
    assert client.get("/").status_code == 200
    monkeypatch.setattr(type(settings.PLACE), "is_demo", False)
    assert browser().post(f"/account/demo/{person.pk}/").status_code == 404
    assert b"demo" not in browser().get("/account/login/").content.lower()
    assert client.get("/")["Location"] == "/account/2fa/totp/activate/"
