"""A file that holds the finished chunks of one question, so that an interrupted run is taken up where it stopped.

First a line that says what was asked (its hash), then for each chunk a line and its rows. What was cut off in writing
is not used. A file of another question is refused: its people would be mixed up with these.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from titrant.cohort.summing import PATIENT
from titrant.terms.errors import CaseFileError, NotNow

_KIND = "titrant-cohort-checkpoint-1"


class Checkpoint:
    """Attributes: ``done``, rows by the first person of each finished chunk."""

    def __init__(self, path: Path, sha256: str) -> None:
        self.path, self.done = path, {}
        head = json.dumps({"kind": _KIND, "asked": sha256, "row": PATIENT.itemsize}).encode() + b"\n"
        try:
            raw = path.read_bytes() if path.exists() else b""
            whole = self._read(raw, head) if raw else 0
            with path.open("r+b" if raw else "wb") as file:
                file.truncate(whole)
                if not whole:
                    file.write(head)
        except OSError as error:
            raise CaseFileError(
                str(path), f"The file cannot be used: {error.strerror}.",
                "Without it an interrupted run starts anew.", "Choose another file, or leave --resume out.",
            ) from None  # fmt: skip

    def _read(self, raw: bytes, head: bytes) -> int:
        """Fill ``done``; returns how many bytes are whole."""
        if not raw.startswith(b'{"kind": "' + _KIND.encode()):
            raise CaseFileError(
                str(self.path), "This is not a file of an interrupted cohort.",
                "It would be written over.", "Choose another name.",
            )  # fmt: skip
        if not raw.startswith(head):
            raise NotNow(
                str(self.path), "It holds the answer to another question: another protocol, policy, number or seed.",
                "Mixed people answer no question.", "Ask as before, or give another file.",
            )  # fmt: skip
        at = len(head)
        while (end := raw.find(b"\n", at)) >= 0:
            try:
                line = json.loads(raw[at:end])
            except ValueError:
                break
            rows = raw[end + 1 : end + 1 + line["bytes"]]
            if len(rows) < line["bytes"] or hashlib.sha256(rows).hexdigest() != line["sha256"]:
                break
            self.done[line["first"]] = np.frombuffer(rows, PATIENT)
            at = end + 1 + line["bytes"]
        return at

    def add(self, first: int, rows: np.ndarray) -> None:
        raw = rows.tobytes()
        line = json.dumps({"first": first, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}).encode()
        with self.path.open("ab") as file:
            file.write(line + b"\n" + raw)
        self.done[first] = rows
