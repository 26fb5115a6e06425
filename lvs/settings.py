"""The parts of a table that are no services: timeouts, sync daemons and sysctls of one director.

A table says only what it wants to decide. What it leaves out stays as the director has it.
"""

from typing import Any, Literal, NamedTuple

from lvs.addresses import canonical

Role = Literal["master", "backup"]
ROLES: tuple[Role, ...] = ("master", "backup")

SYNC_GROUP, SYNC_PORT, SYNC_TTL = "224.0.0.81", 8848, 1
"""What the kernel takes when nothing is said (IP_VS_SYNC_GROUP, IP_VS_SYNC_PORT of ip_vs_sync.c)."""

Document = dict[str, Any]


class Timeouts(NamedTuple):
    """How long idle connections are kept, in seconds (`ipvsadm --set`); 0 = as the director has it."""

    tcp: int = 0
    tcp_fin: int = 0
    """TCP connections after a FIN was seen."""
    udp: int = 0

    @property
    def given(self) -> frozenset[str]:
        """The names of those that are set."""
        return frozenset(name for name, seconds in self._asdict().items() if seconds)

    def only(self, names: frozenset[str]) -> "Timeouts":
        """These and no others."""
        return Timeouts(*(s if name in names else 0 for name, s in self._asdict().items()))

    def __str__(self) -> str:
        return ", ".join(f"{n} {s} s" for n, s in self._asdict().items() if s) or "as they are"


KERNEL_TIMEOUTS = Timeouts(tcp=15 * 60, tcp_fin=2 * 60, udp=5 * 60)
"""Those of a kernel in which nobody set any (`tcp_timeouts` and `udp_timeouts` of ip_vs_proto_*.c)."""


class SyncDaemon(NamedTuple):
    """One thread of the kernel that sends (master) or takes (backup) copies of connections."""

    role: Role
    interface: str
    """Whose network carries them."""
    syncid: int = 0
    """0 to 255; a backup takes the packets of its own id, and with 0 every packet."""
    maxlen: int = 0
    """Bytes of a packet's payload; 0 = what fits 1500 bytes (written out in the canonical form)."""
    group: str = SYNC_GROUP
    """Multicast address."""
    port: int = SYNC_PORT
    ttl: int = SYNC_TTL

    def __str__(self) -> str:
        return f"{self.role} sync daemon on {self.interface}"


class Sysctl(NamedTuple):
    """One setting below `net.ipv4.vs`: `lvs.rules.sysctls` knows each."""

    name: str
    value: str
    """As the kernel prints it, its parts divided by one space."""

    def __str__(self) -> str:
        return f"net.ipv4.vs.{self.name}"


def default_maxlen(group: str) -> int:
    """The payload that fits a packet of 1500 bytes: IP and UDP headers take the rest.

    A master's default in the kernel (`start_sync_thread`); a backup's grows with its interface's MTU.
    """
    return 1452 if ":" in group else 1472


def canonical_daemon(daemon: SyncDaemon) -> SyncDaemon:
    """The daemon with every default written out. Raises ValueError on a group that is no address."""
    group = canonical(daemon.group or SYNC_GROUP)
    return daemon._replace(
        group=group,
        maxlen=daemon.maxlen or default_maxlen(group),
        port=daemon.port or SYNC_PORT,
        ttl=daemon.ttl or SYNC_TTL,
    )


def canonical_daemons(daemons: tuple[SyncDaemon, ...]) -> tuple[SyncDaemon, ...]:
    """Master before backup. Raises ValueError as `canonical_daemon`."""
    return tuple(sorted(map(canonical_daemon, daemons), key=lambda d: d.role != "master"))


def canonical_sysctls(sysctls: tuple[Sysctl, ...]) -> tuple[Sysctl, ...]:
    """By name, each value as the kernel prints it: no zeros before a number, one space between two."""
    return tuple(
        sorted(Sysctl(s.name, " ".join(map(_plain_number, s.value.split()))) for s in sysctls)
    )


def _plain_number(word: str) -> str:
    return str(int(word)) if _is_number(word) else word


def _is_number(word: str) -> bool:
    """Whether it is a whole number of a size that a setting can have."""
    return len(word) < 20 and word.isascii() and word.isdigit()


def sysctl_to_json(value: str) -> int | str:
    """A value as a document holds it: a number where it is one."""
    return int(value) if _is_number(value) and _plain_number(value) == value else value


def _value_from_json(value: object) -> str:
    """The inverse of `sysctl_to_json`. Raises TypeError on others."""
    if type(value) not in (int, str):  # a bool is an int, and no value
        raise TypeError(f"a sysctl can't be {value!r:.50}")
    return str(value)


Setting = Timeouts | SyncDaemon | Sysctl


def setting_to_document(setting: Setting) -> Document:
    """One of them by itself; its field names tell which."""
    return setting._asdict()


def setting_from_document(document: Document) -> Setting:
    """The inverse of `setting_to_document`. Raises TypeError on others."""
    kind = SyncDaemon if "role" in document else Sysctl if "value" in document else Timeouts
    return kind(**document)


def settings_to_document(
    timeouts: Timeouts, sync: tuple[SyncDaemon, ...] | None, sysctls: tuple[Sysctl, ...]
) -> Document:
    """`timeouts`, `sync` and `sysctls` of a table's document, each only where it decides anything."""
    document: Document = {}
    if timeouts.given:
        document["timeouts"] = {n: s for n, s in timeouts._asdict().items() if s}
    if sync is not None:
        document["sync"] = [daemon._asdict() for daemon in sync]
    if sysctls:
        document["sysctls"] = {s.name: sysctl_to_json(s.value) for s in sysctls}
    return document


def settings_from_document(
    document: Document,
) -> tuple[Timeouts, tuple[SyncDaemon, ...] | None, tuple[Sysctl, ...]]:
    """The inverse of `settings_to_document`. Raises KeyError, TypeError or ValueError on others."""
    sync = document.get("sync")
    return (
        Timeouts(**document.get("timeouts", {})),
        None if sync is None else tuple(SyncDaemon(**daemon) for daemon in sync),
        tuple(Sysctl(n, _value_from_json(v)) for n, v in document.get("sysctls", {}).items()),
    )
