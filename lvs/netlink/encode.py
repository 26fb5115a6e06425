"""Model → the attributes of one IPVS command, by precompiled structs.

The format is `schema`'s; the order of attributes is ipvsadm's, so that whole messages can be compared.
Numbers are native but for addresses, IPv4 netmasks and ports, which are in network order.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from struct import Struct

from lvs.addresses import packed
from lvs.model import RealServer, ServiceKey, VirtualService
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
_DEST_KEY = Struct("=" + "HHHxx" + "HH16s" + "HH2sxx")
_DEST_SETTINGS = Struct("=" + _U32 * 2 + "HHBxxx" + "HH2sxx" + "HHHxx" + _U32 * 2)

_ALL_BITS = 0xFFFFFFFF


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


def encode_found_key(found: Mapping[int, bytes]) -> bytes:
    """The attributes that name a service, out of the kernel's own message: whatever its protocol."""
    numbers = [ServiceAttr.AF]
    if ServiceAttr.FWMARK in found:
        numbers += [ServiceAttr.FWMARK]
    else:
        numbers += [ServiceAttr.PROTOCOL, ServiceAttr.ADDR, ServiceAttr.PORT]
    return b"".join(_raw(number, found[number]) for number in numbers)


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
    raw = packed(server.address)
    return _DEST_KEY.pack(
        *(6, DestAttr.ADDR_FAMILY, FAMILIES["inet" if len(raw) == 4 else "inet6"]),
        *(20, DestAttr.ADDR, raw),
        *(6, DestAttr.PORT, server.port.to_bytes(2, "big")),
    )


def encode_server(server: RealServer) -> bytes:
    """All attributes of a real server: SET replaces the whole object."""
    return encode_server_key(server) + _DEST_SETTINGS.pack(
        *(8, DestAttr.FWD_METHOD, FORWARDINGS[server.forwarding]),
        *(8, DestAttr.WEIGHT, server.weight),
        *(5, DestAttr.TUN_TYPE, TUNNELS[server.tunnel_type]),
        *(6, DestAttr.TUN_PORT, server.tunnel_port.to_bytes(2, "big")),
        *(6, DestAttr.TUN_FLAGS, CHECKSUMS[server.tunnel_checksum]),
        *(8, DestAttr.U_THRESH, server.upper_threshold),
        *(8, DestAttr.L_THRESH, server.lower_threshold),
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
    service = nested(CommandAttr.SERVICE, encode_key(step.service.key))
    return command, service + nested(CommandAttr.DEST, encode_dest(step.server))


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
