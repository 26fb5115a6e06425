"""A service or real server as ipvsadm 1.31's arguments: shared by `ipvsadm -Sn` text and plans."""

from typing import Any

from lvs.addresses import FULL_NETMASK, endpoint, packed
from lvs.model import RealServer, ServiceKey, Table, VirtualService

SERVICE_OPTION = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}
FORWARDING_OPTION = {"masquerade": "-m", "direct": "-g", "tunnel": "-i"}
_CHECKSUM_OPTION = {"none": "--tun-nocsum", "csum": "--tun-csum", "remcsum": "--tun-remcsum"}

_PROTOCOLS = ("tcp", "udp", "sctp")  # by their numbers: 6, 17, 132


def in_ipvsadms_order(table: Table) -> list[VirtualService]:
    """The services as `ipvsadm` sorts them: by mark, family, protocol, address, port.

    ipvsadm compares by subtracting 32-bit numbers, so that distant addresses may come out in
    another order there: compare sorted lines.
    """
    return sorted(table.services, key=_order)


def _order(service: VirtualService) -> tuple[Any, ...]:
    protocol = _PROTOCOLS.index(service.protocol) if service.protocol else 0
    address = packed(service.address) if service.address else b""
    return (service.fwmark, service.family, protocol, address, service.port)


def key_arguments(key: ServiceKey) -> list[str]:
    """`-t 192.0.2.1:80`, `-f 1` or `-f 1 -6`."""
    if key.fwmark:
        return ["-f", str(key.fwmark)] + (["-6"] if key.family == "inet6" else [])
    return [SERVICE_OPTION[key.protocol], endpoint(key.address, key.port)]


def service_arguments(service: VirtualService) -> list[str]:
    """What follows `ipvsadm -A` or `-E`, in the order in which `ipvsadm -Sn` prints it."""
    arguments = [*key_arguments(service.key), "-s", service.scheduler]
    if service.persistence:
        arguments += ["-p", str(service.persistence)]
        if service.netmask != FULL_NETMASK[service.family]:
            arguments += ["-M", service.netmask]
        if service.persistence_engine:
            arguments += ["--pe", service.persistence_engine]
    if service.one_packet:
        arguments.append("-o")
    if service.flags:
        arguments += ["-b", ",".join(service.flags)]
    return arguments


def server_arguments(key: ServiceKey, server: RealServer) -> list[str]:
    """What follows `ipvsadm -a` or `-e`. Thresholds only where set: `-S` never prints them.

    The forwarding that the kernel chose by itself, as for an address of its own (`local`), has no option.
    """
    arguments = [*key_arguments(key), "-r", str(server)]
    if option := FORWARDING_OPTION.get(server.forwarding):
        arguments.append(option)
    arguments += ["-w", str(server.weight)]
    if server.forwarding == "tunnel":
        arguments += _tunnel_arguments(server)
    if server.upper_threshold:
        arguments += ["-x", str(server.upper_threshold)]
    if server.lower_threshold:
        arguments += ["-y", str(server.lower_threshold)]
    return arguments


def _tunnel_arguments(server: RealServer) -> list[str]:
    """As `-Sn` prints them: the type always, the checksum wherever the type can have one."""
    arguments = ["--tun-type", server.tunnel_type]
    if server.tunnel_type == "gue":
        arguments += ["--tun-port", str(server.tunnel_port)]
    if server.tunnel_type != "ipip":
        arguments.append(_CHECKSUM_OPTION[server.tunnel_checksum])
    return arguments
