"""Starting: the data folder, Django, and what has to hold before anybody is let in."""

import ipaddress
import os
from pathlib import Path

from titrant.app.place import Place
from titrant.terms.errors import NotNow

_SETTINGS = "titrant.app.settings"


def open_place(folder: Path | None, *, synthetic: bool = False) -> Place:
    """The data folder, made if it is not there, and Django set up on it. To be called once in a process."""
    if folder is not None:
        os.environ["TITRANT_DATA"] = str(folder.absolute())
    place = Place.from_environment()
    place.make(synthetic=synthetic or place.is_demo)
    (place.folder / "static").mkdir(mode=0o700, exist_ok=True)  # where whitenoise looks first
    set_up()
    return place


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


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
