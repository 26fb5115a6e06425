"""Streaming the log out, oldest first, a chunk at a time."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

from django.db.models import QuerySet

from apps.audit.lines import csv_lines, document, json_line
from apps.audit.models import AuditLink, AuditRecord
from apps.audit.search import beyond, order_of

Format = Literal["jsonl", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
CHUNK = 50
"""Records in memory at once: one may hold 11,000 rules twice."""


def exported(found: QuerySet[AuditRecord], style: Format, last: int) -> Iterator[str]:
    """The records up to the number `last`, as text of this format. Each chunk is a query of its own."""
    documents = _documents(found, last)
    if style == "csv":
        return csv_lines(documents)
    return (json_line(each) + "\n" for each in documents)


def newest_number() -> int:
    """The number of the newest record; 0 where there is none."""
    return AuditRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _documents(found: QuerySet[AuditRecord], last: int) -> Iterator[dict[str, Any]]:
    rows = found.filter(pk__lte=last).defer("search_text").order_by(*order_of(found))
    rest = rows
    while chunk := list(rest[:CHUNK]):
        numbers = [record.pk for record in chunk]
        links = {link.record_id: link for link in AuditLink.objects.filter(record__in=numbers)}
        for record in chunk:
            yield document(record, links.get(record.pk))
        rest = beyond(rows, numbers[-1], newer=True)
