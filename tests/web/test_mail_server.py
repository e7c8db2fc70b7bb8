"""The clinic's mail server: named without doubt, encrypted where a password is sent, never waited for without end."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
import types
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import override_settings

from titrant.app.mailing import MailServer, mail_server
from titrant.terms.errors import NotNow

USER, PASSWORD = "titrant@clinic.invalid", "pass word:@/%"


@pytest.mark.parametrize(
    ("text", "password", "found"),
    [
        ("", "", MailServer()),
        ("mail.clinic.invalid", "", MailServer("mail.clinic.invalid", 25)),
        ("10.0.0.7:2525", "", MailServer("10.0.0.7", 2525)),
        ("smtp://mail.clinic.invalid", "", MailServer("mail.clinic.invalid", 587, starttls=True)),
        ("smtps://mail.clinic.invalid", "", MailServer("mail.clinic.invalid", 465, tls=True)),
        (
            "smtps://titrant%40clinic.invalid@mail.clinic.invalid:4650", "s3cret:@/",
            MailServer("mail.clinic.invalid", 4650, "titrant@clinic.invalid", "s3cret:@/", tls=True),
        ),
    ],
)  # fmt: skip
def test_a_server_is_read_as_it_is_named(text, password, found) -> None:
    assert mail_server(text, password) == found


@pytest.mark.parametrize(
    ("text", "password", "fault"),
    [
        ("user@mail.clinic.invalid", "x", "no encryption"),
        ("smtp://user@mail.clinic.invalid", "", "TITRANT_SMTP_PASSWORD is not"),
        ("smtps://mail.clinic.invalid", "x", "the user in TITRANT_SMTP is not"),
        ("smtps://user:x@mail.clinic.invalid", "x", "holds a password"),
        ("smtps://user@mail.clinic.invalid", "ä", "beyond ASCII"),
        ("smtp://mail.clinic.invalid:99999", "", "port"),
        ("mail.clinic.invalid:smtp", "", "port"),
        ("https://mail.clinic.invalid", "", "no mail server"),
        ("smtps://", "", "no mail server"),
        ("smtps://mail.clinic.invalid/inbox", "", "no mail server"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_write(text, password, fault) -> None:
    with pytest.raises(NotNow, match=fault) as refused:
        mail_server(text, password)
    assert refused.value.place == "TITRANT_SMTP"
    assert refused.value.repair
    assert "s3cret" not in str(refused.value)


def test_a_wrong_setting_stops_the_start(tmp_path) -> None:
    from tests.running.clinic import titrant

    done = titrant(tmp_path, "doctor", TITRANT_SMTP="user@mail.clinic.invalid")
    assert done.returncode == NotNow.exit_code
    assert "TITRANT_SMTP" in done.stderr
    assert "no encryption" in done.stderr


def send_mail(to: str) -> None:
    from titrant.app import delivering  # once Django is set up

    delivering.send_mail(to, "s", "t")


def test_the_doctor_says_whether_mail_goes_out(tmp_path, certificate) -> None:
    from tests.running.clinic import free_port, titrant

    folder, stub = tmp_path / "data", Stub(certificate, tls=False)
    folder.mkdir(mode=0o700)
    none = titrant(folder, "doctor", "--mail", "nurse@clinic.invalid")
    assert none.returncode == 10
    assert "red   test mail" in none.stdout, none.stdout
    assert "NoMailServer: no mail server is set" in none.stdout
    taken = titrant(folder, "doctor", "--mail", "nurse@clinic.invalid", TITRANT_SMTP=f"127.0.0.1:{stub.port}")
    assert "look whether it has come" in taken.stdout, taken.stdout
    assert "clear RCPT TO:<nurse@clinic.invalid>" in stub.told
    gone = titrant(folder, "doctor", "--mail", "nurse@clinic.invalid", TITRANT_SMTP=f"127.0.0.1:{free_port()}")
    assert "did not take a mail to nurse@clinic.invalid (ConnectionRefusedError" in gone.stdout, gone.stdout


def test_the_doctor_makes_no_clinic_where_there_is_none(tmp_path) -> None:
    from tests.running.clinic import titrant

    done = titrant(tmp_path / "elsewhere", "doctor")
    assert done.returncode == NotNow.exit_code
    assert "no data folder of a clinic here" in done.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_trial_says_nothing_was_sent_where_nothing_was(monkeypatch) -> None:
    from django.conf import settings

    from titrant.app.doctor import try_mail

    assert (try_mail("nobody").state, "is no address" in try_mail("nobody").says) == ("red", True)
    monkeypatch.setattr(settings, "EMAIL_HOST", "")
    monkeypatch.setattr(settings, "PLACE", types.SimpleNamespace(is_demo=True))
    demo = try_mail("nurse@clinic.invalid")
    assert (demo.state, demo.says) == ("warn", "Not sent: a demo mails nobody.")


class Stub:
    """A mail server on this machine: one connection after the other, and what it was told."""

    def __init__(self, certificate: Path, *, tls: bool) -> None:
        self.told: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.tls = tls
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self.listening.accept()
                with suppress(OSError):
                    self._talk(self.context.wrap_socket(one, server_side=True) if self.tls else one)

    def _talk(self, one: socket.socket) -> None:
        one.sendall(b"220 stub\r\n")
        lines = one.makefile("rb")
        while line := lines.readline().decode().strip():
            verb, *rest = line.split()
            verb = verb.upper()
            self.told.append(" ".join(("secret" if isinstance(one, ssl.SSLSocket) else "clear", verb, *rest)))
            if verb == "EHLO":
                one.sendall(b"250-stub\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
            elif verb == "STARTTLS":
                one.sendall(b"220 go\r\n")
                one = self.context.wrap_socket(one, server_side=True)
                lines = one.makefile("rb")
            elif verb == "DATA":
                one.sendall(b"354 go\r\n")
                while lines.readline().strip() != b".":
                    pass
                one.sendall(b"250 taken\r\n")
            else:
                one.sendall(b"235 ok\r\n" if verb == "AUTH" else b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")

    @property
    def users(self) -> list[str]:
        """Who logged in with what, in so far as it came encrypted."""
        plain = [one.split()[3] for one in self.told if one.startswith("secret AUTH PLAIN")]
        return [b64decode(one).decode() for one in plain]


@pytest.fixture
def certificate(tmp_path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stub")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(),
                                now - datetime.timedelta(days=1), now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    found = tmp_path / "stub.pem"
    found.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, form, serialization.NoEncryption()))
    return found


def settings_for(text: str, password: str) -> override_settings:
    """As the settings make them of what the clinic wrote."""
    found = mail_server(text, password)
    return override_settings(
        EMAIL_BACKEND="titrant.app.mail_backend.Backend", EMAIL_HOST=found.host, EMAIL_PORT=found.port,
        EMAIL_HOST_USER=found.user, EMAIL_HOST_PASSWORD=found.password, EMAIL_USE_TLS=found.starttls,
        EMAIL_USE_SSL=found.tls, EMAIL_TIMEOUT=5,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_goes_out_encrypted_and_with_a_user(clinic_database, certificate, scheme, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    stub = Stub(certificate, tls=scheme == "smtps")
    user = USER.replace("@", "%40")
    with settings_for(f"{scheme}://{user}@127.0.0.1:{stub.port}", PASSWORD):
        send_mail("nurse@clinic.invalid")
    assert stub.users == [f"\0{USER}\0{PASSWORD}"]
    assert any(one.startswith("secret RCPT TO:<nurse@clinic.invalid>") for one in stub.told)
    assert not any(one.startswith(("clear AUTH", "clear MAIL", "clear DATA")) for one in stub.told)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_whose_certificate_nobody_vouches_for_hears_no_password(clinic_database, certificate, scheme) -> None:
    stub = Stub(certificate, tls=scheme == "smtps")
    with settings_for(f"{scheme}://user@127.0.0.1:{stub.port}", PASSWORD), pytest.raises(ssl.SSLError):
        send_mail("nurse@clinic.invalid")
    assert not [one for one in stub.told if "AUTH" in one or "MAIL" in one]


@pytest.fixture
def dribbling() -> Iterator[int]:
    """A server that greets with one line more every tenth of a second, and never comes to an end."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            one, _ = listening.accept()
            while True:
                one.sendall(b"220-wait\r\n")
                time.sleep(0.1)

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def test_a_server_that_never_comes_to_an_end_is_cut_off(clinic_database, dribbling, monkeypatch) -> None:
    from titrant.app import mail_backend

    assert 10 <= mail_backend.LONGEST_S <= 60
    monkeypatch.setattr(mail_backend, "LONGEST_S", 1.0)
    begun = time.monotonic()
    with settings_for(f"127.0.0.1:{dribbling}", ""), pytest.raises(OSError, match="closed"):
        send_mail("nurse@clinic.invalid")
    assert 0.9 <= time.monotonic() - begun < 4


def test_without_a_mail_server_nothing_counts_as_sent_and_the_demo_mails_nobody(clinic_database, tmp_path) -> None:
    from titrant.app.delivering import NoMailServer
    from titrant.app.place import Place

    backend = "django.core.mail.backends.dummy.EmailBackend"
    real, demo = Place(tmp_path / "real"), Place(tmp_path / "demo")
    real.make()
    demo.make(synthetic=True)
    with override_settings(EMAIL_HOST="", EMAIL_BACKEND=backend, PLACE=real), pytest.raises(NoMailServer):
        send_mail("nurse@clinic.invalid")
    with override_settings(EMAIL_HOST="", EMAIL_BACKEND=backend, PLACE=demo):
        send_mail("nurse@clinic.invalid")
