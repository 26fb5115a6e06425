"""Whether an error says that Redis or the database can't be reached: nobody's fault in the code."""

import sqlite3

import redis
from django.db import InterfaceError, OperationalError

from lvs.agent.link import one_line

DATABASE_ERRORS = (OperationalError, InterfaceError)
_REDIS_AWAY = (redis.ConnectionError, redis.TimeoutError)  # the rest is something that it refused
_SQLITE_AWAY = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
_POSTGRESQL_AWAY = ("08", "53", "57P")
"""Beginnings of its error codes: no connection; no memory, disk or place for more; it is being stopped."""


def why_away(error: BaseException | None) -> str:
    """What can't be reached, and why, in one line; "" when the error says something else. Never a password:
    neither redis-py nor psycopg repeats it."""
    if isinstance(error, _REDIS_AWAY):
        return f"Redis can't be reached: {one_line(error)}"
    if isinstance(error, ConnectionError | TimeoutError):  # nobody said whose it was
        return f"a connection failed: {one_line(error)}"
    if isinstance(error, DATABASE_ERRORS) and _is_away(error):
        return f"the database can't be reached: {one_line(error)}"
    return ""


def _is_away(error: BaseException) -> bool:
    """A deadlock, or a table that there is not, is an OperationalError, too."""
    cause = error.__cause__
    if (number := getattr(cause, "sqlite_errorcode", None)) is not None:
        return number & 0xFF in _SQLITE_AWAY  # without what SQLite adds to it
    state = getattr(cause, "sqlstate", None)  # None: it was not PostgreSQL that said so
    return state is None or state.startswith(_POSTGRESQL_AWAY)
