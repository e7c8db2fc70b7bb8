"""What the rules of following say to a supply: where they say stop or pause, nothing is handed out until a prescriber
has signed with that before their eyes."""

from titrant.clinic.following import review_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.saying_following import said
from titrant.explain.words import Words
from titrant.pathway.adjust import Adjustment, against_any_dose
from titrant.pathway.review import Review
from titrant.record.folding import Record, fold
from titrant.record.states import State
from titrant.terms.errors import TitrantError
from titrant.terms.reason import Reason


def held_back(office: Office, record: Record, decided: Adjustment | None = None) -> tuple[str, ...]:
    """Why the rules let nothing be supplied to a course that runs; none where they do, or nothing may be proposed.

    The safest action with something unanswered speaks: a stop that was signed against hides no later pause.
    ``decided`` is what the rules say today, where it is known already. Raises TitrantError where they cannot be asked.
    """
    if record.summary.state is not State.ON_PLAN or office.no_proposals:
        return ()
    if decided is None:
        case = case_in(record, office.today)
        if not any(one.since <= office.today for one in case.given.course.levels):
            return ()
        found = review_at(office.desk, case)
    else:
        found = decided.review
    against = tuple(against_any_dose(found))
    words, read = office.desk.words, _read_by_the_signer(office, record) if against else frozenset()
    for action, reasons in against:
        held = dict.fromkeys(
            f"The rules say {action.value}: {said(one, words)} Nothing is supplied until a prescriber has signed."
            for one in reasons
            if _ground(one, found, words) not in read
        )
        if held:
            return tuple(held)
    return ()


def _read_by_the_signer(office: Office, record: Record) -> frozenset[tuple[str, ...]]:
    """What stood against any dose when the plan in force was signed, judged as of today: that signature answers it.

    Judged as of today, because what is the same fact is then the same sentence, and what was written since is not.
    """
    assert record.plan is not None
    before = fold(record.summary.case, record.events[: record.plan.number - 1])
    try:
        found = review_at(office.desk, case_in(before, office.day_of(record.plan.at)))
        against = tuple(against_any_dose(found))
    except TitrantError:  # no course had begun
        return frozenset()
    return frozenset(_ground(one, found, office.desk.words) for _, reasons in against for one in reasons)


def _ground(one: Reason, found: Review, words: Words) -> tuple[str, ...]:
    """By what a reason is known again: its sentence, with the day and value of a finding.

    Where the rule asks for a taper it is the rule alone: nobody was harmed, and its figures move with every entry.
    """
    if any(rule.taper and rule.code == one.code for rule in found.following.rules):
        return (one.code,)
    facts = sorted(one.facts.items()) if "finding" in one.facts else []
    return (said(one, words), *(f"{name}={value}" for name, value in facts))
