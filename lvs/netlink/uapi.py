"""The numbers of IPVS's generic netlink interface: Linux 6.1, include/uapi/linux/ip_vs.h.

FLUSH stands here though nothing sends it, ever.
"""

from enum import IntEnum, IntFlag

GENL_NAME = "IPVS"
GENL_VERSION = 1


class Command(IntEnum):
    """IPVS_CMD_*"""

    NEW_SERVICE = 1
    SET_SERVICE = 2
    DEL_SERVICE = 3
    GET_SERVICE = 4
    NEW_DEST = 5
    SET_DEST = 6
    DEL_DEST = 7
    GET_DEST = 8
    NEW_DAEMON = 9
    DEL_DAEMON = 10
    GET_DAEMON = 11
    SET_CONFIG = 12
    GET_CONFIG = 13
    SET_INFO = 14
    GET_INFO = 15
    ZERO = 16
    FLUSH = 17


class CommandAttr(IntEnum):
    """IPVS_CMD_ATTR_*: the first level of every message but GET_INFO's reply."""

    SERVICE = 1
    DEST = 2
    DAEMON = 3
    TIMEOUT_TCP = 4
    TIMEOUT_TCP_FIN = 5
    TIMEOUT_UDP = 6


class ServiceAttr(IntEnum):
    """IPVS_SVC_ATTR_*, inside SERVICE."""

    AF = 1
    PROTOCOL = 2
    ADDR = 3
    PORT = 4
    FWMARK = 5
    SCHED_NAME = 6
    FLAGS = 7
    TIMEOUT = 8
    NETMASK = 9
    STATS = 10
    PE_NAME = 11
    STATS64 = 12


class DestAttr(IntEnum):
    """IPVS_DEST_ATTR_*, inside DEST."""

    ADDR = 1
    PORT = 2
    FWD_METHOD = 3
    WEIGHT = 4
    U_THRESH = 5
    L_THRESH = 6
    ACTIVE_CONNS = 7
    INACT_CONNS = 8
    PERSIST_CONNS = 9
    STATS = 10
    ADDR_FAMILY = 11
    STATS64 = 12
    TUN_TYPE = 13
    TUN_PORT = 14
    TUN_FLAGS = 15


class DaemonAttr(IntEnum):
    """IPVS_DAEMON_ATTR_*, inside DAEMON."""

    STATE = 1
    MCAST_IFN = 2
    SYNC_ID = 3
    SYNC_MAXLEN = 4
    MCAST_GROUP = 5
    MCAST_GROUP6 = 6
    MCAST_PORT = 7
    MCAST_TTL = 8


class StatsAttr(IntEnum):
    """IPVS_STATS_ATTR_*, inside STATS (32-bit counts) and STATS64."""

    CONNS = 1
    INPKTS = 2
    OUTPKTS = 3
    INBYTES = 4
    OUTBYTES = 5
    CPS = 6
    INPPS = 7
    OUTPPS = 8
    INBPS = 9
    OUTBPS = 10
    PAD = 11


class InfoAttr(IntEnum):
    """IPVS_INFO_ATTR_*: the first level of GET_INFO's reply."""

    VERSION = 1
    CONN_TAB_SIZE = 2


class ServiceFlag(IntFlag):
    """IP_VS_SVC_F_*. What SCHED1 to SCHED3 mean depends on the scheduler."""

    PERSISTENT = 0x1
    HASHED = 0x2
    """The kernel's own mark: never compared, never sent."""
    ONEPACKET = 0x4
    SCHED1 = 0x8
    SCHED2 = 0x10
    SCHED3 = 0x20


class Forward(IntEnum):
    """IP_VS_CONN_F_*, of which FORWARD_MASK is the forwarding method."""

    MASQ = 0
    LOCALNODE = 1
    TUNNEL = 2
    DROUTE = 3
    BYPASS = 4


FORWARD_MASK = 0x7


class TunnelKind(IntEnum):
    """IP_VS_CONN_F_TUNNEL_TYPE_*"""

    IPIP = 0
    GUE = 1
    GRE = 2


class TunnelFlag(IntFlag):
    """IP_VS_TUNNEL_ENCAP_FLAG_*"""

    NOCSUM = 0x0
    CSUM = 0x1
    REMCSUM = 0x2


class SyncState(IntFlag):
    """IP_VS_STATE_*"""

    MASTER = 1
    BACKUP = 2
