"""Conditions: what the problem list shows as present or past. What it does not show stays open and is asked."""

from collections.abc import Iterable
from datetime import date

import msgspec
from msgspec import Struct

from titrant.fhir.doubtful import Doubtful
from titrant.fhir.elements import Resource, child, code, day, for_people, last_day, named, number, status_of
from titrant.fhir.observations import ObservedCondition
from titrant.fhir.person import Person
from titrant.fhir.problems import Catalogue, Named, Turned, names_in
from titrant.fhir.unused import Unused
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.conditions import ConditionState
from titrant.pathway.case import ConditionAnswer, Indication

STATES = {
    "active": ConditionState.ACTIVE,
    "recurrence": ConditionState.ACTIVE,
    "relapse": ConditionState.ACTIVE,
    "inactive": ConditionState.PAST,
    "remission": ConditionState.PAST,
    "resolved": ConditionState.PAST,
}
CONFIRMED = ("confirmed", "")
TAKEN_BACK = ("refuted", "entered-in-error")
UNCONFIRMED = ("unconfirmed", "provisional", "differential")
NOT_ASKED_ABOUT = "condition entries that are neither asked about nor treated here"
# Gravest first. What is not certain may be present, so it is graver than what is past.
_GRAVITY = (ConditionState.ACTIVE, ConditionState.UNKNOWN, ConditionState.CONTROLLED, ConditionState.PAST)
ANY_PAIN = ("chronic-non-cancer-pain", "chronic-non-cancer-any")


class Shown(Struct, frozen=True):
    """One entry that names one condition."""

    name: str
    state: ConditionState
    since: date | None
    on: date | None
    note: str
    words: str


class Problems(Struct, frozen=True):
    """What the problem list gives to a case."""

    conditions: dict[str, ConditionAnswer]
    indication: Indication | None


def read_conditions(
    resources: list[Resource],
    doubtful: list[Doubtful],
    observed: tuple[ObservedCondition, ...],
    person: Person,
    library: Library,
    unused: Unused,
) -> Problems:
    catalogue = Catalogue(library)
    shown: list[Shown] = []
    pains: list[Shown] = []
    for resource, doubt in [*((one, "") for one in resources), *((one.resource, one.reason) for one in doubtful)]:
        state = _state(resource, doubt, unused)
        if state is None:
            continue
        risks = _settled(_shown(resource, state, catalogue, "conditions", unused), library)
        painful = _shown(resource, state, catalogue, "pains", unused)
        if risks == [] and painful == []:
            unused.count(NOT_ASKED_ABOUT, named(child(resource, "code")))
        shown += risks or []
        pains += [one for one in painful or [] if one.state is ConditionState.ACTIVE]
    shown += [Shown(one.condition, one.state, None, one.on, one.words, one.words) for one in observed]
    if person.deceased:
        words = "the record gives a date of death" if person.died_on else "the record says that the person has died"
        shown.append(Shown("deceased", ConditionState.ACTIVE, person.died_on, person.died_on, words, words))
    return Problems(_gravest(shown), _indication(pains, unused))


def _state(resource: Resource, doubt: str, unused: Unused) -> ConditionState | None:
    """How the entry says the condition stands; None if it was taken back."""
    what = f"Condition {named(child(resource, 'code'))}"
    verified = status_of(resource, "verificationStatus").casefold()
    clinical = status_of(resource, "clinicalStatus").casefold()
    if verified in TAKEN_BACK:
        unused.say(what, f"its verification status is {verified}")
        return None
    if doubt or verified in UNCONFIRMED:
        return ConditionState.UNKNOWN
    if verified not in CONFIRMED:
        unused.say(what, f"its verification status is {for_people(verified)}")
        return ConditionState.UNKNOWN
    if not clinical:
        return ConditionState.PAST if _ended(resource) else ConditionState.ACTIVE
    if clinical not in STATES:
        unused.say(what, f"its clinical status {for_people(clinical)!r} is not one that R4 has")
        return ConditionState.UNKNOWN
    return STATES[clinical]


def _settled(shown: list[Shown] | None, library: Library) -> list[Shown] | None:
    """What nobody would be asked about cannot stay unknown, so it counts as active."""
    return shown and [
        msgspec.structs.replace(one, state=ConditionState.ACTIVE)
        if one.state is ConditionState.UNKNOWN and not library.conditions[one.name].ask
        else one
        for one in shown
    ]


def _ended(resource: Resource) -> bool:
    """Whether it says when it ended, and that day is past. Words such as "ongoing" end nothing."""
    end = code(resource, "abatementDateTime") or code(child(resource, "abatementPeriod"), "end")
    if end:
        ended = last_day(end)
        return ended is not None and ended <= date.today()  # noqa: DTZ011 - calendar days, as the record writes them
    age, ages = child(resource, "abatementAge"), child(child(resource, "abatementRange"), "high")
    return number(age, "value") is not None or number(ages, "value") is not None


def _shown(
    resource: Resource, state: ConditionState, catalogue: Catalogue, family: str, unused: Unused
) -> list[Shown] | None:
    """What the entry names; None where its words turn the name around, which is said."""
    concept = child(resource, "code")
    names = catalogue.conditions if family == "conditions" else catalogue.pains
    try:
        found = names_in(concept, names)
    except Turned as reason:
        unused.say(f"Condition {named(concept)}", f"{reason}")
        return None
    if any(one.suspected for one in found):
        unused.say(f"Condition {named(concept)}", "its words say that it is not certain; it counts as an open question")
    written = code(resource, "recordedDate")
    return [
        Shown(
            one.id,
            _as_named(one, state),
            _since(resource, past=one.past or state is ConditionState.PAST),
            day(written),
            _note(resource, one.how, _as_named(one, state)),
            named(concept),
        )
        for one in found
    ]


def _as_named(one: Named, state: ConditionState) -> ConditionState:
    """How it stands once its words are heard: a suspicion is asked about, a history is past."""
    if one.suspected:
        return ConditionState.UNKNOWN
    return ConditionState.PAST if one.past and state is ConditionState.ACTIVE else state


def _since(resource: Resource, *, past: bool) -> date | None:
    """Onset, or the end of what is past. A date in part counts as late as it can be."""
    period = child(resource, "onsetPeriod")
    ended = last_day(code(resource, "abatementDateTime")) or last_day(code(child(resource, "abatementPeriod"), "end"))
    begun = last_day(code(resource, "onsetDateTime")) or last_day(code(period, "end") or code(period, "start"))
    return (ended or begun) if past else begun


def _note(resource: Resource, how: str, state: ConditionState) -> str:
    parts = [named(child(resource, "code")), how]
    if state is ConditionState.UNKNOWN:
        verified = status_of(resource, "verificationStatus").casefold()
        parts.append(f"recorded as {verified}" if verified in UNCONFIRMED else "it is not certain that this holds")
    onset = code(resource, "onsetDateTime")
    if onset and day(onset) is None and last_day(onset):
        parts.append(f"onset written as {for_people(onset)}")
    return "; ".join(parts)


def _gravest(shown: Iterable[Shown]) -> dict[str, ConditionAnswer]:
    """One answer for each condition: the gravest state, and of that state the latest day."""
    by_name: dict[str, list[Shown]] = {}
    for one in shown:
        by_name.setdefault(one.name, []).append(one)
    return {name: _together(several) for name, several in sorted(by_name.items())}


def _together(several: list[Shown]) -> ConditionAnswer:
    state = min((one.state for one in several), key=_GRAVITY.index)
    telling = [one for one in several if one.state is state]
    dated = [one.since for one in telling if one.since is not None]
    return ConditionAnswer(
        state=state,
        # An event without a day may be recent, so one undated entry leaves the day open.
        since=max(dated) if len(dated) == len(telling) else None,
        on=max((one.on for one in telling if one.on is not None), default=None),
        by="record",
        source="record",
        note=for_people(" | ".join(sorted({one.note for one in telling}))),
    )


def _indication(pains: list[Shown], unused: Unused) -> Indication | None:
    """The painful condition that has been there longest; a named one before chronic pain of any cause."""
    ranked = sorted({(one.name in ANY_PAIN, one.since or date.max, one.name, one.words) for one in pains})
    if not ranked:
        return None
    _, since, name, words = ranked[0]
    for _, _, other, also in ranked[1:]:
        if other != name:
            unused.say(f"Painful condition {also} ({other})", f"{name} was taken as the one to treat")
    return Indication(condition=name, since=None if since == date.max else since, words=words)
