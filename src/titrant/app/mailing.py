"""How the clinic's mail server is named in the settings (docs/running.md)."""

from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from titrant.terms.errors import NotNow

_PLACE = "TITRANT_SMTP"
_FORM = "Write HOST, smtp://USER@HOST:PORT or smtps://USER@HOST:PORT (docs/running.md)."


class MailServer(Struct, frozen=True):
    """Where mail is handed over. ``starttls`` and ``tls``: encrypted after the first words, or from the first on."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def mail_server(text: str, password: str) -> MailServer:
    """The server that ``text`` names; without text none. Raises NotNow for what cannot be meant.

    A bare host is a relay within the clinic's own network, spoken to in the clear; a password is never sent so.
    """
    if not text:
        return MailServer()
    parts = urlsplit(text if "://" in text else f"plain://{text}")
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise NotNow(_PLACE, "It names no mail server.", "No alarm could be mailed.", _FORM)
    user = unquote(parts.username or "")
    _check_password(parts, user, password)
    return MailServer(
        parts.hostname, _port(parts), user, password if user else "", parts.scheme == "smtp", parts.scheme == "smtps"
    )


# The ports of RFC 5321, RFC 6409 and RFC 8314.
_PORTS = {"plain": 25, "smtp": 587, "smtps": 465}


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise NotNow(_PLACE, "Its port is not a number from 1 to 65535.", "No alarm could be mailed.", _FORM) from None


def _check_password(parts: SplitResult, user: str, password: str) -> None:
    if parts.password:
        raise NotNow(
            _PLACE, "It holds a password.", "Addresses are shown and logged more easily than passwords.",
            "Put the password into TITRANT_SMTP_PASSWORD.",
        )  # fmt: skip
    if user and parts.scheme == "plain":
        raise NotNow(
            _PLACE, "It names a user and no encryption.", "The password would cross the network for everybody to read.",
            "Write smtp:// (encrypted after the first words) or smtps:// (from the first on).",
        )  # fmt: skip
    if not (user + password).isascii():
        raise NotNow(
            _PLACE, "User or password holds a letter beyond ASCII.", "It cannot be sent to every server.",
            "Ask for a user and a password of plain letters, digits and signs.",
        )  # fmt: skip
    if bool(user) != bool(password):
        missing = "TITRANT_SMTP_PASSWORD" if user else "the user in TITRANT_SMTP"
        raise NotNow(
            _PLACE, f"One of user and password is given; {missing} is not.", "No alarm could be mailed.", _FORM
        )
