"""Upgrading: a copy first, then every step in one transaction, so that a stop in between leaves the old record."""

from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from titrant.app.copying import copy_database
from titrant.app.database import Standing, migrate, refuse_newer
from titrant.app.place import Place


def upgrade(now: datetime, place: Place) -> tuple[list[str], Path | None]:
    """Bring the tables to this release. The steps that were made, and where the copy lies. Raises NotNow."""
    standing = Standing()
    refuse_newer(standing)
    if not standing.missing:
        return [], None
    copy = None if standing.empty else _copy(now, place)
    migrate_whole()
    return standing.missing, copy


def _copy(now: datetime, place: Place) -> Path:
    folder = place.folder / f"before-upgrade-{now:%Y%m%dT%H%M%S}"
    folder.mkdir(mode=0o700)
    return copy_database(folder)


def migrate_whole() -> None:
    """All steps or none: both engines change tables inside a transaction."""
    connection.disable_constraint_checking()
    try:
        with transaction.atomic():
            migrate()
            connection.check_constraints()
    finally:
        connection.enable_constraint_checking()
