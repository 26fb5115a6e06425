"""Where the log is sent outside: each sink takes lines in their order, or raises SinkDown."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from django.conf import settings

from apps.audit.sinks.file import FileSink
from apps.audit.sinks.syslog import SyslogSink
from apps.audit.sinks.webhook import WebhookSink


class Sink(Protocol):
    """A place that takes lines."""

    def send(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Take them all, in this order. Raises SinkDown when that is not sure: they will come again."""


class Configured(NamedTuple):
    """A sink that the settings name."""

    kind: str
    target: str
    sink: Sink

    @property
    def name(self) -> str:
        """What the target is known by in the database: an address may hold a secret."""
        return hashlib.sha256(self.target.encode()).hexdigest()


def configured() -> list[Configured]:
    """Every sink that the settings name."""
    found = []
    if path := settings.AUDIT_FILE:
        found.append(Configured("file", path, FileSink(path)))
    if address := settings.AUDIT_SYSLOG:
        found.append(Configured("syslog", address, SyslogSink(address)))
    if url := settings.AUDIT_WEBHOOK:
        sink = WebhookSink(url, settings.AUDIT_WEBHOOK_SECRET)
        found.append(Configured("webhook", url, sink))
    return found
