"""The canonical form of an audit record, and its digest: pure.

It must come out the same from what was written and from what either database gives back: jsonb keeps
numbers as decimals and drops the order of keys, SQLite keeps the text.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

FIELDS = (
    "at",
    "actor_id",
    "actor_name",
    "address",
    "request_id",
    "action",
    "object_type",
    "object_id",
    "object_name",
    "cluster_number",
    "change_number",
    "before",
    "after",
    "reason",
)
"""All that a record says, in no order that matters."""

GENESIS = ""
"""What the first link of the chain has before it."""


def plain(value: Any) -> Any:
    """A JSON value of nothing but JSON's own types, as the database will hold it.

    Raises TypeError or ValueError for what JSON can't hold.
    """
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder, allow_nan=False))


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the canonical text of a record with all of `FIELDS`; `at` is aware."""
    at: datetime = content["at"]
    said = {name: _even(content[name]) for name in FIELDS if name != "at"}
    said["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def link_of(previous: str, digest: str, record_id: int) -> str:
    """The hash of a link, as the database's trigger makes it: SHA-256 of `previous:digest:id`, in hex."""
    return hashlib.sha256(f"{previous}:{digest}:{record_id}".encode("ascii")).hexdigest()


def _even(value: Any) -> Any:
    """The same number alike, whichever way a database writes it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _even(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_even(item) for item in value]
    return value
