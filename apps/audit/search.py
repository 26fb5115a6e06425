"""Finding records quickly in a long log: words by trigrams, days by the numbers of their records."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import BigIntegerField, Max, Min, QuerySet
from django.db.models.expressions import RawSQL

from apps.audit.models import AuditRecord
from apps.audit.searching import SHORTEST

CLOCK_ERROR = timedelta(days=1)
"""By how much a clock of the console may have been wrong: numbers grow with time up to this."""


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


def place_of(found: QuerySet[AuditRecord]) -> str:
    """By what the rows are in order: their number, as the index of the search has it where it is joined."""
    return "place" if "place" in found.query.annotations else "id"


def from_day(found: QuerySet[AuditRecord], start: datetime) -> QuerySet[AuditRecord]:
    """Records of that time and later."""
    at = AuditRecord.objects.filter(at__gte=start).order_by("at").values_list("at", flat=True)
    first = at.first()
    if first is None:
        return found.none()
    near = AuditRecord.objects.filter(at__gte=start, at__lte=first + CLOCK_ERROR)
    number = near.aggregate(number=Min("id"))["number"]
    return found.filter(at__gte=start, id__gte=number)


def until_day(found: QuerySet[AuditRecord], end: datetime) -> QuerySet[AuditRecord]:
    """Records of that time and earlier."""
    at = AuditRecord.objects.filter(at__lte=end).order_by("-at").values_list("at", flat=True)
    last = at.first()
    if last is None:
        return found.none()
    near = AuditRecord.objects.filter(at__lte=end, at__gte=last - CLOCK_ERROR)
    number = near.aggregate(number=Max("id"))["number"]
    return found.filter(at__lte=end, id__lte=number)
