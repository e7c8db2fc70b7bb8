"""The five stories on the demo, played in Chromium: their times, and a picture of each step into docs/stories.

python -m tools.stories            plays them all on a fresh demo and writes docs/stories
python -m tools.stories --look     the same pictures into out/stories, at 360, 768 and 1440 px, for looking only
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.running.clinic import free_port
from tests.web.browser import _QUIET, CHROMIUM, SIZES
from tests.web.start_flow import TYPED, answer_on

DOCS = Path("docs/stories")
PASSWORD = "synthetic-demo-clinic"
Step = Callable[[str], None]
_HEAD = """# Five stories

Played by `python -m tools.stories` on the demo's synthetic clinic, in Chromium, with the pictures of that run. The times
are those of the machine and its clicks, not of a person reading.
"""


@contextmanager
def demo() -> Iterator[str]:
    """A fresh demo clinic on a port of its own. Its address."""
    port, folder = free_port(), tempfile.mkdtemp(prefix="titrant-stories-")
    command = [sys.executable, "-m", "titrant.cli.main", "demo", "--port", str(port), "--data", f"{folder}/demo"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    said = []
    for line in server.stdout:
        said.append(line)
        if " is open at " in line:
            break
    else:
        raise RuntimeError(f"the demo did not open: {''.join(said)}")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def signed_in(context: Any, role: str) -> Any:
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto("/account/login/")
    page.get_by_role("button", name=role).first.click()
    page.wait_for_load_state()
    return page


def case_of(page: Any, name: str) -> str:
    """The id of a patient, found by name."""
    page.goto("/?" + urlencode({"words": name}))
    row = page.get_by_role("link", name=name).first
    return str(row.get_attribute("href")).split("/")[2]


# The stories


def new_patient(page: Any, step: Step) -> None:
    """1. New patient to signed plan"""
    page.goto("/patients/new/")
    page.fill("#name", TYPED["name"])
    for field in ("birth_date", "weight", "phone"):
        page.fill(f"#{field}", TYPED[field])
    page.check("input[name=sex][value=male]")
    page.select_option("#indication", "crps")
    if page.locator("#team").count():
        page.select_option("#team", index=1)
    step("who it is: four typed fields")
    page.click("button[value=open]")
    for _ in range(3):
        if page.url.endswith("/plan/"):
            break
        answer_on(page)
        step("the questions, each with its why; what is not answered stays open")
        page.click(".save-bar button.primary")
        page.wait_for_load_state()
    step("the proposed start, its limits, its sources, the calendar and the first supply")
    page.click("a.button.primary")
    page.fill("#typed", "30")
    page.fill("#password", PASSWORD)
    step("the very text that is signed, the daily dose typed back, the password again")
    page.click("button[value=sign]")
    page.wait_for_url("**/signed/")
    step("signed: print or send")


def diary_day(page: Any, step: Step) -> None:
    """2. A day in the diary, on the patient's phone"""
    case = case_of(page, "Ada Marsh")
    page.goto(f"/patients/{case}/phone/")
    page.get_by_role("button", name="Invite a phone").click()
    page.wait_for_load_state()
    link = page.locator("text=/p\\/enrol\\//").first.inner_text()
    phone = page.context.browser.new_context(
        viewport={"width": 360, "height": 640}, base_url=page.context.pages[0].url.split("/patients")[0]
    ).new_page()
    phone.set_default_timeout(20_000)
    phone.goto("/p/enrol/" + link.split("/p/enrol/")[1].split()[0])
    step.on(phone)("one tap enrols the phone; no password")  # type: ignore[attr-defined]
    phone.locator("main button").first.click()
    phone.wait_for_selector("html[data-ready=yes]")
    step.on(phone)("today's signed dose")  # type: ignore[attr-defined]
    step.begin()  # type: ignore[attr-defined]
    taps = 0
    for words in ("All 2 taken", "4", "Partly", "7", "6"):
        phone.get_by_role("button", name=words, exact=True).click()
        taps += 1
        if words in ("All 2 taken", "4"):
            step.on(phone)(f"after the tap {words}")  # type: ignore[attr-defined]
    last = phone.get_by_role("button", name="No side effects", exact=True)
    while not last.count():  # once a week three more questions
        phone.get_by_role("button", name="5", exact=True).click()
        phone.wait_for_timeout(200)
        taps += 1
    last.click()
    phone.get_by_text("Receipt").wait_for()
    step.on(phone)(f"{taps + 1} taps: sent, with who reads it and when")  # type: ignore[attr-defined]
    phone.context.close()


def who_to_call(page: Any, step: Step) -> None:
    """3. Whom to call"""
    page.goto("/")
    step("the worklist: most urgent first, each with its reason in words")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("aside").first.wait_for()
    step("one key opens the panel: the reason, the chart, the last entries, done and next")


def next_step(page: Any, step: Step) -> None:
    """4. The next step"""
    case = case_of(page, "Ada Marsh")
    step.begin()  # type: ignore[attr-defined]
    page.goto(f"/patients/{case}/")
    step("one axis of time, and the proposal with its rule, numbers and alternatives")
    page.goto(f"/patients/{case}/sign/?action=raise")
    page.fill("#typed", "60")
    page.fill("#password", PASSWORD)
    step("what changes, and what the patient will see")
    page.click("button[value=sign]")
    page.wait_for_load_state()
    step("signed: phone, plan and pharmacy change together")


def supply(page: Any, step: Step) -> None:
    """5. May I supply, how much, until when"""
    case = case_of(page, "Ada Marsh")
    step.begin()  # type: ignore[attr-defined]
    page.goto(f"/patients/{case}/supply/")
    step("the answer, the sum behind it, the dates, the lots")


def refusals(page: Any, step: Step) -> None:
    """What is refused"""
    case = case_of(page, "Elke Brandt")
    page.goto(f"/patients/{case}/")
    step("a bladder that speaks up: no raise, and why")
    page.goto(f"/patients/{case}/sign/?action=raise")
    step("a raise asked for all the same")


STORIES = (
    (new_patient, "prescriber"), (who_to_call, "nurse"), (next_step, "prescriber"), (diary_day, "nurse"),
    (supply, "pharmacist"), (refusals, "prescriber"),
)  # fmt: skip


class Steps:
    """Takes the pictures of one story and keeps its time without them."""

    def __init__(self, page: Any, name: str, folder: Path) -> None:
        self._page, self._name, self._folder = page, name, folder
        self.lines: list[tuple[str, str]] = []
        self.begin()

    def begin(self) -> None:
        self._begun, self._looked = time.monotonic(), 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun - self._looked

    def __call__(self, words: str) -> None:
        self._take(self._page, words)

    def on(self, page: Any) -> Step:
        return lambda words: self._take(page, words)

    def _take(self, page: Any, words: str) -> None:
        begun = time.monotonic()
        file = f"{self._name}-{len(self.lines) + 1}.png"
        page.screenshot(path=self._folder / file)
        self.lines.append((file, words))
        self._looked += time.monotonic() - begun


def play(address: str, folder: Path, size: str) -> list[tuple[str, float, list[tuple[str, str]]]]:
    from playwright.sync_api import sync_playwright

    told = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        width, height = SIZES[size]
        for story, role in STORIES:
            context = browser.new_context(viewport={"width": width, "height": height}, base_url=address)
            page = signed_in(context, role)
            steps = Steps(page, f"{story.__name__.replace('_', '-')}{'' if size == 'desk' else '-' + size}", folder)
            story(page, steps)
            told.append((str(story.__doc__), steps.seconds, steps.lines))
            context.close()
        browser.close()
    return told


def main() -> int:
    looking = "--look" in sys.argv
    folder = Path("out/stories") if looking else DOCS
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as address:
        told = play(address, folder, "desk")
    lines = [_HEAD]
    for title, seconds, steps in told:
        lines += [f"## {title}", "", f"{seconds:.1f} s.", ""]
        lines += [f"![{words}]({file})\n\n*{words[0].upper()}{words[1:]}.*\n" for file, words in steps]
    (folder / "README.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(json.dumps({title: round(seconds, 1) for title, seconds, _ in told}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
