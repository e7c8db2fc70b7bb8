"""Step 2 of 10, screen: from facts to graded findings, and to the questions that are still open.

Takes an assessment and the knowledge. Gives a screening: every finding with its grade, rule, facts and source, what is
missing, and a ledger of the checks that were expected and of those that ran. Unequal ledgers mean: nothing is proposed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from titrant.knowledge.drugs import plain_name
from titrant.knowledge.judging import Value, judge, unknown_facts
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.common import Band, DoseLimit, Rule
from titrant.knowledge.shapes.conditions import Condition, ConditionState, StateRule
from titrant.knowledge.shapes.interactions import Counts
from titrant.pathway.allergies import looks_like_ketamine, plain_letters
from titrant.pathway.assess import Assessment, Known, TakenDrug, missing_facts
from titrant.pathway.case import ConditionAnswer, Review
from titrant.pathway.interacting import Interacting, counted, interactions_of, longest_persistence, vouched_by_group
from titrant.terms.calendar import whole_days
from titrant.terms.dose import Dose
from titrant.terms.quantity import Quantity
from titrant.terms.reason import Bar, Facts, Finding, Missing, Severity, Status

# What bars a dose is read first.
_ORDER = {
    severity: place
    for place, severity in enumerate(
        (Severity.STOP, Severity.SPECIALIST, Severity.NOT_CHECKED, Severity.CAUTION, Severity.NOTE)
    )
}


class StartLimit(Struct, frozen=True):
    """A finding lowers the start: by which rule, and how."""

    code: str
    limit: DoseLimit
    rule: str
    facts: Facts
    source: str
    status: Status
    multiplies: bool = False  # exposure changes of this kind come on top of one another


class Ledger(Struct, frozen=True):
    """The checks that had to run, and those that did."""

    expected: tuple[str, ...]
    completed: tuple[str, ...]
    failed: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return not self.failed and set(self.expected) == set(self.completed)

    @property
    def faults(self) -> tuple[str, ...]:
        """Which checks failed or never ran, and which ran though nothing expects them; empty where all is well."""
        told = {one.partition(":")[0] for one in self.failed}
        unrun = sorted(set(self.expected) - set(self.completed) - told)
        unknown = sorted(set(self.completed) - set(self.expected))
        return (*self.failed, *(f"{name}: did not run" for name in unrun), *(f"{name}: unknown" for name in unknown))


class Screening(Struct, frozen=True):
    """What was found, what limits a start, what is missing, and whether every check ran."""

    findings: tuple[Finding, ...]
    limits: tuple[StartLimit, ...]
    missing: tuple[Missing, ...]
    interacting: tuple[Interacting, ...]
    values: dict[str, Value]  # the assessment's facts with what the screen worked out
    ledger: Ledger

    def barred(self, bar: Bar) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.bar is bar)


class Found(Struct):
    """What the checks collect while they run."""

    findings: list[Finding]
    limits: list[StartLimit]
    missing: list[Missing]


def screen(assessment: Assessment, library: Library) -> Screening:
    """Run every check of the knowledge on ``assessment``."""
    interacting = tuple(one for drug in assessment.drugs for one in interactions_of(drug, library, assessment.on))
    values = {
        **assessment.values,
        **_counts(interacting),
        **_states(assessment, library),
        **_taking(interacting, library),
    }
    checks = _checks(assessment, library, interacting, values)
    found, ledger = _run(checks, _expected(assessment, library))
    found.missing += [*assessment.missing, *missing_facts(assessment, library, values)]
    settled = _settle(found, assessment, library)
    ordered = sorted(settled, key=lambda one: (_ORDER[one.severity], one.code, sorted(one.facts.items())))
    missing = sorted(dict.fromkeys(_key(one) for one in found.missing))
    return Screening(
        tuple(ordered),
        tuple(sorted(found.limits, key=lambda one: (one.code, sorted(one.facts.items())))),
        tuple(Missing(fact, why, dict(facts)) for fact, why, facts in missing),
        interacting,
        values,
        ledger,
    )


def _key(one: Missing) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return one.fact, one.why, tuple(sorted(one.facts.items()))


# The ledger

Check = Callable[[Found], None]


def _checks(
    assessment: Assessment, library: Library, interacting: tuple[Interacting, ...], values: dict[str, Value]
) -> dict[str, Check]:
    """Every check by name: one for each condition, each monitoring row, each drug, each combination."""
    checks: dict[str, Check] = {}
    for name, condition in library.conditions.items():
        checks[f"condition {name}"] = _condition_check(condition, assessment, values)
    for name, row in library.checks.items():
        checks[f"monitoring {name}"] = _bands_check(f"monitoring/{name}", row.thresholds, assessment, values)
    for place, drug in enumerate(assessment.drugs):
        own = tuple(one for one in interacting if one.drug is drug)
        checks[f"drug {place} {drug.name}"] = _drug_check(drug, own, assessment, library)
    for name, combination in library.combinations.items():
        parts = [counted(interacting, part) for part in combination.parts]
        checks[f"combination {name}"] = _combination_check(name, combination.rule, parts)
    checks["clinic sessions"] = _session_check(assessment, library)
    checks["allergies"] = _allergy_check(assessment)
    checks["opioid load"] = _opioid_load_check(library, values, interacting)
    for name, kind in library.facts.items():
        if kind.must_be:
            checks[f"agreement {name}"] = _agreement_check(name, kind.must_be, kind.label, assessment)
    return checks


def _expected(assessment: Assessment, library: Library) -> tuple[str, ...]:
    """The names of the checks that must run, told from the tables themselves and not from the list of what will run.

    A table that is empty is a table that is gone: its own name is expected, and no check answers to it.
    """
    tables: dict[str, Mapping[str, object]] = {
        "condition": library.conditions,
        "monitoring": library.checks,
        "combination": library.combinations,
    }
    named = [f"{kind} {name}" for kind, table in tables.items() for name in table]
    named += [f"drug {place} {drug.name}" for place, drug in enumerate(assessment.drugs)]
    named += [f"agreement {name}" for name, kind in library.facts.items() if kind.must_be]
    tables["interaction"] = library.interactions
    gone = [f"table {kind}" for kind, table in tables.items() if not table]
    return (*named, *gone, "clinic sessions", "allergies", "opioid load")


def _run(checks: dict[str, Check], expected: tuple[str, ...]) -> tuple[Found, Ledger]:
    """Run them all. One that fails is written down as failed, and then nothing is proposed; it is never skipped."""
    found = Found([], [], [])
    completed, failed = [], []
    for name, check in checks.items():
        try:
            check(found)
            completed.append(name)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a check must end in a refusal
            failed.append(f"{name}: {type(error).__name__}")
    return found, Ledger(expected, tuple(completed), tuple(failed))


# Conditions


def _condition_check(condition: Condition, assessment: Assessment, values: dict[str, Value]) -> Check:
    def check(found: Found) -> None:
        answer = assessment.conditions.get(condition.id)
        facts = {"condition": condition.title, "ask": condition.ask}
        if answer is not None and answer.state not in (ConditionState.NO, ConditionState.UNKNOWN):
            _judge_state(condition, answer, assessment, found)
        elif _must_be_asked(condition, answer, values):
            found.missing.append(Missing(condition.id, "condition_not_answered", facts))
        elif condition.ask and answer is not None and condition.id in assessment.stale_conditions:
            found.missing.append(Missing(condition.id, "condition_answer_too_old", {**facts, "on": str(answer.on)}))
        judge_bands(f"conditions/{condition.id}", condition.bands, assessment, values, found)

    return check


def _must_be_asked(condition: Condition, answer: ConditionAnswer | None, values: dict[str, Value]) -> bool:
    if not condition.ask:
        return answer is not None and answer.state is ConditionState.UNKNOWN
    if answer is not None and answer.state is ConditionState.NO:
        return False
    # A question that is put only to some is put whenever it cannot be told whether it applies.
    return condition.ask_when is None or judge(condition.ask_when, values) is not False


def _judge_state(condition: Condition, answer: ConditionAnswer, assessment: Assessment, found: Found) -> None:
    applying = [rule for rule in condition.rules if _applies(rule, answer, assessment)]
    facts = {"condition": condition.title, "state": answer.state.value}
    if answer.grade:
        facts["grade"] = answer.grade
    if answer.since:
        facts["since"] = answer.since.isoformat()
    if not applying and condition.rules:
        # A state that no rule names is not thereby harmless.
        found.missing.append(Missing(condition.id, "condition_state_not_covered", facts))
    for rule in applying:
        _add(found, rule, f"conditions/{condition.id}", facts, multiplies=False)


def _applies(rule: StateRule, answer: ConditionAnswer, assessment: Assessment) -> bool:
    if answer.state not in rule.states:
        return False
    if rule.grades and answer.grade and answer.grade not in rule.grades:
        return False
    if rule.within_days is None or answer.since is None:
        return True
    return (assessment.on - answer.since).days <= rule.within_days


# Measured bands


def _bands_check(place: str, bands: tuple[Band, ...], assessment: Assessment, values: dict[str, Value]) -> Check:
    return lambda found: judge_bands(place, bands, assessment, values, found)


def judge_bands(
    place: str, bands: tuple[Band, ...], assessment: Assessment, values: dict[str, Value], found: Found
) -> None:
    """Bands that speak of the same facts run from grave to mild: the first that applies is the finding."""
    said: set[tuple[str, ...]] = set()
    for band in bands:
        verdict = judge(band.when, values)
        if verdict is None and not unknown_facts(band.when, values):
            raise RuntimeError(f"{band.code} gave no answer although everything it asks for is known")
        if verdict is not True:
            continue
        names = tuple(sorted(set(band.when.facts())))
        if names in said:
            continue
        said.add(names)
        facts = {name: str(values[name]) for name in names if name in values}
        known: Iterable[Known] = (assessment.facts[name] for name in names if name in assessment.facts)
        days = [one.on for one in known if one.on]
        if days:
            facts["on"] = max(days).isoformat()
        _add(found, band, place, facts, multiplies=place.startswith("conditions/"))


# Drugs


def _drug_check(drug: TakenDrug, own: tuple[Interacting, ...], assessment: Assessment, library: Library) -> Check:
    def check(found: Found) -> None:
        if drug.match is None and vouched_by_group(own) and not drug.conflicting:
            facts = {"drug": drug.name, "atc": drug.medication.atc}
            found.findings.append(
                Finding("drug_known_by_class", Severity.NOTE, Bar.NONE, "interactions", facts, "drug-table")
            )
        elif drug.match is None:
            _not_recognised(drug, assessment, library, found)
        for one in own:
            facts = {"drug": drug.name}
            if drug.medication.since:
                facts["since"] = drug.medication.since.isoformat()
            if drug.match and drug.match.how != "name":
                facts |= {"written": drug.medication.name, "recognised": drug.match.how}
            if one.recheck_on:
                facts |= {"stopped": str(drug.medication.until), "recheck_on": one.recheck_on.isoformat()}
            inducer = Counts.INDUCER in one.interaction.counts
            place = f"interactions/{one.interaction.id}"
            _add(found, one.interaction.rule, place, facts, multiplies=True, limited=not inducer)
            if one.recheck_on:
                found.findings.append(_recheck(one, facts, place))

    return check


def _recheck(one: Interacting, facts: Facts, place: str) -> Finding:
    persists = one.interaction.persists
    assert persists is not None
    facts = {**facts, "advice": persists.recheck}
    return Finding("recheck_after_stopping", Severity.CAUTION, Bar.NONE, place, facts, persists.source, persists.status)


def _not_recognised(drug: TakenDrug, assessment: Assessment, library: Library, found: Found) -> None:
    facts = {"drug": drug.medication.name}
    by_hand = drug.medication.checked_by_hand
    if drug.conflicting:
        found.findings.append(_not_checked("drug_identity_conflicting", facts, Bar.UNTIL_SETTLED))
    elif by_hand is not None and by_hand.by.strip() and _hand_check_holds(drug, assessment, library):
        facts |= {"by": by_hand.by, "on": by_hand.on.isoformat(), "as": ", ".join(by_hand.treat_as) or "no interaction"}
        found.findings.append(
            Finding("drug_checked_by_hand", Severity.NOTE, Bar.NONE, "interactions", facts, "case", Status.SOURCED)
        )
    elif drug.taken_on(assessment.on):
        found.findings.append(_not_checked("drug_not_checked", facts, Bar.UNTIL_SETTLED))
    else:
        until = drug.medication.until
        lately = until is None or (assessment.on - until).days <= longest_persistence(library)
        bar = Bar.UNTIL_SETTLED if lately else Bar.NONE
        found.findings.append(_not_checked("stopped_drug_not_checked", {**facts, "stopped": str(until)}, bar))


def _hand_check_holds(drug: TakenDrug, assessment: Assessment, library: Library) -> bool:
    """A check by hand speaks of the drug as it is taken now: not of long ago, and not of before it was begun."""
    by_hand, since = drug.medication.checked_by_hand, drug.medication.since
    if by_hand is None or (since is not None and by_hand.on < since):
        return False
    return 0 <= (assessment.on - by_hand.on).days <= _review_holds(library)


def _not_checked(code: str, facts: Facts, bar: Bar) -> Finding:
    return Finding(code, Severity.NOT_CHECKED, bar, "interactions", facts, "drug-table", Status.SOURCED)


def _combination_check(name: str, rule: Rule, parts: list[tuple[str, ...]]) -> Check:
    def check(found: Found) -> None:
        if all(parts):
            drugs = ", ".join(sorted({drug for part in parts for drug in part}))
            _add(found, rule, f"combinations/{name}", {"drugs": drugs}, multiplies=False)

    return check


def _session_check(assessment: Assessment, library: Library) -> Check:
    """A clinic session that was not tolerated, recent enough to tell, is looked at before any home dose.

    So is one with severe dissociation, whatever was said of it: severe dissociation stops a course at home.
    """
    holds = library.facts["parenteral_session"].holds

    def check(found: Found) -> None:
        for one in assessment.case.given.parenteral:
            recent = holds is not None and (assessment.on - one.on).days <= whole_days(holds.value)
            code = "session_not_tolerated" if one.tolerated == "no" else ""
            if not code and one.dissociation == "severe":
                code = "session_severe_dissociation"
            if recent and code:
                facts = {"dose": str(Dose.of(one.dose_24h)), "on": one.on.isoformat()}
                bar, source = Bar.UNTIL_SETTLED, "titrant-proposal"
                found.findings.append(Finding(code, Severity.SPECIALIST, bar, "case", facts, source, Status.PROPOSAL))

    return check


def _allergy_check(assessment: Assessment) -> Check:
    """Every allergy is shown; one that may be a misspelt ketamine waits until somebody has looked."""

    def check(found: Found) -> None:
        listed = assessment.case.given.allergies
        for one in listed.allergies if listed else ():
            facts = {"substance": one.substance}
            words = plain_letters(f"{one.substance} {one.reaction}")
            near = not words.isascii() or any(looks_like_ketamine(word) for word in words.split())
            if near and "hypersensitivity" not in assessment.conditions_from_allergies:
                found.findings.append(_not_checked("allergy_may_be_ketamine", facts, Bar.UNTIL_SETTLED))
            else:
                found.findings.append(Finding("allergy_listed", Severity.NOTE, Bar.NONE, "case", facts, "case"))

    return check


def _opioid_load_check(library: Library, values: dict[str, Value], interacting: tuple[Interacting, ...]) -> Check:
    def check(found: Found) -> None:
        load, opioids, believable = values["mme"], library.opioids, library.facts["mme"].plausible
        if believable is not None and isinstance(load, Quantity) and not load.value <= believable.hi.value:
            found.missing.append(Missing("mme", "opioid_load_not_believable", {"load": str(load)}))
        for one in interacting:
            # An opioid that only its group or a pharmacist's word makes one has no factor: the load is incomplete.
            if Counts.OPIOID in one.interaction.counts and one.drug.match is None and one.recheck_on is None:
                found.missing.append(Missing("mme", "dose_of_opioid_unknown", {"drug": one.drug.name}))
            elif Counts.OPIOID in one.interaction.counts and one.drug.medication.checked_by_hand:
                facts = {"drug": one.drug.name}
                note = Finding("opioid_load_by_hand", Severity.NOTE, Bar.NONE, f"opioids/{opioids.id}", facts, "case")
                found.findings.append(note)
        for code, bound in (("opioid_load_high", opioids.high_at), ("opioid_load", opioids.caution_at)):
            if isinstance(load, Quantity) and bound.value.value <= load.value:
                facts = {"load": str(load), "bound": str(bound.value)}
                rule = f"opioids/{opioids.id}"
                found.findings.append(
                    Finding(code, Severity.CAUTION, Bar.NONE, rule, facts, bound.source, bound.status)
                )
                return
        if isinstance(load, Quantity) and load.value > 0:
            source, status = opioids.caution_at.source, opioids.caution_at.status
            facts, rule = {"load": str(load)}, f"opioids/{opioids.id}"
            found.findings.append(Finding("opioid_load_counted", Severity.NOTE, Bar.NONE, rule, facts, source, status))

    return check


def _agreement_check(name: str, must_be: str, label: str, assessment: Assessment) -> Check:
    def check(found: Found) -> None:
        known = assessment.facts.get(name)
        if known is not None and known.value != must_be and name != "failed_treatment_documented":
            facts = {"label": label, "answer": str(known.value), "needed": must_be}
            found.findings.append(
                Finding(
                    f"needed_{name}", Severity.STOP, Bar.REFUSES, "facts", facts, "titrant-proposal", Status.PROPOSAL
                )
            )

    return check


def _counts(interacting: tuple[Interacting, ...]) -> dict[str, Value]:
    return {f"{kind.value}s": Quantity(Decimal(len(counted(interacting, kind))), "times") for kind in Counts}


def _states(assessment: Assessment, library: Library) -> dict[str, Value]:
    """How conditions stand, for rules that depend on them: ``condition.heart_failure`` is active.

    What nobody is asked about counts only where a record shows it; what is asked stays open until it is answered.
    """
    unasked: dict[str, Value] = {f"condition.{name}": "no" for name, one in library.conditions.items() if not one.ask}
    return unasked | {f"condition.{name}": one.state.value for name, one in assessment.conditions.items()}


def _taking(interacting: tuple[Interacting, ...], library: Library) -> dict[str, Value]:
    """Which interactions are at work, for rules that depend on them: ``taking.methadone`` is yes."""
    at_work = {one.interaction.id for one in interacting}
    return {f"taking.{name}": "yes" if name in at_work else "no" for name in library.interactions}


def _add(found: Found, rule: Rule, place: str, facts: Facts, *, multiplies: bool, limited: bool = True) -> None:
    found.findings.append(Finding(rule.code, rule.severity, rule.bars, place, facts, rule.source, rule.status))
    if rule.limit is not None and limited:
        found.limits.append(StartLimit(rule.code, rule.limit, place, facts, rule.source, rule.status, multiplies))


# Reviews by colleagues


def _settle(found: Found, assessment: Assessment, library: Library) -> Iterator[Finding]:
    """Findings after the reviews of the case, and in ``found.missing`` what is not settled."""
    open_ones = tuple(finding for finding in found.findings if finding.bar is Bar.UNTIL_SETTLED)
    yield from _forbidden(assessment, _review_holds(library), open_ones)
    for finding in found.findings:
        if finding.bar is not Bar.UNTIL_SETTLED:
            yield finding
            continue
        drugs = _drugs_sharing(finding, open_ones)
        review = review_of(finding, assessment, library, alone=len(drugs) < 2)
        if review is None:
            shared = len(drugs) > 1 and review_of(finding, assessment, library, alone=True) is not None
            why = "settle_each_drug" if shared else f"settle_{finding.severity.value}"
            facts = {**finding.facts, "drugs": ", ".join(drugs)} if shared else finding.facts
            found.missing.append(Missing(finding.code, why, facts))
            yield finding
        else:
            yield _reviewed(finding, review)


def _drugs_sharing(finding: Finding, open_ones: tuple[Finding, ...]) -> list[str]:
    """The drugs of which the same is found; an opinion on one of them says nothing of the others."""
    return sorted({one.facts["drug"] for one in open_ones if one.code == finding.code and "drug" in one.facts})


def _speaks_of(review: Review, finding: Finding) -> bool:
    """Whether the review is of this finding, and of its drug if it names one."""
    names = {plain_name(finding.facts[name]) for name in ("drug", "written") if name in finding.facts}
    return review.of == finding.code and (not review.drug or plain_name(review.drug) in names)


def review_of(finding: Finding, assessment: Assessment, library: Library, *, alone: bool) -> Review | None:
    """The newest review of a specialist finding. Only such findings can be settled by an opinion.

    Where several drugs share the finding, only a review that names the drug lets it pass; a refusal holds for all.
    """
    if finding.severity is not Severity.SPECIALIST:
        return None
    longest = _review_holds(library)
    own = [
        review
        for review in assessment.case.given.reviews
        if _speaks_of(review, finding)
        and (alone or review.drug or review.says == "must_not_start")
        and review.by.strip()
        and 0 <= (assessment.on - review.on).days <= longest
        and all(finding.facts.get(day, "") <= review.on.isoformat() for day in ("on", "since"))
    ]
    # On the same day the refusing opinion counts.
    return max(own, key=lambda review: (review.on, review.says == "must_not_start")) if own else None


def _review_holds(library: Library) -> int:
    holds = library.facts["specialist_review"].holds
    return whole_days(holds.value) if holds else 0


def _forbidden(assessment: Assessment, longest: int, open_ones: tuple[Finding, ...]) -> Iterator[Finding]:
    """A colleague's "must not start" refuses, also where it names nothing that was found today."""
    for review in assessment.case.given.reviews:
        if any(_speaks_of(review, finding) for finding in open_ones):
            continue
        if review.says == "must_not_start" and 0 <= (assessment.on - review.on).days <= longest:
            facts = {"of": review.of, "by": review.by, "on": review.on.isoformat()}
            yield Finding("colleague_says_no", Severity.STOP, Bar.REFUSES, "case", facts, "case")


def _reviewed(finding: Finding, review: Review) -> Finding:
    facts = {**finding.facts, "reviewed_by": review.by, "reviewed_on": review.on.isoformat(), "says": review.says}
    bar = Bar.NONE if review.says == "may_start" else Bar.REFUSES
    severity = finding.severity if bar is Bar.NONE else Severity.STOP
    return Finding(finding.code, severity, bar, finding.rule, facts, finding.source, finding.status)
