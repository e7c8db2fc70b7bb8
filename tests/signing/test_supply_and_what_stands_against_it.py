"""The pharmacist hands out nothing past a stop or pause of the rules, nor beside pieces that should have come back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.signing.conftest import CASE, DOCTOR, NOW, NURSE, office_with, opened
from titrant.clinic.acts import recording, signing, starting
from titrant.clinic.acts import supply as acts
from titrant.clinic.acts.diary import keep_entry
from titrant.clinic.acts.judging import judge
from titrant.clinic.acts.recording import Typed
from titrant.clinic.acts.signing import Chosen, sign
from titrant.clinic.dose_now import dose_now
from titrant.clinic.following import adjust_at, review_at
from titrant.clinic.office import Office, case_in
from titrant.clinic.pharmacy import MaySupply, may_supply
from titrant.knowledge.shapes.following import Action
from titrant.pathway.adjust import against_any_dose
from titrant.record.events import Actor, Kind, Role
from titrant.terms.errors import NotNow

PHARMACIST = Actor("ph1", "Pharmacist Example (synthetic)", Role.PHARMACIST)
PATIENT = Actor("device1", "Patient (synthetic)", Role.PATIENT)
WITNESS = "Nurse Second (synthetic)"
LIQUID = {"family": "oral-solution-10", "strength": "10 mg/mL", "content": "base"}
STRONG = {"family": "oral-solution-50", "strength": "50 mg/mL", "content": "base"}
HOLD = Chosen(action="hold", reason="examined")


def later(office: Office, days: int, hour: int = 16) -> Office:
    return office_with(office.store, NOW.replace(hour=hour) + timedelta(days=days))


def signed(office: Office, chosen: Chosen = Chosen(), case: str = CASE):  # noqa: B008
    made = signing.offer(office, office.store.open(case), chosen)
    assert made.may_be_signed, [one.code for one in made.refused]
    sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    return made


def asked(office: Office, case: str = CASE) -> MaySupply:
    return may_supply(office, office.store.open(case))


def handed(answer: MaySupply, **changes) -> acts.Handed:
    assert answer.supply is not None
    made = answer.supply
    given = {
        "family": made.product.id, "strength": str(made.strength), "content": made.content.value, "lot": "A1",
        "beyond_use": "2099-12-31", "quantity": str(answer.most), "told": True, "from_stock": False,
    }  # fmt: skip
    return acts.Handed(**(given | changes))


def give(office: Office, case: str = CASE) -> Decimal:
    answer = asked(office, case)
    assert answer.may, answer.refused
    acts.supply(office, case, handed(answer), PHARMACIST, expected=office.store.summary(case).version)
    return answer.most


def writes(office: Office, nonce: str = "abcdefgh1", **told) -> None:
    entry = {"day": office.today.isoformat(), "entered": office.now().isoformat(), **told}
    keep_entry(office, CASE, entry, nonce, PATIENT, received_at=office.now())


def measured(office: Office, value: str) -> None:
    one = Typed(name="blood_pressure", place="readings", value=value, upper="", again=value, grade="", since="")
    version = office.store.summary(CASE).version
    recording.record_typed(office, NURSE, CASE, [one], expected=version, on=office.today)


def chosen(office: Office, product: str) -> None:
    version = office.store.summary(CASE).version
    assert starting.choose(office, CASE, DOCTOR, expected=version, product=product).faults == {}


# What the rules say of the running course


HARMS = [
    ({"flags": ["pregnant"]}, "pregnant or perhaps pregnant"),
    ({"flags": ["yellow_eyes"]}, "yellow eyes or skin"),
    ({"effects": {"confusion": 3}}, "A severe side effect (confusion 3"),
    ({"effects": {"urinary_blood": 2}}, "A urinary symptom"),
]


@pytest.mark.parametrize(("told", "said"), HARMS)
def test_what_the_rules_stop_or_pause_is_not_handed_out(office, newcomer, told, said) -> None:
    signed(office)
    then = later(office, 1)
    assert asked(then).may
    writes(then, **told)
    answer = asked(then)
    assert not answer.may
    assert any(said in why and "until a prescriber has signed" in why for why in answer.refused), answer.refused
    version = then.store.summary(CASE).version
    with pytest.raises(NotNow, match="until a prescriber has signed"):
        acts.supply(then, CASE, handed(answer, quantity="3"), PHARMACIST, expected=version)


def test_a_normal_pressure_does_not_take_back_the_stop_of_the_day_before(office, newcomer) -> None:
    signed(office)
    measured(later(office, 1), "190/115")
    then = later(office, 2)
    measured(then, "124/76")
    answer = asked(then)
    assert not answer.may
    assert "190 mmHg" in answer.refused[0]


def test_a_prescriber_who_has_read_it_and_signs_lets_it_be_supplied_until_something_new_is_told(
    office, newcomer
) -> None:  # fmt: skip
    signed(office)
    then = later(office, 1)
    writes(then, effects={"confusion": 3})
    assert not asked(then).may
    signed(then, HOLD)
    assert asked(later(office, 2)).may
    third = later(office, 3)
    writes(third, "abcdefgh2", pain={"average": 4})
    assert asked(third).may, "an entry without harm is nothing new"
    writes(third, "abcdefgh3", effects={"confusion": 3})
    assert "2026-11-24" in asked(third).refused[0]


def test_a_lower_dose_that_was_signed_against_a_stop_may_be_supplied(office, newcomer) -> None:
    signed(office)
    then = later(office, 1)
    measured(then, "190/115")
    signed(then, Chosen(action="lower", reason="effects"))
    measured(later(office, 2), "124/76")
    assert asked(later(office, 2)).may
    measured(later(office, 3), "195/115")
    assert "195 mmHg" in asked(later(office, 3)).refused[0]


BLOOD = {"effects": {"urinary_blood": 2}}


def action_of(office: Office) -> Action | None:
    return adjust_at(office.desk, case_in(office.store.open(CASE), office.today)).action


def test_a_stop_that_was_signed_against_hides_no_later_pause(office) -> None:
    opened(office, "following-two-flat-steps")
    signed(office, HOLD)
    then = later(office, 1)
    assert asked(then).may
    writes(then, **BLOOD)
    assert action_of(then) is Action.STOP, "the stop still stands before the pause"
    answer = asked(then)
    assert not answer.may
    assert all(one.startswith("The rules say pause: ") for one in answer.refused)
    assert "A urinary symptom (urinary blood, grade 2) on 2026-11-22" in answer.refused[0]
    assert "A urinary symptom" in next(one["why"] for one in judge(then, CASE).lines if one["code"] == "refill_barred")
    assert not asked(later(office, 2)).may, "nobody has signed"
    signed(then, HOLD)
    assert asked(later(office, 2)).may


def test_a_pause_behind_the_stop_is_in_the_text_that_is_signed_and_is_answered_with_it(office) -> None:
    opened(office, "following-two-flat-steps")
    writes(office, **BLOOD)
    made = signed(office, HOLD)
    assert "- Two steps in a row without an effect" in made.text
    assert "- A urinary symptom (urinary blood, grade 2) on 2026-11-21" in made.text
    then = later(office, 1)
    found = review_at(then.desk, case_in(then.store.open(CASE), then.today))
    assert [action for action, _ in against_any_dose(found)] == [Action.STOP, Action.PAUSE]
    assert asked(then).may
    writes(then, "abcdefgh2", **BLOOD)
    assert "2026-11-22" in asked(then).refused[0], "told again, it is new"


def test_every_open_task_of_today_is_a_line_of_the_answer(office, newcomer) -> None:
    signed(office)
    for grade in ("now", "today", "note"):
        task = {"id": f"t-{grade}", "grade": grade, "code": "call", "for": "nurse", "why": f"Somebody asks ({grade})"}
        office.store.append(CASE, [office.draft(Kind.TASK_OPENED, task, NURSE)], expected=None)
    warnings = asked(office).warnings
    assert [("(now)" in one, "(today)" in one) for one in warnings] == [(True, False), (False, True)]
    assert "Somebody asks (today). Make sure" in warnings[1]


def test_where_nothing_may_be_proposed_the_answer_says_that_the_rules_were_not_asked(office, newcomer) -> None:
    from msgspec import structs

    signed(office)
    then = later(office, 1)
    writes(then, effects={"confusion": 3})
    silent = structs.replace(then, settings=structs.replace(then.settings, engine_on=False))
    assert any("was not checked" in one for one in asked(silent).warnings)


def test_the_worklist_keeps_what_holds_the_supply_back(office, newcomer) -> None:
    signed(office)
    then = later(office, 1)
    assert judge(then, CASE).held_back == ()
    writes(then, flags=["pregnant"])
    assert "until a prescriber has signed" in judge(then, CASE).held_back[0]


# What the patient still holds


def again(office: Office, case: str = CASE) -> None:
    """The course is stopped and begun anew on the same day."""
    signed(office, Chosen(action="stop", reason="ended"), case)
    signed(office, case=case)


def test_after_a_stop_and_a_new_start_the_pieces_in_the_house_are_not_forgotten(office, newcomer) -> None:
    signed(office)
    assert give(office) == 21
    again(office)
    (why,) = asked(office).refused
    assert "21 mL of Oral solution 10 mg/mL were handed out on 2026-11-21" in why
    assert "21 mL of it should still be with the patient" in why
    assert "come back" in why
    assert "counted that nothing is left" in why


def test_they_are_supplied_again_once_the_pieces_have_come_back(office, newcomer) -> None:
    signed(office)
    give(office)
    again(office)
    back = acts.Returned(**LIQUID, lot="A1", quantity="20", witness=WITNESS)
    acts.take_back(office, CASE, back, PHARMACIST)
    assert "; 1 mL of it should still be" in asked(office).refused[0]
    acts.take_back(office, CASE, acts.Returned(**LIQUID, lot="A1", quantity="1", witness=WITNESS), PHARMACIST)
    assert asked(office).may


def test_or_once_somebody_has_counted_that_nothing_is_left(office, newcomer) -> None:
    signed(office)
    give(office)
    again(office)
    acts.count(office, CASE, "5", NURSE)
    assert "; 5 mL of it should still be" in asked(office).refused[0]
    acts.count(office, CASE, "0", NURSE, LIQUID)
    assert give(office) == 21
    acts.count(office, CASE, "20", NURSE)
    assert asked(office).house == 20, "what was supplied since is counted as before"


def test_a_count_between_the_stop_and_the_new_start_counts(office, newcomer) -> None:
    signed(office)
    give(office)
    signed(office, Chosen(action="stop", reason="ended"))
    acts.count(office, CASE, "0", NURSE)
    signed(office)
    assert asked(office).may


def test_what_was_signed_to_be_taken_need_not_come_back(office, newcomer) -> None:
    signed(office)
    give(office)
    again(later(office, 3))
    assert "; 12 mL of it should still be" in asked(later(office, 3)).refused[0]


def test_a_withdrawn_plan_leaves_its_pieces_too(office, newcomer) -> None:
    signed(office)
    give(office)
    version = office.store.summary(CASE).version
    signing.withdraw(office, CASE, DOCTOR, expected=version, reason="examined")
    signed(office)
    assert "21 mL of Oral solution" in asked(office).refused[0]


def changed_to_capsules(office: Office) -> Office:
    """4.2 mL of 50 mg/mL are handed out, and capsules are signed on the next day for the day after it."""
    chosen(office, "oral-solution-50|50 mg/mL|base")
    signed(office)
    assert give(office) == Decimal("4.2")
    chosen(later(office, 1), "capsule|10 mg|base")
    signed(later(office, 1), HOLD)
    return later(office, 2)


def test_after_a_change_of_product_nothing_is_supplied_beside_the_old_pieces(office, newcomer) -> None:
    then = changed_to_capsules(office)
    answer = asked(then)
    assert not answer.may
    assert "4.2 mL of Oral solution 50 mg/mL were handed out on 2026-11-21" in answer.refused[0]
    assert "; 3 mL of it should still be with the patient" in answer.refused[0]
    assert answer.house is None, "no mL is counted as a capsule"
    back = acts.Returned(**STRONG, lot="A1", quantity="2", witness=WITNESS, left="0")
    acts.take_back(then, CASE, back, PHARMACIST)
    assert give(then) == 21
    assert asked(then).house == 21


def test_a_count_of_what_nobody_handed_out_is_refused(office, newcomer) -> None:
    then = changed_to_capsules(office)
    with pytest.raises(NotNow, match="was handed out before"):
        acts.count(then, CASE, "0", NURSE, LIQUID)
    assert not asked(then).may


def test_a_case_that_brought_its_supplies_with_it_counts_them(office) -> None:
    given = {"on": date(2026, 11, 18).isoformat(), "pieces": "60"}
    opened(office, "following-ready-for-a-step", changes={"given": {"course": {"supplies": [given]}}})
    chosen(office, "oral-solution-50|50 mg/mL|base")
    signed(office, HOLD)
    answer = asked(later(office, 1))
    assert "60 mL of Oral solution 10 mg/mL were handed out on 2026-11-18" in answer.refused[0], answer.refused
    assert answer.house is None


# Counted first, supplied then, all on one day


def counted_and_supplied(office: Office) -> Office:
    """9 mL at the start, nothing left on the fourth day, 12 mL handed out in the hour after the count."""
    signed(office)
    version = office.store.summary(CASE).version
    acts.supply(office, CASE, handed(asked(office), quantity="9"), PHARMACIST, expected=version)
    acts.count(later(office, 3, 9), CASE, "0", NURSE)
    there = later(office, 3, 10)
    version = there.store.summary(CASE).version
    acts.supply(there, CASE, handed(asked(there), quantity="12"), PHARMACIST, expected=version)
    return later(office, 3, 11)


def test_a_count_does_not_take_away_what_was_supplied_after_it(office, newcomer) -> None:
    there = counted_and_supplied(office)
    signing.stop(there, CASE, DOCTOR, expected=there.store.summary(CASE).version, reason="examined")
    signed(later(office, 3, 12))
    answer = asked(later(office, 3, 13))
    assert not answer.may
    assert [one.left for one in answer.earlier] == [Decimal(12)]


def test_nor_where_the_next_dose_is_made_of_another_product(office, newcomer) -> None:
    there = counted_and_supplied(office)
    chosen(there, "oral-solution-50|50 mg/mL|base")
    signed(there, Chosen(action="lower", reason="effects"))
    answer = asked(there)
    assert not answer.may
    assert [one.left for one in answer.earlier] == [Decimal(12)]


# A draft gives no drug, and takes no end back


@pytest.mark.parametrize("dropped", [False, True])
def test_a_draft_after_a_stop_is_the_draft_of_a_new_start(office, newcomer, dropped) -> None:
    signed(office)
    give(office)
    there = later(office, 3)
    signing.stop(there, CASE, DOCTOR, expected=there.store.summary(CASE).version, reason="examined")
    summary = signing.draft(there, CASE, NURSE, expected=there.store.summary(CASE).version)
    assert summary.draft
    assert dose_now(summary, there.today).line == "none, the course has ended"
    if dropped:
        signing.drop_draft(there, CASE, NURSE, expected=summary.version)
    made = signing.offer(there, there.store.open(CASE), HOLD)
    assert made.is_start
    assert "There was an earlier course" in made.text
    signed(there, signing.drafted_choice(there.store.open(CASE)) if not dropped else Chosen())
    assert not asked(later(office, 4)).may, "what was handed out before is still with the patient"
