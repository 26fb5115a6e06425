"""Whether the triggers that keep the audit log are there, as migrations 0005 and 0006 put them up."""

from django.db import connection

_TABLES = ("audit_auditrecord", "audit_auditlink", "audit_auditseal")
GUARDS = {
    "postgresql": [
        *(f"keep_{table}_{each}" for table in _TABLES for each in ("row", "statement")),
        *(f"new_{table}" for table in _TABLES),
        "audit_queue",
        "audit_link",
    ],
    "sqlite": [
        *(f"keep_{table}_{event}" for table in _TABLES for event in ("update", "delete")),
        *(f"{when}_{table}" for table in _TABLES for when in ("new", "once")),
        "audit_link",
        "audit_search_new",
    ],
}
_THERE = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def missing_guards() -> list[str]:
    """Names of those that are not there, or switched off."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in GUARDS[connection.vendor] if name not in there]
