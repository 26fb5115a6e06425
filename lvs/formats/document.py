"""A table as people write it in JSON and YAML → services; and back, every default written out.

    services:
      - protocol: tcp             # tcp (when left out), udp or sctp
        address: 192.168.49.134
        port: 80
        scheduler: wrr            # wlc when left out
        flags: []                 # of sh and mh: sh-fallback, sh-port; mh-fallback, mh-port
        one_packet: false
        persistence: 300          # seconds, or {timeout, netmask, engine}; none when left out
        real_servers:
          - address: 192.168.1.103
            port: 80              # the service's own when left out
            forwarding: masquerade  # when left out; or direct, tunnel
            weight: 20            # 1 when left out
            upper_threshold: 0    # connections; 0, when left out: no limit
            lower_threshold: 0
      - fwmark: 7                 # instead of protocol, address and port
        family: inet6             # inet when left out

    timeouts: {tcp: 900, tcp_fin: 120, udp: 300}  # seconds; each may be left out
    sync:                         # [] = no daemon may run; left out: as the director has it
      - {role: master, interface: eth0, syncid: 1}  # maxlen, group, port and ttl may be given too
    sysctls: {expire_nodest_conn: 1}  # below net.ipv4.vs

With `forwarding: tunnel` a real server may have `tunnel: {type: gue, port: 6080, checksum: none}`.
Unlike ipvsadm, which forwards direct when nothing is said, a document means masquerade.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lvs.addresses import FULL_NETMASK, Family, family_of
from lvs.documents import table_to_document
from lvs.formats.errors import Draft
from lvs.formats.fields import Fields
from lvs.formats.measured import MEASURED_KEYS, add_counters, add_rates
from lvs.formats.settings_fields import SETTING_KEYS, read_settings
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import Path

if TYPE_CHECKING:
    from lvs.counters import ServiceCounters, ServiceRates

_MARK_KEYS = ("fwmark", "family")
_ADDRESS_KEYS = ("protocol", "address", "port")
_SERVICE_KEYS = (
    *("scheduler", "flags", "one_packet", "persistence", "real_servers"),
    *MEASURED_KEYS,
)
_SERVER_KEYS = (
    *("address", "port", "forwarding", "weight", "upper_threshold", "lower_threshold"),
    "tunnel",
    *MEASURED_KEYS,
)


def read_services(value: Any, lines: Callable[[], dict[Path, int]]) -> Draft:
    """The services of a document, unchecked by rules.

    `lines` gives the line of each path, and is called only when one is wanted. Raises FormatError on
    the first value that is of the wrong kind, missing or unknown.
    """
    fields = Fields(value, (), lines)
    fields.only("services", *SETTING_KEYS)
    services = tuple(_service(service) for service in fields.required_list("services"))

    def line_of(path: Path) -> int | None:
        return fields.line_of(document_path(path))

    return Draft(Table(services, *read_settings(fields)), line_of)


_INSIDE = {
    "netmask": ("persistence", "netmask"),
    "persistence_engine": ("persistence", "engine"),
    "persistence": ("persistence", "timeout"),
    "tunnel_type": ("tunnel", "type"),
    "tunnel_port": ("tunnel", "port"),
    "tunnel_checksum": ("tunnel", "checksum"),
}


def read_service(value: Any, path: Path, lines: Callable[[], dict[Path, int]]) -> VirtualService:
    """One service by itself, unchecked by rules; `path` is where it stands. Raises as `read_services`."""
    return _service(Fields(value, path, lines))


def document_path(path: Path) -> Path:
    """Where a field of the model stands in a document."""
    last = path[-1] if path else ""
    return (*path[:-1], *_INSIDE.get(str(last), (last,))) if path else path


def _service(fields: Fields) -> VirtualService:
    family: Family
    if fields.has("fwmark"):
        fields.only(*_MARK_KEYS, *_SERVICE_KEYS)
        family = (
            "inet6" if fields.choice("family", ("inet", "inet6"), "inet") == "inet6" else "inet"
        )
        protocol, address, port, mark = "", "", 0, fields.whole("fwmark", 0)
        if mark == 0:
            raise fields.error("fwmark", "the firewall mark must be from 1 on")
    else:
        fields.only(*_ADDRESS_KEYS, *_SERVICE_KEYS, also=_MARK_KEYS)
        protocol = fields.choice("protocol", ("tcp", "udp", "sctp"), "tcp")
        address, port, mark = fields.text("address"), fields.whole("port"), 0
        family = family_of(address)
    timeout, netmask, engine = _persistence(fields)
    return VirtualService(
        family,
        protocol,  # type: ignore[arg-type]  # one of the choices
        address,
        port,
        mark,
        scheduler=fields.text("scheduler", "wlc"),
        flags=fields.texts("flags"),
        persistence=timeout,
        netmask=netmask or FULL_NETMASK[family],
        persistence_engine=engine,
        one_packet=fields.yes_or_no("one_packet"),
        real_servers=tuple(_server(server, port) for server in fields.list("real_servers")),
    )


def _persistence(fields: Fields) -> tuple[int, str, str]:
    """Timeout, netmask and engine: from a number, an object, or nothing."""
    inner = fields.inner_or_whole("persistence")
    if isinstance(inner, int):
        return inner, "", ""
    inner.only("timeout", "netmask", "engine")
    timeout = inner.whole("timeout")
    if timeout < 1:
        raise inner.error(
            "timeout", "the timeout must be from 1 s on; leave persistence out for none"
        )
    return timeout, inner.text("netmask", "", number_too=True), inner.text("engine", "")


def _server(fields: Fields, service_port: int) -> RealServer:
    fields.only(*_SERVER_KEYS)
    forwarding = fields.choice("forwarding", ("masquerade", "direct", "tunnel"), "masquerade")
    server = RealServer(
        fields.text("address"),
        fields.whole("port", service_port),
        forwarding,  # type: ignore[arg-type]  # one of the choices
        fields.whole("weight", 1),
        fields.whole("upper_threshold", 0),
        fields.whole("lower_threshold", 0),
    )
    if not fields.has("tunnel"):
        return server
    if forwarding != "tunnel":
        raise fields.error("tunnel", "tunnel settings need “forwarding”: “tunnel”")
    tunnel = fields.inner("tunnel")
    tunnel.only("type", "port", "checksum")
    return server._replace(
        tunnel_type=tunnel.choice("type", ("ipip", "gue", "gre"), "ipip"),
        tunnel_port=tunnel.whole("port", 0),
        tunnel_checksum=tunnel.choice("checksum", ("none", "csum", "remcsum"), "none"),
    )


def render_document(
    table: Table,
    style: str,
    counters: "Sequence[ServiceCounters] | None" = None,
    rates: "Sequence[ServiceRates] | None" = None,
    *,
    totals: bool = True,
) -> str:
    """The table as JSON or YAML text, with counters and rates where they are given.

    totals: else counters are the connections of real servers alone. Reading ignores all of them.
    """
    document = table_to_document(table)
    if counters is not None:
        add_counters(table, document, counters, totals=totals)
    if rates is not None:
        add_rates(table, document, rates)
    if style == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    from lvs.formats.yaml_out import dump_yaml

    return dump_yaml(document)
