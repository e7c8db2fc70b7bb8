"""A prescriber signs exactly what was shown, once more saying who they are and how much it is."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tests.signing.conftest import CASE, DOCTOR, NOW, NURSE, OTHER, office_with, opened
from titrant.clinic.acts import signing
from titrant.clinic.acts.signing import Chosen, offer_change, offer_start, sign, verified_plan
from titrant.clinic.following import adjust_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.standing import StandingsKept
from titrant.documents.plan_in_hand import signed_plan
from titrant.record.clinic_settings import ClinicSettings
from titrant.record.events import Actor, Draft, Kind, Role
from titrant.record.seal import Broken
from titrant.record.states import State
from titrant.terms.errors import NotAllowed, NotNow, Stale

LOWER = Chosen(action="lower", reason="effects")


def signed(office: Office, case: str, chosen: Chosen = Chosen()):  # noqa: B008
    made = signing.offer(office, office.store.open(case), chosen)
    return sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)


def levels(office: Office, case: str):
    return [(one["since"], one["dose"]) for one in office.store.open(case).tree["given"]["course"]["levels"]]


def test_a_first_plan_is_signed_and_the_record_holds_its_level_and_its_product(office, newcomer) -> None:
    summary = signed(office, newcomer)
    record = office.store.open(newcomer)
    assert summary.state is State.ON_PLAN
    assert levels(office, newcomer) == [("2026-11-21", "10 mg")]
    assert record.tree["product"] == {"family": "oral-solution-10", "strength": "10 mg/mL", "content": "base"}
    plan = verified_plan(office, record)
    assert plan.text.startswith("For Ada Example (synthetic), born 1974-05-02, record R-1.")
    assert (plan.printed_name, plan.meaning, plan.at) == (DOCTOR.name, signing.MEANING, NOW)


def test_a_signature_carries_what_it_rests_on(office, newcomer) -> None:
    content = offer_start(office, newcomer).content
    assert content["inputs_sha256"] == office.store.open(newcomer).inputs_sha256
    assert content["knowledge"] == office.library.sha256
    assert content["protocol"]["sha256"] == office.library.protocol_sha256("oral-guideline", 1)
    assert content["clinic"]["synthetic"] == "yes"


def test_a_proposed_step_holds_from_the_next_day_and_says_what_was_before(office, followed) -> None:
    made = offer_change(office, followed)
    assert (made.action, made.daily_mg, made.against) == ("raise", "90", False)
    assert made.content["before"]["dose_mg"] == "20"
    signed(office, followed)
    assert levels(office, followed)[-1] == ("2026-11-22", "30 mg")
    verified_plan(office, office.store.open(followed))


def test_a_hold_is_a_signature_without_a_change(office, followed) -> None:
    chosen = Chosen(action="hold", reason="slower")
    signed(office, followed, chosen)
    assert levels(office, followed)[-1] == ("2026-11-22", "20 mg")
    assert office.store.open(followed).plan.body["unchanged"] is True


def test_less_holds_from_today_and_overtakes_what_was_signed_for_tomorrow(office, followed) -> None:
    signed(office, followed)
    signed(office, followed, LOWER)
    assert levels(office, followed) == [("2026-11-07", "10 mg"), ("2026-11-14", "20 mg"), ("2026-11-21", "15 mg")]
    verified_plan(office, office.store.open(followed))


def test_a_pause_gives_no_dose_until_a_prescriber_signs_again(office, followed) -> None:
    signed(office, followed, Chosen(action="hold", reason="slower"))
    signed(office, followed, Chosen(action="pause", reason="examined"))
    assert office.store.summary(followed).state is State.SUSPENDED
    chosen = Chosen(action="hold", reason="examined")
    made = signing.offer(office, office.store.open(followed), chosen)
    signing.resume(office, followed, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    record = office.store.open(followed)
    assert record.summary.state is State.ON_PLAN
    assert record.tree["given"]["course"]["suspensions"][-1]["lifted_by"] == DOCTOR.name
    assert levels(office, followed)[-1][0] == "2026-11-22"


def test_a_stop_ends_the_course_and_a_new_start_is_planned_anew(office) -> None:
    fresh = ["126/78 mmHg on 2026-11-20", "122/76 mmHg on 2026-11-20"]
    changes = {"given": {"readings": {"blood_pressure": fresh, "pain": "7 points on 2026-11-20"}}}
    followed = opened(office, "following-ready-for-a-step", changes=changes)
    signed(office, followed, Chosen(action="hold", reason="slower"))
    signed(office, followed, Chosen(action="stop", reason="ended"))
    assert office.store.summary(followed).state is State.ENDED
    made = signing.offer(office, office.store.open(followed), Chosen())
    assert made.is_start
    assert made.may_be_signed, [(one.fact, one.why) for one in made.missing]
    assert "earlier course from 2026-11-07, up to 20 mg in each dose" in made.text
    assert "The treatment has ended as planned." in made.text
    signed(office, followed)
    assert levels(office, followed) == [("2026-11-21", "10 mg")]
    verified_plan(office, office.store.open(followed))


# Who may, and what is typed


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.PRESCRIBER])
def test_nobody_but_a_prescriber_signs(office, newcomer, role) -> None:
    made = offer_start(office, newcomer)
    with pytest.raises(NotAllowed):
        sign(office, newcomer, made.sha256, made.daily_mg, Actor("x", "X", role), expected=made.version)
    assert not office.store.summary(newcomer).plan


WRONG = ("", "10", "300", "3", "30.1", ".30", "30.", "3O", "30,0", "+30", "030", "3e1", "-30", "nan")


@pytest.mark.parametrize("typed", WRONG)
def test_a_dose_that_is_typed_back_wrongly_is_refused(office, newcomer, typed) -> None:
    made = offer_start(office, newcomer)
    with pytest.raises(NotNow, match="must be the dose that was meant"):
        sign(office, newcomer, made.sha256, typed, DOCTOR, expected=made.version)
    assert not office.store.summary(newcomer).plan


def test_the_same_amount_in_another_spelling_is_the_same_dose(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    sign(office, newcomer, made.sha256, " 30.0 ", DOCTOR, expected=made.version)


def test_an_offer_that_nobody_was_shown_is_refused(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    with pytest.raises(Stale):
        sign(office, newcomer, "0" * 64, made.daily_mg, DOCTOR, expected=made.version)


def test_an_offer_of_yesterday_is_refused_and_says_so(newcomer, office) -> None:
    made = offer_start(office, newcomer)
    tomorrow = office_with(office.store, NOW + timedelta(days=1))
    with pytest.raises(Stale, match="The day, the knowledge"):
        sign(tomorrow, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version)


# Against what is proposed


def test_departing_from_a_proposal_needs_a_reason_of_the_list(office, followed) -> None:
    for reason in ("", "because"):
        chosen = Chosen(action="lower", reason=reason)
        made = signing.offer(office, office.store.open(followed), chosen)
        with pytest.raises(NotNow, match="no reason is given"):
            sign(office, followed, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)


@pytest.mark.parametrize(
    ("dose", "code"),
    [
        ("40", "change_beyond_a_step"), ("60", "change_beyond_a_step"), ("100", "change_looks_like_a_slip"),
        ("65", "change_beyond_bounds"), ("200", "too_many_pieces"), ("20.05", "change_cannot_be_made"),
        (".5", "change_cannot_be_made"), ("1,5", "change_cannot_be_made"), ("0", "change_cannot_be_made"),
    ],
)  # fmt: skip
def test_a_dose_of_ones_own_is_refused_with_its_reason(office, followed, dose, code) -> None:
    made = offer_change(office, followed, dose_mg=dose, reason="examined")
    assert code in [one.code for one in made.refused]
    with pytest.raises(NotNow):
        sign(office, followed, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=made.chosen)


def test_one_step_is_one_step_of_the_week_as_well(office) -> None:
    """From 20 mg on one day a week: two days a week double the week; seven days would be seven times as much."""
    course = {"levels": [{"since": "2026-11-07", "dose": "20 mg", "times_per_day": 1, "days_per_week": 1}]}
    course |= {"supplies": None}
    case = opened(office, "following-ready-for-a-step", changes={"given": {"course": course}})
    for times, days, refused in ((1, 2, False), (1, 3, True), (1, 7, True), (2, 7, True)):
        made = offer_change(office, case, dose_mg="20", times_per_day=times, days_per_week=days, reason="examined")
        assert ("change_beyond_a_step" in [one.code for one in made.refused]) is refused, (times, days)


def test_more_is_refused_while_a_check_is_overdue_even_by_hand(office) -> None:
    """With the blood pressure of today one step up is proposed; without it none may be signed, whatever the reason."""
    old = {"given": {"readings": {"blood_pressure": ["126/78 mmHg on 2026-11-06", "124/78 mmHg on 2026-11-07"]}}}
    case = opened(office, "following-ready-for-a-step", changes=old)
    made = offer_change(office, case, dose_mg="25", reason="examined")
    assert "raise_waits_for_checks" in [one.code for one in made.refused]
    with pytest.raises(NotNow, match="not even by hand"):
        sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=made.chosen)


def test_no_second_raise_is_signed_before_the_first_was_taken(office, followed) -> None:
    signed(office, followed)
    made = offer_change(office, followed, dose_mg="25", reason="examined")
    assert "change_signed_already" in [one.code for one in made.refused]


def test_less_than_the_smallest_part_is_not_to_be_had_and_says_so(office) -> None:
    course = {"levels": [{"since": "2026-11-07", "dose": "1 mg", "times_per_day": 3}], "supplies": None}
    case = opened(office, "following-ready-for-a-step", changes={"given": {"course": course, "diary": None}})
    made = signing.offer(office, office.store.open(case), LOWER)
    assert [one.code for one in made.refused] == ["change_not_to_be_had"]
    assert "the product and the limits leave none" in office.desk.words.say("change_not_to_be_had", {"action": "lower"})


def test_giving_less_is_never_refused_while_the_plan_runs(office) -> None:
    for number, name in enumerate(("following-bladder-creeping", "following-silent", "following-two-flat-steps")):
        case = opened(office, name, case=f"6f0f6e0e-0000-4000-8000-0000000001{number:02d}")
        assert signing.offer(office, office.store.open(case), Chosen(action="pause", reason="examined")).may_be_signed
        assert signing.offer(office, office.store.open(case), Chosen(action="stop", reason="ended")).may_be_signed
        assert signing.offer(office, office.store.open(case), LOWER).may_be_signed


RENEWED = Chosen(action="hold", reason="examined", renew=True)


def taking(office: Office, until: str) -> str:
    """On 20 mg since 2026-11-14, and every dose is in the diary until then. The plan ends on 2027-01-30."""
    day = {"day": "2026-11-14", "through": until, "entered": "same day", "taken": "all", "effects": {}}
    diary = [day | {"pain": {"average": 6}, "activity": "partly"}]
    return opened(office, "following-ready-for-a-step", changes={"given": {"diary": diary}})


def codes_at(office: Office, case: str, day: date, chosen: Chosen) -> list[str]:
    later = office_with(office.store, datetime(day.year, day.month, day.day, 10, tzinfo=UTC))
    return [one.code for one in signing.offer(later, later.store.open(case), chosen).refused]


def test_a_plan_that_has_ended_goes_on_only_as_a_renewed_one(office) -> None:
    case = taking(office, "2027-01-31")
    later = office_with(office.store, datetime(2027, 2, 1, 10, tzinfo=UTC))
    chosen = Chosen(action="hold", reason="examined")
    assert [one.code for one in signing.offer(later, office.store.open(case), chosen).refused] == ["plan_has_ended"]
    made = signing.offer(later, office.store.open(case), RENEWED)
    assert made.may_be_signed, [one.code for one in made.refused]
    sign(later, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=RENEWED)
    assert later.store.open(case).tree["given"]["course"]["plan_from"] == "2027-02-01"


def test_a_renewal_needs_its_reason_whatever_the_dose(office, followed) -> None:
    """The rules speak of the dose; nobody but the prescriber moves the end of a plan, and says why."""
    for action in ("", "raise", "hold", "lower"):
        chosen = Chosen(action=action, renew=True)
        made = signing.offer(office, office.store.open(followed), chosen)
        assert made.against
        assert "The plan is renewed by this signature: its end was 2027-01-30." in made.text
        with pytest.raises(NotNow, match="no reason is given"):
            sign(office, followed, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    with_reason = Chosen(action="raise", reason="examined", renew=True)
    assert signing.offer(office, office.store.open(followed), with_reason).may_be_signed
    assert not signing.offer(office, office.store.open(followed), Chosen(action="raise")).against


def test_a_taper_is_never_renewed(office) -> None:
    case = taking(office, "2027-01-10")
    later = office_with(office.store, datetime(2027, 1, 11, 10, tzinfo=UTC))
    chosen = Chosen(action="taper", reason="ended", renew=True)
    made = signing.offer(later, later.store.open(case), chosen)
    sign(later, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    course = later.store.open(case).tree["given"]["course"]
    assert course["ends"] == made.ends < "2027-03-01"
    assert "plan_from" not in course


def test_a_plan_that_ended_long_ago_is_no_plan_to_renew(office) -> None:
    case = taking(office, "2027-02-12")
    assert codes_at(office, case, date(2027, 2, 13), RENEWED) == []
    assert codes_at(office, case, date(2027, 2, 14), RENEWED) == ["renewal_is_a_new_start"]
    assert codes_at(office, case, date(2027, 12, 26), RENEWED) == ["renewal_is_a_new_start", "gap_is_a_new_start"]


def test_nobody_renews_a_plan_of_which_no_dose_is_known(office) -> None:
    """Silent for fourteen days it may be renewed; from the fifteenth on it is a new start."""
    case = taking(office, "2027-01-10")
    assert codes_at(office, case, date(2027, 1, 25), RENEWED) == []
    assert codes_at(office, case, date(2027, 1, 26), RENEWED) == ["gap_is_a_new_start"]
    later = office_with(office.store, datetime(2027, 1, 26, 10, tzinfo=UTC))
    assert not signing.offer(later, later.store.open(case), RENEWED).may_be_signed
    # The dose in force may still be looked at and left as it is.
    assert codes_at(office, case, date(2027, 1, 26), Chosen(action="hold", reason="examined")) == []


def test_after_a_long_suspension_no_dose_is_signed_but_a_new_start_can_be(office) -> None:
    hold = Chosen(action="hold", reason="examined")
    case = taking(office, "2026-11-20")
    signed(office, case, hold)
    signing.suspend(office, case, "operation", NURSE)
    assert codes_at(office, case, date(2026, 12, 6), hold) == []
    for chosen in (hold, RENEWED, LOWER, Chosen(dose_mg="10", reason="examined")):
        assert codes_at(office, case, date(2026, 12, 7), chosen) == ["gap_is_a_new_start"]
    later = office_with(office.store, datetime(2026, 12, 7, 10, tzinfo=UTC))
    assert offer_change(later, case, "taper", reason="ended").action == "stop"
    signed(later, case, Chosen(action="stop", reason="ended"))
    assert signing.is_start(later.store.open(case))


# The second prescriber


@pytest.fixture
def high(office: Office) -> str:
    """Somebody on 60 mg four times a day: above the bound for one prescriber."""
    course = {"levels": [{"since": "2026-11-01", "dose": "55 mg", "times_per_day": 4}], "supplies": None}
    return opened(office, "following-ready-for-a-step", changes={"given": {"course": course, "diary": None}})


HOLD = Chosen(action="hold", reason="examined")


def test_beyond_the_bound_one_prescriber_is_not_enough(office, high) -> None:
    made = signing.offer(office, office.store.open(high), HOLD)
    assert [one.code for one in made.second] == ["second_prescriber_needed", "second_prescriber_needed"]
    with pytest.raises(NotNow, match="second prescriber"):
        sign(office, high, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=HOLD)


def test_the_second_prescriber_is_somebody_else(office, high) -> None:
    made = signing.offer(office, office.store.open(high), HOLD)
    signing.second(office, high, made.sha256, DOCTOR, expected=made.version, chosen=HOLD)
    with pytest.raises(NotNow, match="second prescriber"):
        sign(office, high, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=HOLD)
    signing.second(office, high, made.sha256, OTHER, expected=made.version, chosen=HOLD)
    sign(office, high, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=HOLD)
    record = office.store.open(high)
    assert record.plan.body["seconded_by"] == [OTHER.name]
    assert record.tree["given"]["confirmations"][-1]["by"] == OTHER.name


def test_who_stood_behind_another_text_does_not_stand_behind_this_one(office, high) -> None:
    made = signing.offer(office, office.store.open(high), HOLD)
    signing.second(office, high, made.sha256, OTHER, expected=made.version, chosen=HOLD)
    other = msgspec.structs.replace(HOLD, words="and something else")
    again = signing.offer(office, office.store.open(high), other)
    with pytest.raises(NotNow, match="second prescriber"):
        sign(office, high, again.sha256, again.daily_mg, DOCTOR, expected=again.version, chosen=other)


def test_a_second_signature_that_was_changed_counts_for_nothing(office, high) -> None:
    made = signing.offer(office, office.store.open(high), HOLD)
    signing.second(office, high, made.sha256, OTHER, expected=made.version, chosen=HOLD)
    record = office.store.open(high)
    (true,) = record.of(Kind.SECONDED)
    other = Actor("p3", "Dr Nobody (synthetic)", Role.PRESCRIBER)
    for change in ({"by": other}, {"body": true.body | {"text": ""}}):
        changed = msgspec.structs.replace(true, **change)
        events = tuple(changed if one is true else one for one in record.events)
        with pytest.raises(Broken):
            signing.offer(office, msgspec.structs.replace(record, events=events), HOLD)


def test_a_nurse_stands_behind_nothing(office, high) -> None:
    made = signing.offer(office, office.store.open(high), HOLD)
    with pytest.raises(NotAllowed):
        signing.second(office, high, made.sha256, NURSE, expected=made.version, chosen=HOLD)


# Drafts, refusals, endings


def test_the_day_of_a_signature_is_that_of_the_clinic(office, newcomer) -> None:
    """Signed at half past five in the afternoon in California: in London it is the next day already."""
    evening = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    there = msgspec.structs.replace(
        office_with(office.store, evening), settings=ClinicSettings(zone="America/Los_Angeles")
    )
    signed(there, newcomer)
    record = office.store.open(newcomer)
    assert there.day_of(record.plan.at).isoformat() == "2026-11-21"
    assert signed_plan(there, record).on == "2026-11-21"


def test_a_nurse_drafts_and_a_prescriber_signs_the_draft(office, newcomer) -> None:
    version = office.store.summary(newcomer).version
    signing.draft(office, newcomer, NURSE, expected=version)
    assert office.store.summary(newcomer).state is State.DRAFTED
    signed(office, newcomer, signing.drafted_choice(office.store.open(newcomer)))
    assert not office.store.summary(newcomer).draft


def test_a_draft_is_dropped_once(office, newcomer) -> None:
    summary = signing.draft(office, newcomer, NURSE, expected=office.store.summary(newcomer).version)
    signing.drop_draft(office, newcomer, NURSE, expected=summary.version)
    assert office.store.summary(newcomer).state is State.PREPARING
    with pytest.raises(NotNow):
        signing.drop_draft(office, newcomer, NURSE, expected=summary.version + 1)


def test_anybody_who_cares_suspends_at_once_whatever_else_was_written(office, newcomer) -> None:
    signed(office, newcomer)
    signing.suspend(office, newcomer, "very drowsy", NURSE)
    record = office.store.open(newcomer)
    assert record.summary.state is State.SUSPENDED
    assert record.tree["given"]["course"]["suspensions"][-1] == {
        "since": "2026-11-21", "by": "provider", "reason": "very drowsy",
    }  # fmt: skip


@pytest.mark.parametrize("again", ["the nurse once more", "a prescriber who signs the pause"])
def test_who_goes_on_lifts_every_suspension(office, followed, again) -> None:
    signed(office, followed, HOLD)
    signing.suspend(office, followed, "very drowsy", NURSE)
    if again == "the nurse once more":
        signing.suspend(office, followed, "still drowsy", NURSE)
    else:
        signed(office, followed, Chosen(action="pause", reason="examined"))
    signed(office, followed, HOLD)
    record = office.store.open(followed)
    lines = record.tree["given"]["course"]["suspensions"]
    assert len(lines) == 2
    assert [one.get("lifted_on") for one in lines] == ["2026-11-21", "2026-11-21"]
    assert record.summary.state is State.ON_PLAN
    later = office_with(office.store, NOW + timedelta(days=2))
    rules = adjust_at(later.desk, case_in(later.store.open(followed), later.today))
    assert "course_suspended" not in [one.code for one in rules.reasons]


def test_a_standing_that_is_kept_ends_when_the_machine_is_found_unfit(office, followed) -> None:
    kept = StandingsKept()
    assert kept.of(office, followed).data["action"] == "raise"
    unfit = msgspec.structs.replace(office, degraded=("the clock is wrong",))
    assert kept.of(unfit, followed).data["action"] is None
    assert kept.of(office, followed).data["action"] == "raise"


@pytest.mark.parametrize("act", [signing.stop, signing.withdraw, signing.refuse])
def test_an_ending_needs_its_reason_and_a_prescriber(office, newcomer, act) -> None:
    version = signed(office, newcomer).version
    with pytest.raises(NotNow, match="No reason"):
        act(office, newcomer, DOCTOR, expected=version, reason="")
    with pytest.raises(NotAllowed):
        act(office, newcomer, NURSE, expected=version, reason="mistake")
    assert act(office, newcomer, DOCTOR, expected=version, reason="mistake").version == version + 1


def test_a_withdrawn_plan_is_nobodys_plan(office, newcomer) -> None:
    version = signed(office, newcomer).version
    signing.withdraw(office, newcomer, DOCTOR, expected=version, reason="mistake")
    with pytest.raises(NotNow, match="no signed plan"):
        verified_plan(office, office.store.open(newcomer))


def test_handing_over_is_recorded_after_the_seal_was_checked(office, newcomer) -> None:
    signed(office, newcomer)
    plan = office.store.summary(newcomer).plan
    assert signing.deliver(office, newcomer, "printed", NURSE, shown=plan).delivered


def test_what_was_handed_over_is_the_plan_in_force_or_nothing_is_recorded(office, followed) -> None:
    """The page shows a raise; before the nurse says that it was handed over, a lower dose is signed."""
    signed(office, followed)
    shown = office.store.summary(followed).plan
    signed(office, followed, LOWER)
    with pytest.raises(Stale, match="Another plan was signed"):
        signing.deliver(office, followed, "printed", NURSE, shown=shown)
    assert not office.store.summary(followed).delivered


def test_levels_of_a_signed_plan_change_by_a_signature_only(office, newcomer) -> None:
    """A nurse may record facts; a dose level is no fact that anybody records."""
    version = signed(office, newcomer).version
    raised = {"given": {"course": {"levels": [{"since": "2026-11-21", "dose": "100 mg", "times_per_day": 4}]}}}
    with pytest.raises(NotAllowed, match="signature only"):
        office.store.append(CASE, [Draft(Kind.FACTS_RECORDED, {"set": raised}, NURSE, NOW)], expected=version)
