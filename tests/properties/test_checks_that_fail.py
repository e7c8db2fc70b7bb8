"""T27: each check of the screen, made to fail in turn, lets no dose begin or rise, and the reason says which it was.

A check here is a pure function in memory: it reads no file and waits for nobody, so of the ways to fail it can raise,
and it can be left out. Tables that are missing, altered or past their review are tried in test_knowledge_gone.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.properties.deciding import library
from tests.properties.figures import none_of, record
from tests.web.worklist_cases import base
from titrant.clinic.desk import Desk
from titrant.clinic.following import adjust_at
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.shaping import shape_case
from titrant.knowledge.shapes.following import Action
from titrant.pathway import screen
from titrant.pathway.plan import Outcome

Break = Callable[[dict[str, screen.Check], str], dict[str, screen.Check]]


def _failing(found: screen.Found) -> None:
    raise RuntimeError("the check broke")


def raising(checks: dict[str, screen.Check], name: str) -> dict[str, screen.Check]:
    return {**checks, name: _failing}


def left_out(checks: dict[str, screen.Check], name: str) -> dict[str, screen.Check]:
    return {key: check for key, check in checks.items() if key != name}


def start_on() -> tuple[str, bool]:
    case = case_of(open_document(Path("demo/crps-everything-known.yaml")))
    plan = Desk(library(), case.on).plan(case)
    return " ".join(f"{one.code} {one.facts}" for one in plan.reasons), plan.outcome is Outcome.PROPOSED


def raise_on() -> tuple[str, bool]:
    case = shape_case(base("titrating"), "a case")
    decided = adjust_at(Desk(library(), case.on), case)
    return " ".join(f"{one.code} {one.facts}" for one in decided.reasons), decided.action is Action.RAISE


def names_of(decide: Callable[[], tuple[str, bool]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the checks that run for this case."""
    seen: list[str] = []
    real = screen._run

    def noted(checks: dict[str, screen.Check], expected: tuple[str, ...]):
        seen.extend(checks)
        return real(checks, expected)

    with monkeypatch.context() as patched:
        patched.setattr(screen, "_run", noted)
        decide()
    return list(dict.fromkeys(seen))


def let_through(decide: Callable[[], tuple[str, bool]], broken: Break, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The checks whose failure did not keep the dose from beginning or rising, or was not named."""
    real, wrong = screen._run, []
    for name in names_of(decide, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(screen, "_run", lambda checks, expected, name=name: real(broken(checks, name), expected))
            said, rising = decide()
        if rising or name not in said:
            wrong.append(f"{name}: {'the dose rises' if rising else said}")
    return wrong


@pytest.mark.parametrize("broken", [raising, left_out])
@pytest.mark.parametrize("decide", [start_on, raise_on])
def test_a_check_that_fails_lets_no_dose_begin_or_rise(decide, broken, monkeypatch) -> None:
    assert decide()[1], "without a fault this case begins or rises"
    wrong = let_through(decide, broken, monkeypatch)
    record("T27", f"{decide.__name__}, each check {broken.__name__}", none_of(wrong), "0", met=not wrong)
    assert not wrong


def test_a_fault_that_is_swallowed_is_seen(monkeypatch) -> None:
    """The planted fault: a run that counts a failed check as done."""
    real = screen._run

    def swallowing(checks: dict[str, screen.Check], expected: tuple[str, ...]):
        found, ledger = real(checks, expected)
        return found, screen.Ledger(expected, expected, ())

    monkeypatch.setattr(screen, "_run", swallowing)
    assert let_through(start_on, raising, monkeypatch)
