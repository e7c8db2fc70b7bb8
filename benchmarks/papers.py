"""How fast a plan is printed, warm, beside a whole patient file: python -m benchmarks.papers. Processor times."""

import json
import statistics
import time
from collections.abc import Callable

from tests.documents.making import desk_at, office_of, opened

from titrant.documents.plan_paper import plan_paper
from titrant.documents.whole_file import whole_file


def median_ms(act: Callable[[], object], times: int) -> float:
    act()
    took = []
    for _ in range(times):
        begun = time.process_time()
        act()
        took.append((time.process_time() - begun) * 1000)
    return round(statistics.median(took), 1)


def main() -> None:
    office = office_of()
    desk = desk_at(opened(office), office)
    plan = median_ms(lambda: plan_paper(desk), 20)
    whole = median_ms(lambda: whole_file(desk), 5)
    found = {"plan_ms": plan, "target_plan_ms": 60, "whole_file_ms": whole, "whole_to_plan": round(whole / plan, 1)}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
