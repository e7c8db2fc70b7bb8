"""Story 3 in a browser: how soon a nurse sees whom to call. Run after benchmarks.web_worklist, over the same folder.

    python -m benchmarks.web_worklist --patients 1000 --folder F
    python -m benchmarks.web_paint --folder F --most 1000

Serves the folder with one worker, opens the worklist in Chromium ten times with an empty cache, and prints when the
first contents are painted and when the first line of the list stands there, in ms.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

_QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_TIMES = 10
_PAINTED = "(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: 0}).startTime"


def cookie() -> tuple[str, str]:
    """A session of the nurse whom the other benchmark made."""
    import django

    django.setup()
    from django.test import Client

    from titrant.storage.models import Staff

    client = Client()
    client.force_login(Staff.objects.get(email="nurse@clinic.invalid"))
    morsel = next(iter(client.cookies.values()))
    return morsel.key, morsel.value


def served(port: int) -> subprocess.Popen[bytes]:
    asked = ["titrant.app.wsgi:application", "--interface", "wsgi", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen([sys.executable, "-m", "granian", *asked, "--no-ws", "--blocking-threads", "4"])
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=2):
                return server
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def paints(port: int, name: str, value: str) -> list[tuple[float, float]]:
    """First contents and first line of the list, for each of ten visits; the first visit warms the server."""
    from playwright.sync_api import sync_playwright

    address, found = f"http://127.0.0.1:{port}", []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_QUIET))
        for _ in range(_TIMES + 1):
            found.append(_visit(browser, address, name, value))
        browser.close()
    return found[1:]


def _visit(browser: Any, address: str, name: str, value: str) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("a.open")
    line = (time.perf_counter() - begun) * 1000
    page.wait_for_load_state()
    painted = float(page.evaluate(_PAINTED))
    while not painted:  # told a little after it happened
        painted = float(page.evaluate(_PAINTED))
    context.close()
    return painted, line


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--folder", required=True)
    asked.add_argument("--most", type=int, default=1_000, help="ms until the first line stands there")
    given = asked.parse_args()
    os.environ["TITRANT_DATA"] = str(Path(given.folder) / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "titrant.app.settings"
    name, value = cookie()
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    server = served(port)
    try:
        found = paints(port, name, value)
    finally:
        server.terminate()
        server.wait(10)
    painted, lines = (sorted(values) for values in zip(*found, strict=True))
    passed = lines[-1] <= given.most
    said = "pass" if passed else "FAIL"
    print(f"first contents: median {painted[_TIMES // 2]:.0f}, worst {painted[-1]:.0f} ms")
    print(f"first line: median {lines[_TIMES // 2]:.0f}, worst {lines[-1]:.0f}, target {given.most} ms  {said}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
