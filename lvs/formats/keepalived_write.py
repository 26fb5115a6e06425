"""Table → keepalived.conf, every default written out, and what of the table can't stand in it.

Real servers get no health checks: keepalived keeps those in the kernel for good.
"""

from collections.abc import Iterator

from lvs.addresses import FULL_NETMASK
from lvs.formats.errors import Note
from lvs.formats.ipvsadm_args import in_ipvsadms_order
from lvs.formats.notes import (
    about_no_services,
    about_sysctls,
    without_idle_ports,
    without_odd_names,
)
from lvs.model import RealServer, Table, VirtualService
from lvs.settings import ROLES, SyncDaemon

_METHODS = {"masquerade": "NAT", "direct": "DR", "tunnel": "TUN"}
_CHECKSUMS = {"none": "nocsum", "csum": "csum", "remcsum": "remcsum"}


def render_keepalived(table: Table) -> tuple[str, tuple[Note, ...]]:
    """The text, and a note for each thing that keepalived.conf can't carry."""
    notes: list[Note] = [*about_sysctls(table), *about_no_services(table)]
    table, odd = without_odd_names(table)
    notes += odd
    blocks = [_block("global_defs", lines)] if (lines := _globals(table, notes)) else []
    for service in in_ipvsadms_order(table):
        if service.real_servers:
            servers, said = without_idle_ports(service)
            notes += (Note("", None, message) for message in said)
            blocks.append("".join(_service(service, servers)))
        else:
            message = f"{service}: keepalived ignores a virtual server without real servers"
            notes.append(Note("", None, message))
    return "\n".join(blocks), tuple(notes)


def _block(head: str, lines: list[str], indent: str = "") -> str:
    inner = "".join(f"{indent}    {line}\n" for line in lines)
    return f"{indent}{head} {{\n{inner}{indent}}}\n"


def _globals(table: Table, notes: list[Note]) -> list[str]:
    lines = []
    seconds = table.timeouts
    given = (("tcp", seconds.tcp), ("tcpfin", seconds.tcp_fin), ("udp", seconds.udp))
    if seconds.given:
        lines.append(
            "lvs_timeouts " + " ".join(f"{name} {value}" for name, value in given if value)
        )
    if table.sync is None:
        return lines
    if _both_alike(table.sync):
        lines.append(_sync(table.sync[0]))
        return lines
    message = "keepalived runs both sync daemons, with the same settings, or none of its own"
    if not table.sync:
        notes.append(Note("", None, f"that no sync daemon may run: {message}"))
    notes += (Note("", None, f"the {daemon}: {message}") for daemon in table.sync)
    return lines


def _both_alike(sync: tuple[SyncDaemon, ...]) -> bool:
    roles = {daemon.role for daemon in sync}
    alike = {daemon._replace(role="master") for daemon in sync}
    return len(alike) == 1 and roles == set(ROLES)


def _sync(daemon: SyncDaemon) -> str:
    numbers = f"id {daemon.syncid} maxlen {daemon.maxlen} port {daemon.port} ttl {daemon.ttl}"
    return f"lvs_sync_daemon {daemon.interface} {numbers} group {daemon.group}"


def _service(service: VirtualService, servers: list[RealServer]) -> Iterator[str]:
    head = f"fwmark {service.fwmark}" if service.fwmark else f"{service.address} {service.port}"
    yield f"virtual_server {head} {{\n"
    for line in _settings(service):
        yield f"    {line}\n"
    for server in servers:
        yield _block(f"real_server {server.address} {server.port}", list(_server(server)), "    ")
    yield "}\n"


def _settings(service: VirtualService) -> Iterator[str]:
    if service.fwmark:
        yield f"ip_family {service.family}"
    else:
        yield f"protocol {service.protocol.upper()}"
    yield f"lb_algo {service.scheduler}"
    yield from service.flags  # after the scheduler that they belong to, or keepalived drops them
    if service.one_packet:
        yield "ops"
    if service.persistence:
        yield f"persistence_timeout {service.persistence}"
        if service.netmask != FULL_NETMASK[service.family]:
            yield f"persistence_granularity {service.netmask}"
        if service.persistence_engine:
            yield f"persistence_engine {service.persistence_engine}"


def _server(server: RealServer) -> Iterator[str]:
    yield f"weight {server.weight}"
    yield f"lvs_method {_METHODS[server.forwarding]}{_tunnel(server)}"
    if server.upper_threshold:
        yield f"uthreshold {server.upper_threshold}"
    if server.lower_threshold:
        yield f"lthreshold {server.lower_threshold}"


def _tunnel(server: RealServer) -> str:
    if server.forwarding != "tunnel":
        return ""
    if server.tunnel_type == "ipip":
        return " type ipip"
    port = f" port {server.tunnel_port}" if server.tunnel_type == "gue" else ""
    return f" type {server.tunnel_type}{port} {_CHECKSUMS[server.tunnel_checksum]}"
