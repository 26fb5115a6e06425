"""How long a page waits for a lock of the database."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

PATIENCE = 10
"""Seconds. Acts of other people hold their locks for far less; a migration or VACUUM FULL may hold one for as
long as it likes, and whoever waits should be told to come again."""


def wait_for_locks_no_longer() -> None:
    """From now on this process gives up a statement of PostgreSQL that waits for a lock for PATIENCE, with an
    OperationalError. SQLite has a limit of its own."""
    connection_created.connect(_limit, dispatch_uid="patience")


def _limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "postgresql":
        # Not as an option of the connection: PgBouncer would refuse that.
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
