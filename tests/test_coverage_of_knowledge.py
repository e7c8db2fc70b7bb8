"""Each file of the knowledge has a scenario that turns on it, and each code that it can say is said by one.

That a scenario turns on a file is shown, not claimed: with the file's say taken out of the knowledge, the scenario's
expectation no longer holds.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
import pytest

from tests.test_following import FILES as FOLLOWING
from tests.test_scenarios import SCENARIOS, Told, differences, expected, knowledge, tell, told
from titrant.clinic import desk, saying
from titrant.clinic.desk import Desk
from titrant.clinic.following import follow_at
from titrant.clinic.opening import case_of, open_document
from titrant.clinic.saying_following import adjustment_data
from titrant.explain.words import Words, rules
from titrant.knowledge.library import Library
from titrant.knowledge.scoring import score
from titrant.knowledge.shapes.common import When
from titrant.knowledge.shapes.questionnaires import Questionnaire, Scoring
from titrant.pathway.case import Case
from titrant.pathway.simulate import Asked
from titrant.terms.reason import Bar


def changed(**kinds: Any) -> Library:
    """The knowledge with these kinds replaced; what has been shaped already is shared."""
    known = knowledge()
    other = Library(known.trees, known.tables, known.approvals)
    other.__dict__.update(known.__dict__)
    other.__dict__.update(kinds)
    return other


# Files


def _silent_condition(name: str) -> Library:
    """The condition may still be answered, but nothing follows from it."""
    known = knowledge().conditions
    return changed(conditions={**known, name: msgspec.structs.replace(known[name], rules=(), bands=(), ask="")})


def _without(kind: str) -> Callable[[str], Library]:
    return lambda name: changed(**{kind: {key: one for key, one in getattr(knowledge(), kind).items() if key != name}})


def _no_factors(_: str) -> Library:
    return changed(opioids=msgspec.structs.replace(knowledge().opioids, factors=()))


SILENCED: dict[str, Callable[[str], Library]] = {
    "protocols": _without("protocols"),
    "conditions": _silent_condition,
    "monitoring": _without("checks"),
    "interactions": _without("interactions"),
    "combinations": _without("combinations"),
    "products": _without("products"),
    "opioids": _no_factors,
    "evidence": _without("evidence"),
}


def files() -> list[tuple[str, str]]:
    """Every file of these kinds, as kind and id."""
    return sorted({(path.split("/")[0], tree["id"]) for path, tree in _trees() if path.split("/")[0] in SILENCED})


def _trees() -> Iterator[tuple[str, Any]]:
    yield from knowledge().trees.items()


@cache
def speaking() -> dict[tuple[str, str], list[str]]:
    """The scenarios that speak of each file, by the paths of the rules in their answers and the ids in their cases."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in SCENARIOS:
        for one in set(_mentions(name)):
            found.setdefault(one, []).append(name)
    return found


def _mentions(name: str) -> Iterator[tuple[str, str]]:
    expect, case = expected(name)
    answer = told(name)
    if isinstance(case, str) or answer.error:
        return
    for one in (*answer.plan.get("reasons", []), *answer.plan.get("findings", [])):
        kind, _, rest = one["rule"].partition("/")
        yield ("protocols", kind.split("@")[0]) if "@" in kind else (kind, rest)
    for one in answer.plan.get("missing", []):
        yield "conditions", one["fact"]
        yield "opioids", knowledge().opioids.id
    for what in (*expect.get("monitoring", {}), *expect.get("due", {})):
        yield "monitoring", what
    if case.given.indication is not None:
        yield "evidence", case.given.indication.condition
    yield "evidence", "chronic-non-cancer-any"


@pytest.mark.parametrize(("kind", "name"), files())
def test_a_scenario_turns_on_the_file(kind: str, name: str) -> None:
    spoken = speaking().get((kind, name), [])
    assert any(turns_on(scenario, SILENCED[kind](name)) for scenario in spoken), (
        f"no scenario turns on {kind}/{name}; {len(spoken)} speak of it"
    )


def turns_on(scenario: str, silenced: Library) -> bool:
    """The scenario holds, and with the file silenced it no longer does."""
    expect, case = expected(scenario)
    assert isinstance(case, Case)
    if differences(expect, told(scenario)):
        return False
    return bool(differences(expect, _told_by(case, str(expect.get("command", "plan")), silenced)))


def _told_by(case: Case, command: str, known: Library) -> Told:
    try:
        return tell(case, command, known)
    except KeyError as error:
        return Told(error=f"there is no {error}")


def test_a_file_that_changes_nothing_is_seen() -> None:
    """The proof can fail: silencing one file leaves a scenario on another one as it is."""
    assert not turns_on("conditions/stroke-past", _silent_condition("porphyria"))
    assert turns_on("conditions/stroke-past", _silent_condition("stroke"))


# Questionnaires


@pytest.mark.parametrize("name", sorted(knowledge().questionnaires))
def test_a_scenario_gives_the_score(name: str) -> None:
    """By its answers where they are free, by its total where it is licensed."""
    form = knowledge().questionnaires[name]
    assert any(_gives(form, case) for _, case in map(expected, SCENARIOS) if isinstance(case, Case))


def _gives(form: Questionnaire, case: Case) -> bool:
    if form.scoring is not Scoring.SCORE_ONLY:
        return form.id in case.given.questionnaires
    return form.score in case.given.readings or form.score in case.given.answers


@pytest.mark.parametrize("end", ["lo", "hi"])
@pytest.mark.parametrize(
    "name", sorted(name for name, form in knowledge().questionnaires.items() if form.scoring is not Scoring.SCORE_ONLY)
)
def test_the_ends_of_a_scale_are_reached(name: str, end: str) -> None:
    form = knowledge().questionnaires[name]
    answers = {item.id: getattr(item, end) for item in form.items}
    assert score(form, answers).value == int(getattr(form, end))


# Codes


def codes_of(answer: Told) -> set[str]:
    """Every code that an answer carries, as reason, finding, limit, question or stop rule."""
    plan, supply = answer.plan, answer.supply
    said = {one["code"] for key in ("reasons", "findings", "limits", "stop_rules") for one in plan.get(key, [])}
    said |= {one["why"] for one in plan.get("missing", [])}
    said |= {plan["ladder_end"]["code"]} if plan.get("ladder_end") else set()
    return said | {one if isinstance(one, str) else one["code"] for one in supply.get("limits", [])}


def all_codes(known: Library) -> set[str]:
    """Every code that the knowledge gives words to at this stage; what bars a raise comes with the reviews."""
    protocols = known.protocols.values()
    return {
        *known.wording.sentences,
        *(rule.code for rule in rules(known)),
        *(one.code for protocol in protocols for one in (*protocol.start.reductions, *protocol.stop_rules)),
        *(name for protocol in protocols for name in protocol.warnings),
    }


def said_while_following() -> set[str]:
    """The codes that the scenarios of a running course say."""
    said = set()
    for path in FOLLOWING:
        case = case_of(open_document(path))
        assert case.on is not None
        here = Desk(knowledge(), case.on)
        followed = follow_at(here, case)
        answer = adjustment_data(followed.decided, here.words, followed)
        answer["left_out"] = adjustment_data(followed.by_rules, here.words)
        said |= set(re.findall(r'"(?:code|why)": "([a-z0-9_]+)"', json.dumps(answer)))
        said |= {code for codes in answer["not_chosen"].values() for code in codes}
    return said


# One person is enough: the sentences of a forecast rest on the case, not on the people.
FORECAST = (
    "article/maintenance-as-a-start", "article/oral-child-pugh-b", "article/oral-with-an-inhibitor",
    "article/starter-three-days-a-week", "import-like/code-against-the-name",
    "import-like/hand-check-does-not-replace-the-table", "import-like/record-without-answers",
    "interactions/clarithromycin-stopped-lately", "missing/drug-list", "missing/everything",
    "parenteral/asked-above-the-usual-day", "protocols/knowledge-on-its-last-day",
)  # fmt: skip


def said_in_forecasts() -> set[str]:
    """The codes of the forecasts of these scenarios' levels."""
    said = set()
    for name in FORECAST:
        case = expected(name)[1]
        assert isinstance(case, Case)
        assert case.on is not None
        said |= {one.code for one in Desk(knowledge(), case.on).simulate(case, Asked(people=1)).notes}
    return said


def test_every_code_is_said_by_a_scenario() -> None:
    said = set().union(*(codes_of(told(name)) for name in SCENARIOS)) | said_while_following() | said_in_forecasts()
    assert all_codes(knowledge()) - said - set(INJECTED) == set()


def test_no_code_is_injected_that_a_scenario_says() -> None:
    said = set().union(*(codes_of(told(name)) for name in SCENARIOS))
    assert set(INJECTED) & said == set()


# Codes that take a fault, or knowledge other than what is shipped


def _case(name: str = "protocols/oral-start") -> Case:
    case = expected(name)[1]
    assert isinstance(case, Case)
    return case


def _lacking(case: Case, group: str, fact: str) -> Case:
    kept = {name: one for name, one in getattr(case.given, group).items() if name != fact}
    return msgspec.structs.replace(case, given=msgspec.structs.replace(case.given, **{group: kept}))


def _optional(fact: str) -> Library:
    """The knowledge, if this fact were not asked of everybody."""
    known = knowledge()
    kind = msgspec.structs.replace(known.facts[fact], required=False)
    checks = {name: row for name, row in known.checks.items() if fact not in row.facts}
    return changed(facts={**known.facts, fact: kind}, checks=checks)


def _band(condition: str, code: str, **differing: Any) -> Library:
    known = knowledge().conditions
    bands = tuple(
        msgspec.structs.replace(one, **differing) if one.code == code else one for one in known[condition].bands
    )
    return changed(conditions={**known, condition: msgspec.structs.replace(known[condition], bands=bands)})


def check_that_fails() -> Told:
    """A band that compares a word with a number cannot run."""
    when = When(fact="sex", comparison="at_least", value="1 points")
    return tell(_case(), "plan", _band("frailty", "frail", when=when))


def protocol_without_approval() -> Told:
    known = knowledge()
    return tell(_case(), "plan", Library(known.trees, known.tables))


def note_to_be_settled() -> Told:
    return tell(_case(), "plan", _band("driving", "driving", bar=Bar.UNTIL_SETTLED))


def smaller_start_that_depends_on_an_unknown() -> Told:
    return tell(_lacking(_case(), "answers", "frail"), "plan", _optional("frail"))


def start_by_a_weight_that_nobody_asked_for() -> Told:
    return tell(_lacking(_case("article/oral-by-weight"), "readings", "weight"), "plan", _optional("weight"))


INJECTED: dict[str, Callable[[], Told] | None] = {
    "check_failed": check_that_fails,
    "protocol_not_in_use": protocol_without_approval,
    "settle_note": note_to_be_settled,
    "start_depends_on_it": smaller_start_that_depends_on_an_unknown,
    "start_needs_weight": start_by_a_weight_that_nobody_asked_for,
    "refused_by_gate": None,  # its faults are told as sentences; see below
    "machine_unfit": None,  # what the doctor found is told as sentences; see tests/web/test_doctor.py
    # A bound that no shipped protocol has smaller at home than its usual one; see tests/unit/pathway/test_ladder.py
    "ladder_ends_at_home_bound": None,
    # What a forecast says of other knowledge than what is shipped; see tests/pkpd/test_forecast.py
    "forecast_liver_not_in_model": None,
    "forecast_none_added": None,
    "forecast_past_review": None,
    "no_taper_refused": None,  # a course at its end on a check that failed; see tests/following/test_adjust.py
    # What stands against signing; see tests/signing/test_signing.py
    "change_beyond_a_step": None,
    "change_beyond_bounds": None,
    "change_cannot_be_made": None,
    "change_looks_like_a_slip": None,
    "change_not_to_be_had": None,
    "change_signed_already": None,
    "change_takes_steps_back": None,
    "entry_not_come": None,
    "gap_is_a_new_start": None,
    "no_proposals": None,
    "plan_has_ended": None,
    "raise_waits_for_checks": None,
    "renewal_is_a_new_start": None,
    "second_prescriber_needed": None,
    "signed_for_other_product": None,  # tests/signing/test_gates.py
    # Faults of the response model; see tests/following/test_model.py
    "model_failed": None,
    "model_more_harm_days": None,
    "model_not_finite": None,
    "model_not_installed": None,
    "model_past_review": None,
    "model_too_many_harm_days": None,
}


@pytest.mark.parametrize("code", sorted(code for code, inject in INJECTED.items() if inject))
def test_an_injected_fault_is_said_and_nothing_is_proposed(code: str) -> None:
    inject = INJECTED[code]
    assert inject is not None
    answer = inject()
    assert code in codes_of(answer)
    assert answer.plan["outcome"] != "proposed"
    assert answer.plan["regimen"] is None


def test_knowledge_past_its_review_is_said_with_the_file() -> None:
    reasons = told("protocols/knowledge-past-its-review").plan["reasons"]
    named = {one["facts"]["file"] for one in reasons if one["code"] == "knowledge_past_review"}
    assert {"conditions/stroke.yaml", "interactions/clarithromycin.yaml", "oral-guideline@1"} <= named


def test_limits_of_another_release_stop_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last gate refuses where its limits were altered: nothing is ready to sign, nothing is supplied, and why."""
    monkeypatch.setattr(desk, "absolute_limits", lambda: b"{}")
    case = _case()
    assert case.on is not None
    here = Desk(knowledge(), case.on)
    plan, draft, faults = here.prescribe(case)
    assert draft is None
    assert plan.regimen is None
    assert here.dispense(case)[1] is None
    told_as = saying.plan_data(here.plan(case), Words(knowledge()))
    assert told_as["outcome"] == "refused"
    assert [one["code"] for one in told_as["reasons"]] == ["refused_by_gate"]
    assert faults[0] in told_as["reasons"][0]["text"]


def test_every_finding_and_reason_has_words() -> None:
    """No code falls back to its bare name."""
    worded = set(Words(knowledge()).sentences)
    assert set().union(*(codes_of(told(name)) for name in SCENARIOS)) <= worded
