"""Long-lived TCP connections from the lab's client through the VIP, held by this process."""

import ctypes
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5.0
"""Seconds that all answers together may take."""


@contextmanager
def in_namespace(name: str) -> Iterator[None]:
    """Sockets that are made in this block belong to the network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{name}", 0)
    try:
        assert libc.setns(there, 0) == 0, os.strerror(ctypes.get_errno())
        yield
    finally:
        assert libc.setns(here, 0) == 0, os.strerror(ctypes.get_errno())
        os.close(there)
        os.close(here)


class Connections:
    """Some connections to each address; each asks again and again over the one connection."""

    def __init__(self, addresses: tuple[str, ...], each: int, port: int = 80) -> None:
        with in_namespace("client"):
            self._open = [
                socket.create_connection((address, port), timeout=PATIENCE)
                for address in addresses
                for _ in range(each)
            ]
        self.servers = self.answers()
        """Which real server answered each at first; None where none did."""

    def answers(self) -> list[str | None]:
        """Ask over every connection; the name of the real server that answered each, or None."""
        waiting = {}
        answers: list[str | None] = [None] * len(self._open)
        for index, connection in enumerate(self._open):
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: vip\r\n\r\n")
                waiting[connection] = index
            except OSError:  # reset: it stays without an answer
                continue
        deadline = time.monotonic() + PATIENCE
        while waiting and (left := deadline - time.monotonic()) > 0:
            for connection in select.select(list(waiting), [], [], left)[0]:
                answers[waiting.pop(connection)] = self._name(connection)
        return answers

    @staticmethod
    def _name(connection: socket.socket) -> str | None:
        try:
            return connection.recv(4096).decode().rpartition("\r\n\r\n")[2].strip() or None
        except OSError:
            return None

    @property
    def alive(self) -> int:
        """How many still get an answer of the real server that they had at first."""
        return sum(
            now is not None and now == first
            for now, first in zip(self.answers(), self.servers, strict=True)
        )

    def close(self) -> None:
        """End them."""
        for connection in self._open:
            connection.close()
