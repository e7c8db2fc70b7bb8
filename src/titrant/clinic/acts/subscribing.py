"""Where a phone may be pushed to: the address and the keys that its browser made, checked before they are kept.

The address comes from a browser, so anybody with a phone of this clinic can send any. The clinic therefore writes to
the push services of the browsers alone, by their names, and to those that it names itself: never to a number, never
into its own network.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from msgspec import Struct

from titrant.terms.canonical import Json
from titrant.terms.errors import CaseFileError

# Chrome, Firefox, Safari and Edge; a name stands for itself and all names under it.
SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com")
LOOPBACK = ("127.0.0.1", "localhost")  # of a demo only: there a service may be tried out on the same machine
_LONGEST = 1_000
_POINT, _SECRET = 65, 16  # bytes of the two keys (RFC 8291)
_PRINTED = re.compile(r"[!-~]+")


class Subscription(Struct, frozen=True):
    """One phone as a push service knows it. ``key``: the public key of the clinic that it was made for."""

    endpoint: str
    p256dh: str
    auth: str
    key: str


class Reach(Struct, frozen=True):
    """Which push services this clinic writes to: those that it names beside ``SERVICES``; a demo, also itself."""

    named: Sequence[str] = ()
    demo: bool = False

    def allows(self, endpoint: str) -> bool:
        """Whether ``endpoint`` is an address of one of them."""
        if len(endpoint) > _LONGEST or not _PRINTED.fullmatch(endpoint) or "\\" in endpoint:
            return False
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if "@" in parts.netloc or parts.fragment or not parts.path.startswith("/"):
            return False
        if self.demo and host in LOOPBACK:
            return parts.scheme in ("http", "https")
        known = any(host == one or host.endswith(f".{one}") for one in (*SERVICES, *self.named) if one)
        return known and parts.scheme == "https" and port in (None, 443)


def check_subscription(sent: Json, key: str, reach: Reach) -> Subscription:
    """What ``PushSubscription.toJSON()`` of a browser said. Raises CaseFileError for what is none."""
    keys = sent.get("keys") if isinstance(sent, dict) else None
    if not isinstance(keys, dict):
        _refuse("It is no subscription of a browser.", "Turn it on once more.")
    endpoint, p256dh, auth = sent.get("endpoint"), keys.get("p256dh"), keys.get("auth")
    if not isinstance(endpoint, str) or not reach.allows(endpoint):
        _refuse("It is not an address of a push service that this clinic writes to.", "Use the calendar file instead.")
    point = _decoded(p256dh, _POINT)
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        _refuse("Its public key is none.", "Turn it on once more.")
    return Subscription(endpoint, _bare(point), _bare(_decoded(auth, _SECRET)), key)


def _bare(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(text: object, size: int) -> bytes:
    """``text`` from base64 for addresses. Raises CaseFileError unless it is exactly ``size`` bytes."""
    raw = b""
    if isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,120}={0,2}", text):
        bare = text.rstrip("=")
        with suppress(ValueError):
            raw = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    if len(raw) != size:
        _refuse("One of its keys has another length than such keys have.", "Turn it on once more.")
    return raw


def _refuse(fault: str, repair: str) -> NoReturn:
    raise CaseFileError("push", fault, "A reminder that cannot be sent must not be promised.", repair)
