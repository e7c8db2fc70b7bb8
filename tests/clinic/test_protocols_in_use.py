"""Approving with two people, withdrawing by one, and calling back everybody who is touched (T32, T23)."""

import random
from datetime import date

import msgspec
import pytest

from tests.clinic.signing_by_hand import (
    CASE,
    NURSE,
    PHARMACIST,
    PRESCRIBER,
    knowledge,
    office_on,
    opened,
    sign,
    tree_of,
)
from titrant.clinic.acts import protocols as acts
from titrant.clinic.approving import APPROVAL_KINDS, approvals_of
from titrant.clinic.office import case_in
from titrant.clinic.pharmacy import may_supply
from titrant.knowledge.library import Library
from titrant.knowledge.shapes.protocols import Standing
from titrant.pathway.plan import Outcome
from titrant.record.events import CLINIC, Actor, Event, Kind, Role
from titrant.terms.canonical import canonical_json
from titrant.terms.errors import NotAllowed, NotNow

TODAY = date(2026, 11, 21)
OTHER = Actor("p2", "Dr Second (synthetic)", Role.PRESCRIBER)
ADMINISTRATOR = Actor("a1", "Administrator (synthetic)", Role.ADMINISTRATOR)
LEVEL = {"since": "2026-11-21", "dose": "10 mg", "times_per_day": 3, "days_per_week": 7}
TROCHE = {"since": "2026-11-21", "dose": "10 mg", "times_per_day": 2, "days_per_week": 7}


def as_now(office):
    """The office as the next request would find it: approvals read again."""
    events = office.store.events(CLINIC, APPROVAL_KINDS)
    folder = knowledge().approvals
    library = office.library.with_approvals(approvals_of(folder, events, office.keys, "Clinic (synthetic)"))
    return msgspec.structs.replace(office, library=library)


def without_folder(office):
    """The same clinic where no file puts anything in use."""
    library = office.library.with_approvals(None)
    return msgspec.structs.replace(office, library=library)


def approved(office):
    events = office.store.events(CLINIC, APPROVAL_KINDS)
    library = office.library.with_approvals(approvals_of(None, events, office.keys, "Clinic (synthetic)"))
    return msgspec.structs.replace(office, library=library)


def sha(office, name="oral-guideline", version=1):
    return office.library.protocol_sha256(name, version)


def proposal(office, name="everything-known.yaml"):
    opened(office, tree_of(name))
    return office.desk.plan(case_in(office.store.open(CASE)))


# Approving


def test_a_version_proposes_once_two_people_have_signed_it():
    office = without_folder(office_on(TODAY))
    plan = proposal(office)
    assert plan.outcome is Outcome.REFUSED
    acts.approve(office, "oral-guideline", 1, sha(office), PRESCRIBER)
    alone = approved(office)
    assert alone.library.protocols["oral-guideline"].status is Standing.DRAFT
    acts.second(alone, "oral-guideline", 1, sha(office), OTHER)
    both = approved(office)
    assert both.library.protocols["oral-guideline"].status is Standing.IN_USE
    assert both.desk.plan(case_in(both.store.open(CASE))).outcome is Outcome.PROPOSED
    assert "Dr Second" in both.library.in_use(both.library.protocols["oral-guideline"]).by


def test_an_administrator_may_be_the_second_and_nobody_may_be_both():
    office = without_folder(office_on(TODAY))
    acts.approve(office, "oral-guideline", 1, sha(office), PRESCRIBER)
    with pytest.raises(NotNow, match="same person"):
        acts.second(office, "oral-guideline", 1, sha(office), PRESCRIBER)
    for role in (NURSE, PHARMACIST):
        with pytest.raises(NotAllowed):
            acts.second(office, "oral-guideline", 1, sha(office), role)
    acts.second(office, "oral-guideline", 1, sha(office), ADMINISTRATOR)
    assert approved(office).library.protocols["oral-guideline"].status is Standing.IN_USE


@pytest.mark.parametrize("who", [NURSE, PHARMACIST, ADMINISTRATOR])
def test_only_a_prescriber_approves_or_withdraws(who):
    office = without_folder(office_on(TODAY))
    with pytest.raises(NotAllowed):
        acts.approve(office, "oral-guideline", 1, sha(office), who)
    with pytest.raises(NotAllowed):
        acts.withdraw(office_on(TODAY), "oral-guideline", 1, "unsafe", who)


def test_what_was_not_shown_is_not_approved():
    office = without_folder(office_on(TODAY))
    with pytest.raises(NotNow, match="not the one that was shown"):
        acts.approve(office, "oral-guideline", 1, "0" * 64, PRESCRIBER)
    with pytest.raises(NotNow, match="no version 9"):
        acts.approve(office, "oral-guideline", 9, sha(office), PRESCRIBER)


def test_a_second_without_a_first_puts_nothing_in_use():
    office = without_folder(office_on(TODAY))
    with pytest.raises(NotNow, match="No approval"):
        acts.second(office, "oral-guideline", 1, sha(office), OTHER)


def test_an_approval_that_was_altered_counts_for_nothing():
    """One changed byte in any field of either signature."""
    office = without_folder(office_on(TODAY))
    acts.approve(office, "oral-guideline", 1, sha(office), PRESCRIBER)
    acts.second(office, "oral-guideline", 1, sha(office), OTHER)
    events = office.store.events(CLINIC, APPROVAL_KINDS)
    generator = random.Random(20260023)
    for place, event in enumerate(events):
        for field in event.body:
            if field in ("seal", "approval"):
                continue
            value = event.body[field]
            spot = generator.randrange(len(value))
            changed = value[:spot] + ("x" if value[spot] != "x" else "y") + value[spot + 1 :]
            if field == "version":
                changed = "2"
            if field == "on":
                changed = "2026-11-20"
            altered = Event(
                case=CLINIC, number=event.number, kind=event.kind, body=event.body | {field: changed}, by=event.by,
                at=event.at,
            )  # fmt: skip
            planted = [*events[:place], altered, *events[place + 1 :]]
            held = approvals_of(None, planted, office.keys, "Clinic")
            library = office.library.with_approvals(held)
            assert library.protocols["oral-guideline"].status is not Standing.IN_USE, (event.kind, field)
    assert approved(office).library.protocols["oral-guideline"].status is Standing.IN_USE


# Withdrawing: the kill switch


def test_after_a_withdrawal_the_next_proposal_is_refused():
    office = office_on(TODAY)
    assert proposal(office).outcome is Outcome.PROPOSED
    acts.withdraw(office, "oral-guideline", 1, "a step was too large", PRESCRIBER)
    after = as_now(office)
    plan = after.desk.plan(case_in(after.store.open(CASE)))
    assert plan.outcome is Outcome.REFUSED
    assert [one.code for one in plan.reasons] == ["protocol_not_in_use"]


def test_it_may_be_put_in_use_again_on_the_same_day_by_two_people():
    office = office_on(TODAY)
    acts.withdraw(office, "oral-guideline", 1, "a misunderstanding", PRESCRIBER)
    after = as_now(office)
    acts.approve(after, "oral-guideline", 1, sha(office), PRESCRIBER)
    acts.second(after, "oral-guideline", 1, sha(office), OTHER)
    assert as_now(office).library.protocols["oral-guideline"].status is Standing.IN_USE


def test_a_withdrawal_says_why():
    with pytest.raises(NotNow, match="needs its reason"):
        acts.withdraw(office_on(TODAY), "oral-guideline", 1, " ", PRESCRIBER)


def clinic_of(count, seed):
    """Many patients: on the one protocol, on the other, stopped, not begun; and the truth of who is on the first."""
    generator = random.Random(seed)
    office = office_on(TODAY)
    oral, troche = tree_of("everything-known.yaml"), tree_of("everything-known-troche.yaml")
    for number in range(count):
        case = f"00000000-0000-4000-8000-{number:012d}"
        kind = generator.choice(["oral", "oral", "troche", "stopped", "open", "suspended"])
        opened(office, troche if kind == "troche" else oral, case)
        if kind != "open":
            sign(office, case, TROCHE if kind == "troche" else LEVEL)
        body = {"add": {"course.suspensions": [{"since": "2026-11-21", "by": "provider", "reason": "fall"}]}}
        if kind == "suspended":
            office.store.append(case, [office.draft(Kind.SUSPENDED, body, NURSE)], expected=None)
        if kind == "stopped":
            office.store.append(case, [office.draft(Kind.STOPPED, {"reason": "done"}, PRESCRIBER)], expected=None)
    return office


def truly_on(office, sha256):
    """Ground truth, read the long way: every record whole."""
    records = [office.store.open(case) for case in office.store.cases()]
    return sorted(
        record.summary.case
        for record in records
        if record.plan is not None and record.plan.body["content"]["protocol"]["sha256"] == sha256
    )


def test_the_list_of_those_touched_is_the_truth_and_each_has_a_task():
    office = clinic_of(60, seed=20260032)
    sha256 = sha(office)
    truth = truly_on(office, sha256)
    assert 20 < len(truth) < 60
    assert acts.withdraw(office, "oral-guideline", 1, "a step was too large", PRESCRIBER) == truth
    tasked = sorted(
        case
        for case in office.store.cases()
        if any(task.code == "protocol_withdrawn" for task in office.store.summary(case).tasks.values())
    )
    assert tasked == truth


def test_the_check_of_the_list_finds_a_patient_who_was_left_out(monkeypatch):
    """The harness fails on a planted fault: a store that forgets one."""
    office = clinic_of(20, seed=20260033)
    whole = office.store.patients_on
    monkeypatch.setattr(office.store, "patients_on", lambda sha256: whole(sha256)[1:])
    assert acts.withdraw(office, "oral-guideline", 1, "x", PRESCRIBER) != truly_on(office, sha(office))


def test_an_interrupted_recall_is_finished_by_asking_again():
    office = clinic_of(20, seed=20260034)
    acts.withdraw(office, "oral-guideline", 1, "a step was too large", PRESCRIBER)
    number = office.store.events(CLINIC, APPROVAL_KINDS)[-1].number
    assert acts.call_back(office, number) == 0
    late = "00000000-0000-4000-8000-000000009999"
    opened(office, tree_of("everything-known.yaml"), late)
    sign(office, late, LEVEL)  # was being signed at that very moment
    assert acts.call_back(office, number) == 1
    assert "protocol_withdrawn" in {task.code for task in office.store.summary(late).tasks.values()}


def test_running_plans_stay_byte_for_byte_and_may_be_supplied_until_a_prescriber_acts():
    office = clinic_of(20, seed=20260035)
    truth = truly_on(office, sha(office))
    before = {case: canonical_json(office.store.open(case).plan.body) for case in truth}
    answers = {case: may_supply(office, office.store.open(case)).most for case in truth}
    acts.withdraw(office, "oral-guideline", 1, "a step was too large", PRESCRIBER)
    after = as_now(office)
    assert {case: canonical_json(after.store.open(case).plan.body) for case in truth} == before
    now = {case: may_supply(after, after.store.open(case)) for case in truth}
    assert {case: one.most for case, one in now.items()} == answers
    assert all("stays in force" in one.warnings[0] for one in now.values())


def test_supplies_are_held_where_the_prescriber_says_so():
    office = office_on(TODAY)
    opened(office, tree_of("everything-known.yaml"))
    sign(office, CASE, LEVEL)
    acts.withdraw(office, "oral-guideline", 1, "wrong strength in it", PRESCRIBER, hold_supplies=True)
    after = as_now(office)
    assert "A hold is placed" in may_supply(after, after.store.open(CASE)).refused[0]


# A new version beside a running plan


def edited(office, **changes):
    """The clinic's library with a version 2 of the oral protocol: other limits on a supply."""
    tree = msgspec.json.decode(msgspec.json.encode(office.library.trees["protocols/oral-guideline/1.yaml"]))
    tree |= {"version": 2}
    tree["supply"]["titration"]["value"] = "3 days"
    trees = {**office.library.trees, "protocols/oral-guideline/2.yaml": tree}
    return msgspec.structs.replace(office, library=Library(trees, office.library.tables, office.library.approvals))


def test_a_new_version_leaves_running_plans_alone():
    office = clinic_of(12, seed=20260023)
    truth = truly_on(office, sha(office))
    before = {case: canonical_json(office.store.open(case).plan.body) for case in truth}
    newer = edited(office)
    acts.approve(newer, "oral-guideline", 2, sha(newer, version=2), PRESCRIBER)
    acts.second(newer, "oral-guideline", 2, sha(newer, version=2), OTHER)
    newer = as_now(newer)
    assert newer.library.protocols["oral-guideline"].version == 2
    assert {case: canonical_json(newer.store.open(case).plan.body) for case in truth} == before
    for case in truth:
        answer = may_supply(newer, newer.store.open(case))
        if newer.store.summary(case).state == "on_plan":
            assert (answer.most, answer.dispensing.days) == (21, 7)  # the limits it was signed under, not 3 days
    assert truly_on(newer, sha(newer, version=2)) == []


def test_a_plan_whose_version_was_altered_on_disk_is_not_supplied():
    office = office_on(TODAY)
    opened(office, tree_of("everything-known.yaml"))
    sign(office, CASE, LEVEL)
    tree = msgspec.json.decode(msgspec.json.encode(office.library.trees["protocols/oral-guideline/1.yaml"]))
    tree["supply"]["titration"]["value"] = "28 days"
    trees = {**office.library.trees, "protocols/oral-guideline/1.yaml": tree}
    altered = msgspec.structs.replace(office, library=Library(trees, office.library.tables, office.library.approvals))
    answer = may_supply(altered, altered.store.open(CASE))
    assert not answer.may
    assert "not here any more, or was altered" in answer.refused[0]
