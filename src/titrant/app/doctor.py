"""Whether this clinic's machine is fit to propose doses: engine, files, time, knowledge, key, queue, worker.

Each check is small and says what to do. A check that cannot be made counts as failed: nothing is fine because nobody
could look.
"""

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from msgspec import Struct

from titrant.app.beats import DATABASE, EVERY, SOUND, last
from titrant.app.database import Standing
from titrant.app.engine import FIRST_FIXED
from titrant.app.place import Place
from titrant.app.postgres_roles import APPENDED, RIGHTS
from titrant.record.events import BEGINNING, instant_of
from titrant.record.seal import check as check_seal
from titrant.record.seal import sealed
from titrant.storage.models import ChainHead, Fact
from titrant.storage.outbox import stuck
from titrant.storage.queues import SILENT, WORKER

State = Literal["ok", "warn", "red"]
_MB = 1_000_000
_FREE_MB = 500  # below it nothing more is written on purpose; a full disk loses more than a stopped clinic
_LOW_MB = 5_000
_JUMP = timedelta(minutes=5)
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.", "ceph", "gluster", "afs", "davfs", "lustre")


class Finding(Struct, frozen=True, kw_only=True):
    """What one check found. ``blocks``: while it is red no dose is proposed or raised."""

    name: str
    state: State
    says: str
    do: str = ""
    blocks: bool = True


def examine(place: Place, now: datetime) -> list[Finding]:
    """Every quick check, in order. None of them reads a patient's record."""
    return [found for check in CHECKS for found in _guarded(check, place, now)]


def reds(place: Place, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is red, in sentences: what blocks proposals, and what else somebody must look at."""
    red = [one for one in examine(place, now) if one.state == "red"]
    lines = [(one.blocks, f"{one.name.capitalize()}: {one.says} {one.do}") for one in red]
    return tuple(text for blocks, text in lines if blocks), tuple(text for blocks, text in lines if not blocks)


def _guarded(check: "Check", place: Place, now: datetime) -> list[Finding]:
    try:
        return list(check(place, now))
    except Exception as error:
        name = check.__name__.strip("_").replace("_", " ")
        return [_red(name, f"Could not be checked ({type(error).__name__}).", "Run `titrant doctor` on the machine.")]


def _ok(name: str, says: str) -> Finding:
    return Finding(name=name, state="ok", says=says)


def _red(name: str, says: str, do: str, *, blocks: bool = True) -> Finding:
    return Finding(name=name, state="red", says=says, do=do, blocks=blocks)


def _warn(name: str, says: str, do: str) -> Finding:
    return Finding(name=name, state="warn", says=says, do=do, blocks=False)


# The database


def _engine(_place: Place, _now: datetime) -> Iterator[Finding]:
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            yield _ok("engine", f"PostgreSQL {cursor.fetchone()[0]}")
        return
    from sqlcipher3 import dbapi2

    if dbapi2.sqlite_version_info >= FIRST_FIXED:
        yield _ok("engine", f"SQLite {dbapi2.sqlite_version}")
    else:
        yield _red("engine", f"SQLite {dbapi2.sqlite_version} can lose committed rows.", "Install the shipped engine.")


def _settings_of_the_database(_place: Place, _now: datetime) -> Iterator[Finding]:
    wanted = _POSTGRESQL if connection.vendor != "sqlite" else _SQLITE
    form = "SHOW {}" if connection.vendor != "sqlite" else "PRAGMA {}"
    with connection.cursor() as cursor:
        for name, value in wanted.items():
            cursor.execute(form.format(name))
            found = str(cursor.fetchone()[0])
            if found == value:
                yield _ok(name, found)
            else:
                yield _red(name, f"It is {found}, not {value}: what was acknowledged could be lost.",
                           "Something else has opened the database; end it and start again.")  # fmt: skip


_SQLITE = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0"}
_POSTGRESQL = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def _role(_place: Place, _now: datetime) -> Iterator[Finding]:
    """In PostgreSQL the program's role can only add facts. Triggers refuse as well, but an owner drops them."""
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS, [list(APPENDED)])
        found = [row[0] for row in cursor.fetchall()]
    if found:
        yield _warn("role", f"The program's role {', '.join(found[:3])}.", "See `titrant postgres-roles`.")
    else:
        yield _ok("role", "owns nothing, and can only add facts")


def _tables(_place: Place, _now: datetime) -> Iterator[Finding]:
    standing = Standing()
    if standing.newer:
        yield _red("tables", "They were made by a newer release.", "Start the newer release.")
    elif standing.missing:
        yield _red("tables", f"{len(standing.missing)} steps are missing.", "Run `titrant upgrade`.")
    else:
        yield _ok("tables", "those of this release")


def _newest_link(_place: Place, now: datetime) -> Iterator[Finding]:
    head = ChainHead.objects.get(name="facts")
    newest = Fact.objects.order_by("-seq").values_list("seq", "hash", "at").first() or (0, BEGINNING, "")
    if (head.seq, head.hash) == newest[:2]:
        yield _ok("chain", f"{head.seq} facts; its end is where it should be (`titrant verify` reads all of it)")
    else:
        yield _red("chain", "The newest fact is not where the chain ends.", "Run `titrant verify`; restore a backup.")
    if newest[2] and now + _JUMP < instant_of(newest[2]):
        yield _red("clock", f"The newest fact is of {newest[2]}, after now.", "Set the clock of this machine.")
    else:
        yield _ok("clock", now.astimezone(UTC).isoformat(timespec="minutes"))


def _quick_check(_place: Place, _now: datetime) -> Iterator[Finding]:
    """What the worker's daily look for damage found; that it is made each day, ``_jobs`` watches."""
    if connection.vendor != "sqlite":
        return
    said = last(DATABASE)
    if said is None:
        yield _warn("damage", "Nobody has looked for any yet.", "The worker looks each day: start `titrant serve`.")
    elif said[1] != SOUND:
        yield _red("damage", f"The database has damage, found at {said[0]}: {said[1]}.",
                   "Stop the clinic, keep a copy of the folder, run `titrant verify`, restore a backup.")  # fmt: skip
    else:
        yield _ok("damage", f"none found at {said[0]}")


# The machine


def _file_system(place: Place, _now: datetime) -> Iterator[Finding]:
    kind = file_system_of(place.folder)
    if connection.vendor == "sqlite" and any(kind.startswith(one) for one in _NETWORK):
        yield _red("file system", f"{kind} is on a network; SQLite's locks do not hold there.", "Use a local disk.")
    else:
        yield _ok("file system", kind or "not told by this system")


def file_system_of(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system that holds ``folder``; empty where the system does not say."""
    if not mounts.exists():
        return ""
    rows = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8").splitlines()]
    whole = folder.resolve()
    over = [(Path(point), kind) for point, kind in rows if whole.is_relative_to(point.replace("\\040", " "))]
    return max(over, key=lambda one: len(one[0].parts))[1] if over else ""


def _permissions(place: Place, _now: datetime) -> Iterator[Finding]:
    secret = [place.folder, place.folder / "keys", *(place.folder / "keys").glob("*"), place.database]
    open_ones = [one.name for one in secret if one.exists() and stat.S_IMODE(one.stat().st_mode) & 0o077]
    if open_ones:
        yield _red("permissions", f"Others can read {', '.join(open_ones[:4])}.", "chmod -R go-rwx the data folder.")
    else:
        yield _ok("permissions", "for the owner alone")


def _disk(place: Place, _now: datetime) -> Iterator[Finding]:
    free = shutil.disk_usage(place.folder).free // _MB
    if not free >= _FREE_MB:
        yield _red("disk", f"{free} MB free.", f"Free at least {_FREE_MB} MB.")
    elif not free >= _LOW_MB:
        yield _warn("disk", f"{free} MB free.", "Free some before it is full.")
    else:
        yield _ok("disk", f"{free // 1000} GB free")


def _time_zones(_place: Place, _now: datetime) -> Iterator[Finding]:
    from titrant.app.wiring import read_now

    zone = ZoneInfo(read_now()[0].zone)
    winter, summer = (datetime(2026, month, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")).utcoffset() for month in (1, 7))
    if winter == summer:
        yield _red("time zones", "The table of time zones is not whole.", "Install the package tzdata.")
    else:
        yield _ok("time zones", f"the clinic is in {zone.key}")


# What doses rest on


def _knowledge(_place: Place, _now: datetime) -> Iterator[Finding]:
    from titrant.app.wiring import read_now

    library = read_now()[1]
    yield _ok("knowledge", f"{len(library.trees) + len(library.tables)} files, as sealed")


def _signing_key(place: Place, _now: datetime) -> Iterator[Finding]:
    content = {"doctor": "a word to sign"}
    check_seal(content, sealed(content, place.signing_key()), place.verifying_keys())
    yield _ok("signing key", "signs, and its seal is found good")


# What nobody should have to look for (T26)


def _worker(_place: Place, now: datetime) -> Iterator[Finding]:
    said = last(WORKER)
    if said is None or not now - instant_of(said[0]) <= SILENT:
        since = f"since {said[0]}" if said else "yet"
        yield _red("worker", f"The background worker has not been heard of {since}: nothing is sent.",
                   "Start `titrant serve` again, or `titrant worker` beside it.", blocks=False)  # fmt: skip
    else:
        yield _ok("worker", f"heard of at {said[0]}")


def _jobs(_place: Place, now: datetime) -> Iterator[Finding]:
    """A job of the worker that fails, or that nobody does any more, would otherwise show only in the log."""
    late = [f"“{job}” {why}" for job in EVERY if (why := _why_late(job, now))]
    if late:
        yield _red("jobs", f"Not done: {'; '.join(late)}.",
                   "Look into the worker's log for the cause; start `titrant serve` again.", blocks=False)  # fmt: skip
    else:
        yield _ok("jobs", "each was done in its time")


def _why_late(job: str, now: datetime) -> str:
    fails, did = last(f"failing {job}"), last(f"job {job}")
    if fails and now - instant_of(fails[0]) >= SILENT:
        return f"has failed since {fails[0]}"
    if did and max(2 * EVERY[job], SILENT) < now - instant_of(did[0]):
        return f"was last done at {did[0]}"
    return ""


def _queue(_place: Place, now: datetime) -> Iterator[Finding]:
    late = stuck(now).count()
    if late:
        yield _red("queue", f"{late} message{'s' * (late != 1)} could not be sent in time.",
                   "Look at the mail server (TITRANT_SMTP); call those whose task is open.", blocks=False)  # fmt: skip
    else:
        yield _ok("queue", "nothing is late")


def _pushes(place: Place, now: datetime) -> Iterator[Finding]:
    """No dose and no red flag rests on these, and one address of a phone that is dead must not colour every page."""
    late = stuck(now, pushes=True).count()
    if late:
        yield _warn("push", f"{late} reminder{'s' * (late != 1)} to phones could not be pushed in time.",
                    "Does this machine reach the push services (docs/running.md)?")  # fmt: skip
    elif place.push_key is not None:
        yield _ok("push", "there is a key, and nothing is late")


def _mail(place: Place, _now: datetime) -> Iterator[Finding]:
    from titrant.app.wiring import office

    if settings.EMAIL_HOST or place.is_demo:
        yield _ok("mail", settings.EMAIL_HOST or "a demo mails nobody")
    elif office().settings.red_flag_to:
        yield _red("mail", "Red flags are to be mailed, and no mail server is set.",
                   "Set TITRANT_SMTP; until then look at the worklist for red flags.", blocks=False)  # fmt: skip
    else:
        yield _warn(
            "mail", "No mail server is set: nobody is mailed of a red flag.", "Set TITRANT_SMTP, or look often."
        )


def try_mail(address: str) -> Finding:
    """One mail by the way of the alarms. That a server took it is not that it was read: somebody looks for it."""
    from titrant.app.delivering import send_mail

    if "@" not in address.strip("@"):
        return _red("test mail", f"{address} is no address.", "Give one such as staff@clinic.example.", blocks=False)
    if not settings.EMAIL_HOST and settings.PLACE.is_demo:
        return _warn("test mail", "Not sent: a demo mails nobody.", "Try it on the folder of a clinic.")
    try:
        send_mail(address, "Test of Titrant", "Titrant can send mail. No message is waiting.")
    except (OSError, ValueError) as error:
        says = f"The mail server did not take a mail to {address} ({type(error).__name__}: {error})."
        do = "Look at TITRANT_SMTP, its password and TITRANT_MAIL_FROM (docs/running.md)."
        return _red("test mail", says, do, blocks=False)
    return _ok("test mail", f"the mail server took a mail to {address}; look whether it has come")


Check = Callable[[Place, datetime], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    _engine, _settings_of_the_database, _role, _tables, _newest_link, _quick_check, _file_system, _permissions, _disk,
    _time_zones, _knowledge, _signing_key, _worker, _jobs, _queue, _mail, _pushes,
)  # fmt: skip
