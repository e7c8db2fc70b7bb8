"""The front page: order of risk, counts, filters, done and next, messages, queues, and the report of the clinic."""

import unicodedata
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from msgspec import structs

from tests.web.browser import accessible
from tests.web.conftest import actor, new_case
from tests.web.worklist_cases import at, base, contact, followed
from titrant.clinic.acts.contacts import Done, done, take
from titrant.clinic.acts.judging import judge_and_keep
from titrant.explain.small_chart import small_chart
from titrant.record.appending import in_tally
from titrant.record.events import SYSTEM, Draft, Kind, instant_of
from titrant.record.ports import TALLIES, Query
from titrant.record.states import State
from titrant.record.summary import Judged, Summary
from titrant.storage.memory_store import MemoryStore
from titrant.terms.errors import NotNow


@pytest.fixture
def team() -> str:
    """A care team that no other test knows."""
    return f"Team {uuid.uuid4().hex[:8]} (synthetic)"


@pytest.fixture
def here(office: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clinic on the day of the synthetic courses."""
    then = at(structs.replace(office, degraded=(), alarms=()), base("titrating"))
    for area in ("worklist", "messages", "queue_page", "clinic_report"):
        monkeypatch.setattr(f"titrant.web.staff.{area}.office", lambda: then)
    return then


@pytest.fixture
def nurse(here: Any, signed_in: Callable[..., Client], team: str) -> Client:
    return signed_in("nurse", (team,))


def task(here: Any, case: str, grade: str, why: str, minutes: int = 0) -> str:
    body = {"id": uuid.uuid4().hex[:8], "grade": grade, "code": f"c{minutes}", "why": why}
    draft = Draft(Kind.TASK_OPENED, body, SYSTEM, here.now() + timedelta(minutes=minutes))
    here.store.append(case, [draft], expected=None)
    return str(body["id"])


def names_in(page: Any) -> list[str]:
    return [item.summary.person.name for item in page.context["items"]]


# Order, counts, filters


def test_the_most_urgent_comes_first_and_within_a_grade_the_oldest(here: Any, nurse: Client, team: str) -> None:
    made = {name: followed(here.store, base("titrating"), name, team) for name in ("Ada", "Ben", "Cleo", "Dora")}
    task(here, made["Ada"], "note", "note")
    task(here, made["Ben"], "now", "younger", 2)
    task(here, made["Cleo"], "now", "older", 1)
    task(here, made["Dora"], "today", "today")
    page = nurse.get("/")
    assert names_in(page) == ["Cleo", "Ben", "Dora", "Ada"]
    assert "older" in page.content.decode()


def test_the_tallies_are_what_a_count_by_hand_gives(here: Any, nurse: Client, team: str) -> None:
    cases = [followed(here.store, base(name), name, team, read=name != "troche") for name in ("titrating", "troche")]
    cases += [new_case(here.store, name="New", team=team), followed(here.store, base("stable"), "Kept", team)]
    task(here, cases[0], "now", "chest pain")
    contact(here.store, cases[3], "2026-12-01")
    said = Draft(Kind.MESSAGE_SENT, {"text": "?", "entry": ""}, actor("patient"), here.now())
    here.store.append(cases[1], [said], expected=None)
    for case in cases:
        judge_and_keep(here, case)
    counted = {one["name"]: one["count"] for one in nurse.get("/").context["tallies"] if one["name"] != "queue"}
    by_hand = {
        name: sum(in_tally(here.store.summary(case), here.store.judged(case), name, here.today) for case in cases)
        for name in counted
    }
    assert counted == by_hand
    assert (counted["call_now"], counted["no_next_date"], counted["undelivered"], counted["unread"]) == (1, 2, 1, 1)


def test_every_tally_opens_exactly_whom_it_counts(here: Any, nurse: Client, team: str) -> None:
    for name in ("titrating", "stable", "steps"):
        judge_and_keep(here, followed(here.store, base(name), name, team, read=name == "stable"))
    for one in nurse.get("/").context["tallies"]:
        if one["name"] != "queue":
            assert len(nurse.get(one["url"]).context["items"]) == one["count"], one["name"]


def test_search_state_and_page_narrow_the_list(here: Any, nurse: Client, team: str) -> None:
    for number in range(53):
        new_case(here.store, name=f"Élise Number{number:02}", team=team)
    followed(here.store, base("titrating"), "Ada Example", team)
    assert names_in(nurse.get("/?words=élise+number07")) == ["Élise Number07"]
    assert names_in(nurse.get("/?state=on_plan")) == ["Ada Example"]
    first, second = nurse.get("/?state=preparing"), nurse.get("/?state=preparing&page=2")
    assert (len(names_in(first)), len(names_in(second))) == (50, 3)
    assert not set(names_in(first)) & set(names_in(second))
    assert names_in(nurse.get("/?state=preparing&page=nonsense")) == names_in(first)


def test_a_name_is_found_however_its_accents_and_those_of_an_older_row_were_typed(
    here: Any, nurse: Client, team: str
) -> None:
    from titrant.storage.models import CaseRow

    apart = unicodedata.normalize("NFD", "Élise Núñez")
    case = new_case(here.store, name=apart, team=team)
    for kept in (None, apart.casefold()):  # as it is written now, and as an older release wrote it
        if kept:
            CaseRow.objects.filter(case=case).update(words=kept)
        for words in ("élise núñez", apart, "NÚÑEZ"):
            assert names_in(nurse.get("/", {"words": words})) == [apart]


def test_a_percent_sign_in_a_search_is_only_a_percent_sign(here: Any, nurse: Client, team: str) -> None:
    new_case(here.store, name="Ada", team=team)
    assert names_in(nurse.get("/?words=%25")) == []


def test_another_team_sees_nothing_of_it(here: Any, signed_in: Callable[..., Client], team: str) -> None:
    case = followed(here.store, base("titrating"), "Ada Canary", team)
    task(here, case, "now", "chest pain")
    stranger = signed_in("nurse", ("Team Elsewhere (synthetic)",))
    assert "Ada Canary" not in stranger.get("/?words=ada").content.decode()
    for address in (f"/worklist/{case}/", f"/messages/{case}/"):
        answer = stranger.get(address)
        assert (answer.status_code, "Ada Canary" in answer.content.decode()) == (404, False)
    assert stranger.post(f"/worklist/{case}/done/", {"outcome": "reached"}).status_code == 404


def test_a_view_is_kept_and_forgotten_by_who_made_it(
    here: Any, nurse: Client, signed_in: Callable[..., Client]
) -> None:
    from titrant.storage.models import SavedView

    nurse.post("/worklist/views/", {"name": "My silent ones", "tally": "silent", "words": "a&b"})
    (view,) = nurse.get("/").context["views"]
    assert view == ("My silent ones", "/?tally=silent&words=a%26b")
    assert nurse.get(view[1]).status_code == 200
    assert signed_in("nurse").get("/").context["views"] == []
    nurse.post("/worklist/views/", {"name": "My silent ones", "forget": "1"})
    assert not SavedView.objects.filter(name="My silent ones").exists()


def test_hostile_words_are_only_words(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), "<script>alert(1)</script>", team)
    task(here, case, "now", "<img src=x onerror=alert(1)>")
    for address in ("/", f"/worklist/{case}/", "/messages/", f"/messages/{case}/"):
        text = nurse.get(address).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text


# Done, next


def test_done_closes_stamps_promises_and_opens_the_next(here: Any, nurse: Client, team: str) -> None:
    cases = [followed(here.store, base("titrating"), name, team) for name in ("Ada", "Ben")]
    tasks = [task(here, case, "now", "chest pain", place) for place, case in enumerate(cases)]
    page = nurse.get(f"/worklist/{cases[0]}/?tally=call_now")
    assert page.context["following"] == cases[1]
    sent = {"outcome": "reached", "note": "Feels well", "next_on": "2026-11-25", "task": tasks[0], "next": cases[1],
            "tally": "call_now", "shown": page.context["shown"]}  # fmt: skip
    answer = nurse.post(f"/worklist/{cases[0]}/done/", sent)
    assert answer["Location"] == f"/worklist/{cases[1]}/?tally=call_now"
    summary = here.store.summary(cases[0])
    assert (summary.tasks, summary.contact_on, summary.contact_why) == ({}, "2026-11-25", "Feels well")
    assert summary.reviewed_by == "Nurse (synthetic)"
    kinds = [event.kind for event in here.store.events(cases[0])][-3:]
    assert kinds == [Kind.TASK_CLOSED, Kind.REVIEWED, Kind.CONTACT_PLANNED]


def test_a_task_that_came_meanwhile_stays_open(here: Any, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    seen, late = task(here, case, "today", "nausea"), task(here, case, "now", "chest pain", 1)
    done(here, actor("nurse"), case, Done(outcome="reached", tasks=(seen,), next_on="2026-11-25"))
    assert list(here.store.summary(case).tasks) == [late]


def test_who_was_not_reached_stays_on_the_list_with_an_owner(here: Any, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    one = task(here, case, "now", "chest pain")
    before = here.store.summary(case).reviewed_at
    done(here, actor("nurse"), case, Done(outcome="not_reached", tasks=(one,)))
    summary = here.store.summary(case)
    assert summary.tasks[one].owner == "Nurse (synthetic)"
    assert (summary.reviewed_at, summary.contact_on) == (before, "2026-11-21")
    row = [each for each in here.store.rows(Query(teams=(team,)), here.today) if each.summary.case == case]
    assert row[0].grade == 0


def test_what_is_passed_on_becomes_a_task_for_the_prescriber(here: Any, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    done(here, actor("nurse"), case, Done(outcome="passed", tasks=(task(here, case, "now", "x"),), note="chest pain"))
    (left,) = here.store.summary(case).tasks.values()
    assert (left.grade, left.why) == ("today", "Passed to a prescriber by Nurse (synthetic): chest pain")
    assert here.store.summary(case).contact_on == "2026-11-22"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (Done(outcome=""), "No outcome was chosen"),
        (Done(outcome="reached"), "The day is missing"),
        (Done(outcome="reached", next_on="2026-11-20"), "gone by"),
        (Done(outcome="reached", next_on="soon"), "no day"),
        (Done(outcome="reached", next_on="2026-11-25", note="x" * 2001), "longer than 2,000"),
    ],
)
def test_a_contact_without_outcome_or_next_day_is_refused(here: Any, team: str, how: Done, says: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    version = here.store.summary(case).version
    with pytest.raises(NotNow, match=says):
        done(here, actor("nurse"), case, how)
    assert here.store.summary(case).version == version


def test_a_task_is_taken_by_name_and_cannot_be_closed_twice(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    one = task(here, case, "now", "chest pain")
    take(here, actor("nurse"), case, one)
    assert here.store.summary(case).tasks[one].owner == "Nurse (synthetic)"
    done(here, actor("nurse"), case, Done(outcome="reached", tasks=(one,), next_on="2026-11-25"))
    assert nurse.post(f"/worklist/{case}/take/", {"task": one}).status_code == 409


# The panel


def test_the_panel_shows_chart_entries_and_the_proposal(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    judge_and_keep(here, case)
    page = nurse.get(f"/worklist/{case}/")
    text = page.content.decode()
    assert [entry["day"] for entry in page.context["entries"]] == ["2026-11-20", "2026-11-19", "2026-11-18"]
    assert "Raise to 30 mg in each dose." in text
    assert "a proposal; a prescriber decides" in text
    assert 'class="chart small-chart"' in text
    assert "style=" not in text


def test_the_small_chart_says_in_words_what_it_draws() -> None:
    first, last = date(2026, 10, 1), date(2026, 11, 26)
    pain = {first + timedelta(days=day): 8 - day // 14 for day in range(0, 56, 2)}
    chart = small_chart(pain, [(date(2026, 9, 1), 30.0), (date(2026, 11, 1), 60.0)], first, last)
    assert chart.words == (
        "Pain from 8 to 5 of 10 over 28 days with an entry. "
        "Dose: 30 mg a day from 2026-10-01, 60 mg a day from 2026-11-01."
    )
    assert chart.dots[0].y < chart.dots[-1].y  # less pain is lower
    assert small_chart({}, [], first, last).words.startswith("No pain was written down")


# Queues (T26)


def test_every_table_is_said_to_hold_a_queue_or_none() -> None:
    from django.apps import apps

    from titrant.storage import queues

    tables = [model._meta.db_table for model in apps.get_app_config("storage").get_models()]
    assert queues.unregistered(tables) == []
    assert queues.unregistered([*tables, "storage_newqueue"]) == ["storage_newqueue"]


def queue(name: str, now: datetime) -> Any:
    from titrant.storage import queues

    (found,) = [one for one in queues.queues(now) if one.name == name]
    return found


def test_mail_that_a_dead_server_never_takes_is_stuck_after_five_minutes(here: Any) -> None:
    from titrant.app.delivering import deliver_due
    from titrant.storage.models import Outgoing
    from titrant.storage.outbox import put

    def dead(_to: str, _subject: str, _text: str) -> None:
        raise OSError

    begun = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    Outgoing.objects.all().delete()
    put("", "test_alert", {"to": "a@clinic.invalid"}, begun)
    for minute in range(4 * 60):  # a worker that lives goes on trying
        deliver_due(structs.replace(here, now=lambda m=minute: begun + timedelta(minutes=m)), dead)
    assert queue("outgoing", begun + timedelta(minutes=4)).stuck == 0
    stuck = queue("outgoing", begun + timedelta(hours=4))
    assert (stuck.waiting, stuck.stuck, stuck.owner) == (1, 1, "administrator")
    assert (stuck.since, stuck.why) == ("2030-01-01T12:00:00.000000Z", "not accepted (OSError)")
    Outgoing.objects.all().delete()


def test_a_dead_phone_is_shown_and_does_not_colour_the_front_page() -> None:
    from titrant.storage import queues
    from titrant.storage.models import Outgoing
    from titrant.storage.outbox import PUSH, put

    now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    Outgoing.objects.all().delete()
    before = queues.problems(now)
    put("", PUSH, {"device": "x", "what": "message"}, now - timedelta(hours=1))
    assert (queue("pushes", now).stuck, queue("outgoing", now).stuck) == (1, 0)
    assert queues.problems(now) == before
    Outgoing.objects.all().delete()


def test_a_worker_that_has_gone_quiet_is_a_problem_when_the_doctor_says_so() -> None:
    from titrant.storage import queues
    from titrant.storage.models import Heartbeat

    now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": "2030-01-01T12:00:00.000000Z"})
    assert all(one.owner for one in queues.queues(now))
    before = queues.problems(now + timedelta(minutes=3))
    assert queues.problems(now + timedelta(minutes=3, seconds=1)) == before + 1


def test_a_record_that_nobody_ever_judged_is_a_problem_after_a_day(here: Any, team: str) -> None:
    from titrant.storage.models import CaseRow, Fact

    case = followed(here.store, base("titrating"), team=team)
    assert CaseRow.objects.get(case=case).judged_on == ""
    first = instant_of(Fact.objects.get(case=case, number=1).at)
    later = first + timedelta(days=1, seconds=1)
    others = queue("to_judge", later).stuck
    judge_and_keep(structs.replace(here, now=lambda: later), case)
    assert queue("to_judge", later).stuck == others - 1


def test_a_case_that_could_not_be_judged_is_a_queue_problem(here: Any, nurse: Client, team: str) -> None:
    tree = base("titrating")
    tree["given"]["readings"]["weight"] = "70 stone on 2026-11-20"
    judge_and_keep(here, followed(here.store, tree, "Ada Unread", team))
    count = next(one["count"] for one in nurse.get("/").context["tallies"] if one["name"] == "queue")
    assert count >= 1
    assert "Ada Unread" in nurse.get("/queues/").content.decode()


# Messages


def test_a_message_is_read_answered_and_tied_to_its_entry(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), "Ada Writes", team)
    entry = {"day": "2026-11-20", "id": "e7", "taken": "all", "pain": {"average": 6}, "effects": {}}
    patient = actor("patient")
    drafts = [
        Draft(Kind.DIARY_KEPT, {"add": {"diary": [entry]}}, patient, here.now()),
        Draft(Kind.MESSAGE_SENT, {"text": "Later in the evening?", "entry": "e7"}, patient, here.now()),
    ]
    here.store.append(case, drafts, expected=None)
    assert "Ada Writes" in nurse.get("/messages/").content.decode()
    page = nurse.get(f"/messages/{case}/")
    assert "about the entry of 2026-11-20" in page.content.decode()
    assert here.store.summary(case).unread  # looking is not reading
    nurse.post(f"/messages/{case}/", {"act": "send", "text": "Yes.", "entry": "e7", "up_to": page.context["newest"]})
    assert here.store.summary(case).unread == ()
    text = nurse.get(f"/messages/{case}/").content.decode()
    assert text.index("Yes.") < text.index("Later in the evening?")
    assert "Read by Nurse (synthetic)" in text


def test_a_message_that_came_after_the_page_stays_unread(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    ask = Draft(Kind.MESSAGE_SENT, {"text": "One", "entry": ""}, actor("patient"), here.now())
    here.store.append(case, [ask], expected=None)
    seen = nurse.get(f"/messages/{case}/").context["newest"]
    here.store.append(case, [structs.replace(ask, body={"text": "Two", "entry": ""})], expected=None)
    nurse.post(f"/messages/{case}/", {"act": "read", "up_to": seen})
    assert len(here.store.summary(case).unread) == 1
    assert nurse.post(f"/messages/{case}/", {"act": "send", "text": "  ", "up_to": seen}).status_code == 409


def test_staff_read_what_patients_are_told(here: Any, nurse: Client, team: str, monkeypatch: Any) -> None:
    settings = structs.replace(here.settings, on_call="Dr Example (synthetic)", closed_weekdays=(6,), pack="us")
    for area in ("worklist", "messages"):
        monkeypatch.setattr(f"titrant.web.staff.{area}.office", lambda: structs.replace(here, settings=settings))
    case = followed(here.store, base("titrating"), team=team)
    for page in (f"/messages/{case}/", "/messages/", f"/worklist/{case}/"):
        assert "(closed: Sunday)" in nurse.get(page).content.decode(), page
    text = nurse.get(f"/messages/{case}/").content.decode()
    assert "they call 911. When the clinic is closed: Dr Example (synthetic)." in text


@pytest.mark.parametrize("number", ["999999999", "1" * 5_000])
def test_no_form_marks_as_read_what_is_yet_to_come(here: Any, nurse: Client, team: str, number: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    ask = Draft(Kind.MESSAGE_SENT, {"text": "One", "entry": ""}, actor("patient"), here.now())
    here.store.append(case, [ask], expected=None)
    status = nurse.post(f"/messages/{case}/", {"act": "read", "up_to": number}).status_code
    assert (status, len(here.store.summary(case).unread)) == ((302, 0) if len(number) < 10 else (409, 1))
    here.store.append(case, [structs.replace(ask, body={"text": "Two", "entry": ""})], expected=None)
    page = nurse.get(f"/messages/{case}/").content.decode()
    assert "Read by" not in page.partition("<p>Two")[2].partition("</li>")[0]
    assert here.store.summary(case).unread


def test_an_answer_without_a_number_is_sent_and_marks_nothing(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), team=team)
    ask = Draft(Kind.MESSAGE_SENT, {"text": "One", "entry": ""}, actor("patient"), here.now())
    here.store.append(case, [ask], expected=None)
    assert nurse.post(f"/messages/{case}/", {"act": "send", "text": "Yes.", "up_to": "9" * 5_000}).status_code == 302
    assert len(here.store.summary(case).unread) == 1


def test_five_thousand_digits_are_no_number_and_no_fault(here: Any, nurse: Client, team: str) -> None:
    case, digits = followed(here.store, base("titrating"), team=team), "1" * 5_000
    assert nurse.get(f"/?page={digits}").status_code == 200
    assert nurse.post(f"/patients/{case}/teams/", {"team": team, "version": digits}).status_code == 409


# The report of the clinic


def test_the_report_counts_without_names(here: Any, signed_in: Callable[..., Client], team: str) -> None:
    case = followed(here.store, base("stable"), "Ada Nameless", team)
    judge_and_keep(here, case)
    task(here, case, "now", "chest pain")
    reader = signed_in("administrator")
    text = reader.get("/report/").content.decode()
    assert "Ada Nameless" not in text
    assert "Pain down by the aim of the trial (30 %)" in text
    table = reader.get("/report/table.csv")
    assert table["Content-Type"].startswith("text/csv")
    rows = [line.split(",") for line in table.content.decode().splitlines()]
    assert rows[0] == ["section", "what", "number", "of how many known"]
    assert ["tasks opened", "now"] in [row[:2] for row in rows]
    assert signed_in("auditor").get("/report/").status_code == 404


def test_the_report_holds_of_an_event_only_what_it_counts(office: Any) -> None:
    """A large clinic has thousands of signatures of twelve weeks, and each carries its whole text."""
    from titrant.storage.report_rows import happened_since

    case, now = new_case(office.store), datetime.now(UTC)
    asked = {"id": "t1", "grade": "today", "code": "x", "why": "told at length " * 50}
    refused = {"codes": ["raise_by_protocol"], "reason": "wish", "words": "at length " * 50, "action": "raise"}
    office.store.append(case, [
        Draft(Kind.TASK_OPENED, asked, SYSTEM, now), Draft(Kind.REFUSED, refused, actor("prescriber"), now),
    ], expected=None)  # fmt: skip
    held = {one.kind: one.body for one in happened_since(now.date(), frozenset()) if one.case == case}
    assert held == {
        Kind.TASK_OPENED: {"grade": "today"}, Kind.REFUSED: {"codes": ["raise_by_protocol"], "reason": "wish"},
    }  # fmt: skip


def test_a_share_is_of_those_of_whom_it_is_known(office: Any) -> None:
    from titrant.clinic.clinic_report import Happened, Standing, clinic_report

    def judged(**more: Any) -> Judged:
        return Judged(version=1, on=office.today, at=office.now(), **more)

    cases = [
        Standing("on_plan", "oral-guideline", judged(pain_percent="40", responder="yes", good_days=2, days_told=4)),
        Standing("on_plan", "oral-guideline", judged(pain_percent="10", responder="no", good_days=0, days_told=4)),
        Standing("on_plan", "oral-guideline", judged()),
        Standing("ended", "oral-guideline", judged(pain_percent="90", responder="yes")),
    ]
    refused = Happened(Kind.REFUSED, office.today, {"codes": ["raise_by_protocol"], "reason": "wish"})
    opened = [Happened(Kind.TASK_OPENED, office.today, {"grade": "now"})] * 9
    start = Happened(Kind.SIGNED, office.today, {"content": {"action": "start", "reasons": []}})
    why = [{"code": "raise_by_protocol"}]
    changed = Happened(Kind.SIGNED, office.today, {"content": {"reasons": why}, "against": True, "reason": "slower"})
    happened = [refused, start, changed, *opened, Happened(Kind.SUSPENDED, office.today, {"add": {}})]
    made = clinic_report(cases, happened, office.library, office.desk.words, office.today)
    shares = {one.label: (one.count, one.known, one.all) for one in made.shares}
    assert shares["Pain down by the aim of the trial (30 %)"] == (1, 2, 3)
    assert shares["Responders by all that is asked"] == (1, 2, 3)
    assert shares["Days with the aim met and no severe side effect, of days with an entry"] == (2, 8, 8)
    rules = [(one.code, one.accepted.count, one.changed.count, one.refused.count) for one in made.rules]
    assert rules == [("raise_by_protocol", 0, 1, 1), ("start", 1, 0, 0)]
    assert {reason: cell.count for reason, cell in made.reasons} == {"wish": 1, "slower": 1}
    assert made.alerts[0].per_100_week == "25.0"  # 9 in 12 weeks among 3 people


@pytest.mark.parametrize(("others", "own", "shown"), [(4, 0, False), (4, 7, False), (5, 0, True), (0, 1, True)])
def test_a_handful_of_people_of_other_teams_is_not_told_in_numbers(
    office: Any, others: int, own: int, shown: bool
) -> None:
    from titrant.clinic.clinic_report import FEW, Happened, Standing, clinic_report, table_of

    judged = Judged(version=1, on=office.today, at=office.now(), responder="yes", worst_effect=2, days_told=4)
    cases = [Standing("on_plan", "oral-guideline", judged, number < others) for number in range(others + own)]
    said = {"codes": ["raise_by_protocol"], "reason": "wish", "grade": "now"}
    happened = [  # three events of each person: people are counted, not events
        Happened(kind, office.today, said, str(number), number < others)
        for number in range(others + own) for kind in (Kind.REFUSED, Kind.TASK_OPENED) for _ in range(3)
    ]  # fmt: skip
    rows = table_of(clinic_report(cases, happened, office.library, office.desk.words, office.today))
    told = {(section, what): number for section, what, number, _ in rows}
    for key, number in {
        ("patients", "on_plan"): others + own, ("outcome", "Responders by all that is asked"): others + own,
        ("worst side effect of the week", "moderate"): others + own, ("tasks opened", "now"): 3 * (others + own),
        ("decisions", "raise_by_protocol: refused"): 3 * (others + own),
        ("reasons of departures", "wish"): 3 * (others + own),
    }.items():  # fmt: skip
        assert told[key] == (str(number) if shown else FEW), key


# Keys, in a real browser


def test_the_keys_move_open_and_settle(here: Any, page_as: Callable[..., Any], office: Any) -> None:
    from tests.web.conftest import TEAM

    for name in ("Key One (synthetic)", "Key Two (synthetic)"):
        task(office, followed(office.store, base("titrating"), name, TEAM), "now", "chest pain")
    page = page_as("nurse")
    page.goto("/?words=key+&tally=call_now")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") != first
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel")
    assert first in page.inner_text("#panel-title")
    accessible(page)
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "words"
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("Space")
    page.fill("#next_on", "2099-01-01")
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist/**")
    page.wait_for_selector("text=Kept.")
    assert first not in page.inner_text("#panel-title")


@pytest.mark.parametrize("size", ["phone", "tablet"])
def test_on_a_narrow_screen_who_opens_a_line_sees_the_patient(here, page_as, office, size: str) -> None:
    from tests.web.conftest import TEAM

    for number in range(12):
        task(office, followed(office.store, base("titrating"), f"Narrow {number:02} (synthetic)", TEAM), "now", "x")
    page = page_as("nurse", size)
    page.goto("/?words=narrow")
    page.locator("a.open").last.click()
    page.wait_for_selector("#panel")
    page.wait_for_function("window.scrollY > 0")
    assert 0 <= page.locator("#panel-title").bounding_box()["y"] < 300


# The stores answer alike


@pytest.mark.parametrize("query", [
    Query(teams=None, tally=name) for name in (*TALLIES, "")
] + [Query(teams=None, words="ELISE 7"), Query(teams=None, state="on_plan"), Query(teams=None, words=" ")])  # fmt: skip
def test_memory_and_database_list_alike(office: Any, query: Query, team: str) -> None:
    memory, database = MemoryStore(), office.store
    for number, name in enumerate(("Elise 7", "Élise 8", "Ada")):
        case = followed(database, base("titrating"), name, team, read=number != 1)
        if number == 0:
            task(office, case, "now", "x")
        judge_and_keep(at(office, base("titrating")), case)
        events = database.events(case)
        drafts = [Draft(one.kind, one.body, one.by, one.at) for one in events]
        memory.append(case, drafts, expected=None)
        memory.judge(case, database.judged(case))
    asked = structs.replace(query, teams=(team,), size=100)
    on = date(2026, 11, 21)
    assert [row.summary.case for row in database.rows(asked, on)] == [
        row.summary.case for row in memory.rows(asked, on)
    ]
    assert dict(database.tallies((team,), on)) == dict(memory.tallies((team,), on))


def test_the_narrow_index_holds_every_column_of_a_list() -> None:
    """Counting 20,000 cases must not read a summary: the plan of the query says so."""
    from django.db import connection

    from titrant.storage.models import CaseRow
    from titrant.storage.worklist_rows import _of_tally, _of_teams

    if connection.vendor != "sqlite":
        pytest.skip("the words of a plan are SQLite's")
    found = _of_teams(("a",)).filter(_of_tally("silent", date(2026, 11, 21))).order_by("grade", "since", "case")
    assert "COVERING INDEX by_risk_narrow" in found.values_list("case", flat=True)[:50].explain()
    assert CaseRow._meta.indexes[0].name == "by_risk_narrow"


def test_while_a_plan_is_suspended_the_list_shows_no_dose(here: Any, nurse: Client, team: str) -> None:
    case = followed(here.store, base("titrating"), "Ada Example", team)
    assert "while suspended" not in nurse.get("/").content.decode()
    paused = {"add": {"course.suspensions": [{"since": str(here.today), "by": "provider", "reason": "fell"}]}}
    here.store.append(case, [Draft(Kind.SUSPENDED, paused, SYSTEM, here.now())], expected=None)
    judge_and_keep(here, case)
    listed = nurse.get("/").content.decode()
    assert "while suspended" in listed
    assert '<span class="mg">none</span>' in listed


def test_a_dose_signed_for_tomorrow_is_not_called_the_dose_of_today() -> None:
    from titrant.clinic.dose_now import dose_now

    pieces, often = {"pieces_per_dose": "1.5", "piece_unit": "troche"}, {"times_per_day": "2", "days_per_week": "7"}
    signed = {"dose_mg": "30", **pieces, **often}
    summary = Summary(case="x", state=State.ON_PLAN, plan=1, regimen=signed, plan_from="2026-11-23")
    later = "from 2026-11-23: 30 mg = 1 and a half troches, twice a day, every day"
    assert dose_now(summary, date(2026, 11, 22)).line == f"none today; {later}"
    assert dose_now(summary, date(2026, 11, 23)).line == "30 mg = 1 and a half troches, twice a day, every day"
