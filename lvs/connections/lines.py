"""The kernel's connection list as fields: any bytes give fields or are counted. Pure.

The format is that of `ip_vs_conn_seq_show` and `ip_vs_conn_sync_seq_show` in the kernel's
`net/netfilter/ipvs/ip_vs_conn.c`; the samples in tests/lvs were captured from Linux 6.1.
"""

import re
from collections.abc import Iterable, Iterator

Fields = tuple[bytes, ...]
"""One line's columns, as the kernel wrote them: see the numbers below. Absent ones are empty."""

PROTOCOL, CLIENT, CLIENT_PORT, SERVICE, SERVICE_PORT, SERVER, SERVER_PORT = range(7)
STATE, ORIGIN, EXPIRES, ENGINE, ENGINE_DATA = range(7, 12)

LONGEST_LINE = 4096
"""Bytes. The kernel's own longest is under 500: three IPv6 addresses and 255 bytes of engine data."""

_ADDRESS = rb"([0-9A-F]{8}|[0-9a-f]{4}(?::[0-9a-f]{4}){7})"
_PORT = rb"([0-9A-F]{4})"
_LINE = re.compile(
    rb"^([A-Za-z0-9_]{1,16}) +"
    + rb" ".join([_ADDRESS, _PORT] * 3)
    + rb" ([!-~]{1,32}) +(?:(LOCAL|SYNC) +)?([0-9]{1,10})(?: ([!-~]{1,32}) ([^\n]{0,255}))?$",
    re.MULTILINE,
)
_HEADING = b"Pro FromIP "


class Count:
    """How much of the list was read so far."""

    def __init__(self) -> None:
        self.read = 0
        """Lines, without the heading; those that can't be read are among them."""
        self.unreadable = 0
        """Lines that are no connection as we know them."""
        self.example = b""
        """The beginning of the first unreadable line."""


def is_template(fields: Fields) -> bool:
    """Whether this is a persistence template: what remembers a client's real server.

    Templates alone have these two states, and no client port. A connection can have client port 0
    too: a UDP datagram sent from port 0, or FTP data before its first packet.
    """
    return fields[CLIENT_PORT] == b"0000" and fields[STATE] in (b"NONE", b"ASSURED")


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Regroup chunks so that each ends with a line's end. Holds a chunk and `LONGEST_LINE`.

    What is longer than that comes cut to one byte more, so that it stays one unreadable line.
    """
    rest = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = b""
        rest = (rest + chunk[end:])[: LONGEST_LINE + 1]
    if rest:
        yield rest


def read_fields(blocks: Iterable[bytes], count: Count) -> Iterator[list[Fields]]:
    """The fields of each block of whole lines; `count` grows as they are taken."""
    first = True
    for block in blocks:
        lines = block
        if first and lines.startswith(_HEADING):
            lines = lines[lines.find(b"\n") + 1 or len(lines) :]
        first = False
        found: list[Fields] = _LINE.findall(lines)
        total = lines.count(b"\n") + (not lines.endswith(b"\n") and lines != b"")
        count.read += total
        if total != len(found):
            count.unreadable += total - len(found)
            count.example = count.example or _first_unreadable(lines)
        yield found


def _first_unreadable(lines: bytes) -> bytes:
    for line in lines.split(b"\n"):
        if not _LINE.fullmatch(line):
            return line[:120]
    return b""
