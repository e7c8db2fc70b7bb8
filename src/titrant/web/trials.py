"""Trials of a protocol on virtual people: asked for on a page, run in a process of their own, one at a time."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from titrant.terms.errors import NotNow

FEWEST, USUAL, MOST, WEEKS = 50, 300, 2000, 12
_SILENT_S = 60
_NAME = re.compile(r"[0-9a-f]{16}")


def _folder() -> Path:
    return Path(settings.PLACE.folder) / "trials"


def start(protocol: str, version: int, patients: int, on: date) -> str:
    """Begin a trial and give its name. Raises NotNow while another one runs."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not FEWEST <= patients <= MOST:
        raise _refused(f"{patients} virtual people were asked for; {FEWEST} to {MOST} are possible here.")
    _claim(folder / "running")
    name = secrets.token_hex(8)
    place = folder / name
    place.mkdir(mode=0o700)
    clinic = settings.PLACE.clinic
    asked = {
        "protocol": protocol, "version": version, "patients": patients, "weeks": WEEKS, "on": on.isoformat(),
        "clinic": str(clinic) if clinic.exists() else "",
    }  # fmt: skip
    (place / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    with (place / "said").open("wb") as said:
        subprocess.Popen(  # noqa: S603 - our own module, and a name of our own making
            [sys.executable, "-m", "titrant.cohort.trial", str(place)], stdout=said, stderr=said,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    return name


def _claim(running: Path) -> None:
    """One trial at a time, whichever web process asks; what a lost process left behind is put away."""
    try:
        os.close(os.open(running, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if _alive(running):
            raise _refused("Another trial is running.") from None
        running.unlink(missing_ok=True)
        _claim(running)


def _alive(running: Path) -> bool:
    """Whether a trial still says that it runs: it marks its file every few seconds."""
    try:
        return time.time() - running.stat().st_mtime < _SILENT_S
    except FileNotFoundError:
        return False


def _refused(fault: str) -> NotNow:
    return NotNow(
        "trial", fault, "A trial takes the machine for itself; care goes first.", "Wait, or ask for another number."
    )


def state(name: str) -> dict[str, Any] | None:
    """How a trial stands: what was asked, how far it is, its answer or what went wrong; None without one."""
    place = _folder() / name
    if not _NAME.fullmatch(name) or not (place / "asked.json").exists():
        return None
    asked = json.loads((place / "asked.json").read_text(encoding="utf-8"))
    answer, fault = place / "answer.json", place / "fault"
    done = int((place / "progress").read_text()) if (place / "progress").exists() else 0
    ended = not answer.exists() and not fault.exists() and not _alive(_folder() / "running")
    said = fault.read_text(encoding="utf-8") if fault.exists() else "It ended without an answer." if ended else ""
    return {
        "name": name, "asked": asked, "done": done,
        "answer": json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None,
        "fault": said,
    }  # fmt: skip


def chart(name: str) -> bytes | None:
    place = _folder() / name / "chart.svg"
    return place.read_bytes() if _NAME.fullmatch(name) and place.exists() else None
