"""Sync daemons: can they run here, and as the table wants them? Pure."""

from collections.abc import Iterator
from shlex import quote

from lvs.addresses import family_of
from lvs.doctor.finding import Finding
from lvs.doctor.host import Host, Link
from lvs.doctor.needs import daemons, ways
from lvs.model import Table
from lvs.settings import SYNC_GROUP, SYNC_PORT, SYNC_TTL, SyncDaemon, default_maxlen

_OPTIONS_SINCE = (4, 3)


def judge_sync(host: Host, table: Table) -> Iterator[Finding]:
    """Of the daemons that the table wants; where it doesn't decide that, of those that run."""
    wanted = daemons(host, table)
    for daemon in wanted:
        yield _daemon(host, daemon)
        if _has_options(daemon):
            yield from _options(host, daemon)
    if wanted and any(way.family != way.inner for way in ways(table)):
        title = "Beside a real server of the other family the kernel runs no sync daemon"
        why = "Whichever comes second is refused: leave out the daemons, or that real server."
        yield Finding("wrong", "sync.families", "sync daemons", title, why)


def _daemon(host: Host, daemon: SyncDaemon) -> Finding:
    code, subject = "sync.interface", f"{daemon.role} on {daemon.interface}"
    link = host.links.get(daemon.interface)
    if link is None:
        if not host.links:
            return Finding("unknown", code, subject, "Not known whether there is such an interface")
        title = f"There is no interface {daemon.interface}"
        return Finding("wrong", code, subject, title, "The kernel refuses to start the daemon.")
    problem = _link_problem(link) or _address_problem(host, daemon)
    if problem is None:
        return Finding("ok", code, subject, f"{link.name} can carry its messages")
    title, mend = problem
    why = "Copies of connections don't get across: a takeover would cut them."
    return Finding("wrong", code, subject, title, why, mend)


def _link_problem(link: Link) -> tuple[str, str] | None:
    if not link.up:
        return f"{link.name} is down", f"ip link set {quote(link.name)} up"
    if not link.running:
        return f"{link.name} has no link: look at cable and switch", ""
    if not link.multicast:
        return f"{link.name} carries no multicast", f"ip link set {quote(link.name)} multicast on"
    return None


def _address_problem(host: Host, daemon: SyncDaemon) -> tuple[str, str] | None:
    family = family_of(daemon.group)
    held = (a for a in host.addresses if a.interface == daemon.interface)
    if any(family_of(address.address) == family for address in held):
        return None
    named = "IPv6" if family == "inet6" else "IPv4"
    return f"{daemon.interface} has no {named} address, as its group {daemon.group} needs", ""


def _has_options(daemon: SyncDaemon) -> bool:
    given = (daemon.maxlen, daemon.group, daemon.port, daemon.ttl)
    return given != (default_maxlen(daemon.group), SYNC_GROUP, SYNC_PORT, SYNC_TTL)


def _options(host: Host, daemon: SyncDaemon) -> Iterator[Finding]:
    code, subject = "sync.options", f"options of the {daemon.role}"
    if host.version is None:
        yield Finding(
            "unknown", code, subject, "Not known whether this kernel is Linux 4.3 or later"
        )
    elif host.version < _OPTIONS_SINCE:
        why = (
            f"Length, group, port and time to live came with Linux 4.3, and this is {host.release}: "
            "leave them out, or take a newer kernel."
        )
        yield Finding("wrong", code, subject, "This kernel doesn't know them", why)
