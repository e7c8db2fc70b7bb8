"""Every scenario of ``tests/scenarios``: a case as a clinician would tell it, and what must come of it.

A scenario is a case file. ``based_on`` names a complete case and the scenario says only what differs: objects merge by
key, null takes a key away, everything else replaces. ``titrant plan`` reads the same files. Expectations are written
from the evidence and the knowledge files, never copied from an answer.

Under ``expect`` stand only the keys below; any other key fails. Amounts may be written with or without quotes. ``none``
means that there is nothing of the kind.

==================  ====================================================================================================
``command``         plan (without it), prescribe or dispense
``error``           the place that the refusal of the case file names; then nothing else is expected
``outcome``         proposed, refused or undecided
``action``          start, or none
``dose_mg``         the proposed single dose
``doses_per_day``   ``days_per_week``, ``daily_mg``, ``weekly_mg``: the rest of the proposed regimen
``would_be_mg``     undecided: the single dose if every open answer were reassuring
``asked_mg``        what was asked for in each dose
``reasons``         codes that must be among the reasons, or code to facts that it must carry
``reasons_exactly`` all codes of the reasons, in any order
``findings``        codes that must be found, or code to severity, or code to facts (``severity`` among them)
``no_findings``     codes that must not be found
``missing``         facts that must be asked for, or fact to the reason why
``missing_exactly`` all facts that are asked for, likewise
``limits``          every limit that cut the start, in order; for dispense every limit on the supply
``binding``         the last limit of the start, or none
``ladder``          the single doses of all levels, in mg
``ladder_dates``    the earliest day of each level
``ends``            the day on which the plan ends
``monitoring``      check to its state before the start: done, due, overdue, or none where it is not needed
``due``             check to the first day after the start on which it falls due, or none
``conversions``     every way from a clinic session to a daily dose: id to lowest-highest in mg
``evidence``        titles of the evidence shown, in order
``gate``            what the last gate objects to; empty where it lets the draft pass
``quantity``        pieces or mL handed out, or none where nothing may be supplied
``needed``          pieces or mL that the days take; ``unit``; ``total_mg``; ``days``
``left``            day to what should be left at its start
``earliest``        the first day on which this supply may be handed out; ``next_earliest``: the next one
==================  ====================================================================================================
"""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from titrant.cli.opened import library
from titrant.clinic import saying
from titrant.clinic.desk import Desk
from titrant.clinic.opening import case_of, open_document
from titrant.knowledge.library import Library
from titrant.pathway.case import Case
from titrant.terms.errors import CaseFileError

FOLDER = Path(__file__).parent / "scenarios"
# The cases on which the others are based stand in the folder itself; each is shown in its bare form by one of them.
SCENARIOS = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.glob("*/*.yaml"))
Json = dict[str, Any]


class Told(msgspec.Struct, frozen=True):
    """What the desk says of a case: the data of the command line, by the command that gives them."""

    plan: Json = {}
    draft: Json = {}
    supply: Json = {}
    error: str = ""


# Asking the desk


@cache
def knowledge() -> Library:
    """Loaded once: the shipped knowledge, with the protocols as the synthetic clinic approves them."""
    return library(None)


@cache
def expected(name: str) -> tuple[Json, Case | str]:
    """What a scenario expects, and its case, or the place at which the case cannot be read."""
    opened = open_document(FOLDER / f"{name}.yaml")
    expect = opened.document.tree["expect"]
    assert isinstance(expect, dict), f"{name}: expect is a mapping"
    assert expect, f"{name} expects nothing"
    try:
        return expect, case_of(opened)
    except CaseFileError as error:
        return expect, error.place


@cache
def told(name: str) -> Told:
    """What comes of a scenario."""
    expect, case = expected(name)
    if isinstance(case, str):
        return Told(error=case)
    return tell(case, str(expect.get("command", "plan")), knowledge())


def tell(case: Case, command: str, known: Library) -> Told:
    assert case.on is not None, "a scenario says on which day it is decided"
    desk = Desk(known, case.on)
    try:
        if command == "dispense":
            decided, supply = desk.dispense(case)
            plan = saying.plan_data(decided, desk.words) if decided else {}
            return Told(plan=plan, supply=saying.dispensing_data(supply, desk.words) if supply else {})
        if command == "prescribe":
            decided, draft, faults = desk.prescribe(case)
            written = saying.draft_data(draft, faults) if draft else {}
            return Told(plan=saying.plan_data(decided, desk.words), draft=written, supply=written.get("supply", {}))
        assert command == "plan", f"{command} is not plan, prescribe or dispense"
        return Told(plan=saying.plan_data(desk.plan(case), desk.words))
    except CaseFileError as error:
        return Told(error=error.place)


# Comparing

Wanted = Any
Check = Callable[[Wanted, Told], Iterable[str]]


def _same(what: str, wanted: Wanted, got: Wanted) -> Iterable[str]:
    if _text(wanted) != _text(got):
        yield f"{what}: expected {_text(wanted)}, got {_text(got)}"


def _text(value: Wanted) -> Any:
    """Numbers and nothing as the text that they are written as; order is kept."""
    if isinstance(value, list | tuple):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _text(one) for key, one in value.items()}
    return "none" if value is None else str(value)


def _of_plan(*path: str) -> Check:
    def check(wanted: Wanted, answer: Told) -> Iterable[str]:
        found: Any = answer.plan
        for part in path:
            found = found.get(part) if found else None
        return _same(" of ".join(reversed(path)), wanted, found)

    return check


def _of_supply(key: str) -> Check:
    return lambda wanted, answer: _same(key, wanted, answer.supply.get(key))


def _codes(entries: Iterable[Json], key: str = "code") -> list[str]:
    return [one[key] for one in entries]


def _reasons(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _among("reasons", wanted, answer.plan.get("reasons", []), "code", "")


def _findings(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _among("findings", wanted, answer.plan.get("findings", []), "code", "severity")


def _missing(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _among("missing", wanted, answer.plan.get("missing", []), "fact", "why")


def _among(what: str, wanted: Wanted, entries: list[Json], key: str, detail: str) -> Iterable[str]:
    """Each wanted name is among the entries and, where more is wanted of it, one of that name carries it all."""
    for name in wanted:
        named = [one for one in entries if one[key] == name]
        more = wanted[name] if isinstance(wanted, dict) else {}
        facts = more if isinstance(more, dict) else {detail: more}
        if not named:
            yield f"{what}: {name} is not among {sorted(set(_codes(entries, key)))}"
        elif not any(_carries(one, facts) for one in named):
            yield f"{what}: no {name} with {facts}; got {[(one.get(detail), one['facts']) for one in named]}"


def _carries(entry: Json, facts: Json) -> bool:
    has = {**entry["facts"], **{key: value for key, value in entry.items() if key != "facts"}}
    return all(str(has.get(name)) == str(value) for name, value in facts.items())


def _no_findings(wanted: Wanted, answer: Told) -> Iterable[str]:
    for code in set(wanted) & set(_codes(answer.plan.get("findings", []))):
        yield f"{code} was found and must not be"


def _reasons_exactly(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _same("reasons", sorted(wanted), sorted(_codes(answer.plan.get("reasons", []))))


def _missing_exactly(wanted: Wanted, answer: Told) -> Iterable[str]:
    missing = answer.plan.get("missing", [])
    yield from _same("missing", sorted(wanted), sorted(set(_codes(missing, "fact"))))
    if isinstance(wanted, dict):
        yield from _missing(wanted, answer)


def _limits(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _same("limits", wanted, _codes((answer.supply if _is_dispensing(answer) else answer.plan).get("limits", [])))


def _is_dispensing(answer: Told) -> bool:
    return bool(answer.supply) and not answer.draft


def _binding(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _same("binding", wanted, next(reversed(_codes(answer.plan["limits"])), None))


def _ladder(key: str) -> Check:
    return lambda wanted, answer: _same(key, wanted, _codes(answer.plan.get("ladder", []), key))


def _monitoring(wanted: Wanted, answer: Told) -> Iterable[str]:
    states = {one["what"]: one["state"] for one in answer.plan["monitoring"] if one["phase"] == "baseline"}
    for what, state in wanted.items():
        yield from _same(f"{what} before the start", state, states.get(what))


def _due(wanted: Wanted, answer: Told) -> Iterable[str]:
    later = [one for one in answer.plan["monitoring"] if one["phase"] != "baseline"]
    for what, day in wanted.items():
        first = min((one["due"] for one in later if one["what"] == what), default=None)
        yield from _same(f"{what} first due", day, first)


def _conversions(wanted: Wanted, answer: Told) -> Iterable[str]:
    got = {one["id"]: f"{one['daily_from_mg']}-{one['daily_to_mg']}" for one in answer.plan["conversions"]}
    return _same("conversions", wanted, got)


def _evidence(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _same("evidence", wanted, _codes(answer.plan["evidence"], "condition"))


def _left(wanted: Wanted, answer: Told) -> Iterable[str]:
    left = answer.supply.get("should_be_left", {})
    for day, amount in wanted.items():
        yield from _same(f"left on {day}", amount, left.get(day))


def _error(wanted: Wanted, answer: Told) -> Iterable[str]:
    return _same("error", wanted, answer.error)


CHECKS: dict[str, Check] = {
    "error": _error,
    "outcome": _of_plan("outcome"),
    "action": _of_plan("action"),
    "dose_mg": _of_plan("regimen", "dose_mg"),
    "doses_per_day": _of_plan("regimen", "doses_per_day"),
    "days_per_week": _of_plan("regimen", "days_per_week"),
    "daily_mg": _of_plan("regimen", "daily_mg"),
    "weekly_mg": _of_plan("regimen", "weekly_mg"),
    "would_be_mg": _of_plan("would_be", "dose_mg"),
    "asked_mg": _of_plan("asked_mg"),
    "reasons": _reasons,
    "reasons_exactly": _reasons_exactly,
    "findings": _findings,
    "no_findings": _no_findings,
    "missing": _missing,
    "missing_exactly": _missing_exactly,
    "limits": _limits,
    "binding": _binding,
    "ladder": _ladder("dose_mg"),
    "ladder_dates": _ladder("earliest"),
    "ends": _of_plan("ends"),
    "monitoring": _monitoring,
    "due": _due,
    "conversions": _conversions,
    "evidence": _evidence,
    "gate": lambda wanted, answer: _same("gate", wanted, answer.draft.get("gate")),
    "quantity": _of_supply("quantity"),
    "needed": _of_supply("needed"),
    "unit": _of_supply("unit"),
    "total_mg": _of_supply("total_mg"),
    "days": _of_supply("days"),
    "left": _left,
    "earliest": _of_supply("earliest"),
    "next_earliest": _of_supply("next_earliest"),
}


def differences(expect: Json, answer: Told) -> list[str]:
    """Everything in which ``answer`` is not what was expected."""
    unknown = [f"{key} is not a key of expect" for key in expect if key not in CHECKS and key != "command"]
    if "error" not in expect and answer.error:
        return [*unknown, f"the case was refused at {answer.error}"]
    wanted = [(key, value) for key, value in expect.items() if key in CHECKS]
    return unknown + [one for key, value in wanted for one in CHECKS[key](value, answer)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    assert differences(expected(name)[0], told(name)) == []


# The harness itself: what cannot fail proves nothing


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 180


def test_every_scenario_says_something_different() -> None:
    told_as = [open_document(FOLDER / f"{name}.yaml").document.tree["scenario"] for name in SCENARIOS]
    assert sorted(set(told_as)) == sorted(told_as)


def test_an_unknown_key_fails() -> None:
    assert differences({"dose_mgs": 10}, told("protocols/oral-start")) == ["dose_mgs is not a key of expect"]


_PLANTED = {
    "protocols/oral-start": {
        "outcome": "refused",
        "action": "none",
        "dose_mg": 11,
        "doses_per_day": 2,
        "days_per_week": 6,
        "daily_mg": 31,
        "weekly_mg": 211,
        "would_be_mg": 10,
        "asked_mg": 11,
        "reasons": ["start_cap"],
        "reasons_exactly": [],
        "findings": {"driving": "caution"},
        "no_findings": ["driving"],
        "missing": ["weight"],
        "missing_exactly": ["weight"],
        "limits": ["start_cap"],
        "binding": "start_cap",
        "ladder": [10, 20, 30, 40],
        "ladder_dates": ["2026-11-21"],
        "ends": "2027-02-14",
        "monitoring": {"liver": "due"},
        "due": {"liver": "2026-12-18"},
        "conversions": {"default-40": "40-40"},
        "evidence": [],
        "error": "given",
    },
    "protocols/oral-start-prescribed": {"gate": ["a fault"], "quantity": 20, "unit": "capsule"},
    "supply/first-supply": {
        "limits": ["supply_limited"],
        "quantity": 22,
        "needed": 22,
        "total_mg": 220,
        "days": 8,
        "left": {"2026-11-22": 19},
        "earliest": "2026-11-22",
        "next_earliest": "2026-11-25",
    },
    "protocols/reduced-for-age": {"reasons": {"start_lower_age": {"age": "66 years"}}},
    "missing/weight": {"missing": {"weight": "fact_too_old"}, "missing_exactly": {"weight": "fact_too_old"}},
}


@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in _PLANTED.items() for key in keys])
def test_a_planted_fault_is_seen(name: str, key: str) -> None:
    """A wrong expectation fails, whichever key it stands under."""
    assert len(differences({key: _PLANTED[name][key]}, told(name))) >= 1


def test_every_key_has_a_planted_fault() -> None:
    assert {key for keys in _PLANTED.values() for key in keys} == set(CHECKS)


def test_a_planted_fault_in_the_case_is_seen() -> None:
    """The same expectation against a case that is a year older at the age of 65 fails."""
    expect, case = expected("liver-and-age/age-64")
    assert isinstance(case, Case)
    born = case.given.patient.birth_date
    patient = msgspec.structs.replace(case.given.patient, birth_date=born.replace(year=born.year - 1))
    older = msgspec.structs.replace(case, given=msgspec.structs.replace(case.given, patient=patient))
    assert differences(expect, tell(case, "plan", knowledge())) == []
    assert differences(expect, tell(older, "plan", knowledge())) != []


def test_a_reduction_that_is_lost_is_seen() -> None:
    """Without its rule for age the protocol would start everybody alike, and the scenarios say so."""
    known = knowledge()
    protocol = known.protocols["oral-guideline"]
    kept = tuple(one for one in protocol.start.reductions if one.code != "start_lower_age")
    start = msgspec.structs.replace(protocol.start, reductions=kept)
    faulty = Library(known.trees, known.tables, known.approvals)
    faulty.__dict__["protocols"] = {**known.protocols, protocol.id: msgspec.structs.replace(protocol, start=start)}
    expect, case = expected("protocols/reduced-for-age")
    assert isinstance(case, Case)
    assert differences(expect, tell(case, "plan", faulty)) != []
