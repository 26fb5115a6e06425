"""What the kernels of a cluster's directors can't do, as far as they have said: pure.

What a director has not told counts as possible: its kernel then has the last word, when it is applied.
Sources of the versions: the kernel's history of net/netfilter/ipvs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lvs.addresses import family_of
from lvs.model import RealServer, Table, VirtualService
from lvs.rules import Problem
from lvs.settings import SYNC_GROUP, SYNC_PORT, SYNC_TTL, SyncDaemon, default_maxlen

Version = tuple[int, int]

NEEDS: dict[str, Version] = {
    "gue": (5, 2),
    "gre": (5, 3),
    "csum": (5, 3),
    "remcsum": (5, 3),
    "sync options": (4, 3),
}
"""The first kernel with a tunnel type, a tunnel checksum, or a sync daemon's length, group, port, TTL."""

PARTS = {
    "sip": "no ip_vs_pe_sip",
    "sctp": "no SCTP in its IPVS",
    "inet6": "no IPv6 in its IPVS",
}
"""Persistence engine, protocol and family that a kernel may have been built without."""

_BACKPORTED = re.compile(r"\.el\d|-default$")
_SHOWN = 3


class Ability(NamedTuple):
    """What is known of one director's kernel."""

    director: str
    kernel: Version | None = None
    """None = not known."""
    schedulers: frozenset[str] | None = None
    """All that the kernel has or can load; None = not known."""
    sysctls: frozenset[str] | None = None
    """Names below net.ipv4.vs that it has; None = not known."""
    lacks: frozenset[str] = frozenset()
    """Of `PARTS` those that it surely hasn't."""


def ability_of(director: str, facts: Mapping[str, Any], sysctls: Iterable[str]) -> Ability:
    """facts: of its heartbeat; sysctls: names in its last observed table, none = not known."""
    complete = facts.get("all_schedulers", False)
    return Ability(
        director,
        version_of(facts.get("kernel", "")),
        frozenset(facts.get("schedulers", ())) if complete else None,
        frozenset(sysctls) or None,
        frozenset(facts.get("lacks", ())),
    )


def version_of(release: str) -> Version | None:
    """`6.1.0-28-amd64` → (6, 1). None where it tells nothing: Red Hat and SUSE carry newer parts
    into older kernels."""
    found = re.match(r"(\d{1,3})\.(\d{1,3})", release)
    if found is None or _BACKPORTED.search(release):
        return None
    return int(found[1]), int(found[2])


def no_scheduler(name: str, abilities: Iterable[Ability]) -> str:
    """`not on lvs-2: its kernel has no ip_vs_mh`; "" when nothing is known against it."""
    lacking = [a for a in abilities if a.schedulers is not None and name not in a.schedulers]
    return _not_on(lacking, f"no ip_vs_{name}")


def no_sysctl(name: str, abilities: Iterable[Ability]) -> str:
    """`not on lvs-2: its kernel has no net.ipv4.vs.…`; "" when nothing is known against it."""
    lacking = [a for a in abilities if a.sysctls is not None and name not in a.sysctls]
    return _not_on(lacking, f"no net.ipv4.vs.{name}")


def no_part(name: str, abilities: Iterable[Ability]) -> str:
    """`not on lvs-2: its kernel has no ip_vs_pe_sip`; "" when nothing is known against it.

    name: one of `PARTS`; others are everywhere.
    """
    return _not_on([a for a in abilities if name in a.lacks], PARTS.get(name, ""))


def too_old(feature: str, abilities: Iterable[Ability]) -> str:
    """`not on lvs-2 (kernel 4.19): it needs 5.2`; "" when nothing is known against it.

    feature: a key of `NEEDS`; others need nothing.
    """
    needed = NEEDS.get(feature, (0, 0))
    old = [a for a in abilities if a.kernel is not None and a.kernel < needed]
    names = listed([f"{a.director} (kernel {a.kernel[0]}.{a.kernel[1]})" for a in old if a.kernel])
    return f"not on {names}: it needs {needed[0]}.{needed[1]}" if old else ""


def _not_on(lacking: Sequence[Ability], what: str) -> str:
    if not lacking:
        return ""
    whose = "its kernel has" if len(lacking) == 1 else "their kernels have"
    return f"not on {listed([a.director for a in lacking])}: {whose} {what}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of more than three the rest is counted."""
    shown, more = names[:_SHOWN], len(names) - _SHOWN
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def check_abilities(table: Table, abilities: Sequence[Ability]) -> list[Problem]:
    """A problem for each value of the table that some director can't do; paths as `check_table`."""
    problems: list[Problem] = []
    for index, service in enumerate(table.services):
        found = check_service_abilities(service, abilities)
        problems += (problem.under("services", index) for problem in found)
    return problems + check_setting_abilities(table, abilities)


def check_service_abilities(service: VirtualService, abilities: Sequence[Ability]) -> list[Problem]:
    """The same for one service; paths start at it."""
    name = service.scheduler
    problems = list(_problem("scheduler", name, no_scheduler(name, abilities), "Choose another."))
    problems += _check_parts(service, abilities)
    for index, server in enumerate(service.real_servers):
        if server.forwarding == "tunnel":
            found = _check_tunnel(server, abilities)
            problems += (problem.under("real_servers", index) for problem in found)
    return problems


def _check_parts(service: VirtualService, abilities: Sequence[Ability]) -> Iterator[Problem]:
    """Engine, protocol and family."""
    for field, value in (
        ("persistence_engine", service.persistence_engine),
        ("protocol", service.protocol),
    ):
        yield from _problem(field, value, no_part(value, abilities), "Choose another.")
    field = "family" if service.fwmark else "address"
    reason = no_part(service.family, abilities)
    yield from _problem(field, "IPv6", reason, "Take IPv4.")


def check_setting_abilities(table: Table, abilities: Sequence[Ability]) -> list[Problem]:
    """The same for sync daemons and sysctls; paths start with ("sync",) or ("sysctls",)."""
    problems: list[Problem] = []
    reason = too_old("sync options", abilities)
    six = no_part("inet6", abilities)
    for index, daemon in enumerate(table.sync or ()):
        if family_of(daemon.group) == "inet6":
            found = _problem("group", "An IPv6 group", six, "Take an IPv4 one.")
            problems += (problem.under("sync", index) for problem in found)
        for field in other_options(daemon):
            found = _problem(field, f"{_OPTIONS[field]} of your own", reason, "Leave it empty.")
            problems += (problem.under("sync", index) for problem in found)
    for sysctl in table.sysctls:
        name = sysctl.name
        found = _problem(name, name, no_sysctl(name, abilities), "Leave it as it is.")
        problems += (problem.under("sysctls") for problem in found)
    return problems


_OPTIONS = {
    "maxlen": "A message length",
    "group": "A multicast group",
    "port": "A sync port",
    "ttl": "A time to live",
}


def other_options(daemon: SyncDaemon) -> list[str]:
    """The fields of a daemon that are not as every kernel has them."""
    usual: dict[str, Callable[[], bool]] = {
        "maxlen": lambda: daemon.maxlen in (0, default_maxlen(daemon.group)),
        "group": lambda: daemon.group in ("", SYNC_GROUP),
        "port": lambda: daemon.port in (0, SYNC_PORT),
        "ttl": lambda: daemon.ttl in (0, SYNC_TTL),
    }
    return [name for name, is_usual in usual.items() if not is_usual()]


def _check_tunnel(server: RealServer, abilities: Sequence[Ability]) -> Iterator[Problem]:
    reason = no_part(family_of(server.address), abilities)
    yield from _problem("address", "IPv6", reason, "Take IPv4.")
    for field, value in (
        ("tunnel_type", server.tunnel_type),
        ("tunnel_checksum", server.tunnel_checksum),
    ):
        yield from _problem(field, value, too_old(value, abilities), "Choose another.")


def _problem(field: str, value: str, reason: str, remedy: str) -> Iterator[Problem]:
    if reason:
        yield Problem((field,), "director.unable", f"{value} is {reason}. {remedy}")
