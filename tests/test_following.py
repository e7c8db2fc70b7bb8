"""Scenarios of following a course: one file, one clinical point. Each is also an input of ``titrant adjust``."""

from pathlib import Path
from typing import Any

import pytest

from titrant.clinic.desk import Desk
from titrant.clinic.following import adjust_at, follow_at
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.saying_following import adjustment_data
from titrant.clinic.telling_following import adjustment_page
from titrant.knowledge.library import Library
from titrant.pathway.adjust import Adjustment
from titrant.pathway.case import Case

FOLDER = Path(__file__).parent / "scenarios" / "following"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.parent.name != "_base")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario(path: Path, library: Library) -> None:
    case = case_of(open_document(path))
    assert case.on is not None
    desk = Desk(library, case.on)
    decided = adjust_at(desk, case)
    said = adjustment_data(decided, desk.words)
    assert isinstance(case.expect, dict)
    if "model" in case.expect:
        _check_model(case, desk, case.expect["model"])
    for key, wanted in case.expect.items():
        if key == "model":
            continue
        seen = SEEN[key](decided, said, wanted)
        assert seen == wanted, f"{key}: {seen!r}; {said['action']} because {[one['code'] for one in said['reasons']]}"
    assert set(said["not_chosen"]) | {said["action"]} >= {"stop", "pause", "lower", "hold", "raise", "step_down_trial"}
    assert len(said["alternatives"]) == 2
    text = adjustment_page(decided, desk.words, desk.clinic)
    assert "{" not in text
    assert "Severe harm earlier in this course: " in text
    assert all(one["on"] in text for one in said["review"]["severe_before"])


def _check_model(case: Case, desk: Desk, wanted: Any) -> None:
    """What the response model says beside the rules, and what came of it."""
    followed = follow_at(desk, case)
    said = adjustment_data(followed.decided, desk.words, followed)
    model = said["model"]
    seen = {
        "outcome": model["outcome"],
        "why": model["why"]["code"] if model["why"] else None,
        "says": model["says"],
        "reasons": [one["code"] for one in model["reasons"]],
        "action": said["action"],
    }
    assert {key: seen[key] for key in wanted} == wanted
    assert "{" not in adjustment_page(followed.decided, desk.words, desk.clinic, followed)


def _subset(seen: list[str], wanted: list[str]) -> list[str]:
    """What is wanted, as far as it was seen."""
    return [one for one in wanted if one in seen]


def _codes(said: Any, key: str, name: str = "code") -> list[str]:
    return [one[name] for one in said[key]]


def _fact(said: Any, wanted: list[str]) -> list[str]:
    code, name, _ = wanted
    return [code, name, next(one["facts"].get(name, "") for one in said["reasons"] if one["code"] == code)]


def _not_chosen(said: Any, wanted: dict[str, list[str]]) -> dict[str, list[str]]:
    return {action: _subset(said["not_chosen"].get(action, []), codes) for action, codes in wanted.items()}


def _dose(said: Any, key: str = "regimen") -> str:
    return f"{said[key]['dose_mg']} mg" if said[key] else "none"


def _absent(seen: list[str], wanted: list[str]) -> list[str]:
    return [one for one in wanted if one not in seen]


def _at(said: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Values by dotted path in the answer."""
    found = {}
    for path in wanted:
        value = said
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        found[path] = value
    return found


SEEN: dict[str, Any] = {
    "outcome": lambda decided, said, wanted: said["outcome"],
    "action": lambda decided, said, wanted: said["action"] or "none",
    "would_do": lambda decided, said, wanted: said["would_do"] or "none",
    "would_be": lambda decided, said, wanted: _dose(said, "would_be"),
    "dose": lambda decided, said, wanted: _dose(said),
    "pieces": lambda decided, said, wanted: said["regimen"]["pieces_per_dose"],
    "regimen": lambda decided, said, wanted: said["regimen"] is not None,
    "reasons": lambda decided, said, wanted: _subset(_codes(said, "reasons"), wanted),
    "not_reasons": lambda decided, said, wanted: _absent(_codes(said, "reasons"), wanted),
    "findings": lambda decided, said, wanted: _subset(_codes(said, "findings"), wanted),
    "not_findings": lambda decided, said, wanted: _absent(_codes(said, "findings"), wanted),
    "limits": lambda decided, said, wanted: _subset(_codes(said, "limits"), wanted),
    "missing": lambda decided, said, wanted: _subset(_codes(said, "missing", "fact"), wanted),
    "not_chosen": lambda decided, said, wanted: _not_chosen(said, wanted),
    "call": lambda decided, said, wanted: said["call"],
    "taper": lambda decided, said, wanted: bool(said["taper"]) if isinstance(wanted, bool) else len(said["taper"]),
    "overdue": lambda decided, said, wanted: _subset(said["review"]["overdue"], wanted),
    "fact": lambda decided, said, wanted: _fact(said, wanted),
    "said": lambda decided, said, wanted: _at(said, wanted),
}


def test_there_are_enough_scenarios() -> None:
    assert len(FILES) >= 120


def test_the_answer_has_what_the_design_asks_for(library: Library) -> None:
    case = case_of(open_document(FOLDER / "_base" / "titrating.yaml"))
    assert case.on is not None
    desk = Desk(library, case.on)
    said = adjustment_data(adjust_at(desk, case), desk.words)
    asked = (
        "outcome action protocol on regimen would_be asked_mg limits reasons findings missing alternatives not_chosen "
        "monitoring ladder evidence"
    )
    assert set(asked.split()) <= set(said)
    assert set(said["protocol"]) == {"id", "version", "sha256", "status"}
    assert {"what", "due", "state", "blocks_raise", "source"} <= set(said["monitoring"][0])
    assert {
        "route",
        "product",
        "dose_mg",
        "doses_per_day",
        "daily_mg",
        "days_per_week",
        "pieces_per_dose",
        "text",
    } <= set(said["regimen"])


def by_name(name: str) -> Path:
    return next(path for path in FILES if path.stem == name)


__all__ = ["Adjustment", "by_name"]
