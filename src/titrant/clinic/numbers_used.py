"""The numbers that decided, by names that a clinician reads, each with the day or the days that it speaks of."""

from msgspec import Struct

from titrant.explain.words import Words
from titrant.pathway.adjust import Adjustment

# What the sentences of the rules are filled with (pathway/course_facts), as a line of a table.
_NAMES = {
    "effect_names": "Worst side effects now",
    "urinary_names": "Urinary symptoms",
    "effect_days": "Days of these effects",
    "dissociation_days": "Days with dissociation",
    "urinary_days": "Days with urinary symptoms",
    "extra_days": "Days with more than was signed",
    "suspended_days": "Days with a dose while suspended",
    "change_on": "A signed change holds from",
    "days_missed": "Days missed in a row",
    "plan_ends": "Plan ends",
    "days_at_level": "Time on this dose",
    "pain_fall": "Fall in pain since the start",
    "suspended_by": "Suspended by",
    "session_on": "Clinic session on",
    "session_dose": "Clinic session, dose",
    "home_dose": "Home dose of that day",
    "exposure_drugs": "New drugs that change exposure",
    "new_drugs": "New drugs",
    "stopped_drugs": "Stopped drugs that still act",
    "taken_share": "Taken of what was signed",
    "last_entry": "Last diary entry",
    "days_on_time": "Days entered in time",
    "days_needed": "Days needed in time",
    "last_change": "Last change of dose",
    "earliest": "Next step at the earliest",
    "overdue": "Overdue checks",
    "severe_before": "Severe harm before, at",
    "effects_before": "Mean grade at the dose before",
    "effects_now": "Mean grade at this dose",
    "lifted_on": "Suspension lifted on",
    "review_on": "Review after a change",
    "steps_within": "Steps are added up over",
    "risen": "Most that a dose may rise in that time",
    "pieces_left": "Counted as left",
    "pieces_expected": "Should have been left",
    "days_early": "Supply runs out early by",
    "supplied": "Supplied in all",
    "supplied_taken": "Taken of it",
    "ahead_days": "Days' supply held at once, most",
    "ahead_on": "Held at once on",
    "ahead_most": "Days' supply that may be held at once",
}
# Those that are counted over the window of the review.
_OF_THE_WINDOW = frozenset({
    "worst_effect", "worst_dissociation", "worst_urinary", "effect_names", "taken_share", "days_on_time", "pain_fall",
})  # fmt: skip
_NOT_NUMBERS = frozenset({"finding", "rule", "on", "source", "action"})


class NumberUsed(Struct, frozen=True):
    name: str
    value: str
    when: str


def numbers_used(decided: Adjustment, words: Words) -> list[NumberUsed]:
    """Every number of the deciding reasons once, in the order of the reasons."""
    found = decided.review
    known, window = found.assessment.facts, f"{found.span.first} to {found.span.last}"
    lines: dict[str, NumberUsed] = {}
    for why in decided.reasons:
        for name, value in why.facts.items():
            if name in _NOT_NUMBERS or name in lines:
                continue
            day = str(known[name].on or "") if name in known else window if name in _OF_THE_WINDOW else ""
            lines[name] = NumberUsed(_named(name, words), value.replace("_", " "), day)
    return list(lines.values())


def _named(name: str, words: Words) -> str:
    text = _NAMES.get(name) or words.label(name).replace("_", " ")
    return text[:1].upper() + text[1:]
