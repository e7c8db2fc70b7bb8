"""The log of looking: who opened which record by which page, chained and never changed."""

from datetime import UTC, datetime

from django.db import connection, transaction

from titrant.record.events import Actor, instant_text
from titrant.storage.models import ChainHead, ReadEntry
from titrant.terms.canonical import sha256_of

_READS = "reads"


@transaction.atomic
def log_read(by: Actor, route: str, case: str) -> None:
    """Append one line. A record whose reading cannot be logged is not shown: the error goes up."""
    heads = ChainHead.objects.filter(name=_READS)
    head = (heads if connection.vendor == "sqlite" else heads.select_for_update()).get()
    at = instant_text(datetime.now(UTC))
    link = sha256_of([head.hash, at, by.id, by.name, by.role.value, route, case])
    ReadEntry.objects.create(
        seq=head.seq + 1, at=at, by_id=by.id, by_name=by.name, by_role=by.role.value, route=route, case=case,
        previous=head.hash, hash=link,
    )  # fmt: skip
    ChainHead.objects.filter(name=_READS).update(seq=head.seq + 1, hash=link)
