"""Synthetic cases under a signed plan, laid into a store as a clinic would: facts, then a signature."""

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import structs

from tests.properties.following_cases import bases
from tests.web.conftest import TEAM, actor, new_case
from titrant.record.events import Draft, Kind

Tree = dict[str, Any]


def base(name: str) -> Tree:
    """A complete case of a running course, by the name of its file in tests/scenarios/following/_base."""
    from tests.properties.following_cases import BASES

    names = sorted(path.stem for path in BASES.glob("*.yaml"))
    return copy.deepcopy(bases()[names.index(name)])


def at(office: Any, tree: Tree, hour: int = 12, days: int = 0) -> Any:
    """The office at an hour of the day of the case."""
    day = date.fromisoformat(str(tree["on"])) + timedelta(days=days)
    return structs.replace(office, now=lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def regimen_of(level: Tree) -> dict[str, str]:
    dose, times = level["dose"].removesuffix(" mg"), level["times_per_day"]
    daily = int(dose) * times
    return {
        "route": "oral", "product": "a capsule (synthetic)", "piece_unit": "capsule", "piece_mg": dose,
        "pieces_per_dose": "1", "dose_mg": dose, "times_per_day": str(times), "daily_mg": str(daily),
        "days_per_week": "7", "weekly_mg": str(daily * 7), "supply_days": "7",
    }  # fmt: skip


def signed_body(tree: Tree) -> Tree:
    level = tree["given"]["course"]["levels"][-1]
    regimen = regimen_of(level)
    content = {
        "regimen": regimen, "protocol": {"id": tree.get("protocol", "oral-guideline"), "sha256": "0" * 64},
        "starts": str(level["since"]), "ends": "2027-12-31",
    }  # fmt: skip
    text = f"Take {regimen['dose_mg']} mg = 1 capsule, {regimen['times_per_day']} times a day."
    return {"content": content, "dose_text": text, "seal": {"sha256": "0" * 64}}


def followed(store: Any, tree: Tree, name: str = "Ada Example (synthetic)", team: str = TEAM, read: bool = True) -> str:
    """A case with the facts of ``tree`` and a signed plan, confirmed as read. Its id."""
    facts = {key: value for key, value in tree.items() if key not in ("on", "scenario")}
    case = new_case(store, facts, name, team)
    day = date.fromisoformat(str(tree["given"]["course"]["levels"][-1]["since"]))
    signed = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    drafts = [Draft(Kind.SIGNED, signed_body(tree), actor("prescriber"), signed)]
    if read:
        plan = store.summary(case).version + 1
        drafts.append(Draft(Kind.PLAN_READ, {"plan": plan}, actor("patient"), signed + timedelta(hours=1)))
    store.append(case, drafts, expected=store.summary(case).version)
    return case


def contact(store: Any, case: str, on: str, why: str = "review") -> None:
    draft = Draft(Kind.CONTACT_PLANNED, {"on": on, "why": why}, actor("nurse"), datetime.now(UTC))
    store.append(case, [draft], expected=store.summary(case).version)


def spread(here: Any, seed: int, number: int) -> list[str]:
    """Cases of all sorts: whatever happened to them, with and without a promised day."""
    from random import Random

    from tests.properties.following_cases import a_case

    chance, cases = Random(seed), []
    for _ in range(number):
        tree = a_case(chance)
        tree["on"] = str(here.today)
        case = followed(here.store, tree, read=chance.random() < 0.8)
        if chance.random() < 0.6:
            day = here.today + timedelta(days=chance.randrange(-5, 20))
            contact(here.store, case, day.isoformat())
        cases.append(case)
    return cases
