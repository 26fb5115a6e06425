"""What `manage.py` says when the settings, the database or Redis are what is wrong: one line."""

import sys

import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError

from lvs.agent.link import one_line
from lvsconsole.away import DATABASE_ERRORS, why_away

UNDEFINED_TABLE = "42P01"
"""PostgreSQL's word for it."""


def explain(error: BaseException) -> str:
    """The error in one line that says what to look at; "" when it is a fault whose traceback is wanted."""
    if isinstance(error, ImproperlyConfigured):
        return f"The settings are wrong: {one_line(error)}"
    if reason := why_away(error):
        return _sentence(reason)
    if _lacks_tables(error):
        return f"The database lacks a table: run “manage.py migrate” first ({one_line(error)})"
    if isinstance(error, DATABASE_ERRORS):
        return f"The database failed: {one_line(error)}"
    if isinstance(error, redis.RedisError) and not isinstance(error, redis.DataError):
        return f"Redis failed: {one_line(error)}"
    return ""


def _lacks_tables(error: BaseException) -> bool:
    if isinstance(error, OperationalError):  # SQLite has no number for it
        return "no such table" in str(error)
    state = getattr(error.__cause__, "sqlstate", "")
    return isinstance(error, ProgrammingError) and state == UNDEFINED_TABLE


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def tell_pages() -> None:
    """Send what was announced to them, if anything was: once the interpreter ends it is too late for that."""
    if push := sys.modules.get("apps.telemetry.push"):
        push.drain()
