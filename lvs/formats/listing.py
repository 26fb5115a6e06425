"""A table as `ipvsadm -Ln` and `ipvsadm -Ln --stats` list it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lvs.addresses import FULL_NETMASK, endpoint
from lvs.diff_settings import setting_texts
from lvs.formats.ipvsadm_args import in_ipvsadms_order
from lvs.model import RealServer, Table, VirtualService

if TYPE_CHECKING:
    from lvs.counters import Counters, ServerCounters, ServiceCounters

_FORWARD = {"masquerade": "Masq", "direct": "Route", "tunnel": "Tunnel"}
_TITLE = (
    "Prot LocalAddress:Port Scheduler Flags\n"
    "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
)
_STATS_TITLE = (
    "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n"
    "  -> RemoteAddress:Port\n"
)


def render_listing(
    table: Table, counters: "Sequence[ServiceCounters] | None" = None, *, stats: bool = False
) -> str:
    """The table with its connection columns, or with `stats` its counters; “-” where unknown."""
    by_key = {entry.key: entry for entry in counters or ()}
    lines = [_STATS_TITLE if stats else _TITLE]
    for service in in_ipvsadms_order(table):
        entry = by_key.get(service.key)
        servers = {(s.address, s.port): s for s in entry.servers} if entry else {}
        if stats:
            lines.append(f"{_name(service):<33}{_columns(entry.counters if entry else None)}\n")
        else:
            lines.append(f"{_name(service)} {_settings(service)}\n")
        for server in service.real_servers:
            lines.append(_server_line(server, servers.get(server.key), stats=stats))
    return "".join(lines) + _settings_lines(table)


def _settings_lines(table: Table) -> str:
    """What the table decides beside its services, a line each; no text when it decides nothing."""
    return "".join(f"{name}: {text}\n" for name, text in setting_texts(table).items())


def _name(service: VirtualService) -> str:
    if service.fwmark:
        return f"FWM  {service.fwmark}" + (" IPv6" if service.family == "inet6" else "")
    return f"{service.protocol.upper():<4} {endpoint(service.address, service.port)}"


def _settings(service: VirtualService) -> str:
    words = [service.scheduler]
    if service.flags:
        words.append(f"({','.join(service.flags)})")
    if service.persistence:
        words.append(f"persistent {service.persistence}")
        if service.netmask != FULL_NETMASK[service.family]:
            words.append(f"mask {service.netmask}")
        if service.persistence_engine:
            words.append(f"pe {service.persistence_engine}")
    if service.one_packet:
        words.append("ops")
    return " ".join(words)


def _server_line(server: RealServer, found: "ServerCounters | None", *, stats: bool) -> str:
    name = f"  -> {server!s:<28}"
    if stats:
        return f"{name}{_columns(found.counters if found else None)}\n"
    active, inactive = (found.active, found.inactive) if found else ("-", "-")
    forward = _FORWARD.get(server.forwarding, server.forwarding)
    return f"{name} {forward:<7} {server.weight:<6} {active:<10} {inactive:<10}\n"


def _columns(counters: "Counters | None") -> str:
    if counters is None:
        return f"{'-':>9}" * 5
    return "".join(_large(number) for number in counters)


def _large(number: int) -> str:
    """Nine columns, as ipvsadm's `print_largenum`: from a hundred million on in K, M, G or T."""
    if number < 10**8:
        return f"{number:9d}"
    for limit, divisor, unit in ((10**9, 10**3, "K"), (10**11, 10**6, "M"), (10**14, 10**9, "G")):
        if number < limit:
            return f"{number // divisor:8d}{unit}"
    return f"{number // 10**12:8d}T"
