"""A prescriber refuses what is proposed: the signed dose stays, and the reason is kept for the clinic's own figures."""

from titrant.clinic.following import follow_at
from titrant.clinic.office import Office, case_in
from titrant.record.events import Actor, Kind
from titrant.record.summary import Summary
from titrant.terms.errors import CaseFileError, NotNow

# Why a proposal was not followed: a short list, so that it can be counted; words say the rest.
REASONS = {
    "seen_otherwise": "I have seen the person and judge otherwise",
    "fact_wrong": "A fact in the record is wrong or out of date",
    "patient_declines": "The person does not want it",
    "waiting": "I wait for a result or a colleague",
    "other_treatment": "Another treatment changes now",
    "other": "Another reason (in words)",
}


def refuse(office: Office, by: Actor, case: str, *, expected: int, reason: str, words: str) -> Summary:
    """Record that the proposal of this moment was refused. Raises Stale where the case has moved on since."""
    if reason not in REASONS or (reason == "other" and not words.strip()):
        raise CaseFileError(
            "refuse: reason", "A reason is needed; for another reason also its words.",
            "Which proposals are refused, and why, is how wrong rules are found.", "Choose a reason and send again.",
        )  # fmt: skip
    record = office.store.open(case)
    if not office.settings.engine_on:
        raise NotNow(
            "refuse", "The engine is off: nothing is proposed.", "There is nothing to refuse.", "Sign a dose by hand."
        )
    decided = follow_at(office.desk, case_in(record)).decided
    body = {
        "proposed": decided.action.value if decided.action else "", "outcome": decided.outcome.value,
        "rules": [one.rule for one in decided.reasons], "protocol": decided.review.protocol_sha256,
        "inputs": record.inputs_sha256, "reason": reason, "words": words.strip()[:500],
    }  # fmt: skip
    return office.store.append(case, [office.draft(Kind.REFUSED, body, by)], expected=expected)
