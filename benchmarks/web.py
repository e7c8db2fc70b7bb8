"""All figures of the clinic in the browser and on the phone, for SQLite and PostgreSQL, from one run.

    python -m benchmarks.web                            # about ten minutes; writes docs/clinic-figures.md
    python -m benchmarks.web --patients 60 --rows 500 --seconds 3 --out /tmp/figures.md

Makes one synthetic clinic on each engine (PostgreSQL from the machine's own packages), starts the server and the
background worker that a clinic runs, and asks over loopback.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.running import postgres

from benchmarks.web_engine import sizes
from titrant.app.postgres_roles import making, names

_BEGIN, _END = "<!-- begin: benchmarks.web -->", "<!-- end: benchmarks.web -->"
_OWN = ("patients", "rows", "whole", "times", "seconds", "workers")


def on_sqlite(options: list[str]) -> dict[str, Any]:
    return _measured("", "", options)


def on_postgresql(options: list[str]) -> dict[str, Any]:
    owner, program = names("titrant")
    with postgres.server() as server:
        server.psql(making("titrant"))
        return _measured(server.url(owner, "titrant"), server.url(program, "titrant"), options)


def _measured(owner: str, program: str, options: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="titrant-figures-") as folder:
        given = os.environ | {"TITRANT_DATA": str(Path(folder) / "data"), "TITRANT_DATABASE": owner}
        command = [sys.executable, "-m", "benchmarks.web_engine", *options, "--database", program]
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def table(engines: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| what | engine | target | p50 ms | p95 ms | processor ms each | load | |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, found in engines.items():
        for one in found["lines"]:
            work = "" if one["processor_ms"] is None else one["processor_ms"]
            reached = f" (reached {one['reached']}, wrong {one['wrong']})" if "reached" in one else ""
            said = "met" if one["met"] else "**missed**"
            yield (
                f"| {one['name']}{reached} | {name} | {one['target']} | {one['p50']} | {one['p95']} | {work} "
                f"| {one['load']} | {said} |"
            )


def page(asked: argparse.Namespace, engines: dict[str, dict[str, Any]]) -> str:
    made = "; ".join(
        f"{name}: " + ", ".join(f"{what} {seconds} s" for what, seconds in found["made_s"].items())
        for name, found in engines.items()
    )
    about = (
        f"Made by `python -m benchmarks.web` on {datetime.now(UTC).date()} with {os.cpu_count()} cores, "
        f"{asked.workers} worker of the server, its background worker running, the client on the same cores. "
        f"The clinic: {asked.patients:,} patients of the demo with their records, {asked.whole} records with an entry "
        f"for every day of two years, and further lines of the worklist as the store writes them, up to {asked.rows:,} "
        "(lines without a diary behind them: the worklist reads none). Load: the machine's mean of a minute when the "
        "figure was taken; where it is above the number of cores, others were at work and the time by the clock says "
        "little. Processor: of the server alone, without PostgreSQL. "
        f"Time to make it: {made}."
    )
    return "\n".join((about, "", *table(engines)))


def written(path: Path, text: str) -> None:
    """Put ``text`` between its marks, and leave the rest of the page as it is."""
    before = path.read_text(encoding="utf-8") if path.exists() else f"# Figures of the clinic\n\n{_BEGIN}\n{_END}\n"
    head, _, rest = before.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    path.write_text(f"{head}{_BEGIN}\n{text}\n{_END}{tail}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes(parser)
    parser.add_argument("--out", type=Path, default=Path("docs/clinic-figures.md"))
    asked = parser.parse_args()
    options = [word for name in _OWN for word in (f"--{name}", str(getattr(asked, name)))]
    engines = {"SQLite": on_sqlite(options)}
    written(asked.out, page(asked, engines))
    if missing := postgres.missing():
        print(missing)
    else:
        engines["PostgreSQL"] = on_postgresql(options)
        written(asked.out, page(asked, engines))
    print("\n".join(table(engines)))
    return 0 if all(one["met"] for found in engines.values() for one in found["lines"]) else 1


if __name__ == "__main__":
    sys.exit(main())
