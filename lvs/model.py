"""What IPVS of one director should hold, as immutable values.

A `Table` is canonical: addresses in canonical text, services and real servers in one order, every
default written out. Two tables that mean the same are equal and have the same digest.

These are named tuples rather than dataclasses because a table holds ten thousand of them and is
built anew at each read: construction, comparison and hashing then run in C.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from lvs.addresses import Family, endpoint
from lvs.named_tuples import new
from lvs.settings import SyncDaemon, Sysctl, Timeouts

Protocol = Literal["tcp", "udp", "sctp"]
Forwarding = Literal["masquerade", "direct", "tunnel"]
TunnelType = Literal["ipip", "gue", "gre"]
TunnelChecksum = Literal["none", "csum", "remcsum"]


class ServiceKey(NamedTuple):
    """The identity of a virtual service: protocol, address and port, or firewall mark and family.

    Of a firewall-mark service, protocol and address are "" and port is 0; of an addressed one, fwmark
    is 0. The kernel keys marks by family too: mark 1 for IPv4 and for IPv6 are two services.
    """

    family: Family
    protocol: Protocol | Literal[""]
    address: str
    port: int
    fwmark: int

    def __str__(self) -> str:
        if self.fwmark:
            return f"fwmark {self.fwmark}" + (" ipv6" if self.family == "inet6" else "")
        return f"{self.protocol} {endpoint(self.address, self.port)}"


_KEY = len(ServiceKey._fields)
"""A `VirtualService` begins with the fields of its key."""


class RealServer(NamedTuple):
    """Where a connection goes. Identity: (address, port)."""

    address: str
    port: int
    forwarding: Forwarding = "masquerade"
    weight: int = 1
    upper_threshold: int = 0
    """Connections above which the server gets no new ones; 0 = no limit."""
    lower_threshold: int = 0
    """Connections below which it gets new ones again; 0 = the kernel's default, 3/4 of upper."""
    tunnel_type: TunnelType = "ipip"
    tunnel_port: int = 0
    """UDP port of GUE; 0 for every other type."""
    tunnel_checksum: TunnelChecksum = "none"

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the other real servers of its service."""
        return (self.address, self.port)

    def __str__(self) -> str:
        return endpoint(self.address, self.port)


class VirtualService(NamedTuple):
    """What clients connect to, and how connections are spread."""

    family: Family
    protocol: Protocol | Literal[""]
    address: str
    port: int
    fwmark: int
    scheduler: str = "wlc"
    flags: tuple[str, ...] = ()
    """Scheduler flags by ipvsadm's names (`sh-fallback`, `mh-port`, `flag-3`), sorted by their bit."""
    persistence: int = 0
    """Seconds that a client sticks to its real server; 0 = not persistent."""
    netmask: str = "255.255.255.255"
    """What of the client's address counts for persistence: dotted for IPv4, a prefix length for IPv6."""
    persistence_engine: str = ""
    one_packet: bool = False
    real_servers: tuple[RealServer, ...] = ()

    @property
    def key(self) -> ServiceKey:
        """What tells it from every other service of the director."""
        return new(ServiceKey, self[:_KEY])

    @property
    def settings(self) -> "VirtualService":
        """The service without its real servers: what one SET_SERVICE message carries."""
        return new(VirtualService, (*self[:-1], ()))

    def __str__(self) -> str:
        return str(self.key)


class Scope(NamedTuple):
    """Which parts of a director's IPVS somebody speaks for."""

    services: frozenset[ServiceKey] = frozenset()
    timeouts: frozenset[str] = frozenset()
    """Names of `Timeouts`' fields."""
    sync: bool = False
    """Whether sync daemons run, and how."""
    sysctls: frozenset[str] = frozenset()
    """Names below net.ipv4.vs."""

    def with_services(self, keys: Iterable[ServiceKey]) -> "Scope":
        """The same, and these services too."""
        return self._replace(services=self.services.union(keys))


class Table(NamedTuple):
    """Everything IPVS of one director should hold. Make one with `canonical_form.make_table`.

    A table made of a reading holds all three kinds of settings; one that people wrote holds those
    that it decides.
    """

    services: tuple[VirtualService, ...] = ()
    timeouts: Timeouts = Timeouts()
    sync: tuple[SyncDaemon, ...] | None = None
    """The sync daemons; () = none may run, None = as the director has it."""
    sysctls: tuple[Sysctl, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the canonical document: what an approval binds to."""
        from lvs.canonical_text import digest_of  # which is made of this module

        return digest_of(self)

    @property
    def scope(self) -> Scope:
        """What the table decides."""
        return Scope(
            frozenset(service.key for service in self.services),
            self.timeouts.given,
            self.sync is not None,
            frozenset(sysctl.name for sysctl in self.sysctls),
        )

    @property
    def settings(self) -> tuple[Timeouts, tuple[SyncDaemon, ...] | None, tuple[Sysctl, ...]]:
        """What is no service: as `make_table` takes it after the services."""
        return (self.timeouts, self.sync, self.sysctls)

    def by_key(self) -> dict[ServiceKey, VirtualService]:
        """The services by their identity."""
        return {service.key: service for service in self.services}

    def only(self, scope: Scope) -> "Table":
        """The part of the table that the scope speaks for."""
        return Table(
            tuple(s for s in self.services if s.key in scope.services),
            self.timeouts.only(scope.timeouts),
            self.sync if scope.sync else None,
            tuple(s for s in self.sysctls if s.name in scope.sysctls),
        )


EMPTY = Table()
