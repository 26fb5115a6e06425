"""Finding records quickly in a long log: words by trigrams, and from one page to the next by an index."""

from django.db import connection
from django.db.models import BigIntegerField, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from apps.audit.models import AuditRecord
from apps.audit.searching import SHORTEST


def matching(found: QuerySet[AuditRecord], words: list[str]) -> QuerySet[AuditRecord]:
    """Records whose search text holds all of the words (lower case, one of them of SHORTEST or more)."""
    indexed = [word for word in words if len(word) >= SHORTEST]
    if connection.vendor == "sqlite" and indexed:
        # A join with the index, whose rows come newest first: a page of a frequent word ends it early.
        phrases = " AND ".join('"' + word.replace('"', '""') + '"' for word in indexed)
        found = found.extra(
            tables=["audit_search"],
            where=["audit_search.rowid = audit_auditrecord.id", "audit_search MATCH %s"],
            params=[phrases],
        ).alias(place=RawSQL("audit_search.rowid", [], BigIntegerField()))
        words = [word for word in words if word not in indexed]
    for word in words:
        found = found.filter(search_text__contains=word)
    return found


def order_of(found: QuerySet[AuditRecord]) -> tuple[str, ...]:
    """By what pages of the rows go: their time, or the order of SQLite's index where a search joins it."""
    return ("place",) if "place" in found.query.annotations else ("at", "id")


def beyond(found: QuerySet[AuditRecord], number: int, *, newer: bool) -> QuerySet[AuditRecord]:
    """Those of the rows that are newer, or older, than this record; none where there is no such record."""
    sign = "gt" if newer else "lt"
    if order_of(found) == ("place",):
        return found.filter(**{f"place__{sign}": number})
    # As the database has it: what somebody typed into SQLite may spell the same time in another way.
    at = Subquery(AuditRecord.objects.filter(pk=number).order_by().values("at"))
    # An index has this order, but knows nothing of OR: the first condition is for it.
    same_time = Q(("at", at), (f"id__{sign}", number))
    return found.filter(Q((f"at__{sign}e", at)), Q((f"at__{sign}", at)) | same_time)
