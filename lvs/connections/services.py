"""Which virtual service a line belongs to, and whom a template holds for. Pure.

A template stands in the list under the client's network, not its address, and the list doesn't say
how large that network is: the service's persistence netmask does (`ip_vs_sched_persist` in the
kernel's `net/netfilter/ipvs/ip_vs_core.c`).
"""

from typing import NamedTuple

from lvs.addresses import FULL_NETMASK, packed
from lvs.connections.lines import PROTOCOL, SERVICE, SERVICE_PORT, Fields, is_template
from lvs.connections.row import Connection, raw_address, raw_mark
from lvs.model import RealServer, ServiceKey, Table, VirtualService

_ANY_PORT, _FTP = b"0000", b"0015"
_Key = tuple[bytes, ...]


class Owner(NamedTuple):
    """The virtual service of a line, in the table of now."""

    service: VirtualService
    mask: int
    """What of a client's address counts: 32 or 128 bits."""
    servers: dict[tuple[str, int], RealServer]


class Services:
    """Finds the virtual service of lines. Firewall marks own templates only: see `owner`."""

    def __init__(self, table: Table) -> None:
        self._owners: dict[_Key, Owner] = {}
        for service in table.services:
            servers = {server.key: server for server in service.real_servers}
            self._owners[_key(service.key)] = Owner(service, mask_of(service), servers)

    def owner(self, fields: Fields) -> Owner | None:
        """The service of a line; None when the table has none for it.

        That is so for a service that was removed, and for the connections of a firewall mark: the
        kernel's list names the mark on templates only.
        """
        protocol, address, port = fields[PROTOCOL], fields[SERVICE], fields[SERVICE_PORT]
        if protocol == b"IP":
            return self._owners.get((protocol, address))
        found = self._owners.get((protocol, address, port))
        if found is None:
            found = self._owners.get((protocol, address, _ANY_PORT))
        if found is None and port == _ANY_PORT and is_template(fields):
            # FTP's control and data connections share a template, which names no port.
            found = self._owners.get((protocol, address, _FTP))
        return found

    def mask(self, fields: Fields) -> int | None:
        """The netmask of a template's client; None when the whole address counts, or none is known."""
        owner = self.owner(fields)
        return owner.mask if owner else None


def _key(key: ServiceKey) -> _Key:
    if key.fwmark:
        return b"IP", raw_mark(key.fwmark, key.family)
    name = key.protocol.upper()
    if name.startswith("PROTOCOL-"):
        name = f"IP_{name[9:]}"
    return name.encode(), raw_address(key.address), f"{key.port:04X}".encode()


def mask_of(service: VirtualService) -> int:
    """The persistence netmask as a number of 32 or 128 bits."""
    if service.family == "inet":
        return int.from_bytes(packed(service.netmask), "big")
    return (1 << 128) - (1 << (128 - int(service.netmask)))


def covered(row: Connection, owner: Owner | None) -> str:
    """Whom a template holds for: `203.0.113.0/24`, or one address."""
    if owner is None or owner.service.netmask == FULL_NETMASK[owner.service.family]:
        return row.client
    netmask = owner.service.netmask
    if owner.service.family == "inet6":
        return f"{row.client}/{netmask}"
    prefix = owner.mask.bit_count()
    if owner.mask == (1 << 32) - (1 << (32 - prefix)):
        return f"{row.client}/{prefix}"
    return f"{row.client} mask {netmask}"  # the kernel takes masks with holes, as 255.0.255.0


def remark(row: Connection, owner: Owner | None) -> str:
    """What keeps a template from being as good as it looks; "" when nothing does."""
    if row.given_up:
        return "given up by the kernel: its real server was not usable"
    if owner is None:
        return "its service is not in the table any more"
    server = owner.servers.get((row.server, row.server_port)) or _on_any_port(row, owner)
    if server is None:
        return "the real server is not in the service any more"
    return "the real server has weight 0" if server.weight == 0 else ""


def _on_any_port(row: Connection, owner: Owner) -> RealServer | None:
    """Templates that hold for all ports of a client name no port of the server."""
    if row.server_port:
        return None
    found = [server for server in owner.servers.values() if server.address == row.server]
    return max(found, key=lambda server: server.weight, default=None)
