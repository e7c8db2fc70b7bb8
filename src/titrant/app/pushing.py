"""Pushing to phones: that a message waits, or that it is time for the diary, and nothing else.

The push services of the browsers see an encrypted text of one length, the address of the phone and the time. They are
strangers, and slow ones at times, so that no round takes long here: a red flag never waits for them.
"""

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from msgspec import Struct

from titrant.app.delivering import pause_of, put_off
from titrant.app.place import Place, PushKey
from titrant.clinic.acts.subscribing import Subscription
from titrant.clinic.office import Office
from titrant.record.events import instant_of
from titrant.record.ports import NotFound
from titrant.storage.devices import Devices, remind_by_mail
from titrant.storage.models import Outgoing
from titrant.storage.outbox import again_at, body_of, finish, lease
from titrant.terms.canonical import Json

# How long a push is worth sending: a reminder that comes in the night reminds of nothing.
KEPT_FOR = {"reminder": timedelta(hours=6), "message": timedelta(hours=24)}
_LONGEST_WAIT = timedelta(hours=1)  # that a push service may ask for
_GONE = (404, 410)
_SIZE = 240  # bytes of every text, so that its length tells nothing
_PATIENCE_S = (3.05, 5)  # to be reached, and to answer
_ROUND_S = 10.0
_log = logging.getLogger("titrant.worker")


class Answer(Struct, frozen=True):
    """What a push service said: its status, and how long it asks to be left alone."""

    status: int
    wait: timedelta = timedelta(0)


Push = Callable[
    [Subscription, bytes, timedelta], Answer
]  # phone, text, how long to keep it; raises where nobody answers


def pusher(place: Place) -> Push | None:
    """How to push with the key of this clinic; None where it has none."""
    key = place.push_key
    return None if key is None else _Pusher(key)


class _Pusher:
    """Pushes over connections that stay open for a round. The libraries are read only when something is pushed."""

    def __init__(self, key: PushKey) -> None:
        self._key = key

    @cached_property
    def _session(self) -> Any:
        """It goes where it is told and nowhere else: no redirect, no proxy or password of the environment."""
        import requests

        class Straight(requests.Session):
            def post(self, url: Any, *args: Any, **more: Any) -> requests.Response:
                return super().post(url, *args, **more | {"allow_redirects": False})

        session = Straight()
        session.trust_env = False
        return session

    def __call__(self, phone: Subscription, text: bytes, kept: timedelta) -> Answer:
        from py_vapid import Vapid02
        from pywebpush import WebPushException, webpush

        if not settings.PUSH_REACH.allows(phone.endpoint) or phone.key != self._key.public:
            return Answer(_GONE[-1])  # it was allowed once, or to another key
        told = {"endpoint": phone.endpoint, "keys": {"p256dh": phone.p256dh, "auth": phone.auth}}
        signing: Any = Vapid02.from_pem(self._key.private.encode())
        try:
            said: Any = webpush(
                told, cast(str, text), vapid_private_key=signing, vapid_claims={"sub": f"mailto:{self._key.contact}"},
                ttl=int(kept.total_seconds()), timeout=cast(float, _PATIENCE_S), requests_session=self._session,
            )  # fmt: skip
        except WebPushException as error:
            if error.status_code is None:
                raise
            return Answer(error.status_code, _asked(error.retry_after))
        return Answer(said.status_code)


def _asked(text: str | None) -> timedelta:
    seconds = int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
    return min(timedelta(seconds=seconds), _LONGEST_WAIT)


def push_due(office: Office, push: Push | None, clock: Callable[[], float] = time.monotonic) -> int:
    """Push what is due, for some seconds; the rest waits for the next round. How many rows were looked at."""
    until, silent, looked = clock() + _ROUND_S, set[str](), 0
    while clock() < until and (rows := lease(office.now(), 1, pushes=True)):
        try:
            _one(office, rows[0], push, silent)
        except Exception as error:
            put_off(office, rows[0], error)
        looked += 1
    return looked


def _one(office: Office, row: Outgoing, push: Push | None, silent: set[str]) -> None:
    body, now = body_of(row), office.now()
    devices, device = Devices(), body["device"]
    if not devices.is_in(device) or _is_written(office, row.case, body):
        finish(row, now)
        return
    left = KEPT_FOR[body["what"]] - (now - instant_of(row.created_at))
    if left <= timedelta(0):
        finish(row, now, f"too late ({row.fault})")
        return
    phone = devices.subscription(device)
    if push is None or phone is None:
        _otherwise(office, row, body)
        return
    answer = _tried(push, phone, _text(office, row.case, body), left, silent)
    if isinstance(answer, str):
        again_at(row, now + pause_of(row), step=0, fault=answer)
    elif 200 <= answer.status <= 299:
        finish(row, now)
    elif answer.status in _GONE:
        devices.unsubscribe(device, phone)
        _otherwise(office, row, body)
    else:
        pause = max(pause_of(row), answer.wait)
        again_at(row, now + pause, step=0, fault=f"not accepted ({answer.status})")


def _tried(push: Push, phone: Subscription, text: bytes, kept: timedelta, silent: set[str]) -> Answer | str:
    """The answer, or why there is none. A service that did not answer is not asked again in the same round."""
    host = urlsplit(phone.endpoint).netloc
    if host in silent:
        return "no answer (not tried again at once)"
    try:
        return push(phone, text, kept)
    except Exception as error:
        silent.add(host)
        _log.warning("a push service gave no answer", extra={"kind": type(error).__name__})
        return f"no answer ({type(error).__name__})"


def _is_written(office: Office, case: str, body: Json) -> bool:
    """Whether the day that was to be reminded of is written by now."""
    try:
        return body["what"] == "reminder" and body["day"] <= office.store.summary(case).last_entry
    except NotFound:
        return True


def _otherwise(office: Office, row: Outgoing, body: Json) -> None:
    """Nothing can be pushed to this phone: a reminder goes by mail, a message waits in the diary as ever."""
    if body["what"] == "reminder":
        remind_by_mail(row.case, office.now())
    finish(row, office.now(), "the phone takes no pushes any more")


def _text(office: Office, case: str, body: Json) -> bytes:
    """The words for the screen of a locked phone, in the patient's language; all of one length."""
    words = office.library.phone.of(office.store.summary(case).person.language)
    said = {
        "title": words.say(f"push_{body['what']}"), "tag": body["what"], "lang": words.language, "dir": words.direction,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode().ljust(_SIZE)
