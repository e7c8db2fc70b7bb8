"""Story 5: may I supply, how much, until when. Every quantity below was counted by hand."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from tests.clinic.signing_by_hand import (
    CASE,
    NURSE,
    PHARMACIST,
    PRESCRIBER,
    knowledge,
    office_on,
    on,
    opened,
    sign,
    tree_of,
)
from titrant.clinic.acts import supply as acts
from titrant.clinic.labelling import label_data, labels
from titrant.clinic.pharmacy import may_supply, unlike_signed
from titrant.clinic.stock import RETURNED, Batch
from titrant.pathway.case import ProductChoice
from titrant.pathway.deliver import supply_of
from titrant.record.events import Kind
from titrant.record.seal import Broken
from titrant.terms.errors import NotAllowed, NotNow, Stale, TitrantError
from titrant.terms.numbers import plain
from titrant.terms.quantity import Quantity

TODAY = date(2026, 11, 21)
LIQUID = {"family": "oral-solution-10", "strength": "10 mg/mL", "content": "base"}
TROCHE = {"family": "troche-quarters", "strength": "20 mg", "content": "base"}


def level(since, dose, times=3, days=7):
    return {"since": since, "dose": dose, "times_per_day": times, "days_per_week": days}


def planned(base, *levels, product=None, today=TODAY, **settings):
    office = office_on(today, **settings)
    facts = tree_of(base)
    if product:
        facts["product"] = product
    opened(office, facts)
    sign(office, CASE, *levels)
    return office


def handed(product=LIQUID, **changes):
    given = {"lot": "A1", "beyond_use": "2027-06-30", "quantity": "21", "told": True, "from_stock": False}
    return acts.Handed(**(product | given | changes))


def give(office, product=LIQUID, **changes):
    version = office.store.summary(CASE).version
    return acts.supply(office, CASE, handed(product, **changes), PHARMACIST, expected=version)


ORAL, TROCHES = "everything-known.yaml", "everything-known-troche.yaml"
# What is signed, the day, and what a person with a pencil gets: quantity, days, the line of numbers.
TEN_PLANS = [
    # 7 days of 3 × 1 mL
    (ORAL, [level("2026-11-21", "10 mg")], None, TODAY, "21", 7, "7 days × 3 = 21 mL"),
    # 3 days of 3 mL, then 4 days of 6 mL: 9 + 24
    (ORAL, [level("2026-11-21", "10 mg"), level("2026-11-24", "20 mg")], None, TODAY, "33", 7,
     "3 days × 3 + 4 days × 6 = 33 mL"),
    # 3 + 3 + 1 days at 3, 6 and 9 mL: 9 + 18 + 9
    (ORAL, [level("2026-11-21", "10 mg"), level("2026-11-24", "20 mg"), level("2026-11-27", "30 mg")], None, TODAY,
     "36", 7, "3 days × 3 + 3 days × 6 + 1 day × 9 = 36 mL"),
    # down from 20 to 15 mg: 2 days of 6 mL, 5 days of 4.5 mL: 12 + 22.5
    (ORAL, [level("2026-11-21", "20 mg"), level("2026-11-23", "15 mg")], None, TODAY, "34.5", 7,
     "2 days × 6 + 5 days × 4.5 = 34.5 mL"),
    # capsules of 5 mg, two at a time, three times a day
    (ORAL, [level("2026-11-21", "10 mg")], {"family": "capsule", "strength": "5 mg"}, TODAY, "42", 7,
     "7 days × 6 = 42 capsules"),
    # half a 20 mg troche twice a day
    (TROCHES, [level("2026-11-21", "10 mg", 2)], None, TODAY, "7", 7, "7 days × 1 = 7 troches"),
    # a quarter of a 20 mg troche once a day: 1.75, handed out as 2 whole ones
    (TROCHES, [level("2026-11-21", "5 mg", 1)], None, TODAY, "2", 7,
     "7 days × 0.25 = 1.75 troches, handed out as 2 troches"),
    # half a troche twice a day for 4 days, then three quarters for 3: 4 + 4.5 = 8.5
    (TROCHES, [level("2026-11-21", "10 mg", 2), level("2026-11-25", "15 mg", 2)], None, TODAY, "9", 7,
     "4 days × 1 + 3 days × 1.5 = 8.5 troches, handed out as 9 troches"),
    # on three days a week, one troche of 20 mg: Saturday, Monday, Wednesday
    (TROCHES, [level("2026-11-21", "20 mg", 1, 3)], None, TODAY, "3", 7, "3 days × 1 = 3 troches"),
    # held for four weeks: 28 days of 3 mL
    (ORAL, [level("2026-11-21", "10 mg")], None, date(2026, 12, 19), "84", 28, "28 days × 3 = 84 mL"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "levels", "product", "day", "quantity", "days", "line"), TEN_PLANS)
def test_ten_plans_counted_by_hand(base, levels, product, day, quantity, days, line):
    office = on(planned(base, *levels, product=product), day)
    answer = may_supply(office, office.store.open(CASE))
    assert answer.refused == ()
    assert (answer.most, answer.dispensing.days, answer.arithmetic) == (Decimal(quantity), days, line)
    assert answer.until == day + timedelta(days=days - 1)
    taken = sum((row.pieces for row in answer.days[:days]), Decimal(0))
    assert taken == answer.dispensing.needed


def test_each_day_until_the_next_review_is_shown():
    office = planned(ORAL, level("2026-11-21", "10 mg"), level("2026-11-24", "20 mg"))
    body = {"on": "2026-11-30", "why": "review"}
    office.store.append(CASE, [office.draft(Kind.CONTACT_PLANNED, body, NURSE)], expected=None)
    rows = may_supply(office, office.store.open(CASE)).days
    assert rows[0].day == TODAY
    assert rows[-1].day == date(2026, 11, 30)
    assert [row.pieces for row in rows[:4]] == [3, 3, 3, 6]
    assert rows[3].left == 24


def test_a_supply_is_entered_and_the_next_may_be_collected_two_days_before_it_ends():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    asked = may_supply(office, office.store.open(CASE))
    give(office)
    handed_out = may_supply(office, office.store.open(CASE))
    assert not handed_out.may
    assert str(asked.until) == "2026-11-27"
    early = [why for why in handed_out.refused if "lasts until" in why]
    assert early == ["The present supply lasts until 2026-11-27; the next may be collected from 2026-11-26."]
    assert handed_out.house == 21
    assert [row.left for row in handed_out.days[:3]] == [21, 18, 15]
    later = on(office, date(2026, 11, 26))
    answer = may_supply(later, later.store.open(CASE))
    assert answer.may
    assert answer.house == 6  # 21 less five days of 3 mL
    record = office.store.open(CASE)
    label = label_data(office, record, labels(office, record)[record.of(Kind.SUPPLIED)[0].number])
    assert label["quantity"] == "21 (twenty-one) mL"
    assert label["directions"] == "10 mg = 1 mL, three times a day, every day"
    assert label["strength"] == "10 mg/mL"
    assert label["until"] == "2026-11-27"


@pytest.mark.parametrize(
    ("product", "said"),
    [
        (LIQUID | {"family": "oral-solution-50", "strength": "50 mg/mL"}, "signed for"),
        (LIQUID | {"content": "hydrochloride"}, "signed for"),
        ({"family": "capsule", "strength": "10 mg", "content": "base"}, "signed for"),
        (TROCHE, "not used by|not one of|does not"),
        (LIQUID | {"strength": "100 mg/mL"}, "not a listed strength"),
        (LIQUID | {"strength": "10"}, "cannot be read"),
    ],
)
def test_a_wrong_strength_or_product_is_refused(product, said):
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    with pytest.raises(NotNow) as error:
        give(office, product)
    assert "oral-solution" in str(error.value) or any(word in str(error.value) for word in said.split("|"))
    assert not office.store.open(CASE).of(Kind.SUPPLIED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": "21.1"}, "more than may be handed out"),
        ({"quantity": "210"}, "more than may be handed out"),
        ({"quantity": "0"}, "not above zero"),
        ({"quantity": "-1"}, "not above zero"),
        ({"quantity": "2,1"}, "cannot be read"),
        ({"quantity": "NaN"}, "cannot be read"),
        ({"lot": " "}, "lot number is missing"),
        ({"beyond_use": "2026-11-26"}, "comes before the supply ends"),
        ({"beyond_use": "soon"}, "no day of the calendar"),
        ({"told": False}, "told of the dose"),
    ],
)
def test_what_does_not_fit_is_refused(changes, said):
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    with pytest.raises(NotNow, match=said):
        give(office, **changes)


def test_half_a_troche_is_not_handed_out():
    office = planned(TROCHES, level("2026-11-21", "10 mg", 2))
    with pytest.raises(NotNow, match="whole pieces"):
        give(office, TROCHE, quantity="6.5")


def test_less_than_allowed_lasts_for_fewer_days():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    give(office, quantity="10")
    body = office.store.open(CASE).of(Kind.SUPPLIED)[0].body
    assert (body["days"], body["until"]) == ("3", "2026-11-23")


def test_the_product_is_not_recorded_anew_while_a_plan_is_in_force():
    office = planned(TROCHES, level("2026-11-21", "10 mg", 2))
    swapped = {"set": {"product": {"family": "troche-quarters", "strength": "10 mg"}}}
    with pytest.raises(NotAllowed, match="product"):
        office.store.append(CASE, [office.draft(Kind.FACTS_RECORDED, swapped, NURSE)], expected=None)
    assert may_supply(office, office.store.open(CASE)).may


def test_the_product_of_the_record_changed_after_the_signature_blocks_the_supply(monkeypatch):
    """Where the store let it in all the same, as it did once."""
    monkeypatch.setattr("titrant.record.appending._SIGNED_PARTS", ())
    office = planned(TROCHES, level("2026-11-21", "10 mg", 2))
    swapped = {"set": {"product": {"family": "troche-quarters", "strength": "10 mg"}}}
    office.store.append(CASE, [office.draft(Kind.FACTS_RECORDED, swapped, NURSE)], expected=None)
    answer = may_supply(office, office.store.open(CASE))
    assert not answer.may
    assert any("new signature" in why for why in answer.refused)
    sign(office, CASE, level("2026-11-22", "10 mg", 2))
    tomorrow = on(office, date(2026, 11, 22))
    assert may_supply(tomorrow, tomorrow.store.open(CASE)).may


def swaps(count, seed):
    """Random pairs of products as they are made: family, strength, and what the label counts."""
    library, generator = knowledge(), random.Random(seed)
    made = [
        supply_of(ProductChoice(family=name, strength=strength, content=content), protocol, library)
        for protocol in (library.protocols["oral-guideline"], library.protocols["troche-guideline"])
        for name in protocol.products
        for strength in library.products[name].strengths.values
        for content in ("base", "hydrochloride")
    ]
    return [generator.sample(made, 2) for _ in range(count)]


def signed_for(supply):
    piece = plain(supply.part_mg / supply.smallest_part)
    return {"product": supply.name, "piece_unit": supply.piece_unit, "piece_mg": piece}


def test_ten_thousand_swaps_of_a_product_are_all_stopped():
    """T09: what was signed for one product is never supplied as another; the same product always is."""
    found = swaps(10_000, seed=20260009)
    assert sum(bool(unlike_signed(signed_for(one), other)) for one, other in found) == len(found)
    assert not any(unlike_signed(signed_for(one), one) for one, _ in found)


def test_an_old_name_on_another_strength_is_seen():
    """The planted fault: a product that is renamed as the one it replaces."""
    library = knowledge()
    weak, strong = (
        supply_of(ProductChoice(family=family, strength=strength), library.protocols["oral-guideline"], library)
        for family, strength in (
            ("oral-solution-10", Quantity.parse("10 mg/mL")), ("oral-solution-50", Quantity.parse("50 mg/mL")),
        )
    )  # fmt: skip
    assert unlike_signed(signed_for(strong) | {"product": weak.name}, weak)


def test_an_altered_plan_is_never_supplied():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    plan = office.store.open(CASE).plan
    plan.body["content"]["regimen"]["pieces_per_dose"] = "2"
    answer = may_supply(office, office.store.open(CASE))
    assert not answer.may
    assert "not the content that was signed" in answer.refused[0]
    assert issubclass(Broken, TitrantError)


def test_nothing_is_supplied_without_a_signature():
    office = office_on(TODAY)
    opened(office, tree_of(ORAL))
    assert "no signed plan" in may_supply(office, office.store.open(CASE)).refused[0]


def test_a_hold_blocks_everybody_until_a_prescriber_lifts_it():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    acts.ask(office, CASE, "Is 10 mg three times a day meant beside the new sedative", PHARMACIST, holds=True)
    summary = office.store.summary(CASE)
    assert list(summary.tasks) == list(summary.holds)
    for by in (PHARMACIST, PRESCRIBER):
        with pytest.raises(NotNow, match="A hold is placed"):
            acts.supply(office, CASE, handed(), by, expected=summary.version)
    name = next(iter(summary.holds))
    with pytest.raises(NotAllowed):
        acts.lift(office, CASE, name, "seen", PHARMACIST)
    with pytest.raises(NotAllowed):
        acts.lift(office, CASE, name, "seen", NURSE)
    acts.lift(office, CASE, name, "yes, sedative stopped today", PRESCRIBER)
    assert office.store.summary(CASE).tasks == {}
    give(office)


def test_a_question_alone_does_not_hold():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    acts.ask(office, CASE, "Which flavour?", PHARMACIST, holds=False)
    give(office)
    assert [task.code for task in office.store.summary(CASE).tasks.values()] == ["pharmacist_query"]


def test_a_nurse_does_not_supply():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    with pytest.raises(NotAllowed):
        acts.supply(office, CASE, handed(), NURSE, expected=office.store.summary(CASE).version)


def test_of_two_who_supply_at_once_one_is_told():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    seen = office.store.summary(CASE).version
    acts.supply(office, CASE, handed(quantity="3"), PHARMACIST, expected=seen)
    with pytest.raises((Stale, NotNow)):
        acts.supply(office, CASE, handed(quantity="3"), PHARMACIST, expected=seen)
    assert len(office.store.open(CASE).of(Kind.SUPPLIED)) == 1


def test_a_suspended_patient_is_not_supplied():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    body = {"add": {"course.suspensions": [{"since": "2026-11-21", "by": "provider", "reason": "fall"}]}}
    office.store.append(CASE, [office.draft(Kind.SUSPENDED, body, NURSE)], expected=None)
    answer = may_supply(office, office.store.open(CASE))
    assert not answer.may
    assert "suspended" in answer.refused[0]


def test_a_british_plan_is_supplied_once():
    office = planned(ORAL, level("2026-11-21", "10 mg"), pack="uk")
    give(office)
    later = on(office, date(2026, 11, 27))
    answer = may_supply(later, later.store.open(CASE))
    assert any("no repeat dispensing" in why for why in answer.refused)


def test_no_more_than_the_signed_quantity_in_all():
    def with_quantity(content):
        return content | {"quantity": {"pieces": "21", "unit": "mL"}}

    office = office_on(TODAY)
    opened(office, tree_of(ORAL))
    sign(office, CASE, level("2026-11-21", "10 mg"), change=with_quantity)
    give(office, quantity="12")
    later = on(office, date(2026, 11, 24))
    answer = may_supply(later, later.store.open(CASE))
    assert answer.signed_most == 9
    assert answer.most == 9
    give(later, quantity="9")
    last = on(office, date(2026, 11, 27))
    assert any("no repeats" in why for why in may_supply(last, last.store.open(CASE)).refused)


# Lines are corrected by new lines


def test_a_wrong_line_is_corrected_by_a_new_one_and_stays():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    give(office)
    number = office.store.open(CASE).of(Kind.SUPPLIED)[0].number
    acts.correct_supply(office, CASE, number, "12", "bottle held 12 mL", PHARMACIST)
    record = office.store.open(CASE)
    assert record.tree["given"]["course"]["supplies"] == [{"on": "2026-11-21", "pieces": "12"}]
    assert record.of(Kind.SUPPLIED)[0].body["quantity"] == "21"
    acts.correct_supply(office, CASE, number, "0", "was not collected", PHARMACIST)
    record = office.store.open(CASE)
    assert record.tree["given"]["course"]["supplies"] == []
    assert may_supply(office, record).may
    with pytest.raises(NotNow, match="taken back already"):
        acts.correct_supply(office, CASE, number, "3", "again", PHARMACIST)


def test_a_correction_never_makes_more_of_a_line():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    give(office)
    number = office.store.open(CASE).of(Kind.SUPPLIED)[0].number
    with pytest.raises(NotNow, match="further supply"):
        acts.correct_supply(office, CASE, number, "22", "bottle held more", PHARMACIST)


def twice_supplied():
    """Signed for 21 mL. The first line is corrected from 21 to 2, and the 19 that are left are handed out later."""
    office = office_on(TODAY)
    opened(office, tree_of(ORAL))
    quantity = {"quantity": {"pieces": "21", "unit": "mL"}}
    sign(office, CASE, level("2026-11-21", "10 mg"), change=lambda content: content | quantity)
    give(office)
    number = office.store.open(CASE).of(Kind.SUPPLIED)[0].number
    acts.correct_supply(office, CASE, number, "2", "a small bottle", PHARMACIST)
    later = on(office, date(2026, 11, 22))
    give(later, quantity="15")
    return later, number


def test_a_correction_upwards_stays_within_what_was_signed():
    office, number = twice_supplied()
    with pytest.raises(NotNow, match="4 mL is left of the signed quantity"):
        acts.correct_supply(office, CASE, number, "7", "a larger bottle", PHARMACIST)
    assert acts.correct_supply(office, CASE, number, "6", "a larger bottle", PHARMACIST).holds == {}
    assert may_supply(office, office.store.open(CASE)).signed_most == 0


def test_more_than_was_signed_is_recorded_before_a_witness_and_waits_for_the_prescriber():
    office, number = twice_supplied()
    with pytest.raises(NotAllowed, match="second person"):
        acts.correct_supply(office, CASE, number, "21", "it was full", PHARMACIST, witness=PHARMACIST.name)
    witness = "Second Person (synthetic)"
    summary = acts.correct_supply(office, CASE, number, "21", "it was full", PHARMACIST, witness=witness)
    assert [(one.code, one.grade) for one in summary.tasks.values()] == [("pharmacist_query", "now")]
    assert "19 mL more were handed out, and 4 mL is left" in next(iter(summary.holds.values()))
    record = office.store.open(CASE)
    assert [one["pieces"] for one in record.tree["given"]["course"]["supplies"]] == ["21", "15"]
    assert record.of(Kind.SUPPLY_CORRECTED)[-1].body["witness"] == witness
    assert not may_supply(office, record).may


def test_no_more_comes_back_than_was_handed_out():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    back = {**LIQUID, "lot": "A1", "witness": "Second Person (synthetic)"}
    with pytest.raises(NotNow, match="was handed 0"):
        acts.take_back(office, CASE, acts.Returned(**back, quantity="1"), PHARMACIST)
    give(office)
    with pytest.raises(NotNow, match="500 cannot come back"):
        acts.take_back(office, CASE, acts.Returned(**back, quantity="500"), PHARMACIST)
    acts.take_back(office, CASE, acts.Returned(**back, quantity="12"), PHARMACIST)
    with pytest.raises(NotNow, match="9 can still be there"):
        acts.take_back(office, CASE, acts.Returned(**back, quantity="10"), PHARMACIST)
    acts.take_back(office, CASE, acts.Returned(**back, quantity="9"), PHARMACIST)


def test_what_was_counted_is_what_is_left():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    with pytest.raises(NotNow, match="Nothing was supplied"):
        acts.count(office, CASE, "3", NURSE)
    give(office)
    later = on(office, date(2026, 11, 26))
    acts.count(later, CASE, "2", NURSE)
    assert may_supply(later, later.store.open(CASE)).house == 2


def test_a_count_after_a_supply_of_the_same_day_has_the_new_bottle_in_it():
    """21 mL are counted, not 42: when they are taken, the next may be collected."""
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    give(office)
    acts.count(office, CASE, "21", NURSE)
    for days, house, may in ((1, 18, False), (5, 6, True), (7, 0, True)):
        there = on(office, TODAY + timedelta(days))
        answer = may_supply(there, there.store.open(CASE))
        assert (answer.house, answer.may) == (house, may)


def test_a_count_before_a_supply_of_the_same_day_does_not_hide_the_new_bottle():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    give(office)
    there = on(office, TODAY + timedelta(5))
    acts.count(there, CASE, "6", NURSE)
    give(there)
    assert may_supply(there, there.store.open(CASE)).house == 27
    next_day = on(office, TODAY + timedelta(6))
    assert may_supply(next_day, next_day.store.open(CASE)).house == 24


# The stock book


def stocked(office, quantity="50", lot="A1"):
    receipt = acts.Receipt(**LIQUID, lot=lot, beyond_use="2027-06-30", quantity=quantity, source="maker (synthetic)")
    acts.receive(office, receipt, PHARMACIST)
    return Batch("oral-solution-10", "10 mg/mL", "base", lot)


def test_the_running_balance_of_a_lot():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    batch = stocked(office)
    give(office, from_stock=True)
    acts.waste(office, batch, "4", "Second Person (synthetic)", "bottle broken", PHARMACIST)
    lines = acts.book(office).lines
    assert [(line.what, str(line.balance)) for line in lines] == [
        ("received", "50"), ("supplied", "29"), ("destroyed", "25"),
    ]  # fmt: skip


def test_a_supply_that_the_book_cannot_give_is_refused_whole():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    stocked(office, "20")
    with pytest.raises(NotNow, match="There are 20 mL of this lot"):
        give(office, from_stock=True)
    assert not office.store.open(CASE).of(Kind.SUPPLIED)
    assert acts.book(office).lines[-1].balance == 20
    with pytest.raises(NotNow, match="There are 0 mL of this lot"):
        give(office, from_stock=True, lot="B2", quantity="5")


def test_a_lot_of_the_book_keeps_its_date_also_where_it_is_not_taken_off_the_book():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    receipt = acts.Receipt(**LIQUID, lot="L9", beyond_use="2026-11-22", quantity="100")
    acts.receive(office, receipt, PHARMACIST)
    for lot in ("L9", "l 9"):
        with pytest.raises(NotNow, match="The book says 2026-11-22"):
            give(office, lot=lot, beyond_use="2027-12-31", from_stock=False)
    with pytest.raises(NotNow, match="comes before the supply ends"):
        give(office, lot="L9", beyond_use="", from_stock=False)


def test_one_lot_has_one_date_until_it_is_corrected_with_a_reason():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    receipt = acts.Receipt(**LIQUID, lot="L9", beyond_use="2026-11-22", quantity="100")
    acts.receive(office, receipt, PHARMACIST)
    with pytest.raises(NotNow, match="one lot has one date"):
        acts.receive(office, structs.replace(receipt, beyond_use="2027-12-31", quantity="1"), PHARMACIST)
    first, seen = acts.book(office).lines[0].number, "Second Person (synthetic)"
    with pytest.raises(NotNow, match="needs its reason"):
        acts.correct_stock(office, first, "", seen, "", PHARMACIST, beyond_use="2027-12-31")
    with pytest.raises(NotNow, match="changes nothing"):
        acts.correct_stock(office, first, "", seen, "misread", PHARMACIST, beyond_use="2026-11-22")
    acts.correct_stock(office, first, "", seen, "the year was misread", PHARMACIST, beyond_use="2027-12-31")
    assert [(one.balance, one.beyond_use) for one in acts.book(office).holdings] == [(100, "2027-12-31")]
    give(office, lot="L9", beyond_use="", from_stock=True)
    assert acts.book(office).holdings[0].beyond_use == "2027-12-31"


def test_a_correction_down_does_not_shelve_a_second_time_what_came_back():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    stocked(office, "100")
    give(office, from_stock=True)
    back = acts.Returned(**LIQUID, lot="A1", quantity="10", witness="Second Person (synthetic)", left="11")
    acts.take_back(office, CASE, back, PHARMACIST)
    number = office.store.open(CASE).of(Kind.SUPPLIED)[0].number
    with pytest.raises(NotNow, match="10 mL of this product came back on 2026-11-21"):
        acts.correct_supply(office, CASE, number, "11", "ten came back", PHARMACIST)
    assert {one.batch.where: one.balance for one in acts.book(office).holdings} == {"shelf": 79, "returned": 10}
    assert may_supply(office, office.store.open(CASE)).house == 11


def test_half_of_an_act_is_never_kept(monkeypatch):
    """The stock line is written after the case line here; what the second refuses, the first has not done either."""
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    stocked(office)
    before = office.store.head()
    monkeypatch.setattr(acts, "_stock_batch", lambda office, drafts: ("", drafts, 99))
    with pytest.raises(Stale):
        give(office, from_stock=True)
    assert office.store.head() == before


def test_a_lot_is_never_below_zero_and_a_line_is_corrected_by_a_new_one():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    batch = stocked(office)
    with pytest.raises(NotNow, match="cannot leave it"):
        acts.waste(office, batch, "50.1", "Second Person (synthetic)", "spilt", PHARMACIST)
    first = acts.book(office).lines[0].number
    with pytest.raises(NotNow, match="cannot leave it"):
        acts.correct_stock(office, first, "-51", "Second Person (synthetic)", "count", PHARMACIST)
    acts.correct_stock(office, first, "-2", "Second Person (synthetic)", "48 came, not 50", PHARMACIST)
    lines = acts.book(office).lines
    assert (lines[0].balance, lines[1].balance, lines[1].corrects) == (50, 48, first)


@pytest.mark.parametrize("witness", ["", "the patient", "Pharmacist (synthetic)", "nobody"])
def test_waste_and_returns_need_a_second_person_by_name(witness):
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    batch = stocked(office)
    with pytest.raises((NotAllowed, NotNow)):
        acts.waste(office, batch, "1", witness, "spilt", PHARMACIST)
    back = acts.Returned(**LIQUID, lot="A1", quantity="3", witness=witness)
    with pytest.raises((NotAllowed, NotNow)):
        acts.take_back(office, CASE, back, PHARMACIST)


def test_what_comes_back_waits_apart_and_is_never_supplied_again():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    stocked(office)
    give(office, from_stock=True)
    later = on(office, date(2026, 11, 24))
    back = acts.Returned(
        **LIQUID, lot="A1", quantity="12", left="0", witness="Second Person (synthetic)", why="dose lowered"
    )
    acts.take_back(later, CASE, back, PHARMACIST)
    book = acts.book(later)
    shelf = Batch("oral-solution-10", "10 mg/mL", "base", "A1")
    apart = Batch("oral-solution-10", "10 mg/mL", "base", "A1", RETURNED)
    assert (book.balance(shelf), book.balance(apart)) == (29, 12)
    assert [one.batch.where for one in book.lots_of("oral-solution-10", "10 mg/mL", "base", TODAY)] == ["shelf"]
    assert may_supply(later, later.store.open(CASE)).house == 0


def test_what_comes_back_is_counted_in_its_own_unit_whatever_the_plan_is_signed_for():
    office = planned(ORAL, level("2026-11-21", "10 mg"))  # a solution, counted in mL
    back = acts.Returned(
        **TROCHE, lot="T1", quantity="5", witness="Second Person (synthetic)", why="handed out by another pharmacy"
    )
    acts.take_back(office, CASE, back, PHARMACIST)
    held = acts.book(office).holdings[0]
    assert (held.balance, held.unit) == (5, "troche")
    assert office.store.open(CASE).of(Kind.RETURNED)[0].body["unit"] == "troche"


NO_PRODUCTS = [{"family": "troche-x"}, {"strength": "11 mg/mL"}, {"strength": ""}, {"content": "salt"}, {"content": ""}]


@pytest.mark.parametrize("changes", NO_PRODUCTS, ids=str)
def test_what_no_label_says_enters_the_controlled_drug_book_neither_as_return_nor_as_receipt(changes):
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    back = acts.Returned(**(LIQUID | changes), lot="A1", quantity="5", witness="Second Person (synthetic)")
    with pytest.raises(NotNow, match=r"no product of this clinic|is not what a label counts"):
        acts.take_back(office, CASE, back, PHARMACIST)
    receipt = acts.Receipt(**(LIQUID | changes), lot="A1", beyond_use="2027-06-30", quantity="5")
    with pytest.raises(NotNow, match=r"no product of this clinic|is not what a label counts"):
        acts.receive(office, receipt, PHARMACIST)
    assert acts.book(office).lines == ()


def test_a_correction_of_a_supply_puts_the_lot_right_as_well():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    batch = stocked(office)
    give(office, from_stock=True)
    number = office.store.open(CASE).of(Kind.SUPPLIED)[0].number
    acts.correct_supply(office, CASE, number, "0", "was not collected", PHARMACIST)
    assert acts.book(office).balance(batch) == 50


def test_the_stock_is_kept_by_pharmacists():
    office = planned(ORAL, level("2026-11-21", "10 mg"))
    receipt = acts.Receipt(**LIQUID, lot="A1", beyond_use="2027-06-30", quantity="5")
    with pytest.raises(NotAllowed):
        acts.receive(office, receipt, NURSE)
    with pytest.raises(NotNow, match="has passed"):
        acts.receive(office, acts.Receipt(**LIQUID, lot="A1", beyond_use="2026-11-20", quantity="5"), PHARMACIST)


def test_a_renewed_plan_is_supplied_until_its_own_end():
    """The first level is fourteen weeks old; the plan was signed anew four weeks ago and runs for twelve."""
    facts = tree_of(ORAL)
    office = office_on(TODAY)
    opened(office, facts)
    sign(office, CASE, level("2026-08-15", "10 mg"), plan_from="2026-10-24")
    answer = may_supply(office, office.store.open(CASE))
    assert not [why for why in answer.refused if "The plan ends on" in why]
    assert answer.may


def test_a_finding_that_holds_a_supply_speaks_in_words():
    office = office_on(TODAY)
    words = office.desk.words
    assert words.label("icsi_rise") == "The bladder score has risen by three points or more since the start"
    place = "oral-guideline@1/following/pause_bladder"
    said = words.say_rule(place, "pause_bladder", {"finding": "icsi_rise"})
    assert said.startswith("The bladder score has risen by three points or more since the start.")
    assert "icsi_rise" not in said
