"""The one text of a record's content, of which its digest is made. Pure.

The same content gives the same text whether it comes from the caller, from SQLite (which keeps JSON as
it was written) or from PostgreSQL (whose jsonb orders keys anew and keeps numbers as decimals). Its form
never changes: every digest ever stored depends on it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

FIELDS = (
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
"""What a digest covers, beside the time."""


def plain(value: Any) -> Any:
    """The value as both databases can keep it: JSON, with texts as `text` makes them.

    Raises ValueError for NaN and infinities, TypeError for what JSON doesn't know.
    """
    return _settled(json.loads(json.dumps(value, cls=DjangoJSONEncoder, allow_nan=False)))


def text(value: str) -> str:
    """The text without what PostgreSQL refuses: NUL becomes ␀, half a surrogate pair becomes �."""
    if "\0" in value:
        value = value.replace("\0", "␀")
    try:
        value.encode()
    except UnicodeEncodeError:
        return "".join("�" if "\ud800" <= sign <= "\udfff" else sign for sign in value)
    return value


def form(at: datetime, content: Mapping[str, Any]) -> str:
    """The canonical text: ASCII JSON, keys in order, no spaces, whole numbers without a fraction."""
    whole = {name: content[name] for name in FIELDS}
    whole["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    whole["before"], whole["after"] = _settled(whole["before"]), _settled(whole["after"])
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(canonical: str) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def link_hash(previous: str, digest: str, record: int) -> str:
    """The hash of a link of the chain, as the database makes it."""
    return hashlib.sha256(f"{previous}:{digest}:{record}".encode("ascii")).hexdigest()


def _settled(value: Any) -> Any:
    """Numbers in one spelling (1.0 and 1 are the same number to jsonb), texts cleaned."""
    if isinstance(value, dict):
        return {text(name): _settled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
