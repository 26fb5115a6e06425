"""A webhook: batches of JSON lines by POST, signed so that the receiver knows whose they are."""

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from apps.audit.lines import json_line
from apps.audit.sinks.errors import SinkDown

PATIENCE = 15.0
"""Seconds for each step of the connection."""


class _Stay(HTTPRedirectHandler):
    """Follows no redirection: a POST would become a GET there."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """No."""


class WebhookSink:
    """POSTs to `url`; any answer of 2xx means that the batch is kept there."""

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret

    def send(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """POST the batch. Raises SinkDown unless the answer is 2xx."""
        body = "".join(json_line(dict(each)) + "\n" for each in documents).encode()
        now = str(int(time.time()))
        headers = {
            "Content-Type": "application/x-ndjson",
            "X-LVSConsole-First": str(documents[0]["position"]),
            "X-LVSConsole-Last": str(documents[-1]["position"]),
            "X-LVSConsole-Timestamp": now,
            "X-LVSConsole-Signature": f"sha256={signature(self.secret, now, body)}",
        }
        request = Request(self.url, body, headers, method="POST")  # noqa: S310  settings allow http(s) only
        try:
            with build_opener(_Stay, ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                answer.read(1)
        except HTTPError as error:
            raise SinkDown(f"the webhook answered {error.code}") from error
        except (OSError, HTTPException) as error:
            raise SinkDown(
                f"the webhook can't be reached: {getattr(error, 'reason', error)}"
            ) from error


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256, in hex, of the timestamp, a dot, and the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
