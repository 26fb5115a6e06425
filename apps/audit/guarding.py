"""Whether the triggers that keep the audit log are there, as migrations 0005 and 0006 put them up.

By what they do, not by their names: a trigger that fires never, or whose function lets all pass, is none.
"""

import re
from importlib import import_module

from django.db import connection

_search = import_module("apps.audit.migrations.0005_search_index")
_guards = import_module("apps.audit.migrations.0006_guards_and_links")

_ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_ON_POSTGRESQL = """
SELECT t.tgname, c.relname, t.tgtype, p.proname, p.prosrc
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr = ''
"""
_FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(\).*?\$\$(.*)\$\$", re.DOTALL)
_TRIGGER = re.compile(
    r"CREATE (?:CONSTRAINT )?TRIGGER (\w+) (BEFORE|AFTER) ([A-Z ]+?) ON (\w+)"
    r".*? FOR EACH (\w+) EXECUTE FUNCTION (\w+)\(\)",
    re.DOTALL,
)
_BITS = {"BEFORE": 2, "AFTER": 0, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
"""Of `pg_trigger.tgtype` (PostgreSQL's catalog/pg_trigger.h); one more, 1, for each row."""


def missing_guards() -> list[str]:
    """Names of those that are not there, switched off, or do something else."""
    postgresql = connection.vendor == "postgresql"
    wanted = _wanted_on_postgresql() if postgresql else _wanted_on_sqlite()
    with connection.cursor() as cursor:
        cursor.execute(_ON_POSTGRESQL if postgresql else _ON_SQLITE)
        there = {name: tuple(what) for name, *what in cursor.fetchall()}
    return [name for name, what in wanted.items() if there.get(name) != what]


def _wanted_on_sqlite() -> dict[str, tuple[object, ...]]:
    statements = [statement.strip() for statement in (*_guards.on_sqlite(), _search.TRIGGER_SQLITE)]
    return {statement.split()[2]: (statement,) for statement in statements}


def _wanted_on_postgresql() -> dict[str, tuple[object, ...]]:
    statements = list(_guards.on_postgresql())
    functions: dict[str, str] = {m[1]: m[2] for m in map(_FUNCTION.search, statements) if m}
    wanted: dict[str, tuple[object, ...]] = {}
    for found in filter(None, map(_TRIGGER.search, statements)):
        name, when, events, table, each, function = found.groups()
        bits = _BITS[when] + sum(_BITS[event] for event in events.split(" OR "))
        bits += each == "ROW"
        wanted[name.lower()] = (table, bits, function, functions[function])
    return wanted
