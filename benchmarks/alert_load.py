"""How much the worklist asks of a clinic: the tasks that the diaries of a virtual clinic open, for each week.

    python -m benchmarks.alert_load --patients 300 --weeks 12

The diaries are those of the virtual cohort (docs/cohort.md): people who are followed by the rules, with side effects,
red flags and doses beyond the plan at the rates of its world. Prints tasks for 1,000 people and week by grade and by
sign, and holds "call now" against 30. The world is a proposal, and its rare harms are guesses; so is this figure.
"""

import argparse
import sys
from collections import Counter
from datetime import date

from titrant.cli.opened import DEMO_CLINIC
from titrant.clinic.signs import Signed, by_sign, signs_in
from titrant.cohort.running import Question, rows_of, task_of
from titrant.cohort.spine import case_of
from titrant.knowledge.library import load
from titrant.terms.dose import Dose

MOST_NOW = 30
FIRST = date(2026, 1, 5)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=300)
    asked.add_argument("--weeks", type=int, default=12)
    asked.add_argument("--protocol", default="oral-guideline")
    given = asked.parse_args()
    library = load(clinic=DEMO_CLINIC)
    question = Question(given.protocol, "rules", given.patients, given.weeks, 1, "usual", FIRST)
    task = task_of(question, library)
    rows = rows_of(task, 0, given.patients)
    days = rows.days.shape[1]
    counts: Counter[tuple[str, str]] = Counter()
    entries = person_days = 0
    for person in range(given.patients):
        if not rows.days[person]["visit"][task.here.writer.start :].any():
            continue  # never began
        case = case_of(task.here, rows, person, days - 1)
        levels = case.given.course.levels
        newest = max((entry.day for entry in case.given.diary), default=FIRST)
        person_days += max((newest - levels[0].since).days, 0) if levels else 0
        for entry in case.given.diary:
            signed = [one for one in levels if one.since <= entry.day]
            if not signed:
                continue
            entries += 1
            held = Signed(Dose.of(signed[-1].dose).mg, None, signed[-1].times_per_day)
            for one in by_sign(signs_in(entry, library, held)):
                counts[one.sign.grade, one.sign.code] += 1
    return _told(counts, entries, person_days / 7, given.protocol)


def _told(counts: Counter[tuple[str, str]], entries: int, person_weeks: float, protocol: str) -> int:
    weeks = person_weeks / 1_000
    print(f"{protocol}: {entries} entries in {person_weeks:.0f} weeks of people under a plan")
    for (grade, code), number in sorted(counts.items()):
        print(f"  {grade:6} {code:24} {number / weeks:7.1f} for 1,000 people and week")
    by_grade = {
        grade: sum(number for (of, _), number in counts.items() if of == grade) / weeks for grade in ("now", "today")
    }
    passed = by_grade["now"] < MOST_NOW
    print(f"now {by_grade['now']:.1f}, today {by_grade['today']:.1f}; now < {MOST_NOW}: {'pass' if passed else 'FAIL'}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
