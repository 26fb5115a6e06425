"""Timeouts and sync daemons ⇄ the attributes of SET_CONFIG, GET_CONFIG and the DAEMON commands."""

import sys
from struct import Struct

from lvs.addresses import packed, unpacked
from lvs.netlink.attributes import Attributes, attributes
from lvs.netlink.uapi import CommandAttr, DaemonAttr
from lvs.netlink.values import ROLES
from lvs.settings import SYNC_GROUP, SYNC_PORT, SYNC_TTL, SyncDaemon, Timeouts, canonical_daemon

_TIMEOUTS = {
    "tcp": CommandAttr.TIMEOUT_TCP,
    "tcp_fin": CommandAttr.TIMEOUT_TCP_FIN,
    "udp": CommandAttr.TIMEOUT_UDP,
}
_ROLE_NAMES = {number: name for name, number in ROLES.items()}
_NESTED = 0x8000

_header = Struct("=HH").pack
_u32 = Struct("=HHI").pack
_u16 = Struct("=HHHxx").pack
_u8 = Struct("=HHBxxx").pack


def encode_timeouts(timeouts: Timeouts) -> bytes:
    """All three, as ipvsadm sends them: 0 leaves one as it is (`ip_vs_set_timeout`)."""
    seconds = timeouts._asdict()
    return b"".join(_u32(8, number, seconds[name]) for name, number in _TIMEOUTS.items())


def decode_timeouts(found: Attributes) -> Timeouts:
    """Of GET_CONFIG's reply; 0 for a protocol that this kernel doesn't balance."""
    return Timeouts(**{name: _number(found.get(n, b"")) for name, n in _TIMEOUTS.items()})


def encode_daemon(daemon: SyncDaemon) -> bytes:
    """All that NEW_DAEMON takes. The port is in host order, unlike every other one."""
    group = packed(daemon.group)
    number = DaemonAttr.MCAST_GROUP if len(group) == 4 else DaemonAttr.MCAST_GROUP6
    return _in_daemon(
        _u32(8, DaemonAttr.STATE, ROLES[daemon.role]),
        _raw(DaemonAttr.MCAST_IFN, daemon.interface.encode() + b"\0"),
        _u32(8, DaemonAttr.SYNC_ID, daemon.syncid),
        _u16(6, DaemonAttr.SYNC_MAXLEN, daemon.maxlen),
        _u16(6, DaemonAttr.MCAST_PORT, daemon.port),
        _u8(5, DaemonAttr.MCAST_TTL, daemon.ttl),
        _raw(number, group),
    )


def encode_role(daemon: SyncDaemon) -> bytes:
    """What DEL_DAEMON takes: its role tells the daemon."""
    return _in_daemon(_u32(8, DaemonAttr.STATE, ROLES[daemon.role]))


def decode_daemon(raw: bytes) -> SyncDaemon:
    """A daemon that runs, in canonical form. Kernels before 4.3 don't say more than its id."""
    found = attributes(raw)
    state = _number(found[DaemonAttr.STATE])
    group = found.get(DaemonAttr.MCAST_GROUP) or found.get(DaemonAttr.MCAST_GROUP6)
    return canonical_daemon(
        SyncDaemon(
            _ROLE_NAMES.get(state, f"state-{state}"),  # type: ignore[arg-type]  # shown as it is
            found[DaemonAttr.MCAST_IFN].partition(b"\0")[0].decode(errors="backslashreplace"),
            _number(found[DaemonAttr.SYNC_ID]),
            _number(found.get(DaemonAttr.SYNC_MAXLEN, b"")),
            unpacked(group) if group else SYNC_GROUP,
            _number(found.get(DaemonAttr.MCAST_PORT, b"")) or SYNC_PORT,
            _number(found.get(DaemonAttr.MCAST_TTL, b"")) or SYNC_TTL,
        )
    )


def _in_daemon(*inner: bytes) -> bytes:
    body = b"".join(inner)
    return _header(4 + len(body), CommandAttr.DAEMON | _NESTED) + body


def _raw(number: int, raw: bytes) -> bytes:
    return _header(4 + len(raw), number) + raw + bytes(-len(raw) % 4)


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, sys.byteorder)
