"""Where the connection list comes from: the kernel's files in /proc/net, and its table of services."""

import os
from collections.abc import Iterator
from pathlib import Path

from lvs.connections.filters import Filters
from lvs.errors import IpvsMissing, NotPermitted
from lvs.model import EMPTY, Table

CONNECTIONS = Path("/proc/net/ip_vs_conn")
WITH_ORIGIN = Path("/proc/net/ip_vs_conn_sync")
"""The same connections with their origin, but without persistence engines."""

_CHUNK = 1 << 16
"""Bytes asked for at once. The kernel gives a page at a time, whatever is asked for."""


def list_for(filters: Filters) -> Path:
    """Which of the kernel's files can answer."""
    return WITH_ORIGIN if filters.origin else CONNECTIONS


def read_chunks(path: Path) -> Iterator[bytes]:
    """The file, piece by piece. Raises IpvsMissing, NotPermitted or OSError.

    The list moves while it is read: connections that come or go meanwhile may be in it or not.
    Older kernels, 6.1 among them, look for their place anew at each piece (`ip_vs_conn_array`), so
    that the time of a reading grows with the square of the connections: never read it twice.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise IpvsMissing(
            f"This kernel has no {path}: IPVS isn't loaded. Load it with “modprobe ip_vs” as root "
            "(for a container: on its host)."
        ) from None
    except PermissionError:
        raise NotPermitted(f"Not permitted: {path} can't be read. Run it as root.") from None
    try:
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk
    finally:
        os.close(descriptor)


def table_for(filters: Filters) -> Table:
    """The kernel's services, which say how large a template's network is.

    An empty table where only connections are wanted: those need none. Raises IpvsMissing and
    NotPermitted: the services need CAP_NET_ADMIN, the list of connections does not.
    """
    if filters.kind == "connections":
        return EMPTY
    from lvs.netlink.kernel import Kernel

    with Kernel() as kernel:
        return kernel.read_table()
