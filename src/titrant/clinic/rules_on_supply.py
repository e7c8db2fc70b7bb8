"""What the rules of following say to a supply: where they say stop or pause, nothing is handed out until a prescriber
has signed with that before their eyes."""

from collections.abc import Iterator

from titrant.clinic.following import review_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.saying_following import said
from titrant.explain.words import Words
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import Adjustment, against_any_dose, all_that_reduces
from titrant.pathway.diary import Day
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


def lowered_meanwhile(office: Office, record: Record, decided: Adjustment | None = None) -> tuple[str, ...]:
    """What the rules say of less, where the plan in force was signed without it; empty where they cannot be asked.

    The signed dose stays until a prescriber has signed, so this holds no supply back; who hands it out knows of it.
    """
    if record.summary.state is not State.ON_PLAN or office.no_proposals:
        return ()
    try:
        found = decided.review if decided else review_at(office.desk, case_in(record, office.today))
    except TitrantError:
        return ()
    lower = [one for action, reasons in all_that_reduces(found) if action is Action.LOWER for one in reasons]
    words, read = office.desk.words, _read_by_the_signer(office, record) if lower else frozenset()
    return tuple(
        f"The rules say lower: {said(one, words)} This is the signed dose; ask the prescriber before handing it out."
        for one in lower
        if _ground(one, found, words) not in read
    )


def _read_by_the_signer(office: Office, record: Record) -> frozenset[tuple[str, ...]]:
    """What stood against the dose when the plan in force was signed, judged as of today: that signature answers it.

    Judged as of today, because what is the same fact is then the same sentence, and what was written since is not.
    """
    assert record.plan is not None
    before = fold(record.summary.case, record.events[: record.plan.number - 1])
    try:
        found = review_at(office.desk, case_in(before, office.day_of(record.plan.at)))
        all_of_it = tuple(all_that_reduces(found))
    except TitrantError:  # no course had begun
        return frozenset()
    return frozenset(_ground(one, found, office.desk.words) for _, reasons in all_of_it for one in reasons)


def _ground(one: Reason, found: Review, words: Words) -> tuple[str, ...]:
    """By what a reason is known again: its sentence, with the day and value of a finding.

    Where the rule asks for a taper it is the rule alone: nobody was harmed, and its figures move with every entry.
    """
    if any(rule.taper and rule.code == one.code for rule in found.following.rules):
        return (one.code,)
    facts = sorted(one.facts.items()) if "finding" in one.facts else []
    return (said(one, words), *(f"{name}={value}" for name, value in facts), *_of_when(one, found))


def _of_when(one: Reason, found: Review) -> Iterator[str]:
    """The day without which another gap, or another session, of the same length would be the same sentence."""
    asked = {
        name for rule in found.following.rules if rule.code == one.code and rule.when for name in rule.when.facts()
    }
    if "missed_rung" in asked:
        yield f"last dose {max((day.on for day in found.diary.days if _took_some(day)), default=None)}"
    if asked & {"clinic_session", "session_stacked"}:
        yield f"session {max((day.on for day in found.case.given.parenteral if day.on <= found.on), default=None)}"


def _took_some(day: Day) -> bool:
    return day.entry.taken in ("all", "some") or any(one.what != "missed" for one in day.entry.doses)
