"""Model → the attributes of one IPVS command, by precompiled structs.

The format is `schema`'s; the order of attributes is ipvsadm's, so that whole messages can be compared.
Numbers are native but for addresses, IPv4 netmasks and ports, which are in network order.
"""

import sys
from collections.abc import Callable
from functools import lru_cache
from socket import htons
from struct import Struct
from typing import Any

from lvs.addresses import packed
from lvs.model import RealServer, ServiceKey, VirtualService
from lvs.netlink.attributes import ABSENT
from lvs.netlink.settings_codec import encode_daemon, encode_role, encode_timeouts
from lvs.netlink.uapi import Command, CommandAttr, DestAttr, ServiceAttr, ServiceFlag
from lvs.netlink.values import CHECKSUMS, FAMILIES, FORWARDINGS, PROTOCOLS, TUNNELS
from lvs.plan import AnyStep
from lvs.rules.schedulers import bits_of_flags
from lvs.setting_step import SettingStep
from lvs.settings import SyncDaemon, Timeouts
from lvs.step import StepKind

NLA_F_NESTED = 0x8000

_U32 = "HHI"
_HEADER = Struct("=HH")
# Every attribute is length, number, value, padding to four bytes.
_ADDRESSED = Struct("=" + "HHHxx" + "HHHxx" + "HH16s" + "HH2sxx")
_MARKED = Struct("=" + "HHHxx" + _U32)
_SETTINGS = Struct("=" + "HHII" + _U32 + "HH4s")
_DEST_KEY = Struct("=" + "4sHxx" + "4s16s" + "4sHxx")
_DEST = Struct(_DEST_KEY.format + "4sI" * 2 + "4sBxxx" + "4sHxx" * 2 + "4sI" * 2)

# The headers in front of them.
_DEST_AF = _HEADER.pack(6, DestAttr.ADDR_FAMILY)
_DEST_ADDR = _HEADER.pack(20, DestAttr.ADDR)
_DEST_PORT = _HEADER.pack(6, DestAttr.PORT)
_DEST_FORWARDING = _HEADER.pack(8, DestAttr.FWD_METHOD)
_DEST_WEIGHT = _HEADER.pack(8, DestAttr.WEIGHT)
_DEST_TUNNEL = _HEADER.pack(5, DestAttr.TUN_TYPE)
_DEST_TUNNEL_PORT = _HEADER.pack(6, DestAttr.TUN_PORT)
_DEST_CHECKSUM = _HEADER.pack(6, DestAttr.TUN_FLAGS)
_DEST_UPPER = _HEADER.pack(8, DestAttr.U_THRESH)
_DEST_LOWER = _HEADER.pack(8, DestAttr.L_THRESH)
_DEST_HEADERS = {
    size: _HEADER.pack(4 + size, CommandAttr.DEST | NLA_F_NESTED)
    for size in (_DEST.size, _DEST_KEY.size)
}
_INET, _INET6 = FAMILIES["inet"], FAMILIES["inet6"]

_ALL_BITS = 0xFFFFFFFF
# As plain numbers: members of an Enum are slow to come by.
_AF, _PROTOCOL, _ADDR = int(ServiceAttr.AF), int(ServiceAttr.PROTOCOL), int(ServiceAttr.ADDR)
_PORT, _FWMARK = int(ServiceAttr.PORT), int(ServiceAttr.FWMARK)


@lru_cache(maxsize=4096)
def encode_key(key: ServiceKey) -> bytes:
    """The attributes that name a service."""
    family = (6, ServiceAttr.AF, FAMILIES[key.family])
    if key.fwmark:
        return _MARKED.pack(*family, 8, ServiceAttr.FWMARK, key.fwmark)
    return _ADDRESSED.pack(
        *family,
        *(6, ServiceAttr.PROTOCOL, PROTOCOLS[key.protocol]),
        *(20, ServiceAttr.ADDR, packed(key.address)),
        *(6, ServiceAttr.PORT, key.port.to_bytes(2, "big")),
    )


def encode_raw_key(family: int, protocol: Any, address: Any, port: Any, fwmark: Any) -> bytes:
    """The attributes that name a service, of the kernel's own values: whatever its protocol.

    port is in network order; what is not there is `attributes.ABSENT`.
    """
    if fwmark != ABSENT:
        return _MARKED.pack(6, _AF, family, 8, _FWMARK, fwmark)
    raw_port = port.to_bytes(2, sys.byteorder)
    return _ADDRESSED.pack(
        *(6, _AF, family, 6, _PROTOCOL, protocol, 20, _ADDR, address, 6, _PORT, raw_port)
    )


def encode_service(service: VirtualService) -> bytes:
    """All attributes of a service: SET replaces the whole object, so every one goes every time."""
    flags = bits_of_flags(service.flags)
    if service.persistence:
        flags |= ServiceFlag.PERSISTENT
    if service.one_packet:
        flags |= ServiceFlag.ONEPACKET
    engine = service.persistence_engine
    return b"".join(
        (
            encode_key(service.key),
            _text(ServiceAttr.SCHED_NAME, service.scheduler),
            _text(ServiceAttr.PE_NAME, engine) if engine else b"",
            _SETTINGS.pack(
                *(12, ServiceAttr.FLAGS, flags, _ALL_BITS),
                *(8, ServiceAttr.TIMEOUT, service.persistence),
                *(8, ServiceAttr.NETMASK, _netmask(service.netmask)),
            ),
        )
    )


def encode_server_key(server: RealServer) -> bytes:
    """The attributes that name a real server within its service."""
    return encode_server(server)[: _DEST_KEY.size]


def encode_server(server: RealServer) -> bytes:
    """All attributes of a real server: SET replaces the whole object."""
    address, port, forwarding, weight, upper, lower, kind, tunnel_port, checksum = server
    raw = packed(address)
    return _DEST.pack(
        _DEST_AF,
        _INET if len(raw) == 4 else _INET6,
        _DEST_ADDR,
        raw,
        _DEST_PORT,
        htons(port),
        _DEST_FORWARDING,
        FORWARDINGS[forwarding],
        _DEST_WEIGHT,
        weight,
        _DEST_TUNNEL,
        TUNNELS[kind],
        _DEST_TUNNEL_PORT,
        htons(tunnel_port),
        _DEST_CHECKSUM,
        CHECKSUMS[checksum],
        _DEST_UPPER,
        upper,
        _DEST_LOWER,
        lower,
    )


_STEPS: dict[StepKind, tuple[Command, Callable[[RealServer], bytes] | None]] = {
    "add service": (Command.NEW_SERVICE, None),
    "edit service": (Command.SET_SERVICE, None),
    "delete service": (Command.DEL_SERVICE, None),
    "add server": (Command.NEW_DEST, encode_server),
    "edit server": (Command.SET_DEST, encode_server),
    "drain server": (Command.SET_DEST, encode_server),
    "delete server": (Command.DEL_DEST, encode_server_key),
}


def encode_step(step: AnyStep) -> tuple[Command, bytes]:
    """A step as its command and attributes.

    Raises ValueError, KeyError or struct.error on values that `lvs.rules` refuses, and on sysctls,
    which no message carries.
    """
    if isinstance(step, SettingStep):
        return _encode_setting_step(step)
    command, encode_dest = _STEPS[step.kind]
    if encode_dest is None:
        whole = command != Command.DEL_SERVICE
        attributes = encode_service(step.service) if whole else encode_key(step.service.key)
        return command, nested(CommandAttr.SERVICE, attributes)
    if step.server is None:
        raise ValueError(f"a step “{step.kind}” without a real server")
    dest = encode_dest(step.server)
    return command, _named(step.service) + _DEST_HEADERS[len(dest)] + dest


@lru_cache(maxsize=1)
def _named(service: VirtualService) -> bytes:
    """The service that a real server belongs to: most often that of the step before."""
    return nested(CommandAttr.SERVICE, encode_key(service.key))


def _encode_setting_step(step: SettingStep) -> tuple[Command, bytes]:
    if isinstance(step.setting, Timeouts):
        return Command.SET_CONFIG, encode_timeouts(step.setting)
    if isinstance(step.setting, SyncDaemon):
        if step.kind == "start daemon":
            return Command.NEW_DAEMON, encode_daemon(step.setting)
        return Command.DEL_DAEMON, encode_role(step.setting)
    raise ValueError(f"a step “{step.kind}” goes through no message")


def encode_zero(key: ServiceKey | None) -> bytes:
    """What ZERO takes: nothing means every service."""
    return b"" if key is None else nested(CommandAttr.SERVICE, encode_key(key))


def nested(number: int, attributes: bytes) -> bytes:
    """One attribute that holds others."""
    return _HEADER.pack(4 + len(attributes), number | NLA_F_NESTED) + attributes


def _text(number: int, text: str) -> bytes:
    return _raw(number, text.encode() + b"\0")


def _raw(number: int, raw: bytes) -> bytes:
    return _HEADER.pack(4 + len(raw), number) + raw + bytes(-len(raw) % 4)


def _netmask(netmask: str) -> bytes:
    """IPv4: the mask in network order. IPv6: a prefix length as a native number."""
    return packed(netmask) if "." in netmask else Struct("=I").pack(int(netmask))
