"""What the record leaves open: every question that a person must answer before a start can be proposed."""

from titrant.fhir.conditions import Problems
from titrant.knowledge.judging import Value, judge, unknown_facts
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import When
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.knowledge.shapes.facts import Kind

MEDICATIONS = (
    "Has this list been gone through with the person: everything taken, also without prescription, and nothing that "
    "was stopped? If so, write the day under reviewed_on."
)
ALLERGIES = "Have allergies been asked about, ketamine above all? If so, write the day under reviewed_on."
FAILED = "Which usual treatments were tried properly, and what came of each?"
GOALS = "What does the person want to be able to do again?"
INDICATION = "Which painful condition is to be treated?"


def open_questions(
    readings: dict[str, tuple[str, ...]],
    answers: dict[str, str],
    problems: Problems,
    allergies_reviewed: bool,
    library: Library,
) -> dict[str, str]:
    """Question by fact or condition. A question put only to some is open until it is known not to apply."""
    known: dict[str, Value] = dict(answers)
    asked: dict[str, str] = {} if problems.indication else {"indication": INDICATION}
    asked |= {"medications": MEDICATIONS} | ({} if allergies_reviewed else {"allergies": ALLERGIES})
    asked |= {"failed_treatments": FAILED, "goals": GOALS}
    for name, kind in library.facts.items():
        needed = kind.required or (
            kind.required_when is not None and _may_apply(kind.required_when, known, asked, library)
        )
        if kind.ask and needed and kind.kind is not Kind.DERIVED and name not in readings and name not in answers:
            asked[name] = kind.ask
    for name, condition in sorted(library.conditions.items()):
        answer = problems.conditions.get(name)
        settled = answer is not None and answer.state is not ConditionState.UNKNOWN
        applies = condition.ask_when is None or _may_apply(condition.ask_when, known, asked, library)
        if condition.ask and not settled and applies:
            asked[name] = condition.ask
    return asked


def _may_apply(when: When, known: dict[str, Value], asked: dict[str, str], library: Library) -> bool:
    """Whether it applies, or could once what is still open is answered. What is not even asked cannot settle it."""
    verdict = judge(when, known)
    if verdict is not None:
        return verdict
    unknown = unknown_facts(when, known)
    return any(name in asked or name not in library.facts or _worked_out(name, library) for name in unknown)


def _worked_out(name: str, library: Library) -> bool:
    return library.facts[name].kind in (Kind.DERIVED, Kind.QUANTITY, Kind.PRESSURE)
