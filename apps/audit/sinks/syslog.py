"""Syslog: one short message for each record. What was before and after stays at home: it may be megabytes."""

import logging
import socket
import sys
from collections.abc import Mapping, Sequence
from logging.handlers import SysLogHandler
from typing import Any, NoReturn
from urllib.parse import urlsplit

from apps.audit.lines import json_line
from apps.audit.sinks.errors import SinkDown

LEFT_OUT = ("before", "after")
REASON = 500
"""Characters of a reason."""
PATIENCE = 3.0
"""Seconds."""


class _Raising(SysLogHandler):
    """Says that it failed, instead of printing it."""

    append_nul = False

    def handleError(self, record: logging.LogRecord) -> NoReturn:
        error = sys.exc_info()[1]
        raise error or OSError("syslog took no message")


class SyslogSink:
    """`/dev/log` or another socket's path, `tcp://host:port`, or `udp://host:port`, which loses silently."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Send a message for each. Raises SinkDown when the socket takes one not."""
        handler = None
        try:
            handler = self._handler()
            for each in documents:
                handler.emit(
                    logging.makeLogRecord({"msg": self._message(each), "levelname": "INFO"})
                )
        except OSError as error:
            raise SinkDown(f"{self.address}: {error}") from error
        finally:
            if handler:
                handler.close()

    def _message(self, document: Mapping[str, Any]) -> str:
        short = {name: value for name, value in document.items() if name not in LEFT_OUT}
        short["reason"] = short["reason"][:REASON]
        end = "\n" if self.address.startswith("tcp:") else ""  # RFC 6587, 3.4.2
        return f"lvs-audit: {json_line(short)}{end}"

    def _handler(self) -> SysLogHandler:
        facility = SysLogHandler.LOG_AUTHPRIV
        if self.address.startswith("/"):
            return _Raising(self.address, facility)
        parts = urlsplit(self.address)
        kind = socket.SOCK_STREAM if parts.scheme == "tcp" else socket.SOCK_DGRAM
        place = (parts.hostname or "", parts.port or 514)
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(PATIENCE)
        try:
            return _Raising(place, facility, kind)
        finally:
            socket.setdefaulttimeout(before)
