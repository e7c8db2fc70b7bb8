"""Answers laid over a case: what a person knows completes what a record shows.

Objects merge by key and the answer wins; readings are joined and lists of things that happened grow; a drug, an allergy
or a supply completes the entry of the case that it fits. An answer does not take back what the case shows: that is a
correction of the case itself. A newer answer with its day, or a list that was reviewed later, may replace an older one;
the case then shows both. An answers file of another person is refused.
"""

from typing import Any

from msgspec import structs

from titrant.clinic.answers_lists import with_lists_of_both
from titrant.clinic.case_tree import Tree, tree_of
from titrant.clinic.contradiction import ANSWERS as _NAME
from titrant.clinic.contradiction import contradiction, contradiction_at
from titrant.clinic.shaping import shape_case
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import Answer, Case, ConditionAnswer, Facts
from titrant.terms.errors import CaseFileError

_BY_KEY = ("patient", "answers", "conditions", "candidate")
_JOINED = ("readings", "questionnaires")
_GROWING = ("failed_treatments", "goals", "parenteral", "reviews", "confirmations", "diary", "diary_unread")
_LISTED = ("medications", "allergies")
# Gravest first: the states in which a condition is or was there.
_PRESENT = (ConditionState.ACTIVE, ConditionState.CONTROLLED, ConditionState.PAST)


def answers_onto(case: Case, answers: Case | Tree) -> Case:
    """``case`` with ``answers`` on top; they may be a whole case or any part of one. Raises CaseFileError."""
    over = tree_of(answers) if isinstance(answers, Case) else answers
    if not isinstance(over, dict):
        raise CaseFileError(
            _NAME,
            "The file does not hold answers.",
            "Answers that are misread are worse than none.",
            "Write them in the form of a case file; it may hold only a part of one.",
        )
    base = tree_of(case)
    _check_same_person(base, over)
    merged = {**base, **{key: value for key, value in over.items() if value is not None}}
    merged["scenario"] = case.scenario
    merged["given"] = _given(base["given"], over.get("given"))
    merged["skipped"] = _grown(base.get("skipped"), over.get("skipped"))
    # What is open is judged from what is known now, not taken from the answers file.
    merged["questions"] = dict(case.questions)
    answered = shape_case(merged, _NAME)
    given, replaced = with_lists_of_both(case.given, answered.given)
    answered = structs.replace(_with_own_product(case, answered), given=given)
    _check_nothing_taken_back(case.given, given)
    return _with_questions_settled(_with_replaced(case.given, answered, replaced))


def _check_same_person(base: Tree, over: Tree) -> None:
    given = over.get("given")
    stated = given.get("patient") if isinstance(given, dict) else None
    for key in ("birth_date", "id"):
        mine, other = base["given"]["patient"].get(key), stated.get(key) if isinstance(stated, dict) else None
        if mine and other and str(other) != mine:
            raise CaseFileError(
                f"{_NAME}: given.patient.{key}",
                f"The answers are for {key} {str(other)[:40]}, the case is of {mine}.",
                "Answers of another person could allow a dose that this one must not have.",
                "Take the answers that belong to this case.",
            )


def _given(base: Tree, over: Tree) -> Tree:
    if over is None:
        return base
    if not isinstance(over, dict):
        return over  # the shape says what is wrong with it
    merged = {**base, **{key: value for key, value in over.items() if value is not None}}
    dated = {"base": _dated(base), "over": _dated(over)}
    for key in _BY_KEY:
        if key in base or over.get(key) is not None:
            merged[key] = _by_key(dated["base"].get(key), dated["over"].get(key))
    if "answers" in merged:
        merged["answers"] = _newer_of_same(dated["base"].get("answers"), merged["answers"])
    for key in _JOINED:
        if key in base or over.get(key) is not None:
            merged[key] = _joined(base.get(key), over.get(key))
    for key in _GROWING:
        if key in base or over.get(key) is not None:
            merged[key] = _grown(base.get(key), over.get(key))
    for key in _LISTED:
        if key in base or over.get(key) is not None:
            merged[key] = _listed(base.get(key), over.get(key))
    if over.get("course") is not None:
        merged["course"] = _course(base.get("course"), over["course"])
    # Every answer now carries its own day, so that none takes over the day of the other file.
    return {key: value for key, value in merged.items() if key not in ("answered_on", "answered_by")}


def _dated(given: Tree) -> Tree:
    """``given`` with each answer carrying the day and the person that stood over all of them."""
    stamp = {key: given[of] for key, of in (("on", "answered_on"), ("by", "answered_by")) if given.get(of)}
    if not stamp:
        return given
    answers, conditions = given.get("answers"), given.get("conditions")
    return {
        **given,
        "answers": _stamped(answers, "answer", stamp),
        "conditions": _stamped(conditions, "state", {**stamp, "source": "asked"}),
    }


def _stamped(entries: Tree, word: str, stamp: dict[str, Any]) -> Tree:
    if not isinstance(entries, dict):
        return entries
    return {
        key: {**stamp, **one} if isinstance(one, dict) else one if one is None else {**stamp, word: one}
        for key, one in entries.items()
    }


def _by_key(base: Tree, over: Tree) -> Tree:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return base if over is None else over
    return {**base, **{key: value for key, value in over.items() if value is not None}}


def _newer_of_same(base: Tree, merged: Tree) -> Tree:
    """``merged``, where an answer that says the same on an earlier day does not make the case's own older."""
    if not isinstance(base, dict) or not isinstance(merged, dict):
        return merged
    return {key: base[key] if _says_the_same_earlier(one, base.get(key)) else one for key, one in merged.items()}


def _says_the_same_earlier(one: Tree, own: Tree) -> bool:
    if not isinstance(one, dict) or not isinstance(own, dict) or one.get("answer") != own.get("answer"):
        return False
    return bool(own.get("on")) and str(one.get("on") or "") < str(own["on"])


def _joined(base: Tree, over: Tree) -> Tree:
    """What both say of each key, one beside the other, so that the newest counts, whoever gave it."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return base if over is None else over
    both = {key: _beside(base[key], over[key]) for key in base if over.get(key) is not None}
    return {**_by_key(base, over), **both}


def _beside(base: Tree, over: Tree) -> Tree:
    entries = _grown(_as_list(base), _as_list(over))
    return entries[0] if len(entries) == 1 else entries


def _as_list(entries: Tree) -> list[Tree]:
    return entries if isinstance(entries, list) else [entries]


def _grown(base: Tree, over: Tree) -> Tree:
    """Both lists, each entry once."""
    if over is None or not isinstance(over, list):
        return over or base or []
    return [*(base or []), *(one for one in over if one not in (base or []))]


def _listed(base: Tree, over: Tree) -> Tree:
    """A list with its day of review, the entries of the case first. A day without a list confirms it as it stands."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return base if over is None else over
    merged = _by_key(base, over)
    if over.get("checked_by_hand") is not None:
        merged["checked_by_hand"] = _grown(base.get("checked_by_hand"), over["checked_by_hand"])
    if isinstance(over.get("list"), list):
        merged["list"] = [*base.get("list", []), *over["list"]]
    return merged


def _course(base: Tree, over: Tree) -> Tree:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {key: _grown(base.get(key), over.get(key)) for key in {*base, *over}}


# What an answer may not take back


def _check_nothing_taken_back(before: Facts, after: Facts) -> None:
    for name in before.conditions:
        shown, answered = _condition(before, name), _condition(after, name)
        reason = _taken_back(name, shown, answered)
        if reason:
            days = "".join(f" {word} {day}" for word, day in (("since", shown.since), ("on", shown.on)) if day)
            told = f"The {_holder(shown.source)} says {shown.state.value}{days}; the answers say {answered.state.value}"
            raise contradiction(f"conditions.{name}", f"{told}: {reason}.")
    for name in before.answers:
        mine, other = _answer(before, name), _answer(after, name)
        if not _may_replace(mine, other):
            told = f"The {_holder(mine.by)} says {_told(mine)}; the answers say {_told(other)}"
            raise contradiction(f"answers.{name}", f"{told}: only a newer answer with its day may replace it.")
    for name in ("plan_from", "ends", "daily_contact"):
        own, other_day = getattr(before.course, name), getattr(after.course, name)
        if own and own != other_day:
            told = f"The case says {own}; the answers say {other_day}"
            raise contradiction(f"course.{name}", f"{told}: what was signed is not answered.")


def _condition(given: Facts, name: str) -> ConditionAnswer:
    written = given.conditions[name]
    if isinstance(written, ConditionAnswer):
        return written
    known = written in {one.value for one in ConditionState}
    # A word that is no state is refused, with its place, when the case is assessed.
    state = ConditionState(written) if known else ConditionState.UNKNOWN
    return ConditionAnswer(state=state, on=given.answered_on, by=given.answered_by)


def _holder(source: str) -> str:
    return "record" if source == "record" else "case"


def _taken_back(name: str, shown: ConditionAnswer, answered: ConditionAnswer) -> str:
    """Why ``answered`` may not stand in place of ``shown``; empty if it may."""
    if shown.state not in _PRESENT or answered == shown:
        return ""
    if answered.state not in _PRESENT:
        return "an answer cannot take back what is shown"
    if name == "deceased" and answered.state is not shown.state:
        return "an answer cannot change that"
    if not _milder(shown, answered):
        return ""
    if not answered.by.strip() or answered.on is None:
        return "a milder state needs the person who says so (by) and the day (on)"
    entered = max((day for day in (shown.on, shown.since) if day is not None), default=answered.on)
    return "" if answered.on >= entered else "the answer is older than the entry"


def _milder(shown: ConditionAnswer, answered: ConditionAnswer) -> bool:
    by_state = _PRESENT.index(answered.state) - _PRESENT.index(shown.state)
    earlier = answered.since is not None and (shown.since is None or answered.since < shown.since)
    return by_state > 0 or (by_state == 0 and (earlier or answered.grade not in ("", shown.grade)))


def _answer(given: Facts, name: str) -> Answer:
    one = given.answers[name]
    return one if isinstance(one, Answer) else Answer(answer=one, on=given.answered_on, by=given.answered_by)


def _told(one: Answer) -> str:
    day = f" on {one.on}" if one.on else ""
    by = f" by {one.by[:40]}" if one.by not in ("", "record") else ""
    return f"{one.answer[:40]}{day}{by}"


def _may_replace(mine: Answer, other: Answer) -> bool:
    """Whether ``other`` may stand in place of ``mine``: it says the same, or it is surely newer and not of a record."""
    if mine.answer == other.answer:
        return True
    return mine.by != "record" and mine.on is not None and other.on is not None and mine.on < other.on


def _with_replaced(before: Facts, after: Case, listed: tuple[str, ...]) -> Case:
    """``after`` with a line for each answer that a newer one replaced, and those ``listed``, so that both are seen."""
    lines = [
        f"answers.{name}: {_told(mine)} was replaced by {_told(other)}"
        for name in before.answers
        if (mine := _answer(before, name)).answer != (other := _answer(after.given, name)).answer
    ]
    return structs.replace(after, skipped=tuple(dict.fromkeys((*after.skipped, *lines, *listed))))


def _with_own_product(case: Case, answered: Case) -> Case:
    """``answered`` with the product of a running course, by which its diary is read. Raises CaseFileError."""
    if case.given.course.levels and answered.protocol != case.protocol:
        raise contradiction_at("protocol", _by_which_it_runs(case.protocol, answered.protocol))
    own, said = case.product, answered.product
    if own is None or said is None or not answered.given.course.levels:
        return answered
    for name in ("family", "strength", "content"):
        mine, other = getattr(own, name), getattr(said, name)
        if other and mine != other:
            raise contradiction_at(f"product.{name}", _by_which_it_runs(mine or "what the product file says", other))
    return structs.replace(answered, product=structs.replace(said, content=own.content))


def _by_which_it_runs(own: object, said: object) -> str:
    return f"The case says {own}; the answers say {said}: a running course is read by what it was signed with."


def _with_questions_settled(case: Case) -> Case:
    given = case.given
    settled = {*given.readings, *given.answers}
    for name, condition in given.conditions.items():
        if (condition if isinstance(condition, str) else condition.state.value) != "unknown":
            settled.add(name)
    settled |= {key for key in ("indication", "failed_treatments", "goals") if getattr(given, key)}
    settled |= {key for key in _LISTED if (listed := getattr(given, key)) and listed.reviewed_on}
    still = {key: question for key, question in case.questions.items() if key not in settled}
    return shape_case({**tree_of(case), "questions": still}, _NAME)
