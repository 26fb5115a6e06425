"""One POST, to an address that was looked at before: no redirect, no proxy, no waiting for ever."""

import socket
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException

from apps.notify.addresses import check_url, resolve
from apps.notify.errors import NotifyError
from apps.notify.failed import Failed

CONNECT_WITHIN, ANSWER_WITHIN = 5.0, 15.0
"""Seconds to connect to one address; seconds until the status must be there, slow drips included."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, own_host: bool) -> int:
    """Send the body; returns the status, which is a good one. Raises Failed.

    The answer's text is not read: what a server says to the console is nobody's business.
    """
    try:
        parts = check_url(url, own_host=own_host)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        addresses = resolve(host, port, own_host=own_host, secure=secure)
        connection = _Pinned(host, port, addresses, secure)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status = _status(connection, path, body, headers)
    except NotifyError as error:
        raise Failed(str(error)) from None
    except TimeoutError:
        raise Failed("It did not answer in time.") from None
    except (OSError, HTTPException, UnicodeError) as error:
        raise Failed(f"It can't be reached: {error or type(error).__name__}") from None
    if 300 <= status < 400:
        raise Failed(f"It answered {status}: redirects are not followed.", status=status)
    if not 200 <= status < 300:
        raise Failed(f"It answered {status}.", status=status)
    return status


def _status(connection: "_Pinned", path: str, body: bytes, headers: Mapping[str, str]) -> int:
    late = connection.late

    def give_up() -> None:
        late.set()
        connection.cut()

    watch = threading.Timer(ANSWER_WITHIN, give_up)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", path, body=body, headers=dict(headers))
        status = connection.getresponse().status
    except (OSError, HTTPException, ValueError):
        if late.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():  # it had sent a status, and no end of its headers
        raise TimeoutError
    return status


class _Pinned(HTTPConnection):
    """Connects to one of these addresses, and to no other that the name may mean a moment later."""

    def __init__(self, host: str, port: int, addresses: list[str], secure: bool) -> None:
        super().__init__(host, port, timeout=ANSWER_WITHIN)
        self._addresses = addresses
        self._secure = secure
        self.late = threading.Event()
        self.default_port = 443 if secure else 80  # what the Host header leaves out

    def connect(self) -> None:
        """To the first that answers; with TLS, whose certificate must name the host.

        A name that means a hundred dead addresses holds nobody longer than ANSWER_WITHIN.
        """
        for address in self._addresses:
            try:
                self.sock = socket.create_connection((address, self.port), CONNECT_WITHIN)
                break
            except OSError:
                if address == self._addresses[-1] or self.late.is_set():
                    raise
        if self.late.is_set():  # the watch found nothing to cut
            raise TimeoutError
        self.sock.settimeout(ANSWER_WITHIN)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut(self) -> None:
        """End what waits for the other side, from another thread."""
        if self.sock is not None:
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            except OSError:
                return  # it has ended already
