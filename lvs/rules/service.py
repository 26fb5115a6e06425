"""What is wrong with one virtual service."""

from collections.abc import Iterator

from lvs.addresses import FULL_NETMASK, canonical, family_of
from lvs.model import VirtualService
from lvs.rules.problem import Problem, did_you_mean, quoted
from lvs.rules.schedulers import SCHEDULERS, flags_of, spare_flags_of
from lvs.rules.server import all_plain, check_server
from lvs.rules.values import (
    MAX_PORT,
    canonical_or_none,
    check_address,
    check_choice,
    check_netmask,
    check_range,
    unicast_family,
)

PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "sctp": "SCTP"}
FAMILIES = {"inet": "IPv4", "inet6": "IPv6"}
ENGINES = {"sip": "SIP call-id"}
MAX_PERSISTENCE = 31 * 86400
"""Seconds: ipvsadm's limit; above it some kernels overflow when they count in ticks."""


def check_service(service: VirtualService) -> list[Problem]:
    """Every problem of a service and its real servers. The values may be as a person typed them."""
    problems: list[Problem] = []
    if not is_plain(service):
        problems += _check_key(service)
        problems += _check_settings(service)
    if not all_plain(service):
        for index, server in enumerate(service.real_servers):
            problems += (p.under("real_servers", index) for p in check_server(service, server))
        problems += _check_doubled_servers(service)
    problems += _warn(service)
    return problems


def is_plain(service: VirtualService) -> bool:
    """Whether a service's own fields are surely without any problem, as `all_plain` says of its servers.

    False says nothing: then each field needs a close look.
    """
    return (
        not service.fwmark
        and service.protocol in PROTOCOLS
        and 0 < service.port <= MAX_PORT
        and service.scheduler in SCHEDULERS
        and service[_FLAGS:_REAL_SERVERS] in _PLAIN_SETTINGS
        and unicast_family(service.address) is not None
    )


_FLAGS = VirtualService._fields.index("flags")
_REAL_SERVERS = VirtualService._fields.index("real_servers")
_PLAIN_SETTINGS = [((), 0, netmask, "", False) for netmask in ("", *FULL_NETMASK.values())]


def is_usable(service: VirtualService) -> bool:
    """Whether any real server of it can get a new connection: one with a weight above 0."""
    return any(server.weight > 0 for server in service.real_servers)


def _check_key(service: VirtualService) -> Iterator[Problem]:
    if service.fwmark or not (service.protocol or service.address):
        yield from check_range(
            ("fwmark",), service.fwmark, (1, 2**32 - 1), "The firewall mark", "fwmark.range"
        )
        yield from check_choice(("family",), service.family, FAMILIES, "family", "family.unknown")
        return
    yield from check_choice(
        ("protocol",), service.protocol, PROTOCOLS, "protocol", "protocol.unknown"
    )
    yield from check_address(service.address, "virtual service")
    low = 0 if service.persistence > 0 else 1
    found = list(check_range(("port",), service.port, (low, MAX_PORT), "The port", "port.range"))
    if found and service.port == 0:
        message = "Port 0 (every port) needs persistence: give a port from 1 to 65535, or set it."
        found = [Problem(("port",), "port.zero", message)]
    yield from found


def _check_settings(service: VirtualService) -> Iterator[Problem]:
    name = service.scheduler
    if name not in SCHEDULERS:
        known = ", ".join(SCHEDULERS)
        message = f"{quoted(name)} is no scheduler.{did_you_mean(name, SCHEDULERS)}"
        yield Problem(("scheduler",), "scheduler.unknown", f"{message} There are {known}.")
    else:
        yield from _check_flags(service)
    yield from _check_persistence(service)
    if service.one_packet and not service.fwmark and service.protocol != "udp":
        yield Problem(
            ("one_packet",),
            "one_packet.protocol",
            "One-packet scheduling works for UDP only: turn it off or choose UDP.",
        )


def _check_flags(service: VirtualService) -> Iterator[Problem]:
    known = flags_of(service.scheduler)
    for flag in service.flags:
        if flag in known:
            continue
        message = f"The scheduler {service.scheduler} has no flag {quoted(flag)}"
        if flag in spare_flags_of(service.scheduler):
            # The kernel keeps the bit, whoever set it: a table that holds it can be applied.
            yield Problem(("flags",), "flags.idle", f"{message}: it changes nothing.", "warning")
            continue
        yield Problem(("flags",), "flags.unknown", f"{message}: it takes {' and '.join(known)}.")


def _check_persistence(service: VirtualService) -> Iterator[Problem]:
    if not service.persistence:
        yield from _check_without_persistence(service)
        return
    yield from check_range(
        ("persistence",),
        service.persistence,
        (0, MAX_PERSISTENCE),
        "Persistence, in seconds,",
        "persistence.range",
    )
    family = service.family
    if not service.fwmark and canonical_or_none(service.address):
        family = family_of(canonical(service.address))
    if service.netmask:
        yield from check_netmask(service.netmask, family)
    if service.persistence_engine:
        yield from _check_engine(service)


def _check_without_persistence(service: VirtualService) -> Iterator[Problem]:
    if service.netmask and service.netmask not in FULL_NETMASK.values():
        yield Problem(
            ("netmask",),
            "netmask.unused",
            "A netmask counts for persistence only: set persistence too, or leave it out.",
        )
    if service.persistence_engine:
        yield Problem(
            ("persistence_engine",),
            "persistence_engine.unused",
            "A persistence engine needs persistence: set its time too, or leave it out.",
        )


def _check_engine(service: VirtualService) -> Iterator[Problem]:
    engine = service.persistence_engine
    yield from check_choice(
        ("persistence_engine",),
        engine,
        ENGINES,
        "persistence engine",
        "persistence_engine.unknown",
    )
    if engine == "sip" and not service.fwmark and service.protocol != "udp":
        yield Problem(
            ("persistence_engine",),
            "persistence_engine.protocol",
            "The persistence engine sip works for UDP only: leave it out or choose UDP.",
        )


def _check_doubled_servers(service: VirtualService) -> Iterator[Problem]:
    seen: dict[tuple[str, int], int] = {}
    for index, server in enumerate(service.real_servers):
        address = canonical_or_none(server.address)
        if address is None:
            continue
        first = seen.setdefault((address, server.port), index)
        if first != index:
            yield Problem(
                ("real_servers", index, "address"),
                "server.doubled",
                f"{server._replace(address=address)} stands in this service already, as real "
                f"server {first + 1}: change the address or the port, or remove one of them.",
            )


def _warn(service: VirtualService) -> Iterator[Problem]:
    if not is_usable(service):
        reason = (
            "Every real server has weight 0"
            if service.real_servers
            else "The service has no real servers"
        )
        message = f"{reason}: new connections to it are refused."
        yield Problem(("real_servers",), "service.unusable", message, "warning")
    if service.scheduler in ("rr", "lc") and len(_weights_in_use(service)) > 1:
        yield Problem(
            ("scheduler",),
            "scheduler.ignores_weights",
            f"{service.scheduler} does not look at weights: choose w{service.scheduler} if "
            "they should count.",
            "warning",
        )


def _weights_in_use(service: VirtualService) -> set[int]:
    return {server.weight for server in service.real_servers if server.weight > 0}
