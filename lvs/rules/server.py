"""What is wrong with one real server, in its service."""

from collections.abc import Iterator
from operator import le

from lvs.addresses import canonical, family_of
from lvs.model import RealServer, VirtualService
from lvs.rules.problem import Problem, quoted
from lvs.rules.values import (
    MAX_INT,
    MAX_PORT,
    canonical_or_none,
    check_address,
    check_choice,
    check_range,
    unicast_family,
)

FORWARDING = {"masquerade": "NAT", "direct": "direct routing", "tunnel": "tunnelling"}
TUNNEL_TYPES = {"ipip": "IP in IP", "gue": "Generic UDP Encapsulation", "gre": "GRE"}
TUNNEL_CHECKSUMS = {"none": "none", "csum": "checksum", "remcsum": "remote checksum offload"}
_CHECKSUMS_OF = {"ipip": ("none",), "gre": ("none", "csum"), "gue": ("none", "csum", "remcsum")}


def check_server(service: VirtualService, server: RealServer) -> Iterator[Problem]:
    """Every problem of a real server; paths start at the real server."""
    yield from check_address(server.address, "real server")
    yield from check_choice(
        ("forwarding",), server.forwarding, FORWARDING, "forwarding method", "forwarding.unknown"
    )
    yield from _check_port(service, server)
    yield from check_range(("weight",), server.weight, (0, MAX_INT), "The weight", "weight.range")
    yield from _check_thresholds(server)
    yield from _check_family(service, server)
    if server.forwarding == "tunnel":
        yield from _check_tunnel(server)
    yield from _warn(service, server)


def all_plain(service: VirtualService) -> bool:
    """Whether all real servers are surely without any problem, told without a word about each field.

    Nearly all of a large table are, and this looks at each field of all of them at once. False says
    nothing: then each needs `check_server`.
    """
    servers = service.real_servers
    if not servers:
        return True
    addresses, ports, forwardings, weights, upper, lower, *_ = zip(*servers, strict=True)
    family = service.family if service.fwmark else unicast_family(service.address)
    count = len(servers)
    return (
        family is not None
        and list(map(unicast_family, addresses)).count(family) == count
        and (len({service.address, *addresses}) > count or _all_differ(service))
        and (
            forwardings.count("masquerade") == count
            or forwardings.count("direct") == ports.count(service.port) == count
        )
        and 0 < min(ports) <= max(ports) <= MAX_PORT
        and 0 < min(weights) <= max(weights) <= MAX_INT
        and (not (any(upper) or any(lower)) or _are_plain_limits(upper, lower))
        and service.scheduler != "ovf"
    )


def _all_differ(service: VirtualService) -> bool:
    """Whether no real server stands there twice or is the service itself."""
    keys = {server.key for server in service.real_servers}
    addresses = {address for address, _ in keys}
    return len(keys) == len(service.real_servers) and service.address not in addresses


def _are_plain_limits(upper: tuple[int, ...], lower: tuple[int, ...]) -> bool:
    return min(lower) >= 0 and max(upper) <= MAX_INT and all(map(le, lower, upper))


def _check_port(service: VirtualService, server: RealServer) -> Iterator[Problem]:
    if not 0 <= server.port <= MAX_PORT:
        yield from check_range(("port",), server.port, (1, MAX_PORT), "The port", "port.range")
    elif server.forwarding in ("direct", "tunnel") and server.port != service.port:
        yield _mapped(service, server)
    elif server.port == 0 and service.port != 0:
        own = f"; the service's own is {service.port}" if 0 < service.port <= MAX_PORT else ""
        message = f"Give a port from 1 to {MAX_PORT}{own}."
        yield Problem(("port",), "port.zero", message)


def _mapped(service: VirtualService, server: RealServer) -> Problem:
    """Refused, but of a firewall mark a warning: there ipvsadm takes such a port too."""
    how = f"With forwarding {server.forwarding} packets keep their port"
    if service.fwmark:
        message = f"{how}: port {server.port} has no effect. Give port 0."
        return Problem(("port",), "port.unused", message, "warning")
    return Problem(
        ("port",),
        "port.mapped",
        f"{how}, so the real server's port must be the service's, {service.port}, not "
        f"{server.port}. Only masquerade can map ports.",
    )


def _check_thresholds(server: RealServer) -> Iterator[Problem]:
    upper, lower = server.upper_threshold, server.lower_threshold
    bounds = (0, MAX_INT)
    yield from check_range(
        ("upper_threshold",), upper, bounds, "The upper threshold", "upper_threshold.range"
    )
    yield from check_range(
        ("lower_threshold",), lower, bounds, "The lower threshold", "lower_threshold.range"
    )
    if lower > 0 and upper == 0:
        yield Problem(
            ("lower_threshold",),
            "threshold.lower_only",
            "A lower threshold needs an upper one: set the upper threshold too, or neither.",
        )
    elif lower > upper:
        yield Problem(
            ("lower_threshold",),
            "threshold.order",
            f"The lower threshold ({lower}) must not be above the upper threshold ({upper}).",
        )


def _check_family(service: VirtualService, server: RealServer) -> Iterator[Problem]:
    address = canonical_or_none(server.address)
    vip = service.address if not service.fwmark else ""
    if address is None or (vip and canonical_or_none(vip) is None):
        return
    family = family_of(canonical(vip)) if vip else service.family
    if family_of(address) != family and server.forwarding != "tunnel":
        names = {"inet": "IPv4", "inet6": "IPv6"}
        yield Problem(
            ("address",),
            "address.family",
            f"An {names.get(family, family)} service reaches an {names[family_of(address)]} real "
            "server by forwarding tunnel only: choose tunnel or another address.",
        )


def _check_tunnel(server: RealServer) -> Iterator[Problem]:
    kind, port = server.tunnel_type, server.tunnel_port
    yield from check_choice(
        ("tunnel_type",), kind, TUNNEL_TYPES, "tunnel type", "tunnel_type.unknown"
    )
    if kind == "gue":
        yield from check_range(
            ("tunnel_port",), port, (1, MAX_PORT), "The tunnel port of GUE", "tunnel_port.range"
        )
    elif port:
        message = f"Only tunnel type gue has a port: leave it at 0 for {quoted(kind, 20)}."
        yield Problem(("tunnel_port",), "tunnel_port.unused", message)
    checksum = server.tunnel_checksum
    unknown = list(
        check_choice(
            ("tunnel_checksum",),
            checksum,
            TUNNEL_CHECKSUMS,
            "tunnel checksum",
            "tunnel_checksum.unknown",
        )
    )
    yield from unknown
    if not unknown and checksum not in _CHECKSUMS_OF.get(kind, (checksum,)):
        yield Problem(
            ("tunnel_checksum",),
            "tunnel_checksum.unsupported",
            f"Tunnel type {kind} has no checksum {checksum}: "
            f"it takes {' or '.join(_CHECKSUMS_OF[kind])}.",
        )


def _warn(service: VirtualService, server: RealServer) -> Iterator[Problem]:
    vip = canonical_or_none(service.address) if not service.fwmark else None
    if vip and canonical_or_none(server.address) == vip:
        yield Problem(
            ("address",),
            "address.is_vip",
            f"{vip} is the virtual service's own address: the director itself would serve "
            "these connections.",
            "warning",
        )
    if service.scheduler == "ovf" and server.weight == 1:
        yield Problem(
            ("weight",),
            "weight.ovf",
            "Under ovf the weight is the number of connections a server takes before the next "
            "one gets any: this one takes 1.",
            "warning",
        )
    if server.weight == 0 and _keeps_weight_zero(service):
        yield Problem(("weight",), "weight.hashed", _hashed(service.scheduler), "warning")


def _keeps_weight_zero(service: VirtualService) -> bool:
    """These keep a server of weight 0 in their table of hashes and turn its clients away."""
    name = service.scheduler
    return name == "dh" or (name in ("mh", "sh") and f"{name}-fallback" not in service.flags)


def _hashed(scheduler: str) -> str:
    remedy = (
        "Choose another scheduler to drain it."
        if scheduler == "dh"
        else f"Set the flag {scheduler}-fallback, and they go to the others."
    )
    return f"Under {scheduler} clients that hash to a server of weight 0 get no server. {remedy}"
