"""Searching the audit log for text: any part of a word, of three characters or more.

PostgreSQL has a trigram index on the column, SQLite a full-text table of trigrams beside it that a
trigger fills. Both find parts of words alike, so an address or half of a name is enough.
"""

import json
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from apps.audit.models import AuditRecord

SHORTEST = 3
"""Characters of a word that can be looked for: a trigram has three."""
LONGEST = 20_000
"""Characters of a record that are searched: an import of thousands of rules is found by its first."""


def search_text(content: dict[str, Any]) -> str:
    """What is searched of a record: names, act, reason, then what was before and after, in small letters."""
    parts = [content[name] for name in ("actor_name", "action", "object_name", "reason")]
    for name in ("after", "before"):
        if content[name] is not None:
            parts.append(json.dumps(content[name], ensure_ascii=False))
    return " ".join(parts).lower()[:LONGEST]


def words_of(text: str) -> list[str]:
    """The words to look for, each at least `SHORTEST` long. Raises ValueError with a sentence for others."""
    words = text.lower().replace("\0", "").split()
    short = [word for word in words if len(word) < SHORTEST]
    if short:
        raise ValueError(f"“{short[0]}” is too short: look for {SHORTEST} characters or more.")
    return words


def found(records: QuerySet[AuditRecord], words: list[str]) -> QuerySet[AuditRecord]:
    """Of the records those that hold every word, newest first."""
    if not words:
        return records
    if connections[records.db].vendor == "sqlite":
        match = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
        return records.extra(
            tables=["audit_search"],
            where=["audit_search.rowid = audit_auditrecord.id", "audit_search MATCH %s"],
            params=[match],
        )
    for word in words:
        records = records.filter(search_text__contains=word)
    return records
