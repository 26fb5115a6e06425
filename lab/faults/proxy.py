"""A line to Redis that can be slow, break, or go dead without a word: TCP, on loopback."""

import socket
import struct
import threading
import time
from contextlib import suppress

from lab.parts import free_port

_NO_LINGER = struct.pack("ii", 1, 0)
"""Closing then sends a reset, as a firewall does that forgot the connection."""


class Proxy:
    """Passes everything on to a port. Use as context manager."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.delay = 0.0
        """Seconds that each piece waits."""
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._open: list[socket.socket] = []
        self._dead: set[socket.socket] = set()

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        self.reset()

    def reset(self) -> None:
        """Break every connection: whoever uses one is told so."""
        broken, self._open = self._open, []
        for end in broken:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                end.shutdown(
                    socket.SHUT_RD
                )  # `_pass` wakes and closes it, and that sends the reset

    def forget(self) -> None:
        """From now on nothing passes through the connections that are open, and nobody is told."""
        self._dead.update(self._open)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            self._open += [client, server]
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                time.sleep(self.delay)
                if source not in self._dead:
                    to.sendall(piece)
        for end in (source, to):
            with suppress(OSError):
                end.close()
