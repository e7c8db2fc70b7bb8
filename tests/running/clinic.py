"""A clinic in a folder of its own, and processes that write to it, for tests that kill, trace and fill."""

import os
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from random import SystemRandom

Done = subprocess.CompletedProcess[str]
_ANY = SystemRandom()
ROOT = Path(__file__).parent.parent.parent


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Of a process of its own on ``folder``: nothing of the test's own clinic leaks into it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TITRANT", "DJANGO"))}
    return kept | {"TITRANT_DATA": str(folder), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | more


def python(
    folder: Path, *arguments: str, before: tuple[str, ...] = (), said: Path | None = None, **more: str
) -> Done:  # fmt: skip
    """Run ``python ARGUMENTS`` on the clinic in ``folder``.

    ``before``: a program that runs it, such as strace; ``said``: the file that takes what it prints.
    """
    with said.open("w") if said else nullcontext(subprocess.PIPE) as out:
        return subprocess.run(
            [*before, sys.executable, *arguments], env=environment(folder, **more), cwd=ROOT, stdout=out,
            stderr=subprocess.PIPE, text=True, timeout=600, check=False,
        )  # fmt: skip


def titrant(folder: Path, *arguments: str, **more: str) -> Done:
    return python(folder, "-m", "titrant.cli.main", *arguments, **more)


def free_port() -> int:
    """A port that nobody holds, of those that no client is given: a server may still open it half a minute later."""
    while True:
        port = _ANY.randrange(20_000, 32_000)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
