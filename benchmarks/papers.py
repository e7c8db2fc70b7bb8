"""How fast a plan is printed, warm, beside a whole patient file: python -m benchmarks.papers. Processor times."""

import json
import time

from tests.documents.making import desk_at, office_of, opened

from benchmarks.timing import median_ms
from titrant.documents.plan_paper import plan_paper
from titrant.documents.whole_file import whole_file


def main() -> None:
    office = office_of()
    desk = desk_at(opened(office), office)
    plan = median_ms(lambda: plan_paper(desk), 20, time.process_time)
    whole = median_ms(lambda: whole_file(desk), 5, time.process_time)
    found = {"plan_ms": plan, "target_plan_ms": 60, "whole_file_ms": whole, "whole_to_plan": whole / plan}
    print(json.dumps({name: round(value, 1) for name, value in found.items()}))


if __name__ == "__main__":
    main()
