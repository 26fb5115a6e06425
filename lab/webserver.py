"""The web server of a real server: answers every request with the server's own name.

HTTP/1.1 with keep-alive, IPv4 and IPv6, one process, one thread: a lab has one CPU and little
memory. It runs in the network namespace of its caller.
"""

import selectors
import socket

_LONGEST_REQUEST = 65536


class WebServer:
    """Listens at once when made; `serve` answers for ever."""

    def __init__(self, name: str, port: int = 80) -> None:
        body = f"{name}\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        self._head = head.encode()
        self._answer = self._head + body
        self._selector = selectors.DefaultSelector()
        self._received: dict[socket.socket, bytes] = {}
        self._listener = socket.create_server(
            ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024
        )
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer requests; never returns."""
        while True:
            for key, _ in self._selector.select():
                connection = key.fileobj
                if connection is self._listener:
                    self._accept()
                elif isinstance(connection, socket.socket):
                    self._read(connection)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        self._received[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(_LONGEST_REQUEST)
            if not data or not self._answer_requests(connection, data):
                self._close(connection)
        except OSError:  # the client went away, which is the client's right
            self._close(connection)

    def _answer_requests(self, connection: socket.socket, data: bytes) -> bool:
        """Answer each whole request in the buffer; False when the connection should end."""
        *requests, rest = (self._received[connection] + data).split(b"\r\n\r\n")
        self._received[connection] = rest
        for request in requests:
            connection.send(self._head if request.startswith(b"HEAD ") else self._answer)
            if b"connection: close" in request.lower() or b"HTTP/1.0" in request:
                return False
        return len(rest) < _LONGEST_REQUEST

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._received[connection]
        connection.close()
