"""What IPVS of one director should hold, as immutable values.

A `Table` is canonical: addresses in canonical text, services and real servers in one order, every
default written out. Two tables that mean the same are equal and have the same digest.

These are named tuples rather than dataclasses because a table holds ten thousand of them and is
built anew at each read: construction, comparison and hashing then run in C.
"""

from collections.abc import Iterable
from operator import lt
from typing import Any, Literal, NamedTuple

from lvs.addresses import FULL_NETMASK, Family, canonical, endpoint, family_of, packed
from lvs.named_tuples import new
from lvs.remember import remembered
from lvs.settings import (
    SyncDaemon,
    Sysctl,
    Timeouts,
    canonical_daemons,
    canonical_sysctls,
)

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
    """Everything IPVS of one director should hold. Make one with `make_table`.

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
_UNTOUCHED = Timeouts()


def service_order(key: "ServiceKey | VirtualService") -> tuple[Any, ...]:
    """Sort key: addressed services before marks, IPv4 before IPv6, then by number."""
    raw = packed(key.address) if key.address else b""
    return (bool(key.fwmark), key.family, raw, key.port, key.protocol, key.fwmark)


def server_order(server: RealServer) -> tuple[Any, ...]:
    """Sort key: IPv4 before IPv6, then by number. Raises ValueError on an address that isn't canonical."""
    return (_address_order(server.address), server.port)


@remembered
def _address_order(address: str) -> bytes:
    if canonical(address) != address:
        raise ValueError(f"“{address}” is not written in its canonical form")
    raw = packed(address)
    return bytes([len(raw)]) + raw


def canonical_service(service: VirtualService) -> VirtualService:
    """The service in its one canonical form. Raises ValueError on an address that is none.

    Fields that the kernel ignores get their default: netmask and engine without persistence,
    the tunnel settings without tunnel forwarding.
    """
    servers = _canonical_servers(service.real_servers)
    if servers is service.real_servers and _is_canonical(service):
        return service
    address = canonical(service.address) if not service.fwmark else ""
    family = service.family if service.fwmark else family_of(address)
    persistent = service.persistence > 0
    netmask = service.netmask if persistent and service.netmask else FULL_NETMASK[family]
    return VirtualService(
        family,
        "" if service.fwmark else service.protocol,
        address,
        0 if service.fwmark else service.port,
        service.fwmark,
        service.scheduler,
        tuple(sorted(set(service.flags), key=_flag_order)) if service.flags else (),
        service.persistence,
        canonical(netmask) if "." in netmask else netmask,
        service.persistence_engine if persistent else "",
        service.one_packet,
        servers,
    )


_FLAGS = VirtualService._fields.index("flags")
_PLAIN_SETTINGS: dict[str, tuple[Any, ...]] = {
    family: ((), 0, netmask, "", False) for family, netmask in FULL_NETMASK.items()
}


def _is_canonical(service: VirtualService) -> bool:
    """Whether a service's own fields surely are. False says nothing."""
    address = service.address
    return (
        not service.fwmark
        and service[_FLAGS:-1] == _PLAIN_SETTINGS.get(service.family)
        and service.family == family_of(address)
        and canonical(address) == address
    )


_FLAG_ORDER = {"fallback": 1, "port": 2, "1": 1, "2": 2, "3": 3}


def _flag_order(flag: str) -> tuple[int, str]:
    return (_FLAG_ORDER.get(flag.rpartition("-")[2], 9), flag)


_NO_TUNNEL = ("ipip", 0, "none")


def _canonical_servers(servers: tuple[RealServer, ...]) -> tuple[RealServer, ...]:
    """Each in its canonical form, and all in order. Raises ValueError on an address that is none.

    Nearly all are so already, which is told by looking at one field of all at once.
    """
    if not servers or _are_canonical(servers):
        return servers
    return tuple(sorted(map(_canonical_server, servers), key=server_order))


def _are_canonical(servers: tuple[RealServer, ...]) -> bool:
    """Whether they surely are, each and in order. False says nothing."""
    addresses, _, _, _, _, _, types, tunnel_ports, checksums = zip(*servers, strict=True)
    if any(tunnel_ports) or not types.count("ipip") == checksums.count("none") == len(servers):
        return False
    try:
        order = list(map(_address_order, addresses))
    except ValueError:
        return False
    return all(map(lt, order, order[1:]))  # where an address stands twice, the port decides


def _canonical_server(server: RealServer) -> RealServer:
    address = canonical(server.address)
    if server.forwarding != "tunnel" and server[-len(_NO_TUNNEL) :] != _NO_TUNNEL:
        server = server._replace(tunnel_type="ipip", tunnel_port=0, tunnel_checksum="none")
    return server if address == server.address else server._replace(address=address)


def make_table(
    services: Iterable[VirtualService] = (),
    timeouts: Timeouts = _UNTOUCHED,
    sync: tuple[SyncDaemon, ...] | None = None,
    sysctls: tuple[Sysctl, ...] = (),
) -> Table:
    """A canonical table. Raises ValueError on an address that is none.

    Doubled services are kept as they are: `lvs.rules` names them.
    """
    return sorted_table(map(canonical_service, services), timeouts, sync, sysctls)


def sorted_table(
    services: Iterable[VirtualService],
    timeouts: Timeouts = _UNTOUCHED,
    sync: tuple[SyncDaemon, ...] | None = None,
    sysctls: tuple[Sysctl, ...] = (),
) -> Table:
    """As `make_table`, of services that are canonical each for itself."""
    return Table(
        tuple(sorted(services, key=service_order)),
        timeouts,
        None if sync is None else canonical_daemons(sync),
        canonical_sysctls(sysctls),
    )


def canonical_table(table: Table) -> Table:
    """The table in its one canonical form. Raises ValueError on an address that is none."""
    return make_table(*table)
