"""The tables of this release: whether the database has them, and bringing them up to date."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from titrant.terms.errors import NotNow


class Standing:
    """How the tables of the database stand to those of this release."""

    def __init__(self) -> None:
        executor = MigrationExecutor(connection)
        known = set(executor.loader.graph.nodes)
        applied = set(executor.loader.applied_migrations)
        self.empty = not applied
        self.missing = sorted("/".join(one) for one in known - applied)
        self.newer = sorted("/".join(one) for one in applied - known if one[0] in {app for app, _ in known})


def ready_tables() -> None:
    """Make the tables of an empty database; refuse one that another release has made. Raises NotNow."""
    standing = Standing()
    refuse_newer(standing)
    if standing.empty:
        migrate()
    elif standing.missing:
        raise NotNow(
            "database", f"Its tables are those of an older release ({len(standing.missing)} steps behind).",
            "A record may be misread between two forms.", "Run `titrant upgrade`; it makes a backup first.",
        )  # fmt: skip


def refuse_newer(standing: Standing) -> None:
    """Raises NotNow where a newer release has written the database."""
    if standing.newer:
        raise NotNow(
            "database", f"It was written by a newer release ({', '.join(standing.newer[:3])}).",
            "An older program would misread it.", "Start the newer release again, or restore a backup made before it.",
        )  # fmt: skip


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
