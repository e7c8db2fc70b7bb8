"""What the desk says of a running course to people: the answer first, then why, then what was looked at."""

from collections.abc import Iterator
from decimal import Decimal

from titrant.clinic.following import Followed
from titrant.clinic.model import LEFT_OUT, ModelSays
from titrant.clinic.saying_following import measured_in, not_chosen_text, said
from titrant.clinic.saying_model import model_lines
from titrant.explain.amounts import regimen_text
from titrant.explain.pages import bullet, heading, page, paragraph, table
from titrant.explain.words import Words
from titrant.pathway.adjust import Adjustment
from titrant.pathway.checks_due import State
from titrant.pathway.plan import Outcome
from titrant.pathway.review import Benefit, Review
from titrant.pathway.severe import named
from titrant.terms.numbers import plain
from titrant.terms.reason import Severity, Status

_WORDS = {
    "stop": "STOP", "pause": "PAUSE: no dose until a prescriber has looked", "lower": "LOWER", "hold": "HOLD",
    "raise": "RAISE by one step", "step_down_trial": "TRY LESS: a planned trial",
}  # fmt: skip
_MARKS = "Marks: [proposal] a choice of this project, with its reasoning; [unverified] not checked against a source."


def adjustment_page(decided: Adjustment, words: Words, clinic: str, followed: Followed | None = None) -> str:
    """The whole adjustment for a prescriber."""
    found = decided.review
    protocol = found.protocol
    standing = (
        f"Protocol {protocol.id} version {protocol.version} ({protocol.status.value}; content "
        f"{found.protocol_sha256[:12]}). {clinic} Decided for {found.on}."
    )
    lines = [paragraph(found.case.scenario), paragraph(standing), *_answer(decided), *notes_lines(found)]
    lines += [heading("Why"), *(_cited(said(one, words), one.source, one.status) for one in decided.reasons)]
    if decided.missing:
        lines += [
            heading("Still open"),
            *(
                bullet(f"{words.label(one.fact, one.facts)}: {words.say(one.why, one.facts)}")
                for one in decided.missing
            ),
        ]
    lines += model_lines(followed.model, words, followed.by_rules) if followed else ()
    lines += [*_findings(decided, words), *_taper(decided), *_instead(decided), *_not_chosen(decided, words)]
    return page(headline(decided), [*lines, *review_lines(found, words), "", _MARKS])


def headline(decided: Adjustment) -> str:
    """The answer in one sentence."""
    if decided.outcome is Outcome.REFUSED:
        return "NO PROPOSAL: decide by hand"
    if decided.outcome is Outcome.UNDECIDED:
        number = len(decided.missing)
        return f"UNDECIDED: {number} answer{'' if number == 1 else 's'} still open, no dose is proposed"
    assert decided.action is not None
    first = "by a taper that begins with " if decided.taper else ""
    dose = f", {first}{decided.regimen.dose} in each dose" if decided.regimen else ""
    return f"PROPOSED for signature: {_WORDS[decided.action.value]}{dose}"


def _answer(decided: Adjustment) -> Iterator[str]:
    yield heading("Regimen")
    yield bullet(f"Signed now: {regimen_text(decided.review.level.regimen)}.")
    if decided.regimen is not None:
        yield bullet(f"Proposed: {regimen_text(decided.regimen)}.")
    elif decided.would_be is not None and decided.would_do is not None:
        yield bullet(
            f"NOT A PROPOSAL. If every open answer were reassuring: {decided.would_do.value.replace('_', ' ')}, "
            f"{regimen_text(decided.would_be)}."
        )
    else:
        yield bullet("Proposed: no dose." if decided.outcome is Outcome.PROPOSED else "Proposed: no number.")
    if decided.call:
        yield bullet("CALL the person now.", "!")
    if decided.review.notes:
        yield bullet("READ what the person wrote, below, before anything is signed.", "!")
    yield bullet(f"Next review by {decided.next_review}.")


def _cited(text: str, source: str, status: Status) -> str:
    return bullet(f"{text} ({source}{status.mark})" if source else text)


def _findings(decided: Adjustment, words: Words) -> Iterator[str]:
    """What was found; notes on the protocol itself were read in full with the plan, and are named in one line."""
    if decided.findings:
        yield heading("Findings")
    standing = [one for one in decided.warnings if one.severity is Severity.NOTE]
    for one in decided.findings:
        if one not in standing:
            name = one.severity.value.replace("_", " ")
            mark = name if one.severity is Severity.NOTE else name.upper()
            yield bullet(f"{words.say(one.code, one.facts)} ({one.source}{one.status.mark})", f"{mark:<11}")
    if standing:
        codes = ", ".join(one.code for one in standing)
        yield bullet(
            f"Where web articles and the literature disagree, as told with the plan: {codes}.", f"{'note':<11}"
        )


def _taper(decided: Adjustment) -> Iterator[str]:
    if decided.taper:
        yield heading("Taper (taken for more than the time that needs one; one signature is over all its steps)")
        for one in decided.taper:
            dose = str(one.regimen.dose) if one.regimen else "none"
            yield bullet(f"from {one.earliest}, at the latest {one.latest}: {dose}")


def _instead(decided: Adjustment) -> Iterator[str]:
    yield heading("Instead")
    for one in decided.alternatives:
        yield bullet(f"{one.action}: {regimen_text(one.regimen) if one.regimen else 'no dose'}")


def _not_chosen(decided: Adjustment, words: Words) -> Iterator[str]:
    yield heading("Not chosen, and why")
    yield from (bullet(f"{actions}: {because}") for actions, because in not_chosen_lines(decided, words))


def not_chosen_lines(decided: Adjustment, words: Words) -> list[tuple[str, str]]:
    """Actions with the same answer share a line; what stands under "Why" is not said twice."""
    above = {one.code for one in decided.reasons}
    texts = not_chosen_text(decided, words)
    actions_of: dict[str, list[str]] = {}
    for action, codes in decided.not_chosen.items():
        own = [text for code, text in zip(codes, texts[action], strict=True) if code not in above]
        because = " ".join((["for the reasons above."] if len(own) < len(codes) else []) + own)
        actions_of.setdefault(because, []).append(action.replace("_", " "))
    return [(", ".join(actions), f"{because[:1].lower()}{because[1:]}") for because, actions in actions_of.items()]


def review_page(found: Review, words: Words, model: ModelSays = LEFT_OUT) -> str:
    lines = [
        paragraph(found.case.scenario),
        *notes_lines(found),
        *model_lines(model, words),
        *review_lines(found, words),
    ]
    return page(f"REVIEWED for {found.on}", lines)


def notes_lines(found: Review) -> Iterator[str]:
    """The person's own words since the last signature, for the prescriber to read: no rule has read them."""
    if found.notes:
        yield heading("READ: in the person's own words (not read by the program)")
    for one in found.notes:
        yield bullet(f'{one.on}: "{one.text}"', "!")


def review_lines(found: Review, words: Words) -> Iterator[str]:
    yield from _benefit_lines(found)
    yield from _step_lines(found)
    yield from _harm_lines(found, words)
    yield from _taken_lines(found)
    yield from _check_lines(found)
    yield from _left_out_lines(found)


def _number(value: Decimal | None, unit: str = "") -> str:
    return "not known" if value is None else f"{plain(value)}{unit}"


def _now(one: Benefit) -> str:
    late = one.week_mean_all
    return _number(one.week_mean) + ("" if late == one.week_mean else f" (with late entries {_number(late)})")


def _fall(one: Benefit) -> str:
    if one.fall is None:
        return "not known"
    return f"{plain(one.fall)} {'point' if one.fall == 1 else 'points'}, {_number(one.fall_percent, ' %')}"


def _yes(value: bool | None) -> str:
    return "not known" if value is None else "yes" if value else "no"


def _benefit_lines(found: Review) -> Iterator[str]:
    one, data = found.benefit, found.data
    yield heading(f"Benefit ({found.span.first} to {found.span.last}; {found.phase.value})")
    yield from table([
        ("pain before", _number(one.baseline)),
        ("pain now, mean", _now(one)),
        ("fall", _fall(one)),
        ("aim of the trial met", _yes(one.met)),
        ("fall in PEG", _number(one.peg_percent, " %")),
        ("own activity done", f"{one.activity_done} of {one.activity_days} days"),
        ("own view of change (1 best)", _number(one.pgic)),
        ("responder", _yes(one.responder)),
        ("days with an entry in time", f"{data.days_in_time}, {data.days_needed} needed; late: {data.days_late}"),
    ])  # fmt: skip


def _step_lines(found: Review) -> Iterator[str]:
    if found.steps:
        yield heading("After each step, against the own swing")
    for one in found.steps:
        change = one.change
        text = (
            "too few days to tell"
            if change is None
            else f"pain fell by {plain(change.fall)} (interval {plain(change.lo)} to {plain(change.hi)})"
            f"{'' if change.clear else ': within the own swing'}"
        )
        yield bullet(f"{one.on}: {one.before.dose} to {one.after.dose}: {text}")


def _harm_lines(found: Review, words: Words) -> Iterator[str]:
    harm = found.harm
    yield heading("Harm")
    worst = None if harm.counting is None else [(name, one) for name, one in harm.counting.items() if one.grade]
    text = (
        "NOT ASKED" if worst is None else ", ".join(f"{name} {one.grade} on {one.on}" for name, one in worst) or "none"
    )
    yield bullet(f"Worst of the last days, and severe ones that nobody has signed after (0 to 4): {text}.")
    severe = named(found.severe)
    yield bullet(f"Severe harm earlier in this course: {severe or 'none that is recorded'}.", "!" if severe else "-")
    yield bullet(f"Mean grade at this level {_number(harm.mean_now)}, at the one before {_number(harm.mean_before)}.")
    yield bullet(f"Highest pressure since the last step: {_number(harm.systolic)}/{_number(harm.diastolic)}.")
    measured = ", ".join(f"{words.label(name).lower()} {value} ({on})" for name, value, on in measured_in(found))
    yield bullet(f"Measured: {measured or 'nothing'}.")
    if harm.flags:
        yield bullet(f"Red flags: {', '.join(f'{flag} on {harm.flag_days[flag]}' for flag in harm.flags)}.", "!")
    loads = found.loads
    yield bullet(
        f"Opioids {loads.opioid_now} (before {loads.opioid_before}); sedating: {', '.join(loads.sedating) or 'none'}."
    )


def _taken_lines(found: Review) -> Iterator[str]:
    taken, unit = found.taken, found.level.regimen.piece_unit
    yield heading("Signed against taken")
    yield bullet(
        f"{plain(taken.taken)} of {plain(taken.planned)} {unit} ({_number(taken.share, ' %')}) on {taken.known_days} "
        f"known days; {taken.unknown_days} not known."
    )
    if found.extra or found.taken_suspended:
        days = sorted({*found.extra, *found.taken_suspended})
        yield bullet(f"More than was signed on: {', '.join(map(str, days))}.", "!")
    if found.missed.possible:
        yield bullet(f"Days in a row without a dose: {found.missed.certain}, perhaps {found.missed.possible}.")
    if found.should_be_left is not None:
        yield bullet(f"Should be left today: {plain(found.should_be_left)} {unit}.")
    if found.counted:
        one = found.counted
        yield bullet(f"Counted on {one.on}: {plain(one.left)} {unit}, {plain(one.expected)} should be left.")


def _left_out_lines(found: Review) -> Iterator[str]:
    if found.case.left_out:
        yield heading("Not used")
        yield from (bullet(one) for one in found.case.left_out)


def _check_lines(found: Review) -> Iterator[str]:
    yield heading("Checks (* overdue blocks a raise)")
    rows = [
        (f"[{one.state.value}]", one.due.isoformat(), f"{one.title}{'*' if one.blocks_raise else ''}")
        for one in found.checks
        if one.state is not State.DONE
    ]
    yield from table(rows)
