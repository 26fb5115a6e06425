"""Frames between the host and the guest, over the guest's serial line.

One line carries every command of a lab: a frame is a kind, the number of the command it belongs to
(0 = the lab itself), a length, and that many bytes. Both sides import this file; the guest does so
before the project's virtualenv is of any use, so it needs the standard library only.
"""

import json
import os
import struct
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

HELLO = 1
"""guest → host: the guest listens."""
CONFIG = 2
"""host → guest: JSON {"writable": path or null, "inode": its number on the host, "web": bool}."""
READY = 3
"""guest → host: the topology stands. JSON {"error": text}, "" when all is well."""
START = 4
"""host → guest: JSON {"argv", "cwd", "env", "host"}: run this."""
INPUT = 5
"""host → guest: bytes for the command's standard input; an empty frame ends it."""
SIGNAL = 6
"""host → guest: JSON {"number"}: signal the command and its children."""
OUT = 7
"""guest → host: bytes of standard output."""
ERR = 8
"""guest → host: bytes of standard error."""
EXIT = 9
"""guest → host: JSON {"code"}: the command ended; negative = by that signal. Its last frame."""
POWER_OFF = 10
"""host → guest: end every command, write out files, switch off."""
ROOM = 11
"""guest → host: so many bytes (an unsigned 32-bit number) were read and may be sent again."""

WINDOW = 2048
"""Bytes the host may have on the line that the guest has not read. UML's serial driver stops for ever
once the guest's 4,096-byte terminal buffer fills: it throttles the line and never re-arms its fd."""

_HEADER = struct.Struct("!BII")


class Frame(NamedTuple):
    """One message: what it is, which command it belongs to, and its bytes."""

    kind: int
    command: int
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body as JSON object."""
        document: dict[str, Any] = json.loads(self.body)
        return document


class Channel:
    """Both directions of the line. `send` may be called from any thread, `receive` from one.

    On the host (`window`), `send` waits until the guest has room, so the thread that receives there
    must never send. The guest's side reports what it has read.
    """

    def __init__(self, descriptor: int, *, window: bool) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._change = threading.Condition()
        self._limited = window
        self._room = WINDOW
        self._unreported = 0
        self._closed = False

    def send(self, kind: int, command: int = 0, body: bytes | dict[str, Any] = b"") -> None:
        """Write one whole frame. Raises OSError when the other side is gone."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        rest = memoryview(_HEADER.pack(kind, command, len(data)) + data)
        with self._lock:
            while rest:
                length = self._take_room(len(rest)) if self._limited else len(rest)
                rest = rest[self._write(rest[:length]) :]

    def receive(self) -> Frame | None:
        """The next frame; None when the line is closed."""
        while (header := self._exactly(_HEADER.size)) is not None:
            kind, command, length = _HEADER.unpack(header)
            body = self._exactly(length)
            if body is None:
                break
            if kind != ROOM:
                return Frame(kind, command, body)
            self._give_room(int.from_bytes(body))
        with self._change:
            self._closed = True
            self._change.notify_all()
        return None

    def frames(self, handle: Callable[[Frame], None]) -> None:
        """Give each frame to `handle` until the line is closed."""
        while (frame := self.receive()) is not None:
            handle(frame)

    def _take_room(self, wanted: int) -> int:
        with self._change:
            self._change.wait_for(lambda: self._room > 0 or self._closed)
            if self._closed:
                raise BrokenPipeError("the lab's line is closed")
            length = min(wanted, self._room)
            self._room -= length
            return length

    def _give_room(self, length: int) -> None:
        with self._change:
            self._room += length
            self._change.notify_all()

    def _write(self, data: memoryview) -> int:
        written = 0
        while written < len(data):
            written += os.write(self._descriptor, data[written:])
        return written

    def _exactly(self, length: int) -> bytes | None:
        data = bytearray()
        while len(data) < length:
            try:
                part = os.read(self._descriptor, length - len(data))
            except OSError:  # the serial line of a guest that is gone says EIO, not end-of-file
                return None
            if not part:
                return None
            data += part
            self._report(len(part))
        return bytes(data)

    def _report(self, length: int) -> None:
        if self._limited:
            return
        self._unreported += length
        if self._unreported >= WINDOW // 4:
            self.send(ROOM, 0, self._unreported.to_bytes(4))
            self._unreported = 0
