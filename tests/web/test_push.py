"""Reminders pushed to a phone: only with a key and when the patient asked; they say that something waits."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.clinic.signing_by_hand import NURSE
from tests.web.phone_cases import client_of, on_plan, phone_of
from tests.web.push_service import Service, bare, push_service
from titrant.clinic.acts import messages
from titrant.clinic.acts.enrolling import revoke
from titrant.clinic.acts.reminding import reminders_due
from titrant.clinic.acts.subscribing import Reach, check_subscription
from titrant.record.events import Draft, Kind
from titrant.terms.errors import CaseFileError, NotNow

CONTACT = "care@clinic.invalid"
REAL = Reach()


@pytest.fixture
def service() -> Iterator[Service]:
    with push_service() as made:
        yield made


@pytest.fixture
def key(office) -> Iterator[Any]:
    """The clinic has a key; nothing of other tests waits."""
    from titrant.app.settings import PLACE
    from titrant.storage.models import Outgoing

    Outgoing.objects.all().delete()
    yield PLACE.make_push_key(CONTACT)
    (PLACE.folder / "keys" / "push.json").unlink()
    Outgoing.objects.all().delete()


class Patient:
    """A patient with a phone that was let in, and what the clinic does for it."""

    def __init__(self, office: Any, **person: Any) -> None:
        self.office, self.case = office, on_plan(office, **person)
        self.phone = phone_of(office, self.case)
        self.client = client_of(self.phone.token)

    def allow(self, subscription: Any, **more: Any) -> Any:
        return self.client.post("/p/push/", {"subscription": subscription, **more}, content_type="application/json")

    def reminded(self, now: datetime) -> None:
        from titrant.storage.devices import Devices

        wanted = [one for one in Devices().wanted() if one.case == self.case]
        for due in reminders_due(self.office, wanted, now):
            Devices().reminded(due, now)

    @property
    def is_on(self) -> bool:
        from titrant.storage.devices import Devices

        return Devices().subscription(self.phone.device) is not None

    def waiting(self, kind: str) -> list[Any]:
        from titrant.storage.models import Outgoing

        return list(Outgoing.objects.filter(case=self.case, kind=kind, done_at=""))


@pytest.fixture
def patient(office) -> Callable[..., Patient]:
    return lambda **person: Patient(office, **person)


def evening(office: Any) -> datetime:
    return datetime.combine(office.today, datetime.min.time(), UTC) + timedelta(hours=20, minutes=1)


def work(office: Any, now: datetime, **more: Any) -> int:
    """What the worker does for pushes in one round."""
    from titrant.app.pushing import push_due, pusher
    from titrant.app.settings import PLACE

    return push_due(msgspec.structs.replace(office, now=lambda: now), pusher(PLACE), **more)


# What is said


def test_a_reminder_reaches_the_phone_at_the_patients_hour_and_says_nothing(office, key, service, patient) -> None:
    one, now = patient(), evening(office)
    assert one.allow(service.subscription(), hour="20:00", zone="UTC").json() == {"on": True}
    one.reminded(now - timedelta(minutes=2))
    assert work(office, now) == 0
    one.reminded(now)
    one.reminded(now)
    assert work(office, now) == 1
    assert service.got == [{"title": "Time for your diary", "tag": "reminder", "lang": "en", "dir": "ltr"}]
    assert not one.waiting("reminder"), "who is reminded on the phone gets no mail beside it"
    assert work(office, now) == 0


def test_the_service_learns_who_sends_and_nothing_else(office, key, service, patient) -> None:
    one, now = patient(language="es"), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    one.reminded(now)
    then = msgspec.structs.replace(office, now=lambda: now)
    messages.send(then, NURSE, one.case, "Ada Example, take 25 mg ketamine for your pain", "form")
    work(office, now + timedelta(seconds=1))
    assert len(service.got) == 2
    assert len(set(service.sizes)) == 1, "the length tells which of the two it is"
    for claims in service.claims:
        assert claims["sub"] == f"mailto:{CONTACT}"
        assert claims["key"] == key.public
        assert 0 < claims["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600
        assert set(claims) == {"aud", "exp", "sub", "key", "ttl"}
        assert claims["ttl"] <= 24 * 3600
    said = json.dumps(service.got)
    for word in ("Ada", "25", "mg", "ketamine", "pain", one.case, one.phone.device):
        assert word not in said


def test_a_message_of_the_clinic_is_told_in_the_patients_language(office, key, service, patient) -> None:
    one = patient(language="es")
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Llámenos, por favor.", "form")
    messages.send(office, NURSE, one.case, "Llámenos, por favor.", "form")  # sent again by a browser
    work(office, office.now())
    assert service.got == [{"title": "Le espera un mensaje", "tag": "message", "lang": "es", "dir": "ltr"}]


def test_what_a_patient_writes_is_not_pushed_back(office, key, service, patient) -> None:
    one = patient()
    one.allow(service.subscription())
    one.client.post("/p/messages/", {"id": str(uuid.uuid4()), "case": one.case, "text": "A question."})
    assert one.waiting("push") == []


def test_the_outbox_holds_no_words_and_no_address(office, key, service, patient) -> None:
    one = patient()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    (row,) = one.waiting("push")
    assert json.loads(row.body) == {"device": one.phone.device, "what": "message"}


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_language_fits_into_the_one_length(office, language) -> None:
    from titrant.app.pushing import _SIZE, _text

    case = on_plan(office, language=language)
    assert {len(_text(office, case, {"what": what})) for what in ("reminder", "message")} == {_SIZE}


# When a service does not take it


def test_a_phone_that_is_gone_is_asked_no_more_and_the_reminder_goes_by_mail(office, key, service, patient) -> None:
    for status in (404, 410):
        one, now = patient(), evening(office)
        one.allow(service.subscription(f"/send/{status}"), hour="20:00", zone="UTC")
        service.status = status
        one.reminded(now)
        work(office, now)
        assert not one.is_on
        assert one.waiting("push") == []
        assert len(one.waiting("reminder")) == 1


def test_a_phone_that_allowed_it_anew_meanwhile_is_not_forgotten(office, key, service, patient) -> None:
    from titrant.app.pushing import Answer, push_due

    one = patient()
    one.allow(service.subscription("/send/old"))
    messages.send(office, NURSE, one.case, "Please call.", "form")

    def gone(*_: Any) -> Answer:
        one.allow(service.subscription("/send/new"))
        return Answer(410)

    push_due(office, gone)
    assert one.is_on


@pytest.mark.parametrize("status", [302, 400, 403, 429, 500, 503])
def test_what_is_not_taken_is_tried_again_until_it_is(office, key, service, patient, status) -> None:
    one, now = patient(), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    one.reminded(now)
    service.status = status
    service.headers = {"Location": f"http://127.0.0.1:{service.port}/elsewhere"} if status == 302 else {}
    assert work(office, now) == 1
    assert work(office, now + timedelta(seconds=10)) == 0
    assert one.waiting("push")[0].fault == f"not accepted ({status})"
    service.status = 201
    assert work(office, now + timedelta(seconds=61)) == 1
    assert len(service.got) == 1
    assert one.is_on
    assert service.paths == ["/send/one"] * 2, "a redirect was followed"


def test_a_service_that_asks_for_time_gets_it(office, key, service, patient) -> None:
    one, now = patient(), office.now()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    service.status, service.headers = 429, {"Retry-After": "900"}
    work(office, now + timedelta(seconds=1))
    service.status = 201
    assert work(office, now + timedelta(minutes=14)) == 0
    assert work(office, now + timedelta(minutes=16)) == 1


def test_a_reminder_is_dropped_where_the_day_was_written_meanwhile_or_the_hour_is_long_over(
    office, key, service, patient
) -> None:
    now = evening(office)
    written, late = patient(), patient()
    for one in (written, late):
        one.allow(service.subscription(f"/send/{one.case}"), hour="20:00", zone="UTC")
        one.reminded(now)
    service.status = 503
    work(office, now)
    entry = {"id": "entry-one", "day": office.today.isoformat(), "entered": "same day", "mood": 5}
    office.store.append(
        written.case, [Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, NURSE, office.now())], expected=None
    )
    service.status = 201
    work(office, now + timedelta(hours=6, minutes=1))
    assert service.got == []
    assert [one.waiting("push") for one in (written, late)] == [[], []]


def test_a_service_that_hangs_holds_a_round_up_for_seconds_and_the_other_services_not_at_all(
    office, key, service, patient, monkeypatch
) -> None:
    monkeypatch.setattr("titrant.app.pushing._PATIENCE_S", (0.5, 0.5))
    many = [patient() for _ in range(4)]
    with push_service() as other:
        for number, one in enumerate(many):
            one.allow((other if number == 3 else service).subscription(f"/send/{one.case}"))
            messages.send(office, NURSE, one.case, "Please call.", "form")
        service.wait = 2.0
        begun = datetime.now(UTC)
        assert work(office, office.now()) == 4
        assert datetime.now(UTC) - begun < timedelta(seconds=2)
        assert len(other.got) == 1
        assert len(service.paths) == 1, "a service that does not answer was asked again in the same round"


def test_a_round_ends_after_some_seconds_whatever_waits(office, key, service, patient) -> None:
    many = [patient() for _ in range(3)]
    for one in many:
        one.allow(service.subscription(f"/send/{one.case}"))
        messages.send(office, NURSE, one.case, "Please call.", "form")
    ticks = iter(range(0, 1000, 6))
    assert work(office, office.now(), clock=lambda: float(next(ticks))) == 1
    assert work(office, office.now()) == 2
    assert len(service.got) == 3


def test_a_red_flag_is_not_kept_waiting_by_pushes(office, key, service, patient) -> None:
    from titrant.storage.outbox import lease

    one = patient()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    assert [row.kind for row in lease(office.now(), 50)] == []
    assert [row.kind for row in lease(office.now(), 50, pushes=True)] == ["push"]


def test_pushes_that_fail_are_told_and_do_not_colour_the_queue_red(office, key, service, patient) -> None:
    from titrant.app.doctor import examine
    from titrant.app.settings import PLACE

    one, now = patient(), office.now()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    service.status = 500
    for seconds in (1, 120, 400):
        work(office, now + timedelta(seconds=seconds))
    states = {found.name: found.state for found in examine(PLACE, now + timedelta(seconds=401))}
    assert (states["push"], states["queue"]) == ("warn", "ok")


# Where there is no key


def test_without_a_key_nothing_is_offered_and_nothing_kept(office, patient, service) -> None:
    one = patient()
    assert one.client.get("/p/reminder/").context["push"] is None
    assert b"push.js" not in one.client.get("/p/reminder/").content
    assert one.allow(service.subscription()).status_code == 409
    assert not one.is_on


def test_a_key_that_was_replaced_needs_a_new_yes(office, key, service, patient) -> None:
    from titrant.app.settings import PLACE

    one, now = patient(), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    (PLACE.folder / "keys" / "push.json").unlink()
    PLACE.make_push_key(CONTACT)
    assert one.client.get("/p/reminder/").context["push"]["is_on"] is False
    one.reminded(now)
    work(office, now)
    assert service.paths == []
    assert len(one.waiting("reminder")) == 1


def test_a_key_that_was_removed_leaves_the_mail(office, key, service, patient) -> None:
    from titrant.app.pushing import push_due

    one, now = patient(), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    one.reminded(now)
    push_due(msgspec.structs.replace(office, now=lambda: now), None)
    assert len(one.waiting("reminder")) == 1


def test_the_key_is_for_its_owner_alone_made_once_and_needs_an_address(tmp_path) -> None:
    from click.testing import CliRunner

    from titrant.app.place import Place
    from titrant.cli.main import main

    place = Place(tmp_path / "clinic")
    with pytest.raises(NotNow, match="no e-mail"):
        place.make_push_key("somebody")
    assert place.push_key is None
    made = place.make_push_key(CONTACT)
    path = Path(place.folder / "keys" / "push.json")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotNow, match="already"):
        place.make_push_key(CONTACT)
    assert place.push_key == made
    assert "PRIVATE" in made.private
    assert "PRIVATE" not in repr(made)
    assert CliRunner().invoke(main, ["push-key"], env={"TITRANT_MAIL_FROM": ""}).exit_code == 2


# Off


def test_a_patient_turns_it_off(office, key, service, patient) -> None:
    one, now = patient(), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    assert one.client.get("/p/reminder/").context["push"]["is_on"] is True
    assert one.allow(None).json() == {"on": False}
    one.reminded(now)
    work(office, now)
    assert service.paths == []
    assert len(one.waiting("reminder")) == 1, "the hour stays; the mail reminds"


def test_who_wants_no_reminder_gets_none_of_any_kind(office, key, service, patient) -> None:
    one, now = patient(), evening(office)
    one.allow(service.subscription(), hour="20:00", zone="UTC")
    one.client.post("/p/reminder/", {"case": one.case, "off": "yes", "hour": "20:00", "zone": "UTC"})
    one.reminded(now)
    messages.send(office, NURSE, one.case, "Please call.", "form")
    assert (one.is_on, one.waiting("push"), one.waiting("reminder")) == (False, [], [])


def test_a_phone_that_was_let_out_is_not_pushed_to(office, key, service, patient) -> None:
    from titrant.storage.devices import Devices

    one = patient()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    revoke(office, Devices(), one.case, one.phone.device, NURSE, "lost")
    work(office, office.now())
    assert service.paths == []
    assert one.waiting("push") == []
    assert one.allow(service.subscription()).status_code == 404


def test_a_phone_that_changed_hands_is_pushed_to_for_its_newest_patient_alone(office, key, service, patient) -> None:
    first, second = patient(), patient()
    first.allow(service.subscription())
    second.allow(service.subscription())
    assert (first.is_on, second.is_on) == (False, True)


# What a browser may say


def good() -> dict[str, Any]:
    made = Service().subscription()
    return made | {"endpoint": "https://fcm.googleapis.com/fcm/send/abc:DEF_1-2"}


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://web.push.apple.com/x", "https://db5p.notify.windows.com/w/?token=x",
        "https://web.push.apple.com:443/x",
    ],
)  # fmt: skip
def test_the_push_services_of_the_browsers_are_written_to(endpoint) -> None:
    assert check_subscription(good() | {"endpoint": endpoint}, "k", REAL).endpoint == endpoint


ELSEWHERE = [
    "http://fcm.googleapis.com/x", "https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.1/x", "https://[::1]/x",
    "https://169.254.169.254/latest/meta-data", "https://192.168.1.1:8443/x", "https://2130706433/x", "https://0x7f.1/x",
    "https://router.local/x", "https://evil.example/x", "https://fcm.googleapis.com.evil.example/x",
    "https://evilfcm.googleapis.com.x/x", "https://notfcm-googleapis.com/x", "https://xpush.apple.com/x",
    "https://fcm.googleapis.com@10.0.0.1/x", "https://u:p@fcm.googleapis.com/x", "https://10.0.0.1#.fcm.googleapis.com/x",
    "https://10.0.0.1\\.push.apple.com/x", "https://10.0.0.1/.push.apple.com", "https://fcm.googleapis.com:22/x",
    "https://fcm.googleapis.com:x/x", "https://fcm.googleapis.com/x#y", "https://fcm.googleapis.com/\r\nX: y",
    "https://fcm.googleapis.com/ x", "https://fcm.googleapis.com/" + "x" * 1000, "file:///etc/passwd", "", "//x/y",
    "https://ｆcm.googleapis.com/x", "ftp://fcm.googleapis.com/x", "https://fcm.googleapis.com", "https://[::1/x",
]  # fmt: skip


@pytest.mark.parametrize("endpoint", ELSEWHERE)
def test_nothing_else_is_ever_written_to(endpoint) -> None:
    with pytest.raises(CaseFileError):
        check_subscription(good() | {"endpoint": endpoint}, "k", REAL)


def test_a_clinic_may_name_a_service_of_its_own_and_a_demo_may_ask_itself() -> None:
    assert Reach(named=("push.clinic.invalid",)).allows("https://push.clinic.invalid/x")
    assert not Reach(named=("push.clinic.invalid", "")).allows("https://other.invalid/x")
    assert Reach(demo=True).allows("http://127.0.0.1:9/x")
    assert not Reach(demo=True).allows("http://10.0.0.1/x")
    assert not REAL.allows("http://127.0.0.1:9/x")


def test_an_address_that_is_not_allowed_any_more_is_not_written_to(
    office, key, service, patient, settings_reach
) -> None:
    one = patient()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    settings_reach(REAL)
    work(office, office.now())
    assert service.paths == []
    assert not one.is_on


@pytest.fixture
def settings_reach(monkeypatch) -> Callable[[Reach], None]:
    from django.conf import settings

    return lambda reach: monkeypatch.setattr(settings, "PUSH_REACH", reach)


WRONG_KEYS = [
    {"auth": None}, {"auth": bare(b"x" * 15)}, {"auth": bare(b"x" * 17)}, {"auth": 5}, {"auth": "not base64!"},
    {"auth": ["x"]}, {"auth": "A"}, {"p256dh": None}, {"p256dh": bare(b"\x04" + b"\x01" * 64)}, {"p256dh": "A" * 5000},
    {"p256dh": bare(b"\x04" * 33)}, {"p256dh": bare(b"\x00" * 65)},
]  # fmt: skip


@pytest.mark.parametrize("keys", WRONG_KEYS)
def test_keys_that_are_none_are_refused(keys) -> None:
    sent = good()
    assert check_subscription(sent, "k", REAL)
    with pytest.raises(CaseFileError):
        check_subscription(sent | {"keys": sent["keys"] | keys}, "k", REAL)


@pytest.mark.parametrize(
    "body", ["[]", "null", "{", '{"subscription": 5}', '{"subscription": {"endpoint": 1, "keys": {}}}',
             '{"subscription": null, "case": "x"}', '{"subscription": {}, "hour": 7}', "[" * 3000, "x" * 5000],
)  # fmt: skip
def test_what_is_no_subscription_is_answered_and_changes_nothing(office, key, service, patient, body) -> None:
    one = patient()
    one.allow(service.subscription())
    answer = one.client.post("/p/push/", body, content_type="application/json")
    assert answer.status_code in (413, 422)
    assert one.is_on


def test_an_hour_that_is_none_turns_nothing_on(office, key, service, patient) -> None:
    one = patient()
    assert one.allow(service.subscription(), hour="25:00", zone="UTC").status_code == 422
    assert not one.is_on


def test_another_site_cannot_turn_it_on_or_off(office, key, service, patient) -> None:
    one = patient()
    one.allow(service.subscription())
    off = json.dumps({"subscription": None})
    for more in ({"HTTP_ORIGIN": "https://evil.invalid"}, {"HTTP_SEC_FETCH_SITE": "cross-site"}):
        assert one.client.post("/p/push/", off, content_type="application/json", **more).status_code == 403
    assert one.client.post("/p/push/", {"subscription": ""}).status_code == 403
    assert one.is_on


# The tests of this file are shown to fail on planted faults


def test_the_service_finds_a_token_of_another_key(office, key, service, patient, monkeypatch) -> None:
    one = patient()
    one.allow(service.subscription())
    messages.send(office, NURSE, one.case, "Please call.", "form")
    monkeypatch.setattr(
        "py_vapid.Vapid02.sign", lambda *_: {"Authorization": f"vapid t=e30.e30.{bare(b'0' * 64)},k={key.public}"}
    )
    work(office, office.now())
    assert service.got == []
    assert one.waiting("push")[0].fault == "not accepted (403)"
