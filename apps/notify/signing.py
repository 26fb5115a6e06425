"""What a webhook gets: a body, and headers with which it knows that it is from us, and new."""

import hashlib
import hmac
import json
import time
from typing import Any

from apps.notify.events import EVENTS, SAYS
from apps.notify.links import link, link_to
from apps.notify.models import Event
from lvs import __version__


def body_of(event: Event) -> bytes:
    """The event as JSON, the same at every try."""
    facts = event.facts
    known = EVENTS.get(event.kind)
    says = (known and known.to_programs) or SAYS[event.kind]
    change, director = facts.get("change"), facts.get("director")
    document: dict[str, Any] = {
        "event": event.kind,
        "id": str(event.uuid),
        "at": event.at.isoformat(),
        "cluster": facts["cluster"] or None,
        "change": change
        and {
            "number": change["number"],
            "title": change["title"],
            "author": change["author"],
            "url": link("web:change", change["number"]) or None,
        },
        "director": director
        and {
            "name": director["name"],
            "url": link("web:director", director["uuid"]) or None,
        },
        "by": facts["by"] or None,
        "text": f"{says} {facts['detail']}".strip(),
        "url": link_to(event) or None,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(event: Event, body: bytes, secret: str) -> dict[str, str]:
    """The headers of one try: the signature covers the time of this very try."""
    timestamp = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "User-Agent": f"LVSConsole/{__version__}",
        "X-LVSConsole-Event": event.kind,
        "X-LVSConsole-Timestamp": timestamp,
        "X-LVSConsole-Signature": f"sha256={signature(secret, timestamp, body)}",
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over time, dot, body; in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
