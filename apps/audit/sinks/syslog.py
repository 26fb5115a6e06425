"""Syslog, as RFC 5424 has it: one message for each line, without what makes it too long.

Not by the standard library's handler: its header is that of before, and it knows no time-out but one of
the whole process, in which other threads talk to others. Syslog acknowledges nothing: what the network
took counts as sent.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from apps.audit.canonical import FIELDS
from apps.audit.lines import json_line
from apps.audit.sinks.errors import SinkDown

PRIORITY = 13 * 8 + 6
"""Facility 13, “log audit”; severity 6, “informational”."""
LONGEST = 8000
"""Bytes of a message: what most servers take by default, and a datagram can hold."""
LEFT_OUT = ("before", "after", "reason", *FIELDS)
"""What is left out of a message that is too long, in this order: the digest stands for it."""
PATIENCE = 5.0
"""Seconds to connect, and for each message to go out."""
PORTS = {"udp": 514, "tcp": 601}


class SyslogSink:
    """`/dev/log` or another socket's path, `tcp://host:port`, or `udp://host:port`, which loses silently."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Send a message for each. Raises SinkDown when the socket takes one not."""
        scheme = urlsplit(self.address).scheme
        try:
            with closing(_connected(self.address)) as connection:
                for each in documents:
                    connection.sendall(_framed(message(each), scheme))
        except OSError as error:
            raise SinkDown(f"{self.address}: {error.strerror or error}") from error


def message(document: Mapping[str, Any]) -> bytes:
    """The header of RFC 5424, and the line behind it; “left_out” names what there was no room for."""
    at = document.get("at") or document["sealed_at"]
    host = socket.gethostname()[:255] or "-"
    header = f"<{PRIORITY}>1 {at} {host} lvsconsole {os.getpid()} {document['kind']} - ".encode()
    short, left_out = dict(document), []
    text = json_line(short).encode()
    for name in LEFT_OUT:
        if len(header) + len(text) <= LONGEST:
            break
        if name in short:
            del short[name]
            left_out.append(name)
            text = json_line(short | {"left_out": left_out}).encode()
    return header + text


def _framed(text: bytes, scheme: str) -> bytes:
    """In a stream messages are told apart by their lengths (RFC 6587); a datagram is one by itself."""
    return b"%d %s" % (len(text), text) if scheme == "tcp" else text


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        return _to(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), address)
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "tcp":
        return socket.create_connection((host, port), PATIENCE)
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    return _to(socket.socket(family, kind, protocol), place)


def _to(connection: socket.socket, place: Any) -> socket.socket:
    try:
        connection.settimeout(PATIENCE)
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection
