"""IPVS's generic netlink messages as pyroute2 classes: the readable statement of the wire format.

pyroute2's own `ipvsmsg` types the netmask as an IPv4 address and sends the tunnel port in host order.
`encode` and `decode` are the fast way over the same format; the tests hold all against ipvsadm's bytes.

Values: addresses are 16 raw bytes (`union nf_inet_addr`, IPv4 first), a netmask is 4 raw bytes
(IPv4: network order; IPv6: a native prefix length), ports are ints that travel big-endian.
"""

from pyroute2.netlink import genlmsg, nla


def _names(prefix: str, *attributes: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """An nla_map: attribute n (from 1) is the nth of the pairs (name, pyroute2's type)."""
    return ((f"{prefix}UNSPEC", "none"), *((prefix + name, kind) for name, kind in attributes))


def _stats(count: str, total: str, rate: str) -> tuple[tuple[str, str], ...]:
    return _names(
        "IPVS_STATS_ATTR_",
        ("CONNS", count),
        ("INPKTS", count),
        ("OUTPKTS", count),
        ("INBYTES", total),
        ("OUTBYTES", total),
        ("CPS", rate),
        ("INPPS", rate),
        ("OUTPPS", rate),
        ("INBPS", rate),
        ("OUTBPS", rate),
        ("PAD", "hex"),
    )


class Stats(nla):
    """Counters whose counts wrap at 32 bits; bytes are 64 bits wide."""

    prefix = "IPVS_STATS_ATTR_"
    nla_map = _stats("uint32", "uint64", "uint32")


class Stats64(nla):
    """Counters, 64 bits wide."""

    prefix = "IPVS_STATS_ATTR_"
    nla_map = _stats("uint64", "uint64", "uint64")


class Service(nla):
    """One virtual service: identity, settings, counters."""

    prefix = "IPVS_SVC_ATTR_"
    nla_map = _names(
        "IPVS_SVC_ATTR_",
        ("AF", "uint16"),
        ("PROTOCOL", "uint16"),
        ("ADDR", "cdata"),
        ("PORT", "be16"),
        ("FWMARK", "uint32"),
        ("SCHED_NAME", "asciiz"),
        ("FLAGS", "flags"),
        ("TIMEOUT", "uint32"),
        ("NETMASK", "cdata"),
        ("STATS", "Stats"),
        ("PE_NAME", "asciiz"),
        ("STATS64", "Stats64"),
    )
    Stats, Stats64 = Stats, Stats64

    class flags(nla):
        fields = (("flags", "I"), ("mask", "I"))


class Dest(nla):
    """One real server: identity, settings, connections, counters."""

    prefix = "IPVS_DEST_ATTR_"
    nla_map = _names(
        "IPVS_DEST_ATTR_",
        ("ADDR", "cdata"),
        ("PORT", "be16"),
        ("FWD_METHOD", "uint32"),
        ("WEIGHT", "uint32"),
        ("U_THRESH", "uint32"),
        ("L_THRESH", "uint32"),
        ("ACTIVE_CONNS", "uint32"),
        ("INACT_CONNS", "uint32"),
        ("PERSIST_CONNS", "uint32"),
        ("STATS", "Stats"),
        ("ADDR_FAMILY", "uint16"),
        ("STATS64", "Stats64"),
        ("TUN_TYPE", "uint8"),
        ("TUN_PORT", "be16"),
        ("TUN_FLAGS", "uint16"),
    )
    Stats, Stats64 = Stats, Stats64


class Daemon(nla):
    """One sync daemon."""

    prefix = "IPVS_DAEMON_ATTR_"
    nla_map = _names(
        "IPVS_DAEMON_ATTR_",
        ("STATE", "uint32"),
        ("MCAST_IFN", "asciiz"),
        ("SYNC_ID", "uint32"),
        ("SYNC_MAXLEN", "uint16"),
        ("MCAST_GROUP", "ip4addr"),
        ("MCAST_GROUP6", "ip6addr"),
        ("MCAST_PORT", "uint16"),  # in host order, unlike every other port
        ("MCAST_TTL", "uint8"),
    )


class IpvsMessage(genlmsg):
    """Every command and reply but GET_INFO's reply. Timeouts are seconds."""

    prefix = "IPVS_CMD_ATTR_"
    nla_map = _names(
        "IPVS_CMD_ATTR_",
        ("SERVICE", "Service"),
        ("DEST", "Dest"),
        ("DAEMON", "Daemon"),
        ("TIMEOUT_TCP", "uint32"),
        ("TIMEOUT_TCP_FIN", "uint32"),
        ("TIMEOUT_UDP", "uint32"),
    )
    Service, Dest, Daemon = Service, Dest, Daemon


class IpvsInfo(genlmsg):
    """GET_INFO's reply (command SET_INFO): its attributes have numbers of their own."""

    prefix = "IPVS_INFO_ATTR_"
    nla_map = _names("IPVS_INFO_ATTR_", ("VERSION", "uint32"), ("CONN_TAB_SIZE", "uint32"))
