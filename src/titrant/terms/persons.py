"""Who stands behind a statement: a name that names nobody, or only the patient or a relative, is no colleague's.

And one form of a name or record number, however it was typed.
"""

import re
import unicodedata

# Words that name nobody, or nobody who may. Whether a name is a colleague's the form of a case cannot tell.
_NO_NAME = frozenset((
    "the", "a", "an", "of", "by", "her", "his", "their", "my", "own", "patient", "self", "myself", "himself", "herself",
    "themselves", "me", "i", "family", "relative", "mother", "father", "parent", "wife", "husband", "partner", "spouse",
    "son", "daughter", "brother", "sister", "friend", "carer", "caregiver", "programme", "program", "nobody", "unknown",
    "no", "none", "one", "anybody", "anyone", "somebody", "someone", "name",
))  # fmt: skip


def folded(text: str) -> str:
    """``text`` in the form in which names and record numbers are compared.

    Letter case, spaces, signs without a width, and whether an accent is a sign of its own depend on the keyboard, not
    on the person. Brought together once more after folding the case, which takes some Greek letters apart.
    """
    together = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(one for one in together if unicodedata.category(one) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def names_nobody(text: str) -> bool:
    """Whether ``text`` has no word that could be a colleague's name, or speaks of the patient."""
    words = set(re.findall(r"[^\W_]+", text.casefold()))
    return words <= _NO_NAME or "patient" in words


def check_named(text: str, field: str, what: str) -> None:
    """Raises ValueError where the person in ``field`` is stated and cannot be the one who ``what``, as "made it"."""
    if text.strip() and names_nobody(text):
        raise ValueError(f"{field} is {text[:40]!r}; write the name of the colleague who {what}")
