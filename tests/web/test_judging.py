"""What the worklist says of a case: plain words with days, graded by data, and never silence."""

import copy
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec import structs

from tests.web.conftest import actor, new_case
from tests.web.worklist_cases import at, base, contact, followed, spread
from titrant.clinic.acts import judging
from titrant.clinic.acts.contacts import Done, done
from titrant.clinic.acts.judging import judge, judge_and_keep, judge_due
from titrant.clinic.acts.supply import ask, lift
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import SYSTEM, Draft, Kind, instant_text
from titrant.record.ports import Query
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import NotNow


@pytest.fixture
def clinic(office: Any) -> Any:
    """An empty clinic in memory, on the day of the case."""
    return at(structs.replace(office, store=MemoryStore(), degraded=()), base("titrating"))


def told(here: Any, tree: Any, **more: Any) -> dict[str, tuple[str, str, str]]:
    """Each line by its code: grade, words, since."""
    case = followed(here.store, tree, **more)
    return {one["code"]: (one["grade"], one["why"], one["since"]) for one in judge(here, case).lines}


def with_entry(tree: Any, back: int, **entry: Any) -> Any:
    """``tree`` with something more said on a day so many days back."""
    changed = copy.deepcopy(tree)
    day = str(date.fromisoformat(str(tree["on"])) - timedelta(days=back))
    next(one for one in changed["given"]["diary"] if str(one["day"]) == day).update(entry)
    return changed


# The words


def test_a_calm_case_is_a_note_and_is_ready_for_a_step(clinic: Any) -> None:
    lines = told(clinic, base("titrating"))
    assert {grade for grade, _, _ in lines.values()} == {"note"}
    assert lines["may_raise"][1].startswith("Ready for a step: Pain is down by 14.3 %")


def test_blood_in_the_urine_says_since_when_and_is_not_said_twice(clinic: Any) -> None:
    tree = with_entry(with_entry(base("titrating"), 3, effects={"urinary_blood": 1}), 1, effects={"urinary_blood": 2})
    lines = told(clinic, tree)
    assert lines["urinary_blood"] == ("today", "Blood in the urine since 2026-11-18", "2026-11-18")
    assert "propose_pause" not in lines


def test_a_red_flag_is_a_call_now(clinic: Any) -> None:
    lines = told(clinic, with_entry(base("titrating"), 1, flags=["chest_pain"]))
    assert lines["chest_pain"] == ("now", "Chest pain on 2026-11-20", "2026-11-20")
    assert "propose_stop" not in lines


def test_a_rule_that_no_sign_covers_speaks_for_itself(clinic: Any) -> None:
    lines = told(clinic, base("steps"))
    grade, why, _ = lines["propose_stop"]
    assert grade == "today"
    assert (
        why == "Two steps in a row without an effect beyond this person's own swing: no third step; review and taper."
    )


def test_silence_is_said_in_days(clinic: Any) -> None:
    tree = base("titrating")
    four = structs.replace(clinic, now=at(clinic, tree, days=3).now)
    assert told(four, tree)["silent"][:2] == ("note", "No diary for 4 days (last entry 2026-11-20)")
    week = structs.replace(clinic, now=at(clinic, tree, days=6).now)
    assert told(week, tree)["silent_long"][0] == "today"


def test_silence_from_the_first_day_is_said_too(clinic: Any) -> None:
    tree = base("titrating")
    tree["given"]["diary"] = []
    lines = told(clinic, tree)
    assert lines["silent_long"][1] == "No diary for 7 days (none since the plan began on 2026-11-14)"


def test_an_overdue_check_names_itself_and_its_day(clinic: Any) -> None:
    tree = base("titrating")
    later = structs.replace(clinic, now=at(clinic, tree, days=30).now)
    lines = [one for one in judge(later, followed(later.store, tree)).lines if one["code"] == "check_overdue"]
    assert any(one["why"].startswith("Blood pressure and heart rate overdue since 2026-1") for one in lines)
    assert all(one["why"].endswith(f"overdue since {one['since']}") for one in lines)


def test_a_dose_that_nobody_confirmed_is_said_after_a_day(clinic: Any) -> None:
    lines = told(clinic, base("titrating"), read=False)
    assert lines["undelivered"][:2] == ("today", "Signed on 2026-11-14, and not confirmed as read")


def test_a_promise_is_kept_on_its_day(clinic: Any) -> None:
    case = followed(clinic.store, base("titrating"))
    contact(clinic.store, case, "2026-11-21", "ask about sleep")
    why = {one["code"]: one["why"] for one in judge(clinic, case).lines}
    assert why["contact_due"] == "Contact was planned for 2026-11-21: ask about sleep"


def test_before_a_signature_it_says_what_is_open(clinic: Any) -> None:
    (line,) = judge(clinic, new_case(clinic.store)).lines
    assert line["grade"] == "note"
    assert line["why"].startswith("No plan is signed. ")
    assert " still open: " in line["why"]


def test_a_hold_of_the_supply_and_a_message_are_said(clinic: Any) -> None:
    case = followed(clinic.store, base("titrating"))
    drafts = [
        Draft(Kind.HOLD_PLACED, {"id": "h", "why": "count does not fit"}, actor("pharmacist"), clinic.now()),
        Draft(Kind.MESSAGE_SENT, {"text": "May I?", "entry": ""}, actor("patient"), clinic.now()),
    ]
    clinic.store.append(case, drafts, expected=None)
    why = {one["why"] for one in judge(clinic, case).lines}
    assert {"Supply held: count does not fit", "1 message not read"} <= why


# Never silence


def test_a_case_that_cannot_be_read_is_a_line(clinic: Any) -> None:
    tree = base("titrating")
    tree["given"]["readings"]["weight"] = "70 stone on 2026-11-20"
    judged = judge(clinic, followed(clinic.store, tree))
    assert judged.failed
    assert [(one["grade"], one["code"]) for one in judged.lines if one["code"] == "not_judged"] == [
        ("today", "not_judged")
    ]


def test_one_case_that_fails_does_not_stop_the_rest(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """T27: a check that raises is a line that says so, and quotes nothing of the record."""
    cases = [followed(clinic.store, base("titrating")) for _ in range(3)]
    real, calls = judging.adjust_at, iter(range(3))

    def breaking(desk: Any, case: Any) -> Any:
        if next(calls) == 1:
            raise RuntimeError("Ada Example")
        return real(desk, case)

    monkeypatch.setattr(judging, "adjust_at", breaking)
    assert judge_due(clinic, 10) == judging.Counts(3, 1)
    (failed,) = [one for one in map(clinic.store.judged, cases) if one.failed]
    assert failed.failed == "a fault in Titrant (RuntimeError)"
    assert judge_due(clinic, 10) == judging.Counts(0, 0)


@pytest.mark.parametrize("part", ["summary", "judged"])
def test_a_record_that_is_damaged_on_disk_stops_no_other_and_is_shown(office: Any, part: str) -> None:
    from titrant.storage.models import CaseRow
    from titrant.storage.queues import QUEUES

    here, team = structs.replace(office, degraded=()), f"Team of the {part} (synthetic)"
    here = at(here, base("titrating"))
    broken, whole = (followed(here.store, base("titrating"), name, team) for name in ("Ada", "Ben"))
    judge_due(here, 1000)  # what others left
    kept = CaseRow.objects.filter(case=broken).values_list(part, flat=True).get()
    CaseRow.objects.filter(case=whole).update(judged_version=0)
    CaseRow.objects.filter(case=broken).update(**{part: "{"}, judged_version=0, grade=0)
    before = QUEUES["storage_caserow"](here.now()).waiting
    try:
        assert broken in here.store.to_judge(here.today, 1000)
        judge_due(here, 1000)
        assert here.store.judged(whole).lines
        assert here.store.judged(broken).lines
        assert not {broken, whole} & set(here.store.to_judge(here.today, 1000)), "it comes first for ever"
        rows = here.store.rows(Query(teams=(team,)), here.today)
        assert {row.summary.case for row in rows} == {broken, whole}
        assert QUEUES["storage_caserow"](here.now()).waiting - before == (part == "summary")
    finally:
        CaseRow.objects.filter(case=broken).update(**{part: kept})


def test_a_case_whose_very_fault_cannot_be_told_is_set_aside(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [followed(clinic.store, base("titrating")) for _ in range(3)]
    real = judging.standing_lines

    def breaking(summary: Any, *rest: Any) -> Any:
        if summary.case == cases[1]:
            raise RuntimeError("Ada Example")
        return real(summary, *rest)

    monkeypatch.setattr(judging, "standing_lines", breaking)
    assert judge_due(clinic, 10) == judging.Counts(3, 1)
    aside = clinic.store.judged(cases[1])
    assert (aside.failed, aside.version) == (
        "a fault in Titrant (RuntimeError)", clinic.store.summary(cases[1]).version,
    )  # fmt: skip
    assert judge_due(clinic, 10) == judging.Counts(0, 0)
    assert clinic.store.tallies(None, clinic.today)["queue"] == 1


def test_without_the_engine_nothing_is_proposed_and_harm_is_still_shown(clinic: Any) -> None:
    off = structs.replace(clinic, settings=ClinicSettings(engine_on=False))
    tree = with_entry(base("titrating"), 1, flags=["chest_pain"])
    judged = judge(structs.replace(off, now=at(off, tree, days=9).now), followed(off.store, tree))
    assert (judged.action, judged.sentence, judged.next_review) == ("", "", "")
    assert {"chest_pain", "silent_long"} <= {one["code"] for one in judged.lines}
    assert not {"may_raise", "propose_stop", "call_asked"} & {one["code"] for one in judged.lines}


# What was reviewed is graded as seen until the promised day


def test_what_was_reviewed_steps_back_until_the_promised_day(clinic: Any) -> None:
    case = followed(clinic.store, with_entry(base("titrating"), 1, flags=["chest_pain"]))
    assert judge_and_keep(clinic, case).lines[0]["grade"] == "now"
    later = structs.replace(clinic, now=lambda: clinic.now() + timedelta(minutes=5))
    judged = done(later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-24"))
    assert {one["grade"] for one in judged.lines if one["code"] == "chest_pain"} == {"today"}
    due = structs.replace(clinic, now=lambda: clinic.now() + timedelta(days=3))
    grades = {one["code"]: one["grade"] for one in judge(due, case).lines}
    assert (grades["chest_pain"], grades["contact_due"]) == ("now", "today")


def test_what_was_met_after_the_page_was_shown_is_not_taken_as_seen(clinic: Any) -> None:
    case = followed(clinic.store, with_entry(base("titrating"), 1, flags=["chest_pain"]))
    page = instant_text(clinic.now() - timedelta(minutes=1))
    judge_and_keep(clinic, case)
    later = structs.replace(clinic, now=lambda: clinic.now() + timedelta(minutes=5))
    old = done(later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-24", shown=page))
    assert {one["grade"] for one in old.lines if one["code"] == "chest_pain"} == {"now"}
    page = instant_text(later.now())
    new = done(later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-24", shown=page))
    assert {one["grade"] for one in new.lines if one["code"] == "chest_pain"} == {"today"}
    stays = done(
        later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-24", shown="2026-11-01T08:00:00Z")
    )
    assert {one["grade"] for one in stays.lines if one["code"] == "chest_pain"} == {"today"}, (
        "an older page undoes none"
    )
    with pytest.raises(NotNow, match="which page"):
        done(later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-24", shown="unknown"))


def test_who_answers_one_question_has_not_reviewed_the_rest(clinic: Any) -> None:
    case = followed(clinic.store, with_entry(base("titrating"), 1, flags=["chest_pain"]))
    ask(clinic, case, "Which flavour?", actor("pharmacist"), holds=True)
    judge_and_keep(clinic, case)
    later = structs.replace(clinic, now=lambda: clinic.now() + timedelta(minutes=5))
    before = clinic.store.summary(case).reviewed_at
    lift(later, case, next(iter(clinic.store.summary(case).holds)), "Orange.", actor("prescriber"))
    assert clinic.store.summary(case).reviewed_at == before


def test_a_new_day_of_the_same_harm_is_new(clinic: Any) -> None:
    case = followed(clinic.store, with_entry(base("titrating"), 2, effects={"urinary_pain": 1}))
    judge_and_keep(clinic, case)
    later = structs.replace(clinic, now=lambda: clinic.now() + timedelta(minutes=5))
    seen = done(later, actor("nurse"), case, Done(outcome="reached", next_on="2026-11-28"))
    assert {one["grade"] for one in seen.lines if one["code"] == "urinary_symptom"} == {"note"}
    entry = {"day": "2026-11-21", "entered": "same day", "taken": "all", "effects": {"urinary_pain": 1}}
    kept = Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, actor("patient"), later.now())
    clinic.store.append(case, [kept], expected=None)
    assert {one["grade"] for one in judge(later, case).lines if one["code"] == "urinary_symptom"} == {"today"}


# Nobody drops out


@pytest.mark.parametrize("seed", range(6))
def test_nobody_drops_out(clinic: Any, seed: int) -> None:
    """Everybody under a plan has a line, a date to come, or stands in the tally of those without one."""
    for case in spread(clinic, seed, 12):
        judged = judge_and_keep(clinic, case)
        summary = clinic.store.summary(case)
        later = clinic.today.isoformat() < summary.contact_on
        assert judged.lines or later or _in_tally(clinic, case, "no_next_date")


def test_the_search_for_somebody_lost_can_fail(clinic: Any) -> None:
    """The planted fault: a case with no line, no date and no tally would be found."""
    case = followed(clinic.store, base("titrating"))
    assert _in_tally(clinic, case, "no_next_date")
    contact(clinic.store, case, "2027-01-01")
    assert not _in_tally(clinic, case, "no_next_date")


def _in_tally(here: Any, case: str, tally: str) -> bool:
    from titrant.record.appending import in_tally

    return in_tally(here.store.summary(case), here.store.judged(case), tally, here.today)


def test_a_suspended_case_says_so_and_offers_no_supply(clinic: Any) -> None:
    case = followed(clinic.store, base("titrating"))
    paused = {"add": {"course.suspensions": [{"since": "2026-11-20", "by": "patient", "reason": "travels"}]}}
    clinic.store.append(case, [Draft(Kind.SUSPENDED, paused, SYSTEM, clinic.now())], expected=None)
    judged = judge(clinic, case)
    codes = {one["code"]: one["why"] for one in judged.lines}
    assert codes["suspended"] == "Suspended since 2026-11-20: no dose until a prescriber lifts it"
    assert "refill_due" not in codes


def test_a_supply_that_is_due_says_on_the_worklist_what_the_page_of_the_supply_says(clinic: Any) -> None:
    """Nothing of this clinic's own signature holds here, so the page says no, and so does the line."""
    from titrant.clinic.pharmacy import may_supply

    case = followed(clinic.store, base("titrating"))
    answer = may_supply(clinic, clinic.store.open(case))
    lines = {one["code"]: one["why"] for one in judge(clinic, case).lines}
    assert answer.refused
    assert lines["refill_barred"].endswith(f"but none may be handed out: {answer.refused[0]}")
    assert "refill_due" not in lines


def test_a_new_patient_with_every_answer_is_ready_to_plan_in_words(clinic: Any) -> None:
    from tests.clinic.signing_by_hand import tree_of

    case = new_case(clinic.store, tree_of("everything-known.yaml"))
    lines = {one["code"]: one["why"] for one in judge(clinic, case).lines}
    assert lines == {"ready_to_plan": "No plan is signed. Every question is answered: ready to plan"}
