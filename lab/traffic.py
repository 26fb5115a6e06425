"""Gentle traffic: a few requests a second at one service, swinging, some connections held open.

Runs on the lab's client until it is ended. A service that does not answer yet is asked again.
"""

import argparse
import math
import random
import selectors
import socket
import time

SWING_SECONDS = 90.0
HELD_AT_MOST = 12


def rate(second: float, average: float) -> float:
    """Requests per second at this moment: swings by half around the average."""
    return average * (1 + 0.5 * math.sin(2 * math.pi * second / SWING_SECONDS))


def request(address: str, port: int, timeout: float = 2.0) -> socket.socket | None:
    """One request, read to the end of its answer; the open connection, or None when it failed."""
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    connection.settimeout(timeout)
    try:
        connection.connect((address, port))
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        if connection.recv(4096):
            return connection
    except OSError:
        pass  # not there, or gone meanwhile: the next request tries again
    connection.close()
    return None


class Held:
    """Connections that stay open for a while, as people's browsers keep theirs."""

    def __init__(self) -> None:
        self._until: dict[socket.socket, float] = {}
        self._selector = selectors.DefaultSelector()

    def add(self, connection: socket.socket, seconds: float) -> None:
        """Keep it open for so long; the oldest goes when there are too many."""
        if len(self._until) >= HELD_AT_MOST:
            self._close(min(self._until, key=self._until.__getitem__))
        self._until[connection] = time.monotonic() + seconds
        self._selector.register(connection, selectors.EVENT_READ)

    def tidy(self) -> None:
        """Close those whose time is over, and those that the server ended."""
        ended = [key.fileobj for key, _ in self._selector.select(0)]
        now = time.monotonic()
        for connection, until in list(self._until.items()):
            if until < now or connection in ended:
                self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._until[connection]
        connection.close()


def main() -> None:
    """Read the command line and send until ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=4.0, help="requests per second, on average")
    options = parser.parse_args()
    held, started = Held(), time.monotonic()
    while True:
        connection = request(options.address, options.port)
        if connection is None:
            time.sleep(1)
        elif random.random() < 0.3:
            held.add(connection, random.uniform(2, 25))
        else:
            connection.close()
        held.tidy()
        time.sleep(random.expovariate(rate(time.monotonic() - started, options.rate)))


if __name__ == "__main__":
    main()
