"""Running the clinic: serve, demo, and the commands of whoever looks after the machine.

Everything heavy is imported inside the commands, so that ``titrant plan`` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from titrant.app.doctor import Finding
    from titrant.app.place import Place
    from titrant.app.serving import Serving

_DATA = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, envvar="TITRANT_DATA",
    help="The data folder of the clinic. Without it: titrant-data in the folder you are in.",
)  # fmt: skip
_PORT = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@_DATA
@_PORT
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Web processes.")
@click.option("--behind-proxy", is_flag=True, envvar="TITRANT_BEHIND_PROXY", help="A proxy in front encrypts.")
@click.option("--certificate", type=_FILE, default=None, help="TLS certificate (PEM), to serve without a proxy.")
@click.option("--certificate-key", type=_FILE, default=None, help="Its private key (PEM).")
def serve(
    data: Path | None, port: int, host: str, workers: int, behind_proxy: bool, certificate: Path | None,
    certificate_key: Path | None,
) -> None:  # fmt: skip
    """Open the clinic on this machine."""
    import os

    from titrant.app.serving import Serving
    from titrant.app.starting import check_address, check_port

    check_port(host, port)
    check_address(host, protected=behind_proxy or bool(certificate and certificate_key))
    if behind_proxy:
        os.environ["TITRANT_BEHIND_PROXY"] = "1"
    open_place_for_work(data)
    _run(Serving(host=host, port=port, workers=workers, certificate=certificate, certificate_key=certificate_key))


def _run(how: "Serving", *, once: bool = False) -> None:
    from titrant.app.first_start import set_up_code
    from titrant.app.serving import background_worker, serve_once
    from titrant.app.serving import serve as run

    with background_worker():
        if once:
            _end_with(0 if serve_once(how) else 10)
        click.echo(f"Titrant is open at {how.address} (Ctrl+C ends it).")
        if code := set_up_code():
            click.echo(f"Nobody works here yet. Open {how.address}set-up/ and type this code once: {code}")
        run(how)


@click.command()
@_PORT
@click.option("--patients", type=click.IntRange(1, 20_000), default=60, show_default=True)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=Path("titrant-demo"), show_default=True,
    help="A folder of its own; never one with real patients.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Open the demo as it was left, instead of making it anew.")
@click.option("--once", is_flag=True, help="Make it, open it, ask whether it is well, and end.")
def demo(port: int, patients: int, data: Path, keep: bool, once: bool) -> None:
    """Open a synthetic clinic: staff of every role, patients with stories, all made up, dates around today."""
    from titrant.app.demo.opening import demo_clinic
    from titrant.app.serving import Serving
    from titrant.app.starting import check_port

    how = Serving(port=port)
    check_port(how.host, port)
    for line in demo_clinic(data, patients, how.address, keep=keep):
        click.echo(line)
    _run(how, once=once)


@click.command()
@_DATA
@click.option("--json", "as_json", is_flag=True)
@click.option("--mail", metavar="ADDRESS", default="", help="Also send a test mail there, as alarms are sent.")
def doctor(data: Path | None, as_json: bool, mail: str) -> None:
    """Check the machine: engine, files, clock, keys, queue, worker. Exit code 0: well; 10: red."""
    from titrant.app.place import Place
    from titrant.app.starting import open_place
    from titrant.terms.errors import NotNow

    folder = data or Place.from_environment().folder
    if not folder.exists():
        raise NotNow(
            str(folder), "There is no data folder of a clinic here.", "Nothing was looked at, and nothing was made.",
            "Give the folder with --data, or in TITRANT_DATA.",
        )  # fmt: skip
    place = open_place(data)
    from titrant.app.doctor import examine, try_mail
    from titrant.app.wiring import now

    found = [*examine(place, now()), *([try_mail(mail)] if mail else [])]
    if not as_json:
        click.echo(f"      {place.folder.absolute()}")
    for one in found:
        click.echo(_as_json(one) if as_json else f"{one.state:5} {one.name:20} {one.says} {one.do}".rstrip())
    _end_with(10 if any(one.state == "red" for one in found) else 0)


def _as_json(one: "Finding") -> str:
    import msgspec

    return msgspec.json.encode(one).decode()


def _end_with(code: int) -> None:
    click.get_current_context().exit(code)


@click.command()
@_PORT
@click.option("--host", default="127.0.0.1", show_default=True)
def health(port: int, host: str) -> None:
    """Ask the running clinic whether it is well. Exit code 0: well; 10: not well, or nobody answers."""
    from titrant.app.serving import is_well

    well = is_well(host, port)
    click.echo("well" if well else "not well")
    _end_with(0 if well else 10)


@click.command()
@_DATA
@click.option("--once", is_flag=True, help="One round, then end.")
def worker(data: Path | None, once: bool) -> None:
    """Send what is due, judge cases anew, export the head of the record. `titrant serve` starts one by itself."""
    import threading

    place = open_place_for_work(data)
    from titrant.app.delivering import send_mail
    from titrant.app.wiring import office
    from titrant.app.working import one_round, run, until_told

    if once:
        one_round(office(), place, send_mail)
        return
    stop = threading.Event()
    until_told(stop)
    run(office, place, stop)


def open_place_for_work(data: Path | None) -> "Place":
    from titrant.app.starting import open_place

    place = open_place(data)
    from titrant.app.database import ready_tables

    ready_tables()
    return place


@click.command()
@_DATA
@click.option("--head", default="", help="A head of the chain that was kept elsewhere.")
def verify(data: Path | None, head: str) -> None:
    """Read the whole record again: chains, seals, rows, receipts. Exit code 0: it holds; 10: it does not."""
    open_place_for_work(data)
    from titrant.app.verifying import verify as run
    from titrant.app.wiring import office

    found = run(office(), head)
    click.echo(
        f"{found.facts} facts, {found.cases} records, {found.seals} signatures, {found.receipts} receipts read.\n"
        f"Head of the chain: {found.head}"
    )
    for fault in found.faults:
        click.echo(fault)
    click.echo("It holds." if not found.faults else f"{len(found.faults)} faults.")
    _end_with(10 if found.faults else 0)


_KEY = click.option(
    "--passphrase", envvar="TITRANT_BACKUP_KEY", prompt="Passphrase of the backup", hide_input=True,
    help="Or in TITRANT_BACKUP_KEY. Without it the backup cannot be read by anybody.",
)  # fmt: skip


@click.command()
@click.argument("file", type=_FILE)
@_DATA
@_KEY
def backup(file: Path, data: Path | None, passphrase: str) -> None:
    """Write a sealed backup of the clinic to the new file FILE, while it is in use."""
    place = open_place_for_work(data)
    from titrant.app.backing_up import backup as run
    from titrant.app.wiring import office

    made = run(office(), place, file.absolute(), passphrase)
    click.echo(f"{file}: clinic {made['clinic']}, {len(made['files'])} files, read back and verified.")


@click.command()
@click.argument("file", type=_FILE)
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), required=True, help="An empty folder.")
@click.option("--clinic", default="", help="The id of the clinic that it must be.")
@_KEY
def restore(file: Path, into: Path, clinic: str, passphrase: str) -> None:
    """Restore the backup FILE into an empty folder, and read all of it again."""
    from titrant.app.backing_up import restore_whole

    made = restore_whole(file, into.absolute(), passphrase, clinic)
    click.echo(f"{into}: clinic {made['clinic']} as of {made['at']}, verified. Start it with --data {into}.")


@click.command()
@_DATA
def upgrade(data: Path | None) -> None:
    """Bring the tables to this release: a copy first, then all steps or none."""
    from titrant.app.starting import open_place

    place = open_place(data)
    from titrant.app.upgrading import upgrade as run
    from titrant.app.wiring import now

    steps, copy = run(now(), place)
    for step in steps:
        click.echo(f"made {step}")
    click.echo(f"The tables are those of this release.{f' The copy from before: {copy}' if copy else ''}")


@click.command("postgres-roles")
@click.option("--database", default="titrant", show_default=True)
@click.option("--grants", is_flag=True, help="What the owner runs after each upgrade, instead of the making.")
def postgres_roles(database: str, grants: bool) -> None:
    """Print the SQL for the two roles in PostgreSQL; hand it to psql."""
    from titrant.app.postgres_roles import granting, making

    click.echo(granting(database) if grants else making(database), nl=False)


@click.command()
@click.option("--report", "file", type=_FILE, default=Path("titrant-validation.json"), show_default=True)
def validate(file: Path) -> None:
    """Run the checks that come with the program, and write the report to keep. Exit code 0: all met; 10: not."""
    import json
    from datetime import UTC, datetime

    from titrant.app.validation.suite import Suite, report
    from titrant.cli.opened import today

    made = report(Suite(today()), datetime.now(UTC))
    for one in made["figures"]:
        met = "pass" if one["met"] == "yes" else "FAIL"
        click.echo(f"{met}  {one['value']:>4} of {one['target']:>4}  {one['name']}")
        for wrong in one["wrong"]:
            click.echo(f"      not so: {wrong}")
    file.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(
        f"Titrant {made['version']}, {made['at']}: {'all met' if made['passed'] == 'yes' else 'NOT met'}. {file}"
    )
    _end_with(0 if made["passed"] == "yes" else 10)


@click.command("push-key")
@_DATA
@click.option(
    "--contact", envvar="TITRANT_MAIL_FROM", required=True,
    help="An e-mail address of whoever runs this: push services write there when something is wrong.",
)  # fmt: skip
def push_key(data: Path | None, contact: str) -> None:
    """Make the key by which phones can be reminded through their browsers (web push). Once; without it, none is."""
    from titrant.app.starting import open_place

    made = open_place(data).make_push_key(contact)
    click.echo(f"Made. Phones are offered reminders from now on. Public key: {made.public}")


def register(main: click.Group) -> None:
    """Add the commands of this file."""
    for command in (
        serve, demo, doctor, health, worker, verify, backup, restore, upgrade, postgres_roles, push_key, validate,
    ):  # fmt: skip
        main.add_command(command)
