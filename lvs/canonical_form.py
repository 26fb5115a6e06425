"""The one form of a service and of a table that means the same: equal tables have equal digests.

What is in this form already is told at a glance, for a reading holds ten thousand real servers.
"""

from collections.abc import Iterable
from operator import lt
from typing import Any

from lvs.addresses import FULL_NETMASK, canonical, family_of, packed
from lvs.model import RealServer, ServiceKey, Table, VirtualService
from lvs.remember import remembered
from lvs.settings import (
    SyncDaemon,
    Sysctl,
    Timeouts,
    canonical_daemons,
    canonical_sysctls,
)

_UNTOUCHED = Timeouts()


def service_order(key: ServiceKey | VirtualService) -> tuple[Any, ...]:
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
