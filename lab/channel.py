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
"""host → guest: JSON {"writable": path or null, "web": bool}."""
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
    """Both directions of the line. `send` may be called from any thread, `receive` from one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, kind: int, command: int = 0, body: bytes | dict[str, Any] = b"") -> None:
        """Write one whole frame. Raises OSError when the other side is gone."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        rest = memoryview(_HEADER.pack(kind, command, len(data)) + data)
        with self._lock:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def receive(self) -> Frame | None:
        """The next frame; None when the line is closed."""
        header = self._exactly(_HEADER.size)
        if header is None:
            return None
        kind, command, length = _HEADER.unpack(header)
        body = self._exactly(length)
        return None if body is None else Frame(kind, command, body)

    def frames(self, handle: Callable[[Frame], None]) -> None:
        """Give each frame to `handle` until the line is closed."""
        while (frame := self.receive()) is not None:
            handle(frame)

    def _exactly(self, length: int) -> bytes | None:
        data = b""
        while len(data) < length:
            try:
                part = os.read(self._descriptor, length - len(data))
            except OSError:  # the serial line of a guest that is gone says EIO, not end-of-file
                return None
            if not part:
                return None
            data += part
        return data
