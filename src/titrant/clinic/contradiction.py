"""The refusal of an answer that says otherwise than the case, and may not."""

from titrant.terms.errors import CaseFileError

ANSWERS = "answers"


def contradiction(place: str, fault: str) -> CaseFileError:
    """The error for the field at ``place`` of ``given``; ``fault`` names what the case and what the answers say."""
    return contradiction_at(f"given.{place}", fault)


def contradiction_at(place: str, fault: str) -> CaseFileError:
    """The same for any field of a case."""
    return CaseFileError(
        f"{ANSWERS}: {place}",
        fault,
        "What is on record and turns out to be wrong must be seen to be corrected, not covered by an answer.",
        "If it is wrong, correct it in the case file itself: write that with titrant import -o, then edit it.",
    )
