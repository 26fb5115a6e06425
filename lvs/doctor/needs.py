"""What a table asks of its host: pure."""

from collections.abc import Iterable
from typing import NamedTuple

from lvs.addresses import Family, family_of
from lvs.doctor.host import Host
from lvs.model import Forwarding, ServiceKey, Table, TunnelChecksum, TunnelType
from lvs.settings import SyncDaemon


class Way(NamedTuple):
    """How packets get to one real server."""

    address: str
    forwarding: Forwarding
    tunnel_type: TunnelType
    tunnel_port: int
    tunnel_checksum: TunnelChecksum
    inner: Family
    """Of the packets themselves: of the service."""

    @property
    def family(self) -> Family:
        """Of the real server's address."""
        return family_of(self.address)


def ways(table: Table) -> dict[Way, tuple[ServiceKey, ...]]:
    """Each way in the table, with the services that use it, in the table's order."""
    found: dict[Way, list[ServiceKey]] = {}
    for service in table.services:
        for server in service.real_servers:
            way = Way(
                server.address,
                server.forwarding,
                server.tunnel_type,
                server.tunnel_port,
                server.tunnel_checksum,
                service.family,
            )
            keys = found.setdefault(way, [])
            if not keys or keys[-1] != service.key:
                keys.append(service.key)
    return {way: tuple(keys) for way, keys in found.items()}


def forwardings(table: Table) -> dict[str, tuple[Forwarding, ...]]:
    """Address of each real server → how connections go there."""
    found: dict[str, dict[Forwarding, None]] = {}
    for way in ways(table):
        found.setdefault(way.address, {})[way.forwarding] = None
    return {address: tuple(kinds) for address, kinds in found.items()}


def vips(table: Table) -> tuple[str, ...]:
    """The addresses of the virtual services, each once."""
    return tuple(dict.fromkeys(s.address for s in table.services if s.address))


def addresses_of(table: Table) -> tuple[str, ...]:
    """All addresses that the table names: those of virtual services, then those of real servers."""
    return tuple(dict.fromkeys([*vips(table), *forwardings(table)]))


def families(table: Table) -> set[Family]:
    """Of services and of real servers."""
    found: set[Family] = {service.family for service in table.services}
    return found | {family_of(address) for address in forwardings(table)}


def daemons(host: Host, table: Table) -> tuple[SyncDaemon, ...]:
    """The sync daemons that the table wants; where it doesn't decide that, those that run."""
    if table.sync is not None:
        return table.sync
    return (host.held and host.held.sync) or ()


class Setting(NamedTuple):
    """The value of a sysctl of IPVS that counts for a table."""

    value: int | None
    """None = not known."""
    decided: bool
    """The table itself says so: no command on the host changes it for long."""


def ipvs_setting(host: Host, table: Table, name: str) -> Setting:
    """That of the table; where it doesn't decide, that of the host."""
    for sysctl in table.sysctls:
        if sysctl.name == name and sysctl.value.isdecimal():
            return Setting(int(sysctl.value), decided=True)
    return Setting(host.number(f"net/ipv4/vs/{name}"), decided=False)


def some(things: Iterable[object], most: int = 3) -> str:
    """`a, b, c and 5 more`."""
    shown = [str(thing) for thing in things]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
