"""The sysctls of IPVS: Linux 6.1, Documentation/networking/ipvs-sysctl.rst and ip_vs_ctl.c."""

from typing import NamedTuple

MAX_INT = 2**31 - 1


class Knob(NamedTuple):
    """One setting below net.ipv4.vs, per network namespace."""

    about: str
    """What it decides, in one sentence."""
    low: int
    high: int
    default: str
    """As a fresh namespace of Linux 6.1 has it; "" = it depends on the host's memory."""
    about_connections: bool = False
    """Whether it decides how connections live and die: shown first."""
    parts: int = 1
    """Numbers that its value holds."""


SYSCTLS: dict[str, Knob] = {
    "expire_nodest_conn": Knob(
        "1: connections to a removed real server end at once; 0: their packets are dropped in "
        "silence until they time out.",
        *(0, 1, "0", True),
    ),
    "expire_quiescent_template": Knob(
        "1: a client that sticks to a drained (weight 0) real server goes to another one; 0: it "
        "keeps coming back until its persistence ends.",
        *(0, 1, "0", True),
    ),
    "conn_reuse_mode": Knob(
        "What a new connection from a source port that is still known means: 1 it is scheduled "
        "anew, 0 it goes to its old real server, even a drained one; 2 and 3 also while the old one "
        "is closing.",
        *(0, 3, "1", True),
    ),
    "conntrack": Knob(
        "1: IPVS connections stand in the firewall's connection table too; needed to filter "
        "masqueraded traffic by state.",
        *(0, 1, "0", True),
    ),
    "sloppy_tcp": Knob(
        "1: a TCP connection may begin with any packet, so that one may move here from another director.",
        *(0, 1, "0", True),
    ),
    "sloppy_sctp": Knob("1: an SCTP association may begin with any packet.", *(0, 1, "0", True)),
    "secure_tcp": Knob(
        "Tighter TCP states against floods: 0 never, 1 when memory is short, 3 always.",
        *(0, 3, "0", True),
    ),
    "drop_entry": Knob(
        "Random removal of young connections: 0 never, 1 when memory is short, 3 always.",
        *(0, 3, "0", True),
    ),
    "drop_packet": Knob(
        "Dropping of packets to be balanced: 0 never, 1 when memory is short, 3 always.",
        *(0, 3, "0", True),
    ),
    "amemthresh": Knob("Free pages below which memory counts as short.", 0, MAX_INT, "1024"),
    "am_droprate": Knob("With drop_packet 3, one packet in so many is dropped.", 0, MAX_INT, "10"),
    "backup_only": Knob(
        "1: as a backup the director schedules nothing itself, so that packets make no loops.",
        *(0, 1, "0"),
    ),
    "cache_bypass": Knob(
        "1: with no real server left, packets go straight to where they were sent (transparent caches).",
        *(0, 1, "0"),
    ),
    "ignore_tunneled": Knob("1: packets that came through a tunnel are never balanced.", 0, 1, "0"),
    "lblc_expiration": Knob(
        "Seconds until the scheduler lblc forgets an unused destination.", 0, 2**21, "86400"
    ),
    "lblcr_expiration": Knob(
        "Seconds until the scheduler lblcr forgets an unused destination.", 0, 2**21, "86400"
    ),
    "nat_icmp_send": Knob(
        "1: masqueraded connections that are unknown get an ICMP error.", 0, 1, "0"
    ),
    "pmtu_disc": Knob(
        "1: packets too large for a tunnel are answered with an ICMP error.", 0, 1, "1"
    ),
    "run_estimation": Knob("0: the kernel stops adding up counters and rates.", 0, 1, "1"),
    "schedule_icmp": Knob(
        "1: an ICMP error that belongs to no known connection is balanced too.", 0, 1, "0"
    ),
    "snat_reroute": Knob("1: replies of masqueraded connections are routed anew.", 0, 1, "1"),
    "sync_persist_mode": Knob(
        "1: of persistent connections the sync daemon sends the template only.", 0, 1, "0"
    ),
    "sync_ports": Knob(
        "Threads and ports of each sync daemon: a power of two. A change restarts running daemons.",
        *(1, 64, "1"),
    ),
    "sync_qlen_max": Knob("Messages that may wait for the sync daemon.", 0, MAX_INT, ""),
    "sync_refresh_period": Knob(
        "Seconds after which an unchanged connection is sent again; 0: by sync_threshold.",
        *(0, 2**21, "0"),
    ),
    "sync_retries": Knob(
        "How often a connection is sent again within its refresh period.", 0, 3, "0"
    ),
    "sync_sock_size": Knob(
        "Bytes of the sync sockets' buffers; 0: the system's own. A change restarts running daemons.",
        *(0, MAX_INT, "0"),
    ),
    "sync_threshold": Knob(
        "Packets after which a connection is first sent, and in which rhythm again: the first below "
        "the second.",
        *(0, MAX_INT, "3 50", False, 2),
    ),
    "sync_version": Knob("1: today's sync messages; 0: those of kernels before 2.6.39.", 0, 1, "1"),
}
"""Every sysctl by its name, those about connections first."""

READ_BY_STARTING_DAEMONS = frozenset({"sync_ports", "sync_sock_size"})
"""A sync daemon that runs keeps what it found (`start_sync_thread`, `make_send_sock`)."""

OF_A_SCHEDULER = {"lblc_expiration": "lblc", "lblcr_expiration": "lblcr"}
"""They are there once the scheduler's module is loaded, as the first service that uses it does."""

SWITCHED_BY_THE_KERNEL = frozenset({"drop_entry", "drop_packet", "secure_tcp"})
"""The kernel itself turns their 1 into 2 while memory is short, and back (`update_defense_level`)."""


def steady_value(name: str, value: str) -> str:
    """The value as somebody set it: without what the kernel makes of it for a while."""
    return "1" if name in SWITCHED_BY_THE_KERNEL and value == "2" else value
