"""Every path through a protocol, listed without a patient: who starts how low, what refuses, how it ends."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from msgspec import Struct

from titrant.explain.amounts import days_text, pieces_text
from titrant.explain.pages import bullet, heading, page, paragraph, table
from titrant.explain.words import rules, words_of
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Rule, Sourced, When
from titrant.knowledge.shapes.protocols import Protocol
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.ladder import ladder
from titrant.terms.dose import Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.reason import Bar, Status
from titrant.terms.regimen import Regimen


class Start(Struct, frozen=True):
    """One way of starting: for whom, at most how much, what that is in pieces, and the levels above it."""

    code: str
    applies: str
    at_most: Dose | None  # None: worked out from the person's weight or clinic session
    regimen: Regimen | None
    levels: tuple[str, ...]
    source: str
    status: Status


def starts(protocol: Protocol, library: Library) -> list[Start]:
    """The normal start and every reason for less that can apply, with what each comes to."""
    supply = supply_of(None, protocol, library)
    fixed = protocol.start.fixed
    basis = fixed or protocol.start.by_weight
    assert basis is not None
    normal = None if fixed is None or protocol.from_parenteral else Dose.of(fixed.value)
    found = [_start("start_by_protocol", "nobody below applies", normal, normal, protocol, supply, basis)]
    for one in protocol.start.reductions:
        cap = Dose.of(one.at_most)
        found.append(_start(one.code, condition_text(one.when), cap, normal, protocol, supply, one))
    for rule in rules(library):
        if rule.limit is None or rule.bars is Bar.REFUSES:
            continue
        caps = [Dose.of(rule.limit.at_most)] if rule.limit.at_most else []
        if rule.limit.share and normal:
            caps.append(normal.times(Fraction(rule.limit.share)))
        words = f"limit {rule.limit.share or rule.limit.at_most}"
        found.append(_start(rule.code, words, min(caps) if caps else None, normal, protocol, supply, rule))
    return found


def _start(
    code: str, applies: str, cap: Dose | None, normal: Dose | None, protocol: Protocol, supply: Supply, cited: Any
) -> Start:
    times, days = protocol.start.times_per_day.value, protocol.start.days_per_week.value
    regimen = supply.regimen(min(cap, normal or cap), times, days) if cap else None
    levels: tuple[str, ...] = ()
    if regimen and normal:
        share = (
            Fraction(cited.limit.share)
            if isinstance(cited, Rule) and cited.limit and cited.limit.share
            else Fraction(1)
        )
        reduced = regimen.dose < normal
        rising = ladder(regimen, date(2000, 1, 1), protocol, supply, share, reduced=reduced)
        levels = tuple(str(level.regimen.dose) for level in rising)
    return Start(code, applies, cap, regimen, levels, cited.source, cited.status)


def condition_text(when: When) -> str:
    """A condition of the ``when`` language as words."""
    if when.fact:
        return f"{when.fact} {when.comparison.replace('_', ' ')} {when.value or ' / '.join(when.values)}"
    joined = " and " if when.all else " or "
    return "(" + joined.join(condition_text(part) for part in (*when.all, *when.any)) + ")"


def titles(library: Library) -> list[tuple[str, str]]:
    """Every protocol by its id, with its title, in the order of titles."""
    return sorted(((name, one.title) for name, one in library.protocols.items()), key=lambda one: one[1])


def title_of(library: Library, name: str) -> str:
    """The title of the protocol ``name``; its id where the library no longer has it."""
    found = library.protocols.get(name)
    return found.title if found else name


def refusals(library: Library) -> Iterator[tuple[str, str, str]]:
    """Every finding that bars a start: its code, what it bars, and its source."""
    for rule in rules(library):
        if rule.bars is not Bar.NONE:
            yield rule.code, rule.bars.value, f"{rule.source}{rule.status.mark}"


def values(protocol: Protocol) -> Iterator[tuple[str, str, str]]:
    """Every number of the protocol with its source."""
    for place in ("start", "step", "bounds", "raise_needs", "trial", "taper", "supply", "following"):
        yield from _sourced(place, getattr(protocol, place))


def _sourced(place: str, part: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(part, Sourced):
        yield place, _shown(part.value), f"{part.source}{part.status.mark}"
    elif isinstance(part, Struct):
        for name in part.__struct_fields__:
            yield from _sourced(f"{place}.{name}", getattr(part, name))


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def protocol_named(name: str, library: Library) -> Protocol:
    if name in library.protocols:
        return library.protocols[name]
    raise CaseFileError(
        "PROTOCOL",
        f"{name!r} is not a protocol that this clinic has.",
        "Only a protocol that is there can be listed.",
        f"Choose one of {', '.join(sorted(library.protocols))}.",
    )


def paths_data(name: str, library: Library) -> dict[str, Any]:
    protocol = protocol_named(name, library)
    return {
        "protocol": {"id": protocol.id, "version": protocol.version, "status": protocol.status.value},
        "starts": [
            {
                "code": one.code,
                "when": one.applies,
                "at_most_mg": str(one.at_most.mg) if one.at_most else None,
                "dose_mg": str(one.regimen.dose.mg) if one.regimen else None,
                "levels": list(one.levels),
                "source": one.source,
                "status": one.status.value,
            }
            for one in starts(protocol, library)
        ],
        "refusals": [{"code": code, "bars": bars, "source": source} for code, bars, source in refusals(library)],
        "values": [{"place": place, "value": value, "source": source} for place, value, source in values(protocol)],
        "missed_doses": [
            {"days": list(one.days_missed), "do": one.do, "text": one.clinician} for one in protocol.missed_doses
        ],
        "raise_forbidden_if": [one.code for one in protocol.raise_needs.forbidden_if],
        "stop_rules": [one.code for one in protocol.stop_rules],
    }


def paths_page(name: str, library: Library) -> str:
    protocol, words = protocol_named(name, library), words_of(library)
    lines = [paragraph(protocol.about), heading("How it can start (with its default product)")]
    for one in starts(protocol, library):
        held = (
            f"{one.regimen.dose} = {pieces_text(one.regimen.pieces, one.regimen.piece_unit)}"
            if one.regimen
            else "worked out from the person, or not deliverable"
        )
        levels = f"; levels {', '.join(one.levels)}" if one.levels else ""
        lines.append(bullet(f"{one.code} [{one.applies}]: {held}{levels} ({one.source}{one.status.mark})"))
    lines += [heading("What bars a start"), *table(list(refusals(library)))]
    lines += [heading("Every number"), *table(list(values(protocol)))]
    lines.append(heading("Missed doses"))
    lines += [bullet(f"{days_text(*one.days_missed)}: {one.clinician}") for one in protocol.missed_doses]
    lines.append(heading("No raise if"))
    lines += [bullet(f"{one.text} ({one.source}{one.status.mark})") for one in protocol.raise_needs.forbidden_if]
    lines.append(heading("Stop"))
    lines += [bullet(f"{words.say(one.code, {})} ({one.source}{one.status.mark})") for one in protocol.stop_rules]
    return page(f"{protocol.title} ({protocol.id} version {protocol.version}, {protocol.status.value})", lines)
