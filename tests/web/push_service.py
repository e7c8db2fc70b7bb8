"""A push service of our own on loopback, and a phone that it pushes to: it checks who sends, and opens what is sent."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET = b"sixteen bytes 16"


def bare(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbare(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Service:
    """Answers with ``status``; what came is in ``got``, opened with the keys of the phone. It is a judge of its own:
    a token that is not signed by the key it names is refused with 403, as the real ones do."""

    def __init__(self) -> None:
        self.status, self.headers, self.wait = 201, {}, 0.0
        self.got: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.claims: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self._phone = ec.generate_private_key(ec.SECP256R1())
        self.port = 0

    def subscription(self, path: str = "/send/one") -> dict[str, Any]:
        """As ``PushSubscription.toJSON()`` gives it."""
        point = self._phone.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": bare(point), "auth": bare(SECRET)}
        return {"endpoint": f"http://127.0.0.1:{self.port}{path}", "expirationTime": None, "keys": keys}

    def take(self, path: str, headers: Any, body: bytes) -> int:
        self.paths.append(path)
        time.sleep(self.wait)
        claims = checked(headers["Authorization"])
        if claims is None or claims["aud"] != f"http://127.0.0.1:{self.port}" or not headers["TTL"].isdigit():
            return 403
        if 200 <= self.status <= 299:
            assert headers["Content-Encoding"] == "aes128gcm"
            text = http_ece.decrypt(body, private_key=self._phone, auth_secret=SECRET, version="aes128gcm")
            self.sizes.append(len(body))
            self.got.append(json.loads(text))
            self.claims.append(claims | {"ttl": int(headers["TTL"])})
        return self.status


def checked(header: str) -> dict[str, Any] | None:
    """The claims of a VAPID token (RFC 8292) and the key that signed them; None where the signature is not of it."""
    parts = dict(one.strip().split("=", 1) for one in header.removeprefix("vapid ").split(","))
    head, claims, signature = parts["t"].split(".")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbare(parts["k"]))
    raw = unbare(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    except Exception:
        return None
    assert json.loads(unbare(head))["alg"] == "ES256"
    return json.loads(unbare(claims)) | {"key": parts["k"].rstrip("=")}


@contextmanager
def push_service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(service.take(self.path, self.headers, body))
            for name, value in {**service.headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
