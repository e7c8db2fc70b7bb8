"""A machine that is not well proposes no dose and raises none, and says so (rule 17)."""

import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.test import Client

from titrant.app.demo.stories import base_tree, stories
from titrant.clinic.following import follow_at
from titrant.clinic.shaping import shape_case

ON = datetime(2026, 11, 21, 9, tzinfo=UTC)
UNWELL = ("Disk: 3 MB free. Free at least 500 MB.",)


def doctor():
    return importlib.import_module("titrant.app.doctor")


def place():
    from titrant.app.settings import PLACE

    return PLACE


def unwell(office):
    return msgspec.structs.replace(office, now=lambda: ON, degraded=UNWELL)


def story(name: str):
    return next(one for one in stories(ON.date()) if one.id.startswith(name))


def test_no_first_plan_is_proposed_on_a_machine_that_is_not_well(office) -> None:
    tree = base_tree(ON.date())
    tree = tree | {"scenario": "x", "given": tree["given"] | {"patient": {"birth_date": "1974-05-02"}}}
    case = shape_case(tree, "x")
    well = msgspec.structs.replace(office, now=lambda: ON, degraded=())
    assert well.desk.plan(case).outcome.value == "proposed"
    refused = unwell(office).desk.plan(case)
    assert (refused.outcome.value, refused.regimen) == ("refused", None)
    assert [one.code for one in refused.reasons] == ["machine_unfit"]


def test_nothing_is_raised_and_everything_safer_goes_on(office) -> None:
    desk = unwell(office).desk
    raised = follow_at(desk, story("01").case).decided
    assert (raised.outcome.value, raised.action, raised.regimen) == ("refused", None, None)
    assert raised.reasons[0].code == "machine_unfit"
    for name, action in (("02", "stop"), ("04", "lower"), ("05", "pause"), ("08", "hold")):
        assert follow_at(desk, story(name).case).decided.action.value == action


def test_the_reason_can_be_read(office) -> None:
    desk = unwell(office).desk
    reason = follow_at(desk, story("01").case).decided.reasons[0]
    assert "3 MB free" in desk.words.say_rule(reason.rule, reason.code, reason.facts)


@pytest.mark.parametrize("number", range(17))
def test_a_check_that_breaks_is_red(office, monkeypatch, number) -> None:
    def broken(_place, _now):
        raise OSError

    checks = list(doctor().CHECKS)
    assert len(checks) == 17, "a check was added or removed: count it here"
    checks[number] = broken
    monkeypatch.setattr("titrant.app.doctor.CHECKS", tuple(checks))
    found = [one for one in doctor().examine(place(), ON) if one.name == "broken"]
    assert [(one.state, one.blocks) for one in found] == [("red", True)]


def test_a_clock_that_went_back_is_found(office) -> None:
    from tests.web.conftest import new_case

    new_case(office.store)
    now = datetime.now(UTC)
    states = {one.name: one.state for one in doctor().examine(place(), now - timedelta(minutes=30))}
    assert states["clock"] == "red"


def test_a_network_disk_is_found(tmp_path, monkeypatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n", encoding="utf-8")
    assert doctor().file_system_of(tmp_path / "data", mounts) == "nfs4"
    assert doctor().file_system_of(Path("/somewhere"), mounts) == "ext4"
    monkeypatch.setattr("titrant.app.doctor.file_system_of", lambda _folder: "nfs4")
    found = {one.name: one for one in doctor().examine(place(), ON)}
    assert (found["file system"].state, found["file system"].blocks) == ("red", True)


def test_a_database_that_does_not_sync_is_found(office) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        try:
            states = {one.name: one.state for one in doctor().examine(place(), ON)}
        finally:
            cursor.execute("PRAGMA synchronous=FULL")
    assert states["synchronous"] == "red"


def test_staff_read_it_on_every_page_and_the_supervisor_gets_503(office, signed_in, monkeypatch) -> None:
    monkeypatch.setattr("titrant.app.wiring.condition", lambda _moment: (UNWELL, ()))
    assert UNWELL[0] in signed_in("nurse").get("/").content.decode()
    answer = Client().get("/health")
    assert (answer.status_code, answer.content) == (503, b"not well\n")
    monkeypatch.setattr("titrant.app.wiring.condition", lambda _moment: ((), ()))
    answer = Client().get("/health")
    assert (answer.status_code, answer.content) == (200, b"well\n")
