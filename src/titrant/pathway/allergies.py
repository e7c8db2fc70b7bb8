"""Allergies of a case: which of them are ketamine, by code, by name, or close enough to be a misspelling."""

import unicodedata

from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import Allergy, Case, ConditionAnswer


def from_allergies(case: Case, library: Library) -> dict[str, ConditionAnswer]:
    """An allergy to ketamine in the allergy list is the condition, whatever was answered."""
    listed = case.given.allergies.allergies if case.given.allergies else ()
    if any(_is_ketamine(one, library) for one in listed):
        return {"hypersensitivity": ConditionAnswer(state=ConditionState.ACTIVE, source="allergy list")}
    return {}


def _is_ketamine(allergy: Allergy, library: Library) -> bool:
    """By code, by word, or by any brand name that the drug table knows."""
    table, words = library.drugs, plain_letters(f"{allergy.substance} {allergy.reaction}")
    found = [table.named(allergy.substance), *table.in_text(words)]
    named = any(match and match.drug.name in ("ketamine", "esketamine") for match in found)
    coded = allergy.snomed == "373464007" or allergy.rxnorm in ("6130", "203184", "2119365")
    return named or coded or "ketamin" in words


_KETAMINES = ("ketamine", "esketamine", "ketalar", "ketanest", "spravato", "ketaject", "ketolar", "calypsol", "ketaset")


def plain_letters(text: str) -> str:
    """``text`` in lower case, full-width and accented letters made plain, invisible characters gone."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if unicodedata.category(one) not in ("Mn", "Cf")).casefold()


def looks_like_ketamine(word: str) -> bool:
    """Whether a word is ketamine or esketamine, or close enough to be either misspelt."""
    from difflib import get_close_matches  # only where an allergy is listed

    return bool(get_close_matches(word, _KETAMINES, n=1, cutoff=0.75))
