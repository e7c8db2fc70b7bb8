"""Show the plan for each demo record, as a person would want to read it. All patients are synthetic."""

import sys
from pathlib import Path

from titrant.cli.opened import Opening
from titrant.clinic.following import follow_at
from titrant.clinic.telling import plan_page
from titrant.clinic.telling_following import adjustment_page
from titrant.terms.errors import TitrantError

ROOT = Path(__file__).parent.parent
RECORDS = ROOT / "demo"
RULE = "~" * 92


def main() -> int:
    """Every demo case and, where they are, the real-shaped records beside the checkout."""
    records = [*sorted(RECORDS.glob("*.yaml")), *sorted((ROOT.parent / "shared/data/patients").glob("*.json"))]
    for record in records:
        print(f"{RULE}\n{record.name}\n{RULE}")
        try:
            desk, case = Opening(record, (), None, None, None).open()
            if case.given.course.levels:
                followed = follow_at(desk, case)
                print(adjustment_page(followed.decided, desk.words, desk.clinic, followed))
            else:
                print(plan_page(desk.plan(case), desk.words, desk.clinic))
        except TitrantError as error:
            print(f"titrant: {error}\n")
    print(f"{RULE}\n{len(records)} records. One at a time: .venv/bin/titrant plan demo/NAME.yaml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
