"""Loading a clinic's own folder: nothing of it counts before all of it has been checked."""

from pathlib import Path

from titrant.knowledge.checking import faults_of_form
from titrant.knowledge.library import Library, load
from titrant.terms.errors import KnowledgeError

_SHOWN = 3


def load_checked(clinic: Path, cache: Path | None = None) -> Library:
    """The shipped knowledge with the clinic's folder on top. Raises KnowledgeError with the first faults, if any.

    Review dates are judged by the day of a decision, not here.
    """
    library = load(clinic=clinic, cache=cache)
    found = faults_of_form(library)
    if found:
        more = f" And {len(found) - _SHOWN} more." if len(found) > _SHOWN else ""
        raise KnowledgeError(
            str(clinic),
            " ".join(found[:_SHOWN]) + more,
            "A check that rests on a faulty file cannot be relied on, so nothing is proposed.",
            f"Correct the files; 'titrant check {clinic}' lists every fault.",
        )
    return library
