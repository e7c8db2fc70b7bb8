"""Guessing made slow: failed tries are counted in the database, so that every worker knows of them.

A try is counted before it is looked at, and given back when it was right: a hundred tries sent at once are a hundred
counted tries. The wait grows and ends; nobody is ever locked out for good.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from msgspec import Struct

from titrant.record.events import instant_of, instant_text
from titrant.storage.models import Throttle

_FIRST = timedelta(seconds=30)
_LONGEST = timedelta(minutes=6)
_FORGOTTEN = timedelta(hours=1)  # of quiet, and the count begins anew


class Limit(Struct, frozen=True):
    """What is counted (an account, a network) and how many wrong tries are free of waiting."""

    key: str
    free: int = 5


def delay(failed: int, free: int) -> timedelta:
    """How long to wait after ``failed`` wrong tries: nothing, then twice as long each time, up to a limit."""
    if failed < free:
        return timedelta(0)
    return min(_FIRST * 2 ** min(failed - free, 10), _LONGEST)


@transaction.atomic
def wait_for(limits: Iterable[Limit], now: datetime) -> timedelta:
    """Nothing, and the try is counted against all ``limits``; or how long to wait, and it is not."""
    rows = [(limit, _row(limit.key)) for limit in limits]
    wait = max((_left(row, limit, now) for limit, row in rows), default=timedelta(0))
    if wait > timedelta(0):
        return wait
    for _, row in rows:
        quiet = now - instant_of(row.window) >= _FORGOTTEN if row.window else True
        row.tries, row.window = (1 if quiet else row.tries + 1), instant_text(now)
        row.save()
    return timedelta(0)


def tries_of(key: str) -> int:
    """How many are counted for ``key`` now."""
    return Throttle.objects.filter(key=key).values_list("tries", flat=True).first() or 0


@transaction.atomic
def was_right(account: Limit, *networks: Limit) -> None:
    """The try was right: the account's count begins anew; of the networks' only this try is taken back."""
    Throttle.objects.filter(key=account.key).delete()
    for network in networks:
        row = _row(network.key)
        row.tries = max(row.tries - 1, 0)
        row.save()


def _left(row: Throttle, limit: Limit, now: datetime) -> timedelta:
    if not row.window:
        return timedelta(0)
    since = now - instant_of(row.window)
    return timedelta(0) if since >= _FORGOTTEN else max(delay(row.tries, limit.free) - since, timedelta(0))


def _row(key: str) -> Throttle:
    """The row of ``key``, held until the transaction ends."""
    return Throttle.objects.select_for_update().get_or_create(key=key, defaults={"window": "", "tries": 0})[0]
