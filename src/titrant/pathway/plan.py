"""Step 3 of 10, plan: from facts and findings to a start that a prescriber may sign, or to a refusal that says why.

Takes an assessment, its screening and the knowledge. Gives a plan: a limited start, the ladder with earliest days, the
calendar of checks, the stop rules and the end; or the reasons why not; or the questions that are still open.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct, structs

from titrant.knowledge.library import InUse, Library
from titrant.knowledge.shapes.protocols import Conversion, Protocol
from titrant.knowledge.shapes.protocols import Standing as ProtocolStanding
from titrant.pathway.asking import Asking, asking_of, hard_reasons, newest_of, newest_session
from titrant.pathway.assess import Assessment, assess
from titrant.pathway.case import Case
from titrant.pathway.checks_due import DueCheck, baseline, calendar, missing_baseline
from titrant.pathway.deliver import Supply, supply_of
from titrant.pathway.ladder import Level, ladder, ladder_end
from titrant.pathway.limiting import exposure_share, is_sensitive, limited_start, unknown_reductions
from titrant.pathway.screen import Screening, screen
from titrant.terms.calendar import days_later
from titrant.terms.dose import NO_DOSE, Dose
from titrant.terms.errors import CaseFileError
from titrant.terms.limits import Limited
from titrant.terms.phrases import did_you_mean
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Finding, Missing, Reason, Severity, Status
from titrant.terms.regimen import Regimen

# What every plan rests on: a file of these kinds past its review date stops proposals.
KNOWLEDGE_NEEDED = (
    "facts",
    "conditions",
    "monitoring",
    "interactions",
    "combinations",
    "opioids",
    "drugs",
    "products",
    "salt",
)


class Outcome(StrEnum):
    PROPOSED = "proposed"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class Alternative(Struct, frozen=True):
    """Something else that could be done: not to start, or to start lower."""

    action: str
    regimen: Regimen | None


class Beside(Struct, frozen=True):
    """A start that another source gives, for comparison only."""

    dose: Dose
    rule: str
    source: str
    status: Status


class Plan(Struct, frozen=True, kw_only=True):
    """The outcome of planning a start."""

    outcome: Outcome
    on: date
    protocol: Protocol
    protocol_sha256: str
    supply: Supply
    screening: Screening
    assessment: Assessment
    asking: Asking | None
    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...] = ()
    start: Limited | None = None
    regimen: Regimen | None = None
    would_be: Regimen | None = None
    alternatives: tuple[Alternative, ...] = ()
    ladder: tuple[Level, ...] = ()
    ladder_end: Reason | None = None  # why the ladder has no higher level
    monitoring: tuple[DueCheck, ...] = ()
    beside: tuple[Beside, ...] = ()
    conversions: tuple[tuple[Conversion, Dose, Dose], ...] = ()
    ends: date | None = None
    approval: InUse | None = None
    warnings: tuple[Finding, ...] = ()  # where the protocol departs from the literature

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.screening.findings, *_start_findings(self), *self.warnings)


def plan_case(case: Case, library: Library, on: date) -> Plan:
    """Assess, screen and plan in one go."""
    assessment = assess(case, library, on)
    return plan(assessment, screen(assessment, library), library)


def plan(assessment: Assessment, screening: Screening, library: Library) -> Plan:
    """Plan a start for the case of ``assessment``. Stops refuse first; then what is missing is asked; then a dose."""
    case, on = assessment.case, assessment.on
    protocol = _protocol(case, library)
    supply = supply_of(case.product, protocol, library)
    asking = asking_of(assessment, protocol, library)
    sha = library.protocol_sha256(protocol.id, protocol.version)
    draft = Plan(
        outcome=Outcome.REFUSED, on=on, protocol=protocol, protocol_sha256=sha, supply=supply, screening=screening,
        assessment=assessment, asking=asking, reasons=(), monitoring=baseline(assessment, library, screening.values),
        beside=tuple(_beside(protocol, assessment)), conversions=_conversions(protocol, assessment),
        warnings=tuple(protocol_warnings(protocol, library)), approval=library.in_use(protocol),
    )  # fmt: skip
    refusals = (
        *_refusals(assessment, screening, protocol, library),
        *hard_reasons(asking, _expected(asking, protocol, screening), protocol),
    )
    if refusals:
        return _with(draft, reasons=refusals)
    missing = tuple(_missing(assessment, screening, protocol, library, asking))
    if asking is None:
        return _with(draft, outcome=Outcome.UNDECIDED, missing=missing)
    start, regimen = _start(asking, protocol, supply, screening)
    if missing:
        return _with(draft, outcome=Outcome.UNDECIDED, missing=missing, would_be=regimen)
    refusal = _undeliverable(start, regimen, supply)
    if refusal or regimen is None:
        return _with(draft, start=start, reasons=refusal)
    return _proposed(draft, start, regimen, library)


def _with(draft: Plan, **changes: object) -> Plan:
    fields = {name: getattr(draft, name) for name in draft.__struct_fields__}
    return Plan(**{**fields, **changes})


def _proposed(draft: Plan, start: Limited, regimen: Regimen, library: Library) -> Plan:
    protocol, on = draft.protocol, draft.on
    ends = days_later(on, protocol.trial.plan_ends_after.value)
    share = exposure_share(draft.screening.limits)
    reduced = is_sensitive(protocol, draft.screening.limits, draft.screening.values)
    levels = ladder(regimen, on, protocol, draft.supply, share, reduced=reduced)
    days = tuple(level.earliest for level in levels)
    due = calendar(library, draft.screening.values, days, ends)
    why = _why_this_start(protocol, _normal(draft), regimen, library, draft.assessment)
    return _with(
        draft, outcome=Outcome.PROPOSED, start=start, regimen=regimen, reasons=(why, *start.limits),
        ladder=levels, ladder_end=ladder_end(levels, protocol, draft.supply, share, reduced=reduced),
        monitoring=(*draft.monitoring, *due), ends=ends, alternatives=_alternatives(regimen, draft.supply),
    )  # fmt: skip


def _why_this_start(
    protocol: Protocol, normal: Dose, regimen: Regimen, library: Library, assessment: Assessment
) -> Reason:
    """Where the start comes from, before limits."""
    rule = f"{protocol.id}@{protocol.version}/start"
    facts = {"normal": str(normal), "dose": str(regimen.dose), "times_per_day": str(regimen.times_per_day)}
    session = newest_session(assessment, library) if protocol.from_parenteral else None
    if session is not None:
        way = next(one for one in protocol.conversions if one.proposed)
        facts |= {"session": str(Dose.of(session.dose_24h)), "on": session.on.isoformat(), "share": str(way.share_from)}
        return Reason("start_from_session", f"{rule}/conversions/{way.id}", facts, way.source, way.status)
    basis = protocol.start.fixed or protocol.start.by_weight
    assert basis is not None
    facts["basis"] = str(basis.value)
    return Reason("start_by_protocol", rule, facts, basis.source, basis.status)


def _normal(draft: Plan) -> Dose:
    assert draft.asking is not None
    return draft.asking.normal


# The start


def _expected(asking: Asking | None, protocol: Protocol, screening: Screening) -> Dose:
    """The start that this person would be given if nobody asked for another."""
    if asking is None:
        return NO_DOSE
    return limited_start(asking.normal, asking.normal, protocol, screening.limits, screening.values).value


def _start(asking: Asking, protocol: Protocol, supply: Supply, screening: Screening) -> tuple[Limited, Regimen | None]:
    """The start after every limit, rounding to what exists being the last of them."""
    limited = limited_start(asking.dose, asking.normal, protocol, screening.limits, screening.values)
    start = protocol.start
    times = min(asking.times_per_day, start.times_per_day.value)
    days = min(asking.days_per_week, start.days_per_week.value)
    limited = structs.replace(limited, limits=(*_less_often(asking, protocol), *limited.limits))
    regimen = supply.regimen(limited.value, times, days)
    if regimen is None:
        return limited, None
    facts = {"product": supply.name, "from": str(limited.value), "to": str(regimen.dose)}
    part = supply.product.smallest_part
    why = Reason("rounded_down_to_pieces", f"products/{supply.product.id}", facts, part.source, part.status)
    return limited.at_most(regimen.dose, why), regimen


def _less_often(asking: Asking, protocol: Protocol) -> Iterator[Reason]:
    """A start more often than the protocol's own is cut down to it, and says so."""
    start, rule = protocol.start, f"{protocol.id}@{protocol.version}/start"
    for name, asked, most in (
        ("times_per_day", asking.times_per_day, start.times_per_day),
        ("days_per_week", asking.days_per_week, start.days_per_week),
    ):
        if not asked <= most.value:
            facts = {"what": name.replace("_", " "), "asked": str(asked), "cap": str(most.value)}
            yield Reason("start_less_often", f"{rule}/{name}", facts, most.source, most.status)


def _undeliverable(start: Limited, regimen: Regimen | None, supply: Supply) -> tuple[Reason, ...]:
    part, rule = supply.product.smallest_part, f"products/{supply.product.id}"
    if regimen is None:
        smallest = supply.dose_of(supply.smallest_part)
        facts = {"product": supply.name, "allowed": str(start.value), "smallest": str(smallest)}
        return (Reason("no_piece_small_enough", rule, facts, part.source, part.status), *start.limits)
    if supply.too_many(regimen.pieces):
        most = supply.product.most_pieces
        facts = {"product": supply.name, "pieces": str(regimen.pieces), "most": str(most.value)}
        return (Reason("too_many_pieces", rule, facts, most.source, most.status),)
    return ()


def _alternatives(regimen: Regimen, supply: Supply) -> tuple[Alternative, ...]:
    """Not to start, and a start of half, which the software never argues against."""
    half = supply.regimen(regimen.dose.times(Fraction(1, 2)), regimen.times_per_day, regimen.days_per_week)
    return (Alternative("hold", None), Alternative("lower", half))


def _beside(protocol: Protocol, assessment: Assessment) -> Iterator[Beside]:
    """The start by weight beside the fixed one, or the other way round."""
    other = protocol.start.shown_beside
    if other is None:
        return
    weight = assessment.facts.get("weight")
    rule = f"{protocol.id}@{protocol.version}/start/shown_beside"
    if other.value.dimension == "drug mass":
        yield Beside(Dose.of(other.value), rule, other.source, other.status)
    elif weight is not None and isinstance(weight.value, Quantity):
        yield Beside(Dose.per_kg(other.value.value, weight.value.value), rule, other.source, other.status)


def _conversions(protocol: Protocol, assessment: Assessment) -> tuple[tuple[Conversion, Dose, Dose], ...]:
    """Every published way from the newest clinic session to a daily oral dose: lowest and highest of each."""
    newest = newest_of(assessment.case.given.parenteral)
    if newest is None:
        return ()
    given = Dose.of(newest.dose_24h)
    return tuple((one, _share(given, one.share_from), _share(given, one.share_to)) for one in protocol.conversions)


def _share(dose: Dose, per_cent: Quantity) -> Dose:
    return dose.times(Fraction(per_cent.value) / 100)


# Refusing and asking


def _protocol(case: Case, library: Library) -> Protocol:
    if case.protocol in library.protocols:
        return library.protocols[case.protocol]
    raise CaseFileError(
        "protocol",
        f"{case.protocol[:40]!r} is not a protocol that this clinic has: {', '.join(sorted(library.protocols))}."
        f"{did_you_mean(case.protocol, library.protocols)}",
        "Without a protocol there is no bound, and without a bound there is no dose.",
        "Choose one of these.",
    )


def _refusals(assessment: Assessment, screening: Screening, protocol: Protocol, library: Library) -> Iterator[Reason]:
    """Whatever forbids a start now, whatever else is known or missing."""
    rule = f"{protocol.id}@{protocol.version}"
    if not screening.ledger.complete:
        facts = {"failed": "; ".join(screening.ledger.faults)}
        yield Reason("check_failed", "screen/ledger", facts, "titrant-proposal", Status.PROPOSAL)
    for finding in screening.barred(Bar.REFUSES):
        yield Reason(finding.code, finding.rule, finding.facts, finding.source, finding.status)
    approval = library.in_use(protocol)
    if protocol.status is not ProtocolStanding.IN_USE or approval is None or not approval.on <= assessment.on:
        yield Reason("protocol_not_in_use", rule, {"protocol": rule, "standing": protocol.status.value})
    if not assessment.on <= protocol.next_review:
        yield Reason("knowledge_past_review", rule, {"file": rule, "review": protocol.next_review.isoformat()})
    for path in library.past_review(assessment.on, KNOWLEDGE_NEEDED):
        yield Reason("knowledge_past_review", path, {"file": path, "review": str(library.trees[path]["next_review"])})
    if any(session.on == assessment.on for session in assessment.case.given.parenteral):
        # One team, one record: a clinic session and a home dose on one day add up, whichever came first.
        yield Reason(
            "clinic_session_same_day", rule, {"on": assessment.on.isoformat()}, "titrant-proposal", Status.PROPOSAL
        )
    if assessment.case.given.course.levels:
        since = assessment.case.given.course.levels[-1].since
        yield Reason("course_already_running", "plan", {"since": since.isoformat()})


def _missing(
    assessment: Assessment, screening: Screening, protocol: Protocol, library: Library, asking: Asking | None
) -> Iterator[Missing]:
    said = {one.fact for one in screening.missing}
    yield from screening.missing
    for one in missing_baseline(assessment, library, screening.values, said.copy()):
        if one.fact not in said:
            said.add(one.fact)
            yield one
    for name in unknown_reductions(protocol, screening.values):
        if name not in said:
            said.add(name)
            yield Missing(name, "start_depends_on_it", {"label": library.facts[name].label})
    if protocol.explicit_choice and not _chosen(assessment):
        yield Missing("choice", "protocol_needs_explicit_choice", {"protocol": protocol.title})
    if assessment.case.given.course.supplies and not assessment.case.given.course.levels:
        yield Missing("course", "supplies_without_levels")
    if protocol.start.by_weight is not None and "bmi" not in assessment.facts and "height" not in said:
        yield Missing("height", "height_needed_for_weight")
    if asking is None:
        fact = "parenteral" if protocol.from_parenteral else "weight"
        if fact not in said:
            yield Missing(fact, f"start_needs_{fact}")


def _chosen(assessment: Assessment) -> bool:
    """A choice has a reason, a person and a day that has come."""
    choice = assessment.case.choice
    return choice is not None and bool(choice.reason.strip() and choice.by.strip()) and choice.on <= assessment.on


def protocol_warnings(protocol: Protocol, library: Library) -> Iterator[Finding]:
    """Where the articles and the literature disagree, as far as it touches this protocol."""
    grade = Severity.CAUTION if protocol.explicit_choice else Severity.NOTE
    for name in protocol.warnings:
        one = library.disagreements.disagreements[name]
        rule = f"{protocol.id}@{protocol.version}/warnings"
        yield Finding(name, grade, Bar.NONE, rule, {}, ", ".join(one.sources), one.status)


def _start_findings(plan: Plan) -> Iterator[Finding]:
    """What the protocol says aloud of the first dose."""
    protocol, regimen = plan.protocol, plan.regimen or plan.would_be
    rule, warn, observed = (
        f"{protocol.id}@{protocol.version}/start",
        protocol.start.warn_at,
        protocol.start.first_dose_observed,
    )
    if regimen is None:
        return
    if Dose.of(warn.value) <= regimen.dose:
        facts = {"dose": str(regimen.dose), "warn_at": str(warn.value)}
        where = f"{rule}/warn_at"
        yield Finding("start_draws_warning", Severity.CAUTION, Bar.NONE, where, facts, warn.source, warn.status)
    if observed.value:
        where = f"{rule}/first_dose_observed"
        yield Finding("first_dose_observed", Severity.NOTE, Bar.NONE, where, {}, observed.source, observed.status)
