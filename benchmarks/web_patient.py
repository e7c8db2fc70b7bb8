"""How fast the patient page comes with two years of diary: the first time, and again.

    python -m benchmarks.web_patient

A data folder of its own is made and thrown away; the pages are asked for through the whole of Django, log and all.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

DAYS = 730
_ONE_DAY = timedelta(days=1)


def opened(folder: str) -> None:
    """A synthetic clinic in ``folder``, migrated."""
    os.environ["TITRANT_DATA"] = str(Path(folder) / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "titrant.app.settings"
    from titrant.app.place import Place

    Place.from_environment().make(synthetic=True)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def facts(today: date) -> dict[str, Any]:
    """A course of two years on a steady dose, everything known, with its checks made."""
    from titrant.clinic.case_tree import tree_of
    from titrant.clinic.opening import case_of, open_document

    tree = tree_of(case_of(open_document(Path("demo/following-stable-and-good.yaml"))))
    began = today - _ONE_DAY * DAYS
    given = {name: value for name, value in tree["given"].items() if name != "diary"}
    steps = [(0, "10 mg"), (14, "20 mg"), (60, "30 mg"), (400, "20 mg")]
    levels = [{"since": (began + _ONE_DAY * at).isoformat(), "dose": dose, "times_per_day": 3} for at, dose in steps]
    course = {"levels": levels, "plan_from": (today - _ONE_DAY * 20).isoformat()}
    # What benefit is measured from lies before the first dose.
    day = began.isoformat()
    readings = {**given["readings"], "pain": [f"7 points on {day}"], "peg": [f"6.7 points on {day}"]}
    return {**tree, "given": {**given, "readings": readings, "course": course}}


def diary(today: date) -> list[dict[str, Any]]:
    """An entry for each day, made on its day: doses, pain, activity, effects, sleep and mood, pressure once a week."""
    return [_entry(today - _ONE_DAY * back, back) for back in range(DAYS, 0, -1)]


def _entry(day: date, back: int) -> dict[str, Any]:
    doses = [{"what": "taken", "at": at, "dose": "20 mg"} for at in ("08:00", "14:00", "21:00")]
    weekly = {"blood_pressure": ["126/78 mmHg"], "peg": {"pain": 4, "enjoyment": 4, "activity": 3}}
    return {
        "id": f"entry-{back:04}", "day": day.isoformat(), "entered": f"{day}T21:05+01:00", "doses": doses,
        "pain": {"average": 3 + back % 3, "worst": 6}, "activity": ("done", "partly")[back % 2],
        "effects": {"dizziness": 1} if back % 9 == 0 else {}, "sleep": 6, "mood": 7,
        **(weekly if back % 7 == 0 else {}),
    }  # fmt: skip


def kept(count: int, today: date, team: str = "A") -> list[str]:
    """``count`` cases of two years, each with an event for every entry."""
    from titrant.record.events import Actor, Draft, Kind, Role
    from titrant.storage.bulk import append_many

    nurse, at = Actor("nurse", "Nurse (synthetic)", Role.NURSE), datetime.now(UTC)
    streams = {}
    for place in range(count):
        person = {"name": f"Patient {place} (synthetic)", "birth_date": "1974-05-02", "number": f"S{place:04}"}
        streams[str(uuid.uuid4())] = [
            Draft(Kind.CASE_OPENED, {}, nurse, at), Draft(Kind.PERSON_RECORDED, {"person": person}, nurse, at),
            Draft(Kind.TEAMS_SET, {"teams": [team]}, nurse, at),
            Draft(Kind.FACTS_RECORDED, {"set": facts(today)}, nurse, at),
            *(Draft(Kind.DIARY_KEPT, {"add": {"diary": [one]}}, nurse, at) for one in diary(today)),
        ]  # fmt: skip
    append_many(streams.items())
    return list(streams)


def visitor() -> Any:
    from django.test import Client

    from titrant.storage.models import Staff, TeamMember

    one = Staff.objects.create(email="nurse@clinic.invalid", name="Nurse (synthetic)", role="nurse", synthetic=True)
    TeamMember.objects.create(staff=one, team="A")
    client = Client(HTTP_HOST="localhost")
    client.force_login(one)
    return client


def timed(client: Any, path: str) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor: on a machine that others use the two differ."""
    began, busy = time.perf_counter(), time.process_time()
    answer = client.get(path)
    took = (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000
    if answer.status_code != 200 or b'class="course"' not in answer.content:
        raise SystemExit(f"{path}: answered {answer.status_code} without a course")
    return took


def figures(took: list[tuple[float, float]]) -> dict[str, float]:
    """The middle, and what 95 of 100 stay under."""
    found = {}
    for name, values in (("clock", [one for one, _ in took]), ("processor", [one for _, one in took])):
        ranked = sorted(values)
        found[f"{name}_median"] = round(statistics.median(ranked), 1)
        found[f"{name}_p95"] = round(ranked[int(0.95 * (len(ranked) - 1))], 1)
    return found


def measured(cases: int, rounds: int) -> dict[str, Any]:
    from titrant.app.memory import look_for_cycles_seldom
    from titrant.app.wiring import now

    today = now().date()
    names, client = kept(cases, today), visitor()
    timed(client, f"/patients/{names[0]}/")  # what is loaded once for all is not counted
    look_for_cycles_seldom()  # as the server does once it has loaded everything
    first = [timed(client, f"/patients/{case}/") for case in names[1:]]
    again = [
        timed(client, f"/patients/{names[-1]}/?range={span}") for _ in range(rounds) for span in ("12w", "4w", "all")
    ]
    return {"days_of_diary": DAYS, "unit": "ms", "first_time": figures(first), "again": figures(again)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=40)
    asked.add_argument("--rounds", type=int, default=20)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="titrant-speed-") as folder:
        opened(folder)
        print(json.dumps(measured(given.cases, given.rounds), indent=2))


if __name__ == "__main__":
    main()
