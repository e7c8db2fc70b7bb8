"""Scores of questionnaires: all items or none. A missing item gives no score, never a zero."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.shapes.questionnaires import Questionnaire, Scoring

_HUNDREDTH = Decimal("0.01")


class Score(Struct, frozen=True):
    """The score, the band it falls in, and the items that are acted on whatever the total."""

    value: Decimal
    band: str
    red_flags: tuple[str, ...]


def score(form: Questionnaire, answers: Mapping[str, int]) -> Score:
    """The score of ``answers`` (item id to whole number). Raises ValueError naming what is missing or out of range."""
    if form.scoring is Scoring.SCORE_ONLY:
        raise ValueError(f"{form.title} is under licence here: give its total as the reading {form.score}")
    needed = form.items[:1] if form.scoring is Scoring.SINGLE else form.items
    known = {item.id: item for item in form.items}
    for name, value in answers.items():
        if name not in known:
            raise ValueError(f"{name!r} is not an item of {form.title}: {', '.join(known)}")
        if not known[name].lo <= value <= known[name].hi:
            raise ValueError(f"{name} is {value}; it must be from {known[name].lo} to {known[name].hi}")
    missing = [item.id for item in needed if item.id not in answers]
    if missing:
        raise ValueError(f"no score, because these items are not answered: {', '.join(missing)}")
    total = Decimal(sum(answers[item.id] for item in needed))
    result = (total / Decimal(len(needed))).quantize(_HUNDREDTH) if form.scoring is Scoring.MEAN else total
    flags = [
        item.id
        for item in form.items
        if item.red_flag_above is not None and answers.get(item.id, item.lo) > item.red_flag_above
    ]
    return Score(result, band_of(form, result), tuple(flags))


def band_of(form: Questionnaire, value: Decimal) -> str:
    """The label of the band in which ``value`` falls, or nothing where the form has no bands."""
    return next((one.label for one in form.bands if Decimal(one.lo) <= value <= Decimal(one.hi)), "")
