"""Seeded cases of running courses: a base scenario with a few things that happened, and ways to make one worse."""

import copy
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from titrant.cli.opened import DEMO_CLINIC
from titrant.clinic.opening import shape_case
from titrant.knowledge.library import Library, load
from titrant.pathway.adjust import Adjustment, adjust_case
from titrant.terms.reading import read_yaml

Tree = dict[str, Any]
BASES = Path(__file__).parent.parent / "scenarios" / "following" / "_base"
EFFECTS = (
    "dizziness",
    "nausea",
    "drowsiness",
    "dissociation",
    "confusion",
    "fatigue",
    "urinary_urgency",
    "urinary_pain",
)
FLAGS = ("cannot_be_woken", "chest_pain", "suicidal_thoughts", "hears_or_sees_things", "yellow_eyes", "took_extra")


@lru_cache(maxsize=1)
def library() -> Library:
    return load(clinic=DEMO_CLINIC)


@lru_cache(maxsize=1)
def bases() -> tuple[Tree, ...]:
    """The base cases with every span of the diary written out, one entry a day."""
    found = []
    for path in sorted(BASES.glob("*.yaml")):
        tree = read_yaml(path.read_bytes()).tree
        tree["given"]["diary"] = [one for entry in tree["given"]["diary"] for one in _each_day(entry)]
        found.append(tree)
    return tuple(found)


def _each_day(entry: Tree) -> list[Tree]:
    first = date.fromisoformat(entry["day"])
    last = date.fromisoformat(entry.get("through", entry["day"]))
    rest = {key: value for key, value in entry.items() if key not in ("day", "through")}
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [{"day": day.isoformat(), **copy.deepcopy(rest)} for day in days]


def a_case(random: Random) -> Tree:
    """A base with none to four things that happened."""
    tree = copy.deepcopy(random.choice(bases()))
    for _ in range(random.randrange(5)):
        random.choice(HAPPENED)(tree, random)
    return tree


def decide(tree: Tree) -> Adjustment:
    case = shape_case(tree, "a case")
    assert case.on is not None
    return adjust_case(case, library(), case.on)


def recent(tree: Tree, random: Random, days: int = 7) -> Tree:
    """One entry of the last days."""
    return random.choice(tree["given"]["diary"][-days:])


# What can happen


def _pain(tree: Tree, random: Random) -> None:
    level = random.randrange(11)
    for entry in tree["given"]["diary"][-random.randrange(1, 15) :]:
        entry["pain"] = {"average": max(0, min(10, level + random.choice((-1, 0, 0, 1))))}


def _mild(tree: Tree, random: Random) -> None:
    entry = recent(tree, random)
    entry["effects"] = {**(entry.get("effects") or {}), random.choice(EFFECTS): random.randrange(3)}


def _missed(tree: Tree, random: Random) -> None:
    for entry in tree["given"]["diary"][-random.randrange(1, 6) :]:
        entry["taken"] = "none"


def _silent(tree: Tree, random: Random) -> None:
    for _ in range(random.randrange(1, 4)):
        tree["given"]["diary"].remove(recent(tree, random))


def _late(tree: Tree, random: Random) -> None:
    recent(tree, random)["entered"] = tree["on"]


def _session(tree: Tree, random: Random) -> None:
    day = date.fromisoformat(tree["on"]) - timedelta(days=random.randrange(12))
    session = {"dose_24h": "40 mg", "route": "intravenous", "on": day.isoformat(), "tolerated": "yes"}
    tree["given"].setdefault("parenteral", []).append(session)


def _drug(tree: Tree, random: Random) -> None:
    name = random.choice(
        ("gabapentin", "lorazepam", "clarithromycin", "oxycodone", "rifampin", "paracetamol", "Zorblax")
    )
    drug: Tree = {"name": name, "since": random.choice(("2026-01-01", "2026-11-16"))}
    if random.random() < 0.3:
        drug["until"] = random.choice([day for day in ("2026-11-10", "2026-11-18") if drug["since"] <= day])
    if name == "oxycodone":
        drug |= {"dose": "10 mg", "times_per_day": "2"}
    tree["given"]["medications"]["list"].append(drug)


def _reading(tree: Tree, random: Random) -> None:
    name, text = random.choice(
        (
            ("alt", "85 U/L (upper limit 40 U/L) on 2026-11-18"),
            ("icsi", "6 points on 2026-11-18"),
            ("phq9", "12 points on 2026-11-18"),
            ("pgic", "2 points on 2026-11-20"),
            ("peg", "3 points on 2026-11-20"),
        )
    )
    own = tree["given"]["readings"].get(name, [])
    tree["given"]["readings"][name] = [*([own] if isinstance(own, str) else own), text]


def _count(tree: Tree, random: Random) -> None:
    left = str(random.choice((0, 6, 12, 40)))
    supply = {"on": "2026-11-14", "pieces": "48", "left": left, "counted_on": "2026-11-20"}
    tree["given"]["course"]["supplies"] = [supply]


def _pressure(tree: Tree, random: Random) -> None:
    recent(tree, random)["blood_pressure"] = [
        random.choice(("118/70 mmHg", "138/88 mmHg", "144/86 mmHg", "166/92 mmHg"))
    ]


HAPPENED: tuple[Callable[[Tree, Random], None], ...] = (
    _pain, _pain, _mild, _mild, _missed, _silent, _late, _session, _drug, _reading, _count, _pressure,
)  # fmt: skip


# Worse: more harm


def more_harm(tree: Tree, random: Random) -> None:
    random.choice((_worse_effect, _worse_effect, _flag, _worse_pressure, _worse_result))(tree, random)


def _worse_effect(tree: Tree, random: Random) -> None:
    entry, name = recent(tree, random), random.choice(EFFECTS)
    effects = entry.get("effects") or {}
    entry["effects"] = {**effects, name: min(4, effects.get(name, 0) + random.randrange(1, 4))}


def _flag(tree: Tree, random: Random) -> None:
    recent(tree, random)["flags"] = [random.choice(FLAGS)]


def _worse_pressure(tree: Tree, random: Random) -> None:
    entry = recent(tree, random)
    worse = random.choice(("142/84 mmHg", "164/90 mmHg", "184/98 mmHg"))
    # Beside the others of that day: a repeated reading cannot hide the worse one.
    entry["blood_pressure"] = [*entry.get("blood_pressure", []), worse]


def _worse_result(tree: Tree, random: Random) -> None:
    readings = tree["given"]["readings"]
    name, text = random.choice(
        (
            ("alt", f"{random.choice((90, 130))} U/L (upper limit 40 U/L)"),
            ("icsi", "9 points"), ("phq9", "22 points"), ("oxygen_saturation", "90 %"),
        )
    )  # fmt: skip
    own = readings.get(name, [])
    readings[name] = [*([own] if isinstance(own, str) else own), f"{text} on 2026-11-20"]


# Worse: less data

# Facts without which a start is possible; what they say when they are there counts, and nobody misses them.
OPTIONAL = ("cssrs", "cadss", "ecg", "qtc", "tsh", "pgic", "comm", "height", "audit_c", "sleep", "activity")


def less_data(tree: Tree, random: Random) -> None:
    random.choice((_drop_reading, _drop_answer, _drop_condition, _drop_lists, _drop_field, _drop_diary))(tree, random)


def _drop_reading(tree: Tree, random: Random) -> None:
    names = [name for name in tree["given"]["readings"] if name not in OPTIONAL]
    del tree["given"]["readings"][random.choice(names)]


def _drop_answer(tree: Tree, random: Random) -> None:
    del tree["given"]["answers"][random.choice(list(tree["given"]["answers"]))]


def _drop_condition(tree: Tree, random: Random) -> None:
    del tree["given"]["conditions"][random.choice(list(tree["given"]["conditions"]))]


def _drop_lists(tree: Tree, random: Random) -> None:
    del tree["given"][random.choice(("medications", "allergies"))]


def _drop_field(tree: Tree, random: Random) -> None:
    """Something is answered on no day of the diary."""
    name = random.choice(("effects", "pain", "taken", "entered"))
    for entry in tree["given"]["diary"]:
        entry.pop(name, None)
        if name == "taken":
            entry.pop("doses", None)


def _drop_diary(tree: Tree, random: Random) -> None:
    del tree["given"]["diary"]


# Worse: later, overdue, a new drug


def later(tree: Tree, random: Random) -> None:
    """An entry was made on the last day only."""
    for _ in range(random.randrange(1, 7)):
        recent(tree, random)["entered"] = tree["on"]


def overdue(tree: Tree, random: Random) -> None:
    """A test is three months older than it was."""
    groups = (
        ("alt", "ast", "alp", "ggt", "bilirubin"),
        ("phq9", "gad7"),
        ("blood_pressure",),
        ("weight",),
        ("icsi", "icpi"),
    )
    for name in random.choice(groups):
        own = tree["given"]["readings"].get(name, [])
        listed = [own] if isinstance(own, str) else own
        tree["given"]["readings"][name] = [_older(text) for text in listed]


def _older(text: str) -> str:
    head, _, day = text.rpartition(" on ")
    return f"{head} on {(date.fromisoformat(day) - timedelta(days=91)).isoformat()}"


def new_drug(tree: Tree, random: Random) -> None:
    name = random.choice(
        ("lorazepam", "gabapentin", "oxycodone", "clonidine", "quetiapine", "clarithromycin", "ketoconazole", "Zorblax")
    )
    drug = {"name": name, "since": "2026-11-19"}
    if name == "oxycodone":
        drug |= {"dose": "10 mg", "times_per_day": "2"}
    tree["given"]["medications"]["list"].append(drug)


# Worse: a harm that nobody has signed after; and good days after it


def signed(tree: Tree) -> date:
    """The day of the newest signature."""
    return max(date.fromisoformat(level["since"]) for level in tree["given"]["course"]["levels"])


def unseen_harm(tree: Tree, random: Random) -> None:
    """A severe harm on any day since the first dose, written down after the newest signature."""
    random.choice((_unseen_entry, _unseen_entry, _unseen_reading))(tree, random)


def _unseen_entry(tree: Tree, random: Random) -> None:
    begun = min(level["since"] for level in tree["given"]["course"]["levels"])
    day = random.choice([entry["day"] for entry in tree["given"]["diary"] if begun <= entry["day"]])
    harm = random.choice(
        (
            {"effects": {random.choice(EFFECTS): random.choice((3, 4))}},
            {"effects": {random.choice(("urinary_urgency", "urinary_blood")): random.choice((1, 2))}},
            {"flags": [random.choice(FLAGS)]},
            {"doses": [{"what": "unplanned", "dose": "20 mg"}]},
        )
    )
    tree["given"]["diary"].append({"day": day, "entered": tree["on"], **harm})


def _unseen_reading(tree: Tree, random: Random) -> None:
    first, on = signed(tree), date.fromisoformat(tree["on"])
    day = first + timedelta(days=random.randrange((on - first).days))
    name, text = random.choice(GRAVE)
    own = tree["given"]["readings"].get(name, [])
    tree["given"]["readings"][name] = [*([own] if isinstance(own, str) else own), f"{text} on {day}"]


GRAVE = (
    ("alt", "400 U/L (upper limit 40 U/L)"), ("icsi", "12 points"), ("oxygen_saturation", "85 %"),
    ("blood_pressure", "190/110 mmHg"), ("phq9_item9", "3 points"),
)  # fmt: skip
GOOD = {
    "alt": "22 U/L (upper limit 40 U/L)", "icsi": "2 points", "oxygen_saturation": "98 %",
    "blood_pressure": "120/70 mmHg", "phq9_item9": "0 points",
}  # fmt: skip


def longer(tree: Tree) -> Tree:
    """The same course begun two weeks earlier; its last day of the diary goes on to the end."""
    earlier, gone = copy.deepcopy(tree), timedelta(days=14)
    for name, own in (("since", earlier["given"]["course"]["levels"]), ("day", earlier["given"]["diary"])):
        for one in own:
            one[name] = (date.fromisoformat(one[name]) - gone).isoformat()
    last = earlier["given"]["diary"][-1]
    days = [date.fromisoformat(last["day"]) + timedelta(days=more) for more in range(1, gone.days + 1)]
    earlier["given"]["diary"] += [{**copy.deepcopy(last), "day": day.isoformat()} for day in days]
    return earlier


STOPPING = GRAVE[:1] + GRAVE[2:4]


def severe_and_signed(tree: Tree, random: Random) -> tuple[str, Decimal]:
    """A severe harm on any past day of the course, then at times another signature; the day, and the weekly dose."""
    course, on = tree["given"]["course"], date.fromisoformat(tree["on"])
    levels = course["levels"]
    first = date.fromisoformat(levels[0]["since"])
    # Early days more often: after them there is time for another level and for a raise.
    day = first + timedelta(days=int((on - first).days * random.random() ** 2))
    begun = [one for one in levels if one["since"] <= day.isoformat()]
    weekly = min(_weekly(one) for one in begun[-1 if begun[-1]["since"] < day.isoformat() else -2 :])
    if random.random() < 0.7:
        # A dose that was signed before, or a half of one, and as the last word.
        dose = Decimal(random.choice(levels)["dose"].split()[0]) / random.choice((1, 2, 4, 4))
        kept = [one for one in levels if one["since"] <= day.isoformat()]
        after = (day + timedelta(days=1)).isoformat()
        course["levels"] = [*kept, {**kept[-1], "since": after, "dose": f"{dose.normalize():f} mg"}]
    harm = random.choice((*FLAGS[:-1], "effect", "effect", "reading", "reading"))
    if harm == "reading":
        name, text = random.choice(STOPPING)
        own = tree["given"]["readings"].get(name, [])
        tree["given"]["readings"][name] = [*([own] if isinstance(own, str) else own), f"{text} on {day}"]
    else:
        told = {"effects": {random.choice(EFFECTS): random.choice((3, 4))}} if harm == "effect" else {"flags": [harm]}
        tree["given"]["diary"].append({"day": day.isoformat(), "entered": "same day", **told})
    return day.isoformat(), weekly


def _weekly(level: Tree) -> Decimal:
    return Decimal(level["dose"].split()[0]) * int(level["times_per_day"]) * int(level.get("days_per_week", 7))


def bad_and_good(tree: Tree, random: Random) -> tuple[Tree, Tree]:
    """Two cases: a bad reading or day as the last word since the newest signature, and a good one after it."""
    bad, on = copy.deepcopy(tree), date.fromisoformat(tree["on"])
    first = max(signed(tree), on - timedelta(days=60))
    day = first + timedelta(days=random.randrange(max((on - first).days - 1, 1)))
    if random.random() < 0.3:
        harm = {random.choice(EFFECTS): random.choice((3, 4)), "urinary_blood": random.randrange(2)}
        bad["given"]["diary"].append({"day": day.isoformat(), "entered": "same day", "effects": harm})
        good = copy.deepcopy(bad)
        after = {"day": (day + timedelta(days=1)).isoformat(), "entered": "same day", "effects": {}}
        good["given"]["diary"].append(after)
        return bad, good
    name, text = random.choice(GRAVE)
    own = bad["given"]["readings"].get(name, [])
    kept = [one for one in ([own] if isinstance(own, str) else own) if one.split(" on ")[1] < day.isoformat()]
    bad["given"]["readings"][name] = [*kept, f"{text} on {day}"]
    for entry in bad["given"]["diary"]:
        entry.pop("blood_pressure", None)
    good = copy.deepcopy(bad)
    good["given"]["readings"][name].append(f"{GOOD[name]} on {day + timedelta(days=1)}")
    return bad, good
