"""The list of rules names scenarios and tests that are there, for every rule."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "rules-of-titration.md").read_text(encoding="utf-8")
SCENARIOS = ROOT / "tests" / "scenarios" / "following"


def test_all_forty_rules_are_listed_once_and_in_order() -> None:
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 41))


def test_every_scenario_that_is_named_is_there() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d+ \|", line)]
    named = {name for line in rows for name in re.findall(r"`([a-z-]+/[a-z0-9-]+)`", line)}
    assert len(named) >= 50
    assert [name for name in sorted(named) if not (SCENARIOS / f"{name}.yaml").exists()] == []


def test_every_test_that_is_named_is_there() -> None:
    assert [name for name in re.findall(r"`(tests/[a-z_/]+\.py)`", PAGE) if not (ROOT / name).exists()] == []


def test_the_twelve_worst_cases_are_there() -> None:
    listed = re.search(r"The twelve cases.*?all in", PAGE, re.DOTALL)
    assert listed
    names = re.findall(r"`([a-z-]+)`", listed[0])
    assert len(names) == 12
    assert {path.stem for path in (SCENARIOS / "worst-cases").glob("*.yaml")} == set(names)
