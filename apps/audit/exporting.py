"""Records as JSON lines and CSV, one at a time."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any, Literal

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from apps.audit.canonical import FIELDS
from apps.audit.models import AuditRecord

Format = Literal["jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv")
COLUMNS = ("position", "id", *FIELDS, "digest", "previous", "hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula."""


def lines(records: QuerySet[AuditRecord], form: Format) -> Iterator[str]:
    """The text of an export, line by line: oldest first, with each record's place in the chain."""
    rows = records.order_by("pk").select_related(None).select_related("link")
    found = rows.defer("search_text").iterator(chunk_size=1000)
    if form == "jsonl":
        for record in found:
            yield json.dumps(_row(record), cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"
        return
    yield _csv(COLUMNS)
    for record in found:
        yield _csv([_cell(value) for value in _row(record).values()])


def _row(record: AuditRecord) -> dict[str, Any]:
    link = getattr(record, "link", None)
    said = {name: getattr(record, name) for name in FIELDS}
    said["at"] = record.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "position": link.position if link else None,
        "id": record.pk,
        **said,
        "digest": record.digest,
        "previous": link.previous if link else None,
        "hash": link.hash if link else None,
    }


def _csv(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> Any:
    """Text that no spreadsheet runs."""
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
