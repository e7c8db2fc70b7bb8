"""The data folder of one clinic: its database, its keys and its own knowledge. One organisation, one folder."""

import json
import os
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from titrant.record.seal import key_name, public_bytes
from titrant.terms.errors import NotNow

_SIGNING = "signing.key"
_OLD_KEYS = "verifying.json"  # name to public key in hex: every key that ever signed here


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


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
