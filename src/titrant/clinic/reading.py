"""A protocol as prose: every value in a sentence, with its source and how sure it is; and two versions side by side."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from titrant.clinic.listing import condition_text, values
from titrant.knowledge.shapes.following import CourseRule
from titrant.knowledge.shapes.protocols import Protocol
from titrant.record.events import Event, Kind

# What a value says, by its place in the protocol. A place without a sentence shows its own name.
_SENTENCES = {
    "start.fixed": "The first dose is {v}.",
    "start.by_weight": "The first dose is {v} of body weight.",
    "start.times_per_day": "It is taken {v} times a day.",
    "start.days_per_week": "It is taken on {v} days a week.",
    "start.shown_beside": "For comparison only, {v} is shown beside it.",
    "start.at_most": "No first dose is above {v}.",
    "start.at_most_by_weight": "No first dose is above {v} of body weight.",
    "start.warn_at": "From {v} in one dose on, a start is warned of.",
    "start.first_dose_observed": "The first dose is taken under observation: {v}.",
    "step.by": "A step adds at most {v} to each dose.",
    "step.by_when_reduced": "After a smaller start a step adds at most {v} to each dose.",
    "step.percent": "A step is at most {v} of the dose.",
    "step.interval": "Between two steps lie at least {v}.",
    "step.interval_with_daily_contact": "With contact every day, at least {v}.",
    "bounds.single.usual": "One dose is usually at most {v}; above it a reason is asked.",
    "bounds.single.hard_home": "At home no dose is above {v}.",
    "bounds.single.hard_observed": "Under observation no dose is above {v}.",
    "bounds.daily.usual": "A day is usually at most {v}.",
    "bounds.daily.second_prescriber_above": "Above {v} a second prescriber signs.",
    "bounds.daily.hard": "No day is above {v}.",
    "bounds.daily.hard_with_specialist": "With a named specialist and a written reason, no day is above {v}.",
    "bounds.weekly.usual": "A week is usually at most {v}.",
    "bounds.weekly.second_prescriber_above": "Above {v} a second prescriber signs.",
    "bounds.weekly.hard": "No week is above {v}.",
    "bounds.weekly.hard_with_specialist": "With a named specialist and a written reason, no week is above {v}.",
    "bounds.times_per_day": "There are at most {v} doses a day.",
    "bounds.typing_error_factor": "A dose {v} times more or less than expected is taken for a slip of the hand.",
    "raise_needs.diary_days": "A raise needs diary entries of at least {v} days,",
    "raise_needs.diary_window": "within the last {v},",
    "raise_needs.taken_share": "and at least {v} of the signed doses taken.",
    "trial.length": "A trial lasts {v} at a tolerated dose.",
    "trial.benefit": "Benefit is a fall in pain of at least {v}.",
    "trial.plan_ends_after": "The plan ends after {v}, whatever happens, and is written anew.",
    "trial.review_every": "While the dose is being found, there is a review every {v}.",
    "trial.continue_review_every": "Afterwards, a review every {v}.",
    "trial.step_down_trial_after": "After {v} less is tried,",
    "trial.stable_before_step_down": "if the person has been stable for {v}.",
    "trial.lower_by": "For a moderate side effect the dose is lowered by {v}.",
    "taper.needed_after": "After {v} of treatment it is not stopped at once but tapered,",
    "taper.by": "by {v} of the dose",
    "taper.every": "every {v},",
    "taper.every_at_most": "at most every {v}.",
    "supply.titration": "While the dose is being found, at most {v} are supplied at a time.",
    "supply.maintenance": "Afterwards at most {v}.",
    "supply.early_refill": "The next supply may be collected {v} early.",
}
_HEADINGS = (
    ("start", "How it starts"),
    ("step", "How it rises"),
    ("bounds", "Where it ends"),
    ("raise_needs", "What a raise needs"),
    ("trial", "How it is judged"),
    ("taper", "How it is stopped"),
    ("supply", "What is supplied"),
)


class Line(Struct, frozen=True):
    """One value: its place, the sentence it makes, and where it comes from."""

    place: str
    text: str
    source: str


class Section(Struct, frozen=True):
    heading: str
    lines: tuple[Line, ...]


def prose(protocol: Protocol) -> tuple[Section, ...]:
    """The protocol to be read from top to bottom. Nothing is left out: every value, rung, bar, rule and stop."""
    order = {place: number for number, place in enumerate(_SENTENCES)}
    lines = sorted(_lines(protocol), key=lambda one: order.get(one.place, len(order)))
    sections = [
        Section(heading, tuple(one for one in lines if one.place.split(".")[0] == name)) for name, heading in _HEADINGS
    ]
    following = tuple(one for one in lines if one.place.split(".")[0] == "following")
    return (
        Section("For whom, and with what", tuple(_frame(protocol))), *sections[:1],
        Section("Smaller starts", tuple(_reductions(protocol))), *sections[1:4],
        Section("No raise if", tuple(_bars(protocol))), *sections[4:],
        Section("Missed doses", tuple(_rungs(protocol))),
        Section("What ends it at once", tuple(_stops(protocol))),
        Section("How a course is read", following),
        Section("Rules of following, safest first", tuple(_rules(protocol))),
    )  # fmt: skip


def _lines(protocol: Protocol) -> Iterator[Line]:
    for place, value, source in values(protocol):
        said = _SENTENCES.get(place, place.partition(".")[2].replace("_", " ").replace(".", ", ") + ": {v}.")
        yield Line(place, said.replace("{v}", value), source)


def _frame(protocol: Protocol) -> Iterator[Line]:
    products = ", ".join(protocol.products)
    yield Line("route", f"Route: {protocol.route}. Products: {products}.", "")
    yield Line("default", f"Unless chosen: {protocol.default_product}, {protocol.default_strength}.", "")
    yield Line("authored_by", f"Written by {protocol.authored_by}; next review {protocol.next_review}.", "")
    if protocol.explicit_choice:
        yield Line("explicit_choice", "Only by an explicit choice with a written reason.", "")
    if protocol.warnings:
        yield Line("warnings", f"Shown with its warnings: {', '.join(protocol.warnings)}.", "")


def _reductions(protocol: Protocol) -> Iterator[Line]:
    for one in protocol.start.reductions:
        text = f"At most {one.at_most} where {condition_text(one.when)}: {one.clinician}"
        yield Line(f"start.reductions.{one.code}", text, f"{one.source}{one.status.mark}")


def _bars(protocol: Protocol) -> Iterator[Line]:
    for one in protocol.raise_needs.forbidden_if:
        yield Line(f"raise_needs.forbidden_if.{one.code}", one.text, f"{one.source}{one.status.mark}")


def _rungs(protocol: Protocol) -> Iterator[Line]:
    for one in protocol.missed_doses:
        first, last = one.days_missed
        share = f" ({one.share} of the dose)" if one.share else ""
        days = f"{first} to {last} days" if first != last else f"{first} day{'' if first == 1 else 's'}"
        yield Line(f"missed_doses.{first}", f"{days}: {one.clinician}{share}", f"{one.source}{one.status.mark}")


def _stops(protocol: Protocol) -> Iterator[Line]:
    for one in protocol.stop_rules:
        yield Line(f"stop_rules.{one.code}", one.clinician, f"{one.source}{one.status.mark}")


def _rules(protocol: Protocol) -> Iterator[Line]:
    for one in protocol.following.rules if protocol.following else ():
        yield Line(
            f"following.rules.{one.code}", f"{one.action.value}: {_applies(one)}", f"{one.source}{one.status.mark}"
        )


def _applies(rule: CourseRule) -> str:
    if rule.when is not None:
        return f"{rule.code.replace('_', ' ')}, where {condition_text(rule.when)}"
    if rule.found is not None:
        return f"a finding: {', '.join(rule.found.codes) or rule.found.severity or rule.found.bar}"
    return rule.code.replace("_", " ")


class Beside(Struct, frozen=True):
    """One place of two versions. ``differs`` marks it."""

    place: str
    heading: str
    one: str
    other: str
    differs: bool


def compared(one: Protocol, other: Protocol) -> tuple[Beside, ...]:
    """Two versions side by side, place by place; what only one of them says stands alone."""
    left, right = _by_place(prose(one)), _by_place(prose(other))
    return tuple(
        Beside(
            place, (left.get(place) or right[place])[0], _said(left.get(place)), _said(right.get(place)),
            _said(left.get(place)) != _said(right.get(place)),
        )
        for place in dict.fromkeys((*left, *right))
    )  # fmt: skip


def _by_place(sections: Iterable[Section]) -> dict[str, tuple[str, Line]]:
    return {line.place: (section.heading, line) for section in sections for line in section.lines}


def _said(found: tuple[str, Line] | None) -> str:
    return f"{found[1].text} ({found[1].source})" if found and found[1].source else found[1].text if found else ""


NOT_FOLLOWED = (Kind.REFUSED, Kind.SIGNED)


def not_followed(events: Iterable[Event], sha256: str) -> dict[str, int]:
    """How often each rule of this very version stood behind a proposal that a prescriber did not follow."""
    counts: dict[str, int] = {}
    for event in events:
        for code in dict.fromkeys(_behind(event, sha256)):
            counts[code] = counts.get(code, 0) + 1
    return counts


def _behind(event: Event, sha256: str) -> Iterator[str]:
    """The rules of a refused proposal, or of one that was signed against."""
    body = event.body
    if event.kind is Kind.REFUSED and body.get("protocol") == sha256:
        yield from (str(one).rpartition("/")[2] for one in body.get("rules") or ())
    elif event.kind is Kind.SIGNED and body.get("against"):
        content = body["content"]
        if (content.get("protocol") or {}).get("sha256") == sha256:
            yield from (str(one["rule"]).rpartition("/")[2] for one in content.get("reasons") or ())
