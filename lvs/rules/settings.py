"""What is wrong with the settings of a table: timeouts, sync daemons, sysctls."""

import re
from collections import Counter
from collections.abc import Iterator

from lvs.addresses import canonical, family_of, packed
from lvs.model import Table, VirtualService
from lvs.rules.problem import Path, Problem, did_you_mean, quoted
from lvs.rules.sysctls import SWITCHED_BY_THE_KERNEL, SYSCTLS
from lvs.rules.values import MAX_PORT, canonical_or_none, check_choice, check_range
from lvs.settings import SYNC_PORT, SyncDaemon, Sysctl, Timeouts, default_maxlen

ROLES = {"master": "sends copies of connections", "backup": "takes copies of connections"}
MAX_TIMEOUT = (2**31 - 1) // 1000
"""Seconds: the kernel counts in ticks, of which there are up to 1000 a second (`ip_vs_set_timeout`)."""
MAX_SYNCID = 255
MAX_DATAGRAM = 65535
_TIMEOUTS = {"tcp": "The TCP timeout", "tcp_fin": "The TCP FIN timeout", "udp": "The UDP timeout"}


def check_settings(table: Table) -> list[Problem]:
    """Every problem of what is no service, and of what stands against a service."""
    problems = list(_check_timeouts(table.timeouts))
    for index, daemon in enumerate(table.sync or ()):
        problems += (p.under("sync", index) for p in check_daemon(daemon))
    problems += _check_daemons(table)
    for sysctl in table.sysctls:
        problems += (p.under("sysctls") for p in check_sysctl(sysctl))
    for name, count in Counter(sysctl.name for sysctl in table.sysctls).items():
        if count > 1:
            message = f"{quoted(name)} stands here {count} times: leave one of them."
            problems.append(Problem(("sysctls", name), "sysctl.doubled", message))
    return problems


def _check_timeouts(timeouts: Timeouts) -> Iterator[Problem]:
    for name, seconds in timeouts._asdict().items():
        path: Path = ("timeouts", name)
        yield from check_range(path, seconds, (0, MAX_TIMEOUT), _TIMEOUTS[name], "timeout.range")


def check_daemon(daemon: SyncDaemon) -> Iterator[Problem]:
    """Every problem of one daemon; paths start at it."""
    yield from check_choice(("role",), daemon.role, ROLES, "role of a sync daemon", "role.unknown")
    yield from _check_interface(daemon.interface)
    yield from check_range(
        ("syncid",), daemon.syncid, (0, MAX_SYNCID), "The sync id", "syncid.range"
    )
    yield from check_range(("port",), daemon.port, (0, MAX_PORT), "The sync port", "port.range")
    yield from check_range(("ttl",), daemon.ttl, (0, 255), "The time to live", "ttl.range")
    yield from _check_group(daemon.group)
    if daemon.maxlen:
        low = 1024 if daemon.role == "backup" else 1
        high = MAX_DATAGRAM - (1500 - default_maxlen(daemon.group))
        yield from check_range(
            ("maxlen",), daemon.maxlen, (low, high), "The message length", "maxlen.range"
        )


def _check_interface(name: str) -> Iterator[Problem]:
    path: Path = ("interface",)
    if not name:
        yield Problem(path, "interface.missing", "Give the interface whose network carries them.")
    elif not _INTERFACE.fullmatch(name) or name in (".", "..") or not _fits(name):
        message = f"{quoted(name)} is no interface: a name has 1 to 15 bytes, like eth0."
        yield Problem(path, "interface.invalid", message)


_INTERFACE = re.compile(r"[^\s/:\x00]+")
"""What `dev_valid_name` of the kernel takes."""


def _fits(name: str) -> bool:
    """Whether it is whole text that leaves room for the zero at its end (IP_VS_IFNAME_MAXLEN is 16)."""
    try:
        return len(name.encode()) <= 15
    except UnicodeEncodeError:  # half a character, which JSON can hold
        return False


def _check_group(group: str) -> Iterator[Problem]:
    path: Path = ("group",)
    if not group:
        return
    if canonical_or_none(group) is None:
        message = f"{quoted(group)} is no address: give a multicast one, like 224.0.0.81."
        yield Problem(path, "group.invalid", message)
        return
    raw = packed(canonical(group))
    multicast = raw[0] & 0xF0 == 0xE0 if len(raw) == 4 else raw[0] == 0xFF
    if not multicast:
        message = f"{group} is no multicast address: give one like 224.0.0.81 or ff02::81."
        yield Problem(path, "group.not_multicast", message)


def _check_daemons(table: Table) -> Iterator[Problem]:
    daemons = table.sync or ()
    for role, count in Counter(daemon.role for daemon in daemons).items():
        if count > 1:
            message = f"A director runs one {role} at most: leave one of these out."
            yield Problem(("sync",), "sync.doubled", message)
    yield from _check_lengths({daemon.role: daemon for daemon in daemons})
    yield from _check_last_ports(table)
    mixed = next(filter(_is_mixed, table.services), None) if daemons else None
    if mixed is not None:
        message = (
            f"{mixed} has a real server of the other address family, and beside such a one the "
            "kernel runs no sync daemon: leave out the daemon, or that real server."
        )
        yield Problem(("sync",), "sync.mixed_families", message)


def _check_last_ports(table: Table) -> Iterator[Problem]:
    """With sync_ports n a daemon takes its port and the n - 1 after it; the kernel wraps around."""
    given = [s.value for s in table.sysctls if s.name == "sync_ports"]
    count = int(given[0]) if given and re.fullmatch("[0-9]{1,2}", given[0]) else 1
    for index, daemon in enumerate(table.sync or ()):
        last = (daemon.port or SYNC_PORT) + count - 1
        if daemon.port <= MAX_PORT < last:
            message = f"With sync_ports {count} the last port would be {last}: give a lower one."
            yield Problem(("sync", index, "port"), "port.last", message)


def _is_mixed(service: VirtualService) -> bool:
    """Whether a valid real server of it has another family. The values may be as typed."""
    family: str = service.family
    if not service.fwmark:
        if canonical_or_none(service.address) is None:
            return False
        family = family_of(service.address)
    addresses = filter(canonical_or_none, (server.address for server in service.real_servers))
    return any(family_of(address) != family for address in addresses)


def _check_lengths(by_role: dict[str, SyncDaemon]) -> Iterator[Problem]:
    master, backup = by_role.get("master"), by_role.get("backup")
    if master is None or backup is None:
        return
    sent, taken = (d.maxlen or default_maxlen(d.group) for d in (master, backup))
    if taken < sent:
        message = f"The backup takes {taken} bytes of a message, and masters send up to {sent}."
        yield Problem(("sync",), "sync.maxlen", message, "warning")


def check_sysctl(sysctl: Sysctl) -> Iterator[Problem]:
    """Every problem of one sysctl; paths start with its name."""
    name, value = sysctl
    path: Path = (name,)
    knob = SYSCTLS.get(name)
    if knob is None:
        message = f"{quoted(name)} is no setting of IPVS.{did_you_mean(name, SYSCTLS)}"
        yield Problem(path, "sysctl.unknown", message)
        return
    words = value.split()
    if len(words) != knob.parts or not all(re.fullmatch("[0-9]{1,10}", word) for word in words):
        wanted = f"{knob.parts} whole numbers" if knob.parts > 1 else "a whole number"
        yield Problem(path, "sysctl.number", f"{name} takes {wanted}, not {quoted(value)}.")
        return
    numbers = [int(word) for word in words]
    for number in numbers:
        yield from check_range(path, number, (knob.low, knob.high), name, "sysctl.range")
    yield from _check_special(path, name, numbers)


def _check_special(path: Path, name: str, numbers: list[int]) -> Iterator[Problem]:
    if name in SWITCHED_BY_THE_KERNEL and numbers == [2]:
        message = f"The kernel itself turns {name} from 1 to 2 and back: give 0, 1 or 3."
        yield Problem(path, "sysctl.switched", message)
    if name == "sync_ports" and numbers[0] & (numbers[0] - 1):
        yield Problem(path, "sysctl.power", "sync_ports must be a power of two: 1, 2, 4 … 64.")
    if name == "sync_threshold" and 0 < numbers[1] <= numbers[0]:
        message = "The first number of sync_threshold must be below the second, like 3 50."
        yield Problem(path, "sysctl.order", message)
