"""Model → the attributes of one IPVS command, by precompiled structs.

The format is `schema`'s; the order of attributes is ipvsadm's, so that whole messages can be compared.
Numbers are native but for addresses, IPv4 netmasks and ports, which are in network order.
"""

import sys
from collections.abc import Callable, Sequence
from operator import itemgetter
from struct import Struct
from typing import Any

from lvs.addresses import packed
from lvs.model import RealServer, ServiceKey, VirtualService
from lvs.netlink.attributes import ABSENT
from lvs.netlink.settings_codec import encode_daemon, encode_role, encode_timeouts
from lvs.netlink.uapi import Command, CommandAttr, DestAttr, ServiceAttr, ServiceFlag
from lvs.netlink.values import CHECKSUMS, FAMILIES, FORWARDINGS, PROTOCOLS, TUNNELS
from lvs.plan import AnyStep
from lvs.remember import remembered
from lvs.rules.schedulers import bits_of_flags
from lvs.setting_step import SettingStep
from lvs.settings import SyncDaemon, Timeouts
from lvs.step import Step

NLA_F_NESTED = 0x8000

Fields = tuple[Any, ...]
"""Some of the model's fields, in its order."""

_U32 = "HHI"
_HEADER = Struct("=HH")
# Every attribute is length, number, value, padding to four bytes.
_ADDRESSED = Struct("=" + "HHHxx" + "HHHxx" + "HH16s" + "HH2sxx")
_MARKED = Struct("=" + "HHHxx" + _U32)
_SETTINGS = Struct("=" + "HHII" + _U32 + "HH4s")
_DEST_ADDRESS = Struct("=" + "HHHxx" + "HH16s")
_DEST_PORT = Struct("=" + "HH2sxx")
_DEST_SETTINGS = Struct("=" + _U32 * 2 + "HHBxxx" + "HH2sxx" + "HHHxx" + _U32 * 2)
_DEST_KEY_SIZE = _DEST_ADDRESS.size + _DEST_PORT.size
_DEST_SIZE = _DEST_KEY_SIZE + _DEST_SETTINGS.size
_DEST_HEADERS = {
    size: _HEADER.pack(4 + size, CommandAttr.DEST | NLA_F_NESTED)
    for size in (_DEST_KEY_SIZE, _DEST_SIZE)
}

_ALL_BITS = 0xFFFFFFFF
# As plain numbers: members of an Enum are slow to come by.
_AF, _PROTOCOL, _ADDR = int(ServiceAttr.AF), int(ServiceAttr.PROTOCOL), int(ServiceAttr.ADDR)
_PORT, _FWMARK = int(ServiceAttr.PORT), int(ServiceAttr.FWMARK)


@remembered
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
    return encode_key(service.key) + _service_settings(service[len(ServiceKey._fields) : -1])


# Of a thousand services and ten thousand real servers few have settings of their own.
@remembered
def _service_settings(settings: Fields) -> bytes:
    scheduler, flag_names, persistence, netmask, engine, one_packet = settings
    flags = bits_of_flags(flag_names)
    if persistence:
        flags |= ServiceFlag.PERSISTENT
    if one_packet:
        flags |= ServiceFlag.ONEPACKET
    return b"".join(
        (
            _text(ServiceAttr.SCHED_NAME, scheduler),
            _text(ServiceAttr.PE_NAME, engine) if engine else b"",
            _SETTINGS.pack(
                *(12, ServiceAttr.FLAGS, flags, _ALL_BITS),
                *(8, ServiceAttr.TIMEOUT, persistence),
                *(8, ServiceAttr.NETMASK, _netmask(netmask)),
            ),
        )
    )


_AFTER_ADDRESS, _PORT_ONLY = itemgetter(slice(1, None)), itemgetter(slice(1, 2))
"""Which fields of a real server go with its address: all, or what names it within its service."""


@remembered
def _dest_address(address: str) -> bytes:
    raw = packed(address)
    family = FAMILIES["inet" if len(raw) == 4 else "inet6"]
    return _DEST_ADDRESS.pack(6, DestAttr.ADDR_FAMILY, family, 20, DestAttr.ADDR, raw)


@remembered
def _dest_rest(fields: Fields) -> bytes:
    port, *settings = fields
    raw = _DEST_PORT.pack(6, DestAttr.PORT, port.to_bytes(2, "big"))
    if not settings:
        return raw
    forwarding, weight, upper, lower, tunnel_type, tunnel_port, checksum = settings
    return raw + _DEST_SETTINGS.pack(
        *(8, DestAttr.FWD_METHOD, FORWARDINGS[forwarding]),
        *(8, DestAttr.WEIGHT, weight),
        *(5, DestAttr.TUN_TYPE, TUNNELS[tunnel_type]),
        *(6, DestAttr.TUN_PORT, tunnel_port.to_bytes(2, "big")),
        *(6, DestAttr.TUN_FLAGS, CHECKSUMS[checksum]),
        *(8, DestAttr.U_THRESH, upper),
        *(8, DestAttr.L_THRESH, lower),
    )


_SERVICE_STEPS: dict[str, tuple[int, Callable[[VirtualService], bytes]]] = {
    "add service": (int(Command.NEW_SERVICE), encode_service),
    "edit service": (int(Command.SET_SERVICE), encode_service),
    "delete service": (int(Command.DEL_SERVICE), lambda service: encode_key(service.key)),
}
_SERVER_STEPS: dict[str, tuple[int, Callable[[RealServer], Fields]]] = {
    "add server": (int(Command.NEW_DEST), _AFTER_ADDRESS),
    "edit server": (int(Command.SET_DEST), _AFTER_ADDRESS),
    "drain server": (int(Command.SET_DEST), _AFTER_ADDRESS),
    "delete server": (int(Command.DEL_DEST), _PORT_ONLY),
}


def encode_step(step: AnyStep) -> tuple[int, bytes]:
    """A step as its command and attributes. Raises as `encode_steps`."""
    return encode_steps([step])[0]


def encode_steps(steps: Sequence[AnyStep]) -> list[tuple[int, bytes]]:
    """Steps of one kind, one at least, each as its command and attributes.

    Raises ValueError, KeyError, OverflowError or struct.error on values that `lvs.rules` refuses, and on
    sysctls, which no message carries.
    """
    kind = steps[0].kind
    found = [step for step in steps if isinstance(step, Step)]
    if kind in _SERVER_STEPS:
        return _encode_server_steps(found, *_SERVER_STEPS[kind])
    if kind in _SERVICE_STEPS:
        command, encode = _SERVICE_STEPS[kind]
        return [(command, nested(CommandAttr.SERVICE, encode(step.service))) for step in found]
    return [_encode_setting_step(step) for step in steps if isinstance(step, SettingStep)]


def _encode_server_steps(
    steps: list[Step], command: int, fields_of: Callable[[RealServer], Fields]
) -> list[tuple[int, bytes]]:
    header = _DEST_HEADERS[_DEST_KEY_SIZE if fields_of is _PORT_ONLY else _DEST_SIZE]
    encoded: list[tuple[int, bytes]] = []
    named, lead = None, b""
    for kind, service, server, _ in steps:
        if server is None:
            raise ValueError(f"a step “{kind}” without a real server")
        if service is not named:  # most often it is that of the step before
            named, lead = service, nested(CommandAttr.SERVICE, encode_key(service.key)) + header
        # All of a real server's attributes but to delete it: SET replaces the whole object.
        attributes = lead + _dest_address(server[0]) + _dest_rest(fields_of(server))
        encoded.append((command, attributes))
    return encoded


def _encode_setting_step(step: SettingStep) -> tuple[int, bytes]:
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
