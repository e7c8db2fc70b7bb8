"""Running the clinic: serve, demo, and the commands of whoever looks after the machine.

Everything heavy is imported inside the commands, so that ``titrant plan`` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
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
    from titrant.app.starting import check_address, open_place

    check_address(host, protected=behind_proxy or bool(certificate and certificate_key))
    if behind_proxy:
        os.environ["TITRANT_BEHIND_PROXY"] = "1"
    open_place(data)
    _run(Serving(host=host, port=port, workers=workers, certificate=certificate, certificate_key=certificate_key))


def _run(how: "Serving") -> None:
    from titrant.app.database import ready_tables
    from titrant.app.serving import serve as run

    ready_tables()
    click.echo(f"Titrant is open at {how.address} (Ctrl+C ends it).")
    run(how)


@click.command()
@_PORT
@click.option("--patients", type=click.IntRange(1, 20_000), default=60, show_default=True)
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=Path("titrant-demo"), show_default=True,
    help="A folder of its own; never one with real patients.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Open the demo as it was left, instead of making it anew.")
def demo(port: int, patients: int, data: Path, keep: bool) -> None:
    """Open a synthetic clinic: staff of every role, patients with stories, all made up, dates around today."""
    from titrant.app.demo.opening import demo_clinic
    from titrant.app.serving import Serving

    for line in demo_clinic(data, patients, keep=keep):
        click.echo(line)
    _run(Serving(port=port))


def register(main: click.Group) -> None:
    for command in (serve, demo):
        main.add_command(command)
