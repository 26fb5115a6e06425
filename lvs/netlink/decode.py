"""The kernel's messages → model and counters. Unknown values are shown as they are, never hidden.

What a message means stands here once. How its values are got is another matter: from its attributes
one by one (`decode_…`), or by a learned layout (`reading`).
"""

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from socket import ntohs
from typing import Any, TypeVar

from lvs.addresses import FULL_NETMASK, Family, unpacked
from lvs.counters import Counters, ServerCounters
from lvs.model import RealServer, ServiceKey, VirtualService, server_order
from lvs.netlink.attributes import ABSENT, Attributes, Field, values_of
from lvs.netlink.layout import Column
from lvs.netlink.uapi import FORWARD_MASK, DestAttr, ServiceAttr, ServiceFlag, StatsAttr
from lvs.netlink.values import CHECKSUMS, FAMILIES, FORWARDINGS, PROTOCOLS, TUNNELS
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
_new = tuple.__new__
"""Makes a named tuple of all its fields, in half the time that calling its class takes."""
_NO_TUNNEL = ("ipip", 0, "none")
_TUNNEL_FIELDS = len(_NO_TUNNEL)
_Tuple = TypeVar("_Tuple", bound=tuple[Any, ...])


def _field(number: int, *, text: bool = False, optional: bool = False) -> Field:
    return Field(((int(number),),), not text, optional)


def _total(number: StatsAttr) -> Field:
    """A count of STATS64, or of the STATS of a kernel before 4.1, whose counts are 32 bits wide."""
    attributes = (ServiceAttr.STATS64, ServiceAttr.STATS)  # a real server's have the same numbers
    return Field(tuple((int(attribute), int(number)) for attribute in attributes))


TOTAL_FIELDS = tuple(
    _total(number)
    for number in (
        StatsAttr.CONNS,
        StatsAttr.INPKTS,
        StatsAttr.OUTPKTS,
        StatsAttr.INBYTES,
        StatsAttr.OUTBYTES,
    )
)
"""In the order of `Counters`."""

SERVICE_KEY_FIELDS = (
    _field(ServiceAttr.AF),
    _field(ServiceAttr.PROTOCOL, optional=True),
    _field(ServiceAttr.ADDR, text=True, optional=True),
    _field(ServiceAttr.PORT, optional=True),
    _field(ServiceAttr.FWMARK, optional=True),
)
SERVICE_FIELDS = (
    *SERVICE_KEY_FIELDS,
    _field(ServiceAttr.SCHED_NAME, text=True),
    _field(ServiceAttr.FLAGS, text=True),
    _field(ServiceAttr.TIMEOUT),
    _field(ServiceAttr.NETMASK, text=True),
    _field(ServiceAttr.PE_NAME, text=True, optional=True),
)

# Kernels before 3.18 send no family, those before 5.2 and 5.3 nothing of tunnels.
SERVER_FIELDS = (
    _field(DestAttr.ADDR, text=True),
    _field(DestAttr.PORT, text=True),  # as bytes, so that values sort as real servers do
    _field(DestAttr.ADDR_FAMILY, optional=True),
    _field(DestAttr.FWD_METHOD),
    _field(DestAttr.WEIGHT),
    _field(DestAttr.U_THRESH),
    _field(DestAttr.L_THRESH),
    _field(DestAttr.TUN_TYPE, optional=True),
    _field(DestAttr.TUN_PORT, optional=True),
    _field(DestAttr.TUN_FLAGS, optional=True),
)
SERVER_COUNTER_FIELDS = (
    _field(DestAttr.ADDR, text=True),
    _field(DestAttr.PORT),
    _field(DestAttr.ADDR_FAMILY, optional=True),
    _field(DestAttr.WEIGHT),
    _field(DestAttr.ACTIVE_CONNS),
    _field(DestAttr.INACT_CONNS),
    _field(DestAttr.PERSIST_CONNS),
    *TOTAL_FIELDS,
)


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
    name, raw_flags, timeout, raw_netmask, raw_engine = values[len(key) :]
    flags = _number(raw_flags[:4])
    scheduler = _text(name)
    persistence, netmask, engine = 0, FULL_NETMASK[key.family], ""
    if flags & _PERSISTENT and timeout:
        persistence = timeout
        netmask = _netmask(key.family, raw_netmask)
        engine = _text(raw_engine)
    return VirtualService(
        *key,
        scheduler,
        _flags(scheduler, flags),
        persistence,
        netmask,
        engine,
        bool(flags & _ONEPACKET),
        servers,
    )


def servers_of(columns: Sequence[Column], service_family: Family) -> tuple[RealServer, ...]:
    """The real servers of one service in their canonical order, of the values of each of `SERVER_FIELDS`."""
    raws, ports, numbers, methods, *limits = columns[:-_TUNNEL_FIELDS]
    forwardings = tuple(map(_forwarding, methods))
    if len(set(numbers)) > 1 or "tunnel" in forwardings:
        rows = zip(*columns, strict=True)
        return tuple(sorted([server_of(row, service_family) for row in rows], key=server_order))
    addresses = map(_server_address, numbers, raws, repeat(service_family))
    tunnels = map(repeat, _NO_TUNNEL)
    servers = _all_of(RealServer, addresses, map(_port, ports), forwardings, *limits, *tunnels)
    # Of one family, so their bytes sort as they do.
    return tuple([server for _, _, server in sorted(zip(raws, ports, servers, strict=True))])


def _all_of(kind: type[_Tuple], *fields: Iterable[Any]) -> Iterable[_Tuple]:
    """A named tuple of each value of the first field, of the second, and so on, the shortest ends it.

    A third of the time that it takes to call the class for each.
    """
    return map(_new, repeat(kind), zip(*fields))  # noqa: B905 - some repeat without end


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
    return _new(RealServer, (address, _port(port), forwarding, weight, upper, lower, *tunnel))


@lru_cache(maxsize=256)
def _forwarding(method: int) -> str:
    method &= FORWARD_MASK
    return _FORWARDING_NAMES.get(method) or f"method-{method}"


@lru_cache(maxsize=4096)
def _port(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


@lru_cache(maxsize=65536)
def _server_address(number: int, raw: bytes, service_family: Family) -> str:
    """number: that of the real server's own family, or `ABSENT`."""
    return _address(FAMILY_NAMES.get(number, service_family), raw)


def server_counters_of(
    columns: Sequence[Column], service_family: Family
) -> tuple[ServerCounters, ...]:
    """The connections and totals of a service's real servers, of the values of `SERVER_COUNTER_FIELDS`."""
    raws, ports, numbers, weights, active, inactive, persistent, *totals = columns
    addresses = map(_server_address, numbers, raws, repeat(service_family))
    now = (weights, active, inactive, persistent, _all_of(Counters, *totals))
    return tuple(_all_of(ServerCounters, addresses, map(ntohs, ports), *now))


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
    return unpacked(raw[:4] if family == "inet" else raw)


def _netmask(family: Family, raw: bytes) -> str:
    return unpacked(raw) if family == "inet" else str(_number(raw))


@lru_cache(maxsize=256)
def _flags(scheduler: str, bits: int) -> tuple[str, ...]:
    """The scheduler's flags by name; a bit without a name is `flag-0x40`, for all to see."""
    names = flags_from_bits(scheduler, bits)
    rest = bits & ~_NAMED_BITS
    return (*names, *(f"flag-{1 << n:#x}" for n in range(32) if rest >> n & 1)) if rest else names


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="backslashreplace")


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder)
