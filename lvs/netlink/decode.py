"""The kernel's messages → model and counters. Unknown values are shown as they are, never hidden."""

import sys
from struct import Struct

from lvs.addresses import FULL_NETMASK, Family, unpacked
from lvs.counters import Counters, ServerCounters
from lvs.errors import LvsError
from lvs.model import RealServer, VirtualService
from lvs.netlink.uapi import FORWARD_MASK, DestAttr, Forward, ServiceAttr, ServiceFlag, StatsAttr
from lvs.netlink.values import CHECKSUMS, FAMILIES, FORWARDINGS, PROTOCOLS, TUNNELS
from lvs.rules.schedulers import FLAG_BITS, flags_from_bits

Attributes = dict[int, bytes]
"""The raw values of one level of attributes, by number."""

_header = Struct("=HH").unpack_from
_NUMBER_MASK = 0x3FFF
"""Without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""

_FAMILY_NAMES: dict[int, Family] = {number: name for name, number in FAMILIES.items()}  # type: ignore[misc]
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_FORWARDING_NAMES = {number: name for name, number in FORWARDINGS.items()}
_TUNNEL_NAMES = {number: name for name, number in TUNNELS.items()}
_CHECKSUM_NAMES = {number: name for name, number in CHECKSUMS.items()}
_OWN_FLAGS = ServiceFlag.PERSISTENT | ServiceFlag.HASHED | ServiceFlag.ONEPACKET
_NAMED_BITS = int(_OWN_FLAGS) | sum(FLAG_BITS.values())


def attributes(data: bytes, start: int = 0) -> Attributes:
    """One level of attributes from `start` to the end of `data`. Raises LvsError when torn."""
    found: Attributes = {}
    end = len(data)
    while start + 4 <= end:
        length, number = _header(data, start)
        if length < 4 or start + length > end:
            raise LvsError(
                "A message of the kernel is torn: an attribute is longer than its message"
            )
        found[number & _NUMBER_MASK] = data[start + 4 : start + length]
        start += (length + 3) & ~3
    return found


def decode_service(found: Attributes) -> VirtualService | None:
    """A service without its real servers, in canonical form.

    None when its address family is neither IPv4 nor IPv6: the model has no place for it.
    """
    family = _FAMILY_NAMES.get(_number(found[ServiceAttr.AF]))
    if family is None:
        return None
    flags = _number(found[ServiceAttr.FLAGS][:4])
    scheduler = _text(found[ServiceAttr.SCHED_NAME])
    protocol, address, port, fwmark = _identity(found, family)
    persistence, netmask, engine = 0, FULL_NETMASK[family], ""
    if flags & ServiceFlag.PERSISTENT:
        persistence = _number(found[ServiceAttr.TIMEOUT])
        netmask = _netmask(family, found[ServiceAttr.NETMASK])
        engine = _text(found.get(ServiceAttr.PE_NAME, b""))
    return VirtualService(
        family,
        protocol,  # type: ignore[arg-type]  # a foreign service may have one that we don't know
        address,
        port,
        fwmark,
        scheduler,
        _flags(scheduler, flags),
        persistence,
        netmask,
        engine,
        bool(flags & ServiceFlag.ONEPACKET),
    )


def decode_server(found: Attributes, service_family: Family) -> RealServer:
    """A real server. Kernels before 3.18 send no family: it is the service's."""
    address, port = _server_identity(found, service_family)
    method = _number(found[DestAttr.FWD_METHOD]) & FORWARD_MASK
    server = RealServer(
        address,
        port,
        _named(_FORWARDING_NAMES, method, "method"),  # type: ignore[arg-type]
        _number(found[DestAttr.WEIGHT]),
        _number(found[DestAttr.U_THRESH]),
        _number(found[DestAttr.L_THRESH]),
    )
    if method != Forward.TUNNEL or DestAttr.TUN_TYPE not in found:
        return server
    tunnel_type = _named(_TUNNEL_NAMES, found[DestAttr.TUN_TYPE][0], "type")
    checksum = _named(_CHECKSUM_NAMES, _number(found[DestAttr.TUN_FLAGS]), "flags")
    return server._replace(
        tunnel_type=tunnel_type,  # type: ignore[arg-type]
        tunnel_port=int.from_bytes(found[DestAttr.TUN_PORT], "big"),
        tunnel_checksum=checksum,  # type: ignore[arg-type]
    )


def decode_server_counters(found: Attributes, service_family: Family) -> ServerCounters:
    """A real server's connections and 64-bit totals."""
    return ServerCounters(
        *_server_identity(found, service_family),
        _number(found[DestAttr.WEIGHT]),
        _number(found[DestAttr.ACTIVE_CONNS]),
        _number(found[DestAttr.INACT_CONNS]),
        _number(found[DestAttr.PERSIST_CONNS]),
        decode_counters(found.get(DestAttr.STATS64) or found[DestAttr.STATS]),
    )


_TOTALS = (
    StatsAttr.CONNS,
    StatsAttr.INPKTS,
    StatsAttr.OUTPKTS,
    StatsAttr.INBYTES,
    StatsAttr.OUTBYTES,
)


def decode_counters(raw: bytes) -> Counters:
    """STATS64, or the STATS of a kernel before 4.1, whose counts are 32 bits wide."""
    found = attributes(raw)
    return Counters(*[_number(found[number]) for number in _TOTALS])


def _identity(found: Attributes, family: Family) -> tuple[str, str, int, int]:
    if ServiceAttr.FWMARK in found:
        return "", "", 0, _number(found[ServiceAttr.FWMARK])
    protocol = _named(_PROTOCOL_NAMES, _number(found[ServiceAttr.PROTOCOL]), "protocol")
    port = int.from_bytes(found[ServiceAttr.PORT], "big")
    return protocol, _address(family, found[ServiceAttr.ADDR]), port, 0


def _server_identity(found: Attributes, service_family: Family) -> tuple[str, int]:
    family: Family = service_family
    if raw := found.get(DestAttr.ADDR_FAMILY):
        family = _FAMILY_NAMES.get(_number(raw), service_family)
    return _address(family, found[DestAttr.ADDR]), int.from_bytes(found[DestAttr.PORT], "big")


def _address(family: Family, raw: bytes) -> str:
    return unpacked(raw[:4] if family == "inet" else raw)


def _netmask(family: Family, raw: bytes) -> str:
    return unpacked(raw) if family == "inet" else str(_number(raw))


def _flags(scheduler: str, bits: int) -> tuple[str, ...]:
    """The scheduler's flags by name; a bit without a name is `flag-0x40`, for all to see."""
    names = flags_from_bits(scheduler, bits)
    rest = bits & ~_NAMED_BITS
    return (*names, *(f"flag-{1 << n:#x}" for n in range(32) if rest >> n & 1)) if rest else names


def _named(names: dict[int, str], number: int, what: str) -> str:
    return names.get(number) or f"{what}-{number}"


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode(errors="backslashreplace")


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder)
