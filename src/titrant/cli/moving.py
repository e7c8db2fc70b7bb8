"""Taking a clinic out as open files, and in again."""

from pathlib import Path

import click

_DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, envvar="TITRANT_DATA",
    help="The data folder of the clinic. Without it: titrant-data in the folder you are in.",
)  # fmt: skip
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--all", "everything", is_flag=True, help="The whole clinic as a zip of open files.")
@click.option("--case", default="", help="One record, by its id: the patient's own copy as a zip.")
@click.option("--fhir", default="", help="One record, by its id, as a FHIR R4 bundle.")
@click.option("--research", is_flag=True, help="A CSV without names, of those who agreed.")
@click.option("--receiver", default="", help="Who gets the research file.")
@click.option("--purpose", default="", help="What the research file is for.")
@_DATA
def export(
    file: Path, everything: bool, case: str, fhir: str, research: bool, receiver: str, purpose: str, data: Path | None
) -> None:
    """Write the clinic, or one record, to the new file FILE. Every export leaves a line in the record."""
    if [everything, bool(case), bool(fhir), research].count(True) != 1:
        raise click.UsageError("Say what to export: --all, --case ID, --fhir ID or --research.")
    from titrant.cli.running import open_place_for_work

    place = open_place_for_work(data)
    from titrant.app.exporting import Exporter

    exporter = Exporter(place)
    if everything:
        head = exporter.clinic(file)
        click.echo(f"{file}: {head['length']} facts. Head of the chain: {head['hash']}")
    elif research:
        exporter.research(file, receiver, purpose)
        click.echo(f"{file}: written.")
    else:
        exporter.case(file, case or fhir, as_bundle=bool(fhir))
        click.echo(f"{file}: written.")


@click.command("import-clinic")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="A new data folder.")
@click.option("--head", default="", help="A head of the chain that was kept elsewhere.")
def import_clinic(file: Path, into: Path, head: str) -> None:
    """Take over a whole clinic from its export FILE into a new data folder. Exit code 10: something does not hold."""
    from titrant.app.importing import import_into

    made = import_into(file.absolute(), into.absolute(), head)
    click.echo(f"{into}: {made.facts} facts, {made.cases} records, every link checked. Head: {made.head}")
    for fault in made.faults:
        click.echo(fault)
    click.get_current_context().exit(10 if made.faults else 0)


def register(main: click.Group) -> None:
    """Add the commands of this file."""
    for command in (export, import_clinic):
        main.add_command(command)
