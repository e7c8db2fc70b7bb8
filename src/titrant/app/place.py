"""The data folder of one clinic: its database, its keys and its own knowledge. One organisation, one folder."""

import json
import os
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from titrant.record.seal import key_name, public_bytes
from titrant.terms.errors import NotNow

_SIGNING = "signing.key"
_OLD_KEYS = "verifying.json"  # name to public key in hex: every key that ever signed here
_PUSH = "push.json"
_MAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class PushKey(Struct, frozen=True):
    """The key by which push services know this clinic, and the address at which they reach whoever runs it."""

    contact: str
    private: str  # PEM
    public: str  # the point, in base64 for addresses, as browsers want it

    def __repr__(self) -> str:
        return f"PushKey({self.public})"  # never the secret, wherever this is printed


class Place:
    """Where a clinic's data lie. Secrets are made on first use, readable by the owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def from_environment(cls) -> "Place":
        return cls(Path(os.environ.get("TITRANT_DATA", "titrant-data")).absolute())

    @property
    def database(self) -> Path:
        return self.folder / "clinic.sqlite3"

    @property
    def clinic(self) -> Path:
        """The clinic's own knowledge: approvals and own files (docs/own-clinic.md)."""
        return self.folder / "clinic"

    @property
    def is_demo(self) -> bool:
        return (self.folder / "SYNTHETIC").exists()

    def make(self, *, synthetic: bool = False) -> None:
        """Make the folder, for its owner alone. A real folder never becomes synthetic, nor the other way round."""
        begun = self.database.exists()
        if begun and synthetic != self.is_demo:
            raise NotNow(
                str(self.folder), "This folder holds " + ("synthetic" if self.is_demo else "real") + " patients.",
                "Synthetic and real patients never share a database.", "Name another folder in TITRANT_DATA.",
            )  # fmt: skip
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if synthetic:
            (self.folder / "SYNTHETIC").touch(mode=0o600)

    def secret(self, name: str) -> str:
        """A random secret of this clinic, made once."""
        return self._once(f"{name}.secret", lambda: secrets.token_hex(32).encode()).decode()

    @property
    def clinic_id(self) -> str:
        """Names this clinic in its backups, so that one never becomes another."""
        return self._once("clinic.id", lambda: str(uuid.uuid4()).encode()).decode()

    def signing_key(self) -> Ed25519PrivateKey:
        raw = self._once(_SIGNING, _new_key)
        key = Ed25519PrivateKey.from_private_bytes(raw)
        self._remember(key.public_key())
        return key

    def verifying_keys(self) -> dict[str, Ed25519PublicKey]:
        self.signing_key()
        known = json.loads((self.folder / "keys" / _OLD_KEYS).read_text(encoding="utf-8"))
        return {name: Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw)) for name, raw in known.items()}

    @property
    def push_key(self) -> PushKey | None:
        """None where `titrant push-key` was never run: then nothing is offered to phones and nothing pushed."""
        path = self.folder / "keys" / _PUSH
        if not path.exists():
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        key = load_pem_private_key(kept["private"].encode(), None)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushKey(kept["contact"], kept["private"], urlsafe_b64encode(point).rstrip(b"=").decode())

    def make_push_key(self, contact: str) -> PushKey:
        """The key for pushing, made once. Raises NotNow where there is one, or ``contact`` is no e-mail address."""
        if not _MAIL.fullmatch(contact):
            raise NotNow(
                "--contact", f"{contact[:60]!r} is no e-mail address.",
                "Push services write there when something is wrong; some take nothing without it.", "Name one.",
            )  # fmt: skip
        if self.push_key is not None:
            raise NotNow(
                str(self.folder / "keys" / _PUSH), "There is a key already.",
                "Each phone allowed reminders to that key alone.", "Keep it, or remove the file and ask all anew.",
            )  # fmt: skip
        self._once(_PUSH, lambda: json.dumps({"contact": contact, "private": _new_push_key()}).encode())
        made = self.push_key
        assert made is not None
        return made

    def _remember(self, key: Ed25519PublicKey) -> None:
        path = self.folder / "keys" / _OLD_KEYS
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if key_name(key) not in known:
            path.write_text(json.dumps(known | {key_name(key): public_bytes(key).hex()}), encoding="utf-8")
            path.chmod(0o600)

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self.folder / "keys" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(make())
        return path.read_bytes()


def _new_push_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
