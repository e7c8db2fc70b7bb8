"""A file that only the holder of the passphrase can read, written and read in chunks.

Each chunk is sealed with AES-256-GCM under a nonce of its number, and knows whether it is the last: chunks cannot be
changed, swapped or cut off. The key comes from the passphrase by scrypt.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from titrant.terms.errors import NotNow

MAGIC = b"TITRANT BACKUP 1\n"
_CHUNK = 1 << 20
_TAG = 16
_SALT = 16


def _key(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode()))


def _about(number: int, last: bool) -> bytes:
    return MAGIC + (b"last" if last else b"more") + number.to_bytes(8, "big")


def write_sealed(source: BinaryIO, target: Path, passphrase: str) -> None:
    """Write what ``source`` holds to the new file ``target``, for its owner alone; on disk when it returns.

    Whatever stops it, no part of the file stays; a file that was there before is never touched.
    """
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as out:
            _write(source, out, passphrase)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(source: BinaryIO, out: BinaryIO, passphrase: str) -> None:
    salt = os.urandom(_SALT)
    key = _key(passphrase, salt)
    out.write(MAGIC + salt)
    number, chunk = 0, source.read(_CHUNK)
    while True:
        following = source.read(_CHUNK)
        out.write(key.encrypt(number.to_bytes(12, "big"), chunk, _about(number, last=not following)))
        if not following:
            break
        number, chunk = number + 1, following
    out.flush()
    os.fsync(out.fileno())


def read_sealed(source: Path, passphrase: str) -> Iterator[bytes]:
    """The chunks of a sealed file, each checked. Raises NotNow for another key, a change, or a cut."""
    with source.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise _refused(source, "This is not a backup of Titrant.")
        key = _key(passphrase, file.read(_SALT))
        number, chunk = 0, file.read(_CHUNK + _TAG)
        while True:
            following = file.read(_CHUNK + _TAG)
            try:
                yield key.decrypt(number.to_bytes(12, "big"), chunk, _about(number, last=not following))
            except (InvalidTag, ValueError):
                raise _refused(source, "The passphrase is another one, or the file was changed or cut.") from None
            if not following:
                return
            number, chunk = number + 1, following


def _refused(source: Path, fault: str) -> NotNow:
    return NotNow(
        source.name,
        fault,
        "Nothing was restored.",
        "Take another copy of the backup, or the passphrase it was made with.",
    )
