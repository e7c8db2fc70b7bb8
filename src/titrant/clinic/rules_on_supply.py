"""What the rules of following say to a supply: where they say stop or pause, nothing is handed out until a prescriber
has signed with that before their eyes."""

from titrant.clinic.following import adjust_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.saying_following import said
from titrant.explain.words import Words
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment
from titrant.record.folding import Record, fold
from titrant.record.states import State
from titrant.terms.errors import TitrantError
from titrant.terms.reason import Reason

_NO_DOSE = (Action.STOP, Action.PAUSE)


def held_back(office: Office, record: Record, decided: Adjustment | None = None) -> tuple[str, ...]:
    """Why the rules let nothing be supplied to a course that runs; none where they do, or nothing may be proposed.

    ``decided`` is what the rules say today, where it is known already. Raises TitrantError where they cannot be asked.
    """
    if record.summary.state is not State.ON_PLAN or office.no_proposals:
        return ()
    if decided is None:
        case = case_in(record, office.today)
        if not any(one.since <= office.today for one in case.given.course.levels):
            return ()
        decided = adjust_at(office.desk, case)
    if decided.action not in _NO_DOSE:
        return ()
    words, read = office.desk.words, _read_by_the_signer(office, record)
    do = "stop" if decided.action is Action.STOP else "pause"
    return tuple(dict.fromkeys(
        f"The rules say {do}: {said(one, words)} Nothing is supplied until a prescriber has signed."
        for one in decided.reasons
        if _ground(one, decided, words) not in read
    ))  # fmt: skip


def _read_by_the_signer(office: Office, record: Record) -> frozenset[tuple[str, ...]]:
    """What stood against any dose when the plan in force was signed, judged as of today: that signature answers it.

    Judged as of today, because what is the same fact is then the same sentence, and what was written since is not.
    """
    assert record.plan is not None
    before = fold(record.summary.case, record.events[: record.plan.number - 1])
    try:
        decided = adjust_at(office.desk, case_in(before, office.day_of(record.plan.at)))
    except TitrantError:  # no course had begun
        return frozenset()
    if decided.action not in _NO_DOSE:
        return frozenset()
    return frozenset(_ground(one, decided, office.desk.words) for one in decided.reasons)


def _ground(one: Reason, decided: Adjustment, words: Words) -> tuple[str, ...]:
    """By what a reason is known again: its sentence, with the day and value of a finding.

    Where the rule asks for a taper it is the rule alone: nobody was harmed, and its figures move with every entry.
    """
    if any(rule.taper and rule.code == one.code for rule in decided.review.following.rules):
        return (one.code,)
    found = sorted(one.facts.items()) if "finding" in one.facts else []
    return (said(one, words), *(f"{name}={value}" for name, value in found))
