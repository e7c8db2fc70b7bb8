"""``titrant cohort``: virtual patients under a protocol. Everything heavy is loaded inside the command."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import click

from titrant.cli.amounts import Day
from titrant.cli.opened import library, today
from titrant.terms.errors import CaseFileError

_SHOWN_AFTER_S = 2.0
_MOST_PATIENTS, _MOST_WEEKS = 10_000_000, 26
POLICIES = ("rules", "rules+model", "rules+model-signed", "none")


@click.command()
@click.argument("protocol")
@click.option("--patients", type=click.IntRange(1, _MOST_PATIENTS), default=1000, show_default=True)
@click.option(
    "--weeks", type=click.IntRange(2, _MOST_WEEKS), default=12, show_default=True, help="From the first dose."
)
@click.option(
    "--policy",
    type=click.Choice(POLICIES),
    default="rules",
    show_default=True,
    help="Who decides: the rules, rules and model, the same with silent days counted as signed, or nobody "
    "(the start dose is kept).",
)
@click.option("--compare", default=None, help="A second protocol or policy on the same patients.")
@click.option("--world", default="usual", show_default=True, help="A named set of assumptions; see docs/cohort.md.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=20260001, show_default=True)
@click.option("--workers", type=click.IntRange(1, 1024), default=None, help="Processes; without it, one for each core.")
@click.option("--scheduler", default="", help="Address of a Dask scheduler, such as tcp://10.0.0.5:8786.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="A file that keeps what is finished, and from which an interrupted run goes on.",
)
@click.option("--on", type=Day(), default=None, help="The day of the first dose; else today.")
@click.option(
    "--clinic",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    envvar="TITRANT_CLINIC",
    help="The clinic's own folder. Without it: the synthetic demo clinic.",
)
@click.option("--plot", type=click.Path(dir_okay=False), default=None, help="Draw to a .svg, .png or .html file.")
@click.option(
    "--csv",
    "as_csv",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write one line for each virtual patient to this file.",
)
@click.option("--json", "as_json", is_flag=True, help="The same content for machines.")
def cohort(protocol: str, **asked: Any) -> None:
    """Try PROTOCOL on virtual patients: who is helped, who is harmed, at which dose, with how many visits and calls.

    Assumptions made visible, not evidence: no number of it is about a real person.
    """
    _check_paths(asked)
    knowledge = library(asked["clinic"])
    on = asked["on"] or today()
    arms = [_arm(knowledge, on, asked, *one) for one in _wanted(protocol, asked, knowledge)]
    _show(arms, asked, knowledge)


def _check_paths(asked: dict[str, Any]) -> None:
    if asked["plot"] and not asked["plot"].endswith((".svg", ".png", ".html")):
        raise click.UsageError("--plot takes a file that ends in .svg, .png or .html.")
    for name in ("plot", "as_csv", "resume"):
        folder = Path(asked[name]).parent if asked[name] else None
        if folder is not None and not folder.is_dir():
            raise CaseFileError(
                f"--{name.removeprefix('as_')}", f"The folder {folder} does not exist.",
                "A long run would end without a place for its answer.", "Make the folder, or name another file.",
            )  # fmt: skip


def _wanted(protocol: str, asked: dict[str, Any], knowledge: Any) -> list[tuple[str, str, int]]:
    """Protocol and policy of each arm."""
    wanted, other = [(protocol, asked["policy"], 0)], asked["compare"]
    for name in (protocol, other if other not in (None, *POLICIES) else protocol):
        if name not in knowledge.protocols:
            raise CaseFileError(
                "PROTOCOL" if name == protocol else "--compare",
                f"{name[:40]!r} is neither a protocol of this clinic nor a policy.",
                "Without a protocol there is nothing to walk by.",
                f"Protocols: {', '.join(sorted(knowledge.protocols))}. Policies: {', '.join(POLICIES)}.",
            )
    if other in POLICIES:
        wanted.append((protocol, other, 1))
    elif other:
        wanted.append((other, asked["policy"], 1))
    return wanted


def _arm(knowledge: Any, on: date, asked: dict[str, Any], protocol: str, policy: str, place: int) -> Any:
    from titrant.cohort.checkpoint import Checkpoint
    from titrant.cohort.report import Arm
    from titrant.cohort.running import Question, run

    question = Question(protocol, policy, asked["patients"], asked["weeks"], asked["seed"], asked["world"], on)
    kept = asked["resume"]
    if kept is not None:
        # Each arm keeps its own people.
        kept = Checkpoint(kept if place == 0 else Path(f"{kept}.compared"), question.sha256(knowledge))
    workers = asked["workers"] or (os.cpu_count() or 1 if question.is_large else 1)
    with _Bar(question.patients, f"{protocol}, {policy}") as bar:
        try:
            rows = run(question, knowledge, workers, asked["scheduler"], kept, bar.more)
        except KeyboardInterrupt:
            bar.close()
            done = (
                f"What was finished is in {kept.path}; the same command goes on from there."
                if kept
                else ("Nothing was kept; with --resume FILE it would have been.")
            )
            click.echo(f"Interrupted. {done}", err=True)
            sys.exit(130)
    following = knowledge.protocols[protocol].following
    return Arm(question, rows, tuple(rule.code for rule in following.rules))


class _Bar:
    """A progress bar on a terminal, for runs over two seconds."""

    def __init__(self, length: int, label: str) -> None:
        self.length, self.label, self.begun, self.bar, self.seen = length, label, time.monotonic(), None, 0

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def more(self, people: int) -> None:
        self.seen += people
        if self.bar is None and sys.stderr.isatty() and time.monotonic() - self.begun > _SHOWN_AFTER_S:
            self.bar = click.progressbar(length=self.length, label=self.label, file=sys.stderr)
            self.bar.__enter__()
            people = self.seen
        if self.bar is not None:
            self.bar.update(people)

    def close(self) -> None:
        if self.bar is not None:
            with suppress(OSError):
                self.bar.__exit__(None, None, None)
            self.bar = None


def _show(arms: list[Any], asked: dict[str, Any], knowledge: Any) -> None:
    from titrant.clinic.desk import Desk
    from titrant.cohort import report

    clinic = Desk(knowledge, today()).clinic
    if asked["as_csv"]:
        _written(asked["as_csv"], lambda path: path.write_text(report.as_csv(arms), encoding="utf-8"))
    if asked["plot"]:
        from titrant.cohort.charts import draw

        _written(Path(asked["plot"]), lambda path: draw(arms, str(path)))
    if asked["as_json"]:
        click.echo(json.dumps(report.data(arms, clinic), indent=2, ensure_ascii=False))
    else:
        click.echo(report.page(arms, clinic), nl=False)


def _written(path: Path, write: Callable[[Path], Any]) -> None:
    try:
        write(path)
    except OSError as error:
        raise CaseFileError(
            str(path), f"The file cannot be written: {error.strerror}.",
            "The answer has no place.", "Choose another folder.",
        ) from None  # fmt: skip
