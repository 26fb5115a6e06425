"""What IPVS counts, as the kernel's 64-bit counters hold it at one reading, and what it estimates of that."""

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


class Rates(NamedTuple):
    """The kernel's estimates: each second, by a mean of the last eight that forgets gradually.

    It makes them anew every two seconds (`net/netfilter/ipvs/ip_vs_est.c`), and not while the sysctl
    `run_estimation` is 0.
    """

    connections: int = 0
    in_packets: int = 0
    out_packets: int = 0
    in_bytes: int = 0
    out_bytes: int = 0


class ServerRates(NamedTuple):
    """One real server: its part of the service's."""

    address: str
    port: int
    rates: Rates


class ServiceRates(NamedTuple):
    """One virtual service with its real servers."""

    key: ServiceKey
    rates: Rates
    servers: tuple[ServerRates, ...]
