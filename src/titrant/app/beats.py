"""What the worker says of itself, from one place: what writes it and what reads it know the same names and periods."""

from datetime import datetime, timedelta

from titrant.record.events import instant_text
from titrant.storage.models import Heartbeat

DATABASE = "quick check"
SOUND = "ok"  # as SQLite answers where it finds no damage
EVERY: dict[str, timedelta] = {
    "head of the chain": timedelta(days=1), "test alert": timedelta(days=30), DATABASE: timedelta(days=1),
    "reminders": timedelta(minutes=1), "old sessions": timedelta(days=1),
}  # fmt: skip


def beat(name: str, now: datetime, state: str = "") -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"at": instant_text(now), "state": state})


def done(job: str, now: datetime) -> None:
    beat(f"job {job}", now)
    Heartbeat.objects.filter(name=f"failing {job}").delete()


def failing(job: str, now: datetime) -> None:
    """Since when: a job that fails again keeps the time of its first failure."""
    Heartbeat.objects.get_or_create(name=f"failing {job}", defaults={"at": instant_text(now)})


def last(name: str) -> tuple[str, str] | None:
    """When it was last heard of and what it said; nothing where it never was."""
    return Heartbeat.objects.filter(name=name).values_list("at", "state").first()
