"""Do clients' packets arrive: is each virtual address this host's own? Pure."""

from collections.abc import Iterator
from shlex import quote

from lvs.addresses import family_of
from lvs.doctor.commands import add_address, conf, sysctl
from lvs.doctor.finding import Finding, Level
from lvs.doctor.host import Host
from lvs.doctor.needs import daemons, vips
from lvs.model import Table

STRICT, LOOSE = 1, 2
"""Values of rp_filter (RFC 3704): packets only from where the route back leads; from where there is one."""


def judge_addresses(host: Host, table: Table) -> Iterator[Finding]:
    """Loopback, each virtual address, and the source checks on the interfaces that hold them."""
    if any(service.real_servers for service in table.services):
        yield _loopback(host)
    for address in vips(table):
        yield _vip(host, table, address)
    for service in table.services:
        if service.fwmark:
            why = "Which addresses it stands for is known to the firewall that sets the mark."
            title = "Its addresses are not looked at"
            yield Finding("unknown", "address.mark", str(service), title, why)
    yield from _source_checks(host, table)


def _loopback(host: Host) -> Finding:
    code, subject = "address.loopback", "lo"
    link = host.links.get("lo")
    if link is None:
        return Finding("unknown", code, subject, "Not known whether it is up")
    if link.up:
        return Finding("ok", code, subject, "It is up")
    why = "While it is down the kernel refuses every real server."
    return Finding("wrong", code, subject, "It is down", why, "ip link set lo up")


def _vip(host: Host, table: Table, address: str) -> Finding:
    code = "address.vip"
    route = host.routes.get(address)
    if route is None:
        return Finding("unknown", code, address, "Not known whether it is bound here")
    if not route.local:
        return _not_bound(host, table, address)
    holders = host.holders(address)
    if not holders:
        return Finding("ok", code, address, "A local route brings it here")
    name = holders[0]
    link = host.links.get(name)
    if link is None or link.running:
        return Finding("ok", code, address, f"{name} holds it")
    mend = "" if link.up else f"ip link set {quote(name)} up"
    state = "has no link: look at cable and switch" if link.up else "is down"
    why = "Its clients' packets can't arrive."
    return Finding("wrong", code, address, f"{name}, which holds it, {state}", why, mend)


def _not_bound(host: Host, table: Table, address: str) -> Finding:
    """On a director that only stands by the address is rightly at the other one."""
    roles = {daemon.role for daemon in daemons(host, table)}
    level: Level = "warning" if roles == {"backup"} else "wrong"
    why = "Packets for it are not taken: no client reaches the service"
    why += "." if level == "wrong" else ", as it should be while this director only stands by."
    near = host.neighbour_of(address)
    names = (
        [near.interface] if near else sorted(host.default_interfaces.get(family_of(address), ()))
    )
    mend = add_address(address, names[0]) if names else ""
    return Finding(level, "address.vip", address, "No interface holds it", why, mend)


def _source_checks(host: Host, table: Table) -> Iterator[Finding]:
    """rp_filter: IPv4 only. An interface by which the default route leaves may be as strict as it likes."""
    addresses = [address for address in vips(table) if family_of(address) == "inet"]
    names = dict.fromkeys(name for address in addresses for name in host.holders(address))
    for name in names:
        value = host.greatest("rp_filter", name)
        code, subject = "address.rp_filter", f"rp_filter of {name}"
        if name == "lo":
            continue
        if value is None:
            yield Finding("unknown", code, subject, "It can't be read")
        elif value != STRICT:
            yield Finding("ok", code, subject, f"It is {value}: clients may come from anywhere")
        elif name in host.default_interfaces.get("inet", ()):
            yield Finding("ok", code, subject, "It is strict, and the default route leaves by it")
        else:
            why = (
                f"Packets of clients to whom the route doesn't lead back by {name} are dropped in "
                "silence; the default route leaves elsewhere."
            )
            mend = sysctl(conf(name, "rp_filter"), LOOSE)
            yield Finding("warning", code, subject, "It is strict (1)", why, mend)
