"""The kernel's messages → model and counters. Unknown values are shown as they are, never hidden.

What a message means stands here once. How its values are got is another matter: from its attributes
one by one (`decode_…`), or by a learned layout (`reading`).
"""

import sys
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import gt
from socket import ntohs
from typing import Any

from lvs.addresses import FULL_NETMASK, Family, unpacked
from lvs.canonical_form import server_order
from lvs.counters import Counters, Rates, ServerCounters, ServerRates
from lvs.model import RealServer, ServiceKey, VirtualService
from lvs.named_tuples import all_of, new
from lvs.netlink.attributes import ABSENT, Attributes, values_of
from lvs.netlink.fields import (
    SERVER_COUNTER_FIELDS,
    SERVER_FIELDS,
    SERVICE_FIELDS,
    SERVICE_KEY_FIELDS,
)
from lvs.netlink.layout import Column
from lvs.netlink.uapi import FORWARD_MASK, ServiceFlag
from lvs.netlink.values import CHECKSUMS, FAMILIES, FORWARDINGS, PROTOCOLS, TUNNELS
from lvs.remember import remembered
from lvs.rules.schedulers import FLAG_BITS, flags_from_bits

FAMILY_NAMES: dict[int, Family] = {number: name for name, number in FAMILIES.items()}  # type: ignore[misc]
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_FORWARDING_NAMES = {number: name for name, number in FORWARDINGS.items()}
_TUNNEL_NAMES = {number: name for name, number in TUNNELS.items()}
_CHECKSUM_NAMES = {number: name for name, number in CHECKSUMS.items()}
_OWN_FLAGS = ServiceFlag.PERSISTENT | ServiceFlag.HASHED | ServiceFlag.ONEPACKET
_NAMED_BITS = int(_OWN_FLAGS) | sum(FLAG_BITS.values())
# As plain numbers: this is asked for each real server, and members of an Enum are slow to come by.
_PERSISTENT, _ONEPACKET = int(ServiceFlag.PERSISTENT), int(ServiceFlag.ONEPACKET)
_NO_TUNNEL = ("ipip", 0, "none")
_TUNNEL_FIELDS = len(_NO_TUNNEL)


def key_of(values: tuple[Any, ...]) -> ServiceKey:
    """A service's identity, of the values of `SERVICE_KEY_FIELDS`; its family is one of `FAMILY_NAMES`."""
    number, protocol, raw, port, mark = values
    family = FAMILY_NAMES[number]
    if mark != ABSENT:
        return ServiceKey(family, "", "", 0, mark)
    name: Any = _PROTOCOL_NAMES.get(protocol) or f"protocol-{protocol}"  # a foreign one may be any
    return ServiceKey(family, name, _address(family, raw), ntohs(port), 0)


def service_of(values: tuple[Any, ...], servers: tuple[RealServer, ...] = ()) -> VirtualService:
    """A service in canonical form, of the values of `SERVICE_FIELDS`. servers: canonical and sorted."""
    key = key_of(values[: len(SERVICE_KEY_FIELDS)])
    settings = _service_settings((key.family, *values[len(key) :]))
    return new(VirtualService, (*key, *settings, servers))


@remembered
def _service_settings(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of the family's name and the values behind the key."""
    family, name, raw_flags, timeout, raw_netmask, raw_engine = values
    flags = _number(raw_flags[:4])
    scheduler = _text(name)
    persistence, netmask, engine = 0, FULL_NETMASK[family], ""
    if flags & _PERSISTENT and timeout:
        persistence = timeout
        netmask = _netmask(family, raw_netmask)
        engine = _text(raw_engine)
    named = _flags(scheduler, flags)
    return (scheduler, named, persistence, netmask, engine, bool(flags & _ONEPACKET))


def servers_of(columns: Sequence[Column], service_family: Family) -> tuple[RealServer, ...]:
    """The real servers of one service in their canonical order, of the values of each of `SERVER_FIELDS`."""
    raws, ports, numbers, methods, *limits = columns[:-_TUNNEL_FIELDS]
    forwardings = tuple(map(_forwarding, methods))
    if len(set(numbers)) > 1 or "tunnel" in forwardings:
        rows = zip(*columns, strict=True)
        return tuple(sorted([server_of(row, service_family) for row in rows], key=server_order))
    addresses = _addresses(numbers, raws, service_family)
    tunnels = map(repeat, _NO_TUNNEL)
    servers = all_of(RealServer, addresses, map(ntohs, ports), forwardings, *limits, *tunnels)
    # Of one family, so their bytes sort as they do. The kernel tells of the newest first, so most often it
    # is just the other way round.
    if all(map(gt, raws, raws[1:])):
        return tuple(servers)[::-1]
    return tuple([server for _, _, server in sorted(zip(raws, map(ntohs, ports), servers))])  # noqa: B905


def server_of(values: tuple[Any, ...], service_family: Family) -> RealServer:
    """A real server, of the values of `SERVER_FIELDS`."""
    raw, port, number, method, weight, upper, lower, kind, tunnel_port, checksum = values
    forwarding = _forwarding(method)
    tunnel: tuple[Any, ...] = _NO_TUNNEL
    if forwarding == "tunnel" and kind != ABSENT:
        tunnel_type = _TUNNEL_NAMES.get(kind) or f"type-{kind}"
        tunnel_checksum = _CHECKSUM_NAMES.get(checksum or 0) or f"flags-{checksum}"
        tunnel = (tunnel_type, ntohs(tunnel_port), tunnel_checksum)
    address = _server_address(number, raw, service_family)
    return new(RealServer, (address, ntohs(port), forwarding, weight, upper, lower, *tunnel))


@remembered
def _forwarding(method: int) -> str:
    method &= FORWARD_MASK
    return _FORWARDING_NAMES.get(method) or f"method-{method}"


def _server_address(number: int, raw: bytes, service_family: Family) -> str:
    """number: that of the real server's own family, or `ABSENT`."""
    return _address(FAMILY_NAMES.get(number, service_family), raw)


def _addresses(numbers: Column, raws: Column, service_family: Family) -> Iterable[str]:
    """`_server_address` of each."""
    if len(set(numbers)) > 1:
        return map(_server_address, numbers, raws, repeat(service_family))
    family = FAMILY_NAMES.get(numbers[0], service_family) if numbers else service_family
    return map(unpacked if family == "inet6" else _unpacked_inet, raws)


def server_counters_of(
    columns: Sequence[Column], service_family: Family
) -> tuple[ServerCounters, ...]:
    """The connections and totals of a service's real servers, of the values of `SERVER_COUNTER_FIELDS`."""
    raws, ports, numbers, weights, active, inactive, persistent, *totals = columns
    addresses = _addresses(numbers, raws, service_family)
    now = (weights, active, inactive, persistent, all_of(Counters, *totals))
    return tuple(all_of(ServerCounters, addresses, map(ntohs, ports), *now))


def server_rates_of(columns: Sequence[Column], service_family: Family) -> tuple[ServerRates, ...]:
    """What a service's real servers get each second, of the values of `SERVER_RATE_FIELDS`."""
    raws, ports, numbers, *rates = columns
    addresses = _addresses(numbers, raws, service_family)
    return tuple(all_of(ServerRates, addresses, map(ntohs, ports), all_of(Rates, *rates)))


def decode_service(found: Attributes) -> VirtualService | None:
    """`service_of`, of a service's attributes.

    None when its address family is neither IPv4 nor IPv6: the model has no place for it.
    """
    values = values_of(found, SERVICE_FIELDS)
    return service_of(values) if values[0] in FAMILY_NAMES else None


def decode_server(found: Attributes, service_family: Family) -> RealServer:
    """`server_of`, of a real server's attributes."""
    return server_of(values_of(found, SERVER_FIELDS), service_family)


def decode_server_counters(found: Attributes, service_family: Family) -> ServerCounters:
    """`server_counters_of`, of one real server's attributes."""
    values = values_of(found, SERVER_COUNTER_FIELDS)
    return server_counters_of([(value,) for value in values], service_family)[0]


def _address(family: Family, raw: bytes) -> str:
    return _unpacked_inet(raw) if family == "inet" else unpacked(raw)


@remembered
def _unpacked_inet(raw: bytes) -> str:
    """raw: 16 bytes, of which IPv4 takes the first four."""
    return unpacked(raw[:4])


def _netmask(family: Family, raw: bytes) -> str:
    return unpacked(raw) if family == "inet" else str(_number(raw))


def _flags(scheduler: str, bits: int) -> tuple[str, ...]:
    """The scheduler's flags by name; a bit without a name is `flag-0x40`, for all to see."""
    names = flags_from_bits(scheduler, bits)
    rest = bits & ~_NAMED_BITS
    return (*names, *(f"flag-{1 << n:#x}" for n in range(32) if rest >> n & 1)) if rest else names


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="backslashreplace")


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder)
