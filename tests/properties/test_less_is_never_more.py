"""Less information never allows more (T10). Controls H03, H05, H11, H13 and H14.

Every input is taken away, made older, or the check that reads it is made to fail: the allowed dose is never higher, and
where an input that a start needs is missing, the answer says so by a reason code.

One thing is no fault: a fact that nobody has to ask for (a QT interval without a reason for one, an illness that is
only known if recorded) may bar a dose. Where nobody ever heard of it, nothing bars. So if a dose appears when such a
fact is taken away, every bar before must have been about that very fact.
"""

from collections.abc import Callable, Iterator
from random import Random
from unittest.mock import patch

import pytest

from tests.cases.change import (
    older_answer,
    older_condition,
    older_list,
    older_reading,
    without,
    without_part,
)
from tests.properties.comparing import bars_of, more_than
from tests.properties.deciding import Decided, decide, library, maker
from tests.properties.figures import none_of, record
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.facts import Kind
from titrant.pathway import assess, screen
from titrant.pathway.case import Case
from titrant.terms.quantity import Quantity

PAIRS, RELEASE_PAIRS = 8_000, 100_000
PARTS = {
    "medications": "medications",
    "allergies": "allergies",
    "indication": "indication",
    "failed_treatments": "failed_treatments",
    "goals": "goals",
    "choice": "choice",
    "parenteral": "parenteral",
    "reviews": "",
}
# Facts that contradict each other: without one of the two nobody can see it. The same holds for a clinic session: what
# bars because of it cannot be seen without it, and a start by mouth asks for none.
CONTRADICTING = {
    "clinic_session_same_day": ("parenteral",),
    "session_not_tolerated": ("parenteral",),
    "session_severe_dissociation": ("parenteral",),
    "earlier_ketamine_contradicts": ("parenteral", "earlier_ketamine"),
    "weight_not_believable": ("height",),
}
AGES = (1, 7, 14, 28, 30, 92, 183, 365, 3650)
Change = tuple[str, str, Case]  # what was done, to which fact, the case after it


def taken_away(case: Case, rng: Random) -> Change:
    """One input less."""
    if rng.random() < 0.3:
        part = rng.choice(list(PARTS))
        return f"{part} taken away", part, without_part(case, part)
    kind = rng.choice(("readings", "answers", "conditions"))
    names = list(getattr(case.given, kind))
    if not names:
        return "nothing", "", case
    name = rng.choice(names)
    return f"{kind}.{name} taken away", name, without(case, kind, name)


def made_older(case: Case, rng: Random) -> Change:
    """One input that was taken longer ago."""
    days = rng.choice(AGES)
    draw = rng.random()
    if draw < 0.2:
        part = rng.choice(("medications", "allergies"))
        return f"{part} {days} days older", part, older_list(case, part, days)
    kind = "readings" if draw < 0.5 else "answers" if draw < 0.8 else "conditions"
    names = list(getattr(case.given, kind))
    if not names:
        return "nothing", "", case
    name = rng.choice(names)
    change = {"readings": older_reading, "answers": older_answer, "conditions": older_condition}[kind]
    return f"{kind}.{name} {days} days older", name, change(case, name, days)


def needed(case: Case, name: str) -> bool:
    """Whether a start needs this input whatever else is known."""
    knowledge = library()
    if name in PARTS:
        protocol = knowledge.protocols[case.protocol]
        return {"parenteral": protocol.from_parenteral, "choice": protocol.explicit_choice, "reviews": False}.get(
            name, True
        )
    if name in knowledge.conditions:
        one = knowledge.conditions[name]
        return bool(one.ask) and one.ask_when is None
    return knowledge.facts[name].required and knowledge.facts[name].kind is not Kind.DERIVED


def is_about(bar: tuple[str, str], name: str, knowledge: Library) -> bool:
    """Whether what stands in the way was found in, or is asked because of, this fact."""
    code, rule = bar
    # What cannot be read bars by its place in the case.
    if name in CONTRADICTING.get(code, ()) or code.startswith((f"given.{name}[", f"given.{name}.")):
        return True
    folder, _, row = rule.partition("/")
    if rule == name or row == name:
        return True
    bands = ()
    if folder == "conditions" and row in knowledge.conditions:
        bands = knowledge.conditions[row].bands
    if folder == "monitoring" and row in knowledge.checks:
        bands = knowledge.checks[row].thresholds
    reads = {fact for one in bands if one.code == code for fact in one.when.facts()}
    return any(name in _readings_of(fact) for fact in reads)


def _readings_of(fact: str) -> tuple[str, ...]:
    """The readings from which a worked-out fact comes."""
    if fact == "liver_enzymes_x_uln":
        return assess.LIVER_ENZYMES
    if fact.startswith("condition."):
        return (fact.removeprefix("condition."),)
    return (fact.partition(".")[0].removesuffix("_x_uln").removesuffix("_change"),)


def faults_of(case: Case, before: Decided, change: Change) -> Iterator[str]:
    what, name, changed = change
    after = decide(changed)
    more = more_than(after, before)
    if more and (before.proposed or needed(case, name) or not _only_bar(before, name)):
        yield f"{case.given.patient.id}, {what}: {more}; before: {bars_of(before)[:3]}"
    if "taken away" in what and needed(case, name) and not _says_missing(after, PARTS.get(name, name)):
        yield f"{case.given.patient.id}, {what}: the answer does not say that it is missing: {after.said[:4]}"


def _only_bar(before: Decided, name: str) -> bool:
    """Whether everything that stood in the way was about this fact."""
    bars = bars_of(before)
    codes = {code for code, _ in bars}
    if "earlier_ketamine_contradicts" in codes:
        bars = [one for one in bars if one != ("fact_missing", "earlier_ketamine")]  # left out because of it
    return bool(bars) and all(is_about(one, name, library()) for one in bars)


def _says_missing(after: Decided, name: str) -> bool:
    plan = after.plan
    if plan is None or any(one.rule for one in plan.reasons):
        return True  # refused for a reason of its own; what is missing is asked when nothing refuses
    return any(one.fact == name and one.why for one in plan.missing)


def less_is_never_more(seed: int, pairs: int, changes: tuple[Callable[[Case, Random], Change], ...]) -> list[str]:
    """Faults over ``pairs`` comparisons; each drawn case is compared with several of its poorer selves."""
    faults: list[str] = []
    each = 10
    for place, case in enumerate(maker().cases(seed, pairs // each)):
        rng = Random(seed * 7_919 + place)
        before = decide(case)
        for _ in range(each):
            faults += faults_of(case, before, rng.choice(changes)(case, rng))
    return faults


@pytest.mark.parametrize("seed", [11, 12])
def test_an_input_less_or_older_allows_no_more(seed: int) -> None:
    faults = less_is_never_more(seed, PAIRS // 2, (taken_away, made_older))
    record("T10", f"{PAIRS // 2} inputs dropped or made older, seed {seed}", none_of(faults), "0", met=not faults)


@pytest.mark.release
@pytest.mark.parametrize("seed", range(21, 31))
def test_an_input_less_or_older_allows_no_more_at_length(seed: int) -> None:
    faults = less_is_never_more(seed, RELEASE_PAIRS // 10, (taken_away, made_older))
    record(
        "T10", f"{RELEASE_PAIRS // 10} inputs dropped or made older, seed {seed}", none_of(faults), "0", met=not faults
    )


def test_every_needed_input_is_named_when_it_is_missing() -> None:
    """One complete case, every needed input taken away in turn: each is asked for by name and by a code."""
    case = next(one for one in maker().cases(31, 200) if decide(one).proposed and one.protocol == "iv-then-oral")
    unsaid = []
    names = [(kind, name) for kind in ("readings", "answers", "conditions") for name in getattr(case.given, kind)]
    for kind, name in names:
        if needed(case, name):
            after = decide(without(case, kind, name))
            named = {one.fact for one in after.plan.missing} if after.plan else set()
            unsaid += [name] if after.proposed or name not in named else []
    unsaid += [
        part for part in PARTS if needed(case, part) and not _named(decide(without_part(case, part)), PARTS[part])
    ]
    record(
        "T10", f"of {len(names)} inputs, needed and missing without a reason code", none_of(unsaid), "0", met=not unsaid
    )


def _named(after: Decided, name: str) -> bool:
    return not after.proposed and after.plan is not None and name in {one.fact for one in after.plan.missing}


# A check that fails


def failing(rng: Random) -> Callable[..., dict[str, screen.Check]]:
    """The checks of the screen, one of them broken."""
    rightly = screen._checks

    def broken(found: object) -> None:
        raise rng.choice((KeyError, TypeError, ZeroDivisionError, RuntimeError, AssertionError))("broken")

    def checks(*given: object) -> dict[str, screen.Check]:
        whole = rightly(*given)  # type: ignore[arg-type]
        whole[rng.choice(list(whole))] = rng.choice((broken, None))  # type: ignore[assignment]
        return whole

    return checks


def test_a_check_that_fails_allows_nothing() -> None:
    count, faults, rng = 2_000, [], Random(41)
    with patch.object(screen, "_checks", failing(rng)):
        for case in maker().cases(41, count):
            decided = decide(case)
            said = decided.plan is None or any(one.code == "check_failed" for one in decided.plan.reasons)
            faults += [] if said and not decided.proposed else [f"{case.given.patient.id}: {decided.said[:3]}"]
    record(
        "T10",
        f"{count} cases with a failing check",
        none_of(faults),
        "0 proposed, all with check_failed",
        met=not faults,
    )


def test_a_check_that_was_never_made_allows_nothing() -> None:
    """The checks that ran must be those that the knowledge expects, not those that happened to be made."""
    rightly, rng, faults = screen._checks, Random(42), []

    def one_less(*given: object) -> dict[str, screen.Check]:
        whole = rightly(*given)  # type: ignore[arg-type]
        del whole[rng.choice(list(whole))]
        return whole

    with patch.object(screen, "_checks", one_less):
        for case in maker().cases(42, 500):
            faults += [case.given.patient.id] if decide(case).proposed else []
    record("T10", "500 cases with a check that was never made, proposed", none_of(faults), "0", met=not faults)


def test_a_rule_that_answers_nothing_allows_nothing() -> None:
    """A comparison that is broken and says neither yes nor no, although the fact is known."""
    faults = []
    with patch.object(screen, "judge", lambda when, facts: None):
        for case in maker().cases(43, 500):
            faults += [case.given.patient.id] if decide(case).proposed else []
    record("T10", "500 cases in which no rule answers, proposed", none_of(faults), "0", met=not faults)


# The harness is shown to fail


def test_a_default_weight_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    rightly = assess._newest

    def helpful(case: Case, *given: object) -> dict[str, assess.Known]:
        usual = assess.Known(Quantity.parse("70 kg"), case.on, "assumed")
        return {"weight": usual, **rightly(case, *given)}  # type: ignore[arg-type]

    monkeypatch.setattr(assess, "_newest", helpful)
    assert less_is_never_more(11, 3_000, (taken_away,))


def test_an_old_reading_that_counts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without holding times an old list of drugs would do."""
    monkeypatch.setattr(assess, "_list_known", lambda listed, knowledge, on: True)
    assert less_is_never_more(11, 3_000, (taken_away,))
