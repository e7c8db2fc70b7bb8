"""``titrant``: the steps of the spine on a case file or a FHIR R4 bundle, for people or, with ``--json``, machines."""

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from titrant import __version__
from titrant.cli import following, moving, running
from titrant.cli.amounts import Day
from titrant.cli.cohort import cohort
from titrant.cli.exposure import models, simulate
from titrant.cli.fitting import fit
from titrant.cli.opened import Opening, today
from titrant.terms.errors import CaseFileError, TitrantError

Command = Callable[..., Any]
_UNREAD = 141  # what a shell shows for a program whose reader went away (128 + SIGPIPE)


class Titrant(click.Group):
    """The group of commands. Errors that a person can act on become a message and an exit code, never a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TitrantError as error:
            click.echo(f"titrant: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            _end_unread()
            ctx.exit(_UNREAD)
        except Exception as error:
            if os.environ.get("TITRANT_DEBUG"):
                raise
            # A fault of the program: nothing of the case is shown, because a trace could carry it into a log.
            place = traceback.extract_tb(error.__traceback__)[-1]
            click.echo(
                f"titrant: a fault in the program ({type(error).__name__} in {place.name}, line {place.lineno}).\n"
                "  No answer was given, and none should be taken from it.\n"
                "  Report it with these words; TITRANT_DEBUG=1 shows the whole trace.",
                err=True,
            )
            ctx.exit(1)


def _end_unread() -> None:
    """Whoever read the output has gone (``| head``): what is left goes nowhere, so that the end is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@click.group(cls=Titrant)
@click.version_option(__version__, prog_name="titrant")
def main() -> None:
    """Decision support for prescribers of supervised oral and troche ketamine in chronic pain.

    It proposes; a prescriber decides and signs. Not for self-treatment, not for emergencies, not a cleared device.
    """


def case_command(function: Command) -> Command:
    """What every command on a case takes: the case, answers, the day, the clinic, and the form of the answer."""
    options = (
        click.argument("case", type=click.Path(path_type=Path, dir_okay=False)),
        click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
                     help="A further case file whose answers are added to the case."),
        click.option("--on", type=Day(), default=None, help="The day to decide for; else that of the case, or today."),
        click.option("--protocol", default=None, help="Use this protocol instead of the case's own."),
        click.option("--clinic", type=click.Path(path_type=Path, file_okay=False), default=None,
                     envvar="TITRANT_CLINIC",
                     help="The clinic's own folder (approvals, own files). Without it: the synthetic demo clinic."),
        click.option("--json", "as_json", is_flag=True, help="The same content for machines."),
    )  # fmt: skip
    function = _with_places(function)
    for option in reversed(options):
        function = option(function)
    return function


def _with_places(function: Command) -> Command:
    """``function`` whose errors name the file and the line, also where only the judging of the case found the fault."""

    @functools.wraps(function)
    def placing(**options: Any) -> Any:
        try:
            return function(**options)
        except CaseFileError as error:
            from titrant.cli.placing import placed

            diaries = options.get("diary", ())
            raise placed(error, options["case"], options["answers"], diaries, options["protocol"]) from None

    return placing


def show(as_json: bool, data: Callable[[], Any], text: Callable[[], str]) -> None:
    if as_json:
        click.echo(json.dumps(data(), indent=2, ensure_ascii=False))
    else:
        click.echo(text(), nl=False)


def _opening(**options: Any) -> Opening:
    return Opening(options["case"], options["answers"], options["on"], options["protocol"], options["clinic"])


@main.command()
@case_command
def assess(as_json: bool, **options: Any) -> None:
    """Gather the facts of CASE: what is known, with unit, day and source, and what is missing."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open()
    assessment, screening = desk.assess(case)
    show(
        as_json,
        lambda: saying.assessment_data(assessment, screening, desk.words),
        lambda: telling.assessment_page(assessment, screening, desk.words),
    )


@main.command()
@case_command
def screen(as_json: bool, **options: Any) -> None:
    """Screen CASE: findings graded stop, specialist, caution, note or not checked."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open()
    _, screening = desk.assess(case)
    show(
        as_json,
        lambda: saying.screening_data(screening, desk.words),
        lambda: telling.screening_page(screening, desk.words),
    )


@main.command()
@case_command
def plan(as_json: bool, **options: Any) -> None:
    """Plan a start for CASE: a proposal with its reasons, a refusal that says why, or the open questions."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open()
    decided = desk.plan(case)
    show(
        as_json,
        lambda: saying.plan_data(decided, desk.words),
        lambda: telling.plan_page(decided, desk.words, desk.clinic),
    )


@main.command()
@case_command
def prescribe(as_json: bool, **options: Any) -> None:
    """The exact text and canonical content that a prescriber would sign for CASE, after the last gate."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open()
    decided, draft, faults = desk.prescribe(case)
    if draft is None:
        _show_plan_instead(as_json, desk, decided)
        return
    show(
        as_json,
        lambda: {"outcome": decided.outcome.value, **saying.draft_data(draft, faults)},
        lambda: telling.draft_page(draft, faults, desk.clinic),
    )


@main.command()
@case_command
@click.option("--days", type=click.IntRange(1, 366), default=None, help="Days that the supply is for.")
@click.option("--starts", type=Day(), default=None, help="First day of the supply.")
def dispense(as_json: bool, days: int | None, starts: date | None, **options: Any) -> None:
    """Quantity, days' supply, earliest refill and the pieces that should be left, for CASE."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open(days=days, starts=starts)
    decided, found = desk.dispense(case)
    if found is None:
        _show_plan_instead(as_json, desk, decided)
        return
    show(
        as_json,
        lambda: {"outcome": "computed", **saying.dispensing_data(found, desk.words)},
        lambda: telling.dispensing_page(found, decided, desk.words, desk.clinic),
    )


@main.command()
@case_command
@click.option(
    "--paper", type=click.Choice(["plan", "card", "letter", "checklist"]), default=None, help="Only this one."
)
def report(as_json: bool, paper: str | None, **options: Any) -> None:
    """The papers for CASE: plan, wallet card, letter to the GP, checklist."""
    from titrant.clinic import saying, telling

    desk, case = _opening(**options).open()
    decided, papers = desk.report(case)
    chosen = [one for one in papers if paper in (None, one.kind)]
    if not chosen:
        _show_plan_instead(as_json, desk, decided)
        return
    texts = {one.kind: telling.paper_text(one) for one in chosen}
    show(
        as_json,
        lambda: {"outcome": decided.outcome.value, "papers": saying.papers_data(chosen, texts)},
        lambda: "\n".join(texts.values()) + f"\n{desk.clinic}\n",
    )


def _show_plan_instead(as_json: bool, desk: Any, decided: Any) -> None:
    """Where there is nothing to sign or supply, the plan says why."""
    from titrant.clinic import saying, telling

    show(
        as_json,
        lambda: saying.plan_data(decided, desk.words),
        lambda: telling.plan_page(decided, desk.words, desk.clinic),
    )


@main.command("import")
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default=None, help="The case file to write."
)
@click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), multiple=True)
@click.option("--force", is_flag=True, help="Write over an existing file.")
def import_bundle(bundle: Path, output: Path | None, answers: tuple[Path, ...], force: bool) -> None:
    """Turn a FHIR R4 BUNDLE into a case file, with the open questions in it."""
    from titrant.cli.opened import imported

    text = imported(bundle, answers, output, force)
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"Written: {output}. Answer its open questions, then: titrant plan {output}")


@main.command()
@click.argument("protocol")
@click.option("--clinic", type=click.Path(path_type=Path, file_okay=False), default=None, envvar="TITRANT_CLINIC")
@click.option("--json", "as_json", is_flag=True)
def paths(protocol: str, clinic: Path | None, as_json: bool) -> None:
    """Every path through PROTOCOL: who starts how low, what refuses, what the ladder is, what ends it."""
    from titrant.cli.opened import library
    from titrant.clinic.listing import paths_data, paths_page

    knowledge = library(clinic)
    show(as_json, lambda: paths_data(protocol, knowledge), lambda: paths_page(protocol, knowledge))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--on", type=Day(), default=None, help="The day for which review dates are judged.")
def check(folder: Path | None, on: date | None) -> None:
    """Check all knowledge: the shipped files, or those in FOLDER (a clinic's own) on top of them."""
    from titrant.cli.opened import library
    from titrant.knowledge.checking import faults

    knowledge = library(folder, checked=False)
    found = faults(knowledge, on or today())
    for fault in found:
        click.echo(fault)
    files = len(knowledge.trees) + len(knowledge.tables) + len(knowledge.numbers)
    click.echo(f"{files} knowledge files checked, {len(found)} fault{'' if len(found) == 1 else 's'}.")
    sys.exit(10 if found else 0)


following.register(main, case_command, show)
running.register(main)
moving.register(main)

for _exposure in (simulate, fit, models, cohort):
    main.add_command(_exposure)


if __name__ == "__main__":
    main()
