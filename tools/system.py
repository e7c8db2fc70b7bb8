"""The programs beside Python that some tests drive: a browser, PDF tools, a call tracer, PostgreSQL.

Run as root on Debian it installs what is missing; elsewhere it says what is missing, and the tests that need it skip,
saying so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Program that a test looks for -> Debian's package.
NEEDED = {
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "strace": "strace",
    "/usr/lib/postgresql": "postgresql",
}


def missing() -> list[str]:
    found = (package for program, package in NEEDED.items() if not (shutil.which(program) or Path(program).is_dir()))
    return sorted(set(found))


def main() -> int:
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(f"Not on this machine: {', '.join(packages)}. The tests that need them will be skipped.")
        return 0
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([*quiet, *command], env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(f"apt-get {command[0]} failed; the tests that need {', '.join(packages)} will be skipped.")
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
