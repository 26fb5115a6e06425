"""A record as a line for outside: JSON with its place in the chain, or CSV. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from apps.audit.canonical import FIELDS, digest_of, form
from apps.audit.models import AuditLink, AuditRecord, AuditSeal

COLUMNS = ("position", "id", "at", *FIELDS, "digest", "previous", "hash")
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def document(record: AuditRecord, link: AuditLink | None) -> dict[str, Any]:
    """All of a record, and its link: whoever has the line can check both."""
    return {
        "kind": "record",
        "position": link.position if link else None,
        "id": record.pk,
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        **{name: getattr(record, name) for name in FIELDS},
        "digest": record.digest,
        "previous": link.previous if link else None,
        "hash": link.hash if link else None,
    }


def seal_document(seal: AuditSeal) -> dict[str, Any]:
    """The signed head of the chain: whoever has the console's public key can check it."""
    return {
        "kind": "seal",
        "position": seal.position,
        "hash": seal.hash,
        "sealed_at": seal.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "key_id": seal.key_id,
        "signature": seal.signature,
    }


def json_line(document: dict[str, Any]) -> str:
    """One line of JSON, without its line end."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def digest_in(document: dict[str, Any]) -> str:
    """The digest that the content of a line gives. Raises KeyError, ValueError where it is no such line."""
    return digest_of(form(datetime.fromisoformat(document["at"]), document))


def csv_lines(documents: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The heading, then a line for each, as RFC 4180 has it. No cell begins a formula of a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for each in documents:
        yield _taken(buffer)
        writer.writerow([_cell(each[name], name in ("before", "after")) for name in COLUMNS])
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cell(value: Any, is_json: bool) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if is_json else str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text
