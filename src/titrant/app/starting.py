"""Starting: the data folder, Django, and what has to hold before anybody is let in."""

import ipaddress
import os
import re
import socket
from pathlib import Path

from titrant.app.mailing import mail_server
from titrant.app.place import Place
from titrant.terms.errors import NotNow

_SETTINGS = "titrant.app.settings"


def open_place(folder: Path | None, *, synthetic: bool = False) -> Place:
    """The data folder, made if it is not there, and Django set up on it. To be called once in a process."""
    if folder is not None:
        os.environ["TITRANT_DATA"] = str(folder.absolute())
    _check_key(os.environ.get("TITRANT_KEY", ""))
    mail_server(os.environ.get("TITRANT_SMTP", ""), os.environ.get("TITRANT_SMTP_PASSWORD", ""))
    place = Place.from_environment()
    place.make(synthetic=synthetic or place.is_demo)
    (place.folder / "static").mkdir(mode=0o700, exist_ok=True)  # where whitenoise looks first
    set_up()
    _check_opens()
    return place


def _check_opens() -> None:
    """Raises NotNow where the database does not open: another key, or none for an encrypted one."""
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
    except DatabaseError as error:
        if connection.vendor != "sqlite":
            raise
        fault = f"It cannot be opened with this key ({error})."
        do = "Set TITRANT_KEY to the key it was made with; without it nobody can read it."
        raise NotNow("database", fault, "Nothing was read or changed.", do) from None


def _check_key(key: str) -> None:
    if key and not re.fullmatch(r"[0-9a-fA-F]{64}", key):
        raise NotNow(
            "TITRANT_KEY", "It is not 64 hexadecimal digits.", "A key that is misread locks everybody out.",
            "Make one with `openssl rand -hex 32`, and keep a copy apart from the machine.",
        )  # fmt: skip


def set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _SETTINGS)
    import django

    django.setup()


def check_address(host: str, *, protected: bool) -> None:
    """Refuse to be reached from outside this machine without encryption. Raises NotNow."""
    if protected or _is_own(host):
        return
    raise NotNow(
        f"address {host}", "It can be reached from other machines, and nothing encrypts what is sent.",
        "Names, diaries and passwords would cross the network for everybody to read.",
        "Serve on 127.0.0.1, give --certificate and --certificate-key, or use --behind-proxy (docs/running.md).",
    )  # fmt: skip


def check_port(host: str, port: int) -> None:
    """Raises NotNow where somebody answers there already: two clinics behind one address would answer by turns."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host.strip("[]"), port))
        except OSError as error:
            raise NotNow(
                f"port {port}", f"It cannot be opened ({error.strerror}).",
                "Another program, or another clinic, answers there.", "End it, or give another --port.",
            ) from None  # fmt: skip


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
