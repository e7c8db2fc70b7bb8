"""Answered questionnaires of a case as readings: the score, and single items that are facts of their own."""

from collections.abc import Iterator
from decimal import Decimal

from titrant.knowledge.library import Library
from titrant.knowledge.scoring import score
from titrant.knowledge.shapes.questionnaires import Questionnaire
from titrant.pathway.case import Case, QuestionnaireAnswers
from titrant.pathway.entries import parse_instant
from titrant.pathway.readings import Reading
from titrant.terms.errors import CaseFileError


def scored_readings(case: Case, library: Library) -> dict[str, list[Reading]]:
    """Readings by fact. Raises CaseFileError for an unknown questionnaire or an answer out of range."""
    found: dict[str, list[Reading]] = {}
    for name, written in case.given.questionnaires.items():
        form = _form(name, library)
        own = tuple(_own_facts(form, library))
        for one in (written,) if isinstance(written, QuestionnaireAnswers) else written:
            entered = parse_instant(one.entered) if one.entered else None
            for fact, value in _values(form, one, library, own).items():
                found.setdefault(fact, []).append(Reading(value, one.on, source=form.title, entered=entered))
    return found


def _form(name: str, library: Library) -> Questionnaire:
    if name in library.questionnaires:
        return library.questionnaires[name]
    raise CaseFileError(
        f"given.questionnaires.{name}",
        f"{name[:40]!r} is not a questionnaire that Titrant knows: {', '.join(sorted(library.questionnaires))}.",
        "Answers under a wrong name would silently count for nothing.",
        "Use one of these names.",
    )


def _own_facts(form: Questionnaire, library: Library) -> Iterator[tuple[str, str]]:
    """Single items of ``form`` that are facts of their own: the item, and the fact of the same code."""
    for item in form.items:
        for fact, kind in library.facts.items():
            if item.loinc and fact != form.score and item.loinc.code in {code.code for code in kind.loinc}:
                yield item.id, fact


def _values(
    form: Questionnaire, one: QuestionnaireAnswers, library: Library, own: tuple[tuple[str, str], ...]
) -> dict[str, Decimal]:
    try:
        total = score(form, one.answers).value
    except ValueError as error:
        raise CaseFileError(
            f"given.questionnaires.{form.id} of {one.on}",
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            "A score with an item missing or out of range is not that score.",
            "Complete the answers, or leave the questionnaire out.",
        ) from None
    own_facts = {fact: Decimal(one.answers[item]) for item, fact in own if item in one.answers}
    return {form.score: total, **own_facts} if form.score in library.facts else own_facts
