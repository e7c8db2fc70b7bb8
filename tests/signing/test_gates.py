"""What must hold whatever is thrown at it: the last gate at the store (T08), a product that was changed (T09), a fact
that changed while somebody read (T11), editors at once (T21), a stored plan that was altered (T23)."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tests.properties.hard_bounds import absolutes
from tests.properties.test_last_gate import ODD, drawn
from tests.signing.conftest import DOCTOR, KEY, NOW, NURSE, OTHER, knowledge, office_with, opened
from titrant.clinic.acts import signing, starting, verifying
from titrant.clinic.acts.signing import Chosen, offer_start, sign, verified_plan
from titrant.clinic.office import Office, case_in
from titrant.knowledge.library import Library
from titrant.pathway.case import ProductChoice
from titrant.record.events import SYSTEM, Actor, Draft, Kind, Role
from titrant.record.folding import Record, fold
from titrant.record.states import State
from titrant.storage.memory_store import MemoryStore
from titrant.terms.canonical import canonical_json
from titrant.terms.errors import Stale, TitrantError

RELEASE = pytest.mark.release
PATIENT = Actor("d1", "patient", Role.PATIENT)


def case_id(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


# T08: straight into the store


def thrown(rng: Random) -> dict[str, Any]:
    """The body of a signature made by chance: content, and levels that agree with it or do not."""
    content = drawn(rng)
    if isinstance(content, dict):
        content = content | {
            "protocol": {"id": "p", "version": "1", "sha256": "0" * 64}, "starts": "2026-11-21", "ends": "2027-01-01",
        }  # fmt: skip
    regimen = content.get("regimen") if isinstance(content, dict) else None
    dose = regimen.get("dose_mg", "10") if isinstance(regimen, dict) else "10"
    level = {"since": "2026-11-21", "dose": f"{dose} mg", "times_per_day": 3, "days_per_week": 7}
    if isinstance(regimen, dict) and rng.random() < 0.7:
        level |= {name: _whole(regimen.get(name)) for name in ("times_per_day", "days_per_week")}
    if rng.random() < 0.3:
        level["dose"] = rng.choice(("1000 mg", "500 mg", "10000 mg", f"{dose}0 mg"))
    laid = {"set": {"given": {"course": {"levels": [level]}}}}
    way = {"add": {"course.levels": [level]}} if rng.random() < 0.6 else laid
    return {"content": content, "dose_text": "", "seal": rng.choice(({"sha256": "0" * 64}, rng.choice(ODD))), **way}


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5 else 3


def stored_over(count: int, seed: int) -> tuple[int, int]:
    """How many of ``count`` thrown bodies were stored, and how many of those are over a cap."""
    rng, limits, stored, over = Random(seed), absolutes(), 0, 0
    for _ in range(count):
        store, case = MemoryStore(), case_id(rng)
        store.append(case, [Draft(Kind.CASE_OPENED, {}, NURSE, NOW)], expected=0)
        try:
            store.append(case, [Draft(Kind.SIGNED, thrown(rng), DOCTOR, NOW)], expected=1)
        except Exception:  # noqa: BLE001, S112 - what is not stored is what the gate is for
            continue
        stored += 1
        record = store.open(case)
        doses = [(one["dose"].removesuffix(" mg"), one["times_per_day"]) for one in _levels(record)]
        regimen = record.summary.regimen
        doses.append((regimen["dose_mg"], _whole(regimen["times_per_day"])))
        over += not all(_within(dose, times, limits) for dose, times in doses)
    return stored, over


def _within(dose: Any, times: int, limits: dict[str, Decimal]) -> bool:
    try:
        return 0 < Decimal(dose) <= limits["single_mg"] and Decimal(dose) * times <= limits["daily_mg"]
    except (ArithmeticError, TypeError, ValueError):
        return False


def _levels(record: Record) -> list[Any]:
    return list((record.tree["given"].get("course") or {}).get("levels") or [])


def test_nothing_over_the_absolute_caps_is_stored() -> None:
    stored, over = stored_over(1_500, 1)
    assert stored > 20
    assert over == 0


@RELEASE
def test_of_a_hundred_thousand_nothing_over_the_absolute_caps_is_stored() -> None:
    stored, over = stored_over(100_000, 2)
    assert stored > 1_500
    assert over == 0


def test_a_store_without_its_gate_is_found(monkeypatch) -> None:
    """The planted faults: without the gate, and without the check of levels, doses over the caps get in."""
    from titrant.record import appending

    with monkeypatch.context() as one:
        one.setattr(appending, "_check_gate", lambda _draft: None)
        assert stored_over(400, 1)[1] > 0
    with monkeypatch.context() as one:
        one.setattr(appending, "_check_levels", lambda _draft, _before: None)
        assert stored_over(400, 1)[1] > 0


# T09: another product than the one that was signed for


def swapped_supplies(count: int, seed: int, *, forget: bool = False) -> tuple[int, int]:
    """How many of ``count`` drawn products differ from the signed one, and how many of those could be supplied.

    ``forget``: the level does not say what it was signed for.
    """
    rng, office = Random(seed), office_with()
    case = opened(office)
    made = offer_start(office, case)
    sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version)
    whole = case_in(office.store.open(case))
    signed = whole.given.course.levels[-1].product
    if forget:
        levels = tuple(msgspec.structs.replace(one, product="") for one in whole.given.course.levels)
        course = msgspec.structs.replace(whole.given.course, levels=levels)
        whole = msgspec.structs.replace(whole, given=msgspec.structs.replace(whole.given, course=course))
    products = [(family, strength) for family, one in knowledge().products.items() for strength in one.strengths.values]
    differ = supplied = 0
    for _ in range(count):
        family, strength = rng.choice(products)
        content = rng.choice(("", "base", "hydrochloride"))
        choice = ProductChoice(family=family, strength=strength, content=content, lot=str(rng.random()))
        try:
            plan, supply = office.desk.dispense(msgspec.structs.replace(whole, product=choice))
        except TitrantError:
            differ += 1
            continue
        if plan.supply.name != signed:
            differ += 1
            supplied += supply is not None
    return differ, supplied


def test_another_product_is_not_supplied_before_it_is_signed_again() -> None:
    differ, supplied = swapped_supplies(150, 3)
    assert differ > 100
    assert supplied == 0


@RELEASE
def test_of_ten_thousand_other_products_none_is_supplied() -> None:
    differ, supplied = swapped_supplies(10_000, 4)
    assert differ > 9_000
    assert supplied == 0


def test_a_level_that_forgets_its_product_is_found() -> None:
    """The planted fault: where a level does not keep its product, another one is supplied on it."""
    assert swapped_supplies(60, 3, forget=True)[1] > 0


def test_supply_goes_on_once_the_new_product_is_signed(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    version = sign(office, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version).version
    assert starting.choose(office, newcomer, NURSE, expected=version, product="capsule|10 mg|base").summary
    plan, supply = office.desk.dispense(case_in(office.store.open(newcomer)))
    assert supply is not None
    assert plan.supply.name == "Oral solution 10 mg/mL"  # what is signed holds until a prescriber has signed again
    chosen = Chosen(action="hold", reason="supply")
    made = signing.offer(office, office.store.open(newcomer), chosen)
    assert "Capsule, swallowed 10 mg" in made.text
    assert "Another product than before, which was Oral solution 10 mg/mL." in made.text
    sign(office, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version, chosen=chosen)
    later = office_with(office.store, NOW.replace(day=22))
    assert later.desk.dispense(case_in(later.store.open(newcomer)))[1] is not None


# T11: something changed between reading and signing

RACES: dict[str, Callable[[Random], tuple[Kind, dict[str, Any], Actor]]] = {
    "weight": lambda rng: _fact({"readings": {"weight": [f"{rng.randint(40, 150)} kg on 2026-11-21"]}}),
    "blood pressure": lambda rng: _fact(
        {"readings": {"blood_pressure": [f"{rng.randint(100, 200)}/80 mmHg on 2026-11-21"]}}
    ),
    "medications": lambda _: _fact({"medications": {"reviewed_on": "2026-11-21", "list": [{"name": "diazepam"}]}}),
    "allergies": lambda _: _fact({"allergies": {"reviewed_on": "2026-11-21", "list": [{"substance": "ketamine"}]}}),
    "conditions": lambda _: _fact({"conditions": {"psychosis": {"state": "active", "on": "2026-11-21"}}}),
    "diary entry": lambda rng: (
        Kind.DIARY_KEPT, {"add": {"diary": [{"day": "2026-11-20", "pain": {"average": rng.randint(0, 10)}}]}}, PATIENT
    ),
    "message": lambda _: (Kind.MESSAGE_SENT, {"text": "my chest hurts"}, PATIENT),
    "task": lambda rng: (
        Kind.TASK_OPENED, {"id": str(rng.random()), "grade": "now", "code": "red_flag", "why": "very drowsy"}, SYSTEM
    ),
    "session": lambda _: (
        Kind.SESSION_GIVEN,
        {"add": {"parenteral": [{"dose_24h": "30 mg", "route": "intravenous", "on": "2026-11-21"}]}}, NURSE,
    ),
}  # fmt: skip


def _fact(given: dict[str, Any]) -> tuple[Kind, dict[str, Any], Actor]:
    return Kind.FACTS_RECORDED, {"set": {"given": given}}, NURSE


def raced(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Of ``count`` races: those that were signed all the same, and those refused without saying what changed."""
    rng, office = Random(seed), office_with()
    through, silent = [], []
    for _ in range(count):
        case = opened(office, case=case_id(rng))
        shown = offer_start(office, case)
        what = rng.choice(sorted(RACES))
        kind, body, by = RACES[what](rng)
        office.store.append(case, [office.draft(kind, body, by)], expected=None)
        try:
            sign(office, case, shown.sha256, shown.daily_mg, DOCTOR, expected=shown.version)
            through.append(what)
        except Stale as error:
            if by.name not in error.fault and what not in error.fault:
                silent.append(f"{what}: {error.fault}")
    return through, silent


def test_what_changed_meanwhile_stops_the_signature_and_is_said() -> None:
    assert raced(45, 5) == ([], [])


@RELEASE
def test_of_a_thousand_races_none_is_signed() -> None:
    assert raced(1_000, 6) == ([], [])


def test_signing_without_looking_again_is_found(monkeypatch) -> None:
    """The planted fault: the offer that was shown is taken as it is, and nobody asks what happened meanwhile."""
    shown: dict[str, Any] = {}
    make = signing.offer

    def kept(office: Office, record: Record, chosen: Chosen) -> Any:
        case = record.summary.case
        return shown.setdefault(case, make(office, record, chosen))

    def first(office: Office, case: str) -> Any:
        return kept(office, office.store.open(case), Chosen())

    monkeypatch.setattr("tests.signing.test_gates.offer_start", first)
    monkeypatch.setattr(signing, "offer", kept)
    monkeypatch.setattr(signing, "what_changed", lambda _record, _expected: [])
    assert len(raced(9, 5)[0]) == 9


def test_what_no_dose_depends_on_does_not_get_in_the_way(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    office.store.append(newcomer, [office.draft(Kind.REVIEWED, {}, OTHER)], expected=None)
    sign(office, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version)


# T21: editors at once


def at_once(office: Office, case: str, act: Callable[[], object], editors: int = 20) -> list[str]:
    """What came of ``act``, done by so many threads in one moment."""
    start, outcomes = threading.Barrier(editors), []

    def edit() -> None:
        start.wait()
        try:
            act()
            outcomes.append("won")
        except Exception as error:  # noqa: BLE001 - every ending is counted
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=edit) for _ in range(editors)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return outcomes


def many_signers(rounds: int, seed: int) -> list[list[str]]:
    """Rounds that did not end with one signature and nineteen who were told."""
    rng, office, wrong = Random(seed), office_with(), []
    for _ in range(rounds):
        case = opened(office, case=case_id(rng))
        made = offer_start(office, case)
        outcomes = at_once(
            office, case,
            lambda case=case, made=made: sign(
                office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version
            ),
        )  # fmt: skip
        record = office.store.open(case)
        once = len(_levels(record)) == 1 and len(record.of(Kind.SIGNED)) == 1
        if sorted(outcomes) != [*["Stale"] * 19, "won"] or not once:
            wrong.append(outcomes)
    return wrong


def test_of_twenty_who_sign_at_once_one_signs() -> None:
    assert many_signers(2, 7) == []


@RELEASE
def test_in_a_thousand_rounds_of_twenty_one_signs_each() -> None:
    assert many_signers(1_000, 8) == []


def test_a_store_that_does_not_ask_for_the_version_is_found(monkeypatch) -> None:
    """The planted fault: every writer gets in."""
    monkeypatch.setattr(signing, "what_changed", lambda _record, _expected: [])
    append, both = MemoryStore.append, threading.Barrier(2, timeout=10)

    def anyhow(self: MemoryStore, case: str, drafts: Any, expected: int | None) -> Any:
        if any(one.kind is Kind.SIGNED for one in drafts):
            with suppress(threading.BrokenBarrierError):
                both.wait()  # two have looked before either has written: by chance alone one may be done too soon
                both.abort()
        return append(self, case, drafts, expected=None)

    monkeypatch.setattr(MemoryStore, "append", anyhow)
    assert many_signers(1, 7) != []


# T23: a stored plan that was altered


def altered_passes(count: int, seed: int) -> list[str]:
    """Of ``count`` edits of one byte in a stored signature, those after which the plan could still be used."""
    rng, office = Random(seed), office_with()
    case = opened(office)
    made = offer_start(office, case)
    sign(office, case, made.sha256, made.daily_mg, DOCTOR, expected=made.version)
    events = office.store.events(case)
    verified_plan(office, fold(case, events))
    raw = canonical_json(events[-1].body)
    return [why for why in (_used(office, case, events, _edited(raw, rng)) for _ in range(count)) if why]


def _edited(raw: bytes, rng: Random) -> bytes:
    place = rng.randrange(len(raw))
    other = rng.choice([one for one in range(256) if one != raw[place]] if rng.random() < 0.3 else _near(raw[place]))
    return raw[:place] + bytes([other]) + raw[place + 1 :]


def _near(byte: int) -> list[int]:
    """Bytes that keep the text readable: another digit for a digit, another letter for a letter."""
    text = chr(byte)
    pool = "0123456789" if text.isdigit() else "abcdefghijklmnopqrstuvwxyzABCDEFXYZ" if text.isalpha() else " ,.:-_/"
    return [ord(one) for one in pool if one != text]


def _used(office: Office, case: str, events: list[Any], raw: bytes) -> str:
    try:
        body = json.loads(raw)
        altered = [*events[:-1], msgspec.structs.replace(events[-1], body=body)]
        verified_plan(office, fold(case, altered))
    except Exception:  # noqa: BLE001 - whatever stops it, it was not used
        return ""
    return raw.decode("utf-8", "replace")


def test_an_altered_plan_is_refused_at_its_use() -> None:
    assert altered_passes(400, 9) == []


@RELEASE
def test_of_five_thousand_altered_plans_none_is_used() -> None:
    assert altered_passes(5_000, 10) == []


def test_using_a_plan_without_looking_at_its_seal_is_found(monkeypatch) -> None:
    """The planted fault: no check when it is read."""
    monkeypatch.setattr(verifying, "check_signature", lambda _event, _keys: None)
    monkeypatch.setattr(verifying, "_faults", lambda _office, _record, _event: ())
    assert len(altered_passes(150, 9)) > 30


def test_a_signature_does_not_hold_in_another_record_for_another_signer_or_at_another_time(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    sign(office, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version)
    *before, event = office.store.events(newcomer)
    for change in ({"by": OTHER}, {"at": NOW.replace(hour=11)}):
        with pytest.raises(TitrantError, match="not the content that was signed"):
            verified_plan(office, fold(newcomer, [*before, msgspec.structs.replace(event, **change)]))
    other = opened(office, case="6f0f6e0e-0000-4000-8000-00000000000b")
    moved = [*office.store.events(other), msgspec.structs.replace(event, case=other)]
    with pytest.raises(TitrantError, match="not the content that was signed"):
        verified_plan(office, fold(other, moved))


def test_a_protocol_that_is_edited_changes_no_running_plan_and_starts_none(office, newcomer) -> None:
    made = offer_start(office, newcomer)
    sign(office, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version)
    before = canonical_json(verified_plan(office, office.store.open(newcomer)).content)
    path = "protocols/oral-guideline/1.yaml"
    known = knowledge()
    edited = json.loads(json.dumps(known.trees[path], default=str).replace('"10 mg"', '"11 mg"'))
    library = Library({**known.trees, path: edited}, known.tables, known.approvals, known.own)
    elsewhere = msgspec.structs.replace(office, library=library)
    assert canonical_json(verified_plan(elsewhere, elsewhere.store.open(newcomer)).content) == before
    made = signing.offer(elsewhere, elsewhere.store.open(newcomer), Chosen(action="hold", reason="examined"))
    assert "protocol_not_in_use" in [one.code for one in made.refused]


def test_the_key_of_another_clinic_signs_nothing_here(office, newcomer) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    foreign = msgspec.structs.replace(office, key=Ed25519PrivateKey.from_private_bytes(b"\x22" * 32))
    made = offer_start(foreign, newcomer)
    sign(foreign, newcomer, made.sha256, made.daily_mg, DOCTOR, expected=made.version)
    assert KEY.public_key() in office.keys.values()
    with pytest.raises(TitrantError, match="a key that this clinic does not have"):
        verified_plan(office, office.store.open(newcomer))
    assert office.store.summary(newcomer).state is State.ON_PLAN
