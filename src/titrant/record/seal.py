"""Seals: a signature of the organisation over canonical content, checked at every use.

The content holds who signed, when, what it means, and the very text that was shown (21 CFR 11.50, 11.70), so that a
signature cannot be moved to another record.
"""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from titrant.terms.canonical import Json, canonical_json, sha256_of
from titrant.terms.errors import NotNow


class Broken(NotNow):
    """What is stored is not what was signed."""


def key_name(key: Ed25519PublicKey) -> str:
    """A short name of a public key, so that an older signature finds its key."""
    return base64.urlsafe_b64encode(public_bytes(key)).decode()[:16]


def public_bytes(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def sealed(content: Json, key: Ed25519PrivateKey) -> Json:
    """The seal over ``content``: its hash, the signature, and the name of the key."""
    signature = key.sign(canonical_json(content))
    return {
        "sha256": sha256_of(content),
        "signature": base64.b64encode(signature).decode(),
        "key": key_name(key.public_key()),
    }


def check(content: Json, seal: Json, keys: dict[str, Ed25519PublicKey]) -> None:
    """Raises Broken unless ``seal`` is a signature over exactly ``content`` by one of ``keys`` (name to key)."""
    key = keys.get(seal.get("key", "")) if isinstance(seal, dict) else None
    if key is None:
        raise broken("The signature names a key that this clinic does not have.")
    try:
        signature = base64.b64decode(seal["signature"], validate=True)
        key.verify(signature, canonical_json(content))
    except (InvalidSignature, ValueError, TypeError, KeyError):
        raise broken("The stored content is not the content that was signed.") from None
    # Base64 has several spellings of the same bytes; only the one that was written counts.
    if base64.b64encode(signature).decode() != seal["signature"] or set(seal) != {"sha256", "signature", "key"}:
        raise broken("The seal is not written as it was.")
    if seal.get("sha256") != sha256_of(content):
        raise broken("The stored hash is not that of the content.")


def broken(fault: str) -> Broken:
    return Broken(
        "signed plan", fault, "A plan that nobody signed must not be followed.",
        "Do not use it. Tell the administrator; `titrant verify` shows where the record was changed.",
    )  # fmt: skip
