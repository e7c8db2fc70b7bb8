"""A virtual patient's day as a real case: the same record that a clinic would hand to the spine.

Everything here is written out as a case file is, and read by the same reader; nothing is passed beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from titrant.clinic.opening import shape_case
from titrant.cohort.parameters import read
from titrant.cohort.people import WEIGHTS_KG
from titrant.cohort.shapes import DOSES, EFFECTS, FLAGS, NEVER, PAIN, SOME
from titrant.pathway.case import Case
from titrant.terms.numbers import plain

Tree = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """The smallest part of the product: mg in it, and how much of a piece (or mL) it is."""

    part_mg: Decimal
    smallest_part: Decimal


def person_file() -> Tree:
    return dict(read("cohort", "person.yaml"))


class Writer:
    """Writes cases for one protocol on one calendar.

    Attributes:
        first: the calendar day of day 0; start: the number of the day of the first dose.
    """

    def __init__(self, protocol: str, explicit: bool, session: bool, first: date, start: int, effects: tuple[str, ...]):
        self.person, self.protocol, self.explicit, self.session = person_file(), protocol, explicit, session
        self.first, self.start, self.effects = first, start, effects

    def day(self, t: int) -> date:
        return self.first + timedelta(days=int(t))

    def before_start(self, stratum: int) -> Case:
        """The case on the day of the start, for the plan."""
        tree = self._record(stratum, self.start, self.start, self.start, {"icsi": 1, "alt": 22, "phq9": 6, "item9": 0})
        readings = tree["given"]["readings"]
        on = self.day(self.start)
        readings["blood_pressure"] = [f"120/76 mmHg on {on}", f"120/76 mmHg on {on - timedelta(days=1)}"]
        readings["heart_rate"] = [
            readings["heart_rate"],
            readings["heart_rate"].replace(str(on), str(on - timedelta(days=1))),
        ]
        readings["pain"] = [f"7 points on {on}"]
        return shape_case(tree, "virtual patient")

    def ordinary(self, stratum: int, dose_mg: Decimal, times: int) -> Case:
        """A week on the start dose in which nothing happened; what never varies is read off it."""
        tree = self._record(stratum, self.start, self.start, self.start, {"icsi": 1, "alt": 22, "phq9": 6, "item9": 0})
        given, on = tree["given"], self.day(self.start)
        given["readings"] |= {"blood_pressure": [f"120/76 mmHg on {on}"], "pain": [f"7 points on {on}"]}
        given["course"] = {"levels": [{"since": str(on), "dose": f"{plain(dose_mg)} mg", "times_per_day": times}]}
        given["diary"] = [
            {"day": str(on), "through": str(on + timedelta(days=6)), "entered": "same day", "taken": "all",
             "pain": {"average": 6}, "effects": {}}
        ]  # fmt: skip
        tree["on"] = str(on + timedelta(days=7))
        return shape_case(tree, "virtual patient")

    def on_day(self, p: Any, c: Any, days: Any, levels: Any, paused: Any, t: int, supply: Part, times: int) -> Case:
        """The case of one person on the morning of day ``t``, as far as the clinic knows it then."""
        visit, blood, bladder = (max(d for d in range(self.start, t + 1) if days[d][what])
                                 for what in ("visit", "blood", "bladder"))  # fmt: skip
        now = {"alt": days[blood]["alt"], "icsi": days[bladder]["icsi"], **_mood(days[visit])}
        tree = self._record(int(p["stratum"]), visit, blood, bladder, now)
        given = tree["given"]
        given["readings"] |= self._clinic(p, days, t)
        signed = [level for level in levels[: c["levels"]] if level["since"] < t and level["parts"] > 0]
        given["course"] = {
            "levels": [
                {"since": str(self.day(one["since"])), "dose": f"{plain(supply.part_mg * int(one['parts']))} mg",
                 "times_per_day": times}
                for one in signed
            ],
            "suspensions": [self._suspension(one, t) for one in paused if 0 < one["since"] < t],
        }  # fmt: skip
        given["diary"] = [
            self._entry(days[d], d, supply, times) for d in range(t) if days[d]["entered"] < t and days[d]["said"]
        ]
        tree["on"] = str(self.day(t))
        return shape_case(tree, "virtual patient")

    # The parts of a record

    def _record(self, stratum: int, visit: int, blood: int, bladder: int, now: Tree) -> Tree:
        held, (older, frail, sedative, kg) = self.person, parts_of(stratum)
        on, since = self.day(visit), self.day(self.start - int(held["medications_since_days"]))
        born = self.day(self.start - 1)
        years = int(held["older_years"] if older else held["younger_years"])
        readings = {name: f"{text} on {on}" for name, text in held["readings"].items()}
        readings |= {"weight": f"{kg} kg on {on}", "phq9": f"{now['phq9']} points on {on}"}
        readings |= {"phq9_item9": f"{now['item9']} points on {on}"}
        readings |= {name: f"{text.format(**now)} on {self.day(blood)}" for name, text in held["blood"].items()}
        readings |= {name: f"{text.format(**now)} on {self.day(bladder)}" for name, text in held["bladder"].items()}
        drugs = [{**held["sedative"], "since": str(since)}] if sedative else []
        lists = {"reviewed_on": str(on), "by": "Nurse Virtual (synthetic)"}
        given = {
            "patient": {"id": "virtual", "birth_date": str(born.replace(year=born.year - years)), "label": "Virtual"},
            "answered_on": str(on), "answered_by": "Nurse Virtual (synthetic)",
            **{name: held[name] for name in ("indication", "failed_treatments", "goals", "candidate")},
            "readings": readings,
            "answers": {**held["answers"], "frail": "yes" if frail else "no",
                        "urine_dipstick": {"answer": held["dipstick"], "on": str(self.day(bladder))}},
            "conditions": dict.fromkeys(held["conditions"], "no"),
            "medications": {**lists, "list": drugs}, "allergies": {**lists, "list": []},
        }  # fmt: skip
        tree = {"scenario": "A virtual patient", "protocol": self.protocol, "given": given}
        return tree | self._extras(given)

    def _extras(self, given: Tree) -> Tree:
        if self.session:
            before = self.day(self.start - int(self.person["session_days_before"]))
            given["parenteral"] = [{**self.person["session"], "on": str(before)}]
            given["answers"]["earlier_ketamine"] = "helped"
        if not self.explicit:
            return {}
        why = "Tried on virtual patients"
        return {"choice": {"reason": why, "by": "Dr Virtual (synthetic)", "on": str(self.day(self.start))}}

    def _clinic(self, p: Any, days: Any, t: int) -> Tree:
        start, on = self.start, self.day(self.start)
        found: Tree = {"blood_pressure": list(self._pressures(days, t)), "pain": [f"{p['clinic_pain']} points on {on}"]}
        blood = self.person["blood"]["alt"]
        forms = {
            "phq9": ("visit", "{phq9} points"), "phq9_item9": ("visit", "{item9} points"),
            "icsi": ("bladder", "{icsi} points"), "alt": ("blood", blood),
        }  # fmt: skip
        for name, (made, form) in forms.items():
            found[name] = [
                f"{form.format(**{one: days[d][one] for one in ('phq9', 'item9', 'icsi', 'alt')})} on {self.day(d)}"
                for d in range(start, t + 1)
                if days[d][made]
            ]
        return found

    def _pressures(self, days: Any, t: int) -> Iterator[str]:
        for d in range(self.start, t + 1):
            day = days[d]
            if day["systolic"]:
                yield f"{day['systolic']}/{day['diastolic']} mmHg on {self.day(d)}"
            if day["systolic_after"] and d < t:
                yield f"{day['systolic_after']}/{day['diastolic_after']} mmHg on {self.day(d)}"

    def _suspension(self, one: Any, t: int) -> Tree:
        tree: Tree = {"since": str(self.day(one["since"])), "by": "programme"}
        if one["lifted"] != NEVER and one["lifted"] <= t:
            tree |= {"lifted_on": str(self.day(one["lifted"])), "lifted_by": "Dr Virtual (synthetic)"}
            tree["lifted_as"] = "prescriber"
        return tree

    def _entry(self, day: Any, d: int, supply: Part, times: int) -> Tree:
        entry: Tree = {"day": str(self.day(d)), "entered": str(self.day(int(day["entered"])))}
        if day["said"] & PAIN:
            entry["pain"] = {"average": int(day["pain"])}
        if day["said"] & EFFECTS:
            grades = {self.effects[day["what"]]: int(day["grade"]), "urinary_frequency": int(day["urinary"])}
            entry["effects"] = {name: grade for name, grade in grades.items() if grade}
        if day["said"] & SOME:
            entry["taken"] = "some"
        elif day["said"] & DOSES:
            entry |= _doses(day, supply, times)
        flags = [name for k, name in enumerate(FLAGS) if (int(day["flags"]) >> k) & 1]
        return entry | ({"flags": flags} if flags else {})


def _mood(day: Any) -> Tree:
    return {"phq9": day["phq9"], "item9": day["item9"]}


def _doses(day: Any, supply: Part, times: int) -> Tree:
    if day["taken"] in (0, times):
        return {"taken": "all" if day["taken"] else "none"}
    pieces = plain(supply.smallest_part * int(day["parts"]))
    missed = [{"what": "missed"}] * max(times - int(day["taken"]), 0)
    return {"doses": [{"what": "taken", "pieces": pieces}] * int(day["taken"]) + missed}


def parts_of(stratum: int) -> tuple[int, int, int, int]:
    """Older, frail, takes a sedative (0 or 1 each), and the weight in kg."""
    rest, place = divmod(stratum, len(WEIGHTS_KG))
    return rest >> 2, (rest >> 1) & 1, rest & 1, WEIGHTS_KG[place]


def strata_count() -> int:
    return 8 * len(WEIGHTS_KG)
