"""What IPVS counts, as the kernel's 64-bit counters hold it at one reading."""

from typing import NamedTuple

from lvs.model import ServiceKey


class Counters(NamedTuple):
    """Totals since the service or real server was added (ZERO moves the baseline).

    Direct routing and tunnels never see replies: there the outbound ones stay 0 by design.
    """

    connections: int = 0
    in_packets: int = 0
    out_packets: int = 0
    in_bytes: int = 0
    out_bytes: int = 0


class ServerCounters(NamedTuple):
    """One real server: its connections now, and its totals."""

    address: str
    port: int
    weight: int
    active: int
    """Connections in state ESTABLISHED."""
    inactive: int
    """Connections in any other state."""
    persistent: int
    """Persistence templates that point at it."""
    counters: Counters


class ServiceCounters(NamedTuple):
    """One virtual service with its real servers."""

    key: ServiceKey
    counters: Counters
    servers: tuple[ServerCounters, ...]
