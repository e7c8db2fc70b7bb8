"""Whether this phone is pushed to: what the page offers, and where the browser says yes or no."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from titrant.clinic.acts.patient_says import check_hour
from titrant.clinic.acts.subscribing import check_subscription
from titrant.storage.devices import Devices
from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError
from titrant.terms.reading import Unreadable, read_json
from titrant.web.access import PATIENTS, Reach, Route
from titrant.web.phone.own_page import from_own_page

_MOST_BYTES = 4_000


def offer(device: str) -> Json:
    """The public key that a browser needs, and whether it was taken; None where this clinic has no key."""
    key = settings.PLACE.push_key
    if key is None:
        return None
    phone = Devices().subscription(device)
    return {"key": key.public, "is_on": phone is not None and phone.key == key.public}


@csrf_exempt  # a service worker has no token; own pages alone can send JSON with this cookie
def push(request: HttpRequest) -> HttpResponse:
    """Keep the subscription of this phone, and the hour if one came with it; ``null`` turns it off."""
    if not from_own_page(request):
        return _answer(403, "It was not sent by a page of this clinic.")
    if len(request.body) > _MOST_BYTES:
        return _answer(413, "It is too long to be a subscription.")
    try:
        sent = read_json(request.body)
        if not isinstance(sent, dict) or not {"subscription"} <= set(sent) <= {"subscription", "hour", "zone"}:
            return _answer(422, "It is no subscription.")
        return _kept(request.visitor.actor.id, sent)  # type: ignore[attr-defined]
    except (Unreadable, CaseFileError) as error:
        return _answer(422, error.fault)


def _kept(device: str, sent: Json) -> HttpResponse:
    key, devices = settings.PLACE.push_key, Devices()
    if sent["subscription"] is None:
        devices.unsubscribe(device)
        return JsonResponse({"on": False})
    if key is None:
        return _answer(409, "This clinic pushes nothing.")
    subscription = check_subscription(sent["subscription"], key.public, settings.PUSH_REACH)
    hour, zone = check_hour(_text(sent, "hour"), _text(sent, "zone"))
    devices.subscribe(device, subscription)
    if hour:
        devices.remind(device, hour, zone)
    return JsonResponse({"on": True})


def _text(sent: Json, name: str) -> str:
    found = sent.get(name, "")
    if not isinstance(found, str):
        raise CaseFileError(name, "It is no text.", "A reminder needs an hour.", "Write it as 21:00.")
    return found


def _answer(status: int, why: str) -> HttpResponse:
    return JsonResponse({"why": why}, status=status)


ROUTES = (Route("p/push/", push, "phone_push", PATIENTS, Reach.OWN, ("POST",)),)
