"""A PostgreSQL of the test's own: Debian's programs, a unix socket in a folder of its own, ended by its number."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def missing() -> str:
    """Why there is no PostgreSQL here; empty where there is one."""
    if not FOLDERS:
        return "PostgreSQL is not on this machine: its tests are not run"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "PostgreSQL does not run as root, and there is no setpriv here"
    return ""


class Server:
    """A running PostgreSQL, and how to speak with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, user: str, database: str) -> str:
        return f"postgresql://{user}@{quote(str(self.folder), safe='')}/{database}"

    def psql(self, sql: str, user: str = "postgres", database: str = "postgres") -> str:
        command = [
            str(FOLDERS[-1] / "psql"),
            "-h",
            str(self.folder),
            "-U",
            user,
            "-d",
            database,
            "-tA",
            "-v",
            "ON_ERROR_STOP=1",
        ]
        done = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="titrant-pg-"))
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    folder.chmod(0o755)
    data, programs = str(folder / "data"), FOLDERS[-1]
    initdb = [str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*as_user, *initdb], check=True, capture_output=True, cwd=folder)
    options = ["-D", data, "-k", str(folder), "-c", "listen_addresses=", "-c", "log_min_messages=fatal"]
    process = subprocess.Popen([*as_user, str(programs / "postgres"), *options], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        _wait(folder, programs)
        yield Server(folder)
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(folder: Path, programs: Path) -> None:
    import time

    for _ in range(300):
        if subprocess.run(
            [str(programs / "pg_isready"), "-h", str(folder)], capture_output=True, check=False
        ).returncode:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")
