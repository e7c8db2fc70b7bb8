"""Changing one thing of a case: the second half of every law that compares two cases."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from msgspec.structs import replace

from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import (
    AllergyList,
    Answer,
    Case,
    ConditionAnswer,
    Facts,
    Medication,
    MedicationList,
)

_DAY = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")


def with_given(case: Case, **changes: object) -> Case:
    return replace(case, given=replace(case.given, **changes))


def with_readings(case: Case, name: str, *texts: str) -> Case:
    return with_given(case, readings={**case.given.readings, name: texts})


def with_answer(case: Case, name: str, word: str) -> Case:
    return with_given(case, answers={**case.given.answers, name: word})


def with_condition(case: Case, name: str, state: ConditionState, grade: str = "", since: date | None = None) -> Case:
    answer = ConditionAnswer(state=state, grade=grade, since=since, on=case.on)
    return with_given(case, conditions={**case.given.conditions, name: answer})


def with_drug(case: Case, drug: Medication) -> Case:
    listed = case.given.medications or MedicationList()
    return with_given(case, medications=replace(listed, drugs=(*listed.drugs, drug)))


def without(case: Case, part: str, name: str) -> Case:
    """``case`` without one of its readings, answers or conditions."""
    kept = {key: value for key, value in getattr(case.given, part).items() if key != name}
    return with_given(case, **{part: kept})


def without_part(case: Case, part: str) -> Case:
    """``case`` without a part that stands for itself: the drug list, the goals, the clinic sessions ..."""
    if part == "choice":
        return replace(case, choice=None)
    return with_given(case, **{part: getattr(Facts(patient=case.given.patient), part)})


def texts_of(case: Case, name: str) -> tuple[str, ...]:
    written = case.given.readings.get(name, ())
    return (written,) if isinstance(written, str) else tuple(written)


def day_of(text: str) -> date:
    return date.fromisoformat(_DAY.findall(text)[-1])


def redated(text: str, days: int) -> str:
    """A reading as it would stand ``days`` later (earlier if negative)."""
    day = day_of(text) + timedelta(days)
    return _DAY.sub(day.isoformat(), text)


def older_reading(case: Case, name: str, days: int) -> Case:
    return with_readings(case, name, *(redated(one, -days) for one in texts_of(case, name)))


def older_answer(case: Case, name: str, days: int) -> Case:
    written = case.given.answers[name]
    given = written if isinstance(written, Answer) else Answer(answer=written)
    day = given.on or case.given.answered_on
    assert day is not None
    return with_given(case, answers={**case.given.answers, name: replace(given, on=day - timedelta(days))})


def older_condition(case: Case, name: str, days: int) -> Case:
    """The answer to a question about an illness, given ``days`` earlier; when it began stays as it is."""
    written = case.given.conditions[name]
    given = written if isinstance(written, ConditionAnswer) else ConditionAnswer(state=ConditionState(written))
    day = given.on or case.given.answered_on
    assert day is not None
    return with_given(case, conditions={**case.given.conditions, name: replace(given, on=day - timedelta(days))})


def older_list(case: Case, part: str, days: int) -> Case:
    """The drug list or the allergy list, gone through ``days`` earlier."""
    listed: MedicationList | AllergyList | None = getattr(case.given, part)
    if listed is None or listed.reviewed_on is None:
        return case
    return with_given(case, **{part: replace(listed, reviewed_on=listed.reviewed_on - timedelta(days))})


def shifted(case: Case, days: int) -> Case:
    """The whole case, lived ``days`` later."""
    assert case.on is not None
    return _moved(case, timedelta(days))


def _moved(value: object, by: timedelta) -> object:
    """Every day in ``value``, also those inside readings, moved by ``by``."""
    if isinstance(value, date):
        return value + by
    if isinstance(value, str):
        return redated(value, by.days) if " on " in value and _DAY.search(value) else value
    if isinstance(value, tuple):
        return tuple(_moved(one, by) for one in value)
    if isinstance(value, dict):
        return {key: _moved(one, by) for key, one in value.items()}
    if hasattr(value, "__struct_fields__"):
        return replace(value, **{name: _moved(getattr(value, name), by) for name in value.__struct_fields__})
    return value


def reordered(case: Case, rng: Random) -> Case:
    """The same case, every list and object in another order (only the goals, which are the person's own, stay)."""
    given = case.given
    lists = {
        "readings": {name: _mixed(_all(texts), rng) for name, texts in _mixed(given.readings.items(), rng)},
        "answers": dict(_mixed(given.answers.items(), rng)),
        "conditions": dict(_mixed(given.conditions.items(), rng)),
        "failed_treatments": _mixed(given.failed_treatments, rng),
        "parenteral": _mixed(given.parenteral, rng),
        "reviews": _mixed(given.reviews, rng),
    }
    if given.medications is not None:
        lists["medications"] = replace(given.medications, drugs=_mixed(given.medications.drugs, rng))
    if given.allergies is not None:
        lists["allergies"] = replace(given.allergies, allergies=_mixed(given.allergies.allergies, rng))
    return with_given(case, **lists)


def _all(texts: str | tuple[str, ...]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else texts


def _mixed(several: Iterable, rng: Random) -> tuple:
    found = list(several)
    rng.shuffle(found)
    return tuple(found)
