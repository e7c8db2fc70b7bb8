"""The patient page: what is proposed with its rule and numbers, the course on one axis, what a person can do there."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.web.conftest import actor, new_case
from titrant.cli.main import main
from titrant.clinic.case_tree import tree_of
from titrant.clinic.opening import case_of, open_document
from titrant.record.events import Draft, Kind

DEMO = Path("demo")
DAY = date(2026, 11, 21)
HOSTILE = '"><script>alert(1)</script>&{{7*7}}'


def facts_of(name: str) -> Any:
    """The facts of a demo case, as an import would record them."""
    tree = tree_of(case_of(open_document(DEMO / f"{name}.yaml")))
    return {key: value for key, value in tree.items() if key in ("scenario", "given", "protocol", "product", "asked")}


def office_then() -> Any:
    """The clinic on the day of the demo cases."""
    from titrant.app.wiring import office

    return msgspec.structs.replace(office(), now=lambda: datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC))


def office_with_the_engine_off() -> Any:
    then = office_then()
    return msgspec.structs.replace(then, settings=msgspec.structs.replace(then.settings, engine_on=False))


@pytest.fixture
def on_the_day(clinic_database: None, settings_of: Any) -> Any:
    settings_of(TITRANT_OFFICE="tests.web.test_patient_page.office_then")
    return office_then()


@pytest.fixture
def settings_of(clinic_database: None) -> Any:
    """Django's settings changed for one test."""
    from django.test import override_settings

    changed: list[Any] = []

    def change(**settings: Any) -> None:
        one = override_settings(**settings)
        one.enable()
        changed.append(one)

    yield change
    for one in reversed(changed):
        one.disable()


def text_of(answer: Any) -> str:
    """What a reader sees: without tags, entities read, spaces as one."""
    import html

    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


# What is proposed


@pytest.mark.parametrize(
    "name", ["following-ready-for-a-step", "following-bladder-creeping", "following-two-flat-steps"]
)
def test_the_page_says_what_titrant_adjust_says(on_the_day, signed_in, name) -> None:
    said = CliRunner().invoke(main, ["adjust", f"demo/{name}.yaml", "--json", "--on", DAY.isoformat()])
    told = json.loads(said.stdout)
    case = new_case(on_the_day.store, facts_of(name))
    answer = signed_in("prescriber").get(f"/patients/{case}/")
    shown = answer.context["proposal"]
    for same in (
        "outcome",
        "action",
        "regimen",
        "current",
        "reasons",
        "missing",
        "alternatives",
        "next_review",
        "model",
    ):
        assert shown[same] == told[same], same
    page = text_of(answer)
    for why in told["reasons"]:
        assert " ".join(why["text"].split()) in page
        assert why["rule"] in page
    if told["regimen"]:
        assert told["regimen"]["text"] in page


def test_a_pause_behind_the_stop_is_named_beside_it(on_the_day, signed_in) -> None:
    facts = facts_of("following-two-flat-steps")
    newest = facts["given"]["diary"][-1]
    newest["effects"] = {**(newest.get("effects") or {}), "urinary_blood": 2}
    page = text_of(signed_in("prescriber").get(f"/patients/{new_case(on_the_day.store, facts)}/"))
    stop, pause = page.index("Two steps in a row without an effect"), page.index("Also, whatever becomes of this")
    assert stop < pause < page.index("Pause: A urinary symptom (urinary blood, grade 2)")


def test_where_one_action_stands_alone_no_other_is_named(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-two-flat-steps"))
    assert "whatever becomes of this" not in text_of(signed_in("prescriber").get(f"/patients/{case}/"))


def test_a_change_that_is_signed_for_tomorrow_is_not_offered_to_be_undone(on_the_day, signed_in) -> None:
    facts = facts_of("following-stable-and-good")
    shown = signed_in("prescriber").get(f"/patients/{new_case(on_the_day.store, facts)}/").content.decode()
    assert "Accept, see the text to sign" in shown
    facts["given"]["course"]["levels"].append({"since": "2026-11-22", "dose": "15 mg", "times_per_day": 3})
    page = signed_in("prescriber").get(f"/patients/{new_case(on_the_day.store, facts)}/").content.decode()
    assert "A change is signed already and comes on 2026-11-22" in page
    assert "Accept, see the text to sign" not in page


def test_a_taper_can_be_signed_as_a_stop_at_once_too(on_the_day, signed_in) -> None:
    facts = facts_of("following-two-flat-steps")
    page = signed_in("prescriber").get(f"/patients/{new_case(on_the_day.store, facts)}/").content.decode()
    assert "one signature is over all its steps" in page
    assert "/sign/?action=stop" in page


def test_the_effect_of_a_step_stands_with_its_interval(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    page = signed_in("nurse").get(f"/patients/{case}/").content.decode()
    assert "−1.0 (−1.5 to −0.5)" in page


def test_every_day_of_the_chart_stands_in_the_table(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    answer = signed_in("nurse").get(f"/patients/{case}/?range=4w")
    rows = answer.context["columns"]
    assert len(rows) == 29
    assert [row.first for row in rows] == sorted((row.first for row in rows), reverse=True)
    assert answer.content.decode().count('class="day"') == 29


def test_with_the_engine_off_the_page_is_a_recorder(on_the_day, signed_in, settings_of) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    settings_of(TITRANT_OFFICE="tests.web.test_patient_page.office_with_the_engine_off")
    answer = signed_in("prescriber").get(f"/patients/{case}/")
    page = text_of(answer)
    assert "proposal" not in answer.context
    assert "PROPOSED" not in page
    assert "Record a signed dose" in page
    assert 'class="course"' in answer.content.decode()


def test_a_record_that_cannot_be_read_says_where_and_what_to_do(on_the_day, signed_in) -> None:
    facts = facts_of("following-ready-for-a-step")
    facts["given"]["readings"]["weight"] = "700 kg on 2026-11-20"
    case = new_case(on_the_day.store, facts)
    page = text_of(signed_in("nurse").get(f"/patients/{case}/"))
    assert "No answer: the record cannot be judged" in page
    assert "700 kg" in page
    assert "PROPOSED" not in page


def test_a_refusal_is_recorded_with_its_reason(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    client = signed_in("prescriber")
    page = client.get(f"/patients/{case}/")
    reason = page.context["sign_reasons"][0][0]
    sent = {"version": page.context["version"], "reason": reason, "words": "seen today"}
    assert client.post(f"/patients/{case}/refuse/", sent).status_code == 302
    event = on_the_day.store.events(case)[-1]
    assert (event.kind, event.body["reason"], event.body["words"]) == (Kind.REFUSED, reason, "seen today")
    assert client.post(f"/patients/{case}/refuse/", sent).status_code == 409  # the record has moved on
    assert signed_in("nurse").post(f"/patients/{case}/refuse/", sent).status_code == 404


@pytest.mark.parametrize("name", ["following-ready-for-a-step", "following-bladder-creeping"])
def test_every_way_on_leads_to_a_page_that_says_the_same(on_the_day, signed_in, name) -> None:
    case, client = new_case(on_the_day.store, facts_of(name)), signed_in("prescriber")
    page = client.get(f"/patients/{case}/")
    links = re.findall(rf'href="(/patients/{case}/sign/[^"]*)"', page.content.decode())
    assert f"/patients/{case}/sign/" in links
    assert f"/patients/{case}/sign/?action=lower" in links
    for link in links:
        assert client.get(link).status_code == 200, link
    offered = client.get(f"/patients/{case}/sign/").context["offer"]
    proposal = page.context["proposal"]
    assert offered.action == proposal["action"]
    if proposal["regimen"]:
        assert offered.content["regimen"]["dose_mg"] == proposal["regimen"]["dose_mg"]


def test_a_change_offers_only_doses_that_the_product_gives(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("prescriber")
    page = client.get(f"/patients/{case}/")
    offers = [(one.dose_mg, one.text) for one in page.context["offers"]]
    assert ("20", "20 mg = 2 mL") in offers
    reason = page.context["sign_reasons"][0][0]
    chosen = {"dose_mg": "25", "times_per_day": "3", "days_per_week": "7", "reason": reason, "words": "asked for"}
    made = client.get(f"/patients/{case}/sign/", chosen).context["offer"]
    assert made.content["regimen"]["dose_mg"] == "25"
    assert made.chosen.reason == reason


def test_another_team_finds_no_page(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"), team="Team B (synthetic)")
    for tail in ("", "checks/", "sessions/", "diary/", "timeline/", "checks/due.ics"):
        assert signed_in("nurse").get(f"/patients/{case}/{tail}").status_code == 404


# Before a start


def test_open_questions_are_answered_in_the_name_of_who_answers(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store)
    client = signed_in("nurse")
    page = client.get(f"/patients/{case}/")
    asked = {field.asked.key for field in page.context["questions"]}
    assert {"readings.weight", "answers.frail", "conditions.psychosis"} <= asked
    sent = {
        "what": "typed", "back": "patient", "version": page.context["version"], "readings.weight": "70",
        "answers.frail": "no", "conditions.psychosis": "no", "readings.alt": "", "upper.readings.alt": "",
    }  # fmt: skip
    assert client.post(f"/patients/{case}/checks/", sent)["Location"] == f"/patients/{case}/"
    given = on_the_day.store.open(case).tree["given"]
    assert given["readings"]["weight"] == ["70 kg on 2026-11-21"]
    assert given["answers"]["frail"] == {"answer": "no", "on": "2026-11-21", "by": "Nurse (synthetic)"}
    assert given["conditions"]["psychosis"]["state"] == "no"
    still = {field.asked.key for field in client.get(f"/patients/{case}/").context["questions"]}
    assert not still & {"readings.weight", "answers.frail", "conditions.psychosis"}


# Checks and results


def entered(client: Any, case: str, **fields: str) -> Any:
    version = client.get(f"/patients/{case}/checks/").context["version"]
    sent = {"what": "typed", "version": version, **{name.replace("__", "."): value for name, value in fields.items()}}
    return client.post(f"/patients/{case}/checks/", sent)


def test_a_result_takes_a_check_off_the_list(on_the_day, signed_in) -> None:
    facts = facts_of("following-ready-for-a-step")
    facts["given"]["answers"]["urinary_symptoms"] = {"answer": "none", "on": "2026-11-06"}
    case, client = new_case(on_the_day.store, facts), signed_in("nurse")
    before = {row["what"]: row["due"] for row in client.get(f"/patients/{case}/checks/").context["rows"]}
    assert entered(client, case, readings__blood_pressure="128/80", readings__heart_rate="70").status_code == 302
    after = {row["what"]: row["due"] for row in client.get(f"/patients/{case}/checks/").context["rows"]}
    assert before["blood_pressure"] < after["blood_pressure"]


def test_a_value_that_cannot_be_is_refused_beside_its_field(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answer = entered(client, case, readings__weight="700", readings__heart_rate="70")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="e-readings.weight"' in page
    assert "lies outside what is believable" in page
    assert 'value="700"' in page  # what was typed is not lost
    assert on_the_day.store.events(case)[-1].kind is Kind.FACTS_RECORDED  # that of the opening, nothing of this
    assert "heart_rate" not in json.dumps(on_the_day.store.events(case)[-1].body.get("add") or {})


def test_a_weight_that_jumped_is_typed_twice(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    first = entered(client, case, readings__weight="92")
    assert first.status_code == 422
    assert "Type the same value again" in first.content.decode()
    assert entered(client, case, readings__weight="92", again__readings__weight="93").status_code == 422
    sent = {"readings__weight": "92", "again__readings__weight": "92", "weighed_again": "seen on a second scale"}
    assert entered(client, case, **sent).status_code == 302
    given = on_the_day.store.open(case).tree["given"]
    assert given["readings"]["weight"][-1] == "92 kg on 2026-11-21"
    assert given["confirmations"][-1]["of"] == "weight"


def test_the_total_of_a_questionnaire_is_worked_out(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answers = {"item.pain": "4", "item.enjoyment": "5", "item.activity": "6"}
    version = client.get(f"/patients/{case}/checks/").context["version"]
    whole = {"what": "questionnaire", "form": "peg", "version": version, "on": "2026-11-21", **answers}
    part = {name: value for name, value in whole.items() if name != "item.activity"}
    refused = client.post(f"/patients/{case}/checks/", part)
    assert refused.status_code == 422
    assert "not answered" in refused.content.decode()
    assert client.post(f"/patients/{case}/checks/", whole).status_code == 302
    review = client.get(f"/patients/{case}/").context["standing"].review
    assert str(review.readings["peg"][-1].value) == "5.00"


def test_only_pharmacist_or_prescriber_checks_a_drug_by_hand(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    nurse, pharmacist = signed_in("nurse"), signed_in("pharmacist")
    assert entered(nurse, case, what="drug", name="Unheardofin").status_code == 302
    place = len(on_the_day.store.open(case).tree["given"]["medications"]["list"]) - 1
    assert entered(nurse, case, what="hand_check", place=str(place)).status_code == 403
    assert entered(pharmacist, case, what="hand_check", place=str(place), treat_as="benzodiazepine").status_code == 302
    drug = on_the_day.store.open(case).tree["given"]["medications"]["list"][place]
    assert drug["checked_by_hand"] == {
        "by": "Pharmacist (synthetic)", "on": "2026-11-21", "treat_as": ["benzodiazepine"],
    }  # fmt: skip
    assert entered(nurse, case, what="drug_end", place=str(place), until="2026-11-20").status_code == 302
    assert on_the_day.store.open(case).tree["given"]["medications"]["list"][place]["until"] == "2026-11-20"


def test_two_at_once_are_told_and_nothing_is_lost(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    version = client.get(f"/patients/{case}/checks/").context["version"]
    sent = {"what": "allergy", "substance": "penicillin", "version": version}
    assert client.post(f"/patients/{case}/checks/", sent).status_code == 302
    assert client.post(f"/patients/{case}/checks/", {**sent, "substance": "latex"}).status_code == 409


def test_the_calendar_file_names_nobody(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"), name="Zoe Zzyzx (synthetic)")
    answer = signed_in("nurse").get(f"/patients/{case}/checks/due.ics")
    text = answer.content.decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert "SUMMARY:Blood pressure and heart rate due" in text
    assert "DTSTART;VALUE=DATE:20261127" in text
    assert "Zoe" not in text
    assert case not in text
    assert case[:8] not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


# Sessions


SESSION = {
    "dose_mg": "40", "dose_again": "40", "route": "intravenous", "on": "2026-11-20", "strength": "50", "lot": "A1",
    "waste_mg": "10", "witness": "Second Nurse (synthetic)", "before": "126/78", "after": "138/84",
    "dissociation": "mild", "tolerated": "yes",
}  # fmt: skip


def given_session(client: Any, case: str, **changes: str) -> Any:
    version = client.get(f"/patients/{case}/sessions/").context["version"]
    return client.post(f"/patients/{case}/sessions/", {**SESSION, "version": version, **changes})


def test_a_session_counts_with_the_home_doses_of_its_day(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert given_session(client, case).status_code == 302
    page = text_of(client.get(f"/patients/{case}/sessions/"))
    assert "40 mg = 0.8 mL @ 50 mg/mL" in page
    assert "waste 10 mg, seen by Second Nurse (synthetic)" in page
    assert "clinic session of 40 mg counts as" in page
    review = client.get(f"/patients/{case}/").context["standing"].review
    assert [(str(one.session), str(one.home)) for one in review.sessions] == [("40 mg", "60 mg")]
    assert {str(one.value) for one in review.readings["blood_pressure"] if one.source.startswith("session")} == {
        "126",
        "138",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dose_again": "400"}, "second time is not the first"),
        ({"witness": ""}, "needs a witness"),
        ({"witness": "Nurse (synthetic)"}, "somebody else than you"),
        ({"on": "2026-12-01"}, "has not come yet"),
        ({"tolerated": ""}, "tolerated is missing"),
        ({"dose_mg": "a lot", "dose_again": "a lot"}, "cannot be read"),
        ({"before": "78/126"}, "swapped"),
    ],
)  # fmt: skip
def test_a_session_with_a_slip_is_not_recorded(on_the_day, signed_in, changes, said) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    answer = given_session(client, case, **changes)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not on_the_day.store.open(case).of(Kind.SESSION_GIVEN)


def test_a_pharmacist_reads_sessions_and_gives_none(on_the_day, signed_in) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    assert given_session(signed_in("pharmacist"), case).status_code == 403


# The diary and everything that happened


def test_a_paper_diary_typed_in_twice_counts_once(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    form = client.get(f"/patients/{case}/diary/paper/?days=7").context["days"]
    assert len(form) == 7
    sent = {
        "0.id": form[0]["id"], "0.day": "2026-11-21", "0.taken": "all", "0.pain-average": "5", "0.no-effects": "1",
        "0.activity": "partly", "0.blood_pressure": "124/76", "1.id": form[1]["id"], "1.day": "2026-11-19",
        "1.pain-average": "6", "1.effect-nausea": "2", "2.id": form[2]["id"], "2.day": "2026-11-18",
    }  # fmt: skip
    for _ in range(2):
        assert client.post(f"/patients/{case}/diary/paper/?days=7", sent).status_code == 302
    kept = on_the_day.store.open(case).of(Kind.DIARY_KEPT)
    assert [event.body["add"]["diary"][0]["day"] for event in kept] == ["2026-11-21", "2026-11-19"]
    assert kept[0].body["add"]["diary"][0]["effects"] == {}
    lines = {line.number: line for line in client.get(f"/patients/{case}/diary/").context["lines"]}
    first, second = (lines[event.number] for event in kept)
    assert (first.late, second.late) == (False, True)
    assert first.came == "typed by Nurse (synthetic)"
    assert second.effects == "nausea 2"


def test_a_day_at_fault_is_shown_again_and_the_others_are_kept(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    form = client.get(f"/patients/{case}/diary/paper/?days=7").context["days"]
    sent = {
        "0.id": form[0]["id"], "0.day": "2026-11-20", "0.pain-average": "5",
        "1.id": form[1]["id"], "1.day": "2026-11-19", "1.blood_pressure": "76/124",
    }  # fmt: skip
    answer = client.post(f"/patients/{case}/diary/paper/?days=7", sent)
    assert answer.status_code == 422
    assert list(answer.context["faults"]) == [1]
    assert len(on_the_day.store.open(case).of(Kind.DIARY_KEPT)) == 1


def test_everything_that_happened_is_told_in_order(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    given_session(client, case)
    entered(client, case, what="allergy", substance="penicillin")
    answer = client.get(f"/patients/{case}/timeline/")
    numbers = [one["number"] for one in answer.context["events"]]
    assert numbers == list(range(len(on_the_day.store.events(case)), 0, -1))
    page = text_of(answer)
    assert "Clinic session on 2026-11-20: 40 mg = 0.8 mL intravenous, tolerated" in page
    assert "penicillin" in page


def test_anybody_who_cares_may_suspend_and_must_say_why(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert client.post(f"/patients/{case}/suspend/", {"reason": " "}).status_code == 422
    # Nothing is signed in this record yet, so there is nothing that could rest.
    assert client.post(f"/patients/{case}/suspend/", {"reason": "fever"}).status_code == 409


def test_everything_that_can_happen_has_words() -> None:
    from titrant.clinic.telling_events import SENTENCES, sentence
    from titrant.record.events import Event

    assert set(SENTENCES) == set(Kind)
    for kind in Kind:
        event = Event(case="x", number=1, kind=kind, body={}, by=actor("nurse"), at=datetime.now(UTC))
        assert sentence(event)[:1].isupper()


# Hostile words


def hostile(value: Any) -> Any:
    """Every free text of a record made hostile; codes, days and numbers stay."""
    free = {"reason", "words", "note", "substance", "reaction", "goals", "by"}
    if isinstance(value, dict):
        return {key: HOSTILE if key in free and isinstance(one, str) else hostile(one) for key, one in value.items()}
    return [hostile(one) for one in value] if isinstance(value, list) else value


def test_hostile_words_stay_words(on_the_day, signed_in) -> None:
    facts = facts_of("following-ready-for-a-step")
    facts["given"]["allergies"] = {"reviewed_on": "2026-11-20", "list": [{"substance": HOSTILE, "reaction": HOSTILE}]}
    facts["given"]["medications"]["list"] = [{"name": HOSTILE}]
    facts["given"]["diary"][-1] |= {"reason": HOSTILE}
    case = new_case(on_the_day.store, hostile(facts), name=HOSTILE)
    entry = {"id": "hostile-entry", "day": "2026-11-20", "entered": "2026-11-20", "reason": HOSTILE, "doses": [
        {"what": "missed", "reason": HOSTILE}]}  # fmt: skip
    nurse, now = actor("nurse", HOSTILE), on_the_day.now()
    drafts = [
        Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, nurse, now),
        Draft(Kind.MESSAGE_SENT, {"text": HOSTILE, "entry": "hostile-entry"}, nurse, now),
        Draft(Kind.TASK_OPENED, {"id": "t1", "grade": "today", "code": "x", "why": HOSTILE}, nurse, now),
        Draft(Kind.HOLD_PLACED, {"id": "h1", "why": HOSTILE}, nurse, now),
        Draft(Kind.CONTACT_PLANNED, {"on": "2026-12-01", "why": HOSTILE}, nurse, now),
    ]
    on_the_day.store.append(case, drafts, expected=None)
    client = signed_in("prescriber")
    for tail in ("", "?range=all", "checks/", "sessions/", "diary/", "diary/paper/", "timeline/"):
        page = client.get(f"/patients/{case}/{tail}").content.decode()
        assert "<script>alert" not in page, tail
        assert "49" not in re.findall(r"&\{\{7\*7\}\}|&49", page), tail
        assert "&lt;script&gt;alert" in page, tail
    fields = {"waste_mg": "1", "witness": HOSTILE, "lot": HOSTILE, "note": HOSTILE}
    assert given_session(client, case, **fields).status_code == 302
    assert "<script>alert" not in client.get(f"/patients/{case}/sessions/").content.decode()
    refused = given_session(client, case, **fields, dose_again="1")
    assert "<script>alert" not in refused.content.decode()


def test_a_page_that_does_not_escape_is_found(on_the_day, signed_in, monkeypatch) -> None:
    """The planted fault: the test above can fail."""
    from django.template import engines

    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"), name=HOSTILE)
    monkeypatch.setattr(engines["django"].engine, "autoescape", False)
    assert "<script>alert" in signed_in("nurse").get(f"/patients/{case}/").content.decode()


# Kept answers


def test_what_is_appended_is_seen_at_once(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("nurse")
    assert client.get(f"/patients/{case}/").context["proposal"]["action"] == "raise"
    entry = {"id": "worse", "day": "2026-11-20", "entered": "2026-11-21", "effects": {"urinary_blood": 2}}
    draft = Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, actor("nurse"), on_the_day.now())
    on_the_day.store.append(case, [draft], expected=None)
    assert client.get(f"/patients/{case}/").context["proposal"]["action"] in ("pause", "stop")


def test_the_oldest_answers_go_first() -> None:
    from titrant.clinic.kept import Kept

    kept: Kept[str] = Kept(2)
    for name in ("a", "b", "c"):
        kept.keep(name, name)
    assert [kept.get(name) for name in ("a", "b", "c")] == [None, "b", "c"]


# The forecast


@pytest.mark.release
def test_the_signed_and_the_proposed_dose_are_forecast(on_the_day, signed_in) -> None:
    case, client = new_case(on_the_day.store, facts_of("following-ready-for-a-step")), signed_in("prescriber")
    answer = client.get(f"/patients/{case}/exposure/?part=1")
    assert [str(one.regimen.dose) for one in answer.context["forecast"].levels] == ["20 mg", "30 mg"]
    page = text_of(answer)
    assert "a model, not for dosing" in page
    assert "titrant models racemic" in page
    assert "<html" not in answer.content.decode()


def test_with_the_engine_off_nothing_is_forecast(on_the_day, signed_in, settings_of) -> None:
    case = new_case(on_the_day.store, facts_of("following-ready-for-a-step"))
    settings_of(TITRANT_OFFICE="tests.web.test_patient_page.office_with_the_engine_off")
    assert "nothing is forecast" in text_of(signed_in("nurse").get(f"/patients/{case}/exposure/"))


# Signing a taper or an end, from the page of the patient


def lines_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


OF_A_TAPER = (
    "From 2026-11-24 until 2026-11-26: 15 mg = 1.5 mL, three times a day, every day",
    "From 2026-11-27 until 2026-11-29: 7 mg = 0.7 mL, three times a day, every day",
    "From 2026-11-30: no dose",
)


def test_every_step_of_a_taper_stands_in_the_preview_and_on_the_page_that_is_read_out(on_the_day, signed_in) -> None:
    from titrant.clinic.acts import signing

    case, client = new_case(on_the_day.store, facts_of("following-two-flat-steps")), signed_in("prescriber")
    page = lines_of(client.get(f"/patients/{case}/"))
    assert "each step is signed" not in page
    assert "Taper (one signature is over all its steps)" in page
    page = lines_of(client.get(f"/patients/{case}/sign/"))
    preview = page[page.index("What the patient will see") : page.index("gets nothing before it is signed")]
    made = signing.offer(on_the_day, on_the_day.store.open(case), signing.Chosen())
    assert (made.action, made.ends) == ("taper", "2026-11-30")
    signing.sign(on_the_day, case, made.sha256, made.daily_mg, actor("prescriber"), expected=made.version)
    signed = lines_of(client.get(f"/patients/{case}/signed/"))
    signed = signed[: signed.index("The seal was checked just now")]
    for shown in (preview, signed):
        for words in OF_A_TAPER:
            assert words in shown, words
        assert "until 2026-11-23" in shown
        assert "ast day of this plan: 2026-11-29" in shown
        assert "until 2026-11-30" not in shown


@pytest.mark.parametrize("action", ["stop", "pause"])
def test_without_a_dose_the_preview_does_not_say_how_to_take_it(on_the_day, signed_in, action) -> None:
    store = on_the_day.store
    case = new_case(store, facts_of("following-ready-for-a-step"))
    person = {"hold_minutes": 10, "how_to_take": "swallow"}
    drafts = [Draft(Kind.PERSON_RECORDED, {"person": person}, actor("nurse"), on_the_day.now())]
    store.append(case, drafts, expected=store.summary(case).version)
    client = signed_in("prescriber")
    address = f"/patients/{case}/sign/?reason=examined&action="
    assert "hold 10 minutes, then swallow" in lines_of(client.get(f"{address}hold"))
    page = lines_of(client.get(f"{address}{action}"))
    assert "From today No dose Do not take ketamine" in page
    assert "hold 10 minutes" not in page
